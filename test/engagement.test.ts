import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { say } from '../server/src/entities/entity.ts'
import { entitiesSuite } from './entities.suite.ts'
import { ask, startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
}, 120_000)
afterAll(() => cairn.close())

const put = (w: TestWorkspace, id: string, body: Json): Promise<{ status: number; body: Json }> => w.call('PUT', `/api/tasks/${id}`, body)
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** Days from when a test begins. */
let now: number
beforeEach(() => {
  now = cairn.clock.now()
})
const days = (n: number): string => new Date(now + n * 86_400_000).toISOString()

entitiesSuite(() => cairn)

describe('a view', () => {
  test('counts each time, its duration as it was told last', async () => {
    const w = await cairn.workspace()
    cairn.clock.advance(2 * 86_400_000)
    now = cairn.clock.now()
    await put(w, '1', { assignees: ['ada', 'bob', 'carol'], occurred_at: days(-1) })
    const view_id = randomUUID()
    const view = (body: Json): Promise<Answer> => w.post('/api/tasks/1/track-view', body)
    const made = await view({ user_id: 'ada' })
    expect([made.status, made.body]).toEqual([200, { success: true, message: 'Task view tracked', view_id: expect.stringMatching(UUID) }])
    expect((await view({ user_id: 'ada', view_id: made.body['view_id'], view_duration_seconds: 2 })).body).toEqual(made.body)
    expect((await view({ user_id: 'ada', view_id })).body).toEqual({ success: true, message: 'Task view tracked', view_id })
    for (const view_duration_seconds of [5, 12.5]) await view({ user_id: 'ada', view_id, view_duration_seconds })
    // Kept offline, and sent twice under one key.
    const offline = { user_id: 'ada', event_id: randomUUID(), timestamp: days(-0.5), sent_at: new Date(cairn.clock.now()).toISOString() }
    for (let sent = 0; sent < 2; sent++) expect((await view(offline)).status).toBe(200)
    // A tracker's own event is the same.
    const tracked = randomUUID()
    await w.post('/api/events/log', { event_id: tracked, event_type: 'task_viewed', user_id: 'ada', entity_type: 'task', entity_id: 1, duration_ms: 500 })
    // What would be lost, since its id was told of something else, is refused.
    for (const other of [
      { user_id: 'bob', view_id, view_duration_seconds: 9 },
      { user_id: 'bob', view_id: tracked },
      { ...offline, view_duration_seconds: 3 },
    ])
      expect(await view(other)).toMatchObject({ status: 409, body: { code: 'conflict' } })
    await w.post('/api/tasks/1/activity', { user_id: 'ada', action: 'commented' })
    await w.post('/api/people/opt-out', { user_id: 'carol' })
    await cairn.directory.refresh()
    expect((await view({ user_id: 'carol' })).body).toEqual({ success: true, disabled: true, reason: 'opted_out' })
    const nothing = { unassigned_at: null, rejected_at: null, reason: null }
    const unseen = {
      ...nothing,
      first_viewed_at: null,
      last_viewed_at: null,
      view_count: 0,
      view_seconds: 0,
      last_activity_at: null,
      hours_since_activity: null,
      comments: 0,
    }
    expect(await w.get('/api/tasks/1/engagement')).toEqual({
      entity_type: 'task',
      entity_id: '1',
      engagement: [
        {
          ...nothing,
          user_id: 'ada',
          assigned_at: days(-1),
          first_viewed_at: days(-0.5),
          last_viewed_at: expect.stringMatching(MOMENT),
          view_count: 4,
          view_seconds: 15,
          last_activity_at: expect.stringMatching(MOMENT),
          hours_since_activity: 0,
          comments: 1,
        },
        { ...unseen, user_id: 'bob', assigned_at: days(-1) },
        { ...unseen, user_id: 'carol', assigned_at: days(-1) },
      ],
      viewed_by: ['ada'],
      not_viewed_by: ['bob'],
      not_tracked: ['carol'],
    })
    expect(await w.get('/api/users/ada/has-viewed?entity_type=task&entity_id=1')).toEqual({ has_viewed: true, first_viewed_at: days(-0.5), view_count: 4 })
    expect(await w.get('/api/users/bob/has-viewed?entity_id=1')).toEqual({ has_viewed: false, first_viewed_at: null, view_count: 0 })
    const trend = await w.get<{ total: number; comments_by_day: Json }>('/api/tasks/1/comments/trend?days=30')
    expect([trend.total, Object.values(trend.comments_by_day).length, Object.values(trend.comments_by_day).at(-1)]).toEqual([1, 30, 1])
    for (const wrong of [{ view_id: 'x' }, { view_duration_seconds: -1 }, { user_id: null }])
      expect(await view({ user_id: 'ada', ...wrong })).toMatchObject({
        status: 422,
        body: { code: 'invalid', errors: [{ path: `/${Object.keys(wrong)[0]}` }] },
      })
  })

  test('of an unknown task is an error, and is there once the task is', async () => {
    const w = await cairn.workspace()
    // Of a type that nobody has registered any id is taken.
    expect((await w.post('/api/entities/order_line/1/track-view', { user_id: 'ada' })).body).toMatchObject({
      success: true,
      message: 'Order line view tracked',
    })
    await put(w, 'known', {})
    const view_id = randomUUID()
    const view = (id: string, body: Json): Promise<Answer> => w.post(`/api/tasks/${id}/track-view`, { user_id: 'ada', occurred_at: days(-0.1), ...body })
    const unknown = { success: false, message: 'Task not found', code: 'not_found' }
    for (const view_duration_seconds of [undefined, 3, 7])
      expect(await view('late', { view_id, view_duration_seconds })).toMatchObject({ status: 404, body: unknown })
    expect(await w.post('/api/tasks/late/activity', { user_id: 'ada', action: 'commented' })).toMatchObject({ status: 404, body: unknown })
    expect(await w.get('/api/events/quarantine?code=unknown_entity')).toMatchObject({
      quarantine: [{ event_type: 'task_commented' }, {}, {}, { event_id: view_id }],
    })
    for (const path of ['/api/tasks/late/rejections', '/api/tasks/late/comments/trend', '/api/users/ada/has-viewed?entity_id=late'])
      expect(await w.call('GET', path)).toMatchObject({ status: 404, body: unknown })
    expect(await w.get('/api/users/ada/has-viewed?entity_type=order_line&entity_id=1')).toMatchObject({ has_viewed: true })
    await put(w, 'late', { assignees: ['ada'] })
    const engaged = { viewed_by: ['ada'], engagement: [{ view_count: 1, view_seconds: 7, first_viewed_at: days(-0.1), comments: 1 }] }
    expect(await w.get('/api/tasks/late/engagement')).toMatchObject(engaged)
    expect(await w.get('/api/events/quarantine')).toMatchObject({ quarantine: [] })
    // Gone, viewed, and there again.
    await w.call('DELETE', '/api/tasks/late')
    expect((await view('late', {})).status).toBe(404)
    await w.call('PUT', '/api/entities/task/late', { assignees: ['ada'] })
    expect(await w.get('/api/tasks/late/engagement')).toMatchObject({ engagement: [{ view_count: 2, view_seconds: 7 }] })
    // Told to another node, which has nothing in quarantine, or to one that was killed before it looked.
    await w.call('DELETE', '/api/tasks/late')
    expect((await view('late', {})).status).toBe(404)
    const at = cairn.clock.now()
    const name = { workspaceId: w.id, entityType: 'task', entityId: 'late' }
    const said = { at, attributes: {}, assignment: { at, change: 'set' as const, userIds: ['ada'], why: 'replaced' as const } }
    await cairn.catalog.db.transaction().execute((trx) => say(trx, name, [said], { now: at, node: 'other', keyId: 'k' }))
    expect(await w.get('/api/tasks/late/engagement')).toMatchObject({ engagement: [{ view_count: 2 }] })
    const { body } = await w.call('POST', '/api/jobs/entities:replay-views/run?wait=true')
    expect(body).toMatchObject({ run: { result: { entities: 1 } } })
    expect(await w.get('/api/tasks/late/engagement')).toMatchObject({ engagement: [{ view_count: 3 }] })
  })

  test('moves the last activity forwards only', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { assignees: ['ada'] })
    for (const at of [days(-1), days(-3), days(-2)]) await w.post('/api/tasks/1/activity', { user_id: 'ada', timestamp: at })
    expect(await w.get('/api/tasks/1/engagement')).toMatchObject({ engagement: [{ last_activity_at: days(-1), hours_since_activity: 24 }] })
  })
})

describe('who has not opened what', () => {
  test('is listed longest first, without those who cannot be known to have', async () => {
    const w = await cairn.workspace()
    cairn.clock.advance(5 * 86_400_000)
    now = cairn.clock.now()
    await put(w, '1', { attributes: { title: 'Old', project_id: 'p' }, assignees: ['ada', 'bob'], occurred_at: days(-4) })
    await put(w, '2', { assignees: ['ada', 'carol', 'dan'], occurred_at: days(-3) })
    await put(w, '3', { assignees: ['ada'] })
    await put(w, 'before', { assignees: ['ada'], occurred_at: days(-9) })
    await w.post('/api/tasks/1/track-view', { user_id: 'bob' })
    await w.post('/api/people/opt-out', { user_id: 'carol' })
    await w.post('/api/people/identify', { user_id: 'dan', anonymous_id: 'phone' })
    // Nor of whom another id has opted out.
    await w.post('/api/people/opt-out', { anonymous_id: 'phone' })
    await cairn.directory.refresh()
    const list = async (query = ''): Promise<Json[]> => (await w.get<{ tasks: Json[] }>(`/api/tasks/unopened${query}`)).tasks
    const all = await list('?older_than_hours=24&assignee=&project_id=')
    expect(all).toEqual([
      {
        entity_type: 'task',
        entity_id: '1',
        title: 'Old',
        project_id: 'p',
        user_id: 'ada',
        assigned_at: days(-4),
        hours_since_assigned: expect.closeTo(96, 1),
      },
      {
        entity_type: 'task',
        entity_id: '2',
        title: null,
        project_id: null,
        user_id: 'ada',
        assigned_at: days(-3),
        hours_since_assigned: expect.closeTo(72, 1),
      },
    ])
    expect((await list('?older_than_hours=0')).map((row) => row['entity_id'])).toEqual(['1', '2', '3'])
    expect([await list('?assignee=bob'), await list('?project_id=p')]).toMatchObject([[], [{ entity_id: '1' }]])
    const first = await w.get<{ tasks: Json[]; next_cursor: string }>('/api/tasks/unopened?limit=1')
    const second = await w.get<{ tasks: Json[]; next_cursor: null }>(`/api/tasks/unopened?limit=1&cursor=${first.next_cursor}`)
    expect([...first.tasks, ...second.tasks].map((row) => row['entity_id'])).toEqual(['1', '2'])
    expect(second.next_cursor).toBeNull()
    await w.call('POST', '/api/tasks/3/reject', { user_id: 'ada', reason: 'workload' })
    const { opened, ...summary } = await w.get<{ opened: { count: number; median_seconds: number } }>('/api/tasks/summary')
    expect(summary).toMatchObject({ count: 4, by_status: { '(none)': 4 }, unopened: 2, rejections: { count: 1, by_reason: { workload: 1 } } })
    expect([opened.count, Math.floor(opened.median_seconds / 60)]).toEqual([1, 4 * 1_440])
    expect(await w.get('/api/tasks/summary?from=2000-01-01&to=2000-01-02')).toMatchObject({
      count: 4,
      opened: { count: 0, median_seconds: null },
      rejections: { count: 0 },
    })
    expect(await w.get('/api/tasks/2/engagement')).toMatchObject({ not_viewed_by: ['ada'], not_tracked: ['carol', 'dan'] })
    expect(await w.get('/api/tasks/before/engagement')).toMatchObject({ not_viewed_by: [], not_tracked: ['ada'] })
    await w.call('PATCH', '/api/workspace', { streams_off: ['events'] })
    await cairn.directory.refresh()
    expect((await w.post('/api/tasks/1/track-view', { user_id: 'ada' })).body).toEqual({ success: true, disabled: true, reason: 'stream_off' })
    expect(await w.get('/api/tasks/summary')).toMatchObject({ unopened: 0 })
    expect([await list(), await w.get('/api/tasks/1/engagement')]).toMatchObject([[], { viewed_by: ['bob'], not_viewed_by: [], not_tracked: ['ada'] }])
    // On again, and carol is in again: what they were assigned to before may have been opened unseen.
    await w.call('PATCH', '/api/workspace', { streams_off: [] })
    cairn.clock.advance(60_000)
    await put(w, '4', { assignees: ['ada', 'carol'], occurred_at: new Date(cairn.clock.now()).toISOString() })
    cairn.clock.advance(60_000)
    await w.post('/api/people/opt-in', { user_id: 'carol' })
    await cairn.directory.refresh()
    expect(await list('?older_than_hours=0')).toMatchObject([{ entity_id: '4', user_id: 'ada' }])
    expect(await w.get('/api/tasks/4/engagement')).toMatchObject({ not_viewed_by: ['ada'], not_tracked: ['carol'] })
    expect(await w.get('/api/tasks/1/engagement')).toMatchObject({ not_viewed_by: [], not_tracked: ['ada'] })
  })
})

describe('a rejection', () => {
  const reject = (w: TestWorkspace, id: string, body: Json): Promise<Answer> => w.call('POST', `/api/tasks/${id}/reject`, body)
  const rejected = { success: true, data: [], message: 'Task rejected successfully' }

  test('ends the assignment, tells the creator once, and is counted', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { attributes: { title: 'Paint', created_by: 'carol' }, assignees: ['ada', 'bob'] })
    const event_id = randomUUID()
    const body = { user_id: 'ada', reason: 'workload', rejection_note: 'no time', event_id }
    const first = await reject(w, '1', body)
    expect([first.status, first.body]).toEqual([200, rejected])
    // The same request again, its answer was lost.
    expect(await reject(w, '1', body)).toMatchObject({ status: 200, body: rejected })
    expect(await reject(w, '1', { user_id: 'ada' })).toMatchObject({ status: 409, body: { success: false, code: 'conflict' } })
    expect(await w.get('/api/tasks/1')).toMatchObject({
      assignees: ['bob'],
      assignments: [
        { user_id: 'ada', why: 'rejected', unassigned_at: expect.stringMatching(MOMENT) },
        { user_id: 'bob', why: null, unassigned_at: null },
      ],
    })
    const told = async (query = ''): Promise<Json[]> => (await w.get<{ notifications: Json[] }>(`/api/notifications?user_id=carol${query}`)).notifications
    const notification = {
      id: expect.stringMatching(UUID),
      user_id: 'carol',
      kind: 'task_rejected',
      entity_type: 'task',
      entity_id: '1',
      data: { user_id: 'ada', reason: 'workload', rejection_note: 'no time', title: 'Paint' },
      created_at: expect.stringMatching(MOMENT),
      read_at: null,
    }
    const unread = await told('&unread=true')
    expect(unread).toEqual([notification])
    expect(await w.get('/api/events?event_type=task_rejected')).toMatchObject({
      events: [{ event_id, user_id: 'ada', entity_id: '1', event_metadata: { reason: 'workload', rejection_note: 'no time' } }],
    })
    const item = { entity_type: 'task', entity_id: '1', title: 'Paint', user_id: 'ada', reason: 'workload', rejection_note: 'no time' }
    const rejections = [{ ...item, rejected_at: expect.stringMatching(MOMENT) }]
    expect(await w.get('/api/users/ada/rejections?days=30')).toEqual({ user_id: 'ada', count: 1, by_reason: { workload: 1 }, rejections, next_cursor: null })
    expect(await w.get('/api/tasks/1/rejections')).toEqual({ rejections, next_cursor: null })
    expect(await w.get('/api/tasks/1/engagement')).toMatchObject({
      engagement: [{ user_id: 'ada', reason: 'workload', rejected_at: expect.stringMatching(MOMENT) }, { user_id: 'bob' }],
      not_viewed_by: ['bob'],
    })
    expect((await w.call('POST', `/api/notifications/${String(unread[0]?.['id'])}/read`, {})).body).toEqual({ success: true })
    expect(await told('&unread=true')).toEqual([])
    expect(await told()).toEqual([{ ...notification, read_at: expect.stringMatching(MOMENT) }])
  })

  test('takes the reasons offered and free text, and names the field that is too long', async () => {
    const w = await cairn.workspace()
    const assignees = ['workload', 'too_busy', 'not_my_skill', 'unclear', 'conflict', 'other', 'ü'.repeat(255)]
    await put(w, '1', { assignees: [...assignees, 'ada'] })
    for (const reason of assignees) expect((await reject(w, '1', { user_id: reason, reason, rejection_note: 'x'.repeat(1_000) })).status).toBe(200)
    for (const [field, most] of [
      ['reason', 255],
      ['rejection_note', 1_000],
    ] as const)
      expect(await reject(w, '1', { user_id: 'ada', [field]: 'x'.repeat(most + 1) })).toMatchObject({
        status: 422,
        body: { success: false, code: 'invalid', errors: [{ path: `/${field}`, message: expect.stringContaining(String(most)) }] },
      })
    expect(await w.get('/api/tasks/1')).toMatchObject({ assignees: ['ada'] })
    expect((await w.get<{ rejections: Json[] }>('/api/tasks/1/rejections')).rejections).toHaveLength(assignees.length)
  })

  test('of what is done, of nothing, or by somebody else is a conflict or not found', async () => {
    const w = await cairn.workspace()
    await put(w, 'done', { attributes: { status: 'Completed' }, assignees: ['ada'] })
    await put(w, 'not-done', { attributes: { status: 'Incomplete' }, assignees: ['ada'] })
    const status = async (id: string, user_id = 'ada'): Promise<number> => (await reject(w, id, { user_id })).status
    expect(await status('done')).toBe(409)
    expect(await status('not-done', 'bob')).toBe(409)
    expect(await reject(w, 'unknown', { user_id: 'ada' })).toMatchObject({ status: 404, body: { success: false, message: 'Task not found' } })
    expect(await status('not-done')).toBe(200)
    expect(await w.call('GET', '/api/tasks/unknown')).toMatchObject({ status: 404, body: { message: 'Task not found' } })
    // What trackers say about it changes nothing.
    for (const event_type of ['task_rejected', 'task_assigned'])
      await w.post('/api/events/log', { event_type, user_id: event_type === 'task_rejected' ? 'ada' : 'eve', entity_type: 'task', entity_id: 'done' })
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
  await put(w, '2', { assignees: ['ada', 'ada@home'] })
  for (const [user_id, reason] of [
    ['ada@home', 'unclear'],
    ['ada', 'other'],
  ])
    await w.call('POST', '/api/tasks/2/reject', { user_id, reason })
  await w.post('/api/events/log', { event_type: 'task_viewed', anonymous_id: 'phone', entity_type: 'task', entity_id: '2' })
  await w.post('/api/people/identify', { user_id: 'carol', anonymous_id: 'phone' })
  await w.post('/api/events/log', { event_type: 'task_viewed', user_id: 'ada@home', entity_type: 'task', entity_id: '1', duration_ms: 2_000 })
  await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada@home' })
  expect(await w.get('/api/tasks/1/engagement')).toMatchObject({
    engagement: [{ user_id: 'ada', view_count: 1, view_seconds: 2 }, { user_id: 'bob' }],
    viewed_by: ['ada'],
    not_viewed_by: ['bob'],
  })
  expect(await w.get('/api/tasks/2/engagement')).toMatchObject({ viewed_by: ['carol'] })
  expect(await w.get('/api/users/ada/has-viewed?entity_id=1')).toMatchObject({ has_viewed: true })
  for (const user of ['ada', 'ada@home']) expect(await w.get(`/api/users/${user}/rejections`)).toMatchObject({ count: 2, by_reason: { unclear: 1, other: 1 } })
  expect(await w.get('/api/tasks/unopened?older_than_hours=0')).toMatchObject({ tasks: [{ user_id: 'bob' }] })
  // What one of their users is assigned to, or told, is found and turned down by the other; by a merge that is taken back no more.
  await put(w, '3', { attributes: { created_by: 'ada@home' }, assignees: ['ada', 'ada@home', 'bob'] })
  const found = async (user: string): Promise<unknown> => [
    (await w.get<{ tasks: Json[] }>(`/api/tasks?assignee=${user}`)).tasks.map(({ entity_id }) => entity_id),
    (await w.get<{ tasks: Json[] }>(`/api/tasks/unopened?older_than_hours=0&assignee=${user}`)).tasks.map(({ user_id }) => String(user_id)).toSorted(),
    (await w.get<{ notifications: Json[] }>(`/api/notifications?user_id=${user}`)).notifications.length,
  ]
  const session_token = randomUUID().repeat(2)
  await w.call('POST', '/api/sessions/start', { user_id: 'ada', session_token })
  const asAda = (method: string, path: string): Promise<Answer> => ask(cairn.url + path, { method, headers: { Authorization: `Bearer ${session_token}` } })
  for (const user of ['ada', 'ada@home']) expect(await found(user)).toEqual([['3', '1'], ['ada', 'ada@home'], 0])
  await w.call('POST', '/api/people/unmerge', { user_id: 'ada', other_id: 'ada@home' })
  expect([await found('ada'), await found('ada@home')]).toEqual([
    [['3', '1'], ['ada', 'ada'], 0],
    [['3'], ['ada@home'], 0],
  ])
  await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada@home' })
  expect((await asAda('POST', '/api/tasks/3/reject')).status).toBe(200)
  expect((await asAda('POST', '/api/tasks/3/reject')).status).toBe(409)
  expect(await w.get('/api/tasks/3')).toMatchObject({ assignees: ['bob'], assignments: [{ why: 'rejected' }, { user_id: 'ada@home', why: 'deleted' }, {}] })
  expect(await w.get('/api/users/ada@home/rejections')).toMatchObject({ count: 3 })
  for (const user of ['ada', 'ada@home']) expect(await found(user)).toEqual([['1'], [], 1])
  const [told] = (await w.get<{ notifications: Json[] }>('/api/notifications?user_id=ada')).notifications
  expect((await asAda('POST', `/api/notifications/${String(told?.['id'])}/read`)).status).toBe(200)
})

describe('who may call', () => {
  test('a write key adds views and activity, and nothing else; without a key nothing goes', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { assignees: ['ada'] })
    const status = async (method: string, path: string, key = w.writeKey): Promise<number> =>
      (await ask(cairn.url + path, { method, headers: { Authorization: `Bearer ${key}` }, ...(method === 'GET' ? {} : { body: '{"user_id": "ada"}' }) })).status
    for (const path of ['/api/tasks/1/track-view', '/api/tasks/1/activity/', '/api/entities/task/1/track-view'])
      expect([path, await status('POST', path)]).toEqual([path, 200])
    for (const [method, path] of [
      ['PUT', '/api/entities/task/1'],
      ['PATCH', '/api/entities/task/1'],
      ['DELETE', '/api/tasks/1'],
      ['PUT', '/api/tasks/1/assignees/ada'],
      ['POST', '/api/entities/batch'],
      ['POST', '/api/tasks/1/reject'],
      ['POST', '/api/sessions/start'],
      ['POST', '/api/sessions/x/end'],
      ['GET', '/api/tasks/1/engagement'],
      ['GET', '/api/tasks/unopened'],
      ['GET', '/api/users/ada/rejections'],
      ['GET', '/api/notifications?user_id=ada'],
    ] as const)
      expect([path, await status(method, path), await status(method, path, 'unknown_key_0123456789')]).toEqual([path, 403, 401])
  })

  test('somebody may speak for themselves by the token of their log-in, and for nobody else', async () => {
    const w = await cairn.workspace()
    await put(w, '1', { attributes: { created_by: 'ada' }, assignees: ['ada', 'bob'] })
    const session_token = randomUUID().repeat(2)
    const started = await w.call('POST', '/api/sessions/start', { user_id: 'ada', session_token, user_agent: 'Mozilla/5.0', device_type: 'desktop' })
    expect([started.status, started.body]).toEqual([200, { success: true, session_id: expect.any(String) as string }])
    const own = (method: string, path: string, body?: string): Promise<Answer> =>
      ask(cairn.url + path, { method, headers: { Authorization: `Bearer ${session_token}`, 'Content-Type': 'application/json' }, ...(body ? { body } : {}) })
    expect(await own('POST', '/api/tasks/1/track-view')).toMatchObject({ status: 200, body: { message: 'Task view tracked' } })
    expect(await own('POST', '/api/tasks/1/activity')).toMatchObject({ status: 200 })
    expect(await own('POST', `/api/sessions/${session_token}/activity`)).toMatchObject({ status: 200, body: { success: true } })
    for (const path of ['/api/tasks/1/track-view', '/api/tasks/1/reject', '/api/tasks/1/activity', `/api/sessions/${session_token}/end`])
      expect(await own('POST', path, '{"user_id": "bob"}')).toMatchObject({ status: 403, body: { success: false, code: 'forbidden' } })
    expect(await own('POST', '/api/tasks/1/reject', '{"reason": "unclear", "user_id": null}')).toMatchObject({ status: 200 })
    for (const [method, path] of [
      ['GET', '/api/tasks/1'],
      ['PUT', '/api/tasks/1'],
      ['GET', '/api/sessions'],
    ] as const)
      expect(await own(method, path)).toMatchObject({ status: 401 })
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
    const { session_id } = started.body
    const active = await w.get('/api/sessions?active=true&user_id=ada')
    expect(active).toMatchObject({
      sessions: [{ session_id, kind: 'login', device_type: 'desktop', user_agent: 'Mozilla/5.0', end_reason: null, events: 3 }],
      next_cursor: null,
    })
    expect(await own('POST', `/api/sessions/${session_token}/end`)).toMatchObject({ status: 200, body: { success: true } })
    expect(await w.get(`/api/sessions/${String(session_id)}`)).toMatchObject({
      session: { active: false, end_reason: 'logout', logout_at: expect.stringMatching(MOMENT) },
    })
    expect(await w.get('/api/users/ada/usage?days=30')).toMatchObject({
      sessions: 1,
      counted: 'login',
      active_days: 1,
      streak_days: 1,
      last_login_at: expect.stringMatching(MOMENT),
    })
    expect(await w.get(`/api/sessions/${session_token}`)).toEqual(await w.get(`/api/sessions/${String(session_id)}`))
    expect(await own('POST', '/api/tasks/1/track-view')).toMatchObject({ status: 401 })
  })
})
