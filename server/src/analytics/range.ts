import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import { readMoment } from '../ingest/moment.ts'
import { formatDay, readDay, zone, zoneNamed, type Zone } from './zone.ts'

/** The span of time that a question is about, and the zone in which its days are counted. */
export interface Range {
  fromMs: number
  /** Exclusive. */
  toMs: number
  /** As it is shown; `storeTimezone` is the name for SQL. */
  timezone: string
  storeTimezone: string
  /** Days the span touches, first and last, as day numbers of the zone; `dayNames` lists them. */
  firstDay: number
  lastDay: number
}

export interface RangeQuery {
  days?: number | undefined
  from?: string | undefined
  to?: string | undefined
  timezone?: string | undefined
}

const DEFAULT_DAYS = 7

/**
 * `days`: today and the days before it. `from` and `to`: days, both inclusive, or moments, `to` exclusive. `from` alone reaches to the end of
 * today, so that an event whose clock runs a little ahead is in; `to` alone, or with `days`, begins that many days before it.
 * Throws `invalid` with the parameter's path.
 */
export function readRange(query: RangeQuery, deps: { timezone: string; now: number }): Range {
  const place = query.timezone === undefined || query.timezone === deps.timezone ? zone(deps.timezone) : zoneNamed(query.timezone)
  const days = query.days ?? DEFAULT_DAYS
  const today = place.dayAt(deps.now)
  if (query.from !== undefined && query.days !== undefined) throw invalid('days', 'cannot go together with from')
  const to = query.to === undefined ? { day: today } : readBound('to', query.to)
  const toMs = 'day' in to ? place.startOfDay(to.day + 1) : to.ms
  const from = query.from === undefined ? undefined : readBound('from', query.from)
  const fromMs = from !== undefined ? momentOf(from, place) : 'day' in to ? place.startOfDay(to.day - days + 1) : toMs - days * DAY
  const backwards = from && 'day' in from && 'day' in to ? from.day > to.day : fromMs > toMs
  if (backwards) throw invalid('from', 'must not be after to')
  return { fromMs, toMs, timezone: place.name, storeTimezone: place.storeName, firstDay: place.dayAt(fromMs), lastDay: place.dayAt(Math.max(fromMs, toMs - 1)) }
}

/** Every day of the range, 2026-12-03 and so on. A day that a zone left out is among them; nothing happened on it. */
export const dayNames = ({ firstDay, lastDay }: Range): string[] => Array.from({ length: lastDay - firstDay + 1 }, (_, i) => formatDay(firstDay + i))

type Bound = { day: number } | { ms: number }

function readBound(name: 'from' | 'to', text: string): Bound {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const day = readDay(text)
    if (day === undefined) throw invalid(name, 'is no date of the calendar')
    if (day < EARLIEST_DAY || day > LATEST_DAY) throw invalid(name, 'must lie between the years 1900 and 2299')
    return { day }
  }
  // A plus sign that was not escaped reaches us as a space.
  const ms = readMoment(/^-?\d+$/.test(text) ? Number(text) : text.replace(/ (\d\d:?\d\d)$/, '+$1'))
  if (typeof ms === 'string') throw invalid(name, `${ms}; or a date such as 2026-12-03`)
  return { ms }
}

/** What the event store's times hold, with a day to spare for zones. */
const EARLIEST_DAY = Date.UTC(1900, 0, 2) / DAY
const LATEST_DAY = Date.UTC(2299, 11, 30) / DAY

const momentOf = (bound: Bound, place: Zone): number => ('day' in bound ? place.startOfDay(bound.day) : bound.ms)

const invalid = (name: string, message: string): CairnError =>
  new CairnError('invalid', `The range is not valid: ${name} ${message}.`, { errors: [{ path: `/${name}`, message }] })
