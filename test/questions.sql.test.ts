import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settingsOf } from '../server/src/questions/sql.ts'
import { guarded, tables } from '../server/src/questions/sql/tables.ts'
import { isHarmless, lookAt } from '../server/src/questions/sql/understood.ts'
import { raw } from '../server/src/store/sql.ts'
import { createQuery, QueryError, type QueryOptions, type QuestionOf } from '../packages/query/src/index.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { temporaryFolder } from './server.ts'

/** Queries that people write: what they may ask, and that nothing gets them out of their workspace. */
let cairn: TestCairn
let own: TestWorkspace
const SECRET = 'topsecret-of-another-workspace'

type Json = Record<string, unknown>
interface Result {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  truncated: boolean
  meta: Json
  sql?: string
}

const ask = (query: string, more: Json = {}) => own.call('POST', '/api/query', { kind: 'sql', query, timezone: 'UTC', ...more })
const result = async (query: string, more: Json = {}): Promise<Result> => {
  const { status, body } = await ask(query, more)
  expect(status, `${query} → ${JSON.stringify(body)}`).toBe(200)
  return body as unknown as Result
}
const rows = async (query: string, more: Json = {}): Promise<unknown[][]> => (await result(query, more)).rows
const refusal = async (query: string): Promise<string> => {
  const { status, body } = await ask(query)
  expect(status, `${query} → ${JSON.stringify(body)}`).toBe(422)
  return String(body['message'])
}

const send = async (w: TestWorkspace, events: Json[]): Promise<void> => {
  const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'task_opened', user_id: 'ada', ...event }))
  expect((await w.post('/api/events/log/batch', { historical: true, events: batch })).body).toMatchObject({ success: true, accepted: events.length })
  await w.get('/api/events?limit=1')
}
const at = (time: string): string => `2025-06-${time}Z`

beforeAll(async () => {
  cairn = await startCairn()
  const other = await cairn.workspace({ retentionDays: null })
  own = await cairn.workspace({ retentionDays: null })
  await send(other, [{ event_type: SECRET, user_id: SECRET, session_id: SECRET, entity_type: 'task', entity_id: SECRET, metadata: { plan: SECRET } }])
  await other.post('/api/people/identify', { user_id: SECRET, traits: { team: SECRET } })
  await other.call('PUT', `/api/tasks/${SECRET}`, { attributes: { title: SECRET }, assignees: [SECRET] })
  await other.call('POST', '/api/sessions/start', { user_id: SECRET, session_token: SECRET.padEnd(40, 'x') })

  await own.post('/api/people/identify', { user_id: 'ada', traits: { team: 'north', old: 1 } })
  await own.post('/api/people/identify', { user_id: 'ada', traits: { old: null } })
  await own.call('PUT', '/api/tasks/t1', { attributes: { title: 'Roof', status: 'open', price: 12 }, assignees: ['ada', 'bob'] })
  await own.call('POST', '/api/tasks/t1/reject', { user_id: 'bob', reason: 'workload' })
  await own.post('/api/tasks/t1/track-view', { user_id: 'ada', view_duration_seconds: 7 })
  const figures = { metric_value: 1, median: 1, p25: 1, p75: 1, standard_deviation: 0, sample_size: 1, calculated_at: cairn.clock.now() }
  const baseline = { metric_name: 'avg_task_count', client_id: '', task_type: '', ...figures }
  await cairn.catalog.db
    .insertInto('baselines')
    .values([
      { workspace_id: own.id, project_type: 'web', ...baseline },
      { workspace_id: other.id, project_type: SECRET, ...baseline },
    ])
    .execute()
  const { body: login } = await own.call('POST', '/api/sessions/start', { user_id: 'ada', user_agent: 'Agent 1' })
  await own.call('POST', `/api/sessions/${String(login['session_id'])}/end`, {})
  await send(own, [
    { timestamp: at('01T10:00:00'), metadata: { plan: 'pro', price: 10, tags: ['a', 'b'] }, session_id: 's1', duration_ms: 5 },
    { timestamp: at('01T10:05:00'), metadata: { plan: 'pro', price: 30 }, session_id: 's1', event_type: 'task_closed' },
    { timestamp: at('03T23:30:00'), metadata: { plan: 'free' }, user_id: 'bob', session_id: 's2' },
  ])
})
afterAll(() => cairn.close())

const june = { from: '2025-06-01', to: '2025-06-30' }

describe('real analyses', () => {
  test('count, group and order; columns have names and types, whole numbers are numbers', async () => {
    const answer = await result(
      `-- what happened
       select event_type, count(*) AS n, max(event_timestamp) last, any(person_key) AS person
       FROM events /* of all */ WHERE duration_ms IS NULL OR duration_ms >= 5 GROUP BY event_type ORDER BY n DESC, event_type;`,
      june,
    )
    expect(answer).toMatchObject({
      kind: 'sql',
      columns: [
        { name: 'event_type', type: 'LowCardinality(String)' },
        { name: 'n', type: 'UInt64' },
        { name: 'last', type: "DateTime64(3, 'UTC')" },
        { name: 'person', type: 'UInt64' },
      ],
      truncated: false,
      meta: { from: '2025-06-01T00:00:00.000Z', to: '2025-07-01T00:00:00.000Z', cached: false, bots: 'included' },
    })
    expect(answer.rows.map((row) => row.slice(0, 3))).toEqual([
      ['task_opened', 2, '2025-06-03T23:30:00.000Z'],
      ['task_closed', 1, '2025-06-01T10:05:00.000Z'],
    ])
  })

  const inJune: [name: string, query: string, expected: unknown[][]][] = [
    [
      'paths of JSON',
      `SELECT metadata.plan AS plan, sum(metadata.price::Nullable(Float64)) AS p FROM events GROUP BY plan ORDER BY plan`,
      [
        ['free', null],
        ['pro', 40],
      ],
    ],
    [
      'paths by a table',
      `SELECT e.metadata.plan, JSONExtractString(e.event_metadata, 'plan') FROM events AS e ORDER BY e.event_timestamp LIMIT 1`,
      [['pro', 'pro']],
    ],
    ['a join', `SELECT e.user_id, p.events FROM events e JOIN people AS p USING (person_key) WHERE e.event_type = 'task_closed'`, [['ada', 2]]],
    [
      'a left join with nulls',
      `SELECT e.user_id, t.title FROM events e LEFT JOIN entities t ON e.entity_id = t.entity_id AND t.entity_type = 'task' LIMIT 1`,
      [['ada', null]],
    ],
    [
      'WITH, twice',
      `WITH daily AS (SELECT toDate(event_timestamp) AS day, count() AS n FROM events GROUP BY day), top AS (SELECT max(n) AS most FROM daily) SELECT day, n FROM daily WHERE n = (SELECT most FROM top)`,
      [['2025-06-01', 2]],
    ],
    ['a value in WITH', `WITH 2 AS least SELECT user_id FROM events GROUP BY user_id HAVING count() >= least`, [['ada']]],
    [
      'a window',
      `SELECT event_type, row_number() OVER (PARTITION BY user_id ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS n, lag(event_type) OVER w FROM events WHERE user_id = 'ada' WINDOW w AS (PARTITION BY user_id ORDER BY event_timestamp) ORDER BY n`,
      [
        ['task_opened', 1, ''],
        ['task_closed', 2, 'task_opened'],
      ],
    ],
    [
      'arrays and lambdas',
      `SELECT arrayMap((x, i) -> concat(x, toString(i)), groupArray(event_type) AS types, arrayEnumerate(types)) FROM (SELECT event_type FROM events ORDER BY event_timestamp)`,
      [[['task_opened1', 'task_closed2', 'task_opened3']]],
    ],
    ['array join', `SELECT tag FROM events ARRAY JOIN JSONExtractArrayRaw(event_metadata, 'tags') AS tag ORDER BY tag`, [['"a"'], ['"b"']]],
    ['a union', `SELECT user_id FROM events UNION DISTINCT SELECT user_id FROM people ORDER BY user_id`, [['ada'], ['bob']]],
    [
      'in a query',
      `SELECT count() FROM events WHERE person_key IN (SELECT person_key FROM events WHERE event_type = 'task_closed') AND user_id NOT IN ('x', 'y')`,
      [[2]],
    ],
    [
      'case, between, like, interval',
      `SELECT sum(CASE WHEN event_type LIKE 'task\\_cl%' THEN 1 ELSE 0 END) FROM events WHERE event_timestamp BETWEEN toDateTime64('2025-06-01 00:00:00', 3) AND DATE '2025-06-03' + INTERVAL 1 DAY`,
      [[1]],
    ],
    [
      'aggregates with conditions',
      `SELECT countIf(user_id = 'ada') AS a, count(DISTINCT user_id), uniqExact(user_id), quantileExact(0.5)(duration_ms), count() FILTER (WHERE user_id = 'bob'), argMax(user_id, event_timestamp) FROM events`,
      [[2, 2, 2, 5, 1, 'bob']],
    ],
    [
      'a funnel',
      `SELECT level, count() FROM (SELECT person_key, windowFunnel(3600000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)), event_type = 'task_opened', event_type = 'task_closed') AS level FROM events GROUP BY person_key) GROUP BY level ORDER BY level`,
      [
        [1, 1],
        [2, 1],
      ],
    ],
    [
      'tuples and elements',
      `SELECT (1, 'a').2, tuple(1, 2).1 + [5, 6][2], (user_id, 1) IN (('ada', 1)) FROM events ORDER BY event_timestamp LIMIT 1`,
      [['a', 7, 1]],
    ],
    ['quoted names and everything but', `SELECT "my column" FROM (SELECT * EXCEPT (b) FROM (SELECT 1 AS "my column", 2 AS b))`, [[1]]],
    [
      'rollup',
      `SELECT user_id, count() AS n FROM events GROUP BY user_id WITH ROLLUP ORDER BY n, user_id`,
      [
        ['bob', 1],
        ['ada', 2],
        ['', 3],
      ],
    ],
    ['distinct, limit by, offset', `SELECT DISTINCT user_id FROM events ORDER BY user_id LIMIT 1 OFFSET 1`, [['bob']]],
    ['no table at all', `SELECT 1 + 1, NOT true, -(-3), 'it''s', 'a\\\\b'`, [[2, false, 3, "it's", 'a\\b']]],
    ['words of the grammar as paths', `SELECT metadata.from, any(left(event_type, 4)) FROM events GROUP BY 1`, [[null, 'task']]],
  ]
  test.each(inJune)('%s', async (_, query, expected) => {
    expect(await rows(query, june)).toEqual(expected)
  })

  test('sees people, sessions, entities and what was done with them, as they are known elsewhere', async () => {
    expect(await rows(`SELECT user_id, events, sessions, traits, JSONExtractString(traits, 'team') FROM people WHERE events > 1`, june)).toEqual([
      ['ada', 2, 1, '{"team":"north"}', 'north'],
    ])
    expect(await rows(`SELECT session_id, kind, user_id, started_at, duration_seconds, events, exit_path, end_reason FROM sessions ORDER BY 1`, june)).toEqual([
      ['s1', 'web', 'ada', '2025-06-01T10:00:00.000Z', 300, 2, '', 'timeout'],
      ['s2', 'web', 'bob', '2025-06-03T23:30:00.000Z', 0, 1, '', 'timeout'],
    ])
    const { sessions } = await own.get<{ sessions: Json[] }>('/api/sessions?kind=login')
    expect(await rows('SELECT session_id, user_id, login_at, logout_at, last_activity_at, end_reason, user_agent FROM user_sessions')).toEqual(
      sessions.map((s) => [s['session_id'], 'ada', s['login_at'], s['logout_at'], s['last_activity_at'], 'logout', 'Agent 1']),
    )
    expect(await rows(`SELECT entity_id, title, status, JSONExtractInt(attributes, 'price') FROM entities`)).toEqual([['t1', 'Roof', 'open', 12]])
    expect(await rows('SELECT user_id, why, reason, unassigned_at IS NULL FROM assignments ORDER BY 1')).toEqual([
      ['ada', null, null, 1],
      ['bob', 'rejected', 'workload', 0],
    ])
    expect(await rows('SELECT task_id, user_id, reason FROM task_rejections WHERE rejected_at > now() - INTERVAL 1 HOUR')).toEqual([['t1', 'bob', 'workload']])
    expect(await rows('SELECT task_id, user_id, view_duration_seconds, toDate(viewed_at) >= yesterday() FROM task_views')).toEqual([['t1', 'ada', 7, 1]])
    expect(await rows('SELECT task_id, user_id, view_count, first_viewed_at = last_viewed_at, last_activity_at >= first_viewed_at FROM task_user')).toEqual([
      ['t1', 'ada', 1, 1, 1],
    ])
  })

  test('has the tables and columns that docs/questions.md names', async () => {
    const page = readFileSync(new URL('../docs/questions.md', import.meta.url), 'utf8')
    const written = [...page.matchAll(/^\| `(\w+)` \| `([\w, ]+)` \|$/gm)].map(([, name, columns = '']) => [name, columns.split(', ')])
    const found = Object.keys(tables).map(async (name) => [name, (await result(`SELECT * FROM ${name} LIMIT 0`)).columns.map((column) => column.name)])
    expect(await Promise.all(found)).toEqual(written)
  })

  test('tells time by the zone of the question, and now by the clock of Cairn', async () => {
    const zoned = { ...june, timezone: 'Asia/Tokyo' }
    expect(await rows(`SELECT toDate(event_timestamp), toHour(event_timestamp) FROM events WHERE user_id = 'bob'`, zoned)).toEqual([['2025-06-04', 8]])
    expect(await rows(`SELECT session_id FROM sessions WHERE started_at >= '2025-06-04 00:00:00'`, zoned)).toEqual([['s2']])
    const [[now] = []] = await rows('SELECT toUnixTimestamp(now()) WHERE today() = toDate(now()) AND yesterday() < today()')
    expect(Math.abs(Number(now) - cairn.clock.now() / 1000)).toBeLessThan(60)
  })

  test('answers at most so many rows and says so', async () => {
    const many = 'SELECT arrayJoin(range(20000)) AS n FROM events ORDER BY n'
    expect(await result(many, { ...june, limit: 3 })).toMatchObject({ rows: [[0], [0], [0]], truncated: true })
    const whole = await result(many)
    expect([whole.rows.length, whole.truncated]).toEqual([1_000, true])
    expect(await result('SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3', { limit: 2 })).toMatchObject({ rows: { length: 2 }, truncated: true })
    expect(await result('SELECT 1 AS n LIMIT 2', { limit: 1 })).toMatchObject({ rows: [[1]], truncated: false })
    expect((await ask(many, { limit: 10_001 })).status).toBe(422)
  })

  test('explains itself', async () => {
    expect((await result('SELECT count() FROM events', { ...june, explain: true })).sql).toContain(`workspace_id = ${own.id}`)
  })
})

describe('what is wrong with a query is told in its own words', () => {
  const wrongs: [query: string, message: string][] = [
    ['SELECT user FROM events', 'Line 1, column 8: user: a column is not known.'],
    ['SELECT count()\nFROM events\nWHERE evnt_type = 1', 'Line 3, column 7: evnt_type: a column is not known.'],
    ['SELECT count() FROM event', `Line 1, column 21: There is no table event; there are ${Object.keys(tables).join(', ')}.`],
    ['SELEC 1', 'Line 1, column 1: SELEC stands where SELECT is expected.'],
    ['SELECT count( FROM events', 'Line 1, column 15: FROM stands where a value is expected.'],
    ['SELECT 1 FROM events WHERE', 'Line 1, column 27: The query ends where a value is expected.'],
    ['SELECT lengh(user_id) FROM events', 'Line 1, column 8: The function lengh is not known or not available here.'],
    ['SELECT user_id, count() FROM events', 'Line 1, column 8: user_id: a column is neither in GROUP BY nor in an aggregate function.'],
    ['SELECT user_id FROM events JOIN people ON events.person_key = people.person_key', ''],
    [
      'SELECT count() FROM events WHERE count() > 1',
      'Line 1, column 1: An aggregate function stands where it cannot, such as in WHERE or in another aggregate.',
    ],
    ['SELECT length(1)', 'Line 1, column 1: A function was given an argument of a type that it does not take.'],
    ["SELECT toDate('never')", 'Line 1, column 1: A text cannot be read as a date.'],
    ["SELECT match(user_id, '(') FROM events", 'Line 1, column 1: A regular expression is not valid; they are those of RE2.'],
    ["SELECT 'open", 'Line 1, column 8: "\'" is no part of a query here.'],
  ]
  test.each(wrongs)('%s', async (query, message) => {
    if (message === '') expect((await ask(query)).status).toBe(200)
    else expect(await refusal(query)).toBe(message)
  })

  test('rows have no people behind them', async () => {
    expect((await own.call('POST', '/api/query/people', { question: { kind: 'sql', query: 'SELECT 1' } })).status).toBe(422)
  })
})

describe('nothing gets out', () => {
  // One to a line: whole queries, what stands for a table, what stands for a value.
  const [, queries = [], places = [], values = []] = readFileSync(new URL('fixtures/sql-attacks.txt', import.meta.url), 'utf8')
    .split(/^== \w+$/m)
    .map((part) => part.split('\n').filter((line) => line !== ''))
  const deep = (open: string, times: number, close = ''): string => open.repeat(times) + '1' + close.repeat(times)
  const shapes = [
    ...['', ' ', "SELECT '\0'", 'SELECT 1 \0', 'SELECT 1 -- \n FROM cairn.events'],
    ...[
      deep('(', 300, ')'),
      deep('[', 300, ']'),
      deep('NOT ', 4_000),
      deep('- ', 8_000),
      deep('1+', 9_000),
      deep('abs(', 500, ')'),
      deep('(SELECT ', 100, ')'),
    ].map((value) => `SELECT ${value}`),
    `SELECT 1${'::Int8'.repeat(3_000)}`,
    `SELECT CAST(1 AS ${'Array('.repeat(300)}Int8${')'.repeat(300)})`,
    `SELECT * FROM ${'(SELECT * FROM '.repeat(80)}events${')'.repeat(80)}`,
  ]
  const attacks = [
    ...queries,
    ...shapes,
    ...places.flatMap((place) => [`SELECT * FROM ${place}`, `SELECT e.user_id FROM events AS e, ${place} AS o`]),
    ...values.flatMap((value) => [`SELECT ${value} FROM events AS e`, `SELECT 1 FROM events AS e WHERE toString(${value}) != ''`]),
  ]

  const leaks = (said: string): boolean => said.includes(SECRET) || /root:|\/etc\/|\/tmp\/|DB::|Exception|workspace_id = |__table/.test(said)

  test(`${attacks.length} ways`, async () => {
    const through: string[] = []
    const attack = async (query: string): Promise<void> => {
      const { status, body } = await ask(query, june)
      // What the query itself says may be said again.
      if (status !== 422 || leaks(JSON.stringify(body).replaceAll(JSON.stringify(query).slice(1, -1), '')))
        through.push(`${query.slice(0, 300)} → ${status} ${JSON.stringify(body).slice(0, 300)}`)
    }
    for (let i = 0; i < attacks.length; i += 20) await Promise.all(attacks.slice(i, i + 20).map(attack))
    expect(through).toEqual([])
    expect(await rows('SELECT count() FROM events', june)).toEqual([[3]])
  })

  test('what is allowed shows nothing of another workspace', async () => {
    for (const name of Object.keys(tables)) {
      const { rows: all } = await result(`SELECT toString(tuple(*)) FROM ${name}`)
      expect(all.length, name).toBeGreaterThan(0)
      expect(leaks(JSON.stringify(all)), name).toBe(false)
    }
  })

  test('too much work is ended', async () => {
    const { status, body } = await ask('SELECT length(range(200000000))', june)
    expect([status, body['code']]).toEqual([503, 'query_too_heavy'])
    expect((await ask("SELECT repeat(repeat('x', 1000000), 1000000)", june)).status).toBe(422)
  })

  // Each of the walls behind the grammar by itself: what would have got through it is put before the engine as it is.
  test('the engine tells what it takes a query for, and only what is known passes', async () => {
    const tree = async (text: string): Promise<boolean> => {
      const asked = lookAt({ parts: [text] })
      return isHarmless((await cairn.store.store.query<{ explain: string }>(asked)).rows.map(({ explain }) => explain))
    }
    expect(await tree('SELECT count(`user_id·`), `e·`.* FROM `events·` AS `e·` WHERE `x·` IN (1, 2)')).toBe(true)
    const hostile = [
      ...[
        "SELECT file('/etc/passwd')",
        'SELECT hostName()',
        'SELECT 1 FROM system.tables',
        'SELECT 1 FROM cairn.events',
        'SELECT 1 FROM `events·` WHERE `x·` IN system.users',
      ],
      ...[
        'SELECT * FROM numbers(3)',
        "SELECT * FROM url('http://127.0.0.1')",
        "SELECT dictGet('a', 'b', 1)",
        'SELECT user_id FROM `events·`',
        'SELECT arrayMap(file, [1])',
      ],
      ...[
        "SELECT COLUMNS('x') FROM `events·`",
        'SELECT * APPLY(toString) FROM `events·`',
        'SELECT (SELECT 1 FROM cairn.events)',
        'SELECT * FROM (SELECT 1 FROM `events·` SETTINGS additional_table_filters = {})',
        'SELECT 1 SETTINGS max_threads = 3',
        'WITH x AS (SELECT 1 FROM system.one AS `y·`, system.users) SELECT 1',
      ],
    ]
    for (const text of hostile) expect(await tree(text), text).toBe(false)
  })

  test('whoever reads a table of the store is given the rows of one workspace, and can change nothing', async () => {
    const { store } = cairn.store
    const settings = settingsOf({ workspaceId: own.id, database: 'cairn', queryBytes: 400_000_000, timezone: 'UTC' }, 1_000)
    for (const name of guarded) {
      const { rows: of } = await store.table(raw(`SELECT DISTINCT workspace_id FROM cairn.${name} WHERE 1 OR workspace_id != 0`), { settings })
      expect(
        of.flat().filter((id) => id !== own.id),
        name,
      ).toEqual([])
    }
    const both = 'SELECT uniqExact(workspace_id), uniqExactIf(event_id, 1) > 3 FROM cairn.events'
    expect([(await store.table(raw(both))).rows, (await store.table(raw(both), { settings })).rows]).toEqual([[['2', 1]], [['1', 1]]])
    for (const text of [
      'SELECT 1 SETTINGS readonly = 0',
      'SELECT 1 SETTINGS additional_table_filters = {}',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      'DROP TABLE cairn.events',
    ])
      await expect(store.table(raw(text), { settings }), text).rejects.toThrow()
  })

  test('every table of the store with a workspace is guarded', async () => {
    const { rows: found } = await cairn.store.store.query<{ table: string }>(
      raw("SELECT DISTINCT table FROM system.columns WHERE database = 'cairn' AND name = 'workspace_id' AND table NOT LIKE '.inner%' ORDER BY table"),
    )
    const views = new Set(['ledger_stored', 'event_types_seen', 'sessions_seen', 'session_details_seen', 'engagement_seen', 'view_durations_seen'])
    expect(found.map(({ table }) => table).filter((table) => !views.has(table))).toEqual([...guarded].toSorted())
  })
})

describe('@cairn/query', () => {
  const client = (options: Partial<QueryOptions> = {}) => createQuery({ host: `${cairn.url}/`, secretKey: own.secretKey, ...options })

  test('asks each question with the types of its kind, and opens figures page by page', async () => {
    const query = client()
    const sql = await query.ask({ kind: 'sql', ...june, query: 'SELECT user_id, count() AS n FROM events GROUP BY user_id ORDER BY n' })
    expect([sql.columns.map(({ name }) => name), sql.rows, sql.meta.exact]).toEqual([
      ['user_id', 'n'],
      [
        ['bob', 1],
        ['ada', 2],
      ],
      true,
    ])
    const question = { kind: 'trends', ...june, interval: 'month', series: [{ any: true, math: 'unique_users' }] } as const satisfies QuestionOf<'trends'>
    const { series } = await query.ask(question)
    expect(series.map(({ total }) => total)).toEqual([2])
    const first = await query.people(question, { series: 0 }, { limit: 1 })
    const second = await query.people(question, { series: 0 }, { limit: 1, cursor: first.next_cursor ?? '' })
    expect(new Set([...first.people, ...second.people].map((person) => person.user_id))).toEqual(new Set(['ada', 'bob']))
    const events = await query.events(question)
    expect([events.count, events.events[0]?.user_id, events.next_cursor]).toEqual([3, 'bob', null])
  })

  test('tells what went wrong: in the question, with the key, on the way, and that it was aborted', async () => {
    const nothing = { kind: 'sql', query: 'SELECT' } as const
    const failure = (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => 'no error',
        (error: unknown) => error,
      )
    const wrong = await failure(client().ask(nothing))
    expect(wrong).toBeInstanceOf(QueryError)
    expect(wrong).toMatchObject({ status: 422, code: 'invalid', message: expect.stringMatching(/^Line 1, column 7/) as string, errors: [{ path: '/query' }] })
    expect(await failure(client({ secretKey: 'none' }).ask(nothing))).toMatchObject({ status: 401, code: 'unauthorized', errors: [] })
    expect(await failure(client({ host: 'http://127.0.0.1:1' }).ask(nothing))).toMatchObject({ status: 0, code: 'unreachable' })
    const proxy = (): Promise<Response> => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'Retry-After': '7' } }))
    expect(await failure(client({ fetch: proxy }).ask(nothing))).toMatchObject({ status: 502, code: 'no_cairn', retryAfterSeconds: 7 })
    const reason = new Error('left')
    expect(await failure(client().ask(nothing, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(() => client({ host: 'nowhere' })).toThrow(TypeError)
  })

  test('as it is installed, does what docs/questions.md shows', async () => {
    const dist = new URL('../packages/dist/query/', import.meta.url)
    const [, code = ''] = /```js\n([^]*?)```/.exec(readFileSync(new URL('../docs/questions.md', import.meta.url), 'utf8')) ?? []
    const folder = temporaryFolder()
    const modules = join(folder.path, 'node_modules/@cairn')
    mkdirSync(modules, { recursive: true })
    symlinkSync(fileURLToPath(dist), join(modules, 'query'))
    writeFileSync(join(folder.path, 'ask.mjs'), code)
    const env = { CAIRN: cairn.url, CAIRN_SECRET_KEY: own.secretKey }
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder.path, 'ask.mjs')], { env })
    folder.remove()
    const [figures, people, refused] = stdout.trim().split('\n')
    expect([figures, people]).toEqual(["[ '2025-06-01' ] [ 2 ]", expect.stringMatching(/^2 \[ '(ada|bob)', '(ada|bob)' \]$/)])
    expect(refused).toMatch(/^422 invalid Line 1, column 21: There is no table nothing;/)
    // Whoever installs it has the types, and nothing else to install for them.
    const declared = readFileSync(new URL('types/query/src/contract.d.ts', dist), 'utf8')
    for (const kind of ['trends', 'funnel', 'retention', 'paths', 'lifecycle', 'stickiness', 'distribution', 'correlation', 'sql'])
      expect(declared.match(new RegExp(`^  ${kind}: \\{ kind: "${kind}"`, 'gm'))).toHaveLength(2)
    expect(declared).not.toMatch(/import|typebox/)
  })
})
