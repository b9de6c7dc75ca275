import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ended, Fault, Parcel, Spool } from '@cairn/core/sender'
import { isRunning, thisProcess } from './owner.ts'
import { lines, readContent, readOwner } from './spool-file.ts'

/**
 * What this process has not delivered yet, on disk: one file `<source_id>.jsonl`, its lines in spool-file.ts. What is added is with the operating
 * system a moment later, and outlives the process however it ends; with `fsync` it is on the disk itself, and outlives a power cut too.
 *
 * What is left by processes that are gone is taken over: the file is renamed to `<its source>~<ours>.jsonl`, which only one succeeds in, and
 * deleted once everything of it stands in our own. Whoever ends in between leaves both: the events go twice, under the same ids, and count once.
 */
export interface NodeSpool extends Spool {
  /** Takes over, oldest process first, as many whole files as fit; and again every 20 seconds what has been left meanwhile. */
  begin: (heir: Heir) => void
  /** Sources that are gone, and how far they had numbered, until the server knows. */
  ended: () => Ended[]
  told: (list: readonly Ended[]) => void
  /** Whether the disk takes what it is given; where it does not, memory does, and it is tried again every 20 seconds. */
  readonly isSound: boolean
  /** Writes what is to be written; nothing may be added any more. */
  close: () => Promise<void>
  /** The process ends now: everything that is not delivered goes into a file of its own, in this very turn. Throws where it cannot be written. */
  closeAtOnce: () => void
}

interface Heir {
  /** Returns the key of the record from now on. */
  adopt: (parcels: readonly Parcel[]) => number
  /** Whether so many events more, and so many bytes of events in all, are within the queue's bounds. */
  fits: (moreEvents: number, allBytes: number) => boolean
  /** Of sources that `ended` names since. */
  onEnded: () => void
}

export interface SpoolOptions {
  folder: string
  sourceId: string
  fsync: boolean
  /** The last number given to an event. */
  seq: () => number
  onError: (fault: Fault) => void
}

/** How often a process shows that it is alive, and when one is believed gone that cannot be seen from here. */
const BEAT_MS = 20_000
const GONE_MS = 60_000
/** Smaller files are not worth writing anew; larger ones are when less than half of them is needed. */
const REWRITE_BYTES = 1_048_576
const CHUNK = 65_536
const name = /^([\da-f-]{36})(?:~([\da-f-]{36}))?\.jsonl$/

export function openSpool({ folder, sourceId, fsync, seq, onError }: SpoolOptions): NodeSpool {
  const path = join(folder, `${sourceId}.jsonl`)
  const live = new Map<number, readonly Parcel[]>()
  /** Removed before their record was added: what the queue's bounds took at once. */
  const early = new Set<number>()
  const untold = new Map<string, number>()
  let liveBytes = 0
  let fileBytes = 0
  let lastSeq = 0
  let pending: string[] = []
  let pendingBytes = 0
  let file: FileHandle | undefined
  /** Before, there is nothing that a new file has to replace as a whole. */
  let isThere = false
  let isSound = true
  let isClosed = false
  /** The file has to be written anew from what is live: it is not there yet, too long, or was not written to for a while. */
  let isStale = true
  let writing: Promise<void> | undefined
  let beat: NodeJS.Timeout | undefined

  const sizeOf = (parcels: readonly Parcel[]): number => parcels.reduce((sum, [, text]) => sum + text.length, 0)

  /** Resolves once everything said so far is written. */
  function say(text: string): Promise<void> {
    if (!isSound || isClosed) return Promise.reject(new Error('The spool cannot be written.'))
    pending.push(text)
    pendingBytes += text.length
    return write()
  }

  /** Nobody waits; what fails is told by `writeAll`. */
  const later = (work: Promise<void>): void => void work.catch(() => undefined)
  const write = (): Promise<void> => (writing ??= writeAll())

  async function writeAll(): Promise<void> {
    // What is said in this turn of the event loop is written at once.
    await Promise.resolve()
    try {
      while (isStale || pending.length > 0) {
        isStale ||= fileBytes + pendingBytes > REWRITE_BYTES && fileBytes + pendingBytes > 2 * liveBytes
        await (isStale ? rewrite() : append())
      }
      isSound = true
    } catch (error) {
      isStale = true
      forgetPending()
      await rm(`${path}.new`, { force: true }).catch(() => undefined)
      if (isSound) onError({ code: 'spool_failed', message: `The spool cannot be written, events are kept in memory only: ${String(error)}`, status: 0 })
      isSound = false
      throw error
    } finally {
      writing = undefined
    }
  }

  function forgetPending(): void {
    pending = []
    pendingBytes = 0
  }

  async function append(): Promise<void> {
    const text = pending.join('') + (seq() === lastSeq ? '' : lines.seq((lastSeq = seq())))
    forgetPending()
    await file?.appendFile(text)
    if (fsync) await file?.datasync()
    fileBytes += text.length
  }

  /** In pieces, so that the host never waits for all of it. What is said meanwhile is appended afterwards. */
  async function rewrite(): Promise<void> {
    isStale = false
    forgetPending()
    const keys = [...live.keys()]
    await file?.close()
    file = undefined
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const target = isThere ? `${path}.new` : path
    const next = await open(target, 'w', 0o600)
    isThere = true
    try {
      fileBytes = 0
      let text = lines.owner(thisProcess()) + lines.seq((lastSeq = seq())) + endedList().map(lines.ended).join('')
      const flush = async (): Promise<void> => {
        await next.appendFile(text)
        fileBytes += text.length
        text = ''
      }
      for (const key of keys) {
        const parcels = live.get(key)
        if (parcels) text += lines.kept(key, parcels)
        if (text.length > CHUNK) await flush()
      }
      await flush()
      if (fsync) await next.datasync()
    } finally {
      await next.close()
    }
    if (target !== path) await rename(target, path)
    file = await open(path, 'a')
  }

  const endedList = (): Ended[] => [...untold].map(([source_id, seq]) => ({ source_id, seq }))

  function keep(key: number, parcels: readonly Parcel[]): Promise<void> {
    if (early.delete(key)) return write()
    live.set(key, parcels)
    liveBytes += sizeOf(parcels)
    return say(lines.kept(key, parcels))
  }

  async function inherit({ adopt, fits, onEnded }: Heir): Promise<void> {
    for (const left of (await readdir(folder)).sort()) {
      const [, source = '', claimer] = name.exec(left) ?? []
      if (source === '' || source === sourceId || claimer === sourceId || !(await isGone(join(folder, `${claimer ?? source}.jsonl`)))) continue
      const content = await readContent(join(folder, left)).catch(() => undefined)
      if (!content) continue
      if (!fits(content.events, liveBytes + sizeOf([...content.records.values()].flat()))) return
      const claimed = join(folder, `${source}~${sourceId}.jsonl`)
      const isOurs = await rename(join(folder, left), claimed).then(
        () => true,
        () => false,
      )
      if (!isOurs) continue
      const kept = [...content.records.values()].map((parcels) => keep(adopt(parcels), parcels))
      for (const [id, last] of content.ended) untold.set(id, last)
      if (content.seq > 0) untold.set(source, content.seq)
      await Promise.all([...kept, say(endedList().map(lines.ended).join(''))])
      onEnded()
      await Promise.all([rm(claimed), rm(join(folder, `${source}.jsonl.new`), { force: true })])
    }
  }

  return {
    add: (key, parcels) => later(keep(key, parcels)),
    remove(key) {
      const parcels = live.get(key)
      if (parcels) {
        live.delete(key)
        liveBytes -= sizeOf(parcels)
        later(say(lines.done(key)))
      } else early.add(key)
    },
    begin(heir) {
      const turn = async (): Promise<void> => {
        // Somebody who could not see us may have taken our file over.
        if (file) await utimes(path, new Date(), new Date()).catch(() => (isStale = true))
        await write()
        await inherit(heir)
      }
      later(turn())
      beat = setInterval(() => later(turn()), BEAT_MS).unref()
    },
    ended: endedList,
    told(list) {
      for (const { source_id } of list) untold.delete(source_id)
      later(say(list.map(lines.told).join('')))
    },
    get isSound() {
      return isSound
    },
    closeAtOnce() {
      if (isClosed || live.size + untold.size === 0) return
      isClosed = true
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const kept = [...live].map(([key, parcels]) => lines.kept(key, parcels))
      const text = [lines.owner(thisProcess()), lines.seq(seq()), ...endedList().map(lines.ended), ...kept].join('')
      // What stands in our own file too is sent twice, under the same ids.
      writeFileSync(join(folder, `${sourceId}~${sourceId}.jsonl`), text, { mode: 0o600 })
    },
    async close() {
      clearInterval(beat)
      await write().catch(() => undefined)
      isClosed = true
      await file?.close()
      if (!isSound) return
      // Under this name it is nobody's, though this process may go on.
      await (live.size + untold.size > 0 ? rename(path, join(folder, `${sourceId}~${sourceId}.jsonl`)) : rm(path, { force: true }))
    },
  }
}

/** Whose file it is. One that is not there has been taken over, or was given up when its owner ended in order. */
async function isGone(path: string): Promise<boolean> {
  try {
    const owner = await readOwner(path)
    const isAlive = owner && isRunning(owner)
    return isAlive === undefined ? Date.now() - (await stat(path)).mtimeMs > GONE_MS : !isAlive
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}
