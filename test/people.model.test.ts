import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Events and facts in any order, late and repeated, in two workspaces with the same ids; after each step every answer is held against a model. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const DAY = 86_400_000
interface Fact {
  fact: 'identify' | 'alias' | 'merge' | 'unmerge'
  event_id: string
  user_id: string
  anonymous_id?: string
  other_id?: string
  /** By when it was told; of equal ones by when it arrived. */
  timestamp: number
}
interface Happened {
  user_id?: string | undefined
  anonymous_id?: string | undefined
  timestamp: number
}

/** The rule, said as plainly as it goes. */
class Model {
  readonly facts: Fact[] = []
  readonly events: Happened[] = []

  get #inOrder(): Fact[] {
    return this.facts.toSorted((a, b) => a.timestamp - b.timestamp)
  }
  ownerOf(device: string): string | undefined {
    return this.#inOrder.find(({ anonymous_id }) => anonymous_id === device)?.user_id
  }
  get #merges(): Fact[] {
    const last = new Map<string, Fact>()
    for (const fact of this.#inOrder) if (fact.other_id) last.set([fact.user_id, fact.other_id].toSorted().join(' '), fact)
    return [...last.values()].filter(({ fact }) => fact === 'merge')
  }
  usersWith(user: string): string[] {
    const together = new Set([user])
    for (let before = 0; before !== together.size;) {
      before = together.size
      for (const { user_id, other_id = '' } of this.#merges) if (together.has(user_id) || together.has(other_id)) together.add(user_id).add(other_id)
    }
    return [...together].toSorted()
  }
  knows(user: string): boolean {
    const named = [...this.events, ...this.facts.filter(({ anonymous_id }) => anonymous_id !== undefined)]
    return named.some(({ user_id }) => user_id === user) || this.usersWith(user).length > 1
  }
  rootOf(user: string): string {
    const together = this.usersWith(user)
    return together.find((one) => !this.#merges.some(({ other_id }) => other_id === one)) ?? together[0] ?? user
  }
  personOf({ user_id, anonymous_id = '' }: Pick<Happened, 'user_id' | 'anonymous_id'>): string {
    const user = user_id ?? this.ownerOf(anonymous_id)
    return user === undefined ? `(${anonymous_id})` : this.rootOf(user)
  }
  counted(events: readonly Happened[] = this.events): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const event of events) counts[this.personOf(event)] = (counts[this.personOf(event)] ?? 0) + 1
    return counts
  }
  byDay(): Record<string, number> {
    const days = Map.groupBy(this.events, ({ timestamp }) => new Date(timestamp).toISOString().slice(0, 10))
    return Object.fromEntries([...days].map(([day, events]) => [day, Object.keys(this.counted(events)).length]))
  }
}

const users = ['u1', 'u2', 'u3', 'u4', 'same']
const devices = ['a1', 'a2', 'a3', 'same']
const user = fc.constantFrom(...users)
const device = fc.constantFrom(...devices)
/** Any moment of the last days; its order among others is by the number of the step where they are equal. */
const daysAgo = fc.integer({ min: 0, max: 5 })
const step = fc.record({
  workspace: fc.constantFrom(0, 1),
  daysAgo,
  what: fc.oneof(
    fc.record({ kind: fc.constant('event' as const), user: fc.option(user, { nil: undefined }), device: fc.option(device, { nil: undefined }) }),
    fc.record({ kind: fc.constantFrom('identify' as const, 'alias' as const), user, device }),
    fc.record({ kind: fc.constantFrom('merge' as const, 'merge' as const, 'unmerge' as const), user, other: user }),
    fc.record({ kind: fc.constant('again' as const), which: fc.nat() }),
  ),
})

test('people are counted, listed and shown as the rule says, after every step', { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 25, size: 'max' }), async (steps) => {
      const places = [
        { w: await cairn.workspace(), model: new Model() },
        { w: await cairn.workspace(), model: new Model() },
      ] as const
      for (const [n, { workspace, what, daysAgo: days }] of steps.entries()) {
        cairn.clock.advance(1_000)
        const place = places[workspace]
        await take(place, what, Math.floor(cairn.clock.now() / DAY) * DAY - days * DAY + n * 1_000)
        await Promise.all(places.map(({ w, model }) => compare(w, model)))
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 1), endOnFailure: true },
  )
})

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function take({ w, model }: { w: TestWorkspace; model: Model }, what: Step['what'], timestamp: number): Promise<void> {
  if (what.kind === 'event') {
    const ids = what.user === undefined && what.device === undefined ? { anonymous_id: 'a1' } : { user_id: what.user, anonymous_id: what.device }
    model.events.push({ ...ids, timestamp })
    const { status } = await w.post('/api/events/log', { event_id: randomUUID(), event_type: 'seen', timestamp, ...ids })
    expect(status).toBe(200)
    return
  }
  if (what.kind === 'again') {
    const known = model.facts[what.which % Math.max(1, model.facts.length)]
    if (known) await tell(w, known)
    return
  }
  const fact: Fact =
    'device' in what
      ? { fact: what.kind, event_id: randomUUID(), user_id: what.user, anonymous_id: what.device, timestamp }
      : { fact: what.kind, event_id: randomUUID(), user_id: what.user, other_id: what.other === what.user ? 'u5' : what.other, timestamp }
  model.facts.push(fact)
  await tell(w, fact)
}

async function tell(w: TestWorkspace, { fact, ...body }: Fact): Promise<void> {
  expect((await w.call('POST', `/api/people/${fact}`, body)).body).toEqual({ success: true })
}

async function compare(w: TestWorkspace, model: Model): Promise<void> {
  const counted = model.counted()
  const { people } = await w.get<{ people: Array<{ user_id: string | null; anonymous_id: string; events: number }> }>('/api/people?days=10&limit=100')
  expect(Object.fromEntries(people.map((person) => [person.user_id ?? `(${person.anonymous_id})`, person.events]))).toEqual(counted)
  expect(people).toHaveLength(Object.keys(counted).length)
  const activity = await w.get<{ active_users: number; timeline: Array<{ at: string; people: number }> }>('/api/events/analytics?days=10&interval=day')
  expect(activity.active_users).toBe(people.length)
  expect(Object.fromEntries(activity.timeline.filter((day) => day.people > 0).map((day) => [day.at.slice(0, 10), day.people]))).toEqual(model.byDay())
  const shown = await Promise.all(['u1', 'u2', 'same', 'a1', 'a2'].map(async (id) => ({ id, ...(await w.call('GET', `/api/people/${id}`)) })))
  for (const { id, status, body } of shown) {
    const isUser = model.knows(id)
    const person = model.personOf(isUser ? { user_id: id } : { anonymous_id: id })
    if (!isUser && counted[person] === undefined && person.startsWith('(')) {
      expect(status).toBe(404)
      continue
    }
    const together = person.startsWith('(') ? [] : model.usersWith(person)
    expect(body).toMatchObject({
      user_id: person.startsWith('(') ? null : person,
      events: counted[person] ?? 0,
      identity: {
        user_ids: person.startsWith('(') ? [] : [person, ...together.filter((one) => one !== person)],
        anonymous_ids: person.startsWith('(') ? [id] : devices.filter((one) => together.includes(model.ownerOf(one) ?? '')),
      },
    })
  }
}
