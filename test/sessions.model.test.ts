import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY, HOUR, iso, MINUTE } from '../server/src/base/time.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Events, log-ins, signs of life and ends in any order, late and repeated, in two workspaces with the same ids; each answer is held against a model. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Login {
  user: string
  start: number
  signs: number[]
  end: { at: number; reason: string } | undefined
}
interface Happened {
  session: string | undefined
  user: string
  at: number
}
interface Told {
  start: number
  last: number
  end: number | null
  reason: string | null
  kind: string
  events: number
}

/** The rule, said as plainly as it goes. */
class Model {
  readonly logins = new Map<string, Login>()
  readonly events = new Map<string, Happened>()

  begin(id: string, user: string, at: number, single: boolean): void {
    const login: Login = { user, start: at, signs: [at], end: undefined }
    const others = [...this.logins.values()].filter((other) => other.user === user)
    this.logins.set(id, login)
    if (!single) return
    for (const other of others) if (other.start <= at) this.finish(other, at, 'replaced')
    const later = others.filter((other) => other.start > at).map(({ start }) => start)
    if (later.length > 0) this.finish(login, Math.min(...later), 'replaced')
  }
  finish(login: Login, told: number, reason: string): void {
    const at = Math.max(told, login.start)
    if (!login.end || at < login.end.at) login.end = { at, reason }
  }

  sessions(now: number): Told[] {
    const ids = new Set([...this.logins.keys(), ...[...this.events.values()].flatMap(({ session }) => (session === undefined ? [] : [session]))])
    const named = [...ids].map((id): Told => {
      const login = this.logins.get(id)
      const times = [...this.events.values()].filter(({ session }) => session === id).map(({ at }) => at)
      return this.#told([...times, ...(login?.signs ?? [])], login, times.length, now)
    })
    const users = new Set([...this.events.values()].filter(({ session }) => session === undefined).map(({ user }) => user))
    const gaps = [...users].flatMap((user) => {
      const times = [...this.events.values()].filter((event) => event.session === undefined && event.user === user).map(({ at }) => at)
      const runs: number[][] = []
      for (const at of times.toSorted((a, b) => a - b)) {
        const run = runs.at(-1)
        if (run && at - (run.at(-1) ?? 0) <= 1_800_000) run.push(at)
        else runs.push([at])
      }
      return runs.map((run) => this.#told(run, undefined, run.length, now))
    })
    return [...named, ...gaps]
  }

  #told(times: readonly number[], login: Login | undefined, events: number, now: number): Told {
    const end = login?.end
    const start = Math.min(...times, ...(end ? [end.at] : []))
    const until = times.filter((at) => !end || at <= end.at)
    const last = until.length > 0 ? Math.max(...until) : start
    const kind = login ? 'login' : 'web'
    if (end) return { start, last, end: end.at, reason: end.reason, kind, events }
    const isOver = now - last > (login ? DAY : 30 * MINUTE)
    return { start, last, end: isOver ? last : null, reason: isOver ? (login ? 'stale' : 'timeout') : null, kind, events }
  }
}

const inOrder = (told: readonly Told[]): string[] => told.map((one) => JSON.stringify(one)).toSorted((a, b) => (a < b ? -1 : 1))

/** Ten minutes apart, so that gaps of exactly half an hour are many, or a millisecond more. */
const place = fc.record({ step: fc.integer({ min: 0, max: 290 }), more: fc.boolean() })
const user = fc.constantFrom('ada', 'bob')
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), events: fc.array(fc.tuple(fc.nat(5), user, place), { minLength: 1, maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), user, place, single: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sign' as const), which: fc.nat(20), place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(20), place }) },
  { weight: 1, arbitrary: fc.constant({ do: 'repeat' as const }) },
)

test('answers say what follows from what was told, whatever its order', { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), action), { minLength: 10, maxLength: 14 }), async (steps) => {
      // Five minutes off the grid: no idle limit is passed while the test runs.
      const base = cairn.clock.now() - 50 * HOUR - 5 * MINUTE
      const at = ({ step, more }: { step: number; more: boolean }): number => base + step * 10 * MINUTE + (more ? 1 : 0)
      const places: Array<{ w: TestWorkspace; model: Model; ids: string[]; last: (() => Promise<unknown>) | undefined }> = []
      for (let i = 0; i < 2; i++) places.push({ w: await cairn.workspace(), model: new Model(), ids: [], last: undefined })
      for (const [which, step] of steps) {
        const there = places[which]
        if (!there) continue
        const { w, model, ids } = there
        const login = (n: number): string => ids[n % ids.length] ?? ''
        const repeat = async (ask: () => Promise<unknown>): Promise<unknown> => (there.last = ask)()
        if (step.do === 'send') {
          // Of six names four are no log-in's: two ids, and none.
          const named = step.events.map(([n, who, when]) => ({
            event_id: randomUUID(),
            event_type: 'worked',
            user_id: who,
            session_id: [undefined, undefined, 'one', 'two', ids[0], ids[1]][n],
            timestamp: at(when),
          }))
          for (const event of named) model.events.set(event.event_id, { session: event.session_id, user: event.user_id, at: event.timestamp })
          await repeat(() => w.post('/api/events/log/batch', { events: named }))
        } else if (step.do === 'start') {
          const body = { user_id: step.user, occurred_at: iso(at(step.place)), single_session: step.single, event_id: randomUUID() }
          const { body: answer } = (await repeat(() => w.call('POST', '/api/sessions/start', body))) as { body: { session_id: string } }
          ids.push(answer.session_id)
          model.begin(answer.session_id, step.user, at(step.place), step.single)
        } else if (step.do === 'repeat') await there.last?.()
        else if (ids.length > 0) {
          const id = login(step.which)
          const known = model.logins.get(id)
          if (step.do === 'sign') known?.signs.push(at(step.place))
          else if (known) model.finish(known, at(step.place), 'logout')
          await repeat(() => w.call('POST', `/api/sessions/${id}/${step.do === 'sign' ? 'activity' : 'end'}`, { occurred_at: iso(at(step.place)) }))
        }
        for (const { w: one, model: expected } of places) {
          const { sessions } = await one.get<{ sessions: Array<Record<string, string | number | null>> }>('/api/sessions?days=10&limit=1000')
          const ms = (value: string | number | null | undefined): number => Date.parse(String(value))
          const told = sessions.map((s): Told => ({
            start: ms(s['started_at']),
            last: ms(s['last_activity_at']),
            end: s['ended_at'] === null ? null : ms(s['ended_at']),
            reason: s['end_reason'] as string | null,
            kind: String(s['kind']),
            events: Number(s['events']),
          }))
          const wanted = expected.sessions(cairn.clock.now())
          expect(inOrder(told)).toEqual(inOrder(wanted))
          const summary = await one.get<{ sessions: number; by_kind: Record<string, number> }>('/api/sessions/summary?days=10')
          expect([summary.sessions, summary.by_kind['login']]).toEqual([wanted.length, wanted.filter(({ kind }) => kind === 'login').length])
        }
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 2), endOnFailure: true },
  )
})
