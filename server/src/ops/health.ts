import type { FastifyReply } from 'fastify'
import { iso, type Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import type { Claims } from '../redis/claims.ts'
import type { Scheduler } from '../jobs/scheduler.ts'
import { overdue } from '../privacy/cleanup.ts'
import type { EmbeddedEngine } from '../store/engine.ts'
import type { Store } from '../store/store.ts'

/**
 * Whether each part works, how far it lags and what to do, on one page. `status` is `ok`, `degraded` (events are taken, something else is
 * wrong) or `down` (events cannot be taken: 503). Asking costs no query: store and catalog are tried in the background.
 */
export interface HealthDeps {
  pipeline: Pipeline
  directory: Directory
  db: CatalogDb
  store: Store
  /** Absent where the store is a server. */
  engine: EmbeddedEngine | undefined
  live: { readonly size: number; readonly lagMs: number }
  scheduler: Pick<Scheduler, 'standing'>
  clock: Clock
  version: string
}

interface Part {
  status: 'ok' | 'degraded' | 'down'
  lag_ms: number
  message?: string
  remedy?: string
  [detail: string]: unknown
}

const PING_MS = 1_000
/** A ping that takes longer than this says that the store is not there, also while it is still open. */
const SILENT_MS = 3_000
/** Reading says nothing of writing: a lock on SQLite's file stops only writers, a full disk too. */
const CATALOG_MS = 2_000
/** A query of a table that is nearly always empty. */
const DELETIONS_MS = 10_000
/** Loading is behind when what was acknowledged this long ago is not in the store. */
const BEHIND_MS = 15_000
/** Behind the seal. */
const LIVE_LATE_MS = 5_000

export class Health {
  readonly #deps: HealthDeps
  #answeredAt: number
  #timer: NodeJS.Timeout | undefined
  #catalogTimer: NodeJS.Timeout | undefined
  #catalogTakesWrites = true
  #trying: Promise<void> = Promise.resolve()
  #deletionsTimer: NodeJS.Timeout | undefined
  #overdueDeletions = 0
  readonly #stop = new AbortController()
  #counting: Promise<void> = Promise.resolve()
  #stopped = false
  #laggingSince: number | undefined

  constructor(deps: HealthDeps) {
    this.#deps = deps
    this.#answeredAt = performance.now()
  }

  start(): void {
    void this.#ping()
    this.#trying = this.#tryCatalog()
    this.#counting = this.#countDeletions()
  }
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearTimeout(this.#catalogTimer)
    clearTimeout(this.#deletionsTimer)
    this.#stop.abort()
    await this.#trying
    await this.#counting
  }

  async #ping(): Promise<void> {
    if (await this.#deps.store.ping()) this.#answeredAt = performance.now()
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#ping(), PING_MS)
    this.#timer.unref()
  }

  /** An empty transaction: takes the writers' lock and gives it back. */
  async #tryCatalog(): Promise<void> {
    try {
      await this.#deps.db.transaction().execute(() => Promise.resolve())
      this.#catalogTakesWrites = true
    } catch {
      this.#catalogTakesWrites = false
    }
    if (this.#stopped) return
    this.#catalogTimer = setTimeout(() => {
      this.#trying = this.#tryCatalog()
    }, CATALOG_MS)
    this.#catalogTimer.unref()
  }

  /** Whichever process they were asked of. While the store is away the last count stands. */
  async #countDeletions(): Promise<void> {
    const { store, clock } = this.#deps
    this.#overdueDeletions = await overdue(store, clock.now(), this.#stop.signal).catch(() => this.#overdueDeletions)
    if (this.#stopped) return
    this.#deletionsTimer = setTimeout(() => {
      this.#counting = this.#countDeletions()
    }, DELETIONS_MS)
    this.#deletionsTimer.unref()
  }

  report(): { status: 'ok' | 'degraded' | 'down'; body: Record<string, unknown> } {
    const parts = {
      journal: this.#journal(),
      loader: this.#loader(),
      store: this.#store(),
      catalog: this.#catalog(),
      ...(this.#deps.pipeline.claims ? { redis: this.#redis(this.#deps.pipeline.claims) } : {}),
      live: this.#live(),
      jobs: this.#jobs(),
      privacy: this.#privacy(),
    }
    const status =
      parts.journal.status === 'down' || parts.redis?.status === 'down' ? 'down' : Object.values(parts).every((p) => p.status === 'ok') ? 'ok' : 'degraded'
    return { status, body: { status, version: this.#deps.version, parts } }
  }

  #journal(): Part {
    const { journal, seen, recovered, readers } = this.#deps.pipeline
    const fault = journal.fault
    const details = {
      backlog_bytes: journal.backlogBytes,
      deduplication_window_seconds: Math.floor(seen.windowMs / 1_000),
      cut_at_start_bytes: recovered.cutBytes,
      ...(readers.detached.length > 0 ? { detached_readers: readers.detached } : {}),
    }
    try {
      journal.admit()
    } catch (error) {
      return {
        status: 'down',
        lag_ms: 0,
        message: error instanceof Error ? error.message : '',
        remedy: fault?.message ?? 'Free disk space, or bring the event store back so that the journal drains.',
        ...details,
      }
    }
    if (fault) return { status: 'degraded', lag_ms: 0, message: 'The last write failed; intake goes on with the next.', remedy: fault.message, ...details }
    return { status: 'ok', lag_ms: 0, ...details }
  }

  /** How long the oldest event that is not in the store has been waiting. */
  get ingestLagMs(): number {
    return this.#loader().lag_ms
  }

  #loader(): Part {
    const { readers, loader, journal } = this.#deps.pipeline
    const now = this.#deps.clock.now()
    const behind = readers.positionOf('loader') < journal.lastSeq
    this.#laggingSince = behind ? (this.#laggingSince ?? now) : undefined
    // Segments are numbered by the clock: the oldest that waits says since when.
    const oldest = readers.ahead('loader')[0]?.number
    const lag = behind ? Math.max(0, now - (oldest ?? this.#laggingSince ?? now)) : 0
    const damaged =
      loader.damaged > 0
        ? {
            damaged_records: loader.damaged,
            message: 'Journal records were damaged on disk; all others were loaded, and the ledger counts these as damaged.',
            remedy: 'Check the disk of the data folder. Their senders were told that they were accepted: send them again where you can.',
          }
        : {}
    const { fault } = loader
    if (fault || lag > BEHIND_MS) {
      return {
        ...damaged,
        status: 'degraded',
        lag_ms: lag,
        message: fault?.message ?? 'Loading is behind; events are safe in the journal.',
        remedy: 'See the part "store". Loading goes on by itself once it answers.',
      }
    }
    return { status: 'ok', lag_ms: lag, ...damaged }
  }

  #store(): Part {
    const silent = performance.now() - this.#answeredAt
    const status = this.#deps.engine?.status()
    const kind = this.#deps.engine ? 'embedded' : 'clickhouse'
    const details = { kind, ...(status ? { restarts: status.restarts } : {}) }
    const up = silent < SILENT_MS && (status === undefined || status.state === 'up')
    if (up) return { status: 'ok', lag_ms: Math.round(Math.max(0, silent - PING_MS)), ...details }
    const remedy = status
      ? (status.remedy ?? 'The engine is being restarted by itself. If it does not come back, look at the log and at the disk.')
      : 'Check that the ClickHouse of CLICKHOUSE_URL runs and can be reached. Events are kept in the journal until then.'
    return { status: 'down', lag_ms: Math.round(silent), message: 'The event store does not answer: events are taken, reads fail.', remedy, ...details }
  }

  #catalog(): Part {
    const { status, lag_ms, remedy } = this.#deps.directory.status()
    if (remedy) return { status, lag_ms, message: 'The catalog cannot be read; events are taken with the settings last read.', remedy }
    if (this.#catalogTakesWrites) return { status, lag_ms }
    return {
      status: 'degraded',
      lag_ms,
      message: 'The catalog takes no changes: events are taken and read, set-up routes answer 503.',
      remedy: 'Another process holds a lock on the catalog, or its disk is full: end that process, or free some space.',
    }
  }

  /** Only where several nodes share one. */
  #redis({ isThere, unconfirmed: unconfirmed_ids }: Claims): Part {
    if (isThere) return { status: 'ok', lag_ms: 0, unconfirmed_ids }
    return {
      status: 'down',
      lag_ms: 0,
      message: 'Redis, which the nodes share, does not answer: no events are taken, live is not told; reads go on.',
      remedy: 'Check that the Redis of REDIS_URL runs and can be reached; events are taken again by themselves.',
      unconfirmed_ids,
    }
  }

  #live(): Part {
    const { size: connections, lagMs: lag_ms } = this.#deps.live
    if (lag_ms < LIVE_LATE_MS) return { status: 'ok', lag_ms, connections }
    return {
      status: 'degraded',
      lag_ms,
      message: 'Those who watch live are told late; events are taken and stored as ever.',
      remedy: 'GET /api/live/connections lists who watches: end some of them, or let them ask for less.',
      connections,
    }
  }

  /** Names of jobs and numbers only: whoever asks may belong to no workspace. */
  #jobs(): Part {
    const { running, lateMs: lag_ms, lastFinishedAt, failing } = this.#deps.scheduler.standing
    const details = {
      running,
      last_run_at: lastFinishedAt === null ? null : iso(lastFinishedAt),
      failing: failing.map(({ job, runs }) => ({ job, workspaces: runs })),
    }
    if (failing.length === 0) return { status: 'ok', lag_ms, ...details }
    const names = failing.map(({ job }) => job).join(', ')
    return {
      status: 'degraded',
      lag_ms,
      message: `The last run of ${names} failed or was cut off; events are taken and read as ever.`,
      remedy: `The screen Jobs and GET /api/jobs say why. Each runs again at its next due time, or at once by \`cairn jobs run ${failing[0]?.job}\`.`,
      ...details,
    }
  }

  #privacy(): Part {
    const overdue_deletions = this.#overdueDeletions
    if (overdue_deletions === 0) return { status: 'ok', lag_ms: 0, overdue_deletions }
    return {
      status: 'degraded',
      lag_ms: 0,
      message: `${overdue_deletions} deletions asked for over a minute ago are not finished; some of the rows may still be there.`,
      remedy: 'If none is under way: ask for the deletion again, or start Cairn anew, which finishes them. The log says what stood in the way.',
      overdue_deletions,
    }
  }
}

export const healthRoutes = (health: Health): Pick<Handlers, 'health' | 'ready'> => {
  const ask = ({ reply }: { reply: FastifyReply }): ReturnType<Health['report']> => {
    const report = health.report()
    if (report.status === 'down') void reply.code(503).header('Retry-After', '5')
    return report
  }
  return { health: async (call) => ask(call).body, ready: async (call) => ({ ready: ask(call).status !== 'down' }) }
}
