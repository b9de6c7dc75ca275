import type { AnswerOf } from '@cairn/wire/api'
import type { Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import { DAY, iso } from '../base/time.ts'
import type { CatalogDb, Schema } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import { readEntity } from '../entities/entity.ts'
import { findEntities } from '../entities/list.ts'
import { entityOf, noSuch } from '../entities/names.ts'
import { list, raw, sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { BaselineDeps, Metric } from './calculate.ts'

/** Fewer say little: the wider group is answered instead. */
const FEWEST = 5

type Row = Omit<Selectable<Schema['baselines']>, 'workspace_id'>
interface Group {
  project_type: string
  client_id: string
  task_type: string
}

export const baselineRoutes = (deps: BaselineDeps): Pick<Handlers, 'listBaselines' | 'listAgainstBaseline' | 'againstBaseline'> => ({
  listBaselines: async ({ workspace, query }) => {
    const asked: Group = { project_type: query.project_type ?? '', client_id: query.client_id ?? '', task_type: query.task_type ?? '' }
    const names = query.metric_name ? [query.metric_name] : undefined
    if (query.history === true) return { baselines: (await exactly(deps.db, workspace.id, asked, names)).map((row) => show(row, asked)), next_cursor: null }
    const named = asked.project_type !== '' || asked.client_id !== '' || asked.task_type !== ''
    const latest = newest(await all(deps.db, workspace.id, names))
    if (!named) return { baselines: latest.map((row) => show(row, row)), next_cursor: null }
    const metricNames = [...new Set(latest.map((row) => row.metric_name))]
    return { baselines: metricNames.flatMap((metric) => best(latest, metric, asked).map((row) => show(row, asked))), next_cursor: null }
  },
  listAgainstBaseline: (call) => listAgainst(deps, call),
  againstBaseline: (call) => against(deps, call),
})

/** From the group asked for to all; of both type and client the type tells more. */
const wider = ({ project_type, client_id, task_type }: Group): Group[] => [
  { project_type, client_id, task_type },
  ...(project_type !== '' && client_id !== ''
    ? [
        { project_type, client_id: '', task_type },
        { project_type: '', client_id, task_type },
      ]
    : []),
  { project_type: '', client_id: '', task_type: '' },
]

const isOf = (row: Group, group: Group): boolean =>
  row.project_type === group.project_type && row.client_id === group.client_id && row.task_type === group.task_type

/** The narrowest with enough samples; where none has, the widest there is. */
function best(latest: readonly Row[], metric: string, asked: Group): Row[] {
  const candidates = wider(asked).flatMap((group) => latest.filter((row) => row.metric_name === metric && isOf(row, group)))
  const found = candidates.find((row) => row.sample_size >= FEWEST) ?? candidates.at(-1)
  return found ? [found] : []
}

const all = async (db: CatalogDb, workspaceId: number, names: readonly string[] | undefined): Promise<Row[]> => {
  let asked = db.selectFrom('baselines').selectAll().where('workspace_id', '=', workspaceId)
  if (names) asked = asked.where('metric_name', 'in', names)
  return await asked.orderBy('metric_name').orderBy('project_type').orderBy('client_id').orderBy('task_type').orderBy('calculated_at', 'desc').execute()
}
const exactly = async (db: CatalogDb, workspaceId: number, group: Group, names: readonly string[] | undefined): Promise<Row[]> =>
  (await all(db, workspaceId, names)).filter((row) => isOf(row, group))

/** More than anybody asks for: some years of a busy workspace. */
const MOST_ROWS = 1_000

/** Of every calculation, the newest first. */
export const baselineHistory = (db: CatalogDb, workspaceId: number): Promise<Row[]> =>
  db
    .selectFrom('baselines')
    .select(['metric_name', 'project_type', 'client_id', 'task_type', 'metric_value', 'median', 'p25', 'p75', 'standard_deviation'])
    .select(['sample_size', 'calculated_at'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('calculated_at', 'desc')
    .orderBy('metric_name')
    .limit(MOST_ROWS)
    .execute()

export const latestBaselines = async (db: CatalogDb, workspaceId: number): Promise<Row[]> => newest(await all(db, workspaceId, undefined))

/** Of the latest calculation only: a group that is gone since then has no baseline any more. */
function newest(rows: readonly Row[]): Row[] {
  const last = Math.max(...rows.map((row) => row.calculated_at))
  return rows.filter((row) => row.calculated_at === last)
}

const show = (row: Row, asked: Group): object => ({
  metric_name: row.metric_name,
  metric_value: row.metric_value,
  median: row.median,
  p25: row.p25,
  p75: row.p75,
  standard_deviation: row.standard_deviation,
  sample_size: row.sample_size,
  project_type: row.project_type || null,
  client_id: row.client_id || null,
  task_type: row.task_type || null,
  calculated_at: iso(row.calculated_at),
  fallback: !isOf(row, asked),
})

/** A project's figures so far beside what such projects came to; outside is what lies beyond the quartiles. */
async function against({ store, db, clock }: BaselineDeps, { workspace, params }: Call<'againstBaseline'>): Promise<AnswerOf<'againstBaseline'>> {
  const name = entityOf(workspace.id, { entity_type: 'project', entity_id: params['project_id'] ?? '' })
  const project = await readEntity(db, name)
  if (!project) throw noSuch(name)
  const latest = await latestBaselines(db, workspace.id)
  if (latest.length === 0) throw new CairnError('conflict', 'There are no baselines yet: run the job projects:calculate-baselines.')
  const tasks = await countTasks(store, workspace.id, [name.entityId])
  return { project_id: name.entityId, figures: figuresOf(project.attributes, tasks.get(name.entityId) ?? 0, latest, clock.now()) }
}

/** The same of every project, page by page; as long as nothing was calculated without what is expected. */
async function listAgainst({ store, db, clock }: BaselineDeps, { workspace, query }: Call<'listAgainstBaseline'>): Promise<AnswerOf<'listAgainstBaseline'>> {
  const { found, nextCursor } = await findEntities({ store }, { workspaceId: workspace.id, entityType: 'project' }, query)
  const latest = await latestBaselines(db, workspace.id)
  const tasks = await countTasks(
    store,
    workspace.id,
    found.map(({ entity_id }) => entity_id),
  )
  const now = clock.now()
  return {
    projects: found.map(({ entity_id, attributes, updated_at }) => ({
      project_id: entity_id,
      title: textOf(attributes['title']) || null,
      status: textOf(attributes['status']) || null,
      project_type: textOf(attributes['type']) || null,
      client_id: textOf(attributes['client_id']) || null,
      updated_at,
      figures: figuresOf(attributes, tasks.get(entity_id) ?? 0, latest, now),
    })),
    next_cursor: nextCursor,
    calculated_at: latest[0] ? iso(latest[0].calculated_at) : null,
  }
}

/** By project; those without a task are left out. */
async function countTasks(store: Store, workspaceId: number, projects: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await store.query<{
    project_id: string
    tasks: string
  }>(sql`SELECT project_id, count() AS tasks FROM ${raw(`${store.dialect.database}.entities`)} FINAL
WHERE workspace_id = ${u32(workspaceId)} AND entity_type = 'task' AND deleted = 0 AND has(${list(projects)}, project_id) GROUP BY project_id`)
  return new Map(rows.map(({ project_id, tasks }) => [project_id, Number(tasks)]))
}

function figuresOf(attributes: Readonly<Record<string, unknown>>, tasks: number, latest: readonly Row[], now: number): AnswerOf<'againstBaseline'>['figures'] {
  const { start_date: start, end_date: end, type, client_id: client } = attributes
  const from = momentOf(start)
  const days = from === undefined ? undefined : ((momentOf(end) ?? now) - from) / DAY
  const group: Group = { project_type: textOf(type), client_id: textOf(client), task_type: '' }
  const figures: Array<[Metric, number | undefined]> = [
    ['avg_duration_days', days],
    ['avg_task_count', tasks],
    ['avg_tasks_per_day', days !== undefined && days > 0 ? tasks / days : undefined],
  ]
  return figures.map(([metric, exact]) => {
    const [baseline] = best(latest, metric, group)
    const value = exact === undefined ? null : Math.round(exact * 100) / 100
    return {
      metric_name: metric,
      value,
      expected: baseline
        ? { low: baseline.p25, high: baseline.p75, median: baseline.median, mean: baseline.metric_value, sample_size: baseline.sample_size }
        : null,
      group: baseline ? { project_type: baseline.project_type || null, client_id: baseline.client_id || null } : null,
      fallback: baseline !== undefined && !isOf(baseline, group),
      outside: value === null || !baseline ? null : value < baseline.p25 ? 'below' : value > baseline.p75 ? 'above' : 'no',
    }
  })
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const momentOf = (value: unknown): number | undefined => {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}
