import type { Span } from './range.ts'
import { clock, dateOf, firstOfMonth, MINUTE, monday, offset, plusDays, plusMonths, startOf } from './zone.ts'

/** One interval, whole: it may reach beyond the range. */
export interface Interval extends Span {
  name: string
}
export type Length = 'minute' | 'hour' | 'day' | 'week' | 'month'

/** The intervals that a span touches, in order. */
export function intervals({ from, to }: Span, length: Length, zone: string): Interval[] {
  if (length === 'hour' || length === 'minute') return ofClock({ from, to }, length, zone)
  const found: Interval[] = []
  for (let date = firstDate(dateOf(from, zone), length); date <= dateOf(to - 1, zone); date = nextDate(date, length)) found.push(ofDate(date, length, zone))
  return found
}

/** The interval directly after (1), or before (-1), one that begins with that date. */
export const beside = ({ name }: Interval, length: 'day' | 'week' | 'month', zone: string, by: 1 | -1): Interval =>
  ofDate(by === 1 ? nextDate(name, length) : firstDate(plusDays(name, -1), length), length, zone)

const ofDate = (date: string, length: Length, zone: string): Interval => ({
  name: date,
  from: startOf(date, zone),
  to: startOf(nextDate(date, length), zone),
})
const firstDate = (date: string, length: Length): string => (length === 'month' ? firstOfMonth(date) : length === 'week' ? monday(date) : date)
const nextDate = (date: string, length: Length): string => (length === 'month' ? plusMonths(date, 1) : plusDays(date, length === 'week' ? 7 : 1))

/** Moments that the clock shows in the same hour, or minute, with the same offset, are one interval. */
function ofClock({ from, to }: Span, length: 'hour' | 'minute', zone: string): Interval[] {
  const step = length === 'hour' ? 15 * MINUTE : MINUTE
  const shown = (ms: number): string => `${clock(ms, zone).slice(0, length === 'hour' ? 13 : 16)} ${offset(ms, zone)}`
  let start = Math.floor(from / step) * step
  while (shown(start - step) === shown(start)) start -= step
  const found: Interval[] = []
  while (start < to) {
    let end = start + step
    while (shown(end) === shown(start)) end += step
    found.push({ name: nameOf(start, zone), from: start, to: end })
    start = end
  }
  return found
}

function nameOf(start: number, zone: string): string {
  const ahead = offset(start, zone) / MINUTE
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${clock(start, zone).replace(' ', 'T')}${ahead < 0 ? '-' : '+'}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`
}
