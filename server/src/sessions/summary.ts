import { dayNames, readRange, type Range } from '../analytics/range.ts'
import { formatDay, zone } from '../analytics/zone.ts'
import { iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { empty, i64, raw, sql, u32 } from '../store/sql.ts'
import { foldedByGap, foldedById, foldSettings, isOpen, keysStartedIn, kinds, lengthMs, type Wanted } from './fold.ts'
import type { SessionReadDeps } from './list.ts'

/** One grouping set of the sessions that started in the range: all, those of a kind, or those of a day. */
interface Row {
  /** Bits: 1 where the set does not group by the kind, 2 where not by the day. */
  which: string
  day_ms: string
  rank: number
  sessions: string
  open: string
  length_sum: number
  length_median: number | null
  length_median_of_several: number | null
  length_most: string
  events_sum: string
  events_median: number | null
  events_most: string
  single: string
}
const which = { all: 3, kind: 2, day: 1 } as const

/**
 * Figures of the sessions that started in the range. `active_sessions` and `platform_seconds` count log-ins where any started in it, single-event
 * sessions and bounces those of kind web. A length runs to the end, or to the last activity of a session that is under way; medians of an
 * even number are the mean of the two in the middle.
 */
export async function summarize({ store, clock }: SessionReadDeps, call: Call<'sessionSummary'>): Promise<object> {
  const { workspace, query } = call
  const now = clock.now()
  const range = readRange(query, { timezone: workspace.timezone, now })
  const bots = query.include_bots === true
  const wanted: Wanted = { store, workspaceId: workspace.id, now, bots }
  const place = zone(range.timezone)
  const days = [...new Set(Array.from({ length: range.lastDay - range.firstDay + 1 }, (_, i) => place.startOfDay(range.firstDay + i)))]
  const { rows } = await store.query<Row>(
    sql`SELECT toUInt64(grouping(day_ms, rank)) AS which, day_ms, rank, sum(counted) AS sessions, sum(opened) AS open,
  sum(lengths) AS length_sum, quantileExactInclusiveMerge(0.5)(length_states) AS length_median,
  if(sum(several) = 0, NULL, quantileExactInclusiveMerge(0.5)(several_states)) AS length_median_of_several,
  max(longest) AS length_most, sum(event_sum) AS events_sum, quantileExactInclusiveMerge(0.5)(event_states) AS events_median, max(most) AS events_most, sum(singles) AS single
FROM (
  SELECT day_ms, rank, count() AS counted, countIf(open) AS opened, toFloat64(sum(length)) AS lengths, max(length) AS longest, sum(events) AS event_sum, max(events) AS most,
    countIf(events = 1 AND rank = 0) AS singles, countIf(events > 1) AS several,
    quantileExactInclusiveState(0.5)(length) AS length_states, quantileExactInclusiveStateIf(0.5)(length, events > 1) AS several_states,
    quantileExactInclusiveState(0.5)(events) AS event_states
  FROM (
    SELECT rank, events, ${isOpen} AS open, ${lengthMs} AS length, roundDown(start_ms, [${raw(days.map((ms) => `toInt64(${ms})`).join(', '))}]) AS day_ms
    FROM (${foldedById(wanted, keysStartedIn(wanted, range))} UNION ALL ${foldedByGap(wanted, range)})
    WHERE start_ms >= ${i64(range.fromMs)} AND start_ms < ${i64(range.toMs)}${query.kind === undefined ? empty : sql` AND rank = ${u32(kinds.indexOf(query.kind))}`})
  GROUP BY day_ms, rank)
GROUP BY GROUPING SETS ((), (rank), (day_ms))`,
    { settings: foldSettings },
  )
  return {
    ...shape(rows, range),
    meta: {
      from: iso(range.fromMs),
      to: iso(range.toMs),
      timezone: range.timezone,
      exact: true,
      bots: bots ? 'included' : 'excluded',
      fresh_to: iso(now),
      definition:
        'Sessions by their start, from inclusive, to exclusive. A session without an end has ended at its last activity, 30 minutes after it, a log-in 24 hours. Active sessions and platform time count log-ins where there are any; bounces are web sessions of one event.',
    },
  }
}

function shape(rows: readonly Row[], range: Range): object {
  const place = zone(range.timezone)
  const all = rows.find((row) => Number(row.which) === which.all && Number(row.sessions) > 0)
  const of = (rank: number): Row | undefined => rows.find((row) => Number(row.which) === which.kind && row.rank === rank)
  const sessions = Number(all?.sessions ?? 0)
  const onPlatform = of(kinds.indexOf('login')) ?? all
  const web = of(kinds.indexOf('web'))
  const byDay = new Map(rows.filter((row) => Number(row.which) === which.day).map((row) => [formatDay(place.dayAt(Number(row.day_ms))), Number(row.sessions)]))
  const seconds = (ms: number | string | null | undefined): number | null => (all && ms != null ? Number(ms) / 1_000 : null)
  return {
    sessions,
    by_kind: Object.fromEntries(kinds.map((kind, rank) => [kind, Number(of(rank)?.sessions ?? 0)])),
    active_sessions: Number(onPlatform?.open ?? 0),
    length: {
      mean_seconds: seconds(all && all.length_sum / sessions),
      median_seconds: seconds(all?.length_median),
      median_seconds_of_several: seconds(all?.length_median_of_several),
      longest_seconds: seconds(all?.length_most),
    },
    events_per_session: {
      mean: all ? Number(all.events_sum) / sessions : null,
      median: all?.events_median ?? null,
      most: Number(all?.events_most ?? 0),
    },
    single_event_sessions: Number(web?.single ?? 0),
    bounce_rate: web ? Number(web.single) / Number(web.sessions) : null,
    platform_seconds: (onPlatform?.length_sum ?? 0) / 1_000,
    sessions_by_day: Object.fromEntries(dayNames(range).map((day) => [day, byDay.get(day) ?? 0])),
  }
}
