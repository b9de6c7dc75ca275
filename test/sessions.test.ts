import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY, MINUTE } from '../server/src/base/time.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Sessions through the front door: what a session is, lists, figures, usage. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Json = Record<string, unknown>
interface Listed {
  sessions: Json[]
  next_cursor: string | null
}
const forever = { retentionDays: null }
const send = async (w: TestWorkspace, events: Json[], headers: Record<string, string> = {}): Promise<void> => {
  const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'page_viewed', user_id: 'ada', ...event }))
  expect((await w.post('/api/events/log/batch', { historical: true, events: batch }, headers)).body).toMatchObject({ success: true, accepted: events.length })
}
const list = (w: TestWorkspace, query = ''): Promise<Listed> => w.get<Listed>(`/api/sessions?from=2025-01-01&to=2025-12-31&${query}`)
const at = (time: string): string => `2025-06-${time}Z`
const bot = { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }

describe('a session with an id', () => {
  test('is one whatever its gaps and the order of its events, and is listed with what it holds', async () => {
    const w = await cairn.workspace(forever)
    const page = (path: string): Json => ({ context: { url: `https://example.com${path}` } })
    await send(w, [{ session_id: 's1', timestamp: at('11T10:00:00'), ...page('/exit') }])
    await send(w, [{ session_id: 's1', timestamp: at('10T10:00:00'), user_id: undefined, anonymous_id: 'anon', ...page('/entry') }])
    await send(w, [{ session_id: 's1', event_type: 'task_viewed', timestamp: at('10T12:00:00') }])
    const { sessions, next_cursor } = await list(w)
    expect(next_cursor).toBeNull()
    expect(sessions).toEqual([
      {
        session_id: 's1',
        kind: 'web',
        user_id: 'ada',
        anonymous_id: 'anon',
        started_at: '2025-06-10T10:00:00.000Z',
        ended_at: '2025-06-11T10:00:00.000Z',
        end_reason: 'timeout',
        active: false,
        login_at: null,
        logout_at: null,
        last_activity_at: '2025-06-11T10:00:00.000Z',
        duration_seconds: 86_400,
        events: 3,
        page_views: 2,
        device_type: 'server',
        browser: '',
        os: '',
        country: '',
        user_agent: null,
        referrer: null,
        referrer_domain: '',
        channel: expect.any(String) as string,
        utm_source: '',
        utm_medium: '',
        utm_campaign: '',
        entry_path: '/entry',
        exit_path: '/exit',
      },
    ])
    const one = await w.get<{ session: Json; events: Json[] }>('/api/sessions/s1')
    expect(one.session).toEqual({ ...sessions[0], types: { page_viewed: 2, task_viewed: 1 } })
    expect(one.events.map((event) => [event['event_timestamp'], event['after_end']])).toEqual([
      ['2025-06-10T10:00:00.000Z', false],
      ['2025-06-10T12:00:00.000Z', false],
      ['2025-06-11T10:00:00.000Z', false],
    ])
    expect(await w.get('/api/events/session/s1')).toEqual(one)
    expect((await w.call('GET', '/api/sessions/none')).status).toBe(404)
    expect((await (await cairn.workspace()).call('GET', '/api/sessions/s1')).status).toBe(404)
  })

  test('is under way until half an hour after its last activity, and a newer event opens it again', async () => {
    const w = await cairn.workspace(forever)
    const now = cairn.clock.now()
    await send(w, [
      { session_id: 'old', timestamp: now - 31 * MINUTE },
      { session_id: 'new', timestamp: now - 29 * MINUTE, user_id: 'bob' },
      { session_id: 'long', timestamp: now - 60 * DAY },
    ])
    const active = async (query = ''): Promise<unknown[]> =>
      (await w.get<Listed>(`/api/sessions?active=true${query}`)).sessions.map(({ session_id }) => session_id)
    expect(await active()).toEqual(['new'])
    await send(w, [{ session_id: 'long', timestamp: now }])
    expect(await active()).toEqual(['new', 'long'])
    expect(await active('&user_id=bob')).toEqual(['new'])
    expect((await w.get<Listed>('/api/sessions?active=false')).sessions.map(({ session_id }) => session_id)).toEqual(['old'])
  })

  test('is of everybody who has an event in it, comes in pages, and bots stand apart', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [
      ...Array.from({ length: 12 }, (_, i) => ({ session_id: `s${i}`, timestamp: at('10T10:00:00'), user_id: i % 2 ? 'ada' : 'bob' })),
      { session_id: 's1', timestamp: at('10T10:01:00'), user_id: 'bob' },
    ])
    await send(w, [{ session_id: 'crawl', timestamp: at('12T10:00:00'), user_id: undefined, anonymous_id: 'bot' }], bot)
    await send(w, [{ session_id: 's0', timestamp: at('12T10:00:00'), user_id: 'bob' }], bot)
    const seen: unknown[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Listed = await list(w, `limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.sessions.map(({ session_id }) => session_id))
      cursor = page.next_cursor
    }
    expect(seen).toHaveLength(12)
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 12 }, (_, i) => `s${i}`)))
    expect((await list(w, 'user_id=bob')).sessions).toHaveLength(7)
    expect((await list(w, 'user_id=ada')).sessions).toHaveLength(6)
    expect((await list(w, 'include_bots=true')).sessions).toHaveLength(13)
    expect((await w.get<{ session: Json }>('/api/sessions/s0')).session).toMatchObject({ events: 1 })
    expect((await w.get<{ session: Json }>('/api/sessions/s0?include_bots=true')).session).toMatchObject({ events: 2 })
    expect((await w.call('GET', '/api/sessions/crawl')).status).toBe(404)
  })
})

describe('sessions of a person', () => {
  test('are those of all their ids, and stand apart again when they are parted', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [
      { session_id: 'before', timestamp: at('10T10:00:00'), user_id: undefined, anonymous_id: 'phone' },
      { timestamp: at('10T12:00:00'), user_id: undefined, anonymous_id: 'phone' },
      { session_id: 'after', timestamp: at('11T10:00:00') },
      { session_id: 'other', timestamp: at('12T10:00:00'), user_id: 'ada@work' },
    ])
    const of = async (): Promise<unknown[]> => (await list(w, 'user_id=ada')).sessions.map(({ started_at }) => String(started_at).slice(8, 13))
    expect(await of()).toEqual(['11T10'])
    await w.post('/api/people/identify', { user_id: 'ada', anonymous_id: 'phone' })
    expect(await of()).toEqual(['11T10', '10T12', '10T10'])
    await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada@work' })
    expect(await of()).toEqual(['12T10', '11T10', '10T12', '10T10'])
    expect(await w.get('/api/users/ada/usage?from=2025-06-01&to=2025-06-30')).toMatchObject({ sessions: 4, active_days: 3 })
    await w.call('POST', '/api/people/unmerge', { user_id: 'ada', other_id: 'ada@work' })
    expect(await of()).toEqual(['11T10', '10T12', '10T10'])
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')
    expect((await list(w, 'include_bots=true')).sessions.map(({ session_id }) => session_id)).toEqual(['other'])
    for (const table of ['sessions', 'session_details', 'gap_sessions', 'gap_touched'])
      expect((await cairn.store.store.query({ text: `SELECT count() AS rows FROM cairn.${table} WHERE workspace_id = ${w.id}`, params: {} })).rows).toEqual([
        { rows: table.startsWith('session') ? '1' : '0' },
      ])
  })
})

describe('events without a session_id', () => {
  const gaps = async (w: TestWorkspace, query = ''): Promise<unknown[]> =>
    (await list(w, query)).sessions.map(({ started_at, duration_seconds, events }) => [started_at, duration_seconds, events]).toReversed()

  test('make sessions parted by gaps strictly over half an hour, and a late one joins two', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [{ timestamp: at('10T10:00:00') }, { timestamp: at('10T10:30:00') }, { timestamp: at('10T11:30:00.001') }])
    expect(await gaps(w)).toEqual([
      ['2025-06-10T10:00:00.000Z', 1_800, 2],
      ['2025-06-10T11:30:00.001Z', 0, 1],
    ])
    await send(w, [{ timestamp: at('10T11:00:00.001') }])
    expect(await gaps(w)).toEqual([
      ['2025-06-10T10:00:00.000Z', 1_800, 2],
      ['2025-06-10T11:00:00.001Z', 1_800, 2],
    ])
    await send(w, [{ timestamp: at('10T10:45:00') }])
    expect(await gaps(w)).toEqual([['2025-06-10T10:00:00.000Z', 5_400, 5]])
  })

  test('are joined over midnight and over whole days, one raw id apart from another', async () => {
    const w = await cairn.workspace(forever)
    const every = Array.from({ length: 3 * 48 }, (_, i) => ({ timestamp: Date.parse(at('10T12:00:00')) + i * 30 * MINUTE }))
    await send(w, [...every, { timestamp: at('10T12:10:00'), user_id: undefined, anonymous_id: 'ada' }])
    expect(await gaps(w)).toEqual([
      ['2025-06-10T12:00:00.000Z', (3 * 48 - 1) * 1_800, 144],
      ['2025-06-10T12:10:00.000Z', 0, 1],
    ])
    // Of a part of the days: who started before them is not there.
    expect((await w.get<Listed>('/api/sessions?from=2025-06-11&to=2025-06-12')).sessions).toEqual([])
    const [whole] = (await list(w, 'user_id=ada')).sessions
    const one = await w.get<{ session: Json; events: Json[] }>(`/api/sessions/${encodeURIComponent(String(whole?.['session_id']))}`)
    expect(one.session).toMatchObject({ user_id: 'ada', anonymous_id: null, events: 144, kind: 'web' })
    expect(one.events).toHaveLength(144)
  })

  test('of bots stand apart, and a deletion leaves what is left', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [{ timestamp: at('10T10:00:00') }, { timestamp: at('10T10:20:00') }, { timestamp: at('10T10:40:00') }])
    await send(w, [{ timestamp: at('10T10:50:00') }], bot)
    await send(w, [{ timestamp: at('10T10:00:00'), user_id: 'bob' }])
    expect(await gaps(w, 'user_id=ada')).toEqual([['2025-06-10T10:00:00.000Z', 2_400, 3]])
    expect(await gaps(w, 'user_id=ada&include_bots=true')).toHaveLength(2)
    const days = Math.floor((cairn.clock.now() - Date.parse(at('10T10:10:00'))) / DAY)
    await w.call('DELETE', `/api/events/cleanup?older_than_days=0&user_id=bob`)
    expect(await gaps(w)).toEqual([['2025-06-10T10:00:00.000Z', 2_400, 3]])
    cairn.clock.advance(Date.parse(at('10T10:10:00')) + (days + 1) * DAY - cairn.clock.now())
    await w.call('DELETE', `/api/events/cleanup?older_than_days=${days + 1}`)
    expect(await gaps(w)).toEqual([['2025-06-10T10:20:00.000Z', 1_200, 2]])
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')
    expect(await gaps(w, 'include_bots=true')).toEqual([])
  })
})

describe('figures', () => {
  test('are of the sessions that started in the range', async () => {
    const w = await cairn.workspace({ ...forever, timezone: 'Europe/Berlin' })
    await send(w, [
      { session_id: 'before', timestamp: at('09T21:59:59') },
      { session_id: 'c', timestamp: at('11T10:00:20') },
    ])
    await w.get('/api/sessions/summary')
    // In another segment, hence in other rows of the same sessions.
    await send(w, [
      { session_id: 'a', timestamp: at('10T21:00:00') },
      { session_id: 'a', timestamp: at('10T21:10:00') },
      { session_id: 'b', timestamp: at('10T22:00:00') },
      { session_id: 'c', timestamp: at('11T10:00:00') },
      { session_id: 'c', timestamp: at('11T10:00:40') },
      { user_id: 'bob', timestamp: at('11T10:00:00') },
      { session_id: 'before', timestamp: at('10T12:00:00') },
    ])
    expect(await w.get('/api/sessions/summary?from=2025-06-10&to=2025-06-11')).toEqual({
      sessions: 4,
      by_kind: { web: 4, chat: 0, login: 0 },
      active_sessions: 0,
      length: { mean_seconds: 160, median_seconds: 20, median_seconds_of_several: 320, longest_seconds: 600 },
      events_per_session: { mean: 1.75, median: 1.5, most: 3 },
      single_event_sessions: 2,
      bounce_rate: 0.5,
      platform_seconds: 640,
      sessions_by_day: { '2025-06-10': 1, '2025-06-11': 3 },
      meta: {
        from: '2025-06-09T22:00:00.000Z',
        to: '2025-06-11T22:00:00.000Z',
        timezone: 'Europe/Berlin',
        exact: true,
        bots: 'excluded',
        fresh_to: expect.any(String) as string,
        definition: expect.any(String) as string,
      },
    })
    expect(await w.get('/api/sessions/summary?from=2024-06-10&to=2024-06-10')).toMatchObject({
      sessions: 0,
      length: { mean_seconds: null, median_seconds: null, median_seconds_of_several: null, longest_seconds: null },
      events_per_session: { mean: null, median: null, most: 0 },
      bounce_rate: null,
      sessions_by_day: { '2024-06-10': 0 },
    })
  })

  test('of a person’s usage count time once, by day and hour of the zone’s clock', async () => {
    const w = await cairn.workspace({ ...forever, timezone: 'Europe/Berlin' })
    const span = (id: string, from: string, to: string): Json[] => [
      { session_id: id, timestamp: at(from) },
      { session_id: id, timestamp: at(to) },
    ]
    await send(w, [...span('a', '10T21:30:00', '10T22:30:00'), ...span('b', '10T22:00:00', '10T22:45:00'), ...span('c', '12T08:00:00', '12T08:10:00')])
    const usage = await w.get('/api/users/ada/usage?from=2025-06-10&to=2025-06-12')
    expect(usage).toMatchObject({
      user_id: 'ada',
      sessions: 3,
      counted: 'all',
      average_seconds: (3_600 + 2_700 + 600) / 3,
      median_seconds: 2_700,
      total_seconds: 75 * 60 + 600,
      seconds_by_day: { '2025-06-10': 1_800, '2025-06-11': 2_700, '2025-06-12': 600 },
      active_days: 3,
      streak_days: 3,
      longest_streak_days: 3,
      last_login_at: null,
      last_activity_at: '2025-06-12T08:10:00.000Z',
      busiest_hours: [
        { weekday: 3, hour: 0, seconds: 2_700 },
        { weekday: 2, hour: 23, seconds: 1_800 },
        { weekday: 4, hour: 10, seconds: 600 },
      ],
    })

    // Of everybody: who logs in is counted by that, and a visitor apart until somebody says who it was.
    await send(w, [
      { user_id: 'bob', timestamp: at('12T08:05:00') },
      { user_id: undefined, anonymous_id: 'phone', timestamp: at('12T08:20:00') },
    ])
    const { body } = await w.call('POST', '/api/sessions/start', { user_id: 'bob', occurred_at: at('12T08:00:00') })
    await w.call('POST', `/api/sessions/${String(body['session_id'])}/end`, { occurred_at: at('12T08:30:00') })
    const range = 'from=2025-06-10&to=2025-06-12'
    const { people_by_hour, ...platform } = await w.get<{ people_by_hour: number[][] }>(`/api/usage?${range}`)
    expect(platform).toMatchObject({
      people: 3,
      seconds: 75 * 60 + 600 + 1_800,
      seconds_per_person: { mean: (75 * 60 + 600 + 1_800) / 3, median: 1_800 },
      people_by_day: { '2025-06-10': 1, '2025-06-11': 1, '2025-06-12': 3 },
    })
    expect([people_by_hour[1]?.[23], people_by_hour[2]?.[0], people_by_hour[3]?.[10], people_by_hour.flat().reduce((sum, n) => sum + n)]).toEqual([1, 1, 3, 5])
    const ada = { user_id: 'ada', anonymous_id: null, traits: {}, sessions: 3, counted: 'all', seconds: 5_100, active_days: 3, last_login_at: null }
    const bob = { user_id: 'bob', sessions: 1, counted: 'login', seconds: 1_800, active_days: 1, last_login_at: '2025-06-12T08:00:00.000Z' }
    const phone = { user_id: null, anonymous_id: 'phone', sessions: 1, counted: 'all', seconds: 0, active_days: 1 }
    expect(await w.get(`/api/usage/people?${range}`)).toMatchObject({ people: [ada, bob, phone], next_cursor: null })
    const first = await w.get<Json>(`/api/usage/people?${range}&order=last_activity&limit=2`)
    expect(first).toMatchObject({ people: [phone, ada] })
    expect(await w.get(`/api/usage/people?${range}&order=last_activity&limit=2&cursor=${String(first['next_cursor'])}`)).toMatchObject({
      people: [bob],
      next_cursor: null,
    })
    expect(await w.get(`/api/usage/people?${range}&kind=login`)).toMatchObject({ people: [bob] })
    await w.post('/api/people/identify', { user_id: 'bob', anonymous_id: 'phone', traits: { name: 'Bob' } })
    expect(await w.get(`/api/usage/people?${range}`)).toMatchObject({ people: [ada, { ...bob, traits: { name: 'Bob' } }] })
    expect(await w.get(`/api/usage?${range}`)).toMatchObject({ people: 2, people_by_day: { '2025-06-12': 2 } })
    expect(await w.get('/api/users/nobody/usage')).toMatchObject({ sessions: 0, average_seconds: null, total_seconds: 0, active_days: 0, streak_days: 0 })
  })
})
