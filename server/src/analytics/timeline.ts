import type { Interval } from '@cairn/wire/questions/vocabulary'
import { iso } from '../base/time.ts'
import { raw, sql, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { intervalStarts } from './intervals.ts'
import type { Range } from './range.ts'
import { zone } from './zone.ts'

export interface Moment {
  /** Start of the interval. */
  at: string
  events: number
  /** Persons with an event in it; who is active in two counts in both. */
  people: number
}

/**
 * Events and people of each interval of the range on the zone's clock, also of those without events. The first and the last may begin before
 * or end after the range; only what lies in the range counts. `people` is the aggregate that counts them.
 */
export async function readTimeline(
  store: Store,
  { range, interval, events, where, people }: { range: Range; interval: Interval; events: Piece; where: Piece; people: Piece },
): Promise<Moment[]> {
  const starts = intervalStarts(range, zone(range.timezone), interval)
  const { rows } = await store.query<{ start: string; events: string; people: string }>(timelineSql(events, starts, where, people))
  const found = new Map(rows.map((row) => [Number(row.start), row]))
  return starts.map((start) => {
    const row = found.get(start)
    return { at: iso(start), events: Number(row?.events ?? 0), people: Number(row?.people ?? 0) }
  })
}

/**
 * The store is given the starts and looks each event's time up among them, instead of computing with zones itself: so there is one definition
 * of a zone's days and hours, and intervals of any length cost the same.
 */
const timelineSql = (events: Piece, starts: readonly number[], where: Piece, people: Piece): Piece => sql`SELECT
  roundDown(toUnixTimestamp64Milli(event_timestamp), [${raw(starts.map((ms) => `toInt64(${ms})`).join(', '))}]) AS start, count() AS events, ${people} AS people
FROM ${events}
${where}
GROUP BY start`
