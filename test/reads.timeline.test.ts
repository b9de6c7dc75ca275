import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** `interval` of analytics, against a count by hand of what was sent. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Sent {
  at: number
  user: string
  bot: boolean
}
interface Point {
  at: string
  events: number
  people: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const bot = { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }

async function send(w: TestWorkspace, sent: readonly Sent[]): Promise<void> {
  for (const isBot of [false, true]) {
    const events = sent
      .filter((event) => event.bot === isBot)
      .map(({ at, user }) => ({ event_id: randomUUID(), event_type: 'page_viewed', user_id: user, timestamp: at }))
    for (let i = 0; i < events.length; i += 1_000) {
      const answer = await w.post('/api/events/log/batch', { historical: true, events: events.slice(i, i + 1_000) }, isBot ? bot : {})
      expect(answer.body).toMatchObject({ success: true, rejected: [] })
    }
  }
}

/** Every seven minutes and a bit, by one of five people and a bot now and then, seldom at night. */
const walk = (from: string, to: string): Sent[] => {
  const sent: Sent[] = []
  let step = 1
  for (let at = Date.parse(from); at < Date.parse(to); at += 7 * MINUTE + 12_345) {
    step = (step * 48_271) % 2_147_483_647
    if (step % 3 !== 0) sent.push({ at, user: `user-${step % 5}`, bot: step % 11 === 0 })
  }
  return sent
}

const timeline = async (w: TestWorkspace, query: string): Promise<Point[]> => (await w.get<{ timeline: Point[] }>(`/api/events/analytics?${query}`)).timeline

/** The same by hand, from the starts that are expected. */
const byHand = (starts: readonly number[], end: number, sent: readonly Sent[]): Point[] =>
  starts.map((start, i) => {
    const inside = sent.filter(({ at, bot: isBot }) => !isBot && at >= start && at < (starts[i + 1] ?? end))
    return { at: new Date(start).toISOString(), events: inside.length, people: new Set(inside.map(({ user }) => user)).size }
  })

const every = (from: string, to: string, ms: number): number[] => {
  const starts: number[] = []
  for (let at = Date.parse(from); at < Date.parse(to); at += ms) starts.push(at)
  return starts
}
const moments = (...texts: string[]): number[] => texts.map((text) => Date.parse(text))

describe('a timeline', () => {
  test('has each hour of days with 23 and 25 hours, and the days as long as they were', async () => {
    const w = await cairn.workspace({ timezone: 'Europe/Berlin', retentionDays: null })
    const spring = walk('2025-03-29T20:00:00Z', '2025-03-31T02:00:00Z')
    const autumn = walk('2025-10-25T20:00:00Z', '2025-10-27T02:00:00Z')
    await send(w, [...spring, ...autumn])
    const short = every('2025-03-29T23:00:00Z', '2025-03-30T22:00:00Z', HOUR)
    const long = every('2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z', HOUR)
    expect([short.length, long.length]).toEqual([23, 25])
    expect(await timeline(w, 'from=2025-03-30&to=2025-03-30&interval=hour')).toEqual(byHand(short, Date.parse('2025-03-30T22:00:00Z'), spring))
    expect(await timeline(w, 'from=2025-10-26&to=2025-10-26&interval=hour')).toEqual(byHand(long, Date.parse('2025-10-26T23:00:00Z'), autumn))
    const days = moments('2025-10-24T22:00:00Z', '2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z')
    const counted = await timeline(w, 'from=2025-10-25&to=2025-10-27&interval=day')
    expect(counted).toEqual(byHand(days, Date.parse('2025-10-27T23:00:00Z'), autumn))
    const activity = await w.get<{ events_by_day: Record<string, number> }>('/api/events/analytics?from=2025-10-25&to=2025-10-27')
    expect(Object.values(activity.events_by_day)).toEqual(counted.map(({ events }) => events))
    expect(activity).not.toHaveProperty('timeline')
  })

  test('begins hours and days of a zone of half hours where its clock does', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const sent = walk('2025-06-09T10:00:00Z', '2025-06-12T10:00:00Z')
    await send(w, sent)
    const zone = 'timezone=Asia/Kolkata'
    expect(await timeline(w, `from=2025-06-10&to=2025-06-11&interval=hour&${zone}`)).toEqual(
      byHand(every('2025-06-09T18:30:00Z', '2025-06-11T18:30:00Z', HOUR), Date.parse('2025-06-11T18:30:00Z'), sent),
    )
    expect(await timeline(w, `from=2025-06-10&to=2025-06-11&interval=day&${zone}`)).toEqual(
      byHand(moments('2025-06-09T18:30:00Z', '2025-06-10T18:30:00Z'), Date.parse('2025-06-11T18:30:00Z'), sent),
    )
    expect((await timeline(w, 'from=2025-04-05&to=2025-04-05&interval=hour&timezone=Australia/Lord_Howe')).slice(1, 5).map(({ at }) => at)).toEqual([
      '2025-04-04T14:00:00.000Z',
      '2025-04-04T15:00:00.000Z',
      '2025-04-04T16:00:00.000Z',
      '2025-04-04T17:00:00.000Z',
    ])
  })

  test('has every minute of half an hour, with the parts of minutes that the range cuts off', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const sent = Array.from({ length: 400 }, (_, i) => ({ at: Date.parse('2025-06-10T09:58:00.123Z') + i * 5_250, user: `user-${i % 7}`, bot: false }))
    await send(w, sent)
    const [from, to] = ['2025-06-10T10:00:30Z', '2025-06-10T10:30:10Z']
    const inRange = sent.filter(({ at }) => at >= Date.parse(from) && at < Date.parse(to))
    const points = await timeline(w, `from=${from}&to=${to}&interval=minute`)
    expect(points).toEqual(byHand(every('2025-06-10T10:00:00Z', to, MINUTE), Date.parse(to), inRange))
    expect(points).toHaveLength(31)
    expect(points.at(0)?.events).toBeLessThan(points.at(1)?.events ?? 0)
  })

  test('begins weeks on Monday and months on the first, also those that began before the range', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const sent = walk('2025-01-20T00:00:00Z', '2025-03-12T00:00:00Z').filter((_, i) => i % 20 === 0)
    await send(w, sent)
    const [from, to] = [Date.parse('2025-01-30T00:00:00Z'), Date.parse('2025-03-06T00:00:00Z')]
    const inRange = sent.filter(({ at }) => at >= from && at < to)
    const range = 'from=2025-01-30&to=2025-03-05'
    const weeks = every('2025-01-27T00:00:00Z', '2025-03-06T00:00:00Z', 7 * 24 * HOUR)
    expect(await timeline(w, `${range}&interval=week`)).toEqual(byHand(weeks, to, inRange))
    const months = moments('2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z', '2025-03-01T00:00:00Z')
    expect(await timeline(w, `${range}&interval=month`)).toEqual(byHand(months, to, inRange))
  })

  test('takes the filters of the question, and bots where they are asked for', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    const sent = walk('2025-06-10T00:00:00Z', '2025-06-11T00:00:00Z')
    await send(w, sent)
    const day = 'from=2025-06-10&to=2025-06-10&interval=day'
    const at = '2025-06-10T00:00:00.000Z'
    const people = sent.filter((event) => !event.bot)
    expect(await timeline(w, day)).toEqual([{ at, events: people.length, people: 5 }])
    expect(await timeline(w, `${day}&include_bots=true`)).toEqual([{ at, events: sent.length, people: 5 }])
    expect(await timeline(w, `${day}&user_id=user-2`)).toEqual([{ at, events: people.filter(({ user }) => user === 'user-2').length, people: 1 }])
    expect(await timeline(w, `${day}&event_type=nothing`)).toEqual([{ at, events: 0, people: 0 }])
    expect(await timeline(await cairn.workspace(), 'days=2&interval=day')).toMatchObject([
      { events: 0, people: 0 },
      { events: 0, people: 0 },
    ])
  })

  test('of more than 2,000 intervals is refused, and the interval that fits is named', async () => {
    const w = await cairn.workspace()
    const refused = async (query: string): Promise<unknown> => {
      const { status, body } = await w.call('GET', `/api/events/analytics?${query}`)
      return [status, body['code'], (body['errors'] as Array<{ path: string }>)[0]?.path, /take (\w+)/.exec(String(body['message']))?.[1]]
    }
    expect(await refused('days=2&interval=minute')).toEqual([422, 'invalid', '/interval', 'hour'])
    expect(await refused('days=90&interval=hour')).toEqual([422, 'invalid', '/interval', 'day'])
    expect(await refused('days=30000&interval=day')).toEqual([422, 'invalid', '/interval', 'month'])
    expect(await timeline(w, 'days=1&interval=minute')).toHaveLength(1_440)
    expect((await w.call('GET', '/api/events/analytics?interval=year')).status).toBe(422)
  })
})
