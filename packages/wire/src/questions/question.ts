import Type, { type Static, type TSchema } from 'typebox'
import { flag, o, orNull, strict, text } from '../endpoint.ts'
import { BREAKDOWN, comparisons, FIELD, intervals, MATH, operatorNames, orders, rangeNames, retentionModes, subjects, WINDOW } from './vocabulary.ts'

/** Bodies of `POST /api/query`, one for each kind. docs/questions.md says what each means, to the letter. */

const field = (description: string) => Type.String({ pattern: FIELD, maxLength: 500, description })
const Value = Type.Union([Type.String({ maxLength: 4_096 }), Type.Number(), Type.Boolean()])
export const Condition = Type.Object(
  {
    field: o(field('A column of events, metadata.<path>, context.<path>, person.<trait>, entity.<attribute> or session.<field>; of cohorts none.')),
    op: Type.Enum(operatorNames),
    value: o(Type.Union([Value, Type.Array(Value, { maxItems: 1_000 })])),
  },
  strict,
)
const anyOrAll = <T extends TSchema>(inner: T) =>
  Type.Union([
    Type.Object({ any: Type.Array(inner, { minItems: 1, maxItems: 50 }) }, strict),
    Type.Object({ all: Type.Array(inner, { minItems: 1, maxItems: 50 }) }, strict),
  ])
const nested = <T extends TSchema>(inner: T) => Type.Union([Condition, anyOrAll(inner)])
/** Groups within groups, four deep. */
export const Filter = nested(nested(nested(nested(Condition))))
export const Filters = Type.Array(Filter, { maxItems: 50, description: 'All of them hold; {any: […]} and {all: […]} nest.' })
export type Condition = Static<typeof Condition>
export type Filter = Condition | { any: Filter[] } | { all: Filter[] }

export const Step = Type.Object(
  {
    event: o(text('An event type.', 200)),
    category: o(text('Every event of a category.', 100)),
    any: o(Type.Literal(true, { description: 'Every event.' })),
    filters: o(Filters),
    label: o(text('What it is called in the answer.', 200)),
  },
  { ...strict, description: 'Exactly one of event, category and any.' },
)
export type Step = Static<typeof Step>

export const Series = Type.Object(
  {
    ...Step.properties,
    math: o(
      Type.String({
        pattern: MATH,
        maxLength: 500,
        description: 'total (default), unique_users, unique_sessions, per_user, or unique, sum, avg, min, max, median, p90, p95, p99 with :<field>.',
      }),
    ),
  },
  strict,
)
export type Series = Static<typeof Series>

/** What a board may set for all of its widgets. */
export const rangeProperties = {
  from: o(text('First day (2026-12-01, inclusive) or moment.', 40)),
  to: o(text('Last day (inclusive) or moment (exclusive).', 40)),
  range: o(Type.Enum(rangeNames, { description: 'In place of from and to. Default 7d.' })),
  timezone: o(text('IANA time zone in which days are counted; the workspace’s where absent.', 64)),
}
const common = {
  ...rangeProperties,
  filters: o(Filters),
  sample: o(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Share of people that are looked at; counts are scaled up and no longer exact.' })),
  include_bots: flag('Count bots too.'),
  include_internal: flag('Count internal and test traffic too.'),
  explain: flag('Answer the SQL too.'),
}
const interval = o(Type.Enum([...intervals]))
const split = (description: string) => Type.String({ pattern: BREAKDOWN, maxLength: 500, description })
const breakdown = o(split('A field, or cohort.<id>. The first 25 values by events; the rest are one line, (other).'))
const seriesOf = (maxItems: number) => Type.Array(Series, { minItems: 1, maxItems })
const steps = (minItems: number, maxItems: number) => Type.Array(Step, { minItems, maxItems })

export const Trends = Type.Object(
  {
    kind: Type.Literal('trends'),
    ...common,
    series: seriesOf(10),
    interval,
    breakdown,
    compare: o(Type.Enum([...comparisons])),
    formula: o(text('Of the series A, B, …: + - * / and parentheses, such as A / B * 100; answered in their place.', 200)),
    cumulative: flag('Each interval with all before it.'),
    moving_average: o(Type.Integer({ minimum: 2, maximum: 90, description: 'Mean of so many intervals up to each.' })),
  },
  strict,
)
export const Funnel = Type.Object(
  {
    kind: Type.Literal('funnel'),
    ...common,
    steps: steps(2, 20),
    window: o(Type.String({ pattern: WINDOW, description: 'From the first step to the last: 30s, 15m, 2h, 7d (default), 4w.' })),
    order: o(Type.Enum([...orders])),
    by: o(Type.Enum([...subjects])),
    exclude: o(steps(1, 10)),
    breakdown,
  },
  strict,
)
export const Retention = Type.Object(
  {
    kind: Type.Literal('retention'),
    ...common,
    start: Step,
    return: Step,
    interval: o(Type.Enum(['day', 'week', 'month'])),
    periods: o(Type.Integer({ minimum: 1, maximum: 60, description: 'Periods after the cohort’s own; default 8.' })),
    mode: o(Type.Enum([...retentionModes])),
  },
  strict,
)
export const Paths = Type.Object(
  {
    kind: Type.Literal('paths'),
    ...common,
    start: o(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Step])),
    end: o(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Step])),
    depth: o(Type.Integer({ minimum: 1, maximum: 10, description: 'Steps after the start, or before the end; default 5.' })),
    field: o(Type.Enum(['event_type', 'url_path'])),
    top: o(Type.Integer({ minimum: 1, maximum: 50, description: 'Nodes of each depth that are shown by themselves; default 10.' })),
  },
  strict,
)
export const Lifecycle = Type.Object(
  { kind: Type.Literal('lifecycle'), ...common, series: o(steps(1, 1)), interval: o(Type.Enum(['day', 'week', 'month'])) },
  strict,
)
export const Stickiness = Type.Object(
  { kind: Type.Literal('stickiness'), ...common, series: o(steps(1, 10)), interval: o(Type.Enum(['day', 'week', 'month'])) },
  strict,
)
export const Distribution = Type.Object(
  {
    kind: Type.Literal('distribution'),
    ...common,
    series: o(steps(1, 1)),
    field: field('A number.'),
    bins: o(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 20.' })),
  },
  strict,
)
export const Correlation = Type.Object(
  {
    kind: Type.Literal('correlation'),
    ...common,
    start: o(Step),
    target: Step,
    fields: Type.Array(split('A field, or cohort.<id>, whose values are held against converting.'), { minItems: 1, maxItems: 20 }),
  },
  strict,
)
export const SqlQuestion = Type.Object(
  {
    kind: Type.Literal('sql'),
    ...rangeProperties,
    query: Type.String({ minLength: 1, maxLength: 20_000, description: 'One SELECT over the tables named in docs/questions.md.' }),
    limit: o(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Rows to answer; default 1,000.' })),
    explain: flag('Answer the SQL too.'),
  },
  strict,
)

/** By the value of `kind`. */
export const questions = {
  trends: Trends,
  funnel: Funnel,
  retention: Retention,
  paths: Paths,
  lifecycle: Lifecycle,
  stickiness: Stickiness,
  distribution: Distribution,
  correlation: Correlation,
  sql: SqlQuestion,
} as const
export type QuestionKind = keyof typeof questions
export type QuestionOf<K extends QuestionKind> = Static<(typeof questions)[K]>
export type Question = { [K in QuestionKind]: QuestionOf<K> }[QuestionKind]
export const questionSchema = Type.Union(
  Object.values(questions) as [
    typeof Trends,
    typeof Funnel,
    typeof Retention,
    typeof Paths,
    typeof Lifecycle,
    typeof Stickiness,
    typeof Distribution,
    typeof Correlation,
    typeof SqlQuestion,
  ],
)

/** One figure of an answer, by its place in it; nothing named is the whole. */
export const Figure = Type.Object(
  {
    series: o(Type.Integer({ minimum: 0, description: 'Of several, counted from 0.' })),
    breakdown: o(text('A value of the breakdown as it is answered, (none) and (other) too.', 4_096)),
    column: o(text('An entry of columns.', 40)),
    compare: flag('Of the span that is compared with.'),
    step: o(Type.Integer({ minimum: 1, description: 'Of a funnel: who reached it.' })),
    dropped: flag('Of a funnel: who reached the step and not the next.'),
    cohort: o(text('Of retention: start of a cohort.', 40)),
    period: o(Type.Integer({ minimum: 0, description: 'Of retention: who returned in it; without it the cohort itself.' })),
    node: o(text('Of paths: id of a node.', 4_096)),
    link: o(Type.Object({ source: text('', 4_096), target: text('', 4_096) }, strict)),
    state: o(text('Of lifecycle: new, returning, resurrecting or dormant. Of correlation: converted or not_converted.', 20)),
    bin: o(Type.Integer({ minimum: 0, description: 'Of distribution.' })),
  },
  strict,
)
export type Figure = Static<typeof Figure>

const count = Type.Integer()
const number = orNull(Type.Number())
const Columns = Type.Array(Type.String(), { description: 'Starts of intervals on the zone’s clock: 2026-10-01, or 2026-10-01T14:00:00+02:00.' })
export const Meta = Type.Object({
  from: Type.String(),
  to: Type.String({ description: 'Exclusive.' }),
  timezone: Type.String(),
  interval: orNull(Type.String()),
  rows_read: count,
  elapsed_ms: Type.Number(),
  cached: Type.Boolean(),
  generated_at: Type.String(),
  sampled: Type.Boolean(),
  exact: Type.Boolean(),
  error_bound: number,
  identity: Type.String(),
  bots: Type.Enum(['excluded', 'included']),
  internal: Type.Enum(['excluded', 'included']),
  fresh_to: Type.String(),
  definition: Type.String(),
})
const answerOf = <K extends string, T extends Record<string, TSchema>>(kind: K, properties: T) =>
  Type.Object({ kind: Type.Literal(kind), ...properties, meta: Meta, sql: o(Type.String()) })
const Line = Type.Object({ label: Type.String(), breakdown: orNull(Type.String()), values: Type.Array(number), total: number })
const FunnelStep = Type.Object({
  label: Type.String(),
  count: Type.Number(),
  conversion_from_start: number,
  conversion_from_previous: number,
  median_seconds: number,
  p90_seconds: number,
})

export const answers = {
  trends: answerOf('trends', { columns: Columns, series: Type.Array(Line), compare: o(Type.Object({ columns: Columns, series: Type.Array(Line) })) }),
  funnel: answerOf('funnel', { steps: Type.Array(FunnelStep), breakdowns: Type.Array(Type.Object({ value: Type.String(), steps: Type.Array(FunnelStep) })) }),
  retention: answerOf('retention', {
    cohorts: Type.Array(
      Type.Object({ start: Type.String(), size: Type.Number(), values: Type.Array(number, { description: 'People; null for a period that has not begun.' }) }),
    ),
    average: Type.Array(number, { description: 'Share of the cohorts that have had the period, all their people together: 0 to 1.' }),
  }),
  paths: answerOf('paths', {
    nodes: Type.Array(Type.Object({ id: Type.String(), label: Type.String(), depth: count, count: Type.Number() })),
    links: Type.Array(Type.Object({ source: Type.String(), target: Type.String(), count: Type.Number() })),
  }),
  lifecycle: answerOf('lifecycle', { columns: Columns, series: Type.Array(Line) }),
  stickiness: answerOf('stickiness', { columns: Type.Array(Type.String(), { description: 'Numbers of intervals: 1, 2, …' }), series: Type.Array(Line) }),
  distribution: answerOf('distribution', {
    bins: Type.Array(Type.Object({ from: Type.Number(), to: Type.Number(), count: Type.Number() })),
    count: Type.Number(),
    missing: Type.Number(),
    min: number,
    max: number,
    mean: number,
    median: number,
    p90: number,
    p95: number,
    p99: number,
  }),
  correlation: answerOf('correlation', {
    people: Type.Number(),
    converted: Type.Number(),
    properties: Type.Array(
      Type.Object({
        field: Type.String(),
        value: Type.String(),
        converted: count,
        not_converted: count,
        odds_ratio: number,
        low: number,
        high: number,
      }),
    ),
  }),
  sql: answerOf('sql', {
    columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
    rows: Type.Array(Type.Array(Type.Unknown())),
    truncated: Type.Boolean(),
  }),
} as const
export type AnswerTo<K extends QuestionKind> = Omit<Static<(typeof answers)[K]>, 'meta' | 'sql'>
export type Meta = Static<typeof Meta>
export const answerSchema = Type.Union(Object.values(answers) as [(typeof answers)['trends'], ...TSchema[]])
