import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { at, june, query, send, type Json } from './questions.ts'
import { peopleSuite } from './questions.people.suite.ts'
import { stepsSuite } from './questions.steps.suite.ts'

/** Questions by the front door: each kind on events that one can count by hand. Every option against an oracle: oracle.test.ts. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Line {
  label: string
  breakdown: string | null
  values: (number | null)[]
  total: number | null
}
interface Answer extends Json {
  columns: string[]
  series: Line[]
}

const refusal = async (w: TestWorkspace, question: Json): Promise<Json> => {
  const { status, body } = await w.call('POST', '/api/query', { ...june, ...question })
  expect(status).toBe(422)
  return body
}
const lines = ({ series }: Answer): unknown[] =>
  series.map(({ label, breakdown, values, total }) => [label, ...(breakdown === null ? [] : [breakdown]), values, total])

stepsSuite(() => cairn)
peopleSuite(() => cairn)

describe('trends', () => {
  let w: TestWorkspace
  beforeAll(async () => {
    w = await cairn.workspace({ retentionDays: null })
    await send(w, [
      { timestamp: at('01T10:00:00'), metadata: { plan: 'pro', price: 10 }, session_id: 's1' },
      { timestamp: at('01T11:00:00'), metadata: { plan: 'pro', price: '30' }, session_id: 's1' },
      { timestamp: at('03T10:00:00'), metadata: { plan: 'free' }, user_id: 'bob' },
      { timestamp: at('03T10:00:00'), event_type: 'bought', metadata: { plan: ['a'], price: 5 } },
      { timestamp: at('05T23:59:59.999'), event_type: 'bought', user_id: 'cleo', metadata: { plan: '' }, url_path: '/x' },
    ])
    await w.post('/api/people/identify', { user_id: 'ada', traits: { team: 'north', level: 3 } })
    await w.get('/api/people/ada')
  })

  test('count events and people of each day, also of those without any; a total of people is no sum', async () => {
    const answer = await query<Answer>(w, {
      kind: 'trends',
      series: [{ event: 'opened' }, { any: true, math: 'unique_users', label: 'people' }, { any: true, math: 'per_user' }],
    })
    expect(answer.columns).toEqual(['2025-06-01', '2025-06-02', '2025-06-03', '2025-06-04', '2025-06-05'])
    expect(lines(answer)).toEqual([
      ['opened', [2, 0, 1, 0, 0], 3],
      ['people', [1, 0, 2, 0, 1], 3],
      ['Any event', [2, null, 1, null, 1], 5 / 3],
    ])
    expect(answer['meta']).toMatchObject({ timezone: 'UTC', interval: 'day', exact: true, sampled: false, bots: 'excluded', cached: false })
  })

  test('measure numbers, of texts too that are numbers', async () => {
    const series = [
      'sum:metadata.price',
      'avg:metadata.price',
      'median:metadata.price',
      'p90:metadata.price',
      'min:metadata.price',
      'unique:metadata.plan',
    ].map((math) => ({ any: true, math }))
    const answer = await query<Answer>(w, { kind: 'trends', series, interval: 'month' })
    expect(answer.series.map(({ total }) => Math.round((total ?? 0) * 1e9) / 1e9)).toEqual([45, 15, 10, 26, 5, 3])
    expect(answer.columns).toEqual(['2025-06-01'])
  })

  test('are broken down by a field, missing values as (none)', async () => {
    const of = async (breakdown: string): Promise<unknown> =>
      (await query<Answer>(w, { kind: 'trends', series: [{ any: true, math: 'unique_users' }], interval: 'month', breakdown })).series.map((line) => [
        line.breakdown,
        line.total,
      ])
    expect(await of('metadata.plan')).toEqual([
      ['pro', 1],
      ['', 1],
      ['(none)', 1],
      ['free', 1],
    ])
    expect(await of('person.team')).toEqual([
      ['north', 1],
      ['(none)', 2],
    ])
    expect(await of('session.events')).toEqual([
      ['(none)', 3],
      ['2', 1],
    ])
  })

  test('take filters of every kind, alone and nested', async () => {
    const total = async (...filters: Json[]): Promise<unknown> =>
      (await query<Answer>(w, { kind: 'trends', series: [{ any: true }], interval: 'month', filters })).series[0]?.total
    const plan = 'metadata.plan'
    const counts = [
      [{ field: plan, op: 'eq', value: 'pro' }, 2],
      [{ field: plan, op: 'neq', value: 'pro' }, 3],
      [{ field: plan, op: 'eq', value: '' }, 1],
      [{ field: plan, op: 'in', value: ['pro', ''] }, 3],
      [{ field: plan, op: 'not_in', value: ['pro', 'free'] }, 2],
      [{ field: plan, op: 'exists' }, 4],
      [{ field: plan, op: 'not_exists' }, 1],
      [{ field: plan, op: 'contains', value: 'R' }, 3],
      [{ field: plan, op: 'starts_with', value: 'P' }, 0],
      [{ field: plan, op: 'ends_with', value: 'o' }, 2],
      [{ field: plan, op: 'regex', value: '^(pro|free)$' }, 3],
      [{ field: 'metadata.price', op: 'gte', value: 10 }, 2],
      [{ field: 'metadata.price', op: 'between', value: [5, 10] }, 2],
      [{ field: 'metadata.price', op: 'eq', value: 10 }, 1],
      [{ field: 'person.level', op: 'gt', value: 2 }, 3],
      [{ field: 'person.team', op: 'not_exists' }, 2],
      [{ field: 'context.nothing', op: 'exists' }, 0],
      [
        {
          any: [
            { field: plan, op: 'eq', value: 'free' },
            {
              all: [
                { field: plan, op: 'eq', value: 'pro' },
                { field: 'metadata.price', op: 'lt', value: 20 },
              ],
            },
          ],
        },
        2,
      ],
    ] as const
    for (const [filter, count] of counts) expect([filter, await total(filter)]).toEqual([filter, count])
    expect(await total({ field: plan, op: 'eq', value: 'pro' }, { field: 'metadata.price', op: 'gt', value: 10 })).toBe(1)
  })

  test('are of a cohort: by what people did and did not, and by traits, live or as it was', async () => {
    const make = async (type: string, definition: Json): Promise<unknown> =>
      (await w.call('POST', '/api/cohorts', { name: JSON.stringify([type, definition]), type, definition })).body['id']
    const total = async (id: unknown, op = 'in_cohort'): Promise<unknown> =>
      (await query<Answer>(w, { kind: 'trends', series: [{ any: true, math: 'unique_users' }], interval: 'month', filters: [{ op, value: id }] })).series[0]
        ?.total
    const buyers = await make('live', { all: [{ did: { event: 'bought' } }] })
    expect([await total(buyers), await total(buyers, 'not_in_cohort')]).toEqual([2, 1])
    const north = { trait: 'team', op: 'eq', value: 'north' }
    const twice = { did: { event: 'opened' }, at_least: 2 }
    expect(await total(await make('live', { all: [twice, { did_not: { event: 'sold' } }, north] }))).toBe(1)
    expect(await total(await make('live', { all: [{ did_not: { event: 'bought' } }] }))).toBe(1)
    expect(await total(await make('live', { any: [{ did: { event: 'bought' }, at_most: 1 }, { all: [twice, north] }] }))).toBe(2)
    expect(await total(await make('live', { all: [{ did: { any: true }, within_days: 30 }] }))).toBe(0)
    const [live, frozen] = [await make('live', { all: [{ did: { event: 'joined' } }] }), await make('static', { all: [{ did: { event: 'joined' } }] })]
    await send(w, [{ event_type: 'joined', timestamp: '2025-05-01T00:00:00Z' }])
    expect([await total(live), await total(frozen)]).toEqual([1, 0])
    expect(await refusal(w, { kind: 'trends', series: [{ any: true }], filters: [{ op: 'in_cohort', value: 'none' }] })).toMatchObject({
      message: expect.stringContaining('cohort'),
    })
  })

  test('run up, average, compare and compute', async () => {
    const running = await query<Answer>(w, { kind: 'trends', series: [{ any: true, math: 'unique_users' }], cumulative: true })
    expect(lines(running)).toEqual([['Any event', [1, 1, 2, 2, 3], 3]])
    expect(lines(await query<Answer>(w, { kind: 'trends', series: [{ any: true }], moving_average: 2 }))).toEqual([['Any event', [2, 1, 1, 1, 0.5], 5]])
    const share = await query<Answer>(w, { kind: 'trends', series: [{ event: 'bought' }, { any: true }], formula: 'A / B * 100' })
    expect(lines(share)).toEqual([['A / B * 100', [0, null, 50, null, 100], 40]])
    const compared = await query<Answer & { compare: Answer }>(w, { kind: 'trends', from: '2025-06-04', series: [{ any: true }], compare: 'previous' })
    expect([lines(compared), compared.compare.columns, lines(compared.compare)]).toEqual([
      [['Any event', [0, 1], 1]],
      ['2025-06-02', '2025-06-03'],
      [['Any event', [0, 2], 2]],
    ])
  })

  test('open the people and the events behind a figure, as many as it says', async () => {
    const question = { ...june, kind: 'trends', series: [{ any: true, math: 'unique_users' }], breakdown: 'metadata.plan' }
    const people = async (figure: Json): Promise<unknown> => {
      const { body } = await w.call('POST', '/api/query/people', { question, figure })
      return [body['count'], (body['people'] as Json[]).map((person) => String(person['user_id'])).toSorted()]
    }
    expect(await people({})).toEqual([3, ['ada', 'bob', 'cleo']])
    expect(await people({ column: '2025-06-03' })).toEqual([2, ['ada', 'bob']])
    expect(await people({ column: '2025-06-03', breakdown: 'free' })).toEqual([1, ['bob']])
    const { body } = await w.call('POST', '/api/query/events', { question, figure: { breakdown: 'pro' }, limit: 1 })
    expect(body).toMatchObject({ count: 2, events: [{ event_metadata: { price: '30' } }] })
    const next = await w.call('POST', '/api/query/events', { question, figure: { breakdown: 'pro' }, limit: 1, cursor: body['next_cursor'] })
    expect(next.body).toMatchObject({ count: 2, events: [{ event_metadata: { price: 10 } }], next_cursor: null })
  })

  test('explain themselves, and say what is wrong with a question', async () => {
    expect((await query<Answer>(w, { kind: 'trends', series: [{ event: "it's" }], explain: true }))['sql']).toMatch(/SELECT[\s\S]*event_type = 'it\\'s'/)
    expect(await refusal(w, { kind: 'guess' })).toMatchObject({ code: 'invalid', errors: [{ path: '/kind' }] })
    expect(await refusal(w, { kind: 'trends', series: [{ event: 'a', any: true }] })).toMatchObject({
      message: 'series 1 needs exactly one of event, category and any.',
    })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true, math: 'mode:x' }] })).toMatchObject({ errors: [{ path: '/series/0/math' }] })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true }], formula: 'A / C' })).toMatchObject({ message: expect.stringContaining('formula') })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true, math: 'median:duration_ms' }], cumulative: true })).toMatchObject({
      message: expect.stringContaining('cumulative'),
    })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true }], filters: [{ field: 'event_type', op: 'regex', value: '(' }] })).toMatchObject({
      message: expect.stringContaining('RE2'),
    })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true }], interval: 'minute', from: '2024-01-01' })).toMatchObject({
      errors: [{ path: '/interval' }],
    })
    expect(await refusal(w, { kind: 'trends', series: [{ any: true }], range: '7d' })).toMatchObject({ errors: [{ path: '/from' }] })
    expect((await w.call('POST', '/api/query/people', { question: { kind: 'trends', series: 5 } })).body).toMatchObject({
      errors: [{ path: '/question/series' }],
    })
  })
})

describe('lifecycle and stickiness', () => {
  let w: TestWorkspace
  beforeAll(async () => {
    w = await cairn.workspace({ retentionDays: null })
    const seen = { ada: ['01', '02', '03'], bob: ['02', '04'], cleo: ['04', '05'] }
    await send(w, [
      ...Object.entries(seen).flatMap(([user_id, days]) => days.map((day) => ({ timestamp: at(`${day}T10:00:00`), user_id }))),
      { timestamp: '2025-05-20T10:00:00Z', user_id: 'cleo' },
      { timestamp: '2025-05-31T10:00:00Z', user_id: 'dan' },
      { timestamp: at('02T11:00:00'), event_type: 'bought', user_id: 'cleo' },
    ])
  })
  const people = async (question: Json, figure: Json): Promise<unknown> => {
    const asked = { question: { ...june, ...question }, figure }
    const { body } = await w.call('POST', '/api/query/people', asked)
    const { body: events } = await w.call('POST', '/api/query/events', asked)
    return [body['count'], (body['people'] as Json[]).map((person) => String(person['user_id'])).toSorted(), events['count']]
  }

  test('tell who is new, comes back, comes back after a while, and stays away', async () => {
    const question = { kind: 'lifecycle', series: [{ event: 'opened' }] }
    const answer = await query<Answer>(w, question)
    expect(answer.columns).toHaveLength(5)
    expect(lines(answer)).toEqual([
      ['new', [1, 1, 0, 0, 0], null],
      ['returning', [0, 1, 1, 0, 1], null],
      ['resurrecting', [0, 0, 0, 2, 0], null],
      ['dormant', [-1, 0, -1, -1, -1], null],
    ])
    expect(await people(question, { column: '2025-06-02', state: 'new' })).toEqual([1, ['bob'], 1])
    expect(await people(question, { column: '2025-06-04', series: 2 })).toEqual([2, ['bob', 'cleo'], 2])
    expect(await people(question, { column: '2025-06-01', state: 'dormant' })).toEqual([1, ['dan'], 1])
    expect(await people(question, { column: '2025-06-05', state: 'returning' })).toEqual([1, ['cleo'], 1])
    const months = await query<Answer>(w, { ...question, from: '2025-05-25', interval: 'month' })
    expect(lines(months).slice(0, 3)).toEqual([
      ['new', [1, 2], null],
      ['returning', [0, 0], null],
      ['resurrecting', [0, 1], null],
    ])
  })

  test('count people by the number of days, and in words of 64 days', async () => {
    const question = { kind: 'stickiness', series: [{ any: true }, { event: 'bought' }] }
    const answer = await query<Answer>(w, question)
    expect(answer.columns).toEqual(['1', '2', '3', '4', '5'])
    expect(lines(answer)).toEqual([
      ['Any event', [0, 1, 2, 0, 0], 3],
      ['bought', [1, 0, 0, 0, 0], 1],
    ])
    expect(await people(question, { column: '3' })).toEqual([2, ['ada', 'cleo'], 6])
    expect(await people(question, {})).toEqual([3, ['ada', 'bob', 'cleo'], 8])
    const long = { from: '2025-03-01', to: '2025-07-31' }
    expect((await query<Answer>(w, { ...long, kind: 'stickiness' })).series[0]?.values.slice(0, 6)).toEqual([1, 1, 1, 1, 0, 0])
    const days = await query<Answer>(w, { ...long, kind: 'lifecycle' })
    expect(days.series.map(({ values }) => values.slice(80, 98))).toEqual([
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0],
      [0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, -2, -1, -1, -1],
    ])
  })
})

describe('distribution', () => {
  test('bins the numbers of a field, tells exact percentiles, and who and what is in a bin', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const prices = [1, 2, 2, '3', 4, 11, -0, 0.5, 'none', '1e999', undefined]
    await send(
      w,
      prices.map((price, i) => ({ timestamp: at('02T10:00:00'), user_id: `user-${i % 4}`, metadata: price === undefined ? {} : { price } })),
    )
    const question = { kind: 'distribution', series: [{ event: 'opened' }], field: 'metadata.price', bins: 2 }
    const { meta: _, ...answer } = await query<Json>(w, question)
    expect(answer).toEqual({
      kind: 'distribution',
      bins: [
        { from: 0, to: 5.5, count: 7 },
        { from: 5.5, to: 11, count: 1 },
      ],
      count: 8,
      missing: 3,
      min: 0,
      max: 11,
      mean: 23.5 / 8,
      median: 2,
      p90: expect.closeTo(6.1, 9) as number,
      p95: expect.closeTo(8.55, 9) as number,
      p99: expect.closeTo(10.51, 9) as number,
    })
    const behind = async (path: string, figure: Json): Promise<unknown> =>
      (await w.call('POST', `/api/query/${path}`, { question: { ...june, ...question }, figure })).body['count']
    expect([await behind('events', { bin: 0 }), await behind('events', { bin: 1 }), await behind('people', { bin: 1 })]).toEqual([7, 1, 1])
    expect([await behind('events', {}), await behind('people', {})]).toEqual([8, 4])
    expect(await query<Json>(w, { ...question, field: 'metadata.plan' })).toMatchObject({ bins: [], count: 0, missing: 11, min: null, p99: null })
    const equal = await query<Json>(w, { ...question, filters: [{ field: 'metadata.price', op: 'eq', value: 2 }] })
    expect(equal).toMatchObject({ bins: [{ from: 2, to: 2, count: 2 }], median: 2, mean: 2 })
  })
})

describe('paths', () => {
  test('follow sessions from a start or up to an end, in order of moment, seq and arrival', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const walks = { s1: 'aabcab', s2: 'bca', s3: 'acb', s4: 'x' }
    await send(
      w,
      Object.entries(walks).flatMap(([session_id, walk]) =>
        walk.split('').map((event_type, i) => ({
          timestamp: at(`02T10:00:0${i}`),
          session_id,
          event_type,
          user_id: session_id,
          context: event_type === 'c' ? { path: '/c' } : {},
        })),
      ),
    )
    // All at one moment: told apart by seq, and where there is none by event_id.
    const ids = [0, 1, 2].map((i) => `01890000-0000-7000-8000-00000000000${i}`)
    await send(
      w,
      'cab'
        .split('')
        .map((event_type, i) => ({ timestamp: at('02T10:00:00'), session_id: 's5', user_id: 's5', event_type, event_id: ids[i] }))
        .toReversed(),
    )
    const tied = 'cab'.split('').map((event_type, i) => ({ timestamp: at('02T11:00:00'), session_id: 's6', user_id: 's6', event_type, seq: i + 1 }))
    await send(w, tied.toReversed())
    const read = async (question: Json): Promise<unknown> => {
      const { nodes, links } = await query<{ nodes: { id: string; count: number }[]; links: { source: string; target: string; count: number }[] }>(w, {
        kind: 'paths',
        ...question,
      })
      const of = (lines: readonly string[]): string[] => lines.toSorted()
      return [of(nodes.map(({ id, count }) => `${id} ${count}`)), of(links.map(({ source, target, count }) => `${source} ${target} ${count}`))]
    }
    expect(await read({ depth: 2, top: 2 })).toEqual([
      ['0:(other) 2', '0:a 2', '0:c 2', '1:(other) 1', '1:a 2', '1:c 2', '2:(other) 1', '2:a 1', '2:b 3'],
      ['0:(other) 1:c 1', '0:a 1:(other) 1', '0:a 1:c 1', '0:c 1:a 2', '1:(other) 2:(other) 1', '1:a 2:b 2', '1:c 2:a 1', '1:c 2:b 1'],
    ])
    expect(await read({ start: 'c', depth: 1 })).toEqual([
      ['0:c 5', '1:a 4', '1:b 1'],
      ['0:c 1:a 4', '0:c 1:b 1'],
    ])
    expect(await read({ end: { event: 'b' }, depth: 1 })).toEqual([
      ['0:b 5', '1:a 3', '1:c 1'],
      ['1:a 0:b 3', '1:c 0:b 1'],
    ])
    expect(await read({ field: 'url_path' })).toEqual([['0:/c 3'], []])
    const behind = async (path: string, figure: Json): Promise<unknown> =>
      (await w.call('POST', `/api/query/${path}`, { question: { ...june, kind: 'paths', start: 'c', top: 1 }, figure })).body
    expect(await behind('people', { node: '1:a' })).toMatchObject({ count: 4 })
    expect(await behind('people', { node: '1:(other)' })).toMatchObject({ count: 1, people: [{ user_id: 's3' }] })
    expect(await behind('events', { link: { source: '0:c', target: '1:(other)' } })).toMatchObject({ count: 3 })
    expect(await behind('people', {})).toMatchObject({ count: 5 })
  })
})

describe('correlation', () => {
  test('holds values against converting, and opens who is behind them', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const seen = (user_id: string, plan: string, event_type = 'opened'): Json => ({ timestamp: at('02T10:00:00'), user_id, event_type, metadata: { plan } })
    await send(w, [
      ...['ada', 'bob', 'cleo'].flatMap((user) => [seen(user, 'pro'), seen(user, 'pro'), seen(user, '', 'bought')]),
      ...['dan', 'eve'].map((user) => seen(user, 'pro')),
      ...['fay', 'gus', 'hal'].map((user) => seen(user, 'free')),
      seen('ida', 'free', 'bought'),
    ])
    await w.post('/api/people/identify', { user_id: 'ada', traits: { team: 'north' } })
    await w.get('/api/people/ada')
    const question = { kind: 'correlation', start: { event: 'opened' }, target: { event: 'bought' }, fields: ['metadata.plan', 'person.team', 'os'] }
    const { people, converted, properties } = await query<{ people: number; converted: number; properties: Json[] }>(w, question)
    expect([people, converted]).toEqual([8, 3])
    expect(properties.map((one) => [one['field'], one['value'], one['converted'], one['not_converted'], Number(one['odds_ratio']).toFixed(4)])).toEqual([
      ['metadata.plan', '', 3, 0, '77.0000'],
      ['metadata.plan', 'free', 0, 3, '0.1020'],
      ['metadata.plan', 'pro', 3, 2, '9.8000'],
      ['person.team', 'north', 1, 0, '6.6000'],
    ])
    const { low, high } = properties[0] ?? {}
    const error = 1.96 * Math.sqrt(1 / 3.5 + 1 / 0.5 + 1 / 0.5 + 1 / 5.5)
    expect([low, high]).toEqual([expect.closeTo(77 * Math.exp(-error), 9), expect.closeTo(77 * Math.exp(error), 6)])
    const behind = async (path: string, figure: Json): Promise<unknown> =>
      (await w.call('POST', `/api/query/${path}`, { question: { ...june, ...question }, figure })).body['count']
    expect([await behind('people', {}), await behind('people', { state: 'converted' })]).toEqual([8, 3])
    expect([await behind('people', { breakdown: 'pro', state: 'not_converted' }), await behind('events', { breakdown: 'pro' })]).toEqual([2, 8])
  })

  test('counts in full where many values are as frequent as those that are shown', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const rare = Array.from({ length: 280 }, (_, i) => ({ timestamp: at('02T10:00:00'), user_id: `user-${i}`, metadata: { code: `code-${i}` } }))
    await send(w, [...rare, ...['ada', 'bob', 'cleo'].map((user_id) => ({ timestamp: at('02T10:00:00'), user_id, metadata: { code: 'last' } }))])
    const question = {
      kind: 'correlation',
      target: { event: 'opened', filters: [{ field: 'metadata.code', op: 'eq', value: 'last' }] },
      fields: ['metadata.code'],
    }
    const { people, properties } = await query<{ people: number; properties: Json[] }>(w, question)
    expect([people, properties.length, properties[0]]).toEqual([283, 25, expect.objectContaining({ value: 'last', converted: 3, not_converted: 0 })])
    expect(properties.slice(1, 4).map(({ value }) => value)).toEqual(['code-0', 'code-1', 'code-10'])
  })
})

describe('an answer that is kept', () => {
  const question = { kind: 'trends', series: [{ any: true }], interval: 'month' }
  const asked = async (w: TestWorkspace, more: Json = {}): Promise<unknown> => {
    const { series, meta } = await query<Answer>(w, { ...question, ...more })
    return [series[0]?.total, (meta as Json)['cached']]
  }

  test('is given again until something changes it: an event of its span, a fact about people, a deletion', async () => {
    const [w, other] = [await cairn.workspace({ retentionDays: null }), await cairn.workspace({ retentionDays: null })]
    await send(w, [{ timestamp: at('01T10:00:00') }, { timestamp: at('02T10:00:00'), user_id: 'bob' }])
    expect([await asked(w), await asked(w)]).toEqual([
      [2, false],
      [2, true],
    ])
    expect(await asked(other)).toEqual([0, false])
    await send(w, [{ timestamp: '2025-07-01T10:00:00Z' }])
    expect(await asked(w)).toEqual([2, true])
    expect(await asked(w, { to: '2025-07-31' })).toEqual([3, false])
    await send(w, [{ timestamp: at('03T10:00:00') }])
    expect(await asked(w)).toEqual([3, false])
    const people = { series: [{ any: true, math: 'unique_users' }] }
    expect([await asked(w, people), await asked(w, people)]).toEqual([
      [2, false],
      [2, true],
    ])
    await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'bob' })
    await w.get('/api/events?limit=1')
    expect(await asked(w, people)).toEqual([1, false])
    expect((await w.call('DELETE', '/api/events/cleanup?user_id=bob&older_than_days=0')).status).toBe(200)
    expect(await asked(w)).toEqual([0, false])
  })

  test('is asked for once where many ask at once, and not at all where they have left', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    await send(w, [{ timestamp: at('01T10:00:00') }])
    const answers = await Promise.all(Array.from({ length: 8 }, () => query<Answer>(w, question)))
    expect(new Set(answers.map(({ meta }) => (meta as Json)['generated_at'])).size).toBe(1)
    const leaving = new AbortController()
    const left = fetch(`${cairn.url}/api/query`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { Authorization: `Bearer ${w.secretKey}` },
      body: JSON.stringify({ ...june, kind: 'trends', series: [{ any: true }], breakdown: 'event_type' }),
    })
    leaving.abort()
    await expect(left).rejects.toThrow('abort')
    expect(await asked(w, { breakdown: 'event_type' })).toEqual([1, false])
  })
})
