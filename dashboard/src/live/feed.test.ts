import type { EventOutput } from '@cairn/wire/event'
import { expect, test } from 'vitest'
import { emptyFeed, listed, MOST_ROWS, released, withEvents, withMissed, type Feed } from './feed.ts'

const event = (id: number | string): EventOutput => ({ event_id: `${id}` }) as EventOutput
const events = (from: number, to: number): EventOutput[] => Array.from({ length: to - from + 1 }, (_, i) => event(from + i))
const keys = (rows: Feed['shown']): string[] => rows.map(({ key }) => key)

test('the newest event stands on top, and below what came by itself the older ones follow, each once', () => {
  const feed = withEvents(withEvents(emptyFeed, events(4, 5), false), [event(6)], false)
  expect(keys(listed(feed, [event(5), event(4), event(3), event(2)]))).toEqual(['6', '5', '4', '3', '2'])
})

test('nothing that is shown moves while it is held; what waits is counted and shown at once when it is let go', () => {
  const before = withEvents(emptyFeed, events(1, 3), false)
  const held = withEvents(withEvents(before, events(4, 5), true), [event(6), event(6), event(2)], true)
  expect([held.shown, held.waiting]).toEqual([before.shown, 3])
  expect([keys(released(held).shown), released(held).waiting]).toEqual([['6', '5', '4', '3', '2', '1'], 0])
  expect(keys(withEvents(held, [event(7)], false).shown)).toEqual(['7', '6', '5', '4', '3', '2', '1'])
})

test('what was missed stands in its place, as one row until the next event', () => {
  let feed = withEvents(emptyFeed, [event(1)], false)
  feed = withMissed(withMissed(feed, 10, false, 'm1'), 5, false, 'm2')
  feed = withMissed(withEvents(feed, [event(2)], false), null, false, 'm3')
  expect(feed.shown.map((row) => (row.kind === 'missed' ? row.count : row.key))).toEqual([null, '2', 15, '1'])
})

test('a page that is open all day keeps a bounded number of rows, and counts all that wait', () => {
  let feed = emptyFeed
  for (let i = 0; i < 20; i++) feed = withEvents(feed, events(i * 100, i * 100 + 99), i >= 10)
  expect([feed.shown.length, feed.held.length, feed.waiting]).toEqual([MOST_ROWS, MOST_ROWS, 1_000])
  expect(keys(released(feed).shown)[0]).toBe('1999')
  expect(listed(feed, events(5_000, 5_100)).length).toBe(MOST_ROWS)
})
