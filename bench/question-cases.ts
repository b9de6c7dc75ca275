/** A question, the bounds it has, and what it is held against. */
export interface Case {
  name: string
  /** Milliseconds, p95, at 10 and at 100 million events. */
  bound: readonly [number, number]
  question: object
  /** Where `{rows}` stands for the workspace, the span, and neither bots nor internal traffic. */
  byHand?: string
  /** As somebody asks it of the table of `peer.ts` on Postgres, where `{rows}` stands for the same. */
  peer?: string
}
const uniques = [700, 2_000] as const
const quick = [300, 1_000] as const
const steps = [700, 5_000] as const
/** By the first 25 values and the rest. */
const topped = (value: string, aggregate: string, where: string, groups = 'day, value'): string =>
  `SELECT toDate(event_timestamp) AS day, if(${value} IN (SELECT ${value} FROM cairn.events WHERE {rows} AND ${where} GROUP BY 1 ORDER BY count() DESC LIMIT 25), ${value}, '') AS value, ${aggregate}
FROM cairn.events WHERE {rows} AND ${where} GROUP BY ${groups}`

export const cases: readonly Case[] = [
  {
    name: 'trend by day',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }] },
    byHand: "SELECT toDate(event_timestamp) AS day, count() FROM cairn.events WHERE {rows} AND event_type = 'task_viewed' GROUP BY day",
    peer: "SELECT date_trunc('day', created_at) AS day, count(*) FROM events WHERE {rows} AND event_type = 'task_viewed' GROUP BY 1",
  },
  {
    name: 'trend by day and metadata.plan',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }], breakdown: 'metadata.plan' },
    byHand: topped("ifNull(metadata.plan.:String, '')", 'count()', "event_type = 'task_viewed'"),
    peer: "SELECT date_trunc('day', created_at) AS day, metadata->>'plan' AS value, count(*) FROM events WHERE {rows} AND event_type = 'task_viewed' GROUP BY 1, 2",
  },
  {
    name: 'trend by day and page',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'page_viewed' }], breakdown: 'url_path' },
    byHand: topped('url_path', 'count()', "event_type = 'page_viewed'"),
    peer: "WITH top AS (SELECT url_path FROM events WHERE {rows} AND event_type = 'page_viewed' GROUP BY 1 ORDER BY count(*) DESC LIMIT 25) SELECT date_trunc('day', created_at) AS day, CASE WHEN url_path IN (SELECT url_path FROM top) THEN url_path END AS value, count(*) FROM events WHERE {rows} AND event_type = 'page_viewed' GROUP BY 1, 2",
  },
  {
    name: 'trend of any event with two filters',
    bound: quick,
    question: {
      kind: 'trends',
      series: [{ any: true }],
      filters: [
        { field: 'metadata.plan', op: 'eq', value: 'team' },
        { field: 'metadata.value', op: 'gt', value: 500 },
      ],
    },
    byHand:
      "SELECT toDate(event_timestamp) AS day, count() FROM cairn.events WHERE {rows} AND metadata.plan.:String = 'team' AND metadata.value.:Int64 > 500 GROUP BY day",
    peer: "SELECT date_trunc('day', created_at) AS day, count(*) FROM events WHERE {rows} AND metadata->>'plan' = 'team' AND (metadata->>'value')::numeric > 500 GROUP BY 1",
  },
  {
    name: 'trend by hour of any event',
    bound: quick,
    question: { kind: 'trends', series: [{ any: true }], interval: 'hour' },
    byHand: 'SELECT toStartOfHour(event_timestamp) AS hour, count() FROM cairn.events WHERE {rows} GROUP BY hour',
    peer: "SELECT date_trunc('hour', created_at) AS hour, count(*) FROM events WHERE {rows} GROUP BY 1",
  },
  {
    name: 'people by day, any event',
    bound: uniques,
    question: { kind: 'trends', series: [{ any: true, math: 'unique_users' }] },
    byHand: 'SELECT toDate(event_timestamp) AS day, uniqExact(person_key) FROM cairn.events WHERE {rows} GROUP BY GROUPING SETS ((day), ())',
    peer: "SELECT date_trunc('day', created_at) AS day, count(DISTINCT user_id) FROM events WHERE {rows} GROUP BY GROUPING SETS ((1), ())",
  },
  {
    name: 'people by day and metadata.plan, one type',
    bound: uniques,
    question: { kind: 'trends', series: [{ event: 'task_viewed', math: 'unique_users' }], breakdown: 'metadata.plan' },
    byHand: topped("ifNull(metadata.plan.:String, '')", 'uniqExact(person_key)', "event_type = 'task_viewed'", 'GROUPING SETS ((day, value), (value))'),
    peer: "SELECT date_trunc('day', created_at) AS day, metadata->>'plan' AS value, count(DISTINCT user_id) FROM events WHERE {rows} AND event_type = 'task_viewed' GROUP BY GROUPING SETS ((1, 2), (2))",
  },
  {
    name: '95th percentile of duration_ms by day',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed', math: 'p95:duration_ms' }] },
    byHand:
      "SELECT toDate(event_timestamp) AS day, quantileExactInclusive(0.95)(duration_ms) FROM cairn.events WHERE {rows} AND event_type = 'task_viewed' GROUP BY GROUPING SETS ((day), ())",
    peer: "SELECT date_trunc('day', created_at) AS day, percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FROM events WHERE {rows} AND event_type = 'task_viewed' GROUP BY GROUPING SETS ((1), ())",
  },
  {
    name: 'three series and a formula',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }, { event: 'task_commented' }, { category: 'project' }], formula: '(B + C) / A' },
    byHand:
      "SELECT toDate(event_timestamp) AS day, countIf(event_type = 'task_viewed'), countIf(event_type = 'task_commented'), countIf(event_category = 'project') FROM cairn.events WHERE {rows} AND (event_type IN ('task_viewed', 'task_commented') OR event_category = 'project') GROUP BY day",
    peer: "SELECT date_trunc('day', created_at) AS day, count(*) FILTER (WHERE event_type = 'task_viewed'), count(*) FILTER (WHERE event_type = 'task_commented'), count(*) FILTER (WHERE event_category = 'project') FROM events WHERE {rows} AND (event_type IN ('task_viewed', 'task_commented') OR event_category = 'project') GROUP BY 1",
  },
  {
    name: 'funnel of three steps',
    bound: steps,
    question: { kind: 'funnel', steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'project_opened' }] },
    byHand:
      "SELECT level, count() FROM (SELECT windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)), event_type = 'page_viewed', event_type = 'task_viewed', event_type = 'project_opened') AS level FROM cairn.events WHERE {rows} AND event_type IN ('page_viewed', 'task_viewed', 'project_opened') GROUP BY person_key) GROUP BY level",
    peer: `WITH one AS (SELECT user_id, created_at FROM events WHERE {rows} AND event_type = 'page_viewed'),
two AS (SELECT DISTINCT e.user_id, e.created_at FROM one JOIN events e ON e.user_id = one.user_id AND e.created_at BETWEEN one.created_at AND one.created_at + interval '7 days' WHERE {rows:e} AND e.event_type = 'task_viewed'),
three AS (SELECT DISTINCT e.user_id FROM two JOIN events e ON e.user_id = two.user_id AND e.created_at BETWEEN two.created_at AND two.created_at + interval '7 days' WHERE {rows:e} AND e.event_type = 'project_opened')
SELECT (SELECT count(DISTINCT user_id) FROM one), (SELECT count(DISTINCT user_id) FROM two), (SELECT count(*) FROM three)`,
  },
  {
    name: 'funnel, unordered, with an exclusion and a breakdown',
    bound: steps,
    question: {
      kind: 'funnel',
      order: 'unordered',
      steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'project_opened' }],
      exclude: [{ event: 'task_rejected' }],
      breakdown: 'device_type',
    },
  },
  {
    name: 'funnel, strict',
    bound: steps,
    question: { kind: 'funnel', order: 'strict', steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'project_opened' }] },
  },
  {
    name: 'funnel of sessions',
    bound: steps,
    question: { kind: 'funnel', by: 'session', steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'project_opened' }] },
  },
  {
    name: 'retention by day, first time, of one type to any',
    bound: steps,
    question: { kind: 'retention', start: { event: 'task_assigned' }, return: { any: true } },
  },
  {
    name: 'retention by day, any event',
    bound: steps,
    question: { kind: 'retention', mode: 'recurring', start: { any: true }, return: { any: true } },
  },
  {
    name: 'retention by week, one type to another',
    bound: steps,
    question: { kind: 'retention', mode: 'recurring', interval: 'week', start: { event: 'page_viewed' }, return: { event: 'task_viewed' } },
    peer: `WITH began AS (SELECT DISTINCT user_id, date_trunc('week', created_at) AS week FROM events WHERE {rows} AND event_type = 'page_viewed'),
came AS (SELECT DISTINCT user_id, date_trunc('week', created_at) AS week FROM events WHERE {rows} AND event_type = 'task_viewed')
SELECT began.week, (extract(epoch FROM came.week - began.week) / 604800)::int AS later, count(*) FROM began JOIN came ON came.user_id = began.user_id AND came.week >= began.week GROUP BY 1, 2`,
  },
  {
    name: 'lifecycle by day, any event',
    bound: uniques,
    question: { kind: 'lifecycle' },
    peer: `WITH days AS (SELECT DISTINCT user_id, date_trunc('day', created_at) AS day FROM events WHERE {rows}),
seen AS (SELECT user_id, min(created_at) AS first FROM events WHERE workspace_id = 1 AND NOT is_bot GROUP BY 1),
beside AS (SELECT user_id, day, lag(day) OVER w AS before, lead(day) OVER w AS after FROM days WINDOW w AS (PARTITION BY user_id ORDER BY day))
SELECT day, count(*) FILTER (WHERE date_trunc('day', first) = day), count(*) FILTER (WHERE before = day - interval '1 day'), count(*) FILTER (WHERE date_trunc('day', first) < day AND before IS DISTINCT FROM day - interval '1 day'),
count(*) FILTER (WHERE after IS DISTINCT FROM day + interval '1 day') FROM beside JOIN seen USING (user_id) GROUP BY 1`,
  },
  {
    name: 'lifecycle by day, one type',
    bound: uniques,
    question: { kind: 'lifecycle', series: [{ event: 'task_viewed' }] },
  },
  {
    name: 'stickiness by day, any event',
    bound: uniques,
    question: { kind: 'stickiness' },
    byHand: 'SELECT days, count() FROM (SELECT uniqExact(toDate(event_timestamp)) AS days FROM cairn.events WHERE {rows} GROUP BY person_key) GROUP BY days',
    peer: "SELECT days, count(*) FROM (SELECT count(DISTINCT date_trunc('day', created_at)) AS days FROM events WHERE {rows} GROUP BY user_id) AS each GROUP BY 1",
  },
  {
    name: 'distribution of duration_ms, any event',
    bound: quick,
    question: { kind: 'distribution', field: 'duration_ms' },
    byHand:
      'SELECT min(duration_ms), max(duration_ms), avg(duration_ms), quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(duration_ms) FROM cairn.events WHERE {rows}',
    peer: 'SELECT min(duration_ms), max(duration_ms), avg(duration_ms), percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_ms) FROM events WHERE {rows}',
  },
  {
    name: 'paths of event types',
    bound: [1_500, 5_000],
    question: { kind: 'paths' },
    peer: `WITH steps AS (SELECT session_id, event_type, row_number() OVER (PARTITION BY session_id ORDER BY created_at) AS n FROM events WHERE {rows})
SELECT e1, e2, e3, e4, e5, count(*) FROM (SELECT max(event_type) FILTER (WHERE n = 1) AS e1, max(event_type) FILTER (WHERE n = 2) AS e2, max(event_type) FILTER (WHERE n = 3) AS e3, max(event_type) FILTER (WHERE n = 4) AS e4, max(event_type) FILTER (WHERE n = 5) AS e5
FROM steps WHERE n <= 5 GROUP BY session_id) AS walks GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC LIMIT 100`,
  },
  {
    name: 'paths of pages from a start',
    bound: [1_500, 5_000],
    question: { kind: 'paths', field: 'url_path', start: 'page_viewed' },
  },
  {
    name: 'correlation of 20 fields',
    bound: [5_000, 25_000],
    question: {
      kind: 'correlation',
      start: { event: 'page_viewed' },
      target: { event: 'goal_completed' },
      fields: [
        ...['event_type', 'event_category', 'event_action', 'entity_type', 'device_type', 'browser', 'os', 'channel', 'source', 'tracker'],
        ...[
          'country',
          'utm_source',
          'utm_medium',
          'utm_campaign',
          'referrer_domain',
          'metadata.plan',
          'url_path',
          'entity_id',
          'person.team',
          'session.events',
        ],
      ],
    },
  },
  {
    name: 'sql: people by day',
    bound: uniques,
    question: { kind: 'sql', query: 'SELECT toDate(event_timestamp) AS day, uniqExact(person_key) FROM events WHERE NOT is_bot GROUP BY day' },
    byHand: 'SELECT toDate(event_timestamp) AS day, uniqExact(person_key) FROM cairn.events WHERE {rows} GROUP BY day',
  },
  {
    name: 'sql: events by a path',
    bound: uniques,
    question: { kind: 'sql', query: "SELECT metadata.plan AS plan, count() FROM events WHERE event_type = 'task_viewed' AND NOT is_bot GROUP BY plan" },
    byHand:
      "SELECT metadata.plan AS plan, count() FROM cairn.events WHERE {rows} AND event_type = 'task_viewed' GROUP BY plan SETTINGS allow_suspicious_types_in_group_by = 1",
  },
  {
    name: 'sql: one day of a type',
    bound: quick,
    question: {
      kind: 'sql',
      query:
        "SELECT toHour(event_timestamp) AS hour, count() FROM events WHERE event_type = 'task_viewed' AND event_timestamp > now() - INTERVAL 1 DAY GROUP BY hour",
    },
  },
  {
    name: 'sql: a join of people and events',
    bound: [5_000, 20_000],
    question: {
      kind: 'sql',
      query:
        "SELECT p.country, uniqExact(person_key) FROM events AS e JOIN people AS p USING (person_key) WHERE e.event_type = 'task_viewed' GROUP BY p.country",
    },
  },
  {
    name: 'sql: sessions by length',
    bound: [5_000, 20_000],
    question: { kind: 'sql', query: 'SELECT duration_seconds > 600 AS long, count(), avg(events) FROM sessions GROUP BY long' },
  },
]
