import type { EventOutput } from '@cairn/wire/event'

/** What came in by itself, newest first; and what has come since, while somebody reads or has paused. */
export interface Feed {
  shown: readonly FeedRow[]
  held: readonly FeedRow[]
  /** Events that are held, also those of them that are too many to be shown. */
  waiting: number
}
/** `fresh`: came in while somebody looked. */
export type FeedRow = { kind: 'event'; key: string; event: EventOutput; fresh: boolean } | { kind: 'missed'; key: string; count: number | null }

/** More than anybody reads; a page that is left open all day must not grow. */
export const MOST_ROWS = 500

export const emptyFeed: Feed = { shown: [], held: [], waiting: 0 }

/** `events` in the order in which they came. `hold`: nothing that is shown may move. */
export function withEvents(feed: Feed, events: readonly EventOutput[], hold: boolean): Feed {
  const known = new Set([...feed.shown, ...feed.held].map(({ key }) => key))
  const rows: FeedRow[] = []
  for (const event of events) {
    if (known.has(event.event_id)) continue
    known.add(event.event_id)
    rows.unshift({ kind: 'event', key: event.event_id, event, fresh: true })
  }
  return rows.length === 0 ? feed : withRows(feed, rows, rows.length, hold)
}

/** Stands where the events that were not told would; what was missed without an event in between is one row. */
export function withMissed(feed: Feed, count: number | null, hold: boolean, key: string): Feed {
  const part = feed.held.length > 0 ? 'held' : 'shown'
  const [top, ...others] = feed[part]
  if (top?.kind !== 'missed') return withRows(feed, [{ kind: 'missed', key, count }], 0, hold)
  const sum = top.count === null || count === null ? null : top.count + count
  return { ...feed, [part]: [{ ...top, count: sum }, ...others] }
}

const withRows = (feed: Feed, rows: readonly FeedRow[], events: number, hold: boolean): Feed =>
  hold
    ? { ...feed, held: [...rows, ...feed.held].slice(0, MOST_ROWS), waiting: feed.waiting + events }
    : { shown: [...rows, ...feed.held, ...feed.shown].slice(0, MOST_ROWS), held: [], waiting: 0 }

/** What is held is shown. */
export const released = (feed: Feed): Feed => (feed.held.length === 0 && feed.waiting === 0 ? feed : withRows(feed, [], 0, false))

/** What is listed: below what came by itself, older events, newest first. */
export function listed(feed: Feed, older: readonly EventOutput[]): readonly FeedRow[] {
  const known = new Set([...feed.shown, ...feed.held].map(({ key }) => key))
  const rows = older.filter(({ event_id }) => !known.has(event_id)).map((event): FeedRow => ({ kind: 'event', key: event.event_id, event, fresh: false }))
  return [...feed.shown, ...rows].slice(0, MOST_ROWS)
}
