import { mkdirSync, readdirSync } from 'node:fs'
import { open, readFile, rename, rm, statfs, truncate, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { SECOND, type Clock } from '../base/time.ts'
import { cutsPath } from './cuts.ts'
import { Group } from './group.ts'
import { readSegment, type Receipt } from './segment.ts'

/**
 * The journal: what is accepted is appended here and synced before anybody is told so.
 *
 * On disk: `<number>.open` is the segment being written, `<number>.tsv` are sealed ones, immutable, numbered in the order of
 * writing. A segment is a row of commit groups (see segment.ts); a group holds everything that arrived while the one before it was being
 * synced, and is written by one writev and one fdatasync. No linger: measured, a pause of 2 ms makes it slower.
 *
 * After a crash: an open segment is cut behind its last committed group and sealed. What is cut was never acknowledged.
 * After a failed write or sync: everything in flight is refused, the segment ends at its last good byte, the next one gets a new name.
 * A reader may rely on: sealed segments never change, and are deleted only after every reader has passed them.
 */

/** Chapter of the segment's life: sealed after a second so that reads see it soon; the row and byte bounds keep one insert small. */
const SEAL_AFTER_MS = SECOND
const SEAL_AFTER_EVENTS = 100_000
const SEAL_AFTER_BYTES = 32 * 1024 * 1024
/** A group is kept small enough that no request waits for more than this to be synced. */
const GROUP_BYTES = 8 * 1024 * 1024
/** Bytes that may wait for their sync before intake answers 503. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const DISK_CHECK_MS = 500
/** More than a file system keeps back in its own structures. */
const TRIAL_BYTES = 64 * 1024

export interface SealedSegment {
  number: number
  path: string
  bytes: number
  lastSeq: number
  /** What its groups promised, summed: what is pending until it is loaded. */
  receipts: Receipt[]
  /** Event ids that its groups took, to be saved before the segment may go. */
  ids: number
}

interface OpenSegment {
  number: number
  path: string
  file: FileHandle
  openedAt: number
  bytes: number
  events: number
  lastSeq: number
  receipts: Map<string, Receipt>
  ids: number
}

/** What others do when a segment is sealed, or when groups could not be written: all but the first `ids` taken are to be forgotten. */
export interface JournalHooks {
  /** At once after the sync, before anybody is answered. */
  committed(group: Group, seq: number): void
  sealed(segment: SealedSegment): void
  refused(ids: number): void
  /** Whatever can be spared on its disk is to be deleted. */
  diskLow(): void
}

export interface JournalOptions {
  dir: string
  maxBytes: number
  clock: Clock
  log: Log
  hooks: JournalHooks
}

export interface Recovery {
  segments: SealedSegment[]
  cutBytes: number
  damaged: number
}

const fileName = (number: number): string => String(number).padStart(14, '0')

export class Journal {
  readonly #o: JournalOptions
  #group: Group
  /** Closed groups that wait for their turn. */
  #queue: Group[] = []
  #writing: Promise<void> | undefined
  /** Those who wait for the open segment to be sealed. */
  #sealAsked: Array<() => void> = []
  #segment: OpenSegment | undefined
  #nextNumber = 1
  #seq = 0
  #waitingBytes = 0
  #sealedBytes = 0
  #timer: NodeJS.Timeout | undefined
  #diskTimer: NodeJS.Timeout | undefined
  #fault: { message: string; since: number } | undefined
  #diskLow = false
  #closed = false
  /** Set while the loader is behind: only full segments are sealed then, so that a long backlog is few large inserts. */
  holdBack = false

  constructor(options: JournalOptions) {
    this.#o = options
    this.#group = new Group()
  }

  /** Reads what the last run left; `onEvent` is told the ids of events in segments from `idsFrom` on. Call once, before anything else. */
  async recover(idsFrom: number, onEvent: (workspaceId: number, eventId: string) => void): Promise<Recovery> {
    mkdirSync(this.#o.dir, { recursive: true })
    const found = readdirSync(this.#o.dir)
      .map((name) => /^(\d{14})\.(open|tsv)$/.exec(name))
      .filter((m) => m !== null)
      .toSorted((a, b) => Number(a[1]) - Number(b[1]))
    const recovery: Recovery = { segments: [], cutBytes: 0, damaged: 0 }
    for (const [name, digits, state] of found) {
      const number = Number(digits)
      this.#nextNumber = Math.max(this.#nextNumber, number + 1)
      let path = join(this.#o.dir, name)
      const content = await readFile(path)
      const segment = await readSegment(content, number >= idsFrom ? { onEvent } : {})
      recovery.damaged += segment.damaged
      this.#seq = Math.max(this.#seq, segment.lastSeq)
      if (state === 'open') {
        recovery.cutBytes += content.length - segment.committedBytes
        if (segment.lastSeq === 0) {
          await unlink(path)
          continue
        }
        await truncate(path, segment.committedBytes)
        const sealed = join(this.#o.dir, `${fileName(number)}.tsv`)
        await rename(path, sealed)
        path = sealed
      }
      this.#sealedBytes += segment.committedBytes
      recovery.segments.push({ number, path, bytes: segment.committedBytes, lastSeq: segment.lastSeq, receipts: segment.receipts, ids: 0 })
    }
    await this.#syncDirectory()
    await this.#checkDisk()
    this.#diskTimer = setInterval(() => void this.#checkDisk(), DISK_CHECK_MS)
    this.#diskTimer.unref()
    return recovery
  }

  /** Commits go on from here, where the segments of the last run are gone already; the number of a segment is never used again. */
  continueFrom(seq: number, segment: number): void {
    this.#seq = Math.max(this.#seq, seq)
    this.#nextNumber = Math.max(this.#nextNumber, segment + 1)
  }

  /** Throws 503 where nothing can be taken now. */
  admit(): void {
    const refuse = (message: string, retryAfterSeconds: number): never => {
      throw new CairnError('overloaded', message, { retryAfterSeconds })
    }
    if (this.#closed) refuse('Cairn is shutting down; send again in a few seconds.', 2)
    if (this.#waitingBytes > MAX_WAITING_BYTES) refuse('The disk cannot keep up; send again in a second.', 1)
    if (this.backlogBytes > this.#o.maxBytes) refuse('The journal has reached its disk limit since the event store is behind; send again later.', 10)
    if (this.#diskLow) refuse('The disk is full; free some space, then send again.', 10)
  }

  /** The group that is open now. Write to it and call `commit` without awaiting anything in between. */
  get group(): Group {
    return this.#group
  }

  /** Resolves with the position once everything written to the open group is on disk; rejects with 503 if it could not be. */
  commit(): Promise<number> {
    const group = this.#group
    // Nothing was written to it: what is in flight may hold what this repeats, so that is waited for.
    if (!group.used) return this.#queue.at(-1)?.committed ?? Promise.resolve(this.#seq)
    if (group.size >= GROUP_BYTES) this.#enqueue()
    this.#writing ??= this.#write()
    return group.committed
  }

  /** Seals the open segment behind the group that is being synced now, so that it can be loaded; does not wait for a pause in the writing. */
  sealNow(): Promise<void> {
    return new Promise((resolve) => {
      this.#sealAsked.push(resolve)
      this.#writing ??= this.#write()
    })
  }

  get lastSeq(): number {
    return this.#seq
  }
  /** Number of the newest segment, which may still be open. */
  get newest(): number {
    return this.#nextNumber - 1
  }
  get backlogBytes(): number {
    return this.#sealedBytes + (this.#segment?.bytes ?? 0)
  }
  /** Receipts of the segment that is being written: pending until loaded. */
  get openReceipts(): Receipt[] {
    return [...(this.#segment?.receipts.values() ?? [])]
  }
  get fault(): { message: string; since: number } | undefined {
    if (this.#diskLow) return { message: 'The disk that holds the journal is nearly full. Free some space.', since: this.#o.clock.now() }
    return this.#fault
  }

  /** To be called once every reader has passed the segment; `take` moves or deletes its file. */
  async discard(segment: SealedSegment, take: () => Promise<void>): Promise<void> {
    await take()
    this.#sealedBytes -= segment.bytes
    await rm(cutsPath(segment.path), { force: true })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#diskTimer)
    clearTimeout(this.#timer)
    while (this.#writing) await this.#writing
    if (this.#segment) await this.#seal()
  }

  #enqueue(): void {
    this.#waitingBytes += this.#group.size
    this.#queue.push(this.#group)
    this.#group = new Group()
  }

  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#queue.length > 0) this.#refuse(error)
    } finally {
      this.#writing = undefined
    }
    if (this.#queue.length > 0 || this.#group.used) this.#writing ??= this.#write()
  }

  #write(): Promise<void> {
    return this.#run(async () => {
      // One turn of the event loop gathers what has arrived together.
      await new Promise((resolve) => setImmediate(resolve))
      while (this.#queue.length > 0 || this.#group.used || this.#sealAsked.length > 0) {
        if (this.#sealAsked.length > 0) {
          await this.#sealForAll()
          continue
        }
        if (this.#queue.length === 0) this.#enqueue()
        const group = this.#queue[0]
        if (!group) return
        await this.#writeGroup(group)
        this.#queue.shift()
        this.#waitingBytes -= group.size
      }
    })
  }

  async #writeGroup(group: Group): Promise<void> {
    const seq = this.#seq + 1
    const buffers = group.close(seq)
    const bytes = buffers.reduce((sum, b) => sum + b.length, 0)
    if (this.#segment && (this.#segment.events >= SEAL_AFTER_EVENTS || this.#segment.bytes + bytes > SEAL_AFTER_BYTES)) await this.#seal()
    this.#segment ??= await this.#openSegment()
    const segment = this.#segment
    try {
      await writeAll(segment.file, buffers, bytes, segment.bytes)
      await segment.file.datasync()
    } catch (error) {
      this.#refuse(error)
      await this.#abandon(segment)
      throw error
    }
    this.#seq = seq
    segment.bytes += bytes
    segment.events += group.events
    segment.ids += group.ids
    segment.lastSeq = seq
    for (const [name, r] of group.receipts) {
      const sum = segment.receipts.get(name)
      if (sum) sum.events += r.events
      else segment.receipts.set(name, { ...r })
    }
    this.#fault = undefined
    this.#o.hooks.committed(group, seq)
    group.resolve(seq)
  }

  async #openSegment(): Promise<OpenSegment> {
    // Numbered by the clock: a number, which is the token that the store knows the segment by, is never used twice, whatever was lost.
    const number = Math.max(this.#nextNumber, this.#o.clock.now())
    this.#nextNumber = number + 1
    const path = join(this.#o.dir, `${fileName(number)}.open`)
    const file = await open(path, 'wx', 0o600)
    await this.#syncDirectory()
    this.#timer = setTimeout(() => void this.#sealByAge(), SEAL_AFTER_MS)
    return { number, path, file, openedAt: this.#o.clock.now(), bytes: 0, events: 0, lastSeq: 0, receipts: new Map(), ids: 0 }
  }

  async #sealByAge(): Promise<void> {
    if (this.holdBack && !this.#closed) this.#timer = setTimeout(() => void this.#sealByAge(), SEAL_AFTER_MS)
    else await this.sealNow()
  }

  async #sealForAll(): Promise<void> {
    const asked = this.#sealAsked
    this.#sealAsked = []
    try {
      await this.#seal()
    } finally {
      for (const done of asked) done()
    }
  }

  async #seal(): Promise<void> {
    const segment = this.#segment
    if (!segment) return
    clearTimeout(this.#timer)
    this.#segment = undefined
    await segment.file.close()
    if (segment.bytes === 0) return unlink(segment.path)
    const path = await this.#nameSealed(segment)
    this.#sealedBytes += segment.bytes
    this.#o.hooks.sealed({
      number: segment.number,
      path,
      bytes: segment.bytes,
      lastSeq: segment.lastSeq,
      receipts: [...segment.receipts.values()],
      ids: segment.ids,
    })
  }

  /** Its name tells a sealed segment after a crash. Where it cannot be renamed it is loaded under the name it has, and sealed at the next start. */
  async #nameSealed(segment: OpenSegment): Promise<string> {
    const path = join(this.#o.dir, `${fileName(segment.number)}.tsv`)
    try {
      await rename(segment.path, path)
    } catch (error) {
      this.#o.log.error({ err: error }, 'journal segment could not be renamed')
      return segment.path
    }
    try {
      await this.#syncDirectory()
    } catch (error) {
      this.#o.log.error({ err: error }, 'journal folder could not be synced')
    }
    return path
  }

  /** After a failed write: the file ends at its last good byte. Where even that fails, reading it finds the end by the commit records. */
  async #abandon(segment: OpenSegment): Promise<void> {
    try {
      await segment.file.truncate(segment.bytes)
      await segment.file.datasync()
    } catch (error) {
      this.#o.log.error({ err: error }, 'journal segment could not be cut at its last good byte; its unacknowledged end will be passed over')
    }
    try {
      await this.#seal()
    } catch (error) {
      this.#o.log.error({ err: error }, 'journal segment could not be sealed; it is picked up at the next start')
      this.#segment = undefined
    }
  }

  /** Everything in flight is refused, in one go: a duplicate must not be acknowledged where its first copy was not written. */
  #refuse(error: unknown): void {
    this.#o.log.error({ err: error }, 'journal write failed; everything in flight is refused')
    this.#fault = { message: 'The journal cannot be written. Check the disk of the data folder.', since: this.#o.clock.now() }
    if (this.#group.used) this.#enqueue()
    const groups = this.#queue
    this.#queue = []
    this.#waitingBytes = 0
    this.#o.hooks.refused(this.#segment?.ids ?? 0)
    for (const group of groups) {
      group.reject(new CairnError('overloaded', 'The events could not be written to disk; send them again.', { retryAfterSeconds: 5, cause: error }))
    }
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#o.dir, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  /** Intake ends while there is still room for the engine to merge and for the catalog to write: 0.5 GB, or 2.5 % of a small disk. */
  async #checkDisk(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.#o.dir)
      this.#diskLow = bavail * bsize < Math.min(512 * 1024 * 1024, (blocks * bsize) / 40)
      if (this.#diskLow) this.#o.hooks.diskLow()
      if (this.#fault && !this.#diskLow) await this.#tryDisk()
    } catch (error) {
      this.#o.log.warn({ err: error }, 'the disk of the journal could not be looked at')
    }
  }

  /** After a failed write, where no request comes to show that the next one succeeds. */
  async #tryDisk(): Promise<void> {
    const path = join(this.#o.dir, 'trial')
    try {
      const file = await open(path, 'w', 0o600)
      try {
        await file.write(Buffer.alloc(TRIAL_BYTES))
        await file.datasync()
      } finally {
        await file.close()
      }
      this.#fault = undefined
    } catch (error) {
      this.#o.log.warn({ err: error }, 'the journal still cannot be written')
    } finally {
      await rm(path, { force: true })
    }
  }
}

/** writev may write less than asked where the disk fills up; the rest is tried once more so that the error names the cause. */
async function writeAll(file: FileHandle, buffers: readonly Buffer[], bytes: number, at: number): Promise<void> {
  let { bytesWritten } = await file.writev(buffers as Buffer[], at)
  if (bytesWritten === bytes) return
  const whole = Buffer.concat(buffers)
  while (bytesWritten < bytes) {
    const more = await file.write(whole, bytesWritten, bytes - bytesWritten, at + bytesWritten)
    if (more.bytesWritten === 0) throw new Error('disk took no more bytes')
    bytesWritten += more.bytesWritten
  }
}
