/**
 * Ranges of time as people choose them, and as the API is asked: `from` and `to` are days, both inclusive, or moments, `to` exclusive.
 * Days are those of `zone`. Weeks start on Monday.
 */
export const rangeKeys = [
  ...([
    '30m',
    '1h',
    '24h',
    'today',
    'yesterday',
    '7d',
    '28d',
    '30d',
    '90d',
    'week',
    'mtd',
    'month',
    'last_month',
    'quarter',
    'ytd',
    'year',
    'last_year',
  ] as const),
  ...(['12m', 'all', 'custom'] as const),
] as const
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
/** Of ranges that end now. */
const minutesOf = { '30m': 30, '1h': 60, '24h': 1_440 } as const
/** Of ranges that are whole months, or begin with one. */
const monthsOf: Partial<Record<RangeKey, number>> = { mtd: 1, month: 1, last_month: 1, quarter: 3, ytd: 12, year: 12, last_year: 12, '12m': 12 }
const DAY_MS = 86_400_000

/** Day of a moment in a zone, as 2026-12-03. */
export const dayOf = (ms: number, zone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms)
/** A moment on the clock of a zone, as fields of date and time have it: 2026-12-03T09:30. */
export const wallClock = (ms: number, zone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(ms).replace(' ', 'T')
/** And back. Of an hour that the clock shows twice the first; one that it skips is the hour before it. */
export function momentIn(text: string, zone: string): string {
  const asUtc = Date.parse(`${text}Z`)
  const offsetAt = (ms: number): number => Date.parse(`${wallClock(ms, zone)}Z`) - Math.floor(ms / MINUTE_MS) * MINUTE_MS
  return new Date(asUtc - offsetAt(asUtc - offsetAt(asUtc - DAY_MS / 2))).toISOString()
}
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
  /** So many whole months from the first day of one. */
  const months = (key: RangeKey, first: string, count: number): Range => days(key, first, addDays(addMonths(first, count), -1))
  const thisMonth = `${today.slice(0, 7)}-01`
  const thisYear = `${today.slice(0, 4)}-01-01`
  const key = isRangeKey(range) && (range !== 'custom' || (isDay(from) && isDay(to) && from <= to)) ? range : DEFAULT_RANGE
  switch (key) {
    case '30m':
    case '1h':
    case '24h': {
      const [from, to] = [now - (minutesOf[key] - 1) * MINUTE_MS, now + MINUTE_MS].map((ms) => new Date(ms).toISOString()) as [string, string]
      return { key, from, to, interval: key === '24h' ? 'hour' : 'minute', zone, isOpen: true }
    }
    case 'today':
      return days(key, today, today)
    case 'yesterday':
      return days(key, addDays(today, -1), addDays(today, -1))
    case '7d':
    case '28d':
    case '30d':
    case '90d':
      return days(key, addDays(today, 1 - Number.parseInt(key, 10)), today)
    case 'week': {
      const monday = addDays(today, -((new Date(today).getUTCDay() + 6) % 7))
      return days(key, monday, addDays(monday, 6))
    }
    case 'mtd':
      return days(key, thisMonth, today)
    case 'month':
      return months(key, thisMonth, 1)
    case 'last_month':
      return months(key, addMonths(thisMonth, -1), 1)
    case 'quarter':
      return months(key, addMonths(thisMonth, -((Number(today.slice(5, 7)) - 1) % 3)), 3)
    case 'ytd':
      return days(key, thisYear, today)
    case 'year':
      return months(key, thisYear, 12)
    case 'last_year':
      return months(key, addMonths(thisYear, -12), 12)
    case '12m':
      return { ...days(key, addMonths(thisMonth, -11), today), interval: 'month' }
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
  if (endsNow(range) || range.key === 'all') return undefined
  const months = wholeMonths(range)
  const length = daysBetween(range.from, range.to) + 1
  const from = months === undefined ? addDays(range.from, direction * length) : addMonths(range.from, direction * months)
  // Of a period up to today as many days; of a whole one all of them.
  const to = range.key === 'mtd' || range.key === 'ytd' ? addMonths(range.to, direction * (months ?? 1)) : lastOf(from, { months, length })
  return from > dayOf(now, range.zone) ? undefined : { range: 'custom', from, to }
}
/** It moves with every minute. */
export const endsNow = ({ key }: Pick<Range, 'key'>): boolean => key in minutesOf
const lastOf = (from: string, { months, length }: { months: number | undefined; length: number }): string =>
  addDays(months === undefined ? addDays(from, length) : addMonths(from, months), -1)

/** How many months it is made of; undefined where it is not. */
function wholeMonths({ key, from, to }: Range): number | undefined {
  if (key !== 'custom') return monthsOf[key]
  if (!from.endsWith('-01') || !addDays(to, 1).endsWith('-01')) return undefined
  const [year = 0, month = 0] = addDays(to, 1).split('-').map(Number)
  const [firstYear = 0, firstMonth = 0] = from.split('-').map(Number)
  return 12 * (year - firstYear) + month - firstMonth
}

/**
 * What a range is compared with: the period before, or the same days of the year before, moved by whole weeks so that Mondays meet Mondays.
 * Of a range that is not finished only as much as has passed, so that a Monday morning is not held against a whole Monday.
 */
export function comparedTo(range: Range, comparison: Comparison, now: number): { from: string; to: string } | undefined {
  if (range.key === 'all') return undefined
  if (endsNow(range)) return { from: moved(range.from, Date.parse(range.from) - Date.parse(range.to)), to: range.from }
  const months = comparison === 'previous' && range.key !== '12m' && range.key !== 'ytd' && range.key !== 'custom' ? wholeMonths(range) : undefined
  const length = daysBetween(range.from, range.to) + 1
  const back = comparison === 'year' ? 364 * Math.max(1, Math.ceil(length / 364)) : length
  const from = months === undefined ? addDays(range.from, -back) : addMonths(range.from, -months)
  if (range.isOpen) return { from, to: moved(new Date(now).toISOString(), -daysBetween(from, range.from) * DAY_MS) }
  return { from, to: months === undefined ? addDays(range.to, -back) : addDays(range.from, -1) }
}
const moved = (moment: string, ms: number): string => new Date(Date.parse(moment) + ms).toISOString()
