const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)$/

/** What ClickHouse's DateTime64 holds: 1900 to 2299. */
const EARLIEST = Date.UTC(1900, 0, 1)
const LATEST = Date.UTC(2299, 11, 31)
export const isStorable = (ms: number): boolean => ms >= EARLIEST && ms <= LATEST

/**
 * ISO 8601 with offset, or milliseconds since 1970, as milliseconds. A string says what is wrong with it otherwise.
 * A time without an offset is refused: guessing the zone would shift every event of a sender that is not where the server is.
 */
export function readMoment(value: unknown): number | string {
  let ms: number
  if (typeof value === 'number') ms = Math.trunc(value)
  else if (typeof value === 'string') {
    if (!ISO.test(value)) {
      return /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/.test(value)
        ? 'has no offset: end it with Z, or with an offset such as +02:00'
        : 'must be ISO 8601 with offset, such as 2026-12-03T09:30:00Z, or milliseconds since 1970'
    }
    // The usual form is read as it is; the others the standard allows are brought into it.
    ms = Date.parse(/[ ,z]/.test(value) ? value.replace(' ', 'T').replace(',', '.').toUpperCase() : value)
  } else return 'must be text or a number'
  if (Number.isNaN(ms) || (typeof value === 'string' && !isOnCalendar(value))) return 'is no date of the calendar'
  if (!isStorable(ms)) return 'must lie between the years 1900 and 2299'
  return ms
}

/** Date.parse moves 30 February into March; a sender that says so has another mistake. */
function isOnCalendar(text: string): boolean {
  const day = Number(text.slice(8, 10))
  if (day <= 28) return true
  return day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
}
