import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../server/src/base/time.ts'
import { startCairn, type TestCairn } from './cairn.ts'

/** Days and hours of a zone's clock, on days on which it is changed, held against what `Intl` says of each minute. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

test.each([
  ['America/New_York', '2025-03-09', 23],
  ['America/New_York', '2025-11-02', 25],
  ['Australia/Lord_Howe', '2025-04-06', 24.5],
  ['Australia/Lord_Howe', '2025-10-05', 23.5],
  ['Asia/Kathmandu', '2025-06-10', 24],
])('in %s on %s, which has %d hours', async (timezone, day, hours) => {
  const w = await cairn.workspace({ timezone, retentionDays: null })
  const noon = Date.parse(`${day}T12:00:00Z`)
  const [from, to] = [noon - 40 * HOUR + 7 * MINUTE, noon + 41 * HOUR + 22 * MINUTE]
  const starts = Array.from({ length: 80 }, (_, i) => from + i * HOUR)
  const events = [
    { session_id: 'long', timestamp: from },
    { session_id: 'long', timestamp: to },
    ...starts.map((timestamp, i) => ({ session_id: `s${i}`, user_id: 'bob', timestamp })),
  ].map((event) => ({ event_id: randomUUID(), event_type: 'a', user_id: 'ada', ...event }))
  expect((await w.post('/api/events/log/batch', { historical: true, events })).body).toMatchObject({ accepted: events.length })

  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' })
  const weekday = new Intl.DateTimeFormat('en', { timeZone: timezone, weekday: 'short' })
  const week = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  const byDay: Record<string, number> = {}
  const byHour = week.map(() => Array.from({ length: 24 }, () => 0))
  for (let at = from; at < to; at += MINUTE) {
    const [date = '', time = ''] = clock.format(at).split(' ')
    byDay[date] = (byDay[date] ?? 0) + 60
    const row = byHour[week.indexOf(weekday.format(at))]
    const hour = Number(time.slice(0, 2))
    if (row) row[hour] = (row[hour] ?? 0) + 60
  }
  expect(byDay[day]).toBe(hours * 3_600)
  const days = Object.keys(byDay)
  const range = `from=${days[0]}&to=${days.at(-1)}`
  expect(await w.get(`/api/users/ada/usage?${range}`)).toMatchObject({
    seconds_by_day: byDay,
    seconds_by_hour: byHour,
    total_seconds: (to - from) / 1_000,
    active_days: days.length,
  })
  const started: Record<string, number> = Object.fromEntries(days.map((date) => [date, 0]))
  for (const at of [from, ...starts]) {
    const date = clock.format(at).slice(0, 10)
    started[date] = (started[date] ?? 0) + 1
  }
  expect(await w.get(`/api/sessions/summary?${range}`)).toMatchObject({ sessions: 81, sessions_by_day: started })
})
