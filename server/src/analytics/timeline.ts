import { intervals } from '@cairn/wire/api/events'
import { CairnError } from '../base/errors.ts'
import { DAY, HOUR, iso, MINUTE } from '../base/time.ts'
import { raw, sql, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Range } from './range.ts'
import { zone, type Zone } from './zone.ts'

export type Interval = (typeof intervals)[number]

export interface Moment {
  /** Start of the interval. */
  at: string
  events: number
  /** Persons with an event in it; who is active in two counts in both. */
  people: number
}

/** More points than a chart has pixels to show them. */
const MOST_INTERVALS = 2_000

/**
 * Events and people of each interval of the range on the zone's clock, also of those without events. The first and the last may begin before
 * or end after the range; only what lies in the range counts.
 */
export async function readTimeline(
  store: Store,
  { range, interval, events, where, person }: { range: Range; interval: Interval; events: Piece; where: Piece; person: Piece },
): Promise<Moment[]> {
  const starts = intervalStarts(range, zone(range.timezone), interval)
  const { rows } = await store.query<{ start: string; events: string; people: string }>(timelineSql(events, starts, where, person))
  const found = new Map(rows.map((row) => [Number(row.start), row]))
  return starts.map((start) => {
    const row = found.get(start)
    return { at: iso(start), events: Number(row?.events ?? 0), people: Number(row?.people ?? 0) }
  })
}

/**
 * The store is given the starts and looks each event's time up among them, instead of computing with zones itself: so there is one definition
 * of a zone's days and hours, and intervals of any length cost the same.
 */
const timelineSql = (events: Piece, starts: readonly number[], where: Piece, person: Piece): Piece => sql`SELECT
  roundDown(toUnixTimestamp64Milli(event_timestamp), [${raw(starts.map((ms) => `toInt64(${ms})`).join(', '))}]) AS start, count() AS events, uniqExact(${person}) AS people
FROM ${events}
${where}
GROUP BY start`

/** Throws `invalid` where the range has too many, and names the interval to take. */
function intervalStarts(range: Range, place: Zone, interval: Interval): number[] {
  const count = countOf(range, interval)
  if (count > MOST_INTERVALS) {
    const fitting = intervals.find((longer) => countOf(range, longer) <= MOST_INTERVALS)
    const message = `makes ${count} intervals of this range and at most ${MOST_INTERVALS} are answered: take ${fitting} or a shorter range`
    throw new CairnError('invalid', `The interval ${interval} ${message}.`, { errors: [{ path: '/interval', message }] })
  }
  if (interval === 'minute' || interval === 'hour') return clockStarts(range, place, lengths[interval])
  const { firstDay, lastDay } = range
  if (interval === 'month') return dayStarts(place, firstOfMonth(firstDay), lastDay, (day) => firstOfMonth(day + 31))
  return interval === 'week' ? dayStarts(place, mondayOf(firstDay), lastDay, (day) => day + 7) : dayStarts(place, firstDay, lastDay, (day) => day + 1)
}

/** The shortest month, so that no count is too small. */
const lengths: Record<Interval, number> = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY, month: 28 * DAY }
const countOf = ({ fromMs, toMs, firstDay, lastDay }: Range, interval: Interval): number =>
  Math.ceil((interval === 'minute' || interval === 'hour' ? toMs - fromMs : (lastDay - firstDay + 1) * DAY) / lengths[interval])

/** 1970-01-01 was a Thursday. */
const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7)

function firstOfMonth(day: number): number {
  const date = new Date(day * DAY)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY
}

/** A day that the zone left out begins with the next one, and is none. */
function dayStarts(place: Zone, first: number, last: number, next: (day: number) => number): number[] {
  const starts = new Set<number>()
  for (let day = first; day <= last; day = next(day)) starts.add(place.startOfDay(day))
  return [...starts]
}

/**
 * Hours and minutes as the zone's clock shows them: an hour begins when the clock shows a full one, and where the clock is changed. So the hour
 * that is left out in spring is none, the one that comes twice in autumn are two, and a change by half an hour makes two short ones.
 */
function clockStarts({ fromMs, toMs }: Range, place: Zone, length: number): number[] {
  const offset = place.offsetAt(fromMs)
  const full = Math.floor((fromMs + offset) / length) * length - offset
  const starts = [place.offsetAt(full) === offset ? full : changeBetween(place, full, fromMs)]
  for (;;) {
    const start = starts.at(-1) ?? full
    const before = place.offsetAt(start)
    const end = (Math.floor((start + before) / length) + 1) * length - before
    const next = place.offsetAt(end) === before ? end : changeBetween(place, start, end)
    if (next >= toMs) return starts
    starts.push(next)
  }
}

/** The moment from which the clock shows another offset than at `before`. */
function changeBetween(place: Zone, before: number, after: number): number {
  const offset = place.offsetAt(before)
  let [without, within] = [before, after]
  while (within - without > 1) {
    const middle = Math.floor((without + within) / 2)
    if (place.offsetAt(middle) === offset) without = middle
    else within = middle
  }
  return within
}
