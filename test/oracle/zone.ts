/** Clocks and calendars by nothing but what Intl shows. Dates are texts, 2026-12-03, which sort as they follow each other. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the zone's clock shows: 2026-12-03 14:00:00 */
export function clock(ms: number, timezone: string): string {
  let format = formats.get(timezone)
  if (!format) {
    const [numeric, two] = ['numeric', '2-digit'] as const
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: numeric,
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    })
    formats.set(timezone, format)
  }
  return format.format(ms)
}

export const dateOf = (ms: number, timezone: string): string => clock(ms, timezone).slice(0, 10)

/** How far the zone's clock is ahead of UTC; a multiple of a quarter of an hour. */
export const offset = (ms: number, timezone: string): number => Date.parse(`${clock(ms, timezone).replace(' ', 'T')}Z`) - Math.floor(ms / 1_000) * 1_000

const starts = new Map<string, number>()

/** The first quarter of an hour in which the clock shows that date. */
export function startOf(date: string, timezone: string): number {
  const known = starts.get(`${date} ${timezone}`)
  if (known !== undefined) return known
  let ms = Date.parse(date) - 15 * HOUR
  while (dateOf(ms, timezone) < date) ms += 15 * MINUTE
  starts.set(`${date} ${timezone}`, ms)
  return ms
}

export const plusDays = (date: string, days: number): string => new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10)
export const firstOfMonth = (date: string): string => `${date.slice(0, 8)}01`
/** The first of the month that lies so many months later. */
export const plusMonths = (date: string, months: number): string =>
  new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1 + months)).toISOString().slice(0, 10)
/** Of that week. */
export function monday(date: string): string {
  while (new Date(date).getUTCDay() !== 1) date = plusDays(date, -1)
  return date
}
