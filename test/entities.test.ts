import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
}, 120_000)
afterAll(() => cairn.close())

const put = (w: TestWorkspace, id: string, body: Json): Promise<{ status: number; body: Json }> => w.call('PUT', `/api/tasks/${id}`, body)
/** Days from when a test begins. */
let now: number
beforeEach(() => {
  now = cairn.clock.now()
})
const days = (n: number): string => new Date(now + n * 86_400_000).toISOString()

describe('an entity', () => {
  test('is put whole, changed in part, listed and deleted; tasks are entities of type task', async () => {
    const w = await cairn.workspace()
    const made = await w.call('PUT', '/api/entities/task/7', { attributes: { title: 'Paint', status: 'open', project_id: 'p' }, assignees: ['ada', 'bob'] })
    expect(made).toMatchObject({ status: 200, body: { success: true, entity: { entity_type: 'task', entity_id: '7', assignees: ['ada', 'bob'] } } })
    await w.call('PATCH', '/api/tasks/7', { attributes: { status: 'in progress', project_id: null, size: 3 } })
    expect(await w.get('/api/tasks/7')).toMatchObject({ attributes: { title: 'Paint', status: 'in progress', size: 3 }, assignees: ['ada', 'bob'] })
    await put(w, '7', { attributes: { title: 'Paint again' } })
    expect(await w.get('/api/tasks/7')).toMatchObject({ attributes: { title: 'Paint again' }, assignees: ['ada', 'bob'] })
    await put(w, '8', { attributes: { title: 'Sand', status: 'open' }, assignees: ['bob'] })
    const ids = async (query: string): Promise<unknown[]> => (await w.get<{ tasks: Json[] }>(`/api/tasks${query}`)).tasks.map((task) => task['entity_id'])
    expect(await ids('')).toEqual(['8', '7'])
    expect([await ids('?assignee=ada'), await ids('?status=open'), await ids('?search=sAND')]).toEqual([['7'], ['8'], ['8']])
    const first = await w.get<{ next_cursor: string }>('/api/tasks?limit=1')
    expect(await ids(`?limit=1&cursor=${first.next_cursor}`)).toEqual(['7'])
    expect(await w.call('DELETE', '/api/tasks/7')).toMatchObject({ status: 200, body: { success: true } })
    expect(await w.call('GET', '/api/tasks/7')).toMatchObject({ status: 404, body: { success: false, message: 'Task not found', code: 'not_found' } })
    expect(await w.call('PATCH', '/api/tasks/7', { attributes: {} })).toMatchObject({ status: 404 })
    expect(await ids('')).toEqual(['8'])
  })

  test('keeps the newest of what was said, in whatever order it comes', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { attributes: { status: 'done', title: 'New' }, assignees: ['bob'], occurred_at: days(-1) })
    await put(w, '1', { attributes: { status: 'open', owner: 'x' }, assignees: ['ada', 'bob'], occurred_at: days(-3) })
    await w.call('PATCH', '/api/tasks/1', { attributes: { status: 'started', owner: 'y' }, occurred_at: days(-2) })
    const { attributes, assignments } = await w.get<{ attributes: Json; assignments: Json[] }>('/api/tasks/1')
    // The newest whole one said that there is no owner.
    expect(attributes).toEqual({ status: 'done', title: 'New' })
    expect(assignments).toMatchObject([
      { user_id: 'ada', why: 'replaced', unassigned_at: expect.any(String) as string },
      { user_id: 'bob', unassigned_at: null },
    ])
    expect(await w.get('/api/tasks/transitions')).toMatchObject({
      field: 'status',
      transitions: [
        { from: 'open', to: 'started', count: 1, median_seconds: 86_400 },
        { from: 'started', to: 'done', count: 1, median_seconds: 86_400 },
      ],
    })
    expect(await w.get('/api/tasks/transitions?entity_id=2')).toMatchObject({ transitions: [] })
  })

  test('of a batch is refused alone', async () => {
    const w = await cairn.workspace()
    const sent = await w.call('POST', '/api/entities/batch', {
      entities: [
        { entity_type: 'task', entity_id: 1, attributes: { opened_at: '2026-01-01T00:00:00Z', closed_at: '2026-01-01T00:01:40Z', kind: 'a' } },
        { entity_type: 'task' },
        { entity_type: 'task', entity_id: '2', attributes: { opened_at: 1_767_225_600_000, closed_at: '2026-01-01T00:05:00Z', kind: 'b' }, assignees: ['ada'] },
        { entity_type: 'task', entity_id: '2', attributes: { extra: true }, merge: true },
        { entity_type: 'task', entity_id: '3', assignees: [''] },
        5,
      ],
    })
    expect(sent).toMatchObject({ status: 200, body: { accepted: 3, rejected: [{ index: 1, code: 'invalid' }, { index: 4 }, { index: 5 }] } })
    expect(await w.get('/api/tasks/2')).toMatchObject({ attributes: { extra: true, kind: 'b' }, assignees: ['ada'] })
    expect(await w.get('/api/tasks/durations?from=opened_at&to=closed_at&by=kind')).toEqual({
      total: { group: null, count: 2, median_seconds: 200, p90_seconds: 280, mean_seconds: 200 },
      groups: [
        { group: 'a', count: 1, median_seconds: 100, p90_seconds: 100, mean_seconds: 100 },
        { group: 'b', count: 1, median_seconds: 300, p90_seconds: 300, mean_seconds: 300 },
      ],
    })
    expect((await w.call('POST', '/api/entities/batch', { entities: [{}] })).status).toBe(422)
  })

  test('is written once for each key, and the answer is the first one’s', async () => {
    const w = await cairn.workspace()
    const body = { event_id: randomUUID(), attributes: { n: 1 } }
    const first = await put(w, '1', body)
    await put(w, '1', { attributes: { n: 2 } })
    expect(await put(w, '1', body)).toMatchObject({ status: 200, body: first.body })
    expect(await w.get('/api/tasks/1')).toMatchObject({ attributes: { n: 2 } })
    expect(await w.call('PATCH', '/api/tasks/1', body)).toMatchObject({ status: 409 })
  })

  test('with too much, or from who may not, is refused', async () => {
    const w = await cairn.workspace()
    expect(await put(w, '1', { attributes: { text: 'x'.repeat(33_000) } })).toMatchObject({ status: 422, body: { errors: [{ path: '/attributes' }] } })
    expect(await put(w, '1', { attributes: [] })).toMatchObject({ status: 422 })
    expect(await put(w, '1', { occurred_at: 'soon' })).toMatchObject({ status: 422, body: { errors: [{ path: '/occurred_at' }] } })
    expect(await w.call('GET', '/api/tasks/1')).toMatchObject({ status: 404 })
    expect(await w.post('/api/tasks/1/reject', { user_id: 'ada' })).toMatchObject({ status: 403 })
  })
})

describe('a view', () => {
  test('counts each time, its duration as it was told last', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { assignees: ['ada', 'bob', 'carol'] })
    const viewId = randomUUID()
    expect(await w.post('/api/tasks/1/track-view', { user_id: 'ada', view_id: viewId })).toMatchObject({
      status: 200,
      body: { success: true, message: 'Task view tracked', view_id: viewId },
    })
    await w.post('/api/tasks/1/track-view', { user_id: 'ada', view_id: viewId, view_duration_seconds: 5 })
    await w.post('/api/tasks/1/track-view', { user_id: 'ada', view_id: viewId, view_duration_seconds: 12.5 })
    await w.post('/api/tasks/1/track-view', { user_id: 'ada', view_duration_seconds: 2 })
    // A tracker's own event is the same.
    await w.post('/api/events/log', { event_type: 'task_viewed', user_id: 'ada', entity_type: 'task', entity_id: 1, duration_ms: 500 })
    await w.post('/api/tasks/1/activity', { user_id: 'ada', action: 'commented' })
    await w.post('/api/people/opt-out', { user_id: 'carol' })
    await cairn.directory.refresh()
    expect((await w.post('/api/tasks/1/track-view', { user_id: 'carol' })).body).toEqual({ success: true, disabled: true, reason: 'opted_out' })
    const answer = await w.get<{ engagement: Json[] }>('/api/tasks/1/engagement')
    expect(answer).toMatchObject({ viewed_by: ['ada'], not_viewed_by: ['bob'], not_tracked: ['carol'] })
    expect(answer.engagement).toMatchObject([
      { user_id: 'ada', view_count: 3, view_seconds: 15, comments: 1, hours_since_activity: 0, rejected_at: null },
      { user_id: 'bob', view_count: 0, first_viewed_at: null, last_activity_at: null, hours_since_activity: null },
      { user_id: 'carol', view_count: 0 },
    ])
    expect(await w.get('/api/users/ada/has-viewed?entity_type=task&entity_id=1')).toMatchObject({ has_viewed: true, view_count: 3 })
    expect(await w.get('/api/users/bob/has-viewed?entity_id=1')).toEqual({ has_viewed: false, first_viewed_at: null, view_count: 0 })
    const trend = await w.get<{ total: number; comments_by_day: Json }>('/api/tasks/1/comments/trend?days=3')
    expect([trend.total, Object.keys(trend.comments_by_day).length]).toEqual([1, 3])
  })

  test('of an unknown task is an error, and is there once the task is', async () => {
    const w = await cairn.workspace()
    // Of a type that nobody has registered any id is taken.
    expect((await w.post('/api/entities/order/1/track-view', { user_id: 'ada' })).body).toMatchObject({ success: true, message: 'Order view tracked' })
    await put(w, 'known', {})
    const at = new Date(cairn.clock.now() - 60_000).toISOString()
    expect(await w.post('/api/tasks/late/track-view', { user_id: 'ada', occurred_at: at })).toMatchObject({
      status: 404,
      body: { success: false, message: 'Task not found', code: 'not_found' },
    })
    expect(await w.get('/api/events/quarantine')).toMatchObject({ quarantine: [{ code: 'unknown_entity', event_type: 'task_viewed' }] })
    await put(w, 'late', { assignees: ['ada'] })
    expect(await w.get('/api/tasks/late/engagement')).toMatchObject({ viewed_by: ['ada'], engagement: [{ view_count: 1, first_viewed_at: at }] })
    expect(await w.get('/api/events/quarantine')).toMatchObject({ quarantine: [] })
  })

  test('moves the last activity forwards only', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { assignees: ['ada'] })
    for (const at of [days(-1), days(-3), days(-2)]) await w.post('/api/tasks/1/activity', { user_id: 'ada', timestamp: at })
    const { engagement } = await w.get<{ engagement: Json[] }>('/api/tasks/1/engagement')
    expect(Date.parse(String(engagement[0]?.['last_activity_at'])) - (cairn.clock.now() - 86_400_000)).toBeLessThan(60_000)
    expect(engagement[0]?.['hours_since_activity']).toBe(24)
  })
})

describe('who has not opened what', () => {
  test('is listed longest first, without those who cannot be known to have', async () => {
    const w = await cairn.workspace()
    cairn.clock.advance(5 * 86_400_000)
    now = cairn.clock.now()
    await put(w, '1', { attributes: { title: 'Old', project_id: 'p' }, assignees: ['ada', 'bob'], occurred_at: days(-4) })
    await put(w, '2', { assignees: ['ada', 'carol'], occurred_at: days(-3) })
    await put(w, '3', { assignees: ['ada'] })
    await put(w, 'before', { assignees: ['ada'], occurred_at: days(-9) })
    await w.post('/api/tasks/1/track-view', { user_id: 'bob' })
    await w.post('/api/people/opt-out', { user_id: 'carol' })
    await cairn.directory.refresh()
    const list = async (query = ''): Promise<Json[]> => (await w.get<{ tasks: Json[] }>(`/api/tasks/unopened${query}`)).tasks
    const all = await list()
    expect(all).toMatchObject([
      { entity_id: '1', title: 'Old', project_id: 'p', user_id: 'ada', hours_since_assigned: 96 },
      { entity_id: '2', title: null, user_id: 'ada', hours_since_assigned: 72 },
    ])
    expect((await list('?older_than_hours=0')).map((row) => row['entity_id'])).toEqual(['1', '2', '3'])
    expect([await list('?assignee=bob'), await list('?project_id=p')]).toMatchObject([[], [{ entity_id: '1' }]])
    const first = await w.get<{ tasks: Json[]; next_cursor: string }>('/api/tasks/unopened?limit=1')
    const second = await w.get<{ tasks: Json[]; next_cursor: null }>(`/api/tasks/unopened?limit=1&cursor=${first.next_cursor}`)
    expect([...first.tasks, ...second.tasks]).toEqual(all)
    expect(second.next_cursor).toBeNull()
    await w.call('POST', '/api/tasks/3/reject', { user_id: 'ada', reason: 'workload' })
    const { opened, ...summary } = await w.get<{ opened: { count: number; median_seconds: number } }>('/api/tasks/summary')
    expect(summary).toMatchObject({ count: 4, by_status: { '': 4 }, unopened: 2, rejections: { count: 1, by_reason: { workload: 1 } } })
    expect([opened.count, Math.floor(opened.median_seconds / 60)]).toEqual([1, 4 * 1_440])
    expect(await w.get('/api/tasks/summary?from=2000-01-01&to=2000-01-02')).toMatchObject({
      count: 4,
      opened: { count: 0, median_seconds: null },
      rejections: { count: 0 },
    })
  })
})

describe('a rejection', () => {
  test('ends the assignment, tells the creator once, and is counted', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { attributes: { title: 'Paint', created_by: 'carol' }, assignees: ['ada', 'bob'] })
    const event_id = randomUUID()
    const body = { user_id: 'ada', reason: 'workload', rejection_note: 'no time', event_id }
    const answer = { success: true, data: [], message: 'Task rejected successfully' }
    expect(await w.call('POST', '/api/tasks/1/reject', body)).toMatchObject({ status: 200, body: answer })
    // The same request again, its answer was lost.
    expect(await w.call('POST', '/api/tasks/1/reject', body)).toMatchObject({ status: 200, body: answer })
    expect(await w.call('POST', '/api/tasks/1/reject', { user_id: 'ada' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await w.get('/api/tasks/1')).toMatchObject({
      assignees: ['bob'],
      assignments: [
        { user_id: 'ada', why: 'rejected' },
        { user_id: 'bob', why: null },
      ],
    })
    const { notifications } = await w.get<{ notifications: Json[] }>('/api/notifications?user_id=carol&unread=true')
    expect(notifications).toMatchObject([
      { kind: 'task_rejected', entity_id: '1', data: { user_id: 'ada', reason: 'workload', title: 'Paint' }, read_at: null },
    ])
    expect(await w.get('/api/events?event_type=task_rejected')).toMatchObject({
      events: [{ event_id, user_id: 'ada', entity_id: '1', event_metadata: { reason: 'workload', rejection_note: 'no time' } }],
    })
    expect(await w.get('/api/users/ada/rejections')).toMatchObject({
      count: 1,
      by_reason: { workload: 1 },
      rejections: [{ title: 'Paint', rejection_note: 'no time' }],
    })
    expect(await w.get('/api/tasks/1/rejections')).toMatchObject({ rejections: [{ user_id: 'ada' }] })
    expect(await w.get('/api/tasks/1/engagement')).toMatchObject({
      engagement: [{ user_id: 'ada', reason: 'workload', rejected_at: expect.any(String) as string }, {}],
    })
    await w.call('POST', `/api/notifications/${String(notifications[0]?.['id'])}/read`, {})
    expect(await w.get('/api/notifications?user_id=carol&unread=true')).toMatchObject({ notifications: [] })
    expect(await w.get('/api/notifications?user_id=carol')).toMatchObject({ notifications: [{ read_at: expect.any(String) as string }] })
  })

  test.each([
    ['reason', 256],
    ['rejection_note', 1_001],
  ])('with a %s that is too long names the field', async (field, length) => {
    const w = await cairn.workspace()
    await put(w, '1', { assignees: ['ada'] })
    expect(await w.call('POST', '/api/tasks/1/reject', { user_id: 'ada', [field]: 'x'.repeat(length) })).toMatchObject({
      status: 422,
      body: { success: false, code: 'invalid', errors: [{ path: `/${field}` }] },
    })
    expect(await w.call('POST', '/api/tasks/1/reject', { user_id: 'ada', [field]: 'x'.repeat(length - 1) })).toMatchObject({ status: 200 })
  })

  test('of what is done, of nothing, or by somebody else is a conflict or not found', async () => {
    const w = await cairn.workspace()
    await put(w, 'done', { attributes: { status: 'Completed' }, assignees: ['ada'] })
    await put(w, 'not-done', { attributes: { status: 'Incomplete' }, assignees: ['ada'] })
    const status = async (path: string, user_id = 'ada'): Promise<number> => (await w.call('POST', path, { user_id })).status
    expect(await status('/api/tasks/done/reject')).toBe(409)
    expect(await status('/api/tasks/not-done/reject', 'bob')).toBe(409)
    expect(await status('/api/tasks/unknown/reject')).toBe(404)
    expect(await status('/api/tasks/not-done/reject')).toBe(200)
    expect(await w.call('GET', '/api/tasks/unknown')).toMatchObject({ status: 404, body: { message: 'Task not found' } })
    // What trackers say about it changes nothing.
    await w.post('/api/events/log', { event_type: 'task_rejected', user_id: 'ada', entity_type: 'task', entity_id: 'done' })
    expect(await w.get('/api/tasks/done')).toMatchObject({ assignees: ['ada'] })
  })

  test('of many at the same time is one', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { attributes: { created_by: 'carol' }, assignees: ['ada'] })
    const answers = await Promise.all(Array.from({ length: 40 }, () => w.call('POST', '/api/tasks/1/reject', { user_id: 'ada' })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39)
    expect((await w.get<{ notifications: unknown[] }>('/api/notifications?user_id=carol')).notifications).toHaveLength(1)
    expect((await w.get<{ events: unknown[] }>('/api/events?event_type=task_rejected')).events).toHaveLength(1)
  })
})

test('what somebody did under another id of theirs counts as theirs', async () => {
  const w = await cairn.workspace()
  await put(w, '1', { assignees: ['ada', 'bob'] })
  await w.post('/api/events/log', { event_type: 'task_viewed', user_id: 'ada@home', entity_type: 'task', entity_id: '1', duration_ms: 2_000 })
  await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada@home' })
  expect(await w.get('/api/tasks/1/engagement')).toMatchObject({
    engagement: [{ user_id: 'ada', view_count: 1, view_seconds: 2 }, { user_id: 'bob' }],
    viewed_by: ['ada'],
    not_viewed_by: ['bob'],
  })
  expect(await w.get('/api/users/ada/has-viewed?entity_id=1')).toMatchObject({ has_viewed: true })
  expect(await w.get('/api/tasks/unopened?older_than_hours=0')).toMatchObject({ tasks: [{ user_id: 'bob' }] })
})

test('somebody may speak for themselves by the token of their log-in, and for nobody else', async () => {
  const w = await cairn.workspace()
  await put(w, '1', { attributes: { created_by: 'ada' }, assignees: ['ada', 'bob'] })
  const token = randomUUID().repeat(2)
  expect((await w.call('POST', '/api/sessions/start', { user_id: 'ada', session_token: token })).status).toBe(200)
  const own = async (method: string, path: string, body?: Json): Promise<{ status: number; body: Json }> => {
    const response = await fetch(cairn.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  expect(await own('POST', '/api/tasks/1/track-view', {})).toMatchObject({ status: 200, body: { message: 'Task view tracked' } })
  expect(await own('POST', '/api/tasks/1/activity')).toMatchObject({ status: 200 })
  expect(await own('POST', '/api/tasks/1/track-view', { user_id: 'bob' })).toMatchObject({ status: 403 })
  expect(await own('POST', '/api/tasks/1/reject', { user_id: 'bob' })).toMatchObject({ status: 403 })
  expect(await own('POST', '/api/tasks/1/reject', { reason: 'unclear', user_id: null })).toMatchObject({ status: 200 })
  expect(await own('GET', '/api/tasks/1')).toMatchObject({ status: 401 })
  const { notifications } = (await own('GET', '/api/notifications?unread=true')).body as { notifications: Json[] }
  expect(notifications).toMatchObject([{ user_id: 'ada', data: { user_id: 'ada', reason: 'unclear' } }])
  expect(await own('GET', '/api/notifications?user_id=bob')).toMatchObject({ status: 403 })
  expect(await own('POST', `/api/notifications/${String(notifications[0]?.['id'])}/read`)).toMatchObject({ status: 200 })
  expect(await w.get('/api/tasks/1/engagement')).toMatchObject({
    engagement: [
      { user_id: 'ada', view_count: 1, reason: 'unclear' },
      { user_id: 'bob', view_count: 0 },
    ],
  })
  await own('POST', `/api/sessions/${token}/end`, {})
  expect(await own('POST', '/api/tasks/1/track-view', {})).toMatchObject({ status: 401 })
})
