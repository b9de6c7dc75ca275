import type { AnswerOf } from '@cairn/wire/api'
import { CairnError } from '../base/errors.ts'
import { isUuid } from '../base/ids.ts'
import { iso, SECOND, type Clock } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import { lastRuns, listRuns, type Run } from './runs.ts'
import { zoneOf, type Scheduler } from './scheduler.ts'

interface JobRoutesDeps {
  db: CatalogDb
  scheduler: Scheduler
  clock: Clock
}

const DEFAULT_LIMIT = 50

export const jobRoutes = ({ db, scheduler, clock }: JobRoutesDeps): Pick<Handlers, 'listJobs' | 'listJobRuns' | 'runJob'> => ({
  listJobs: async ({ workspace }): Promise<AnswerOf<'listJobs'>> => {
    const last = await lastRuns(db, workspace.id)
    const jobs = scheduler.jobs.map((job) => {
      const run = last.get(job.name)
      return {
        name: job.name,
        about: job.about,
        of: job.of,
        schedule: job.schedule,
        timezone: zoneOf(job, workspace),
        running: run?.state === 'running',
        last_run: run ? shown(run) : null,
        next_run_at: iso(scheduler.nextOf(job, workspace)),
      }
    })
    return { jobs: jobs.toSorted((a, b) => (a.name < b.name ? -1 : 1)), next_cursor: null }
  },

  listJobRuns: async ({ workspace, params, query }): Promise<AnswerOf<'listJobRuns'>> => {
    const job = scheduler.find(params['name'] ?? '')
    const { limit = DEFAULT_LIMIT, cursor } = query
    if (cursor !== undefined && !isUuid(cursor))
      throw new CairnError('invalid', 'The cursor is not one that Cairn gave.', {
        errors: [{ path: '/cursor', message: 'must be next_cursor of the page before' }],
      })
    const runs = await listRuns(db, { job: job.name, workspaceId: job.of === 'server' ? null : workspace.id, limit: limit + 1, before: cursor })
    const page = runs.slice(0, limit)
    return { runs: page.map(shown), next_cursor: runs.length > limit ? (page.at(-1)?.id ?? null) : null }
  },

  runJob: async ({ workspace, params, query, by }): Promise<AnswerOf<'runJob'>> => {
    const job = scheduler.find(params['name'] ?? '')
    await note(db, { workspaceId: workspace.id, by, action: 'job.run', target: job.name, now: clock.now() })
    const { run, ended } = await scheduler.run(job.name, workspace)
    return { success: true, run: shown(query.wait === true ? ((await ended) ?? run) : run) }
  },
})

const shown = (run: Run): AnswerOf<'runJob'>['run'] => ({
  id: run.id,
  state: run.state,
  due_at: run.due_at === null ? null : iso(run.due_at),
  started_at: iso(run.started_at),
  finished_at: run.finished_at === null ? null : iso(run.finished_at),
  duration_seconds: run.finished_at === null ? null : Math.max(0, run.finished_at - run.started_at) / SECOND,
  result: run.result === null ? null : (JSON.parse(run.result) as Record<string, unknown>),
  message: run.message,
  node: run.node,
})
