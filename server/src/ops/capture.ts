import type { Range } from '../analytics/range.ts'
import { DAY } from '../base/time.ts'
import { bornMsColumn } from '../store/keys.ts'
import { i64, raw, sql, str, time, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * What trackers numbered against what came, by the running numbers of each source (a tab, a process; where it has no name, a session).
 *
 * - Numbers begin at 1. A source that was born in the range, as its UUIDv7 says, is counted from 1; another from the number after the highest
 *   one of the day before the range, or else from the lowest one in it. A source cannot be born after its first event came, but for a day of
 *   wrong clocks: one that says so is not believed.
 * - The last number is the highest that came, or that was reported of a source that ended. One that delivered nothing is missing as a whole.
 * - An event in quarantine has come. So has one that was not recorded: these numbers are passed over, as a count by hour (ingest/passed-over.ts).
 * - Imports and replays out of quarantine are not counted: their numbers came before, or elsewhere.
 */
export interface CaptureLine {
  day: string
  tracker: string
  emitted: number
  received: number
  missing: number
  rate: number
}

export interface Capture {
  emitted: number
  missing: number
  /** By day of arrival; of an end, the day of its first report. */
  lines: CaptureLine[]
}

/** Numbers of events that were not recorded, by day and tracker. */
export type PassedOver = ReadonlyArray<{ day: string; tracker: string; events: number }>

interface Row {
  day: string
  tracker: string
  emitted: number
  received: number
  /** Missing over the whole range, of sources that were heard of last on this day by this tracker. */
  lacking: number
}

/**
 * What is missing between the last number of one day and the first of the next counts to the latter; a number that comes on a later day than
 * its neighbours stays missing on theirs, so that days may add up to more than the range.
 */
export async function readCapture(store: Store, workspaceId: number, range: Range, passedOver: PassedOver): Promise<Capture> {
  const rows = await readRows(store, workspaceId, range)
  const passedOn = sumsOf(
    passedOver,
    ({ day, tracker }) => JSON.stringify([day, tracker]),
    ({ events }) => events,
  )
  const lines = rows
    .filter(({ emitted }) => emitted > 0)
    .map(({ day, tracker, emitted, received }): CaptureLine => {
      const missing = Math.max(0, emitted - received - (passedOn.get(JSON.stringify([day, tracker])) ?? 0))
      return { day, tracker, emitted, received: emitted - missing, missing, rate: (emitted - missing) / emitted }
    })
  const passedBy = sumsOf(
    passedOver,
    ({ tracker }) => tracker,
    ({ events }) => events,
  )
  const lacking = sumsOf(
    rows,
    ({ tracker }) => tracker,
    (row) => row.lacking,
  )
  let missing = 0
  for (const [tracker, numbers] of lacking) missing += Math.max(0, numbers - (passedBy.get(tracker) ?? 0))
  return { emitted: sum(rows.map(({ received }) => received)) + sum([...lacking.values()]), missing, lines }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)

function sumsOf<T>(items: readonly T[], name: (item: T) => string, value: (item: T) => number): Map<string, number> {
  const sums = new Map<string, number>()
  for (const item of items) sums.set(name(item), (sums.get(name(item)) ?? 0) + value(item))
  return sums
}

async function readRows(store: Store, workspaceId: number, { fromMs, toMs, storeTimezone }: Range): Promise<Row[]> {
  const database = raw(store.dialect.database)
  const workspace = sql`workspace_id = ${u32(workspaceId)}`
  const since = time(fromMs - DAY)
  const arrived = sql`${workspace} AND received_at >= ${since} AND received_at < ${time(toMs)} AND source NOT IN ('import', 'replay')`
  /** Of rows with source_id, session_id, tracker, number and at: by source and day, the day before the range apart. Sources as integers: sorted as texts they take four times as long. */
  const byDay = (came: Piece, rows: Piece): Piece => sql`SELECT if(source_id != '', cityHash64(source_id), cityHash64(tracker, session_id)) AS name,
    at < ${time(fromMs)} AS is_earlier, toDate32(at, ${str(storeTimezone)}) AS day, min(at) AS first_at, any(source_id) AS tab, max(tracker) AS teller,
    max(number) AS last_number, min(number) AS first_number, ${came} AS numbers
  FROM (${rows})
  GROUP BY name, is_earlier, day`
  const distinct = raw('toInt64(uniqExact(number))')
  const { rows } = await store.query<Row>(sql`WITH heard AS (
  ${byDay(
    distinct,
    sql`SELECT source_id, session_id, tracker, toInt64(assumeNotNull(seq)) AS number, received_at AS at FROM ${database}.events WHERE ${arrived} AND seq IS NOT NULL`,
  )}
  UNION ALL
  ${byDay(
    distinct,
    sql`SELECT JSONExtractString(event, 'source_id') AS source_id, JSONExtractString(event, 'session_id') AS session_id, tracker, JSONExtractInt(event, 'seq') AS number, received_at AS at
    FROM ${database}.quarantine WHERE ${arrived} AND JSONType(event, 'seq') IN ('Int64', 'UInt64') AND JSONExtractFloat(event, 'seq') BETWEEN 0 AND 9007199254740991`,
  )}
  UNION ALL
  ${byDay(
    raw('toInt64(0)'),
    sql`SELECT source_id, '' AS session_id, max(source_ends.tracker) AS tracker, toInt64(seq) AS number, min(reported_at) AS at
    FROM ${database}.source_ends WHERE ${workspace} GROUP BY source_id, seq HAVING at >= ${since} AND at < ${time(toMs)}`,
  )}
)
SELECT toString(day) AS day, tracker, toFloat64(sum(greatest(spanned, came))) AS emitted, toFloat64(sum(came)) AS received, toFloat64(sumIf(net, is_last AND net > 0)) AS lacking
FROM (
  SELECT day, tracker, came, is_earlier,
    if(days_before > 0, highest_before, if(is_born, least(lowest, 1) - 1, lowest - 1)) AS counted_before,
    greatest(highest - counted_before, 0) AS spanned,
    sum(spanned - came) OVER (PARTITION BY name, is_earlier) AS net,
    row_number() OVER (PARTITION BY name, is_earlier ORDER BY day DESC) = 1 AS is_last
  FROM (
    SELECT *, count() OVER before AS days_before, max(highest) OVER before AS highest_before
    FROM (
      SELECT name, is_earlier, day, argMax(teller, numbers) AS tracker, sum(numbers) AS came,
        max(last_number) AS highest, min(if(numbers > 0, first_number, last_number + 1)) AS lowest,
        any(tab) AS source, ${bornMsColumn('source')} BETWEEN ${i64(fromMs - DAY)} AND toUnixTimestamp64Milli(min(first_at)) + ${u32(DAY)} AS is_born
      FROM heard
      GROUP BY name, is_earlier, day
    )
    WINDOW before AS (PARTITION BY name ORDER BY is_earlier DESC, day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  )
)
WHERE NOT is_earlier
GROUP BY day, tracker
ORDER BY day, tracker`)
  return rows
}
