import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Clock } from '../base/time.ts'
import { Claims } from '../redis/claims.ts'
import type { Redis } from '../redis/redis.ts'
import type { Store } from '../store/store.ts'
import { Elsewhere } from './elsewhere.ts'
import { Freshness } from './freshness.ts'
import { Handover, idsIn } from './handover.ts'
import { Journal, type JournalHooks, type SealedSegment } from './journal.ts'
import { Loader, type AfterLoad } from './loader.ts'
import { Properties } from './properties.ts'
import { Readers } from './readers.ts'
import { Recent } from './recent.ts'
import { SeenIds } from './seen.ts'
import type { Receipt } from './segment.ts'

/**
 * Journal, ids, loader and their places, joined: what an event goes through from its acknowledgement to the store.
 * Opening it reads back what the last run left; only then may the first request be taken.
 */
export interface PipelineOptions {
  dataDir: string
  maxBytes: number
  memoryBytes: number
  store: Store
  /** See LoaderDeps. */
  afterLoad: readonly AfterLoad[]
  /** What several nodes share; without it this is the only one. */
  redis?: Redis | undefined
  clock: Clock
  log: Log
}

/** Sealed segments that may wait before the journal stops sealing by age: then a backlog becomes few large inserts. */
const BACKLOG_SEGMENTS = 3
/** 2 GB of memory hold the ids of 24 hours at 10 million events a day; less memory shortens the window, and the ledger says so. */
const GENERATION_SHARE = 256 * 1024 * 1024
/** Of the journal's disk, on top of it: 1 GB by default holds ten minutes of about 4,000 events a second. */
const RECENT_SHARE = 1 / 8

export class Pipeline {
  readonly journal: Journal
  readonly seen: SeenIds
  /** Where several nodes take events. */
  readonly claims: Claims | undefined
  readonly readers: Readers
  readonly loader: Loader
  /** What was sealed in the last minutes, for `live/`. */
  readonly recent: Recent
  readonly properties = new Properties()
  readonly freshness: Freshness
  /** Where several nodes take events. */
  readonly elsewhere: Elsewhere | undefined
  /** Names this node in positions and tokens. */
  readonly node: string
  readonly recovered: { cutBytes: number; damaged: number; segments: number }
  #gate: Promise<void> = Promise.resolve()
  #watched = false
  #handover: Handover | undefined

  static async open(o: PipelineOptions): Promise<Pipeline> {
    const dir = join(o.dataDir, 'journal')
    mkdirSync(dir, { recursive: true })
    const node = nodeName(join(dir, 'node'))
    const seen = new SeenIds({ dir: join(dir, 'ids'), clock: o.clock, maxGenerations: Math.max(2, Math.round(o.memoryBytes / GENERATION_SHARE)) })
    const covered = seen.load()
    // Told from the first commit on; the pipeline that listens is made below.
    const claims = o.redis && new Claims({ redis: o.redis, node, run: uuidv7(Date.now()), log: o.log })
    const hooks: JournalHooks = { committed: () => undefined, sealed: () => undefined, refused: () => undefined, diskLow: () => undefined }
    const journal = new Journal({
      dir: join(dir, 'segments'),
      maxBytes: o.maxBytes,
      clock: o.clock,
      log: o.log,
      hooks: {
        committed: (group, seq) => {
          if (group.claimed.length > 0) claims?.confirm(seq, group.claimed)
        },
        sealed: (s) => hooks.sealed(s),
        refused: (ids) => hooks.refused(ids),
        diskLow: () => hooks.diskLow(),
      },
    })
    const recent = new Recent({ dir: join(dir, 'recent'), maxBytes: o.maxBytes * RECENT_SHARE, clock: o.clock, log: o.log })
    const readers = new Readers({
      placesFile: join(dir, 'places.json'),
      maxBytes: o.maxBytes,
      log: o.log,
      clock: o.clock,
      saveIds: () => seen.save(),
      discard: (segment) => journal.discard(segment, () => recent.keep(segment)),
    })
    const { furthest } = readers
    let told = 0
    const recovery = await journal.recover(covered + 1, (workspaceId, eventId) => {
      if (seen.take(workspaceId, eventId)) told++
    })
    journal.continueFrom(furthest.seq, Math.max(furthest.segment, covered, recent.last))
    if (told > 0) {
      seen.sealed(recovery.segments.at(-1)?.number ?? covered, told)
      await seen.save()
    }
    const pipeline = new Pipeline(o, {
      journal,
      seen,
      claims,
      readers,
      recent,
      node,
      dir,
      recovered: { cutBytes: recovery.cutBytes, damaged: recovery.damaged, segments: recovery.segments.length },
    })
    const tell = (segment: SealedSegment): void => {
      readers.add(segment)
      recent.add(segment)
      pipeline.#holdBack()
    }
    const handover = claims && new Handover({ claims, log: o.log, tell })
    pipeline.#handover = handover
    const handOver = (segment: SealedSegment): void => (handover ? handover.add(segment) : tell(segment))
    hooks.sealed = (segment) => {
      seen.sealed(segment.number, segment.ids)
      handOver(segment)
    }
    const spare = (): void => {
      recent.letGo().catch((error: unknown) => o.log.error({ err: error }, 'segments kept for those who resume could not be deleted'))
    }
    hooks.refused = (ids) => {
      seen.forget(ids)
      pipeline.properties.forget()
      // It may be for want of space.
      spare()
    }
    hooks.diskLow = spare
    for (const segment of recovery.segments) {
      claims?.confirm(segment.lastSeq, await idsIn(segment))
      handOver(segment)
    }
    await claims?.start()
    readers.attach({
      name: 'loader',
      required: true,
      read: async (segment, signal) => {
        await pipeline.#gate
        await pipeline.#loading(() => pipeline.loader.load(segment, signal))
        pipeline.elsewhere?.loaded(segment.lastSeq)
      },
    })
    return pipeline
  }

  private constructor(
    o: PipelineOptions,
    parts: Pick<Pipeline, 'journal' | 'seen' | 'claims' | 'readers' | 'recent' | 'node' | 'recovered'> & { dir: string },
  ) {
    this.journal = parts.journal
    this.seen = parts.seen
    this.claims = parts.claims
    this.readers = parts.readers
    this.recent = parts.recent
    this.node = parts.node
    this.recovered = parts.recovered
    this.loader = new Loader({ store: o.store, dir: join(parts.dir, 'work'), log: o.log, node: parts.node, afterLoad: o.afterLoad })
    this.elsewhere = o.redis && new Elsewhere({ redis: o.redis, node: parts.node, log: o.log })
    this.freshness = new Freshness(parts.journal, parts.readers, o.clock)
  }

  /** Events acknowledged and not loaded yet, as the receipts that promised them. */
  get pending(): Receipt[] {
    return [...this.readers.ahead('loader').flatMap((s) => s.receipts), ...(this.#handover?.receipts ?? []), ...this.journal.openReceipts]
  }

  /** What is acknowledged is loaded first, then nothing is loaded while `work` runs. For cleanup, and for reads that compare tables. */
  async quiesced<T>(work: () => Promise<T>): Promise<T> {
    await this.journal.sealNow()
    if (!(await this.readers.waitFor('loader', this.journal.lastSeq, 30_000))) {
      throw new CairnError('unavailable', 'The event store is behind; nothing was done. Try again once /api/health is ok.', { retryAfterSeconds: 30 })
    }
    return this.paused(work)
  }

  /** Nothing is loaded while `work` runs; intake goes on. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#gate
    let open!: () => void
    this.#gate = before.then(() => new Promise<void>((resolve) => (open = resolve)))
    await before
    // A reader that was let through begins, and one whose load has ended takes note of its place, some turns later: until then a segment
    // would be both in the tables and pending.
    await turn()
    await this.#current
    await turn()
    try {
      return await work()
    } finally {
      this.freshness.changes.deleted()
      open()
    }
  }

  /** While somebody watches, segments are sealed every second also when loading is behind: who watches waits for the seal. */
  set watched(watched: boolean) {
    this.#watched = watched
    this.#holdBack()
  }

  async close(): Promise<void> {
    await this.journal.close()
    await this.claims?.close()
    await this.#handover?.stop()
    // What is sealed now is loaded at the next start; the store may be on its way down already.
    await this.readers.stop()
    await this.recent.close()
    await this.seen.close()
  }

  #current: Promise<void> = Promise.resolve()
  #loading(work: () => Promise<void>): Promise<void> {
    const running = work()
    this.#current = running.catch(() => undefined)
    return running.finally(() => this.#holdBack())
  }

  #holdBack(): void {
    this.journal.holdBack = !this.#watched && this.readers.ahead('loader').length > BACKLOG_SEGMENTS
  }
}

/** Made once and kept with the journal: a journal moved to another machine keeps its name. */
function nodeName(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const name = `n${uuidv7(Date.now()).replaceAll('-', '').slice(-12)}`
    writeFileSync(file, name, { mode: 0o600 })
    return name
  }
}
