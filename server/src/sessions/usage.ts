import { dayNames, readRange, type Range, type RangeQuery } from '../analytics/range.ts'
import { safe } from '../analytics/where.ts'
import { zone, type Zone } from '../analytics/zone.ts'
import { DAY, HOUR, iso, MINUTE } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { sql } from '../store/sql.ts'
import { foldedByGap, foldedById, foldSettings, kindOf, NEVER, type Folded, type Wanted } from './fold.ts'
import { keysOfUser, type SessionReadDeps } from './list.ts'

const DEFAULT_DAYS = 30
const BUSIEST = 5
/** Zones differ from UTC by whole quarters of an hour. */
const QUARTER = 15 * MINUTE

/**
 * How a person uses the product, of their sessions that were under way in the range: log-ins where there are any, else all. Time in which several
 * ran at once counts once, and to the days and hours of the zone's clock in which it lay; so does nothing before or after the range.
 */
export async function readUsage({ store, persons, clock }: SessionReadDeps, call: Call<'userUsage'>): Promise<object> {
  const { workspace, query } = call
  const id = safe('id', call.params['id'] ?? '')
  const now = clock.now()
  const range = rangeOfUsage(call, now)
  const bots = query.include_bots === true
  const wanted: Wanted = { store, workspaceId: workspace.id, now, bots, persons: keysOfUser(persons, workspace.id, id) }
  const { rows } = await store.query<Folded>(
    sql`SELECT * FROM (${foldedById(wanted)} UNION ALL ${foldedByGap(wanted, { fromMs: range.fromMs - DAY, toMs: range.toMs })}) ORDER BY start_ms`,
    { settings: foldSettings },
  )
  return {
    user_id: id,
    ...usageOf(rows, range, now),
    meta: {
      from: iso(range.fromMs),
      to: iso(range.toMs),
      timezone: range.timezone,
      exact: true,
      bots: bots ? 'included' : 'excluded',
      fresh_to: iso(now),
      definition:
        'Sessions that were under way in the range: log-ins where there are any, else all. Time of several at once counts once, on the days and hours in which it lay.',
    },
  }
}

/** The last 30 days, unless the call says another range. */
export const rangeOfUsage = ({ workspace, query }: { workspace: { timezone: string }; query: RangeQuery }, now: number): Range =>
  readRange(query.days === undefined && query.from === undefined ? { ...query, days: DEFAULT_DAYS } : query, { timezone: workspace.timezone, now })

interface Span {
  from: number
  to: number
}

/** Pure: sessions in the order of their start, as figures of the range. Seconds; days and hours on the range's zone. */
function usageOf(rows: readonly Folded[], range: Range, now: number): object {
  const place = zone(range.timezone)
  const spans = rows.map((row): Span & { login: boolean } => ({
    from: Number(row.start_ms),
    to: Number(BigInt(row.ended_ms) === NEVER ? row.active_ms : row.ended_ms),
    login: kindOf(row.rank) === 'login',
  }))
  const within = spans.filter(({ from, to }) => from < range.toMs && to >= range.fromMs)
  const logins = within.filter(({ login }) => login)
  const counted = logins.length > 0 ? logins : within
  const lengths = counted.map(({ from, to }) => (to - from) / 1_000).toSorted((a, b) => a - b)
  const days = new Set<number>()
  const byDay = new Map<number, number>()
  const byHour = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  for (const span of together(counted, range)) {
    days.add(place.dayAt(span.from))
    for (const { day, hour, seconds } of piecesOf(span, place)) {
      days.add(day)
      byDay.set(day, (byDay.get(day) ?? 0) + seconds)
      const row = byHour[weekdayOf(day)]
      if (row) row[hour] = (row[hour] ?? 0) + seconds
    }
  }
  const busiest = byHour
    .flatMap((hours, weekday) => hours.map((seconds, hour) => ({ weekday: weekday + 1, hour, seconds })))
    .filter(({ seconds }) => seconds > 0)
  const inOrder = [...days].toSorted((a, b) => a - b)
  const lastLogin = spans.findLast(({ login, from }) => login && from <= now)
  return {
    sessions: counted.length,
    counted: logins.length > 0 ? 'login' : 'all',
    average_seconds: lengths.length === 0 ? null : lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
    median_seconds: medianOf(lengths),
    total_seconds: [...byDay.values()].reduce((sum, seconds) => sum + seconds, 0),
    seconds_by_day: Object.fromEntries(dayNames(range).map((name, i) => [name, byDay.get(range.firstDay + i) ?? 0])),
    active_days: days.size,
    streak_days: streakTo(days, place.dayAt(Math.min(now, range.toMs - 1))),
    longest_streak_days: longestStreak(inOrder),
    last_login_at: lastLogin ? iso(lastLogin.from) : null,
    last_activity_at: rows.length === 0 ? null : iso(Math.max(...rows.map((row) => Number(row.active_ms)))),
    seconds_by_hour: byHour,
    busiest_hours: busiest.toSorted((a, b) => b.seconds - a.seconds || a.weekday - b.weekday || a.hour - b.hour).slice(0, BUSIEST),
  }
}

/** Spans cut to the range and joined where they touch, so that no moment counts twice; in order of `from`. */
function together(spans: readonly Span[], { fromMs, toMs }: Range): Span[] {
  const joined: Span[] = []
  for (const span of spans) {
    const from = Math.max(span.from, fromMs)
    const to = Math.min(span.to, toMs)
    const last = joined.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined
}

/** A span as pieces that lie within one hour of one day on the zone's clock. */
function* piecesOf({ from, to }: Span, place: Zone): Generator<{ day: number; hour: number; seconds: number }> {
  for (let at = from; at < to;) {
    const next = Math.min(to, (Math.floor(at / QUARTER) + 1) * QUARTER)
    const local = at + place.offsetAt(at)
    yield { day: Math.floor(local / DAY), hour: Math.floor((local - Math.floor(local / DAY) * DAY) / HOUR), seconds: (next - at) / 1_000 }
    at = next
  }
}

/** 0: Monday. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7

const medianOf = (sorted: readonly number[]): number | null => {
  const high = sorted[Math.floor(sorted.length / 2)]
  const low = sorted[Math.ceil(sorted.length / 2) - 1]
  return high === undefined || low === undefined ? null : (low + high) / 2
}

function streakTo(days: ReadonlySet<number>, today: number): number {
  const last = days.has(today) ? today : today - 1
  let count = 0
  while (days.has(last - count)) count++
  return count
}

function longestStreak(days: readonly number[]): number {
  let longest = 0
  let running = 0
  let before: number | undefined
  for (const day of days) {
    running = before === day - 1 ? running + 1 : 1
    longest = Math.max(longest, running)
    before = day
  }
  return longest
}
