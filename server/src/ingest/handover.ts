import { open, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../base/log.ts'
import type { ClaimedId, Claims } from '../redis/claims.ts'
import type { SealedSegment } from './journal.ts'
import { kinds, readRecord, writeHex } from './record.ts'
import { readPrefix, readSegment, type Receipt } from './segment.ts'

/**
 * Sealed segments on their way to the readers, where several nodes take events: a segment is handed over, in order, once every event in it is
 * known to be this node's. Those that another node has are set aside first: their line in the file becomes one of another kind, as long as before.
 * A crash in between leaves the line as it was, to be set aside again, or damaged: then it is counted as that, and the other node has the event.
 */
export interface HandoverDeps {
  claims: Claims
  log: Log
  /** Tells the readers. */
  tell(segment: SealedSegment): void
}

const RETRY_MS = 1_000

export class Handover {
  readonly #deps: HandoverDeps
  #held: SealedSegment[] = []
  #running: Promise<void> | undefined
  #stopped = false

  constructor(deps: HandoverDeps) {
    this.#deps = deps
  }

  /** What is sealed and not handed over. */
  get receipts(): Receipt[] {
    return this.#held.flatMap((segment) => segment.receipts)
  }

  add(segment: SealedSegment): void {
    this.#held.push(segment)
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
  }

  /** What is held then is read back at the next start. Claims have to be closed before. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let segment = this.#held[0]; segment && !this.#stopped; segment = this.#held[0]) {
      if (!(await this.#deps.claims.settled(segment.lastSeq))) return
      try {
        const { claims } = this.#deps
        const settled = claims.anyLost ? await setAside(segment, claims) : segment
        this.#held.shift()
        this.#deps.tell(settled)
      } catch (error) {
        this.#deps.log.error({ err: error, segment: segment.number }, 'events that another node has could not be set aside; it is tried again')
        await sleep(RETRY_MS)
      }
    }
  }
}

/** The ids of a segment's events, to be confirmed after a start. */
export async function idsIn({ path }: SealedSegment): Promise<ClaimedId[]> {
  const ids: ClaimedId[] = []
  await readSegment(await readFile(path), { onEvent: (workspaceId, eventId) => ids.push({ workspaceId, eventId }) })
  return ids
}

async function setAside(segment: SealedSegment, claims: Claims): Promise<SealedSegment> {
  const bytes = await readFile(segment.path)
  const { eventLines } = await readSegment(bytes, { keepEventLines: true })
  const done: ClaimedId[] = []
  const file = await open(segment.path, 'r+')
  try {
    for (const [start, end] of eventLines) {
      const { name, eventId } = readPrefix(bytes, start)
      const workspaceId = Number(name.slice(0, name.indexOf('\t')))
      if (!claims.isLost(workspaceId, eventId)) continue
      await file.write(asAside(bytes, start), 0, end - start, start)
      done.push({ workspaceId, eventId })
    }
    await file.datasync()
  } finally {
    await file.close()
  }
  for (const { workspaceId, eventId } of done) claims.forgetLost(workspaceId, eventId)
  if (done.length === 0) return segment
  const { receipts } = await readSegment(bytes)
  return { ...segment, receipts }
}

/** Changes the line in `bytes` and returns it. */
function asAside(bytes: Buffer, start: number): Buffer {
  const found = readRecord(bytes, start)
  if (!found) throw new Error('the line to be set aside is damaged')
  bytes[found.start] = kinds.aside.charCodeAt(0)
  writeHex(bytes, start, crc32(bytes.subarray(found.start, found.end)), 8)
  return bytes.subarray(start, found.next)
}
