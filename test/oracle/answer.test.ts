import { describe, expect, test } from 'vitest'
import { answerTo, type Answerable } from './answer.ts'
import type { Event, Fact, World } from './event.ts'
import { intervals } from './intervals.ts'
import { spanOf } from './range.ts'

/** The oracle itself, on what was worked out by hand. */

/** `ada open 01T10:00` and so on: who, what and when in June 2025; then `name=value` of columns. */
function told(lines: readonly string[], facts: readonly Fact[] = []): World {
  const events = lines.map((line, n): Event => {
    const [user_id = '', event_type = '', time = '', ...more] = line.split(' ')
    const columns = Object.fromEntries(more.map((one) => one.split('=')))
    return {
      n,
      at: Date.parse(`2025-06-${time}Z`),
      seq: undefined,
      request: 0,
      isBot: false,
      isInternal: false,
      duration_ms: undefined,
      metadata: columns,
      context: {},
      columns: { user_id, event_type, ...columns },
    }
  })
  return {
    events,
    facts,
    entities: [],
    cohorts: [],
    sampled: new Map(),
    internal: { user_ids: [], email_domains: [] },
    now: Date.parse('2025-06-30T12:00Z'),
    timezone: 'UTC',
  }
}
const days = { from: '2025-06-01', to: '2025-06-03' }
const ask = (world: World, question: Answerable): unknown => answerTo(world, { ...days, ...question })

describe('the oracle', () => {
  test('knows days of 23 and 25 hours, the hour that comes twice, and half an hour’s change', () => {
    const hours = (from: string, timezone: string): number[] =>
      intervals(spanOf(told([]), { from, to: from, timezone }), 'hour', timezone).map(({ from: start, to }) => (to - start) / 60_000)
    expect(hours('2044-03-13', 'America/New_York')).toHaveLength(23)
    expect(hours('2044-11-06', 'America/New_York')).toHaveLength(25)
    expect(hours('2044-10-02', 'Australia/Lord_Howe').filter((minutes) => minutes !== 60)).toEqual([30])
    expect(hours('2044-04-03', 'Australia/Lord_Howe').filter((minutes) => minutes !== 60)).toEqual([30])
    const { from, to } = spanOf(told([]), { from: '2044-11-06', to: '2044-11-06', timezone: 'America/New_York' })
    expect(intervals({ from, to }, 'hour', 'America/New_York').slice(1, 3)).toMatchObject([
      { name: '2044-11-06T01:00:00-04:00' },
      { name: '2044-11-06T01:00:00-05:00' },
    ])
  })

  test('counts events and people', () => {
    const world = told(['ada open 01T10:00 plan=pro', 'bob open 01T11:00', 'ada open 03T00:00'], [{ fact: 'merge', at: 1, user: 'ada', other: 'bob' }])
    expect(ask(world, { kind: 'trends', series: [{ any: true }, { event: 'open', math: 'unique_users' }] })).toEqual({
      kind: 'trends',
      columns: ['2025-06-01', '2025-06-02', '2025-06-03'],
      series: [
        { label: 'Any event', breakdown: null, values: [2, 0, 1], total: 3 },
        { label: 'open', breakdown: null, values: [1, 0, 1], total: 1 },
      ],
    })
    expect(ask(world, { kind: 'trends', series: [{ any: true }], interval: 'month', breakdown: 'metadata.plan' })).toMatchObject({
      series: [
        { breakdown: '(none)', total: 2 },
        { breakdown: 'pro', total: 1 },
      ],
    })
  })

  test('tries every attempt of a funnel', () => {
    const world = told(['ada a 01T10:00', 'ada a 01T11:00', 'ada x 01T11:30', 'ada b 01T12:00', 'bob b 01T10:00', 'bob a 01T10:00', 'cleo b 01T10:00'])
    const counts = (question: Partial<Answerable & { kind: 'funnel' }>): number[] => {
      const answer = answerTo(world, { kind: 'funnel', ...days, steps: [{ event: 'a' }, { event: 'b' }], ...question })
      return answer.kind === 'funnel' ? answer.steps.map(({ count }) => count) : []
    }
    expect(counts({})).toEqual([2, 2])
    expect(counts({ window: '1h' })).toEqual([2, 2])
    expect(counts({ window: '59m' })).toEqual([2, 1])
    expect(counts({ order: 'strict' })).toEqual([2, 1])
    expect(counts({ order: 'unordered' })).toEqual([3, 2])
    expect(counts({ exclude: [{ event: 'x' }] })).toEqual([2, 1])
    expect(ask(world, { kind: 'funnel', steps: [{ event: 'a' }, { event: 'b' }] })).toMatchObject({
      steps: [{ median_seconds: null }, { conversion_from_start: 1, median_seconds: 1_800, p90_seconds: 3_240 }],
    })
  })

  test('follows cohorts, states and habits', () => {
    const world = told(['ada a 01T10:00', 'ada a 01T10:00', 'ada a 02T10:00', 'bob a 02T10:00', 'bob a 30T00:00', 'cleo a 03T10:00'])
    expect(ask(world, { kind: 'retention', start: { event: 'a' }, return: { event: 'a' }, periods: 1 })).toEqual({
      kind: 'retention',
      cohorts: [
        { start: '2025-06-01', size: 1, values: [1, 1] },
        { start: '2025-06-02', size: 1, values: [0, 0] },
        { start: '2025-06-03', size: 1, values: [0, 0] },
      ],
      average: [1 / 3, 1 / 3],
    })
    expect(ask(world, { kind: 'lifecycle' })).toMatchObject({
      series: [{ values: [1, 1, 1] }, { values: [0, 1, 0] }, { values: [0, 0, 0] }, { values: [-0, -0, -2] }],
    })
    expect(ask(world, { kind: 'stickiness' })).toMatchObject({ columns: ['1', '2', '3'], series: [{ values: [2, 1, 0], total: 3 }] })
  })

  test('walks sessions, and holds values against each other', () => {
    const world = told([
      'ada a 01T10:00 session_id=s price=1',
      'ada a 01T10:01 session_id=s price=2',
      'ada b 01T10:02 session_id=s price=4',
      'bob a 01T10:00 session_id=t',
    ])
    expect(ask(world, { kind: 'paths', start: 'a' })).toEqual({
      kind: 'paths',
      nodes: [
        { id: '0:a', label: 'a', depth: 0, count: 2 },
        { id: '1:b', label: 'b', depth: 1, count: 1 },
      ],
      links: [{ source: '0:a', target: '1:b', count: 1 }],
    })
    expect(ask(world, { kind: 'distribution', field: 'metadata.price', bins: 3 })).toMatchObject({
      bins: [
        { from: 1, to: 2, count: 1 },
        { from: 2, to: 3, count: 1 },
        { from: 3, to: 4, count: 1 },
      ],
      missing: 1,
      median: 2,
    })
    // (1 + ½)(1 + ½) / ((0 + ½)(0 + ½)) = 9
    expect(ask(world, { kind: 'correlation', target: { event: 'b' }, fields: ['metadata.price'] })).toMatchObject({
      people: 2,
      converted: 1,
      properties: ['1', '2', '4'].map((value) => ({ value, converted: 1, not_converted: 0, odds_ratio: 9 })),
    })
  })
})
