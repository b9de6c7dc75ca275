import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** People found by a part of an id, a name or an address. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Listed {
  people: Array<{ user_id: string | null; anonymous_id: string | null; events: number; last_seen: string }>
  next_cursor: string | null
}
const found = async (w: TestWorkspace, search: string, more = ''): Promise<Array<string | null>> =>
  (await w.get<Listed>(`/api/people?days=7&search=${encodeURIComponent(search)}${more}`)).people.map((person) => person.user_id ?? person.anonymous_id)

const hoursAgo = (hours: number): number => cairn.clock.now() - hours * 3_600_000
const see = (w: TestWorkspace, events: object[]): Promise<unknown> =>
  w.post('/api/events/log/batch', { historical: true, events: events.map((event) => ({ event_id: randomUUID(), event_type: 'seen', ...event })) })

test('people are found by any part of their ids, their name or their address, whatever its case, and by nothing else', async () => {
  const [w, other] = [await cairn.workspace(), await cairn.workspace()]
  await see(w, [
    { user_id: 'U-100', timestamp: hoursAgo(1) },
    { user_id: 'u-200', anonymous_id: 'Visitor-7', timestamp: hoursAgo(50) },
    { user_id: 'u-200', timestamp: hoursAgo(2) },
    { anonymous_id: 'visitor-8', timestamp: hoursAgo(3) },
    { user_id: '50%_off', timestamp: hoursAgo(4) },
    { user_id: 'told', timestamp: hoursAgo(5) },
  ])
  await see(other, [{ user_id: 'u-300', timestamp: hoursAgo(1) }])
  await w.post('/api/people/identify', { user_id: 'told', traits: { name: 'Äda Lovelace "the first"', email: 'Ada@Example.com', city: 'London' } })
  await other.post('/api/people/identify', { user_id: 'u-100', traits: { name: 'Lovelace' } })
  expect(await found(w, '')).toEqual(['U-100', 'u-200', 'visitor-8', '50%_off', 'told'])
  expect(await found(w, 'u-')).toEqual(['U-100', 'u-200'])
  expect(await found(w, 'visitor')).toEqual(['u-200', 'visitor-8'])
  expect(await found(w, 'LOVELACE')).toEqual(['told'])
  expect(await found(w, 'äd')).toEqual(['told'])
  expect(await found(w, 'ÄD')).toEqual(['told'])
  expect(await found(w, '"the')).toEqual(['told'])
  expect(await found(w, '@example')).toEqual(['told'])
  expect(await found(w, 'london')).toEqual([])
  expect(await found(w, '%_')).toEqual(['50%_off'])
  expect(await found(w, '%')).toEqual(['50%_off'])
  expect(await found(w, "' OR 1=1 --")).toEqual([])
  expect((await w.call('GET', '/api/people?search=a%00b')).body).toMatchObject({ code: 'invalid', errors: [{ path: '/search' }] })
})

test('a name counts as it is now: an old one, and one that was taken away, find nobody', async () => {
  const w = await cairn.workspace()
  await see(w, [{ user_id: 'a' }, { user_id: 'b' }])
  const tell = (user_id: string, traits: object): Promise<unknown> => w.post('/api/people/identify', { user_id, traits })
  await tell('a', { name: 'Old name', email: 'a@x.example' })
  cairn.clock.advance(10)
  await tell('a', { name: 'New name' })
  await tell('b', { name: 'Gone name' })
  cairn.clock.advance(10)
  await tell('b', { name: null })
  expect(await found(w, 'old name')).toEqual([])
  expect(await found(w, 'new name')).toEqual(['a'])
  expect(await found(w, 'a@x')).toEqual(['a'])
  expect(await found(w, 'gone')).toEqual([])
})

test('what is found comes in pages that neither repeat nor skip, with the figures of all their events', async () => {
  const w = await cairn.workspace()
  await see(
    w,
    Array.from({ length: 60 }, (_, i) => ({ user_id: `${i % 2 === 0 ? 'even' : 'odd'}-${i}`, timestamp: hoursAgo(1 + (i % 10)) })),
  )
  await see(w, [
    { user_id: 'found-by-its-visitor', anonymous_id: 'even-visitor', timestamp: hoursAgo(100) },
    { user_id: 'found-by-its-visitor', timestamp: hoursAgo(0.5) },
  ])
  const whole = await w.get<Listed>('/api/people?days=7&search=even&limit=100')
  expect(whole.people).toHaveLength(31)
  expect(whole.people[0]).toMatchObject({ user_id: 'found-by-its-visitor', events: 2 })
  const paged: Listed['people'] = []
  let cursor = ''
  for (let pages = 0; pages < 8; pages++) {
    const page: Listed = await w.get<Listed>(`/api/people?days=7&search=EVEN&limit=7${cursor}`)
    paged.push(...page.people)
    if (page.next_cursor === null) break
    cursor = `&cursor=${page.next_cursor}`
  }
  expect(paged).toEqual(whole.people)
})
