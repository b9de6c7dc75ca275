import type { Filter, Question, Series, Step } from '@cairn/wire/questions/question'
import fc from 'fast-check'
import type { Answerable } from './answer.ts'
import { formulas } from './formula.ts'
import { samples } from './load.ts'
import { categories, texts, types, zones } from './worlds.ts'
import { plusDays } from './zone.ts'

/** Questions with all their options crossed, over the fields and values that the data sets have. */

const optional = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary })
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
/** Absent options stay out of the question. */
const options = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model).map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T)

const fields = [
  ...['event_type', 'event_category', 'event_action', 'entity_type', 'entity_id', 'user_id', 'anonymous_id', 'session_id', 'device_type'],
  ...['url_path', 'utm_campaign', 'tracker', 'duration_ms', 'browser'],
  ...['metadata.plan', 'metadata.price', 'metadata.any', 'metadata.many', 'metadata.a.b', 'metadata.never', 'context.locale', 'context.page.url'],
  ...['person.plan', 'person.level', 'person.home.city', 'entity.status', 'entity.size'],
  ...['session.entry_path', 'session.exit_path', 'session.duration_seconds', 'session.events', 'session.page_views'],
] as const
const numeric = ['duration_ms', 'metadata.price', 'metadata.any', 'metadata.many', 'person.level', 'entity.size', 'session.events', 'session.duration_seconds']
const field = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('metadata.plan', 'metadata.any', 'metadata.price', 'metadata.many') },
  fc.constantFrom(...fields),
)
const split = fc.oneof({ weight: 5, arbitrary: field }, fc.constantFrom('cohort.cohort 0', 'cohort.cohort 1'))
const numericField = fc.constantFrom(...numeric)

const text = fc.constantFrom<string>(...texts, ...types, 'task', '1', 'u1', 'd1', 's1', '/a', 'open', 'desktop')
const value = fc.oneof<[fc.Arbitrary<string>, fc.Arbitrary<number>, fc.Arbitrary<boolean>]>(text, fc.constantFrom(-2, 0, 0.5, 2, 1_000), fc.boolean())
const number = fc.constantFrom(-2, 0, 0.5, 1, 2, 20, 1_000)
const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ field, op: fc.constantFrom('eq', 'neq'), value }),
  fc.record({ field, op: fc.constantFrom('in', 'not_in'), value: fc.array(value, { maxLength: 3 }) }),
  fc.record({ field, op: fc.constantFrom('contains', 'not_contains', 'starts_with', 'ends_with'), value: fc.oneof(text, fc.constantFrom('p', 'R', 'ä', 'E')) }),
  fc.record({ field, op: fc.constant('regex'), value: fc.constantFrom('^p', 'o$', '[0-9]+', '^(pro|u1|/a)$', '', 'E', '.') }),
  fc.record({ field: fc.oneof(numericField, field), op: fc.constantFrom('gt', 'gte', 'lt', 'lte'), value: number }),
  fc.record({ field: numericField, op: fc.constant('between'), value: fc.tuple(number, number) }),
  fc.record({ field, op: fc.constantFrom('exists', 'not_exists') }),
  fc.record({ op: fc.constantFrom('in_cohort', 'not_in_cohort'), value: fc.constantFrom('cohort 0', 'cohort 1') }),
)
const group = (inner: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> => {
  const some = fc.array(inner, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 4, arbitrary: inner },
    some.map((any) => ({ any })),
    some.map((all) => ({ all })),
  )
}
const filters = fc.array(group(group(group(condition))), { maxLength: 2 })

const kindOfEvent = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...types).map((event): Step => ({ event })) },
  { weight: 1, arbitrary: fc.constantFrom(...categories).map((category): Step => ({ category })) },
  { weight: 2, arbitrary: fc.constant<Step>({ any: true }) },
)
const step: fc.Arbitrary<Step> = fc
  .tuple(kindOfEvent, options<Omit<Step, 'event'>>({ filters: seldom(filters), label: seldom(fc.constantFrom('x', 'y')) }))
  .map(([kind, rest]) => ({ ...kind, ...rest }))

const ranges = [
  '30m',
  '1h',
  '24h',
  'today',
  'yesterday',
  '7d',
  '28d',
  '30d',
  '90d',
  '12m',
  'week',
  'month',
  'mtd',
  'last_month',
  'quarter',
  'ytd',
  'year',
] as const
interface Range {
  from?: string
  to?: string
  range?: (typeof ranges)[number] | 'last_year' | 'all'
}
const rangesAbout = (days: readonly string[]): { hours: fc.Arbitrary<Range>; short: fc.Arbitrary<Range>; long: fc.Arbitrary<Range> } => {
  const around = fc.tuple(fc.constantFrom(...days), fc.integer({ min: -3, max: 1 })).map(([day, by]) => plusDays(day, by))
  const short: fc.Arbitrary<Range> = fc.oneof(
    fc.tuple(around, fc.integer({ min: 0, max: 8 })).map(([from, length]) => ({ from, to: plusDays(from, length) })),
    fc
      .tuple(
        around,
        fc.constantFrom('00:00:00Z', '05:30:00+11:00', '23:59:59.999Z', '02:00:00-04:00'),
        fc.constantFrom('00:00:00-05:00', '12:00:00Z', '15:15:00Z'),
      )
      .map(([day, from, to]) => ({ from: `${day}T${from}`, to: `${plusDays(day, 2)}T${to}` })),
  )
  const long: fc.Arbitrary<Range> = fc.oneof(
    fc.constantFrom(...ranges, 'last_year', 'all').map((range): Range => ({ range })),
    fc.tuple(around, fc.integer({ min: 7, max: 60 })).map(([from, length]) => ({ from, to: plusDays(from, length) })),
    around.filter((from) => from < '2044-11-07').map((from) => ({ from })),
    around.map((to) => ({ to })),
    fc.constant({}),
  )
  /** Few enough minutes, also of a day of 25 hours and around a change of the clock. */
  const hours: fc.Arbitrary<Range> = fc.oneof(
    around.map((day) => ({ from: day, to: day })),
    fc.tuple(around, fc.constantFrom('04:30:00Z', '13:59:30Z', '23:00:00-05:00'), fc.constantFrom('10:07:10Z', '11:00:00+00:00')).map(([day, from, to]) => ({
      from: `${day}T${from}`,
      to: `${plusDays(day, 1)}T${to}`,
    })),
  )
  return { hours, short, long }
}

const shared = options({
  filters: optional(filters),
  include_bots: optional(fc.constant(true)),
  include_internal: optional(fc.constant(true)),
  timezone: optional(fc.constantFrom(...zones), 3),
  sample: seldom(fc.constantFrom(...samples)),
})
const asking =
  <K extends Question['kind'], Q extends object>(
    kind: K,
    model: { [N in keyof Q]: fc.Arbitrary<Q[N]> },
  ): ((when: fc.Arbitrary<Range>) => fc.Arbitrary<Q & Range & { kind: K }>) =>
  (when) =>
    fc.tuple(shared, when, options<Q>(model)).map(([common, span, rest]) => ({ kind, ...common, ...span, ...rest }))

const math = fc.oneof(
  fc.constantFrom('total', 'unique_users', 'unique_sessions', 'per_user'),
  field.map((name) => `unique:${name}`),
  fc.tuple(fc.constantFrom('sum', 'avg', 'min', 'max', 'median', 'p90', 'p95', 'p99'), numericField).map(([name, of]) => `${name}:${of}`),
)
const series = fc.tuple(step, optional(math, 9)).map(([one, its]): Series => (its === undefined ? one : { ...one, math: its }))
const calendar = fc.constantFrom('day' as const, 'week' as const, 'month' as const)
const trendsOf = (interval: fc.Arbitrary<'minute' | 'hour' | 'day' | 'week' | 'month'>, when: fc.Arbitrary<Range>): fc.Arbitrary<Answerable> =>
  asking('trends', {
    series: fc.array(series, { minLength: 1, maxLength: 3 }),
    interval: optional(interval, 6),
    breakdown: optional(split, 2),
    compare: optional(fc.constantFrom('previous' as const, 'year' as const)),
    formula: optional(fc.constantFrom(...Object.keys(formulas))),
    cumulative: optional(fc.constant(true)),
    moving_average: optional(fc.integer({ min: 2, max: 4 })),
  })(when).map(({ formula, cumulative, ...rest }) => {
    const hasPercentile = rest.series.some((one) => /^(median|p9)/.test(one.math ?? ''))
    const isFitting = formula !== undefined && (rest.series.length >= 2 || !formula.includes('B'))
    return { ...rest, ...(isFitting ? { formula } : {}), ...(cumulative && !hasPercentile ? { cumulative } : {}) }
  })
const funnel = asking('funnel', {
  steps: fc.array(step, { minLength: 2, maxLength: 4 }),
  window: optional(fc.constantFrom('1s', '30m', '1h', '2h', '1d', '2w'), 6),
  order: optional(fc.constantFrom('ordered' as const, 'strict' as const, 'unordered' as const), 9),
  by: optional(fc.constantFrom('person' as const, 'session' as const, 'entity' as const), 3),
  exclude: optional(fc.array(step, { minLength: 1, maxLength: 2 })),
  breakdown: optional(split),
})
const retention = asking('retention', {
  start: step,
  return: step,
  interval: optional(calendar, 6),
  periods: optional(fc.integer({ min: 1, max: 10 }), 3),
  mode: optional(fc.constantFrom('first_time' as const, 'recurring' as const), 6),
})
const paths = asking('paths', {
  depth: optional(fc.integer({ min: 1, max: 4 })),
  field: optional(fc.constantFrom('event_type' as const, 'url_path' as const), 3),
  top: optional(fc.integer({ min: 1, max: 3 }), 3),
})
const ofPath = fc.oneof(step, fc.constantFrom(...types))
const cut = fc.tuple(ofPath, ofPath).chain(([start, end]) => fc.constantFrom({}, { start }, { end }, { start, end }))
const onlyOne = fc.tuple(step)
const lifecycle = asking('lifecycle', { series: optional(onlyOne, 9), interval: optional(calendar, 6) })
const stickiness = asking('stickiness', { series: optional(fc.array(step, { minLength: 1, maxLength: 2 }), 9), interval: optional(calendar, 6) })
const distribution = asking('distribution', { series: optional(onlyOne, 9), field: numericField, bins: optional(fc.integer({ min: 1, max: 25 }), 6) })
const correlation = asking('correlation', { start: optional(step, 3), target: step, fields: fc.uniqueArray(split, { minLength: 1, maxLength: 4 }) })

/** Of each kind, about those days and around them. */
export function questionsAbout(days: readonly string[]): Record<Answerable['kind'], fc.Arbitrary<Answerable>> {
  const { hours, short, long } = rangesAbout(days)
  const any = fc.oneof({ weight: 3, arbitrary: short }, { weight: 2, arbitrary: long })
  return {
    trends: fc.oneof(
      { weight: 1, arbitrary: trendsOf(fc.constant('minute'), hours) },
      { weight: 4, arbitrary: trendsOf(fc.constantFrom('hour', 'day'), short) },
      { weight: 5, arbitrary: trendsOf(calendar, long) },
    ),
    funnel: funnel(any),
    retention: retention(any),
    paths: fc.tuple(paths(any), cut).map(([question, ends]) => ({ ...question, ...ends })),
    lifecycle: lifecycle(any),
    stickiness: stickiness(any),
    distribution: distribution(any),
    correlation: correlation(any),
  }
}
