import { expect, test } from 'vitest'
import { filterOf, isInside, momentAt, wallClock } from './filter.ts'
import { lookup } from './lookup.ts'

test('a moment chosen on the wall clock of a zone is that moment, on both sides of a change of the clock', () => {
  expect(new Date(momentAt('2026-03-29T01:30', 'Europe/Berlin')).toISOString()).toBe('2026-03-29T00:30:00.000Z')
  expect(new Date(momentAt('2026-03-29T03:30', 'Europe/Berlin')).toISOString()).toBe('2026-03-29T01:30:00.000Z')
  expect(new Date(momentAt('2026-12-03T09:30', 'Asia/Kolkata')).toISOString()).toBe('2026-12-03T04:00:00.000Z')
  expect(wallClock(Date.parse('2026-12-03T04:00:00Z'), 'Asia/Kolkata')).toBe('2026-12-03T09:30')
})

test('an address is narrowed by its known parts only', () => {
  expect(
    filterOf({
      event_type: 'task_viewed',
      'metadata.plan.name': 'pro',
      'context.page': '/',
      range: '7d',
      event: 'x',
      device_type: 'toaster',
      'metadata.': 'x',
      include_bots: '1',
      user_id: '',
    }),
  ).toEqual({ event_type: 'task_viewed', 'metadata.plan.name': 'pro', 'context.page': '/' })
})

test('a moment lies in a range of days by the clock of its zone', () => {
  const days = { from: '2026-12-03', to: '2026-12-03', timezone: 'Asia/Tokyo' }
  expect(isInside(Date.parse('2026-12-02T15:00:00Z'), days)).toBe(true)
  expect(isInside(Date.parse('2026-12-03T15:00:00Z'), days)).toBe(false)
})

test('an event is looked for in its millisecond, or around when its id was made, or in the newest where the id tells nothing', () => {
  expect(lookup('w', 'x', '2026-12-03T09:30:00.123Z').query).toMatchObject({ from: '2026-12-03T09:30:00.123Z', to: '2026-12-03T09:30:00.124Z' })
  expect(lookup('w', '01a1f8b4-d5de-75af-b20b-e7b72c940a18', undefined).query.from).toMatch(/^2026-11-20T11:25:/)
  expect(lookup('w', 'zzz', undefined).query).toEqual({ include_bots: true, limit: 1_000 })
})
