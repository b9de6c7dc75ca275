import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../base/time.ts'
import { due } from './due.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())

function between(expression: string, zone: string, from: string, to: string): number[] {
  const times = due(expression, zone)
  const found: number[] = []
  for (let next = times.next(at(from)); next < at(to); next = times.next(next)) found.push(next)
  return found
}

const shown = (zone: string): ((ms: number) => string) => {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  return (ms) => clock.format(ms)
}

describe('a job at 02:00', () => {
  test.each([
    // 02:00 is left out on 8 March, and 01:00 to 02:00 comes twice on 1 November.
    ['America/New_York', { '2026-03-08': '03:00' }],
    // Half an hour: 02:00 to 02:30 is left out on 4 October, and 01:30 to 02:00 comes twice on 5 April.
    ['Australia/Lord_Howe', { '2026-10-04': '02:30' }],
    ['Asia/Kathmandu', {}],
    ['Europe/Berlin', { '2026-03-29': '03:00' }],
    ['UTC', {}],
  ] as const)('in %s is due once on every day of the year', (zone, moved) => {
    const days = Array.from({ length: 365 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10))
    const found = between('0 2 * * *', zone, '2025-12-30T00:00:00Z', '2027-01-03T00:00:00Z')
      .map(shown(zone))
      .filter((text) => text.startsWith('2026'))
    expect(found).toEqual(days.map((day) => `${day} ${(moved as Record<string, string>)[day] ?? '02:00'}`))
  })

  test('is due at that moment on days on which the clock is changed', () => {
    expect(between('0 2 * * *', 'America/New_York', '2026-03-08T00:00:00Z', '2026-03-09T00:00:00Z').map(iso)).toEqual(['2026-03-08T07:00:00.000Z'])
    expect(between('0 2 * * *', 'America/New_York', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z').map(iso)).toEqual(['2026-11-01T07:00:00.000Z'])
    expect(between('0 2 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', '2026-04-05T00:00:00Z').map(iso)).toEqual(['2026-04-04T15:30:00.000Z'])
    expect(between('0 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', '2026-10-04T00:00:00Z').map(iso)).toEqual(['2026-10-03T15:30:00.000Z'])
  })

  test.each([
    ['America/New_York', '30 1 * * *', '2026-11-01', '2026-11-01T05:30:00.000Z'],
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-05', '2026-04-04T14:45:00.000Z'],
  ])('in %s at a time that comes twice is due the first time only', (zone, expression, day, first) => {
    const found = between(expression, zone, '2026-01-01T00:00:00Z', '2026-12-31T00:00:00Z').filter((ms) => shown(zone)(ms).startsWith(day))
    expect(found.map(iso)).toEqual([first])
    // Also for who asks between the two.
    expect(iso(due(expression, zone).next(at(first) + 40 * MINUTE))?.slice(0, 10)).not.toBe(first.slice(0, 10))
  })
})

describe('a job of every hour', () => {
  test.each([
    ['America/New_York', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01T04:00:00Z', 25],
    ['America/New_York', '2026-06-01T04:00:00Z', 24],
    ['Asia/Kathmandu', '2026-06-01T18:15:00Z', 24],
  ])('in %s on the day that begins at %s is due %i times, an hour apart', (zone, begin, hours) => {
    const start = at(begin)
    const found = between('0 * * * *', zone, new Date(start - 1).toISOString(), new Date(start + hours * HOUR).toISOString())
    expect(found).toEqual(Array.from({ length: hours }, (_, i) => start + i * HOUR))
  })

  test('goes by what the clock shows where it is changed by half an hour', () => {
    expect(between('0 * * * *', 'Australia/Lord_Howe', '2026-04-04T13:30:00Z', '2026-04-04T18:00:00Z').map(iso)).toEqual([
      '2026-04-04T14:00:00.000Z',
      '2026-04-04T15:30:00.000Z',
      '2026-04-04T16:30:00.000Z',
      '2026-04-04T17:30:00.000Z',
    ])
  })
})

test('weekly and monthly jobs are due on the zone’s days, Sunday is 0 and 7', () => {
  expect(between('0 6 1 * *', 'Asia/Kathmandu', '2026-01-10T00:00:00Z', '2026-03-10T00:00:00Z').map(iso)).toEqual([
    '2026-02-01T00:15:00.000Z',
    '2026-03-01T00:15:00.000Z',
  ])
  const sundays = ['2026-11-01T07:00:00.000Z', '2026-11-08T07:00:00.000Z']
  for (const day of [0, 7]) expect(between(`0 2 * * ${day}`, 'America/New_York', '2026-10-30T00:00:00Z', '2026-11-10T00:00:00Z').map(iso)).toEqual(sundays)
})

test('the newest due time is the last one up to a moment, however rare', () => {
  const newest = (expression: string, upTo: string): string | undefined => iso(due(expression, 'America/New_York').newest(at(upTo)))
  expect(newest('0 2 * * *', '2026-03-08T07:00:00Z')).toBe('2026-03-08T07:00:00.000Z')
  expect(newest('0 2 * * *', '2026-03-08T06:59:59Z')).toBe('2026-03-07T07:00:00.000Z')
  expect(newest('0 2 * * *', '2026-03-08T06:59:59.999Z')).toBe('2026-03-07T07:00:00.000Z')
  expect(newest('30 1 * * *', '2026-11-01T05:30:00.500Z')).toBe('2026-11-01T05:30:00.000Z')
  expect(newest('30 1 * * *', '2026-11-01T06:45:00Z')).toBe('2026-11-01T05:30:00.000Z')
  expect(newest('* * * * *', '2026-03-08T06:59:59Z')).toBe('2026-03-08T06:59:00.000Z')
  expect(newest('0 0 1 1 *', '2026-11-20T12:00:00Z')).toBe('2026-01-01T05:00:00.000Z')
  expect(newest('0 0 29 2 *', '2026-11-20T12:00:00Z')).toBe('2024-02-29T05:00:00.000Z')
})

test('what is no expression of five fields, and what is never due, is refused', () => {
  expect(() => due('0 0 2 * * *', 'UTC')).toThrow()
  expect(() => due('every day', 'UTC')).toThrow()
  expect(() => due('0 0 31 2 *', 'UTC').next(0)).toThrow('never due')
})
