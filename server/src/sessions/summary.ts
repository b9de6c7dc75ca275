import { dayNames, readRange, type Range } from '../analytics/range.ts'
import { formatDay, zone } from '../analytics/zone.ts'
import { iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { empty, i64, raw, sql, u32 } from '../store/sql.ts'
import { countUnderWay } from './counts.ts'
import { foldedByGap, foldedStartedIn, foldSettings, kinds, lengthMs, type Kind, type Wanted } from './fold.ts'
import type { SessionReadDeps } from './list.ts'

/** Figures of all sessions that started in the range; of each start's day and kind those that add up, as `[day_ms, rank, sessions, length_sum, single]`. */
interface Row {
  length_median: number | null
  length_median_of_several: number | null
  length_most: string
  events_sum: string
  events_median: number | null
  events_most: string
  parts: Array<readonly [string, number, string, number, string]>
}

/**
 * Figures of the sessions that started in the range, and how many are under way now. `platform_seconds` counts log-ins where any started in it,
 * single-event sessions and bounces those of kind web. A length runs to the end, or to the last activity of a session that is under way; medians of an
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
  const underWay = countUnderWay(wanted, query.kind)
  const { rows } = await store.query<Row>(
    sql`SELECT quantileExactInclusiveMerge(0.5)(length_states) AS length_median,
  if(sum(several) = 0, NULL, quantileExactInclusiveMerge(0.5)(several_states)) AS length_median_of_several,
  max(longest) AS length_most, sum(event_sum) AS events_sum, quantileExactInclusiveMerge(0.5)(event_states) AS events_median, max(most) AS events_most,
  groupArray((day_ms, rank, counted, lengths, singles)) AS parts
FROM (
  SELECT day_ms, rank, count() AS counted, toFloat64(sum(length)) AS lengths, max(length) AS longest, sum(events) AS event_sum, max(events) AS most,
    countIf(events = 1 AND rank = 0) AS singles, countIf(events > 1) AS several,
    quantileExactInclusiveState(0.5)(length) AS length_states, quantileExactInclusiveStateIf(0.5)(length, events > 1) AS several_states,
    quantileExactInclusiveState(0.5)(events) AS event_states
  FROM (
    SELECT rank, events, ${lengthMs} AS length, roundDown(start_ms, [${raw(days.map((ms) => `toInt64(${ms})`).join(', '))}]) AS day_ms
    FROM (${foldedStartedIn(wanted, range)} UNION ALL ${foldedByGap(wanted, range)})
    WHERE start_ms >= ${i64(range.fromMs)} AND start_ms < ${i64(range.toMs)}${query.kind === undefined ? empty : sql` AND rank = ${u32(kinds.indexOf(query.kind))}`})
  GROUP BY day_ms, rank)`,
    { settings: foldSettings },
  )
  return {
    ...shape(rows[0], range, await underWay),
    meta: {
      from: iso(range.fromMs),
      to: iso(range.toMs),
      timezone: range.timezone,
      exact: true,
      bots: bots ? 'included' : 'excluded',
      fresh_to: iso(now),
      definition:
        'Sessions by their start, from inclusive, to exclusive. A session without an end has ended at its last activity, 30 minutes after it, a log-in 24 hours. Active sessions are those under way now, whatever the range. They and platform time count log-ins where there are any; bounces are web sessions of one event.',
    },
  }
}

interface Sums {
  sessions: number
  lengthMs: number
  single: number
}

function shape(row: Row | undefined, range: Range, underWay: number): object {
  const place = zone(range.timezone)
  const parts = (row?.parts ?? []).map(([dayMs, rank, sessions, lengthMs, single]) => ({
    day: formatDay(place.dayAt(Number(dayMs))),
    rank,
    sessions: Number(sessions),
    lengthMs,
    single: Number(single),
  }))
  const sumOf = (some: readonly Sums[]): Sums =>
    some.reduce(
      (sum, one) => ({
        sessions: sum.sessions + one.sessions,
        lengthMs: sum.lengthMs + one.lengthMs,
        single: sum.single + one.single,
      }),
      { sessions: 0, lengthMs: 0, single: 0 },
    )
  const total = sumOf(parts)
  const of = (kind: Kind): Sums => sumOf(parts.filter(({ rank }) => kinds[rank] === kind))
  const logins = of('login')
  const onPlatform = logins.sessions > 0 ? logins : total
  const web = of('web')
  const all = total.sessions > 0 ? row : undefined
  const byDay = new Map<string, number>()
  for (const { day, sessions } of parts) byDay.set(day, (byDay.get(day) ?? 0) + sessions)
  const seconds = (ms: number | string | null | undefined): number | null => (all && ms != null ? Number(ms) / 1_000 : null)
  return {
    sessions: total.sessions,
    by_kind: Object.fromEntries(kinds.map((kind) => [kind, of(kind).sessions])),
    active_sessions: underWay,
    length: {
      mean_seconds: seconds(total.lengthMs / total.sessions),
      median_seconds: seconds(all?.length_median),
      median_seconds_of_several: seconds(all?.length_median_of_several),
      longest_seconds: seconds(all?.length_most),
    },
    events_per_session: {
      mean: all ? Number(all.events_sum) / total.sessions : null,
      median: all?.events_median ?? null,
      most: Number(all?.events_most ?? 0),
    },
    single_event_sessions: web.single,
    bounce_rate: web.sessions > 0 ? web.single / web.sessions : null,
    platform_seconds: onPlatform.lengthMs / 1_000,
    sessions_by_day: Object.fromEntries(dayNames(range).map((day) => [day, byDay.get(day) ?? 0])),
  }
}
