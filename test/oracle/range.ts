import type { World } from './event.ts'
import { DAY, dateOf, firstOfMonth, HOUR, MINUTE, monday, plusDays, plusMonths, startOf } from './zone.ts'

/** `to` is exclusive. */
export interface Span {
  from: number
  to: number
}
export interface Ranged {
  from?: string | undefined
  to?: string | undefined
  range?: string | undefined
  timezone?: string | undefined
}

export const zoneOf = (world: World, { timezone = world.timezone }: Ranged): string => timezone

export function spanOf(world: World, question: Ranged): Span {
  const zone = zoneOf(world, question)
  const today = dateOf(world.now, zone)
  if (question.range !== undefined) return named(world, question.range, zone)
  const isDay = (text: string): boolean => text.length === 10
  const { from, to = today } = question
  const end = isDay(to) ? startOf(plusDays(to, 1), zone) : Date.parse(to)
  if (from === undefined) return { from: isDay(to) ? startOf(plusDays(to, -6), zone) : end - 7 * DAY, to: end }
  return { from: isDay(from) ? startOf(from, zone) : Date.parse(from), to: end }
}

/** From the first day to the last, both inclusive. */
const days = (first: string, last: string, zone: string): Span => ({ from: startOf(first, zone), to: startOf(plusDays(last, 1), zone) })

function named({ now, events }: World, range: string, zone: string): Span {
  const today = dateOf(now, zone)
  const month = firstOfMonth(today)
  const year = `${today.slice(0, 4)}-01-01`
  const quarter = plusMonths(year, Math.floor((Number(today.slice(5, 7)) - 1) / 3) * 3)
  switch (range) {
    case '30m':
      return { from: now - 30 * MINUTE, to: now }
    case '1h':
      return { from: now - HOUR, to: now }
    case '24h':
      return { from: now - DAY, to: now }
    case 'today':
      return days(today, today, zone)
    case 'yesterday':
      return days(plusDays(today, -1), plusDays(today, -1), zone)
    case '7d':
    case '28d':
    case '30d':
    case '90d':
      return days(plusDays(today, 1 - Number(range.slice(0, -1))), today, zone)
    case '12m':
      return days(plusMonths(month, -11), today, zone)
    case 'week':
      return days(monday(today), plusDays(monday(today), 6), zone)
    case 'month':
      return days(month, plusDays(plusMonths(month, 1), -1), zone)
    case 'mtd':
      return days(month, today, zone)
    case 'last_month':
      return days(plusMonths(month, -1), plusDays(month, -1), zone)
    case 'quarter':
      return days(quarter, plusDays(plusMonths(quarter, 3), -1), zone)
    case 'ytd':
      return days(year, today, zone)
    case 'year':
      return days(year, plusDays(plusMonths(year, 12), -1), zone)
    case 'last_year':
      return days(plusMonths(year, -12), plusDays(year, -1), zone)
    case 'all': {
      const first = dateOf(Math.min(now, ...events.map(({ at }) => at)), zone)
      return days(first, today, zone)
    }
    default:
      throw new Error(`There is no range ${range}.`)
  }
}

/** What a span is compared with. */
export function comparedSpan(world: World, question: Ranged, compare: 'previous' | 'year'): Span {
  const zone = zoneOf(world, question)
  const { from, to } = spanOf(world, question)
  const [first, last] = [dateOf(from, zone), dateOf(to - 1, zone)]
  const isOfDays = startOf(first, zone) === from && startOf(plusDays(last, 1), zone) === to
  if (compare === 'year') {
    return isOfDays ? days(plusDays(first, -364), plusDays(last, -364), zone) : { from: from - 364 * DAY, to: to - 364 * DAY }
  }
  const months = { month: 1, mtd: 1, last_month: 1, quarter: 3, year: 12, ytd: 12, last_year: 12 }[question.range ?? '']
  if (months !== undefined) {
    const before = plusMonths(first, -months)
    const end = plusDays(first, -1)
    const asFar = plusDays(before, (Date.parse(last) - Date.parse(first)) / DAY)
    return days(before, (question.range === 'mtd' || question.range === 'ytd') && asFar < end ? asFar : end, zone)
  }
  const length = (Date.parse(last) - Date.parse(first)) / DAY + 1
  return isOfDays ? days(plusDays(first, -length), plusDays(first, -1), zone) : { from: from - (to - from), to: from }
}
