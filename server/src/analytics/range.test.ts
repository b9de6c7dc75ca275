import { describe, expect, test } from 'vitest'
import { CairnError } from '../base/errors.ts'
import { DAY, HOUR, iso } from '../base/time.ts'
import { dayNames, readRange, type RangeQuery } from './range.ts'
import { formatDay, readDay, zone, zoneNamed } from './zone.ts'

const hoursOf = (zoneName: string, day: string): number => {
  const place = zone(zoneName)
  const n = readDay(day) ?? Number.NaN
  return (place.startOfDay(n + 1) - place.startOfDay(n)) / HOUR
}
const startOf = (zoneName: string, day: string): string => iso(zone(zoneName).startOfDay(readDay(day) ?? Number.NaN))

describe('days of a zone', () => {
  test.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z', 24],
    ['Europe/Berlin', '2026-03-28', '2026-03-27T23:00:00.000Z', 24],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Asia/Kolkata', '2026-06-01', '2026-05-31T18:30:00.000Z', 24],
    ['Asia/Kathmandu', '2026-06-01', '2026-05-31T18:15:00.000Z', 24],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
    // The clock goes from 23:59 to 1:00: there is no midnight.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z', 23],
    // The clock goes from 0:59 back to 0:00: there are two midnights, and the first begins the day.
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    // Clocks go back at midnight: the day before has 25 hours.
    ['Asia/Beirut', '2026-10-24', '2026-10-23T21:00:00.000Z', 25],
    // Samoa went over the date line and had no 30 December 2011.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z', 24],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24],
    ['Etc/GMT+12', '2026-01-01', '2026-01-01T12:00:00.000Z', 24],
  ])('%s, %s begins at %s and has %d hours', (name, day, start, hours) => {
    expect(startOf(name, day)).toBe(start)
    expect(hoursOf(name, day)).toBe(hours)
  })

  test('in every zone each day of a year begins with its first millisecond', () => {
    const first = readDay('2026-01-01') ?? 0
    for (const name of Intl.supportedValuesOf('timeZone')) {
      const place = zone(name)
      for (let day = first; day < first + 365; day += 1) {
        const start = place.startOfDay(day)
        if (place.dayAt(start) !== day || place.dayAt(start - 1) !== day - 1) expect.fail(`${name}, ${formatDay(day)}: ${iso(start)}`)
      }
    }
  })

  test('a zone is known in any spelling, and an offset is none', () => {
    expect(zoneNamed('europe/berlin').name).toBe('Europe/Berlin')
    expect(zoneNamed('utc').name).toBe('UTC')
    expect(zoneNamed('Asia/Kolkata').startOfDay(0)).toBe(-5.5 * HOUR)
    for (const name of ['+01:00', 'Europe/Nowhere', '', 'x', "Europe/Berlin' OR 1"]) expect(() => zoneNamed(name)).toThrow(CairnError)
  })
})

describe('a range', () => {
  const now = Date.parse('2026-12-03T22:30:00Z')
  const read = (query: RangeQuery, timezone = 'Europe/Berlin'): string[] => {
    const range = readRange(query, { timezone, now })
    return [iso(range.fromMs), iso(range.toMs)]
  }

  test('is today and the six days before it, where nothing else is said', () => {
    expect(read({})).toEqual(['2026-11-26T23:00:00.000Z', '2026-12-03T23:00:00.000Z'])
    expect(read({ days: 1 })).toEqual(['2026-12-02T23:00:00.000Z', '2026-12-03T23:00:00.000Z'])
    // It is the fourth already in Kolkata.
    expect(read({ days: 1, timezone: 'Asia/Kolkata' })).toEqual(['2026-12-03T18:30:00.000Z', '2026-12-04T18:30:00.000Z'])
    expect(dayNames(readRange({}, { timezone: 'Europe/Berlin', now }))).toEqual([
      '2026-11-27',
      '2026-11-28',
      '2026-11-29',
      '2026-11-30',
      '2026-12-01',
      '2026-12-02',
      '2026-12-03',
    ])
  })

  test('of dates takes both in, of moments leaves the last out', () => {
    expect(read({ from: '2026-10-25', to: '2026-10-25' })).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'])
    expect(read({ from: '2026-12-01T10:00:00Z', to: '2026-12-01T12:00:00+01:00' })).toEqual(['2026-12-01T10:00:00.000Z', '2026-12-01T11:00:00.000Z'])
    expect(read({ from: '2026-12-01T10:00:00 01:00', to: '2026-12-01' })).toEqual(['2026-12-01T09:00:00.000Z', '2026-12-01T23:00:00.000Z'])
    expect(read({ from: '2026-12-01T10:00:00Z', to: '2026-12-01T10:00:00Z' })).toEqual(['2026-12-01T10:00:00.000Z', '2026-12-01T10:00:00.000Z'])
    expect(dayNames(readRange({ from: '2026-12-01T22:59:00Z', to: '2026-12-01T23:00:01Z' }, { timezone: 'Europe/Berlin', now }))).toEqual([
      '2026-12-01',
      '2026-12-02',
    ])
  })

  test('with one end reaches from there through today, or begins days before it', () => {
    expect(read({ from: '2026-12-01' })).toEqual(['2026-11-30T23:00:00.000Z', '2026-12-03T23:00:00.000Z'])
    expect(read({ to: '2026-11-30' })).toEqual(['2026-11-23T23:00:00.000Z', '2026-11-30T23:00:00.000Z'])
    expect(read({ to: '2026-11-30', days: 1 })).toEqual(['2026-11-29T23:00:00.000Z', '2026-11-30T23:00:00.000Z'])
    const { fromMs, toMs } = readRange({ to: '2026-11-30T12:00:00Z' }, { timezone: 'UTC', now })
    expect(toMs - fromMs).toBe(7 * DAY)
  })

  test.each<[RangeQuery, string]>([
    [{ from: '2026-12-02', to: '2026-12-01' }, '/from'],
    [{ from: '2026-12-01T12:00:00Z', to: '2026-12-01T11:59:59Z' }, '/from'],
    [{ from: '2027-01-01' }, '/from'],
    [{ from: '2026-02-30' }, '/from'],
    [{ to: 'yesterday' }, '/to'],
    [{ to: '2026-12-01T10:00:00' }, '/to'],
    [{ from: '1850-01-01' }, '/from'],
    [{ from: '2026-12-01', days: 3 }, '/days'],
    [{ timezone: '+02:00' }, '/timezone'],
  ])('%j is refused, and %s is named', (query, path) => {
    const error = (() => {
      try {
        return readRange(query, { timezone: 'UTC', now })
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ code: 'invalid', errors: [{ path }] })
  })
})
