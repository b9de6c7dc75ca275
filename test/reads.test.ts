import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** The ways out, through the front door: lists, sessions, exports, activity, the catalogue, people, settings. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Json = Record<string, unknown>
interface Listed {
  events: (Json & { event_id: string })[]
  next_cursor: string | null
}

/** Events of the past, as given; ids are made. */
const send = async (w: TestWorkspace, events: Json[], headers: Record<string, string> = {}): Promise<void> => {
  const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'page_viewed', user_id: 'ada', ...event }))
  const answer = await w.post('/api/events/log/batch', { historical: true, events: batch }, headers)
  expect(answer.body).toMatchObject({ success: true, accepted: events.length })
}
const forever = { retentionDays: null }
const list = (w: TestWorkspace, query: string): Promise<Listed> => w.get<Listed>(`/api/events?from=2025-01-01&to=2025-12-31&${query}`)
const activity = (w: TestWorkspace, query: string): Promise<Json> => w.get(`/api/events/analytics?${query}`)
const at = (time: string): string => `2025-06-${time}Z`
const ids = ({ events }: Listed): string[] => events.map((event) => event.event_id)
const types = ({ events }: Listed): unknown[] => events.map((event) => event['event_type'])
const browser = { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }

describe('lists of events', () => {
  test('come newest first, in pages that neither repeat nor skip, also where all times are equal', async () => {
    const w = await cairn.workspace(forever)
    const equal = Array.from({ length: 25 }, () => ({ timestamp: at('10T10:00:00') }))
    await send(w, [...equal, { event_type: 'later', timestamp: at('10T10:00:01') }, { event_type: 'earlier', timestamp: '2025-01-01T00:00:00Z' }])
    const whole = await list(w, 'limit=1000')
    expect(types(whole)).toEqual(['later', ...equal.map(() => 'page_viewed'), 'earlier'])
    expect(whole.next_cursor).toBeNull()
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null; pages++) {
      expect(pages).toBeLessThan(4)
      const page: Listed = await list(w, `limit=9${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...ids(page))
      cursor = page.next_cursor
    }
    expect(seen).toEqual(ids(whole))
    expect((await w.call('GET', '/api/events?cursor=abc')).body).toMatchObject({ code: 'invalid', errors: [{ path: '/cursor' }] })
  })

  test('take every filter, alone and together, and each workspace sees its own', async () => {
    const [w, other] = [await cairn.workspace(forever), await cairn.workspace(forever)]
    const event = {
      event_type: 'task_viewed',
      user_id: 'ada',
      anonymous_id: 'anon',
      session_id: 's1',
      entity_type: 'task',
      entity_id: '7',
      device_type: 'mobile',
      timestamp: at('10T10:00:00'),
    }
    await send(w, [event, { event_type: 'project_opened', user_id: 'bob', timestamp: at('11T10:00:00') }])
    await send(other, [event])
    for (const filter of [
      'user_id=ada',
      'user_email=ada',
      'anonymous_id=anon',
      'session_id=s1',
      'event_type=task_viewed',
      'event_category=task',
      'event_action=viewed',
      'entity_type=task',
      'entity_id=7',
      'device_type=mobile',
    ])
      expect([filter, types(await list(w, filter))]).toEqual([filter, ['task_viewed']])
    expect(types(await list(w, 'user_id=ada&session_id=s1&entity_id=7'))).toEqual(['task_viewed'])
    expect(types(await list(w, 'user_id=ada&event_type=project_opened'))).toEqual([])
    expect(types(await list(w, 'user_id=anon'))).toEqual([])
    expect(types(await list(w, ''))).toEqual(['project_opened', 'task_viewed'])
    expect(types(await list(w, 'from=2025-06-11'))).toEqual(['project_opened'])
    expect((await w.call('GET', '/api/events?user_id=a%00b')).body).toMatchObject({ code: 'invalid', errors: [{ path: '/user_id' }] })
  })

  test('take metadata and context by any path, and text in it stays text', async () => {
    const w = await cairn.workspace(forever)
    const strange = {
      'a b': 'x',
      'q"u`o\\t\'e': 'y',
      'a.b': 'dotted',
      nested: { deep: 'z' },
      number: 1.5,
      yes: true,
      no: null,
      empty: '',
      date: '2025-01-01T00:00:00Z',
      '{x:String}': 'brace',
      ä: 'ö😀',
      sql: "' OR 1=1 --",
    }
    await send(w, [
      { event_type: 'strange', metadata: strange, context: strange, timestamp: at('10T10:00:00') },
      { event_type: 'plain', metadata: { number: 2 }, timestamp: at('10T10:00:01') },
    ])
    const values: [string, string][] = [
      ...([
        ['a b', 'x'],
        ['q"u`o\\t\'e', 'y'],
        ['a.b', 'dotted'],
        ['nested.deep', 'z'],
        ['number', '1.5'],
        ['yes', 'true'],
        ['empty', ''],
      ] as [string, string][]),
      ...([
        ['date', '2025-01-01T00:00:00Z'],
        ['{x:String}', 'brace'],
        ['ä', 'ö😀'],
        ['sql', "' OR 1=1 --"],
      ] as [string, string][]),
    ]
    for (const field of ['metadata', 'context'])
      for (const [path, value] of values) {
        const by = `${encodeURIComponent(`${field}.${path}`)}=`
        expect([field, path, types(await list(w, by + encodeURIComponent(value)))]).toEqual([field, path, ['strange']])
        expect([field, path, types(await list(w, `${by}other`))]).toEqual([field, path, []])
      }
    expect(types(await list(w, 'metadata.no=null'))).toEqual([])
    expect(types(await list(w, 'metadata.unheard=x'))).toEqual([])
    expect(types(await list(w, 'metadata.number=2'))).toEqual(['plain'])
  })

  test('find by text what is over the limit of paths, nested and as one key', async () => {
    const w = await cairn.workspace(forever)
    const many = Array.from({ length: 4 }, (_, part) => ({
      metadata: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key_${part}_${i}`, i])),
      timestamp: at('10T10:00:00'),
    }))
    await send(w, [...many, { event_type: 'late', metadata: { extra: { path: 'te"xt' }, 'one.key': 5 }, timestamp: at('10T10:00:01') }])
    expect(cairn.pipeline.properties.knows(w.id, 'key_3_499')).toBe(true)
    expect(cairn.pipeline.properties.knows(w.id, 'extra.path')).toBe(false)
    expect(types(await list(w, 'metadata.extra.path=te%22xt'))).toEqual(['late'])
    expect(types(await list(w, 'metadata.one.key=5'))).toEqual(['late'])
    expect(types(await list(w, 'metadata.extra.path=text'))).toEqual([])
  })

  test('leave bots out until they are asked for', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [{ user_id: undefined, anonymous_id: 'crawler', timestamp: at('10T10:00:00') }], browser)
    await send(w, [{ event_type: 'human', timestamp: at('10T10:00:01') }])
    expect(types(await list(w, ''))).toEqual(['human'])
    expect(types(await list(w, 'include_bots=true'))).toEqual(['human', 'page_viewed'])
    expect(types(await list(w, 'device_type=bot'))).toEqual(['page_viewed'])
  })
})

describe('a session', () => {
  test('is its events in order and what they say together, whenever it was', async () => {
    const w = await cairn.workspace(forever)
    const s = { session_id: 'visit/1 ä', anonymous_id: 'anon', device_type: 'desktop' }
    await send(w, [
      { ...s, event_type: 'b', seq: 2, timestamp: '2024-02-01T10:00:05Z', context: { page: { url: 'https://a.example/second' } } },
      { ...s, event_type: 'b', seq: 1, timestamp: '2024-02-01T10:00:05Z' },
      { ...s, event_type: 'a', user_id: undefined, seq: 0, timestamp: '2024-02-01T10:00:00Z', context: { page: { url: 'https://a.example/first' } } },
      { session_id: 'other', timestamp: '2024-02-01T10:00:00Z' },
    ])
    const answer = await w.get<{ session: Json; events: Json[] }>(`/api/events/session/${encodeURIComponent(s.session_id)}`)
    expect(answer.events.map((event) => [event['event_type'], event['seq']])).toEqual([
      ['a', 0],
      ['b', 1],
      ['b', 2],
    ])
    expect(answer.session).toMatchObject({
      session_id: 'visit/1 ä',
      user_id: 'ada',
      anonymous_id: 'anon',
      started_at: '2024-02-01T10:00:00.000Z',
      ended_at: '2024-02-01T10:00:05.000Z',
      last_activity_at: '2024-02-01T10:00:05.000Z',
      duration_seconds: 5,
      events: 3,
      device_type: 'desktop',
      browser: '',
      os: '',
      country: '',
      entry_path: '/first',
      exit_path: '/second',
      types: { b: 2, a: 1 },
    })
    expect(Object.keys(answer.session['types'] as Json)).toEqual(['b', 'a'])
  })

  test('goes on until it was idle for half an hour, and an unknown one is not found', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    await w.post('/api/events/log', { event_type: 'a', user_id: 'ada', session_id: 'now' })
    expect(await w.get('/api/events/session/now')).toMatchObject({ session: { ended_at: null, events: 1 } })
    expect(await other.call('GET', '/api/events/session/now')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('an export', () => {
  const download = async (w: TestWorkspace, query: string): Promise<{ text: string; headers: Headers }> => {
    const response = await fetch(`${cairn.url}/api/events/export?${query}`, { headers: { Authorization: `Bearer ${w.secretKey}` } })
    expect(response.status).toBe(200)
    return { text: await response.text(), headers: response.headers }
  }

  test('holds every event once, oldest first, as JSON Lines or as CSV', async () => {
    const w = await cairn.workspace(forever)
    const hours = Array.from({ length: 50 }, (_, i) => ({
      seq: i,
      metadata: { text: `line\n"${i}", ä` },
      timestamp: new Date(Date.UTC(2025, 5, 1, i)).toISOString(),
    }))
    await send(w, hours.toReversed())
    const { text, headers } = await download(w, 'from=2025-06-01&to=2025-06-30&user_id=ada')
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="events-test-\d+-2025-06-01-2025-06-30\.jsonl"$/)
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json)
    expect(events.map((event) => event['seq'])).toEqual(hours.map((event) => event.seq))
    expect(events[3]).toEqual((await list(w, 'limit=1000')).events.at(-4))
    const csv = (await download(w, 'from=2025-06-01&to=2025-06-30&format=csv')).text
    expect(csv.slice(0, csv.indexOf('\r\n'))).toMatch(/^event_id,event_type,event_category/)
    expect(csv.match(/\r\n/g)).toHaveLength(51)
    expect(csv).toContain(',"{""text"":""line\\n\\""3\\"", ä""}",')
    expect((await download(w, 'from=2024-06-01&to=2024-06-30')).text).toBe('')
  })

  test('that is not read to its end leaves the server free for others', async () => {
    const w = await cairn.workspace(forever)
    const leave = new AbortController()
    await send(
      w,
      Array.from({ length: 1_000 }, (_, i) => ({ metadata: { text: 'x'.repeat(500), i }, timestamp: at('10T10:00:00') })),
    )
    const response = await fetch(`${cairn.url}/api/events/export?from=2025-06-01&to=2025-06-30`, {
      headers: { Authorization: `Bearer ${w.secretKey}` },
      signal: leave.signal,
    })
    await response.body?.getReader().read()
    leave.abort()
    expect(types(await list(w, 'limit=1'))).toEqual(['page_viewed'])
  })
})

describe('activity', () => {
  test('counts what was done, with ties in alphabetical order, every day and hour of the range', async () => {
    const w = await cairn.workspace({ ...forever, timezone: 'Europe/Berlin' })
    await send(w, [
      { event_type: 'task_viewed', session_id: 's1', duration_ms: 10, timestamp: at('10T21:59:59') },
      { event_type: 'task_viewed', session_id: 's1', duration_ms: 11, timestamp: at('10T22:00:00') },
      { event_type: 'task_closed', session_id: 's2', duration_ms: 5, user_id: 'bob', timestamp: at('11T10:00:00') },
      { event_type: 'task_closed', user_id: undefined, anonymous_id: 'ada', timestamp: at('12T08:00:00') },
      { event_type: 'login', timestamp: at('12T08:00:00') },
      { event_type: 'login', timestamp: at('12T08:00:00.001') },
      { event_type: 'before', timestamp: at('08T21:59:59.999') },
      { event_type: 'after', timestamp: at('12T22:00:00') },
    ])
    await send(w, [{ event_type: 'page_viewed', user_id: undefined, anonymous_id: 'bot', session_id: 's3', timestamp: at('10T10:00:00') }], browser)
    const hours = (counts: object): number[] =>
      Object.assign(
        Array.from({ length: 24 }, () => 0),
        counts,
      )
    const all = {
      total_events: 6,
      events_by_category: { task: 4, login: 2 },
      events_by_type: { login: 2, task_closed: 2, task_viewed: 2 },
      most_active_day: '2025-06-12',
      most_common_action: 'closed',
      events_by_day: { '2025-06-09': 0, '2025-06-10': 1, '2025-06-11': 2, '2025-06-12': 3 },
      events_by_hour: hours({ 0: 1, 10: 3, 12: 1, 23: 1 }),
      events_by_week_hour: [{}, { 23: 1 }, { 0: 1, 12: 1 }, { 10: 3 }, {}, {}, {}].map(hours),
      avg_duration_ms_by_type: { task_closed: 5, task_viewed: 10.5 },
      active_users: 3,
      sessions: 2,
      bots: 1,
      internal: 0,
      meta: {
        from: '2025-06-08T22:00:00.000Z',
        to: '2025-06-12T22:00:00.000Z',
        timezone: 'Europe/Berlin',
        exact: true,
        bots: 'excluded',
        internal: 'excluded',
        fresh_to: expect.any(String) as string,
        definition: expect.any(String) as string,
      },
    }
    const answer = await activity(w, 'from=2025-06-09&to=2025-06-12')
    expect(answer).toEqual(all)
    expect(Object.keys(answer['events_by_type'] as Json)).toEqual(['login', 'task_closed', 'task_viewed'])
    const withBots = await activity(w, 'from=2025-06-09&to=2025-06-12&include_bots=true')
    expect(withBots).toMatchObject({ total_events: 7, active_users: 4, sessions: 3, bots: 1, meta: { bots: 'included' } })
    const ada = await activity(w, 'from=2025-06-09&to=2025-06-12&user_email=ada')
    expect(ada).toMatchObject({ total_events: 4, active_users: 1, sessions: 1, most_active_day: '2025-06-12', most_common_action: 'viewed', bots: 0 })
    expect(await activity(w, 'from=2025-06-10&to=2025-06-11&event_type=task_viewed')).toMatchObject({ total_events: 2, most_active_day: '2025-06-10' })
  })

  test('of nothing is nothing', async () => {
    const w = await cairn.workspace()
    const answer = await activity(w, '')
    expect(answer).toMatchObject({
      total_events: 0,
      events_by_type: {},
      most_active_day: null,
      most_common_action: null,
      active_users: 0,
      sessions: 0,
      bots: 0,
      avg_duration_ms_by_type: {},
    })
    expect(Object.values(answer['events_by_day'] as Record<string, number>)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  test.each([
    ['Europe/Berlin', '2025-10-26', '2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z', 2, 8],
    ['Europe/Berlin', '2025-03-30', '2025-03-29T23:00:00.000Z', '2025-03-30T22:00:00.000Z', 2, 0],
    ['Australia/Lord_Howe', '2025-04-06', '2025-04-05T13:00:00.000Z', '2025-04-06T13:30:00.000Z', 1, 6],
    ['Asia/Kolkata', '2025-06-10', '2025-06-09T18:30:00.000Z', '2025-06-10T18:30:00.000Z', 1, 4],
  ])('keeps to the clock of %s on %s', async (timezone, day, start, end, hour, events) => {
    const w = await cairn.workspace(forever)
    const quarters: Json[] = []
    for (let ms = Date.parse(start); ms < Date.parse(end); ms += 900_000) quarters.push({ timestamp: ms })
    await send(w, [{ timestamp: Date.parse(start) - 1 }, ...quarters, { timestamp: Date.parse(end) }])
    const answer = await activity(w, `from=${day}&to=${day}&timezone=${timezone}`)
    expect(answer).toMatchObject({ total_events: quarters.length, events_by_day: { [day]: quarters.length }, meta: { from: start, to: end, timezone } })
    expect((answer['events_by_hour'] as number[])[hour]).toBe(events)
  })
})

describe('the catalogue of types', () => {
  test('lists what was seen and what was declared', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [
      { event_type: 'task_viewed', metadata: { plan: 'pro', n: 1 }, timestamp: at('10T10:00:00') },
      { event_type: 'task_viewed', metadata: { n: '2', deep: { list: [1] } }, timestamp: at('11T10:00:00') },
      { event_type: 'task_viewed', event_category: 'work', timestamp: at('09T10:00:00') },
      { event_type: 'login', timestamp: at('10T10:00:00') },
    ])
    const read = async (): Promise<Json[]> => (await w.get<{ types: Json[] }>('/api/events/types')).types
    const seen = {
      event_type: 'task_viewed',
      event_category: 'task',
      first_seen: '2025-06-09T10:00:00.000Z',
      last_seen: '2025-06-11T10:00:00.000Z',
      count: 3,
      is_new: false,
      declared: null,
      properties: [
        { path: 'deep.list', types: ['array'], example: '[1]' },
        { path: 'n', types: ['number', 'string'], example: '2' },
        { path: 'plan', types: ['string'], example: 'pro' },
      ],
    }
    expect(await read()).toEqual([expect.objectContaining({ event_type: 'login', count: 1 }), seen])
    const declared = { event_category: 'work', required_properties: ['plan'], owner: 'team', description: 'Somebody looked.' }
    expect((await w.call('PUT', '/api/events/types/task_viewed', declared)).body).toEqual({ success: true })
    await w.call('PUT', '/api/events/types/unseen', {})
    const nothing = { event_category: null, required_properties: [], owner: null, description: null }
    expect(await read()).toEqual([
      expect.objectContaining({ event_type: 'login', is_new: true }),
      { ...seen, declared },
      { event_type: 'unseen', event_category: null, first_seen: null, last_seen: null, count: 0, is_new: false, declared: nothing, properties: [] },
    ])
    expect(cairn.directory.workspace(w.id)?.taxonomy.get('task_viewed')?.requiredProperties).toEqual(['plan'])
    expect((await w.call('DELETE', '/api/events/types/unseen')).status).toBe(200)
    expect((await w.call('DELETE', '/api/events/types/unseen')).status).toBe(404)
    expect((await read()).map((type) => type['event_type'])).toEqual(['login', 'task_viewed'])
  })
})

describe('people', () => {
  test('are listed last seen first, in pages, with what was told of them', async () => {
    const w = await cairn.workspace(forever)
    await send(w, [
      ...Array.from({ length: 5 }, (_, i) => ({ user_id: `user-${i}`, session_id: `s${i}`, timestamp: at('10T10:00:00') })),
      { user_id: 'ada', anonymous_id: 'anon', session_id: 'a', device_type: 'mobile', timestamp: at('11T10:00:00') },
      { user_id: 'ada', anonymous_id: 'anon-2', session_id: 'b', device_type: 'desktop', timestamp: at('12T10:00:00') },
      { user_id: undefined, anonymous_id: 'visitor', timestamp: '2025-02-01T00:00:00Z' },
    ])
    await w.post('/api/people/identify', { user_id: 'ada', traits: { plan: 'free', team: 'a' } })
    await w.post('/api/people/identify', { user_id: 'ada', traits: { plan: 'pro', team: null } })
    await w.post('/api/people/opt-out', { user_id: 'user-0' })
    const pages: Json[][] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { people: Json[]; next_cursor: string | null } = await w.get(
        `/api/people?from=2025-01-01&to=2025-12-31&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      pages.push(page.people)
      cursor = page.next_cursor
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
    const people = pages.flat()
    expect(people[0]).toEqual({
      user_id: 'ada',
      anonymous_id: 'anon-2',
      events: 2,
      sessions: 2,
      first_seen: '2025-06-11T10:00:00.000Z',
      last_seen: '2025-06-12T10:00:00.000Z',
      device_type: 'desktop',
      browser: '',
      os: '',
      country: '',
      traits: { plan: 'pro' },
      opted_out: false,
    })
    expect(
      people
        .slice(1, 6)
        .map((person) => person['user_id'])
        .sort((a, b) => String(a).localeCompare(String(b))),
    ).toEqual(['user-0', 'user-1', 'user-2', 'user-3', 'user-4'])
    expect(people.filter((person) => person['opted_out']).map((person) => person['user_id'])).toEqual(['user-0'])
    expect(people.at(-1)).toMatchObject({ user_id: null, anonymous_id: 'visitor', events: 1, sessions: 0, traits: {} })
    expect((await w.get<{ people: Json[] }>('/api/people?from=2025-06-11&to=2025-06-11')).people).toEqual([
      expect.objectContaining({ user_id: 'ada', events: 1, device_type: 'mobile' }),
    ])
  })

  test('one by one: user before anonymous id, ties as told, nobody is not found', async () => {
    const [w, other] = [await cairn.workspace(forever), await cairn.workspace(forever)]
    await send(w, [
      { user_id: 'ada', session_id: 's', timestamp: '2024-06-01T00:00:00Z' },
      { user_id: undefined, anonymous_id: 'a1', timestamp: '2024-05-01T00:00:00Z' },
      { user_id: undefined, anonymous_id: 'ada', timestamp: '2024-05-01T00:00:00Z' },
    ])
    await w.post('/api/people/identify', { user_id: 'ada', anonymous_id: 'a1', traits: { plan: 'pro' } })
    await w.post('/api/people/alias', { user_id: 'ada', anonymous_id: 'a2' })
    // A device that somebody else used first stays theirs.
    await w.post('/api/people/identify', { user_id: 'bob', anonymous_id: 'b1' })
    cairn.clock.advance(5)
    await w.post('/api/people/identify', { user_id: 'ada', anonymous_id: 'b1' })
    for (const [step, otherId] of [
      ['merge', 'ada@work'],
      ['merge', 'gone'],
      ['unmerge', 'gone'],
    ] as const)
      await w.call('POST', `/api/people/${step}`, { user_id: 'ada', other_id: otherId })
    const ada = await w.get('/api/people/ada')
    expect(ada).toMatchObject({ user_id: 'ada', events: 2, sessions: 1, first_seen: '2024-05-01T00:00:00.000Z', traits: { plan: 'pro' }, opted_out: false })
    expect(ada['identity']).toMatchObject({
      user_id: 'ada',
      user_ids: ['ada', 'ada@work'],
      anonymous_ids: ['a1', 'a2'],
      merges: [
        { user_id: 'ada', other_id: 'gone', taken_back_at: expect.any(String) as string },
        { user_id: 'ada', other_id: 'ada@work', taken_back_at: null },
      ],
    })
    expect(await w.get('/api/people/a1')).toEqual(ada)
    expect(await w.get('/api/people/bob')).toMatchObject({ user_id: 'bob', events: 0, first_seen: null, identity: { anonymous_ids: ['b1'] } })
    expect((await w.call('GET', '/api/people/nobody')).status).toBe(404)
    expect((await other.call('GET', '/api/people/ada')).status).toBe(404)
  })
})

describe('settings', () => {
  test('of a workspace are read and changed, and hold at once', async () => {
    const w = await cairn.workspace()
    expect(await w.get('/api/workspace')).toMatchObject({ timezone: 'UTC', retention_days: 365, streams_off: [], gpc: 'honour', taxonomy_mode: 'open' })
    const changed = await w.call('PATCH', '/api/workspace', { retention_days: 'forever', timezone: 'asia/tokyo', streams_off: ['chat'] })
    expect(changed).toMatchObject({ status: 200, body: { timezone: 'Asia/Tokyo', retention_days: 'forever', streams_off: ['chat'], gpc: 'honour' } })
    expect(cairn.directory.workspace(w.id)).toMatchObject({ timezone: 'Asia/Tokyo', retentionDays: null })
    expect((await w.call('PATCH', '/api/workspace', { timezone: '+09:00' })).body).toMatchObject({ code: 'invalid', errors: [{ path: '/timezone' }] })
    expect(await w.get('/api/workspace')).toMatchObject({ timezone: 'Asia/Tokyo' })
  })

  test('hold keys, each shown once', async () => {
    const w = await cairn.workspace()
    const made = await w.call('POST', '/api/keys', { kind: 'secret', name: 'reports' })
    expect(made.body).toEqual({ id: expect.any(String) as string, kind: 'secret', name: 'reports', key: expect.any(String) as string })
    const plain = String(made.body['key'])
    const asking = (): Promise<{ status: number }> => ask(`${cairn.url}/api/keys`, { headers: { Authorization: `Bearer ${plain}` } })
    expect((await asking()).status).toBe(200)
    const { keys } = await w.get<{ keys: Json[] }>('/api/keys')
    expect(keys).toHaveLength(3)
    expect(keys.find((key) => key['id'] === made.body['id'])).toEqual({
      id: made.body['id'],
      kind: 'secret',
      name: 'reports',
      prefix: plain.slice(0, 8),
      created_at: expect.any(String) as string,
      revoked_at: null,
      last_used_at: null,
    })
    expect(JSON.stringify(keys)).not.toContain(plain)
    expect((await w.call('DELETE', `/api/keys/${String(made.body['id'])}`)).body).toEqual({ success: true })
    expect((await asking()).status).toBe(401)
    expect((await w.call('DELETE', '/api/keys/key_none')).status).toBe(404)
  })
})
