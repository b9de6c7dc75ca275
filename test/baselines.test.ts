import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
}, 120_000)
afterAll(() => cairn.close())

const calculate = async (w: TestWorkspace): Promise<Json> => (await w.call('POST', '/api/jobs/projects:calculate-baselines/run?wait=true')).body['run'] as Json
const baselines = async (w: TestWorkspace, query = ''): Promise<Json[]> => (await w.get<{ baselines: Json[] }>(`/api/baselines${query}`)).baselines

/** Days and tasks of completed projects, by type and client; each task takes half a day. */
const projects: Array<[type: string, client: string, days: number, tasks: number]> = [
  ['web', 'a', 2, 4],
  ['web', 'a', 4, 4],
  ['web', 'b', 6, 12],
  ['web', 'b', 8, 4],
  ['web', 'b', 10, 1],
  ['print', 'a', 0, 3],
]

async function filled(): Promise<TestWorkspace> {
  const w = await cairn.workspace()
  const entities: Json[] = projects.flatMap(([type, client, days, tasks], n) => [
    {
      entity_type: 'project',
      entity_id: `p${n}`,
      attributes: {
        type,
        client_id: client,
        status: n % 2 ? 'Completed' : 'work complete',
        start_date: '2026-01-01',
        end_date: `2026-01-${String(1 + days).padStart(2, '0')}`,
      },
    },
    ...Array.from({ length: tasks }, (_, t) => ({
      entity_type: 'task',
      entity_id: `p${n}-${t}`,
      attributes: { project_id: `p${n}`, type: 'edit', start_date: '2026-01-01T00:00:00Z', completed_at: '2026-01-01T12:00:00Z' },
    })),
  ])
  entities.push(
    {
      entity_type: 'project',
      entity_id: 'open',
      attributes: { type: 'web', client_id: 'a', status: 'Incomplete', start_date: '2026-01-01', end_date: '2026-12-01' },
    },
    { entity_type: 'project', entity_id: 'shipped', attributes: { type: 'web', status: 'Shipped', start_date: '2026-01-01', end_date: '2026-01-13' } },
    { entity_type: 'project', entity_id: 'no dates', attributes: { type: 'print', client_id: 'c', status: 'complete' } },
  )
  expect(await w.call('POST', '/api/entities/batch', { entities })).toMatchObject({ status: 200, body: { rejected: [] } })
  return w
}

test('are what completed projects came to, overall and by type and client', async () => {
  const w = await filled()
  expect(await calculate(w)).toMatchObject({ state: 'done' })
  const all = await baselines(w)
  const of = (metric: string, type: string | null, client: string | null): Json | undefined =>
    all.find((row) => row['metric_name'] === metric && row['project_type'] === type && row['client_id'] === client && row['task_type'] === null)
  // 2 4 6 8 10 0 days; the project without dates has none.
  expect(of('avg_duration_days', null, null)).toMatchObject({
    metric_value: 5,
    median: 5,
    p25: 2.5,
    p75: 7.5,
    standard_deviation: 3.74,
    sample_size: 6,
    fallback: false,
  })
  expect(of('avg_duration_days', 'web', 'a')).toMatchObject({ metric_value: 3, sample_size: 2 })
  expect(of('avg_task_count', null, null)).toMatchObject({ metric_value: 4, sample_size: 7 })
  // 2, 1, 2, 0.5, 0.1 tasks a day; a project of 0 days has none.
  expect(of('avg_tasks_per_day', null, null)).toMatchObject({ metric_value: 1.12, median: 1, sample_size: 5 })
  expect(of('avg_tasks_per_day', 'print', null)).toBeUndefined()
  expect(all.filter((row) => row['task_type'] === 'edit')).toMatchObject([{ metric_name: 'avg_task_duration_days', metric_value: 0.5, sample_size: 6 }])
  const query = `SELECT metric_value, sample_size, calculated_at > now() - INTERVAL 1 HOUR FROM project_metrics_baseline
    WHERE metric_name = 'avg_duration_days' AND project_type = 'web' AND client_id = 'a'`
  expect(await w.call('POST', '/api/query', { kind: 'sql', query })).toMatchObject({ status: 200, body: { rows: [[3, 2, 1]] } })
})

test('of a group with under 5 samples are those of the wider one, and say so', async () => {
  const w = await filled()
  await calculate(w)
  const one = async (query: string): Promise<Json | undefined> => (await baselines(w, `?metric_name=avg_duration_days${query}`))[0]
  expect(await one('&project_type=web')).toMatchObject({ project_type: 'web', client_id: null, sample_size: 5, fallback: false })
  expect(await one('&project_type=web&client_id=b')).toMatchObject({ project_type: 'web', client_id: null, fallback: true })
  expect(await one('&project_type=print&client_id=a')).toMatchObject({ project_type: null, client_id: null, fallback: true })
  expect(await one('&client_id=nobody')).toMatchObject({ project_type: null, client_id: null, fallback: true })
})

test('keep their history, and statuses that the workspace named are done too', async () => {
  const w = await filled()
  await calculate(w)
  expect(await w.call('PATCH', '/api/workspace', { done_statuses: ['shipped'] })).toMatchObject({ status: 200, body: { done_statuses: ['shipped'] } })
  cairn.clock.advance(86_400_000)
  await calculate(w)
  expect(await baselines(w, '?metric_name=avg_duration_days&history=true')).toMatchObject([
    { metric_value: 6, sample_size: 7 },
    { metric_value: 5, sample_size: 6 },
  ])
  expect((await baselines(w, '?metric_name=avg_duration_days')).filter((row) => row['project_type'] === null && row['client_id'] === null)).toHaveLength(1)
})

test('show which figures of a project are outside of what is usual', async () => {
  const w = await filled()
  expect(await w.call('GET', '/api/projects/open/against-baseline')).toMatchObject({ status: 409 })
  const list = (query: string) => w.get<{ projects: Json[] }>(`/api/projects/against-baseline${query}`)
  expect(await list('?search=open')).toMatchObject({
    projects: [{ project_id: 'open', project_type: 'web', figures: [{ value: 334, expected: null, outside: null }, {}, {}] }],
    calculated_at: null,
  })
  await calculate(w)
  // One by one and in the list they are the same.
  for (const { project_id, figures } of (await list('')).projects)
    expect(await w.get(`/api/projects/${String(project_id)}/against-baseline`)).toEqual({ project_id, figures })
  expect(await w.call('GET', '/api/projects/none/against-baseline')).toMatchObject({ status: 404, body: { message: 'Project not found' } })
  expect(await w.get('/api/projects/open/against-baseline')).toEqual({
    project_id: 'open',
    figures: [
      {
        metric_name: 'avg_duration_days',
        value: 334,
        expected: { low: 4, high: 8, median: 6, mean: 6, sample_size: 5 },
        group: { project_type: 'web', client_id: null },
        fallback: true,
        outside: 'above',
      },
      {
        metric_name: 'avg_task_count',
        value: 0,
        expected: { low: 4, high: 4, median: 4, mean: 5, sample_size: 5 },
        group: { project_type: 'web', client_id: null },
        fallback: true,
        outside: 'below',
      },
      {
        metric_name: 'avg_tasks_per_day',
        value: 0,
        expected: { low: 0.5, high: 2, median: 1, mean: 1.12, sample_size: 5 },
        group: { project_type: 'web', client_id: null },
        fallback: true,
        outside: 'below',
      },
    ],
  })
})
