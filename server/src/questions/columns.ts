import type { Interval } from '@cairn/wire/questions/vocabulary'
import { intervalName, intervalStarts } from '../analytics/intervals.ts'
import type { Range } from '../analytics/range.ts'
import { zone } from '../analytics/zone.ts'
import { i64, join, raw, sql, type Piece } from '../store/sql.ts'

/** The intervals of a range: their names, and in SQL the number of the one that an event is in, from 0. */
export interface Columns {
  names: readonly string[]
  starts: readonly number[]
  /** Of rows with `event_timestamp`. */
  index: Piece
  /** Span of one of them within the range. */
  span(index: number): { fromMs: number; toMs: number }
}

/** Throws `invalid` where there are too many. */
export function columnsOf(range: Range, interval: Interval): Columns {
  const place = zone(range.timezone)
  const starts = intervalStarts(range, place, interval)
  return {
    names: starts.map((start) => intervalName(start, place, interval)),
    starts,
    index: indexOf(starts),
    span: (index) => ({ fromMs: Math.max(range.fromMs, starts[index] ?? range.fromMs), toMs: Math.min(range.toMs, starts[index + 1] ?? range.toMs) }),
  }
}

/** Span of the whole interval directly before the first. */
export function spanBefore({ starts: [first = 0] }: Columns, { timezone, storeTimezone }: Range, interval: Interval): { fromMs: number; toMs: number } {
  const place = zone(timezone)
  const day = place.dayAt(first - 1)
  const [start = first] = intervalStarts({ fromMs: first - 1, toMs: first, timezone, storeTimezone, firstDay: day, lastDay: day }, place, interval)
  return { fromMs: start, toMs: first }
}

/**
 * The store is given the starts instead of computing with zones itself: so there is one definition of a zone's days. Equal ones are divided, one
 * stretch of them after the other (days: up to a change of the clock, the day of it, and from there), which costs a third of looking them up; the
 * last interval may be an hour longer than those before it.
 */
export function indexOf(starts: readonly number[]): Piece {
  if (starts.length <= 1) return raw('toUInt16(0)')
  const ms = raw('toUnixTimestamp64Milli(event_timestamp)')
  const stretches = stretchesOf(starts)
  if (stretches.length > MOST_STRETCHES) {
    const at = raw(`[${starts.map((start) => `toInt64(${start})`).join(', ')}]`)
    return sql`transform(roundDown(${ms}, ${at}), ${at}, range(toUInt16(${raw(String(starts.length))})), toUInt16(0))`
  }
  const cases = stretches.map(({ first, length }, i) => {
    const index = sql`${i64(first)} + intDiv(${ms} - ${i64(starts[first] ?? 0)}, ${i64(length)})`
    const next = stretches[i + 1]
    return next ? sql`${ms} < ${i64(starts[next.first] ?? 0)}, ${index}` : sql`least(${index}, ${i64(starts.length - 1)})`
  })
  return cases.length === 1 ? sql`toUInt16(${join(cases)})` : sql`toUInt16(multiIf(${join(cases)}))`
}
/** More are looked up: months, and years of days. */
const MOST_STRETCHES = 5

/** Intervals of the same length, one after the other, by the first of them. The last interval is of the last stretch. */
function stretchesOf(starts: readonly number[]): { first: number; length: number }[] {
  const stretches: { first: number; length: number }[] = []
  for (let i = 0; i + 1 < starts.length; i++) {
    const length = (starts[i + 1] ?? 0) - (starts[i] ?? 0)
    if (stretches.at(-1)?.length !== length) stretches.push({ first: i, length })
  }
  return stretches
}
