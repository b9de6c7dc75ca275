import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Who counts as one person, by every answer that counts people. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Json = Record<string, unknown>
interface Listed {
  people: Array<{ user_id: string | null; anonymous_id: string | null; events: number; traits: Json }>
}
interface Person extends Json {
  events: number
  identity: { user_id: string | null; user_ids: string[]; anonymous_ids: string[]; merges: Json[]; history: Json[] }
}

const HOUR = 3_600_000
const ago = (hours: number): number => cairn.clock.now() - hours * HOUR
const see = async (w: TestWorkspace, ...ids: Array<{ user_id?: string; anonymous_id?: string; timestamp?: number }>): Promise<void> => {
  const events = ids.map((id) => ({ event_id: randomUUID(), event_type: 'seen', timestamp: ago(1), ...id }))
  expect((await w.post('/api/events/log/batch', { historical: true, events })).body).toMatchObject({ accepted: events.length })
}
const tell = async (w: TestWorkspace, fact: 'identify' | 'alias' | 'merge' | 'unmerge', body: object): Promise<Answer> => {
  cairn.clock.advance(5)
  const answer = await w.call('POST', `/api/people/${fact}`, body)
  expect(answer).toMatchObject({ status: 200, body: { success: true } })
  return answer
}
const identify = (w: TestWorkspace, user_id: string, anonymous_id: string, more: object = {}): Promise<Answer> =>
  tell(w, 'identify', { user_id, anonymous_id, ...more })
const merge = (w: TestWorkspace, user_id: string, other_id: string): Promise<Answer> => tell(w, 'merge', { user_id, other_id })
const unmerge = (w: TestWorkspace, user_id: string, other_id: string): Promise<Answer> => tell(w, 'unmerge', { user_id, other_id })

/** Everybody with the number of their events, by every answer that says it; they have to agree. */
async function people(w: TestWorkspace): Promise<Record<string, number>> {
  const listed = await w.get<Listed>('/api/people?days=30&limit=1000')
  const all = Object.fromEntries(listed.people.map(({ user_id, anonymous_id, events }) => [user_id ?? `(${anonymous_id})`, events]))
  expect(Object.keys(all)).toHaveLength(listed.people.length)
  const activity = await w.get<{ active_users: number; total_events: number; timeline: Array<{ people: number }> }>(
    '/api/events/analytics?days=30&interval=month&timezone=UTC',
  )
  expect(activity.active_users).toBe(listed.people.length)
  expect(activity.total_events).toBe(Object.values(all).reduce((sum, events) => sum + events, 0))
  for (const [id, events] of Object.entries(all)) {
    const person = await w.get<Person>(`/api/people/${encodeURIComponent(id.replaceAll(/[()]/g, ''))}`)
    expect(person.events).toBe(events)
    if (id.startsWith('(')) continue
    expect(await w.get(`/api/events/analytics?days=30&user_id=${encodeURIComponent(id)}`)).toMatchObject({ total_events: events, active_users: 1 })
    expect((await w.get<{ events: Json[] }>(`/api/events?days=30&user_id=${encodeURIComponent(id)}`)).events).toHaveLength(events)
  }
  return all
}

describe('one person', () => {
  test('is whoever was anonymous and is identified later, with what they did before', async () => {
    const w = await cairn.workspace()
    await see(w, { anonymous_id: 'laptop' }, { anonymous_id: 'laptop' }, { anonymous_id: 'phone' })
    expect(await people(w)).toEqual({ '(laptop)': 2, '(phone)': 1 })
    await tell(w, 'identify', { user_id: 'eve', traits: { plan: 'pro' } })
    expect(await people(w)).toEqual({ '(laptop)': 2, '(phone)': 1 })
    // Nothing is looked up where nothing is linked.
    expect(cairn.persons.hasLinks(w.id)).toBe(false)
    await identify(w, 'ada', 'laptop')
    expect(await people(w)).toEqual({ ada: 2, '(phone)': 1 })
    await see(w, { user_id: 'ada', anonymous_id: 'laptop' })
    await tell(w, 'alias', { user_id: 'ada', anonymous_id: 'phone' })
    expect(await people(w)).toEqual({ ada: 4 })
    const { sessions } = await w.get<{ sessions: Json[] }>('/api/sessions')
    expect(new Set(sessions.map(({ user_id }) => user_id))).toEqual(new Set(['ada']))
  })

  test('identified with an id under which nobody was seen yet counts what comes afterwards', async () => {
    const w = await cairn.workspace()
    await identify(w, 'ada', 'laptop')
    await see(w, { anonymous_id: 'laptop' })
    expect(await people(w)).toEqual({ ada: 1 })
  })

  test('owns a device that they used first: of two users on one device the other counts by their own events only', async () => {
    const w = await cairn.workspace()
    await see(w, { anonymous_id: 'kiosk' }, { user_id: 'ada', anonymous_id: 'kiosk' }, { user_id: 'bob', anonymous_id: 'kiosk' })
    await identify(w, 'ada', 'kiosk')
    await identify(w, 'bob', 'kiosk')
    expect(await people(w)).toEqual({ ada: 2, bob: 1 })
    const bob = await w.get<Person>('/api/people/bob')
    expect(bob.identity).toMatchObject({ user_id: 'bob', anonymous_ids: [], history: [{ fact: 'identify', user_id: 'bob', anonymous_id: 'kiosk' }] })
    const ada = await w.get<Person>('/api/people/kiosk')
    expect(ada.identity).toMatchObject({ user_id: 'ada', anonymous_ids: ['kiosk'], history: [{ user_id: 'bob' }, { user_id: 'ada' }] })
  })

  test('is told late: whoever identified first by the time it was told owns the device, whatever came first', async () => {
    const w = await cairn.workspace()
    await see(w, { anonymous_id: 'laptop' }, { user_id: 'ada' }, { user_id: 'bob' })
    await identify(w, 'bob', 'laptop', { timestamp: ago(2) })
    expect(await people(w)).toEqual({ ada: 1, bob: 2 })
    await identify(w, 'ada', 'laptop', { timestamp: ago(3) })
    expect(await people(w)).toEqual({ ada: 2, bob: 1 })
    await identify(w, 'bob', 'laptop', { timestamp: ago(2.5) })
    expect(await people(w)).toEqual({ ada: 2, bob: 1 })
  })

  test('what is dated ahead by more than a day is refused, and a clock that runs ahead is corrected by sent_at', async () => {
    const w = await cairn.workspace()
    const ahead = Date.now() + 40 * 86_400_000
    const refused = await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'eve', timestamp: ahead })
    expect([refused.status, refused.body['errors']]).toEqual([422, [{ path: '/timestamp', message: 'is more than 24 hours ahead' }]])
    const sent = { user_id: 'ada', timestamp: ahead, sent_at: ahead + 5 }
    expect((await w.post('/api/people/identify', { ...sent, traits: { plan: 'free' } })).status).toBe(200)
    expect((await w.post('/api/people/identify', { user_id: 'ada', traits: { plan: 'pro' } })).status).toBe(200)
    expect(await w.get('/api/people/ada')).toMatchObject({ traits: { plan: 'pro' } })
  })

  test('identified twice with one id, or told under one event_id again, is the same', async () => {
    const w = await cairn.workspace()
    const event_id = randomUUID()
    await see(w, { anonymous_id: 'laptop' })
    for (let i = 0; i < 2; i++) await identify(w, 'ada', 'laptop', { event_id })
    await identify(w, 'ada', 'laptop')
    expect(await people(w)).toEqual({ ada: 1 })
    expect((await w.get<Person>('/api/people/ada')).identity.history).toHaveLength(1)
  })

  test('is merged and parted, with the devices of each, and named by the one who stays', async () => {
    const w = await cairn.workspace()
    await see(w, { user_id: 'ada' }, { anonymous_id: 'laptop' }, { user_id: 'ada@work' }, { anonymous_id: 'office' }, { user_id: 'bob' })
    await identify(w, 'ada', 'laptop')
    await identify(w, 'ada@work', 'office')
    expect(await people(w)).toEqual({ ada: 2, 'ada@work': 2, bob: 1 })
    await merge(w, 'ada@work', 'ada')
    expect(await people(w)).toEqual({ 'ada@work': 4, bob: 1 })
    for (const id of ['ada', 'ada@work', 'laptop', 'office'])
      expect(await w.get(`/api/people/${id}`)).toMatchObject({
        user_id: 'ada@work',
        events: 4,
        identity: { user_id: 'ada@work', user_ids: ['ada@work', 'ada'], anonymous_ids: ['laptop', 'office'] },
      })
    await unmerge(w, 'ada', 'ada@work')
    expect(await people(w)).toEqual({ ada: 2, 'ada@work': 2, bob: 1 })
    await merge(w, 'ada', 'ada@work')
    expect(await people(w)).toEqual({ ada: 4, bob: 1 })
  })

  test('may be a chain or a ring of merges, and falls apart where a link of it is taken back', async () => {
    const w = await cairn.workspace()
    const ids = Array.from({ length: 12 }, (_, i) => `user-${String(i).padStart(2, '0')}`)
    await see(w, ...ids.map((user_id) => ({ user_id })))
    for (let i = 1; i < ids.length; i++) await merge(w, ids[i - 1] ?? '', ids[i] ?? '')
    expect(await people(w)).toEqual({ 'user-00': 12 })
    await merge(w, 'user-11', 'user-00')
    expect(await people(w)).toEqual({ 'user-00': 12 })
    await unmerge(w, 'user-05', 'user-06')
    expect(await people(w)).toEqual({ 'user-06': 12 })
    await unmerge(w, 'user-00', 'user-11')
    expect(await people(w)).toEqual({ 'user-00': 6, 'user-06': 6 })
  })

  test('is of one workspace: the same ids elsewhere are somebody else', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    for (const each of [w, other]) await see(each, { user_id: 'ada' }, { user_id: 'bob' }, { anonymous_id: 'laptop' })
    await merge(w, 'ada', 'bob')
    await identify(w, 'ada', 'laptop')
    expect(await people(w)).toEqual({ ada: 3 })
    expect(await people(other)).toEqual({ ada: 1, bob: 1, '(laptop)': 1 })
  })
})

describe('a person’s page and list', () => {
  test('say who told what, when, and what was taken back', async () => {
    const w = await cairn.workspace()
    const analyst = await cairn.user({ workspace: w, role: 'analyst' })
    const viewer = await cairn.user({ workspace: w, role: 'viewer' })
    await identify(w, 'ada', 'laptop', { timestamp: '2026-11-19T08:00:00Z' })
    await merge(w, 'ada', 'ada@work')
    cairn.clock.advance(5)
    expect((await analyst.post('/api/people/merge', { user_id: 'ada', other_id: 'eve' })).body).toEqual({ success: true })
    cairn.clock.advance(5)
    expect((await analyst.post('/api/people/unmerge', { user_id: 'eve', other_id: 'ada' })).body).toEqual({ success: true })
    for (const fact of ['merge', 'unmerge']) expect((await viewer.post(`/api/people/${fact}`, { user_id: 'ada', other_id: 'bob' })).status).toBe(403)
    const moment = expect.any(String) as string
    const { identity } = await viewer.get<Person>('/api/people/ada@work')
    expect(identity).toEqual({
      user_id: 'ada',
      user_ids: ['ada', 'ada@work'],
      anonymous_ids: ['laptop'],
      merges: [
        { user_id: 'ada', other_id: 'eve', told_at: moment, by: analyst.email, taken_back_at: moment, taken_back_by: analyst.email },
        { user_id: 'ada', other_id: 'ada@work', told_at: moment, by: 'secret', taken_back_at: null, taken_back_by: null },
      ],
      history: [
        { fact: 'unmerge', user_id: 'eve', anonymous_id: null, other_id: 'ada', told_at: moment, by: analyst.email },
        { fact: 'merge', user_id: 'ada', anonymous_id: null, other_id: 'eve', told_at: moment, by: analyst.email },
        { fact: 'merge', user_id: 'ada', anonymous_id: null, other_id: 'ada@work', told_at: moment, by: 'secret' },
        { fact: 'identify', user_id: 'ada', anonymous_id: 'laptop', other_id: null, told_at: '2026-11-19T08:00:00.000Z', by: 'secret' },
      ],
    })
  })

  test('have the traits of all that is one person, the latest of each, and an opt-out of any of their ids', async () => {
    const w = await cairn.workspace()
    await see(w, { user_id: 'ada' }, { user_id: 'ada@work' }, { user_id: 'bob' })
    await tell(w, 'identify', { user_id: 'ada', traits: { name: 'Ada', plan: 'free', old: 1 } })
    await tell(w, 'identify', { user_id: 'ada@work', traits: { plan: 'pro', email: 'ada@work.example' } })
    await tell(w, 'identify', { user_id: 'ada', traits: { old: null } })
    await merge(w, 'ada', 'ada@work')
    const traits = { name: 'Ada', plan: 'pro', email: 'ada@work.example' }
    expect(await w.get('/api/people/ada@work')).toMatchObject({ user_id: 'ada', traits })
    expect((await w.get<Listed>('/api/people?days=30')).people.find(({ user_id }) => user_id === 'ada')).toMatchObject({ traits, events: 2, opted_out: false })
    await w.post('/api/people/opt-out', { user_id: 'ada@work' })
    expect(await w.get('/api/people/ada')).toMatchObject({ opted_out: true })
    expect((await w.get<Listed>('/api/people?days=30')).people.map((person) => [person.user_id, 'opted_out' in person && person.opted_out])).toEqual(
      expect.arrayContaining([
        ['ada', true],
        ['bob', false],
      ]),
    )
  })

  test('find a person by any of their ids and by what any of them was told, once', async () => {
    const w = await cairn.workspace()
    await see(w, { user_id: 'ada' }, { anonymous_id: 'laptop' }, { user_id: 'bob' })
    await identify(w, 'ada', 'laptop')
    await merge(w, 'ada', 'hidden-one')
    await tell(w, 'identify', { user_id: 'hidden-one', traits: { email: 'lovelace@example.com' } })
    for (const search of ['ADA', 'lapt', 'hidden', 'lovelace'])
      expect((await w.get<Listed>(`/api/people?days=30&search=${search}`)).people.map((person) => [person.user_id, person.events])).toEqual([['ada', 2]])
    expect((await w.get<Listed>('/api/people?days=30&search=bob')).people.map(({ user_id }) => user_id)).toEqual(['bob'])
  })

  test('come in pages that neither repeat nor skip anybody, whatever id they were last seen under', async () => {
    const w = await cairn.workspace()
    const ids = Array.from({ length: 16 }, (_, i) => i)
    await see(
      w,
      ...ids.flatMap((i) => [
        { user_id: `u${i}`, timestamp: ago(1 + i) },
        { anonymous_id: `a${i}`, timestamp: ago(1 + ((i * 7) % 400)) },
      ]),
    )
    for (const i of ids.filter((i) => i % 2 === 0)) await identify(w, `u${i}`, `a${i}`)
    for (const i of ids.filter((i) => i % 8 === 1)) await merge(w, `u${i}`, `u${i + 2}`)
    const all = await people(w)
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Listed & { next_cursor: string | null } = await w.get(`/api/people?days=30&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
      paged.push(...page.people.map(({ user_id, anonymous_id }) => user_id ?? `(${anonymous_id})`))
      cursor = page.next_cursor
    }
    expect(paged).toEqual(Object.keys(all))
    expect(new Set(paged).size).toBe(paged.length)
  })
})
