import type { Interval } from '@cairn/wire/questions/vocabulary'
import { intervalName, intervalStarts } from '../analytics/intervals.ts'
import type { Range } from '../analytics/range.ts'
import { zone } from '../analytics/zone.ts'
import { i64, raw, sql, type Piece } from '../store/sql.ts'

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
 * The store is given the starts instead of computing with zones itself: so there is one definition of a zone's days. Equal ones are divided, which
 * costs a third; the last interval may be an hour longer than those before it.
 */
export function indexOf(starts: readonly number[]): Piece {
  const [first = 0, second = first + 1] = starts
  const length = second - first
  const ms = raw('toUnixTimestamp64Milli(event_timestamp)')
  if (starts.every((start, i) => start === first + i * length))
    return starts.length === 1 ? raw('toUInt16(0)') : sql`toUInt16(least(intDiv(${ms} - ${i64(first)}, ${i64(length)}), ${i64(starts.length - 1)}))`
  const at = raw(`[${starts.map((start) => `toInt64(${start})`).join(', ')}]`)
  return sql`toUInt16(indexOf(${at}, roundDown(${ms}, ${at})) - 1)`
}
