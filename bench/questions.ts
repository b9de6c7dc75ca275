import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { DAY, iso } from '../server/src/base/time.ts'
import { compose, type Cairn } from '../server/src/compose.ts'
import { SECRET_KEY, temporaryFolder } from '../test/server.ts'
import { fill } from './fill.ts'
import { machine, median, rounded } from './measure.ts'

/**
 * Each kind of question over 30 of 60 days of one workspace, by `POST /api/query` and by SQL written by hand for the same tables, in turns in
 * one run; no answer is given twice. `npm run bench -- questions [--events 10000000] [--runs 9] [--data <folder>] [--only <part of a name>]`
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '9' },
    /** A folder that is filled once and used again. */
    data: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const [events, runs] = [Number(values.events), Number(values.runs)]

interface Case {
  name: string
  /** Milliseconds, p95, at 10 and at 100 million events. */
  bound: readonly [number, number]
  question: object
  /** Where `{rows}` stands for the workspace, the span and no bots. */
  byHand?: string
}
const uniques = [700, 2_000] as const
const quick = [300, 1_000] as const
const steps = [700, 5_000] as const
/** By the first 25 values and the rest. */
const topped = (value: string, aggregate: string, where: string, groups = 'day, value'): string =>
  `SELECT toDate(event_timestamp) AS day, if(${value} IN (SELECT ${value} FROM cairn.events WHERE {rows} AND ${where} GROUP BY 1 ORDER BY count() DESC LIMIT 25), ${value}, '') AS value, ${aggregate}
FROM cairn.events WHERE {rows} AND ${where} GROUP BY ${groups}`

const cases: readonly Case[] = [
  {
    name: 'trend by day',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }] },
    byHand: "SELECT toDate(event_timestamp) AS day, count() FROM cairn.events WHERE {rows} AND event_type = 'task_viewed' GROUP BY day",
  },
  {
    name: 'trend by day and metadata.plan',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }], breakdown: 'metadata.plan' },
    byHand: topped("ifNull(metadata.plan.:String, '')", 'count()', "event_type = 'task_viewed'"),
  },
  {
    name: 'trend by day and page',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'page_viewed' }], breakdown: 'url_path' },
    byHand: topped('url_path', 'count()', "event_type = 'page_viewed'"),
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
  },
  {
    name: 'trend by hour of any event',
    bound: quick,
    question: { kind: 'trends', series: [{ any: true }], interval: 'hour' },
    byHand: 'SELECT toStartOfHour(event_timestamp) AS hour, count() FROM cairn.events WHERE {rows} GROUP BY hour',
  },
  {
    name: 'people by day, any event',
    bound: uniques,
    question: { kind: 'trends', series: [{ any: true, math: 'unique_users' }] },
    byHand: 'SELECT toDate(event_timestamp) AS day, uniqExact(person_key) FROM cairn.events WHERE {rows} GROUP BY GROUPING SETS ((day), ())',
  },
  {
    name: 'people by day and metadata.plan, one type',
    bound: uniques,
    question: { kind: 'trends', series: [{ event: 'task_viewed', math: 'unique_users' }], breakdown: 'metadata.plan' },
    byHand: topped("ifNull(metadata.plan.:String, '')", 'uniqExact(person_key)', "event_type = 'task_viewed'", 'GROUPING SETS ((day, value), (value))'),
  },
  {
    name: '95th percentile of duration_ms by day',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed', math: 'p95:duration_ms' }] },
    byHand:
      "SELECT toDate(event_timestamp) AS day, quantileExactInclusive(0.95)(duration_ms) FROM cairn.events WHERE {rows} AND event_type = 'task_viewed' GROUP BY GROUPING SETS ((day), ())",
  },
  {
    name: 'three series and a formula',
    bound: quick,
    question: { kind: 'trends', series: [{ event: 'task_viewed' }, { event: 'task_commented' }, { category: 'project' }], formula: '(B + C) / A' },
    byHand:
      "SELECT toDate(event_timestamp) AS day, countIf(event_type = 'task_viewed'), countIf(event_type = 'task_commented'), countIf(event_category = 'project') FROM cairn.events WHERE {rows} AND (event_type IN ('task_viewed', 'task_commented') OR event_category = 'project') GROUP BY day",
  },
  {
    name: 'funnel of three steps',
    bound: steps,
    question: { kind: 'funnel', steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'project_opened' }] },
    byHand:
      "SELECT level, count() FROM (SELECT windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)), event_type = 'page_viewed', event_type = 'task_viewed', event_type = 'project_opened') AS level FROM cairn.events WHERE {rows} AND event_type IN ('page_viewed', 'task_viewed', 'project_opened') GROUP BY person_key) GROUP BY level",
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
  },
  {
    name: 'lifecycle by day, any event',
    bound: uniques,
    question: { kind: 'lifecycle' },
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
  },
  {
    name: 'distribution of duration_ms, any event',
    bound: quick,
    question: { kind: 'distribution', field: 'duration_ms' },
    byHand:
      'SELECT min(duration_ms), max(duration_ms), avg(duration_ms), quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(duration_ms) FROM cairn.events WHERE {rows}',
  },
  {
    name: 'paths of event types',
    bound: [1_500, 5_000],
    question: { kind: 'paths' },
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

console.log(machine())
const folder = values.data === undefined ? temporaryFolder() : { path: values.data, remove: () => undefined }
const start = (): Promise<Cairn> =>
  compose(readConfig({ CAIRN_DATA_DIR: folder.path, PORT: '0', CAIRN_SECRET_KEY: SECRET_KEY }), { log: makeLog('error'), clock: { now: () => Date.now() } })
if (!existsSync(join(folder.path, 'store'))) {
  await (await start()).close()
  const from = performance.now()
  await fill(folder.path, events)
  console.log(`${events} events filled in ${rounded((performance.now() - from) / 1_000)} s`)
}
const cairn = await start()
const url = await cairn.listen()
const { store } = cairn.store

/** Thirty days up to now; a second less each time, so that no answer is known. */
let asked = 0
const span = (): { from: string; to: string } => ({ from: iso(Date.now() - 30 * DAY + ++asked * 1_000), to: iso(Date.now()) })

async function ask(question: object): Promise<number> {
  const from = performance.now()
  const answer = await fetch(`${url}/api/query`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${SECRET_KEY}` },
    body: JSON.stringify({ ...question, ...span(), timezone: 'UTC' }),
  })
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${body}`)
  return performance.now() - from
}
async function askByHand(text: string): Promise<number> {
  const { from, to } = span()
  const rows = `workspace_id = 1 AND NOT is_bot AND event_timestamp >= parseDateTime64BestEffort('${from}', 3, 'UTC') AND event_timestamp < parseDateTime64BestEffort('${to}', 3, 'UTC')`
  const started = performance.now()
  await store.query({ text: text.replaceAll('{rows}', rows), params: {} })
  return performance.now() - started
}
const p95 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * 0.95))] ?? 0

for (const { name, question, byHand, bound } of cases.filter((one) => one.name.includes(values.only))) {
  await ask(question)
  const own: number[] = []
  const hand: number[] = []
  for (let i = 0; i < runs; i++) {
    own.push(await ask(question))
    if (byHand !== undefined) hand.push(await askByHand(byHand))
  }
  const beside =
    byHand === undefined
      ? ''
      : `; by hand ${rounded(median(hand))} ms: ${rounded(median(own) / median(hand), 2)} times, ${rounded(median(own) - median(hand))} ms more`
  console.log(`  ${name}: median ${rounded(median(own))} ms, p95 ${rounded(p95(own))} ms (asked for ${bound[events > 3e7 ? 1 : 0]})${beside}`)
}
await cairn.close()
folder.remove()
