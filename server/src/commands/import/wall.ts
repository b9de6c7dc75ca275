import { offsetReader } from '../../base/zone-offset.ts'

/**
 * Wall-clock times of a zone as moments. Where the clock is put forward, times that it leaves out are read as if it had not been (02:30 is
 * 03:30); where it is put back, a time that comes twice is its first. That is what RFC 5545 does, and Temporal by default.
 */
export interface WallClock {
  /** `wall` is the reading as if it were UTC; milliseconds. */
  momentOf(wall: number): number
}

const DAY = 86_400_000
/** Clocks change at quarters of an hour; offsets are remembered by them. */
const QUARTER = 900_000
/** A year of quarters is 35,040; enough for files that go back and forth. */
const MOST_QUARTERS = 50_000

/** `zone` is an IANA name; throws RangeError for any other. */
export function wallClock(zone: string): WallClock {
  if (zone === 'UTC') return { momentOf: (wall) => wall }
  const read = offsetReader(zone)
  const known = new Map<number, number>()
  const offsetAt = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER)
    const before = known.get(quarter)
    if (before !== undefined) return before
    const offset = read(quarter * QUARTER)
    if (known.size >= MOST_QUARTERS) known.clear()
    known.set(quarter, offset)
    return offset
  }
  return {
    momentOf: (wall) => {
      const [earlier, later] = [offsetAt(wall - DAY), offsetAt(wall + DAY)]
      const first = wall - earlier
      if (earlier === later || offsetAt(first) === earlier) return first
      const second = wall - later
      return offsetAt(second) === later ? second : first
    },
  }
}
