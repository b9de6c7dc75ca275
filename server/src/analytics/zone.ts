import { offsetReader } from '../base/zone-offset.ts'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'

/**
 * Days of a time zone, by what `Intl` knows of it. A day is a number: days since 1970-01-01 on the zone's calendar. Days have 23, 24 or 25
 * hours, 23.5 and 24.5 on Lord Howe Island, and none where a zone jumped over the date line (Samoa, 30 December 2011).
 */
export interface Zone {
  /** IANA name to show: as it was asked for, spelled right. */
  readonly name: string
  /** The same zone as the event store knows it: it minds upper and lower case, and may lack the newest names. */
  readonly storeName: string
  dayAt(ms: number): number
  /** First moment of the day; of a day that a zone left out, the first moment after it. */
  startOfDay(day: number): number
  /** How far its clock is ahead of UTC. */
  offsetAt(ms: number): number
}

/** Throws RangeError for an unknown name; see zoneNamed for one that a caller gave. */
export function zone(asked: string): Zone {
  const offsetAt = offsetReader(asked)

  const startOfDay = (day: number): number => {
    const midnight = day * DAY
    // Offsets lie between −12 and +14 hours: the day begins inside this window, which is too short for two changes of the clock.
    const before = offsetAt(midnight - 15 * HOUR)
    const after = offsetAt(midnight + 13 * HOUR)
    const early = midnight - before
    if (before === after || offsetAt(early) === before) return early
    const late = midnight - after
    if (offsetAt(late) === after) return late
    // Midnight itself is left out (Cairo, Beirut, Santiago): the day begins when the clock is put forward, between the two.
    let [without, within] = [late, early]
    while (within - without > 1) {
      const middle = Math.floor((without + within) / 2)
      if (offsetAt(middle) === before) without = middle
      else within = middle
    }
    return within
  }

  const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: asked }).resolvedOptions()
  const name = timeZone.toLowerCase() === asked.toLowerCase() ? timeZone : asked
  return { name, storeName: timeZone, startOfDay, offsetAt, dayAt: (ms) => Math.floor((ms + offsetAt(ms)) / DAY) }
}

const HOUR = 3_600_000

/** 2026-12-03 */
export const formatDay = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

/** Undefined for what is no day of the calendar. */
export function readDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms / DAY
}

/**
 * The zone of that name in any spelling; throws `invalid` for any other, also for offsets such as +01:00: they know no daylight saving, nor
 * does the event store know them.
 */
export function zoneNamed(name: string): Zone {
  if (/^[A-Za-z]/.test(name)) {
    try {
      return zone(name)
    } catch {
      // Refused below.
    }
  }
  throw new CairnError('invalid', 'The time zone is not known.', {
    errors: [{ path: '/timezone', message: 'must be an IANA time zone such as Europe/Berlin or UTC' }],
  })
}
