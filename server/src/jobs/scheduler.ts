import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { iso, SECOND, type Clock } from '../base/time.ts'
import type { Directory, DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { due, type Due } from './due.ts'
import type { Job } from './job.ts'
import { claim, CUT_OFF, enrol, finish, letGoExpired, letGoOfNode, renew, RENEW_EVERY_MS, standing, type Outcome, type Run } from './runs.ts'

/**
 * Runs jobs at their due times: each once in a cluster, never beside itself, and after a time in which nobody could once, for the newest due
 * time that was missed. What is done and who is at it stands in the catalog (`runs.ts`); here is only when to look there next. While the
 * catalog is away nothing is run; what falls due meanwhile is caught up with.
 */
export interface SchedulerOptions {
  db: CatalogDb
  directory: Pick<Directory, 'workspaces' | 'workspace'>
  clock: Clock
  log: Log
  /** Name of this node, the same after a restart. */
  node: string
  jobs: readonly Job[]
}

/** A job in one workspace, or in all. */
interface Entry {
  job: Job
  workspace: DirectoryWorkspace | undefined
  zone: string
  due: Due
  /** When to look whether it is due. */
  nextMs: number
}

interface Running {
  run: Run
  stop: AbortController
  /** The run as it ended; undefined where that could not be written down. */
  ended: Promise<Run | undefined>
}

const LOOK_EVERY_MS = 2 * SECOND
/** A job is work for the store, whose two slots questions need as well. Those that somebody asks for are not counted. */
const MOST_AT_ONCE = 2
const FINISH_AGAIN_MS = 2 * SECOND

export class Scheduler {
  readonly #o: SchedulerOptions
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Running>()
  #standing: Awaited<ReturnType<typeof standing>> = { failing: [], lastFinishedAt: null }
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #looks = false
  #lookedAt = 0
  #failing = false
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#o = options
  }

  get jobs(): readonly Job[] {
    return this.#o.jobs
  }

  /** Lets go of what this node ran when it ended. `looks`: and begins to look what is due; without it only what is asked for is run. */
  async start({ looks }: { looks: boolean }): Promise<void> {
    const { db, node, clock } = this.#o
    await letGoOfNode(db, node, clock.now())
    const again = (): void => {
      if (this.#stopped) return
      this.#timer = setTimeout(() => void this.look().then(again), LOOK_EVERY_MS)
      this.#timer.unref()
    }
    this.#looks = looks
    if (looks) void this.look().then(again)
  }

  /** Begins what is due and not begun, as far as there is room. Never throws; returns once that is begun. */
  async look(): Promise<void> {
    await this.#looking
    this.#looking ??= this.#look()
      .then(() => (this.#failing = false))
      .catch((error: unknown) => {
        if (!this.#failing) this.#o.log.warn({ err: error }, 'jobs cannot be looked after; it is tried again')
        this.#failing = true
      })
      .then(() => (this.#looking = undefined))
    await this.#looking
  }

  /** Returns once nothing runs on this node. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  /** What runs is told to end, and waited for. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
    for (const { stop } of this.#running.values()) stop.abort(new Error('the server stops'))
    await this.settled()
  }

  /**
   * Runs a job now, whatever its schedule. Throws `not_found` for an unknown one, `conflict` while it runs on any node. `ended` is the run as
   * it ends.
   */
  async run(name: string, workspace: DirectoryWorkspace): Promise<Pick<Running, 'run' | 'ended'>> {
    const entry = await this.#entryOf(this.find(name), workspace)
    const running = this.#stopped ? 'gone' : await this.#begin(entry, null)
    if (typeof running === 'object') return running
    if (running === 'gone') throw new CairnError('unavailable', 'The server stops, or the workspace is gone; nothing was run.')
    throw new CairnError('conflict', `The job ${name} runs already. Its run is at GET /api/jobs/${name}/runs; ask again when it has ended.`)
  }

  /** Throws `not_found`. */
  find(name: string): Job {
    const job = this.#o.jobs.find((known) => known.name === name)
    if (!job) throw new CairnError('not_found', 'There is no such job. GET /api/jobs lists those there are.')
    return job
  }

  /** When a job is due next in that workspace. */
  nextOf(job: Job, workspace: DirectoryWorkspace): number {
    return due(job.schedule, zoneOf(job, workspace)).next(this.#o.clock.now())
  }

  /** As it stood a moment ago: asking costs nothing. `failing` are jobs whose newest run failed or was cut off, in how many workspaces. */
  get standing(): { running: number; lateMs: number; lastFinishedAt: number | null; failing: Array<{ job: string; runs: number }> } {
    const now = this.#o.clock.now()
    const lateMs = Math.max(0, ...[...this.#entries.values()].map(({ nextMs }) => now - nextMs))
    return { ...this.#standing, running: this.#running.size, lateMs }
  }

  async #look(): Promise<void> {
    const { db, directory, clock, jobs } = this.#o
    // The clock was put back: what it had been looked for in the future is looked for again.
    if (clock.now() < this.#lookedAt) this.#entries.clear()
    this.#lookedAt = clock.now()
    for (const job of jobs) {
      const places = job.of === 'server' ? [undefined] : [...directory.workspaces()]
      for (const workspace of places) await this.#entryOf(job, workspace)
    }
    for (const [key, { workspace }] of this.#entries) if (workspace && !directory.workspace(workspace.id)) this.#entries.delete(key)
    await letGoExpired(
      db,
      [...this.#running.values()].map(({ run }) => run.id),
      clock.now(),
    )
    for (const entry of [...this.#entries.values()].toSorted((a, b) => a.nextMs - b.nextMs)) {
      if (this.#stopped || this.#running.size >= MOST_AT_ONCE || entry.nextMs > clock.now()) break
      await this.#beginDue(entry)
    }
    this.#standing = await standing(db)
  }

  async #beginDue(entry: Entry): Promise<void> {
    const now = this.#o.clock.now()
    const dueAt = entry.due.newest(now)
    // Held by a run that goes on: asked again, and caught up with when it has ended.
    if (dueAt !== undefined && (await this.#begin(entry, dueAt)) === 'held') return
    entry.nextMs = entry.due.next(now)
  }

  /** The entry with the workspace's present settings. A zone that was changed counts from now on. */
  async #entryOf(job: Job, workspace: DirectoryWorkspace | undefined): Promise<Entry> {
    const of = job.of === 'server' ? undefined : workspace
    const key = keyOf(job, of)
    const zone = zoneOf(job, of)
    const known = this.#entries.get(key)
    if (known?.zone === zone) return Object.assign(known, { workspace: of })
    const { db, clock } = this.#o
    const times = due(job.schedule, zone)
    const lastDueAt = known ? Infinity : await enrol(db, { job: job.name, workspaceId: of?.id ?? null }, clock.now())
    const entry: Entry = { job, workspace: of, zone, due: times, nextMs: times.next(Math.min(lastDueAt, clock.now())) }
    this.#entries.set(key, entry)
    return entry
  }

  async #begin(entry: Entry, dueAt: number | null): Promise<Running | Exclude<Awaited<ReturnType<typeof claim>>, Run>> {
    const { db, clock, node } = this.#o
    const { job, workspace } = entry
    const key = keyOf(job, workspace)
    // Also where its lease has expired, since the clock was set forward.
    if (this.#running.has(key)) return 'held'
    const run = await claim(db, { job: job.name, workspaceId: workspace?.id ?? null, dueAt, node, now: clock.now() })
    if (typeof run === 'string') return run
    const stop = new AbortController()
    const running: Running = { run, stop, ended: Promise.resolve(undefined) }
    this.#running.set(key, running)
    running.ended = this.#work(entry, running).finally(() => {
      this.#running.delete(key)
      // There is room for what waits.
      if (this.#looks && !this.#stopped && this.standing.lateMs > 0) void this.look()
    })
    return running
  }

  async #work({ job, workspace }: Entry, { run, stop }: Running): Promise<Run | undefined> {
    const { db, clock } = this.#o
    const log = this.#o.log.child({ job: job.name, run: run.id, ...(workspace ? { workspace: workspace.id } : {}) })
    const renewal = setInterval(() => {
      renew(db, run.id, clock.now()).then(
        (held) => held || stop.abort(new Error('the run was lost to another node')),
        (error: unknown) => log.warn({ err: error }, 'the lease of a job could not be renewed; it is tried again'),
      )
    }, RENEW_EVERY_MS)
    renewal.unref()
    try {
      const outcome = await outcomeOf(job, workspace, { clock, log, signal: stop.signal })
      log.info({ outcome, due_at: run.due_at === null ? 'asked for' : iso(run.due_at) }, 'a job ended')
      return await this.#finish(run, outcome, log)
    } finally {
      clearInterval(renewal)
    }
  }

  /** While the catalog is away it is tried again; a server that stops leaves it to the next start. */
  async #finish(run: Run, outcome: Outcome, log: Log): Promise<Run | undefined> {
    for (;;) {
      try {
        const ended = await finish(this.#o.db, run, outcome, this.#o.clock.now())
        this.#standing = await standing(this.#o.db)
        return ended
      } catch (error) {
        log.warn({ err: error }, 'the end of a job could not be written down')
        if (this.#stopped) return undefined
        await sleep(FINISH_AGAIN_MS)
      }
    }
  }
}

async function outcomeOf(job: Job, workspace: DirectoryWorkspace | undefined, context: { clock: Clock; log: Log; signal: AbortSignal }): Promise<Outcome> {
  try {
    if (job.of === 'server') return { state: 'done', result: await job.run(context) }
    if (!workspace) throw new Error('a job of workspaces was run without one')
    return { state: 'done', result: await job.run({ ...context, workspace }) }
  } catch (error) {
    if (context.signal.aborted) return { state: 'cut_off', message: CUT_OFF }
    context.log.error({ err: error }, 'a job failed')
    // Only our own errors are written for people; any other may hold SQL or paths.
    const message =
      error instanceof CairnError && error.code !== 'internal' ? error.message : 'Something went wrong in Cairn. The log has more under the id of the run.'
    return { state: 'failed', message }
  }
}

const keyOf = (job: Job, workspace: DirectoryWorkspace | undefined): string => `${job.name} ${workspace?.id ?? ''}`
export const zoneOf = (job: Job, workspace: DirectoryWorkspace | undefined): string => (job.of === 'server' ? 'UTC' : (workspace?.timezone ?? 'UTC'))
