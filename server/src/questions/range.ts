import type { RangeName } from '@cairn/wire/questions/vocabulary'
import { firstOfMonth, mondayOf } from '../analytics/intervals.ts'
import { readRange, type Range } from '../analytics/range.ts'
import { zone, zoneNamed, type Zone } from '../analytics/zone.ts'
import { CairnError } from '../base/errors.ts'
import { DAY, HOUR, MINUTE } from '../base/time.ts'

/** Where the store's times begin. */
export const FIRST_MS = Date.UTC(1900, 0, 2)
/** And where they end. */
export const LAST_MS = Date.UTC(2299, 11, 31)

interface Asked {
  from?: string | undefined
  to?: string | undefined
  range?: RangeName | undefined
  timezone?: string | undefined
}
interface Around {
  timezone: string
  now: number
  /** Moment of the first event there is, asked for where a range needs it. */
  first: () => Promise<number>
}

/** First and last day, both inclusive, or a span up to now. */
type Named = readonly [first: number, last: number] | { ms: number }

const monthsBefore = (day: number, months: number): number => {
  const date = new Date(day * DAY)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1) / DAY
}
const monthAfter = (first: number): number => firstOfMonth(first + 31)
const yearOf = (day: number): number => new Date(day * DAY).getUTCFullYear()
const firstOfYear = (year: number): number => Date.UTC(year, 0, 1) / DAY
const firstOfQuarter = (day: number): number => monthsBefore(day, new Date(day * DAY).getUTCMonth() % 3)

const spans: Record<Exclude<RangeName, 'all'>, (today: number) => Named> = {
  '30m': () => ({ ms: 30 * MINUTE }),
  '1h': () => ({ ms: HOUR }),
  '24h': () => ({ ms: DAY }),
  today: (today) => [today, today],
  yesterday: (today) => [today - 1, today - 1],
  '7d': (today) => [today - 6, today],
  '28d': (today) => [today - 27, today],
  '30d': (today) => [today - 29, today],
  '90d': (today) => [today - 89, today],
  '12m': (today) => [monthsBefore(today, 11), today],
  week: (today) => [mondayOf(today), mondayOf(today) + 6],
  month: (today) => [firstOfMonth(today), monthAfter(firstOfMonth(today)) - 1],
  mtd: (today) => [firstOfMonth(today), today],
  last_month: (today) => [monthsBefore(today, 1), firstOfMonth(today) - 1],
  quarter: (today) => [firstOfQuarter(today), monthsBefore(firstOfQuarter(today), -3) - 1],
  ytd: (today) => [firstOfYear(yearOf(today)), today],
  year: (today) => [firstOfYear(yearOf(today)), firstOfYear(yearOf(today) + 1) - 1],
  last_year: (today) => [firstOfYear(yearOf(today) - 1), firstOfYear(yearOf(today)) - 1],
}

const ofDays = (place: Zone, first: number, last: number): Range => ofSpan(place, place.startOfDay(first), place.startOfDay(last + 1))
const ofSpan = (place: Zone, fromMs: number, toMs: number): Range => ({
  fromMs,
  toMs,
  timezone: place.name,
  storeTimezone: place.storeName,
  firstDay: place.dayAt(fromMs),
  lastDay: place.dayAt(Math.max(fromMs, toMs - 1)),
})

/** The span that a question is about; docs/questions.md says which. Throws `invalid` with the field's path. */
export async function rangeOf(asked: Asked, { timezone, now, first }: Around): Promise<Range> {
  const { range, from, to } = asked
  if (range === undefined) return readRange({ from, to, timezone: asked.timezone }, { timezone, now })
  const given = from === undefined ? (to === undefined ? undefined : 'to') : 'from'
  if (given !== undefined) {
    throw new CairnError('invalid', `The range is given twice: ${given} cannot go together with range.`, {
      errors: [{ path: `/${given}`, message: 'cannot go together with range' }],
    })
  }
  const place = asked.timezone === undefined || asked.timezone === timezone ? zone(timezone) : zoneNamed(asked.timezone)
  const today = place.dayAt(now)
  if (range === 'all') return ofDays(place, Math.min(today, place.dayAt(await first())), today)
  const named = spans[range](today)
  return 'ms' in named ? ofSpan(place, now - named.ms, now) : ofDays(place, ...named)
}

/** Of periods of the calendar, how many months it is back to the one before. */
const monthsOf: Partial<Record<RangeName, number>> = { month: 1, mtd: 1, last_month: 1, quarter: 3, year: 12, ytd: 12, last_year: 12 }

/** The span that a range is compared with. */
export function comparedRange(range: Range, { range: name }: Asked, compare: 'previous' | 'year'): Range {
  const place = zone(range.timezone)
  const { firstDay, lastDay, fromMs, toMs } = range
  const isOfDays = place.startOfDay(firstDay) === fromMs && place.startOfDay(lastDay + 1) === toMs
  if (compare === 'year') {
    return isOfDays ? ofDays(place, firstDay - YEAR, lastDay - YEAR) : ofSpan(place, fromMs - YEAR * DAY, toMs - YEAR * DAY)
  }
  const months = name === undefined ? undefined : monthsOf[name]
  if (months !== undefined) {
    const first = monthsBefore(firstDay, months)
    const isToDate = name === 'mtd' || name === 'ytd'
    return ofDays(place, first, isToDate ? Math.min(first + lastDay - firstDay, firstDay - 1) : firstDay - 1)
  }
  const days = lastDay - firstDay + 1
  return isOfDays ? ofDays(place, firstDay - days, firstDay - 1) : ofSpan(place, fromMs - (toMs - fromMs), fromMs)
}

/** Whole weeks, so that days of the week meet. */
const YEAR = 364
