import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
const HOUR = 3_600_000
const DAY = 24 * HOUR
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
}, 120_000)
afterAll(() => cairn.close())

/** `each` views of tasks at about this time of each of the days before. */
async function viewed(w: TestWorkspace, days: number, each: number): Promise<void> {
  const now = cairn.clock.now()
  const events = Array.from({ length: days }, (_, day) =>
    Array.from({ length: each }, (_view, n) => ({
      event_type: 'task_viewed',
      user_id: `u${n}`,
      entity_type: 'task',
      entity_id: String(n),
      session_id: `s${day}-${n}`,
      timestamp: new Date(now - (day + 1) * DAY - 600_000 - n).toISOString(),
    })),
  ).flat()
  for (let first = 0; first < events.length; first += 1_000)
    expect((await w.post('/api/events/log/batch', { events: events.slice(first, first + 1_000) })).status).toBe(200)
}
const gates = (answer: Json): Record<string, boolean> =>
  Object.fromEntries((answer['gates'] as Array<{ name: string; met: boolean }>).map(({ name, met }) => [name, met]))

describe('the health of tracking', () => {
  test('shows what came in, and by which stream', async () => {
    const w = await cairn.workspace()
    await w.call('PUT', '/api/tasks/1', { attributes: { created_by: 'carol' }, assignees: ['ada', 'bob'] })
    await w.post('/api/tasks/1/track-view', { user_id: 'ada', session_id: 's' })
    await w.post('/api/tasks/1/track-view', { user_id: 'ada', session_id: 's', view_duration_seconds: 2 })
    await w.call('POST', '/api/tasks/1/reject', { user_id: 'bob', reason: 'unclear' })
    await w.post('/api/events/log', { event_type: 5 })
    // Named like a rejection, it is none; a visit beside a log-in is no active session.
    await w.post('/api/events/log', { event_type: 'task_rejected', event_action: 'rejected', user_id: 'ada', entity_type: 'task', entity_id: '1' })
    expect(await w.get('/api/sessions/summary')).toMatchObject({ active_sessions: 3 })
    await w.call('POST', '/api/sessions/start', { user_id: 'ada' })
    expect(await w.get('/api/sessions/summary')).toMatchObject({ active_sessions: 1, sessions: 4 })
    expect(await w.get('/api/sessions/summary?kind=web&from=2025-01-01&to=2025-01-02')).toMatchObject({ active_sessions: 3, sessions: 0 })
    const health = await w.get('/api/health/tracking')
    expect(health).toMatchObject({
      task_views_today: 2,
      task_rejections_week: 1,
      tasks_active_24h: 1,
      active_sessions: 1,
      sessions_week: 4,
      baselines: 0,
      capture_rate: null,
      quarantined_week: 1,
      pending_events: 0,
      warnings: [],
    })
    expect(health['streams']).toMatchObject([
      { stream: 'events', rows: 4, off: false },
      { stream: 'sessions' },
      { stream: 'entities', rows: 1 },
      { stream: 'views', rows: 1 },
      { stream: 'quarantine', rows: 1 },
    ])
  })

  test('warns where what is usually busy at this hour is silent, and the job fails until something comes', async () => {
    const w = await cairn.workspace()
    await viewed(w, 14, 5)
    const warnings = async (): Promise<unknown[]> =>
      (await w.get<{ warnings: Array<{ code: string }> }>('/api/health/tracking')).warnings.map(({ code }) => code)
    expect(await warnings()).toEqual(['silent_events', 'silent_views'])
    const check = async (): Promise<Json> => (await w.call('POST', '/api/jobs/tracking:check/run?wait=true')).body['run'] as Json
    expect(await check()).toMatchObject({ state: 'failed', message: expect.stringContaining('No event came') as string })
    await w.post('/api/events/log', { event_type: 'page_viewed', user_id: 'ada' })
    expect(await warnings()).toEqual([])
    expect(await check()).toMatchObject({ state: 'done' })
  })

  test('does not warn of what is seldom busy, or switched off', async () => {
    const seldom = await cairn.workspace()
    await viewed(seldom, 6, 5)
    expect(await seldom.get('/api/health/tracking')).toMatchObject({ warnings: [] })
    const off = await cairn.workspace()
    await viewed(off, 14, 5)
    await off.call('PATCH', '/api/workspace', { streams_off: ['events'] })
    expect(await off.get('/api/health/tracking')).toMatchObject({ warnings: [], streams: [{ stream: 'events', off: true }, {}, {}, {}, {}] })
  })
})

test('readiness tells of each gate its figure, and whether it is met', async () => {
  const w = await cairn.workspace()
  expect(gates(await w.get('/api/health/readiness'))).toEqual({
    task_views: false,
    sessions: false,
    baseline_projects: false,
    days_of_data: false,
    open_warnings: true,
  })
  await viewed(w, 14, 12)
  await w.post('/api/tasks/1/track-view', { user_id: 'ada' })
  const entities = Array.from({ length: 10 }, (_, n) => ({
    entity_type: 'project',
    entity_id: String(n),
    attributes: { status: 'completed', start_date: '2026-01-01', end_date: '2026-01-05' },
  }))
  await w.call('POST', '/api/entities/batch', { entities })
  await w.call('POST', '/api/jobs/projects:calculate-baselines/run?wait=true')
  const ready = await w.get('/api/health/readiness')
  expect(ready).toMatchObject({
    ready: true,
    gates: [
      { name: 'task_views', figure: 169, needed: 100, met: true },
      { name: 'sessions', figure: 169, needed: 50, met: true },
      { name: 'baseline_projects', figure: 10, needed: 10, met: true },
      { name: 'days_of_data', needed: 14, met: true },
      { name: 'open_warnings', figure: 0, needed: 0, met: true },
    ],
    phase0: {
      gates: [{ name: 'task_views_per_day', met: true }, { name: 'days_of_data', met: true }, { name: 'failing_jobs' }, { name: 'overhead_ms', needed: 50 }],
    },
  })
})

test('the weekly report counts the views of seven days, each for itself', async () => {
  const w = await cairn.workspace()
  await viewed(w, 9, 3)
  const run = (await w.call('POST', '/api/jobs/tracking:weekly-views/run?wait=true')).body['run'] as { result: Record<string, number> }
  expect(run).toMatchObject({ state: 'done' })
  const { views, from: _from, ...days } = run.result
  expect(Object.keys(days)).toHaveLength(7)
  expect(Object.values(days).reduce((sum, count) => sum + count, 0)).toBe(views)
  expect(views).toBeGreaterThanOrEqual(18)
})
