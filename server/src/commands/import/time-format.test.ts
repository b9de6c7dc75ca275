import { expect, test } from 'vitest'
import { WrongCall } from '../terminal/failure.ts'
import { timeReader } from './time-format.ts'

const iso = (format: string, value: unknown, zone = 'UTC'): string => {
  const ms = timeReader(format, zone)(value)
  return typeof ms === 'number' ? new Date(ms).toISOString() : ms
}

test.each([
  ['iso', '2014-01-07T00:00:15', '2014-01-07T00:00:15.000Z'],
  ['iso', '2014-01-07', '2014-01-07T00:00:00.000Z'],
  ['iso', '2014-01-07 08:30', '2014-01-07T08:30:00.000Z'],
  ['iso', '2014-01-07T08:30:00.123456+02:00', '2014-01-07T06:30:00.123Z'],
  ['iso', 1_389_000_000_000, '2014-01-06T09:20:00.000Z'],
  ['epoch_ms', '1389000000000', '2014-01-06T09:20:00.000Z'],
  ['epoch_s', '1389000000.5', '2014-01-06T09:20:00.500Z'],
  ['D/M/YYYY H:MM', '29/2/2016 01:23', '2016-02-29T01:23:00.000Z'],
  ['D/M/YYYY H:MM', '3/12/2016 9:05', '2016-12-03T09:05:00.000Z'],
  ['HH:MM DD.MM.YYYY', '09:05 03.12.2016', '2016-12-03T09:05:00.000Z'],
  ['YYYY-MM-DD', '2016-12-03', '2016-12-03T00:00:00.000Z'],
  ['YYYY-MM-DDTHH:mm:ss', '2016-12-03T09:05:07', '2016-12-03T09:05:07.000Z'],
  ['M/D/YYYY h:mm A', '12/3/2016 12:05 AM', '2016-12-03T00:05:00.000Z'],
  ['M/D/YYYY h:mm A', '12/3/2016 12:05 pm', '2016-12-03T12:05:00.000Z'],
  ['YYYYMMDD[at]HHmmss.SSS Z', '20161203at090507.250 +0100', '2016-12-03T08:05:07.250Z'],
])('reads %s: %s', (format, value, expected) => {
  expect(iso(format, value)).toBe(expected)
})

test.each([
  ['iso', 'yesterday', 'is no ISO 8601 time'],
  ['iso', '2015-02-29', 'is no date of the calendar'],
  ['iso', '', 'is no ISO 8601 time'],
  ['D/M/YYYY H:MM', '2016-02-29 01:23', 'is not of the form D/M/YYYY H:MM'],
  ['D/M/YYYY H:MM', '31/4/2016 01:23', 'is no date of the calendar'],
  ['D/M/YYYY H:MM', '1/13/2016 01:23', 'is no date of the calendar'],
  ['D/M/YYYY H:MM', '1/4/2016 24:00', 'is no time of the day'],
  ['epoch_s', 'soon', 'is no number'],
  ['epoch_s', '99999999999', 'must lie between the years 1900 and 2299'],
])('refuses %s: %s', (format, value, problem) => {
  expect(iso(format, value)).toBe(problem)
})

test('wall-clock times are those of the zone, in summer and in winter', () => {
  expect(iso('iso', '2026-01-15T12:00', 'Europe/Berlin')).toBe('2026-01-15T11:00:00.000Z')
  expect(iso('iso', '2026-07-15T12:00', 'Europe/Berlin')).toBe('2026-07-15T10:00:00.000Z')
  expect(iso('iso', '2026-07-15T12:00', 'Asia/Kolkata')).toBe('2026-07-15T06:30:00.000Z')
})

test('a time that the clock leaves out is read as if it had not been put forward', () => {
  expect(iso('iso', '2026-03-29T01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z')
  expect(iso('iso', '2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
  expect(iso('iso', '2026-03-29T03:00', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z')
})

test('a time that comes twice is its first', () => {
  expect(iso('iso', '2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
  expect(iso('iso', '2026-10-25T03:00', 'Europe/Berlin')).toBe('2026-10-25T02:00:00.000Z')
  expect(iso('iso', '2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z')
})

test.each(['YYYY-MM', 'DD/MM/YYYY hours', 'YYYY-MM-DD DD'])('the format %s is a wrong call', (format) => {
  expect(() => timeReader(format, 'UTC')).toThrow(WrongCall)
})

test('an unknown zone is a wrong call', () => {
  expect(() => timeReader('iso', 'Europe/Atlantis')).toThrow(WrongCall)
})
