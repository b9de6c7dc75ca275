import { intervals, type Interval } from '@cairn/wire/questions/vocabulary'
import { CairnError } from '../base/errors.ts'
import { DAY, HOUR, MINUTE } from '../base/time.ts'
import type { Range } from './range.ts'
import { formatDay, type Zone } from './zone.ts'

/** More points than a chart has pixels to show them. */
const MOST_INTERVALS = 2_000

/** Throws `invalid` where the range has too many, and names the interval to take. */
export function intervalStarts(range: Range, place: Zone, interval: Interval): number[] {
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
export const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7)

export function firstOfMonth(day: number): number {
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

/** What an interval is called: 2026-10-01 for days and longer, 2026-10-01T14:00:00+02:00 for the others. */
export function intervalName(start: number, place: Zone, interval: Interval): string {
  if (interval !== 'hour' && interval !== 'minute') return formatDay(place.dayAt(start))
  const offset = place.offsetAt(start)
  const ahead = Math.abs(Math.round(offset / MINUTE))
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${new Date(start + offset).toISOString().slice(0, 19)}${offset < 0 ? '-' : '+'}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`
}
