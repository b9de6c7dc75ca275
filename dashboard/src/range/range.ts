/**
 * Ranges of time as people choose them, and as the API is asked: `from` and `to` are days, both inclusive, or moments, `to` exclusive.
 * Days are those of `zone`. Weeks start on Monday.
 */
export const rangeKeys = ['30m', 'today', 'yesterday', '7d', '30d', 'mtd', 'last_month', 'ytd', '12m', 'all', 'custom'] as const
export type RangeKey = (typeof rangeKeys)[number]
export type Interval = 'minute' | 'hour' | 'day' | 'week' | 'month'
export type Comparison = 'previous' | 'year'

export interface Range {
  key: RangeKey
  from: string
  to: string
  interval: Interval
  zone: string
  /** Whether it reaches into the present: its last interval is not finished. */
  isOpen: boolean
}

export const isRangeKey = (text: string | undefined): text is RangeKey => rangeKeys.some((key) => key === text)
const DEFAULT_RANGE: RangeKey = '7d'
/** Nothing was tracked before. */
const BEGINNING = '2015-01-01'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Day of a moment in a zone, as 2026-12-03. */
export const dayOf = (ms: number, zone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms)
/** Days are counted on the calendar, where every day is as long as any other. */
const addDays = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
const addMonths = (day: string, months: number): string => {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10)
}

const isDay = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** The range that an address names; anything that is none is the default. `now` in milliseconds, best whole minutes, so that what is asked stays the same. */
export function rangeOf(
  { range, from, to }: { range?: string | undefined; from?: string | undefined; to?: string | undefined },
  now: number,
  zone: string,
): Range {
  const today = dayOf(now, zone)
  const days = (key: RangeKey, first: string, last: string): Range => ({
    key,
    from: first,
    to: last,
    interval: intervalOf(first, last),
    zone,
    isOpen: last >= today,
  })
  const key = isRangeKey(range) && (range !== 'custom' || (isDay(from) && isDay(to) && from <= to)) ? range : DEFAULT_RANGE
  switch (key) {
    case '30m':
      return { key, from: new Date(now - 29 * MINUTE_MS).toISOString(), to: new Date(now + MINUTE_MS).toISOString(), interval: 'minute', zone, isOpen: true }
    case 'today':
      return days(key, today, today)
    case 'yesterday':
      return days(key, addDays(today, -1), addDays(today, -1))
    case '7d':
      return days(key, addDays(today, -6), today)
    case '30d':
      return days(key, addDays(today, -29), today)
    case 'mtd':
      return days(key, `${today.slice(0, 7)}-01`, today)
    case 'last_month': {
      const first = addMonths(`${today.slice(0, 7)}-01`, -1)
      return days(key, first, addDays(`${today.slice(0, 7)}-01`, -1))
    }
    case 'ytd':
      return days(key, `${today.slice(0, 4)}-01-01`, today)
    case '12m':
      return { ...days(key, addMonths(`${today.slice(0, 7)}-01`, -11), today), interval: 'month' }
    case 'all':
      return { ...days(key, BEGINNING, today), interval: 'week' }
    case 'custom':
      return days(key, from ?? today, to ?? today)
    default:
      return key satisfies never
  }
}

/** As many points as a chart shows well: at most about a hundred. */
const intervalOf = (from: string, to: string): Interval => {
  const days = daysBetween(from, to) + 1
  return days <= 2 ? 'hour' : days <= 92 ? 'day' : days <= 732 ? 'week' : 'month'
}

/** The period before it or after it, of the same length: what ← and → do. Undefined where there is none, such as in the future. */
export function shifted(range: Range, direction: -1 | 1, now: number): { range: 'custom'; from: string; to: string } | undefined {
  if (range.key === '30m' || range.key === 'all') return undefined
  if (range.key === 'mtd' || range.key === 'ytd') {
    const months = direction * (range.key === 'mtd' ? 1 : 12)
    const from = addMonths(range.from, months)
    return from > dayOf(now, range.zone) ? undefined : { range: 'custom', from, to: addMonths(range.to, months) }
  }
  const byMonths = range.key === 'last_month' || range.key === '12m' || isWholeMonth(range)
  const months = range.key === '12m' ? 12 : 1
  const length = daysBetween(range.from, range.to) + 1
  const from = byMonths ? addMonths(range.from, direction * months) : addDays(range.from, direction * length)
  const to = byMonths ? addDays(addMonths(from, months), -1) : addDays(from, length - 1)
  return from > dayOf(now, range.zone) ? undefined : { range: 'custom', from, to }
}
const isWholeMonth = ({ from, to }: Range): boolean => from.endsWith('-01') && to === addDays(addMonths(from, 1), -1)

/**
 * What a range is compared with: the period before, or the same days of the year before, moved by whole weeks so that Mondays meet Mondays.
 * Of a range that is not finished only as much as has passed, so that a Monday morning is not held against a whole Monday.
 */
export function comparedTo(range: Range, comparison: Comparison, now: number): { from: string; to: string } | undefined {
  if (range.key === 'all') return undefined
  if (range.key === '30m') return { from: moved(range.from, -30 * MINUTE_MS), to: range.from }
  const byMonth = comparison === 'previous' && (range.key === 'mtd' || range.key === 'last_month')
  const length = daysBetween(range.from, range.to) + 1
  const back = comparison === 'year' ? 364 * Math.max(1, Math.ceil(length / 364)) : length
  const from = byMonth ? addMonths(range.from, -1) : addDays(range.from, -back)
  if (range.isOpen) return { from, to: moved(new Date(now).toISOString(), -daysBetween(from, range.from) * DAY_MS) }
  return { from, to: byMonth ? addDays(range.from, -1) : addDays(range.to, -back) }
}
const moved = (moment: string, ms: number): string => new Date(Date.parse(moment) + ms).toISOString()
