import type { Clock } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Job } from '../jobs/job.ts'
import { doneCondition } from '../entities/done.ts'
import { raw, sql, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * What the workspace's completed projects came to:
 *
 * | metric | of each project |
 * |---|---|
 * | `avg_duration_days` | `start_date` to `end_date`, in days |
 * | `avg_task_count` | entities of type task with its `project_id` |
 * | `avg_tasks_per_day` | tasks / duration; projects of 0 days are left out |
 * | `avg_task_duration_days` | of each completed task of theirs: `start_date` to `completed_at`, by type of task |
 *
 * The first three overall, by `type`, by `client_id`, and by both. Value: the mean; beside it the median and quartiles (interpolated, R's type 7)
 * and the standard deviation (of a sample; 0 for one). `sample_size` is the number of projects that entered: those
 * that lack what a metric needs do not.
 */
export const metrics = ['avg_duration_days', 'avg_task_count', 'avg_tasks_per_day', 'avg_task_duration_days'] as const
export type Metric = (typeof metrics)[number]

/** Of a group; '' stands for all. */
export interface Baseline {
  metric_name: Metric
  project_type: string
  client_id: string
  task_type: string
  metric_value: number
  median: number
  p25: number
  p75: number
  standard_deviation: number
  sample_size: number
}

export interface BaselineDeps {
  store: Store
  db: CatalogDb
  clock: Clock
}

export const baselinesJob = (deps: Omit<BaselineDeps, 'clock'> & { settle(workspaceId: number): Promise<unknown> }): Job => ({
  name: 'projects:calculate-baselines',
  about: 'Calculates from completed projects how long they take and how many tasks they have.',
  schedule: '0 3 1 * *',
  of: 'workspace',
  run: async ({ workspace, clock }) => {
    await deps.settle(workspace.id)
    return { baselines: await calculateBaselines({ ...deps, clock }, workspace) }
  },
})

/** Adds to the history; returns how many. */
async function calculateBaselines({ store, db, clock }: BaselineDeps, workspace: DirectoryWorkspace): Promise<number> {
  const now = clock.now()
  const found = [...(await ofProjects(store, workspace)), ...(await ofTasks(store, workspace))]
  await db.transaction().execute(async (trx) => {
    for (const { sample_size, ...baseline } of found)
      await trx
        .insertInto('baselines')
        .values({ workspace_id: workspace.id, calculated_at: now, ...rounded(baseline), sample_size })
        .onConflict((known) => known.doNothing())
        .execute()
  })
  return found.length
}

const rounded = <T extends object>(row: T): T =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [name, typeof value === 'number' ? Math.round(value * 100) / 100 : value]),
  ) as T

const day = (attribute: string): Piece => raw(`parseDateTime64BestEffortOrNull(JSONExtractString(attributes, '${attribute}'), 3, 'UTC')`)
const daysBetween = (from: string, to: string): Piece => sql`dateDiff('millisecond', ${day(from)}, ${day(to)}) / 86400000`

/** Each completed project: type, client, days (null where not known), tasks. */
const completedProjects = (store: Store, { id, doneStatuses }: Pick<DirectoryWorkspace, 'id' | 'doneStatuses'>): Piece => {
  const entities = raw(`${store.dialect.database}.entities`)
  return sql`SELECT entity_id, type, client_id, ${daysBetween('start_date', 'end_date')} AS days, tasks
FROM (SELECT entity_id, type, client_id, attributes FROM ${entities} FINAL
  WHERE workspace_id = ${u32(id)} AND entity_type = 'project' AND deleted = 0 AND ${doneCondition(doneStatuses)}) AS project
GLOBAL LEFT JOIN (SELECT project_id, count() AS tasks FROM ${entities} FINAL
  WHERE workspace_id = ${u32(id)} AND entity_type = 'task' AND deleted = 0 AND project_id != '' GROUP BY project_id) AS task ON task.project_id = project.entity_id`
}

async function ofProjects(store: Store, workspace: DirectoryWorkspace): Promise<Baseline[]> {
  const measures: Array<[Metric, Piece, Piece]> = [
    ['avg_duration_days', raw('days'), raw('days >= 0')],
    ['avg_task_count', raw('toFloat64(tasks)'), raw('true')],
    ['avg_tasks_per_day', raw('tasks / days'), raw('days > 0')],
  ]
  const all: Baseline[] = []
  for (const [metric, value, condition] of measures) {
    const { rows } = await store.query<Figures & { by_type: string; by_client: string; type: string; client: string }>(sql`SELECT
  toString(grouping(type)) AS by_type, toString(grouping(client_id)) AS by_client, type, client_id AS client, ${figures(value)}
FROM (${completedProjects(store, workspace)}) WHERE ifNull(${condition}, false)
GROUP BY GROUPING SETS ((), (type), (client_id), (type, client_id))`)
    for (const { by_type, by_client, type, client, ...row } of rows) {
      // Projects without a type or client are in the wider groups only.
      if ((by_type === '0' && type === '') || (by_client === '0' && client === '')) continue
      all.push({ metric_name: metric, project_type: type, client_id: client, task_type: '', ...numbers(row) })
    }
  }
  return all.filter(({ sample_size }) => sample_size > 0)
}

async function ofTasks(store: Store, workspace: DirectoryWorkspace): Promise<Baseline[]> {
  const { id, doneStatuses } = workspace
  const { rows } = await store.query<
    Figures & { by_type: string; type: string }
  >(sql`SELECT toString(grouping(type)) AS by_type, type, ${figures(raw('took'), raw('uniqExact(project_id)'))}
FROM (SELECT type, project_id, ${daysBetween('start_date', 'completed_at')} AS took FROM ${raw(`${store.dialect.database}.entities`)} FINAL
  WHERE workspace_id = ${u32(id)} AND entity_type = 'task' AND deleted = 0 AND ${doneCondition(doneStatuses)}
    AND project_id GLOBAL IN (SELECT entity_id FROM (${completedProjects(store, workspace)})))
WHERE ifNull(took >= 0, false)
GROUP BY GROUPING SETS ((), (type))`)
  return rows
    .filter(({ by_type, type, sample_size }) => Number(sample_size) > 0 && !(by_type === '0' && type === ''))
    .map(({ type, ...row }) => ({ metric_name: 'avg_task_duration_days', project_type: '', client_id: '', task_type: type, ...numbers(row) }))
}

type Figures = Record<'metric_value' | 'median' | 'p25' | 'p75' | 'standard_deviation', number | null> & { sample_size: string }
const figures = (value: Piece, projects = raw('count()')): Piece => sql`avg(${value}) AS metric_value, quantileExactInclusive(0.5)(${value}) AS median,
  quantileExactInclusive(0.25)(${value}) AS p25, quantileExactInclusive(0.75)(${value}) AS p75,
  if(count() > 1, stddevSamp(${value}), 0) AS standard_deviation, ${projects} AS sample_size`

const numbers = ({ sample_size, metric_value, median, p25, p75, standard_deviation }: Figures) => ({
  sample_size: Number(sample_size),
  metric_value: metric_value ?? 0,
  median: median ?? 0,
  p25: p25 ?? 0,
  p75: p75 ?? 0,
  standard_deviation: standard_deviation ?? 0,
})
