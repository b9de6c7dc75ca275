/**
 * What a question may name. Checks, OpenAPI, the explorer's menus and docs/questions.md are made from these tables.
 * A field that is missing, and an event column that is empty, is `(none)`.
 */
export const NONE = '(none)'
/** The values of a breakdown beyond the first TOP_VALUES. */
export const OTHER = '(other)'
export const TOP_VALUES = 25

type Kind = 'text' | 'number' | 'boolean'
interface Field {
  kind: Kind
  label: string
}
const text = (label: string): Field => ({ kind: 'text', label })

/** Columns of an event. Beside them `metadata.<path>`, `context.<path>`, `person.<trait>`, `entity.<attribute>` and `session.<field>`. */
export const eventFields = {
  event_type: text('Event type'),
  event_category: text('Category'),
  event_action: text('Action'),
  entity_type: text('Entity type'),
  entity_id: text('Entity'),
  user_id: text('User'),
  anonymous_id: text('Anonymous id'),
  session_id: text('Session'),
  device_type: text('Device'),
  browser: text('Browser'),
  os: text('Operating system'),
  country: text('Country'),
  url_path: text('Page'),
  referrer_domain: text('Referrer'),
  channel: text('Channel'),
  utm_source: text('UTM source'),
  utm_medium: text('UTM medium'),
  utm_campaign: text('UTM campaign'),
  utm_term: text('UTM term'),
  utm_content: text('UTM content'),
  source: text('Source'),
  tracker: text('Tracker'),
  duration_ms: { kind: 'number', label: 'Duration (ms)' },
} as const satisfies Record<string, Field>
export type EventField = keyof typeof eventFields

/** Of the session that an event belongs to. */
export const sessionFields = {
  entry_path: text('Entry page'),
  exit_path: text('Exit page'),
  duration_seconds: { kind: 'number', label: 'Length (s)' },
  events: { kind: 'number', label: 'Events' },
  page_views: { kind: 'number', label: 'Page views' },
} as const satisfies Record<string, Field>
export type SessionField = keyof typeof sessionFields

/** Where a field that is no column of an event is found. */
export const prefixes = ['metadata', 'context', 'person', 'entity', 'session'] as const
export type Prefix = (typeof prefixes)[number]
export const FIELD = `^(?:${Object.keys(eventFields).join('|')}|(?:${prefixes.join('|')})\\.[\\s\\S]+)$`

/** A field, or a cohort by its id: whether the person is in it, `true` or `false`. */
export const BREAKDOWN = `${FIELD.slice(0, -2)}|cohort\\.[0-9a-fA-F-]{36})$`

/** How many values an operator takes. The `not_` ones and `neq` hold exactly where their opposite does not, so also where the field is missing. */
export const operators = {
  eq: { values: 'one', label: 'is' },
  neq: { values: 'one', label: 'is not' },
  in: { values: 'list', label: 'is one of' },
  not_in: { values: 'list', label: 'is none of' },
  contains: { values: 'one', label: 'contains' },
  not_contains: { values: 'one', label: 'does not contain' },
  starts_with: { values: 'one', label: 'starts with' },
  ends_with: { values: 'one', label: 'ends with' },
  regex: { values: 'one', label: 'matches' },
  in_cohort: { values: 'cohort', label: 'is in cohort' },
  not_in_cohort: { values: 'cohort', label: 'is not in cohort' },
  gt: { values: 'one', label: '>' },
  gte: { values: 'one', label: '≥' },
  lt: { values: 'one', label: '<' },
  lte: { values: 'one', label: '≤' },
  between: { values: 'pair', label: 'is between' },
  exists: { values: 'none', label: 'is set' },
  not_exists: { values: 'none', label: 'is not set' },
} as const satisfies Record<string, { values: 'one' | 'list' | 'pair' | 'cohort' | 'none'; label: string }>
export type Operator = keyof typeof operators
export const operatorNames = Object.keys(operators) as Operator[]

/** What is counted of the events of a series: alone, or as `name:<field>`. */
export const counts = {
  total: 'Events',
  unique_users: 'People',
  unique_sessions: 'Sessions',
  per_user: 'Events per person',
} as const
export const measures = {
  unique: 'Different values of',
  sum: 'Sum of',
  avg: 'Mean of',
  min: 'Least',
  max: 'Greatest',
  median: 'Median of',
  p90: '90th percentile of',
  p95: '95th percentile of',
  p99: '99th percentile of',
} as const
export type Count = keyof typeof counts
export type Measure = keyof typeof measures
export const MATH = `^(?:${Object.keys(counts).join('|')}|(?:${Object.keys(measures).join('|')}):(?:${Object.keys(eventFields).join('|')}|(?:${prefixes.join('|')})\\.[\\s\\S]+))$`

export const intervals = ['minute', 'hour', 'day', 'week', 'month'] as const
export type Interval = (typeof intervals)[number]

/** Ranges by name, all on the zone's calendar; `m` and `h` run up to now, days and months include today, and `to` is the end of today unless the range is a whole period. */
export const ranges = {
  '30m': 'Last 30 minutes',
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  today: 'Today',
  yesterday: 'Yesterday',
  '7d': 'Last 7 days',
  '28d': 'Last 28 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '12m': 'Last 12 months',
  week: 'This week',
  month: 'This month',
  mtd: 'Month to date',
  last_month: 'Last month',
  quarter: 'This quarter',
  ytd: 'Year to date',
  year: 'This year',
  last_year: 'Last year',
  all: 'All time',
} as const
export type RangeName = keyof typeof ranges
export const rangeNames = Object.keys(ranges) as RangeName[]

export const comparisons = ['previous', 'year'] as const
export const orders = ['ordered', 'strict', 'unordered'] as const
export const subjects = ['person', 'session', 'entity'] as const
export const retentionModes = ['first_time', 'recurring'] as const
export const lifecycleStates = ['new', 'returning', 'resurrecting', 'dormant'] as const
/** A span such as 30s, 15m, 2h, 7d or 4w. */
export const WINDOW = '^[1-9][0-9]{0,5}[smhdw]$'
