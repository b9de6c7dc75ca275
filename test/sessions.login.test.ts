import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY, HOUR, iso, MINUTE } from '../server/src/base/time.ts'
import { boardsSuite } from './boards.suite.ts'
import { ask, startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

/** Log-ins as hosts tell of them: start, signs of life, end, and the token that stands for one; on both catalogs, as is what analysts save. */
type Json = Record<string, unknown>
const TOKEN = 'a'.repeat(40)

interface Place {
  start(): Promise<TestCairn>
  stop(): Promise<void>
}
const sqlite: Place = { start: () => startCairn(), stop: async () => undefined }
const postgres = (): Place => {
  let server: TestPostgres | undefined
  return {
    start: async () => {
      server = await startPostgres()
      return await startCairn({ DATABASE_URL: await server.database() })
    },
    stop: async () => server?.stop(),
  }
}

describe.each([
  ['SQLite', sqlite],
  ['Postgres', postgres()],
])('on %s', (_, place) => {
  let cairn: TestCairn
  beforeAll(async () => {
    cairn = await place.start()
  })
  afterAll(async () => {
    await cairn.close()
    await place.stop()
  })

  const start = (w: TestWorkspace, body: Json = {}): Promise<Answer> => w.call('POST', '/api/sessions/start', { user_id: 'ada', ...body })
  const started = async (w: TestWorkspace, body: Json = {}): Promise<string> => {
    const { status, body: answer } = await start(w, body)
    expect([status, answer]).toEqual([200, { success: true, session_id: expect.any(String) as string }])
    return String(answer['session_id'])
  }
  const end = (w: TestWorkspace, id: string, body: Json = {}): Promise<Answer> => w.call('POST', `/api/sessions/${id}/end`, body)
  const activity = (w: TestWorkspace, id: string, body: Json = {}): Promise<Answer> => w.post(`/api/sessions/${id}/activity`, body)
  const read = async (w: TestWorkspace, id: string): Promise<Json> => (await w.get<{ session: Json }>(`/api/sessions/${id}`)).session
  const send = async (w: TestWorkspace, events: Json[]): Promise<void> => {
    const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'page_viewed', user_id: 'ada', ...event }))
    expect((await w.post('/api/events/log/batch', { historical: true, events: batch })).body).toMatchObject({ accepted: events.length })
  }
  const withToken = (path: string, body: Json = {}, token = TOKEN): Promise<Answer> =>
    ask(cairn.url + path, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body) })

  test('begin, show signs of life and end, each at the time it was told to have happened', async () => {
    const w = await cairn.workspace()
    const now = cairn.clock.now()
    const userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
    const id = await started(w, { occurred_at: iso(now - 3 * HOUR), user_agent: userAgent, referrer: 'https://example.com/in' })
    expect(await read(w, id)).toMatchObject({
      session_id: id,
      kind: 'login',
      user_id: 'ada',
      login_at: iso(now - 3 * HOUR),
      started_at: iso(now - 3 * HOUR),
      last_activity_at: iso(now - 3 * HOUR),
      active: true,
      ended_at: null,
      end_reason: null,
      user_agent: userAgent,
      referrer: 'https://example.com/in',
      device_type: 'desktop',
      browser: 'Chrome',
      os: 'Windows',
      events: 0,
    })
    expect((await activity(w, id, { occurred_at: iso(now - 2 * HOUR) })).body).toEqual({ success: true })
    await send(w, [
      { session_id: id, timestamp: now - 90 * MINUTE },
      { session_id: id, timestamp: now - 10 * MINUTE },
    ])
    expect(await read(w, id)).toMatchObject({ active: true, last_activity_at: iso(now - 10 * MINUTE), duration_seconds: 170 * 60, events: 2 })
    expect((await end(w, id, { occurred_at: iso(now - HOUR) })).body).toEqual({ success: true })
    const ended = { active: false, ended_at: iso(now - HOUR), logout_at: iso(now - HOUR), end_reason: 'logout', duration_seconds: 7_200, events: 2 }
    expect(await read(w, id)).toMatchObject({ ...ended, last_activity_at: iso(now - 90 * MINUTE) })
    const { events } = await w.get<{ events: Json[] }>(`/api/sessions/${id}`)
    expect(events.map(({ after_end }) => after_end)).toEqual([false, true])
    // A later end changes nothing, an earlier one holds.
    await end(w, id)
    expect(await read(w, id)).toMatchObject(ended)
    await end(w, id, { occurred_at: iso(now - 100 * MINUTE) })
    expect(await read(w, id)).toMatchObject({ ended_at: iso(now - 100 * MINUTE), last_activity_at: iso(now - 2 * HOUR), duration_seconds: 80 * 60 })
    expect((await w.get<{ sessions: Json[] }>('/api/sessions?kind=login')).sessions).toEqual([
      expect.objectContaining({ session_id: id, end_reason: 'logout' }),
    ])
  })

  test('told again by the same key are the same, also when told at once', async () => {
    const w = await cairn.workspace()
    const key = randomUUID()
    const ids = await Promise.all([1, 2, 3].map(() => started(w, { event_id: key })))
    expect(new Set(ids).size).toBe(1)
    expect(await start(w, { event_id: key, user_id: 'bob' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    const headers = { Authorization: `Bearer ${w.secretKey}`, 'Idempotency-Key': 'log-in 7' }
    const again = await Promise.all(
      [1, 2].map(() => ask(`${cairn.url}/api/sessions/start`, { method: 'POST', headers, body: JSON.stringify({ user_id: 'ada' }) })),
    )
    expect(new Set(again.map(({ body }) => body['session_id'])).size).toBe(1)
    const tokens = await Promise.all([1, 2].map(() => started(w, { session_token: 'short' })))
    expect(new Set(tokens).size).toBe(1)
    expect((await start(w, { user_id: 'bob', session_token: 'short' })).status).toBe(409)
    await end(w, 'short')
    expect(await start(w, { session_token: 'short' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await w.get<{ sessions: Json[] }>('/api/sessions')).sessions).toHaveLength(3)
  })

  test('end the person’s others where that is asked, whatever the order in which they are told', async () => {
    const w = await cairn.workspace()
    const now = cairn.clock.now()
    const at = (hours: number): string => iso(now - hours * HOUR)
    const free = [await started(w), await started(w)]
    for (const id of free) expect(await read(w, id)).toMatchObject({ active: true })
    expect((await w.call('PATCH', '/api/workspace', { single_session: true })).body).toMatchObject({ single_session: true })
    const [third, first, second] = [
      await started(w, { user_id: 'eve', occurred_at: at(1) }),
      await started(w, { user_id: 'eve', occurred_at: at(5) }),
      await started(w, { user_id: 'eve', occurred_at: at(3) }),
    ]
    expect(await read(w, first)).toMatchObject({ end_reason: 'replaced', ended_at: at(3), active: false })
    expect(await read(w, second)).toMatchObject({ end_reason: 'replaced', ended_at: at(1) })
    expect(await read(w, third)).toMatchObject({ end_reason: null, active: true })
    for (const id of free) expect(await read(w, id)).toMatchObject({ active: true })
    const apart = await started(w, { single_session: false })
    for (const id of [...free, apart]) expect(await read(w, id)).toMatchObject({ active: true })
    const many = await Promise.all(Array.from({ length: 5 }, () => started(w, { user_id: 'crowd' })))
    const states = await Promise.all(many.map((id) => read(w, id)))
    expect(states.filter(({ end_reason }) => end_reason === 'replaced').length).toBeGreaterThanOrEqual(4)
    // By whichever of their users.
    const home = await started(w, { user_id: 'eve@home' })
    expect(await read(w, third)).toMatchObject({ active: true })
    await w.call('POST', '/api/people/merge', { user_id: 'eve', other_id: 'eve@home' })
    const merged = await started(w, { user_id: 'eve@home' })
    for (const id of [home, third]) expect(await read(w, id)).toMatchObject({ end_reason: 'replaced' })
    await w.call('POST', '/api/people/unmerge', { user_id: 'eve', other_id: 'eve@home' })
    await started(w, { user_id: 'eve' })
    expect(await read(w, merged)).toMatchObject({ active: true })
  })

  test('go by their token in place of the id, and it is kept as its hash only', async () => {
    const w = await cairn.workspace()
    const token = `token-${randomUUID()}`
    const id = await started(w, { session_token: token })
    expect((await activity(w, token)).body).toEqual({ success: true })
    expect((await end(w, token)).body).toEqual({ success: true })
    expect(await read(w, id)).toMatchObject({ end_reason: 'logout' })
    const rows = await cairn.catalog.db.selectFrom('login_sessions').selectAll().where('workspace_id', '=', w.id).execute()
    expect(rows).toMatchObject([{ token_hash: createHash('sha256').update(token).digest('hex') }])
    expect(JSON.stringify(rows)).not.toContain(token)
    for (const call of [end(w, 'nothing'), activity(w, 'nothing')]) expect((await call).status).toBe(404)
  })

  test('let a person speak for themselves by a token of 32 characters, until they end', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    const id = await started(w, { session_token: TOKEN })
    const others = await started(w, { user_id: 'bob' })
    expect(await withToken(`/api/sessions/${id}/activity`)).toMatchObject({ status: 200, body: { success: true } })
    expect((await withToken(`/api/sessions/${id}/activity`, { user_id: 'ada' })).status).toBe(200)
    expect((await withToken(`/api/sessions/${id}/activity`, { user_id: 'bob' })).status).toBe(403)
    expect((await withToken(`/api/sessions/${others}/activity`)).status).toBe(403)
    expect((await withToken(`/api/sessions/${others}/end`)).status).toBe(403)
    expect((await ask(`${cairn.url}/api/sessions`, { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(401)
    expect((await withToken('/api/events/log', { event_type: 'a', user_id: 'ada' })).status).toBe(401)
    const short = await started(w, { session_token: 'x'.repeat(31) })
    expect((await withToken(`/api/sessions/${short}/activity`, {}, 'x'.repeat(31))).status).toBe(401)
    expect((await ask(`${cairn.url}/api/sessions/${id}/end`, { method: 'POST', headers: { Authorization: `Bearer ${w.writeKey}` } })).status).toBe(403)
    // The same token in another workspace names nobody.
    const twin = await started(other, { session_token: TOKEN })
    expect((await withToken(`/api/sessions/${id}/activity`)).status).toBe(401)
    await end(other, twin)
    expect(await withToken(`/api/sessions/${id}/end`)).toMatchObject({ status: 200, body: { success: true } })
    expect(await read(w, id)).toMatchObject({ end_reason: 'logout' })
    expect((await withToken(`/api/sessions/${id}/activity`)).status).toBe(401)
  })

  test('refuse what cannot be, and record nothing of whom nothing may be recorded', async () => {
    const w = await cairn.workspace()
    const now = cairn.clock.now()
    for (const [body, path] of [
      [{ user_id: undefined }, '/user_id'],
      [{ occurred_at: 'yesterday' }, '/occurred_at'],
      [{ occurred_at: iso(now + 25 * HOUR) }, '/occurred_at'],
      [{ occurred_at: iso(now - 400 * DAY) }, '/occurred_at'],
      [{ device_type: 'fridge' }, '/device_type'],
    ] as const)
      expect(await start(w, body)).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } })
    // The clock of the sender is ten minutes behind.
    const late = await started(w, { occurred_at: iso(now - 30 * MINUTE), sent_at: iso(now - 10 * MINUTE), device_type: null })
    expect(Math.abs(Date.parse(String((await read(w, late))['started_at'])) - (now - 20 * MINUTE))).toBeLessThan(5_000)
    await w.post('/api/people/opt-out', { user_id: 'shy' })
    expect(await start(w, { user_id: 'shy' })).toMatchObject({ status: 200, body: { success: true, disabled: true, reason: 'opted_out' } })
    await w.call('PATCH', '/api/workspace', { streams_off: ['sessions'] })
    expect(await start(w)).toMatchObject({ status: 200, body: { success: true, disabled: true, reason: 'stream_off' } })
    expect((await activity(w, late)).body).toEqual({ success: true, disabled: true, reason: 'stream_off' })
    const { rows } = await cairn.store.store.query<{ records: string }>({
      text: `SELECT count() AS records FROM cairn.session_records WHERE workspace_id = ${w.id}`,
      params: {},
    })
    expect(rows).toEqual([{ records: '1' }])
  })

  test('that nobody ended are stale a day after their last activity, and a newer event opens them again', async () => {
    const w = await cairn.workspace({ timezone: 'Asia/Kathmandu' })
    const now = cairn.clock.now()
    const [old, fresh] = [await started(w, { occurred_at: iso(now - 26 * HOUR) }), await started(w, { occurred_at: iso(now - 23 * HOUR) })]
    await activity(w, old, { occurred_at: iso(now - 25 * HOUR) })
    const stale = { active: false, end_reason: 'stale', ended_at: iso(now - 25 * HOUR), duration_seconds: 3_600 }
    expect(await read(w, old)).toMatchObject(stale)
    const close = async (): Promise<unknown> => ((await w.call('POST', '/api/jobs/sessions:close-stale/run?wait=true')).body['run'] as Json)['result']
    expect(await close()).toEqual({ closed: 1 })
    expect(await close()).toEqual({ closed: 0 })
    expect(await read(w, old)).toMatchObject(stale)
    expect(await read(w, fresh)).toMatchObject({ active: true })
    await send(w, [{ session_id: old, timestamp: now }])
    expect(await read(w, old)).toMatchObject({ active: true, end_reason: null, ended_at: null, last_activity_at: iso(now) })
    expect(await close()).toEqual({ closed: 0 })
    expect(await w.get('/api/sessions/summary')).toMatchObject({ by_kind: { web: 0, chat: 0, login: 2 }, active_sessions: 2 })
    expect(await w.get('/api/users/ada/usage')).toMatchObject({ counted: 'login', sessions: 2, last_login_at: iso(now - 23 * HOUR) })
  })

  test('go with their person', async () => {
    const w = await cairn.workspace()
    const id = await started(w)
    await started(w, { user_id: 'bob' })
    // Known by a log-in, and by an assignment.
    await w.call('PUT', '/api/tasks/2', { assignees: ['eve'] })
    for (const user_id of ['bob', 'eve']) expect(await w.get(`/api/people/${user_id}`)).toMatchObject({ user_id, events: 0, last_seen: null })
    await w.call('PUT', '/api/tasks/1', { event_id: 'put', attributes: { created_by: 'ada' }, assignees: ['bob', 'ada'] })
    await w.call('POST', '/api/tasks/1/reject', { user_id: 'ada', rejection_note: 'no' })
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')
    expect((await w.call('GET', '/api/people/ada')).status).toBe(404)
    expect(await w.get('/api/tasks/1')).toMatchObject({ attributes: {}, assignments: [{ user_id: 'bob' }] })
    expect(await w.get('/api/tasks/1/rejections')).toMatchObject({ rejections: [] })
    expect(await w.call('PUT', '/api/tasks/1', { event_id: 'put', attributes: { created_by: 'ada' }, assignees: ['bob', 'ada'] })).toMatchObject({
      body: { entity: { attributes: {}, assignees: ['bob'] } },
    })
    const { db } = cairn.catalog
    for (const table of ['assignment_changes', 'assignments', 'notifications', 'answers', 'entities'] as const)
      expect(JSON.stringify(await db.selectFrom(table).selectAll().where('workspace_id', '=', w.id).execute())).not.toMatch(/\bada\b/)
    expect((await w.call('GET', `/api/sessions/${id}`)).status).toBe(404)
    expect((await w.get<{ sessions: Json[] }>('/api/sessions')).sessions).toMatchObject([{ user_id: 'bob' }])
    expect(await cairn.catalog.db.selectFrom('login_sessions').select('user_id').where('workspace_id', '=', w.id).execute()).toEqual([{ user_id: 'bob' }])
  })

  boardsSuite(() => cairn)
})
