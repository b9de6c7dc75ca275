import type { Dialect, Table, View } from '../dialect.ts'
import type { Migration } from '../migrate.ts'

/**
 * Sessions: what is known of each from its events (`sessions` and `session_details`, which views fill in the same insert), what was told of them by other means
 * (`session_records`: log-ins, their ends, signs of life), and the runs of events that came without a session_id (`gap_sessions`).
 * Costs one pass over the events that are there, in slices that fit a query's memory; 10 million take about half a minute.
 *
 * `gap_sessions` holds one row for each person and UTC day: the runs of that day, parted by the gaps within it. A row follows from the events of
 * its day alone, whatever came before it; runs that meet over midnight are joined when they are read. `counted` is its version: the row that
 * knows more events is the later one.
 */
const word = 'LowCardinality(String)'
const moment = "DateTime64(3, 'UTC')"
/**
 * Place of an event among others as one number, which costs a sixth of comparing tuples: its moment, its number, when it was received, its id. The
 * numbers of one source that are told apart end at 2^32.
 */
const placeOf = `bitShiftLeft(toUInt256(toUnixTimestamp64Milli(event_timestamp) + 70368744177664), 208)
    + bitShiftLeft(toUInt256(least(ifNull(seq, 0), 4294967295)), 176) + bitShiftLeft(toUInt256(toUnixTimestamp64Milli(received_at)), 128) + toUInt256(reinterpretAsUInt128(event_id))`
const device = ['device_type', 'browser', 'os', 'country'] as const
const origin = ['referrer_domain', 'channel', 'utm_source', 'utm_medium', 'utm_campaign'] as const
const deviceOf = `CAST(tuple(${device.join()}), 'Tuple(String, String, String, String)')`
const originOf = `CAST(tuple(${origin.join()}), 'Tuple(String, String, String, String, String)')`
/** Texts in one, which states hold for less; parted by what no text has. */
const inOne = (columns: readonly string[]): string => `CAST(concat(${columns.join(", '\\0', ")}), 'String')`
export const partsOf = (column: string): string => `splitByChar('\\0', ${column})`
/** The second name is that of imports. */
const isPageView = "event_type IN ('page_viewed', 'page_view')"

/** What every figure is made of: read for many sessions at once. */
const sessions: Table = {
  name: 'sessions',
  columns: `
  workspace_id UInt32, session_key UInt64, is_bot Bool,
  started_at SimpleAggregateFunction(min, ${moment}), last_at SimpleAggregateFunction(max, ${moment}),
  events SimpleAggregateFunction(sum, UInt64), page_views SimpleAggregateFunction(sum, UInt64),
  person_keys SimpleAggregateFunction(groupUniqArrayArray, Array(UInt64)),
  INDEX by_person person_keys TYPE bloom_filter(0.01) GRANULARITY 1`,
  engine: 'AggregatingMergeTree',
  orderBy: '(workspace_id, session_key, is_bot)',
  shardBy: 'cityHash64(workspace_id, session_key)',
}
/** What is shown of one: wide, and read for a page of them. */
const details: Table = {
  name: 'session_details',
  columns: `
  workspace_id UInt32, session_key UInt64, is_bot Bool, session_id SimpleAggregateFunction(any, String),
  user AggregateFunction(argMaxIf, String, UInt256, UInt8), anonymous AggregateFunction(argMaxIf, String, UInt256, UInt8),
  device AggregateFunction(argMax, String, UInt256), origin AggregateFunction(argMin, String, UInt256),
  entry AggregateFunction(argMinIf, String, UInt256, UInt8), exit AggregateFunction(argMaxIf, String, UInt256, UInt8)`,
  engine: 'AggregatingMergeTree',
  orderBy: '(workspace_id, session_key, is_bot)',
  // Fifty sessions of a page lie anywhere in the table. One table for both was twice as slow to count or three times as slow to show.
  granularity: 256,
  shardBy: 'cityHash64(workspace_id, session_key)',
}

/** Rows out of events, as the views make them; `{from}` stands for the table, `where` narrows it. */
export const sessionsOfEvents = (where = ''): string => `SELECT workspace_id, session_key, is_bot,
  min(event_timestamp) AS started_at, max(event_timestamp) AS last_at, count() AS events, countIf(${isPageView}) AS page_views, groupUniqArray(person_key) AS person_keys
FROM {from} WHERE session_key != 0${where} GROUP BY workspace_id, session_key, is_bot`
export const detailsOfEvents = (where = ''): string => `SELECT workspace_id, session_key, is_bot, any(session_id) AS session_id,
  argMaxIfState(user_id, (${placeOf}) AS place, user_id != '') AS user, argMaxIfState(anonymous_id, place, anonymous_id != '') AS anonymous,
  argMaxState(${inOne(device)}, place) AS device, argMinState(${inOne(origin)}, place) AS origin,
  argMinIfState(url_path, place, url_path != '') AS entry, argMaxIfState(url_path, place, url_path != '') AS exit
FROM {from} WHERE session_key != 0${where} GROUP BY workspace_id, session_key, is_bot`

const views: readonly View[] = [
  { name: 'sessions_seen', to: 'sessions', from: 'events', select: sessionsOfEvents() },
  { name: 'session_details_seen', to: 'session_details', from: 'events', select: detailsOfEvents() },
]

/** A gap over this many milliseconds parts two sessions; a gap of as many does not. */
export const GAP_MS = 1_800_000
export const DAY_MS = 86_400_000

/** Rows of `gap_sessions` out of events. */
export const gapsOfEvents = (
  where = '',
): string => `SELECT workspace_id, day, person_key, is_bot, rows[1].6 AS user_id, arrayLast(id -> id != '', rows.7) AS anonymous_id,
  length(rows) AS counted,
  arrayMap(run -> run[1].1, runs) AS starts, arrayMap(run -> run[-1].1, runs) AS ends, arrayMap(run -> length(run), runs) AS events,
  arrayMap(run -> countEqual(run.9, 1), runs) AS page_views,
  arrayMap(run -> arrayFirst(path -> path != '', run.8), runs) AS entries, arrayMap(run -> arrayLast(path -> path != '', run.8), runs) AS exits,
  arrayMap(run -> run[1].10, runs) AS origins, arrayMap(run -> run[-1].5, runs) AS devices
FROM (
  SELECT workspace_id, day, person_key, is_bot, rows,
    arraySplit((row, gap) -> gap > ${GAP_MS}, rows, arrayDifference(arrayMap(at -> toUnixTimestamp64Milli(at), rows.1))) AS runs
  FROM (
    SELECT workspace_id, toInt32(floor(toUnixTimestamp64Milli(event_timestamp) / ${DAY_MS})) AS day, person_key, is_bot,
      arraySort(groupArray((event_timestamp, ifNull(seq, 0), received_at, event_id, ${deviceOf}, user_id, anonymous_id, url_path, ${isPageView}, ${originOf}))) AS rows
    FROM {from} WHERE session_key = 0${where}
    GROUP BY workspace_id, day, person_key, is_bot))`

const gapSessions: Table = {
  name: 'gap_sessions',
  columns: `
  workspace_id UInt32, day Int32, person_key UInt64, is_bot Bool, user_id String, anonymous_id String, counted UInt64,
  starts Array(${moment}), ends Array(${moment}), events Array(UInt64), page_views Array(UInt64), entries Array(String), exits Array(String),
  origins Array(Tuple(String, String, String, String, String)), devices Array(Tuple(String, String, String, String))`,
  engine: 'ReplacingMergeTree',
  engineArguments: 'counted',
  partitionBy: 'intDiv(day, 32)',
  orderBy: '(workspace_id, day, person_key, is_bot)',
  granularity: 1024,
  shardBy: 'cityHash64(workspace_id, person_key)',
}

/** So many that a slice of 100 million events fits the memory of one query. */
const SLICES = 32

const backfill = (d: Dialect, table: string, select: (where: string) => string, key: string): string[] =>
  Array.from(
    { length: SLICES },
    (_, slice) =>
      `INSERT INTO ${d.database}.${table} ${select(` AND ${key} % ${SLICES} = ${slice}`).replace('{from}', `${d.database}.events`)} SETTINGS distributed_foreground_insert = 1`,
  )

export const sessionTables: Migration = {
  name: '0005_sessions',
  up: (d) => [
    ...[sessions, details, gapSessions].flatMap((table) => d.createTable(table)),
    ...views.flatMap((view) => d.createView(view)),
    // Persons and days whose runs have to be made again: of a segment, or of a deletion. Each is a partition and goes when that is done.
    ...d.createTable({
      name: 'gap_touched',
      columns: `cause String, workspace_id UInt32, day Int32, date Date, person_key UInt64, is_bot Bool`,
      engine: 'MergeTree',
      partitionBy: 'cause',
      orderBy: '(workspace_id, day, person_key)',
      shardBy: 'cityHash64(cause)',
    }),
    // Sessions whose events a deletion takes: their rows are made again of what is left.
    ...d.createTable({
      name: 'sessions_touched',
      columns: `deletion_id UUID, workspace_id UInt32, session_key UInt64`,
      engine: 'MergeTree',
      partitionBy: 'deletion_id',
      orderBy: '(workspace_id, session_key)',
      shardBy: 'cityHash64(deletion_id)',
    }),
    // What was told of a session and is no event: started, activity, logout, replaced, stale. Append-only; a repetition changes nothing.
    ...d.createTable({
      name: 'session_records',
      columns: `
  workspace_id UInt32, session_key UInt64, session_id String, record_id UUID, record ${word}, kind ${word}, user_id String, person_key UInt64,
  at ${moment} CODEC(Delta, ZSTD(1)), received_at ${moment} CODEC(Delta, ZSTD(1)), key_id ${word},
  user_agent String, referrer String, device_type ${word}, browser ${word}, os ${word}, country ${word},
  INDEX by_person person_key TYPE bloom_filter(0.01) GRANULARITY 1`,
      engine: 'MergeTree',
      orderBy: '(workspace_id, session_key, at)',
      shardBy: 'cityHash64(workspace_id, session_key)',
    }),
  ],
  fill: (d) => [
    ...[sessions, details, gapSessions].map(({ name }) => d.truncate(name)),
    ...backfill(d, sessions.name, sessionsOfEvents, 'session_key'),
    ...backfill(d, details.name, detailsOfEvents, 'session_key'),
    ...backfill(d, gapSessions.name, gapsOfEvents, 'person_key'),
  ],
  down: (d) => [
    ...views.flatMap(({ name }) => d.dropView(name)),
    ...['sessions', 'session_details', 'gap_sessions', 'gap_touched', 'sessions_touched', 'session_records'].flatMap((table) => d.dropTable(table)),
  ],
}
