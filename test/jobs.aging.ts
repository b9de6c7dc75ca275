import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Archive } from '../server/src/archive/archive.ts'
import { archiveJob } from '../server/src/archive/job.ts'
import type { Job, Result } from '../server/src/jobs/job.ts'
import { retentionJob } from '../server/src/privacy/retention.ts'
import { sql, u32 } from '../server/src/store/sql.ts'
import type { Store } from '../server/src/store/store.ts'
import { silent } from './catalog.place.ts'
import type { TestCairn, TestWorkspace } from './cairn.ts'

/** What the tests of retention and archive have in common. */
export type Json = Record<string, unknown>

const CUT = new Error('cut off')

/** A store that fails at the nth of its commands and at all later ones, as one does whose process is gone. Reads go on. */
export function cutAfter(store: Store, commands: number): Store {
  let left = commands
  return { ...store, command: (...call) => (left-- > 0 ? store.command(...call) : Promise.reject(CUT)) }
}

const archiveOn = ({ catalog, clock, dataDir }: TestCairn, store: Store): Archive =>
  new Archive({ store, db: catalog.db, dir: join(dataDir, 'archive'), clock })

export const jobsOn = (cairn: TestCairn, store: Store): { retention: Job; archiving: Job } => {
  const deps = { store, db: cairn.catalog.db, archive: archiveOn(cairn, store), quiesced: <T>(work: () => Promise<T>) => cairn.pipeline.quiesced(work) }
  return { retention: retentionJob({ ...deps, internal: cairn.internal, properties: cairn.pipeline.properties }), archiving: archiveJob(deps) }
}

export async function runOn(cairn: TestCairn, job: Job, w: TestWorkspace): Promise<Result> {
  await cairn.directory.refresh()
  const workspace = cairn.directory.workspace(w.id)
  if (!workspace || job.of !== 'workspace') throw new Error('no job of this workspace')
  return await job.run({ workspace, clock: cairn.clock, log: silent, signal: new AbortController().signal })
}

export const runJob = async (w: TestWorkspace, name: string): Promise<Json> => {
  const { status, body } = await w.call('POST', `/api/jobs/${name}/run?wait=true`)
  expect([status, body]).toMatchObject([200, { run: { state: 'done', message: null } }])
  return (body['run'] as { result: Json }).result
}

export const send = async (w: TestWorkspace, events: Json[]): Promise<void> => {
  for (let i = 0; i < events.length; i += 1_000) {
    const batch = events.slice(i, i + 1_000).map((event) => ({ event_id: randomUUID(), event_type: 'task_viewed', user_id: 'ada', ...event }))
    expect((await w.post('/api/events/log/batch', { historical: true, events: batch })).body).toMatchObject({ accepted: batch.length })
  }
}

const ALL = 'from=2000-01-01&to=2100-01-01'
export const total = async (w: TestWorkspace, query = ''): Promise<unknown> => (await w.get(`/api/events/analytics?${ALL}${query}`))['total_events']
export const everything = async (w: TestWorkspace, query = ''): Promise<Json[]> =>
  (await w.get<{ events: Json[] }>(`/api/events?${ALL}&limit=1000${query}`)).events
export const ledger = async (w: TestWorkspace): Promise<Json> => (await w.get<{ total: Json }>('/api/ledger?by=total')).total
export const types = async (w: TestWorkspace): Promise<Json[]> => (await w.get<{ types: Json[] }>('/api/events/types')).types

export async function rolledUp({ store: { store } }: TestCairn, w: TestWorkspace): Promise<Json[]> {
  const { rows } = await store.query<Json>(
    sql`SELECT toString(day) AS day, event_type, event_category, entity_type, is_bot, toFloat64(sum(events)) AS events, toFloat64(sum(durations)) AS durations, toFloat64(sum(duration_ms)) AS duration_ms
FROM cairn.rolled_up WHERE workspace_id = ${u32(w.id)} GROUP BY day, event_type, event_category, entity_type, is_bot ORDER BY day, event_type, entity_type, is_bot`,
  )
  return rows
}
