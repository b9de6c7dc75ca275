import { readRange } from '../analytics/range.ts'
import { formatDay, zone } from '../analytics/zone.ts'
import { latestBaselines } from '../baselines/read.ts'
import { CairnError } from '../base/errors.ts'
import { DAY, HOUR, iso } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Job } from '../jobs/job.ts'
import type { Scheduler } from '../jobs/scheduler.ts'
import { countRejections } from '../entities/summary.ts'
import { countStarted, countUnderWay } from '../sessions/counts.ts'
import { foldedByGap, foldedById, foldSettings } from '../sessions/fold.ts'
import { i64, raw, sql, str, time, u32, type Piece } from '../store/sql.ts'
import type { RequestCounts } from './counts.ts'
import { ledger, type LedgerDeps } from './ledger.ts'

/**
 * Whether tracking works: what comes in, what should come in by its own history and does not, and whether there is enough for an AI to
 * learn from. Every figure is one that a screen or another route shows too.
 */
export interface TrackingDeps extends LedgerDeps {
  db: CatalogDb
  counts: RequestCounts
  scheduler: () => Pick<Scheduler, 'standing'>
  /** How long the oldest event that is not loaded has been waiting, in milliseconds. */
  ingestLagMs(): number
  /** Until what was taken before is in the store; reads by request have waited already. */
  settle(workspaceId: number): Promise<unknown>
}

export const trackingRoutes = (deps: TrackingDeps): Pick<Handlers, 'trackingHealth' | 'readiness'> => ({
  trackingHealth: (call) => tracking(deps, call.workspace),
  readiness: (call) => readiness(deps, call),
})

interface Warning {
  code: string
  message: string
}

async function tracking(deps: TrackingDeps, workspace: DirectoryWorkspace) {
  const { store, clock } = deps
  const now = clock.now()
  const place = zone(workspace.timezone)
  const today = place.startOfDay(place.dayAt(now))
  const events = raw(`${store.dialect.database}.events`)
  const of = sql`workspace_id = ${u32(workspace.id)}`
  const view = raw("entity_type = 'task' AND event_action = 'viewed' AND NOT is_bot")
  const wanted = { store, workspaceId: workspace.id, now, bots: false }
  const week = readRange({ days: 7 }, { timezone: workspace.timezone, now })
  const [recent, rejections, underWay, sessions, baselines, books, streams, warnings] = await Promise.all([
    store.query<{ views: string; tasks: string }>(sql`SELECT countIf(${view} AND event_timestamp >= ${time(today)}) AS views,
  uniqExactIf(entity_id, entity_type = 'task' AND NOT is_bot AND event_timestamp >= ${time(now - DAY)}) AS tasks
FROM ${events} WHERE ${of} AND event_timestamp >= ${time(Math.min(today, now - DAY))} AND event_timestamp <= ${time(now)}`),
    countRejections(deps, workspace.id, 'task', week),
    countUnderWay(wanted),
    countStarted(wanted, week),
    latestBaselines(deps.db, workspace.id),
    ledger(deps, { workspace, query: { days: 7, by: 'total' } }),
    sizes(deps, workspace),
    silence(deps, workspace),
  ])
  return {
    task_views_today: Number(recent.rows[0]?.views ?? 0),
    task_rejections_week: rejections,
    tasks_active_24h: Number(recent.rows[0]?.tasks ?? 0),
    active_sessions: underWay,
    sessions_week: sessions,
    baselines: baselines.length,
    streams,
    capture_rate: books.capture_rate,
    quarantined_week: books.total.quarantined,
    pending_events: books.total.pending,
    ingest_lag_ms: deps.ingestLagMs(),
    warnings,
  }
}

/** Tables by what they hold; bytes are the table's on this node, by the workspace's share of its rows. */
const tables = { events: 'events', sessions: 'sessions', entities: 'entities', views: 'view_durations', quarantine: 'quarantine' } as const

async function sizes({ store }: TrackingDeps, workspace: DirectoryWorkspace) {
  const { database } = store.dialect
  const { rows: parts } = await store.query<{ table: string; rows: string; bytes: string }>(
    sql`SELECT replaceRegexpOne(table, '_local$', '') AS table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = ${str(database)} AND active GROUP BY table`,
  )
  const { rows: own } = await store.query<{ stream: string; rows: string }>(ofEach(database, workspace.id))
  return Object.entries(tables).map(([stream, table]) => {
    const all = parts.find((part) => part.table === table)
    const rows = Number(own.find((row) => row.stream === stream)?.rows ?? 0)
    const share = all && Number(all.rows) > 0 ? rows / Number(all.rows) : 0
    return {
      stream,
      rows,
      bytes: Math.round(Number(all?.bytes ?? 0) * share),
      off: stream === 'events' || stream === 'sessions' ? workspace.streamsOff.has(stream) : false,
    }
  })
}

/** Of versions of a row that are not merged yet one counts; of sessions and views, which are millions, each does until they are. */
const ofEach = (database: string, workspaceId: number): Piece =>
  Object.entries(tables)
    .map(
      ([stream, table]) =>
        sql`SELECT ${str(stream)} AS stream, count() AS rows FROM ${raw(`${database}.${table}${stream === 'entities' || stream === 'quarantine' ? ' FINAL' : ''}`)} WHERE workspace_id = ${u32(workspaceId)}`,
    )
    .reduce((all, one) => sql`${all} UNION ALL ${one}`)

const HISTORY_DAYS = 14
/** Of the days before, more than half had at least so many in the same hour of the day: then none at all is a sign. */
const USUAL = 3

/** Streams that are usually busy in this hour of the day, by the last fourteen, and had nothing in the last sixty minutes. */
async function silence({ store, clock }: TrackingDeps, workspace: DirectoryWorkspace): Promise<Warning[]> {
  const now = clock.now()
  const ago = sql`(${i64(now)} - toUnixTimestamp64Milli(event_timestamp))`
  // One by one, so that the index leads to them: the same hour of each day.
  const hours = Array.from({ length: HISTORY_DAYS + 1 }, (_, days) => now - days * DAY)
    .map((to) => sql`(event_timestamp > ${time(to - HOUR)} AND event_timestamp <= ${time(to)})`)
    .reduce((all, one) => sql`${all} OR ${one}`)
  const { rows } = await store.query<{ day: string; events: string; views: string }>(sql`SELECT intDiv(${ago}, ${i64(DAY)}) AS day, count() AS events,
  countIf(event_action = 'viewed') AS views
FROM ${raw(`${store.dialect.database}.events`)}
WHERE workspace_id = ${u32(workspace.id)} AND NOT is_bot AND (${hours})
GROUP BY day`)
  const watched = [
    ['events', 'No event came in the last hour, in which there usually are some. Look whether the trackers still run, and at the refusals.'],
    ['views', 'Nothing was viewed in the last hour, in which usually something is. Look whether the host still calls track-view.'],
  ] as const
  return watched.flatMap(([stream, message]) => {
    if (workspace.streamsOff.has('events')) return []
    const counts = Array.from({ length: HISTORY_DAYS + 1 }, (_, day) => Number(rows.find((row) => Number(row.day) === day)?.[stream] ?? 0))
    const busy = counts.slice(1).filter((count) => count >= USUAL).length
    return counts[0] === 0 && busy > HISTORY_DAYS / 2 ? [{ code: `silent_${stream}`, message }] : []
  })
}

interface Gate {
  name: string
  figure: number | null
  needed: number
  met: boolean
}

async function readiness(deps: TrackingDeps, { workspace }: Call<'readiness'>): Promise<object> {
  const { store, clock, db, counts } = deps
  const now = clock.now()
  const { rows } = await store.query<{ views: string; week: string; days: string }>(sql`SELECT
  countIf(entity_type = 'task' AND event_action = 'viewed') AS views,
  countIf(entity_type = 'task' AND event_action = 'viewed' AND event_timestamp >= ${time(now - 7 * DAY)}) AS week,
  uniqExact(toDate(event_timestamp, ${str(readRange({}, { timezone: workspace.timezone, now }).storeTimezone)})) AS days
FROM ${raw(`${store.dialect.database}.events`)} WHERE workspace_id = ${u32(workspace.id)} AND NOT is_bot`)
  const wanted = { store, workspaceId: workspace.id, now, bots: false }
  const sessions = await store.query<{ n: string }>(
    sql`SELECT count() AS n FROM (${foldedById(wanted)} UNION ALL ${foldedByGap(wanted, { fromMs: 0, toMs: now + DAY })})`,
    { settings: foldSettings },
  )
  const warnings = await silence(deps, workspace)
  const projects = (await latestBaselines(db, workspace.id)).find(
    (row) => row.metric_name === 'avg_task_count' && row.project_type === '' && row.client_id === '',
  )
  const at = (name: string, figure: number | null, needed: number): Gate => ({ name, figure, needed, met: figure !== null && figure >= needed })
  const atMost = (name: string, figure: number | null, needed: number): Gate => ({ name, figure, needed, met: figure !== null && figure <= needed })
  const one = rows[0]
  const gates = [
    at('task_views', Number(one?.views ?? 0), 100),
    at('sessions', Number(sessions.rows[0]?.n ?? 0), 50),
    at('baseline_projects', projects?.sample_size ?? 0, 10),
    at('days_of_data', Number(one?.days ?? 0), 14),
    atMost('open_warnings', warnings.length, 0),
  ]
  const phase0 = [
    at('task_views_per_day', Math.round((Number(one?.week ?? 0) / 7) * 10) / 10, 10),
    at('days_of_data', Number(one?.days ?? 0), 7),
    atMost('failing_jobs', deps.scheduler().standing.failing.length, 0),
    atMost('overhead_ms', overheadMs(counts), 50),
  ]
  return { ready: gates.every(({ met }) => met), gates, phase0: { ready: phase0.every(({ met }) => met), gates: phase0 } }
}

/** Mean time of this node's own collecting routes since its start; null before the first request. */
function overheadMs(counts: RequestCounts): number | null {
  let requests = 0
  let seconds = 0
  for (const row of counts.rows()) {
    if (!/\/(log|batch|track-view|activity|identify|start|end)$/.test(row.route)) continue
    requests += row.requests
    seconds += row.seconds
  }
  return requests === 0 ? null : Math.round((seconds / requests) * 1_000 * 10) / 10
}

/** Fails where something that is usually busy is silent, so that it shows where jobs that fail are shown. */
export const trackingJob = (deps: TrackingDeps): Job => ({
  name: 'tracking:check',
  about: 'Looks whether what usually comes in at this hour came in.',
  schedule: '5 * * * *',
  of: 'workspace',
  run: async ({ workspace }) => {
    await deps.settle(workspace.id)
    const warnings = await silence(deps, workspace)
    if (warnings.length > 0) throw new CairnError('conflict', warnings.map(({ message }) => message).join(' '))
    return { warnings: 0 }
  },
})

export const weeklyViewsJob = (deps: Pick<TrackingDeps, 'store' | 'settle'>): Job => ({
  name: 'tracking:weekly-views',
  about: 'Counts the views of the last seven days, day by day.',
  schedule: '0 6 * * 1',
  of: 'workspace',
  run: async ({ workspace, clock }) => {
    const { store } = deps
    await deps.settle(workspace.id)
    const place = zone(workspace.timezone)
    const today = place.dayAt(clock.now())
    const range = readRange({ from: formatDay(today - 7), to: formatDay(today - 1) }, { timezone: workspace.timezone, now: clock.now() })
    const { rows } = await store.query<{
      day: string
      views: string
    }>(sql`SELECT toDate32(event_timestamp, ${str(range.storeTimezone)}) AS day, count() AS views
FROM ${raw(`${store.dialect.database}.events`)}
WHERE workspace_id = ${u32(workspace.id)} AND event_action = 'viewed' AND NOT is_bot AND event_timestamp >= ${time(range.fromMs)} AND event_timestamp < ${time(range.toMs)}
GROUP BY day`)
    const counted = new Map(rows.map((row) => [row.day, Number(row.views)]))
    const days = Array.from({ length: 7 }, (_, n) => formatDay(today - 7 + n))
    return {
      from: iso(range.fromMs),
      views: days.reduce((sum, day) => sum + (counted.get(day) ?? 0), 0),
      ...Object.fromEntries(days.map((day) => [day, counted.get(day) ?? 0])),
    }
  },
})
