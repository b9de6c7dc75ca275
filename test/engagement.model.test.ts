import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY, HOUR, iso, MINUTE } from '../server/src/base/time.ts'
import { ask, startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'
import { Model, type Did } from './engagement.model.ts'

/**
 * What hosts tell of tasks, and what people do with them, in any order, late and repeated, beside merges, opt-outs, log-ins and deletions of a person;
 * after each step every answer about tasks, people and log-ins is held against a model. MODEL_RUNS and MODEL_SEED make more of it (test/long/models.test.ts).
 */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Json = Record<string, unknown>

const tasks = ['1', '2', '3']
const users = ['ada', 'bob', 'cy', 'eve']
const task = fc.constantFrom(...tasks)
const user = fc.constantFrom(...users)
/** Hours, many of them the same. */
const hour = fc.integer({ min: 0, max: 45 })
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const status = some(fc.constantFrom('open', 'Completed', 'Incomplete'))
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      task,
      hour,
      status,
      creator: some(fc.constantFrom('boss', 'cy')),
      assignees: some(fc.uniqueArray(user)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('patch' as const), task, hour, status }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('assign' as const, 'unassign' as const), task, hour, user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), task, hour }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('view' as const, 'view' as const, 'comment' as const, 'track' as const),
      task,
      hour,
      user,
      own: fc.boolean(),
      seconds: some(fc.integer({ min: 0, max: 90 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stay' as const), which: fc.nat(), seconds: fc.integer({ min: 0, max: 90 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('reject' as const), task, hour, user, own: fc.boolean(), reason: some(fc.constantFrom('workload', 'unclear')) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('merge' as const, 'merge' as const, 'unmerge' as const), user, other: user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('out' as const, 'in' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), user: fc.constantFrom('ada', 'bob'), hour, single: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), hour }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), user }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

test('answers about tasks say what follows from what was told, whatever its order', { timeout: 3_600_000 }, async () => {
  const seed = process.env['MODEL_SEED']
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 14, maxLength: 22, size: 'max' }), async (steps) => {
      const history = new History(await cairn.workspace())
      // What is told lies after the workspace was made, and five minutes off the limits of hours and days.
      cairn.clock.advance(3 * DAY)
      history.base = cairn.clock.now() - 50 * HOUR - 5 * MINUTE
      for (const one of steps) {
        cairn.clock.advance(1_000)
        await history.take(one)
        await history.compare()
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 2), ...(seed === undefined ? {} : { seed: Number(seed) }), endOnFailure: true },
  )
})

class History {
  readonly w: TestWorkspace
  readonly model = new Model()
  base = 0
  #last: (() => Promise<Answer>) | undefined
  #views: Array<{ id: string; task: string; user: string; at: number }> = []

  constructor(w: TestWorkspace) {
    this.w = w
  }

  async take(one: Step): Promise<void> {
    const { model } = this
    switch (one.do) {
      case 'put': {
        const at = this.#at(one.hour)
        const attributes = { status: one.status, created_by: one.creator }
        await this.#write('PUT', `/api/tasks/${one.task}`, { attributes, assignees: one.assignees, ...at }, 200)
        model.task(one.task).said.push({ at: at.ms, status: one.status, creator: one.creator, whole: true, gone: false })
        if (one.assignees) model.task(one.task).changes.push({ at: at.ms, change: 'set', users: one.assignees, why: 'replaced' })
        if (model.task(one.task).isThere) model.appear(one.task)
        return
      }
      case 'patch':
      case 'assign':
      case 'unassign':
      case 'delete': {
        const { isThere, said, changes } = model.task(one.task)
        const at = this.#at(one.hour)
        const path = `/api/entities/task/${one.task}${'user' in one ? `/assignees/${one.user}` : ''}`
        const method = { patch: 'PATCH', assign: 'PUT', unassign: 'DELETE', delete: 'DELETE' }[one.do]
        await this.#write(method, path, { ...(one.do === 'patch' ? { attributes: { status: one.status } } : {}), ...at }, isThere ? 200 : 404)
        if (!isThere) return
        said.push({ at: at.ms, ...(one.do === 'patch' ? { status: one.status } : {}), whole: false, gone: one.do === 'delete' })
        if (one.do === 'delete') changes.push({ at: at.ms, change: 'set', users: [], why: 'deleted' })
        else if (one.do !== 'patch') changes.push({ at: at.ms, change: one.do === 'assign' ? 'add' : 'remove', users: [one.user], why: 'deleted' })
        return
      }
      case 'view':
      case 'comment':
      case 'track': {
        const { ms, occurred_at } = this.#at(one.hour)
        const id = randomUUID()
        const what = one.do === 'comment' ? 'commented' : 'viewed'
        const login = one.own && one.do !== 'track' ? this.#loginOf(one.user) : undefined
        const did: Did = { id, task: one.task, user: one.user, at: ms, what, session: login?.id }
        const seconds = one.do === 'comment' ? undefined : one.seconds
        if (one.do === 'track') {
          const event = { event_id: id, event_type: 'task_viewed', user_id: one.user, entity_type: 'task', entity_id: one.task, timestamp: ms }
          await this.#ask('POST', '/api/events/log', { ...event, ...(seconds === undefined ? {} : { duration_ms: seconds * 1_000 }) }, 200)
          if (!model.out.has(one.user) && seconds !== undefined) model.seconds.set(id, { ...did, seconds })
          return model.happen(did)
        }
        const body = what === 'viewed' ? { view_id: id, view_duration_seconds: seconds } : { event_id: id, action: 'commented' }
        await this.#tell(did, `/api/tasks/${one.task}/${what === 'viewed' ? 'track-view' : 'activity'}`, { ...body, occurred_at }, login?.token)
        if (what !== 'viewed' || model.out.has(one.user)) return
        if (seconds !== undefined) model.seconds.set(id, { ...did, seconds })
        this.#views.push(did)
        return
      }
      case 'stay': {
        const view = this.#views[one.which % this.#views.length]
        if (!view) return
        await this.#tell({ ...view, what: 'viewed' }, `/api/tasks/${view.task}/track-view`, {
          view_id: view.id,
          view_duration_seconds: one.seconds,
          occurred_at: iso(view.at),
        })
        if (!model.out.has(view.user)) model.seconds.set(view.id, { ...view, seconds: one.seconds })
        return
      }
      case 'reject': {
        const told = model.task(one.task)
        const at = this.#at(one.hour)
        const login = one.own ? this.#loginOf(one.user) : undefined
        const together = model.usersWith(one.user)
        const mine = told.open.filter(({ user, from }) => together.includes(user) && from <= at.ms).map(({ user }) => user)
        const named = mine.includes(one.user) ? one.user : mine[0]
        const status = !told.isThere ? 404 : told.isDone || named === undefined ? 409 : 200
        const body = { ...(login ? {} : { user_id: one.user }), reason: one.reason, ...at, event_id: randomUUID() }
        await this.#ask('POST', `/api/tasks/${one.task}/reject`, body, status, login?.token)
        if (status !== 200 || named === undefined) return
        told.changes.push({ at: at.ms, change: 'remove', users: [named], why: 'rejected', ...(one.reason === undefined ? {} : { reason: one.reason }) })
        for (const other of mine) if (other !== named) told.changes.push({ at: at.ms, change: 'remove', users: [other], why: 'deleted' })
        told.said.push({ at: at.ms, whole: false, gone: false })
        model.happen({ id: body.event_id, task: one.task, user: one.user, at: at.ms, what: 'rejected', session: login?.id })
        if (told.creator !== undefined) model.told.push({ task: one.task, to: told.creator, user: one.user, reason: one.reason ?? null })
        return
      }
      case 'merge':
      case 'unmerge': {
        if (one.user === one.other) return
        await this.#ask('POST', `/api/people/${one.do}`, { user_id: one.user, other_id: one.other, event_id: randomUUID() }, 200)
        // Nothing is recorded of who is out, also not who else they are.
        if (model.out.has(one.user)) return
        model.merges.set([one.user, one.other].toSorted().join(), { from: one.other, to: one.user, holds: one.do === 'merge' })
        return
      }
      case 'out':
      case 'in':
        await this.#ask('POST', `/api/people/opt-${one.do}`, { user_id: 'eve' }, 200)
        await cairn.directory.refresh()
        if (one.do === 'out') model.out.add('eve')
        else if (model.out.delete('eve')) model.back = cairn.clock.now()
        return
      case 'start': {
        const { ms, ...at } = this.#at(one.hour)
        const token = randomUUID().repeat(2)
        const asked = { user_id: one.user, session_token: token, single_session: one.single, ...at, event_id: randomUUID() }
        const { body } = await this.#ask('POST', '/api/sessions/start', asked, 200)
        model.begin(String(body['session_id']), { user: one.user, token, start: ms, end: undefined }, one.single)
        return
      }
      case 'end': {
        const [id, login] = [...model.logins][one.which % Math.max(1, model.logins.size)] ?? []
        if (!login) return
        const { ms, ...at } = this.#at(one.hour)
        await this.#ask('POST', `/api/sessions/${id}/end`, { ...at, event_id: randomUUID() }, 200)
        model.finish(login, ms, 'logout')
        return
      }
      case 'forget': {
        const gone = model.usersWith(one.user)
        await this.#ask('DELETE', `/api/events/cleanup?older_than_days=0&user_id=${one.user}`, {}, 200)
        model.forget(one.user)
        this.#views = this.#views.filter(({ user }) => !gone.includes(user))
        this.#last = undefined
        return
      }
      case 'again':
        // Repeated where it stands or has become impossible: a log-in that is over answers 401.
        await this.#last?.()
        return
    }
  }

  #at(hours: number): { ms: number; occurred_at: string } {
    const ms = this.base + hours * HOUR
    return { ms, occurred_at: iso(ms) }
  }
  #loginOf(user: string): { id: string; token: string } | undefined {
    const found = [...this.model.logins].find(([, login]) => login.user === user && login.end === undefined)
    return found && { id: found[0], token: found[1].token }
  }
  async #ask(method: string, path: string, { ms: _ms, ...body }: Json, status: number, token = this.w.secretKey): Promise<Answer> {
    const send = (): Promise<Answer> =>
      ask(cairn.url + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    const answer = await send()
    expect([method, path, body, answer.status, answer.body]).toEqual([method, path, body, status, expect.anything()])
    if (status === 200) this.#last = send
    return answer
  }
  #write(method: string, path: string, body: Json, status: number): Promise<Answer> {
    return this.#ask(method, path, { ...body, event_id: randomUUID() }, status)
  }
  /** Through the route: what is not known waits, of whom nothing may be recorded nothing is. */
  async #tell(did: Did, path: string, body: Json, token?: string): Promise<void> {
    const { model } = this
    const isKnown = model.isKnown(did.task)
    await this.#ask('POST', path, { ...(token === undefined ? { user_id: did.user } : {}), ...body }, isKnown || model.out.has(did.user) ? 200 : 404, token)
    if (isKnown) model.happen(did)
    else if (!model.out.has(did.user)) model.waiting.push(did)
  }

  async compare(): Promise<void> {
    const { model, w } = this
    const now = cairn.clock.now()
    const there = tasks.filter((id) => model.task(id).isThere)
    await Promise.all([
      ...tasks.map((id) => this.#compareTask(id)),
      ...[...users, 'boss'].map((id) => this.#compareUser(id)),
      (async () => {
        const { tasks: listed } = await w.get<{ tasks: Json[] }>('/api/tasks')
        const expected = there.map((id): [string, string[]] => [id, model.task(id).open.map(({ user }) => user)])
        expect(new Map(listed.map(({ entity_id, assignees }) => [String(entity_id), assignees]))).toEqual(new Map(expected))
      })(),
      (async () => {
        const { tasks: listed } = await w.get<{ tasks: Json[] }>('/api/tasks/unopened?older_than_hours=0&limit=100')
        const unopened = there.flatMap((id) =>
          model
            .task(id)
            .open.filter(({ user, from }) => !model.isOut(user, from) && !model.of(id, user).some(({ what }) => what === 'viewed'))
            .map(({ user, from }) => `${iso(from)} ${id} ${user}`),
        )
        expect(listed.map(({ assigned_at, entity_id, user_id }) => `${String(assigned_at)} ${String(entity_id)} ${String(user_id)}`).toSorted()).toEqual(
          unopened.toSorted(),
        )
        const moments = listed.map(({ assigned_at }) => String(assigned_at))
        expect(moments).toEqual(moments.toSorted())
      })(),
      (async () => {
        const counted = new Map<string, number>()
        for (const { user } of model.events.values()) counted.set(model.rootOf(user), (counted.get(model.rootOf(user)) ?? 0) + 1)
        const { people } = await w.get<{ people: Array<{ user_id: string; events: number }> }>('/api/people?days=10')
        expect(new Map(people.map(({ user_id, events }) => [user_id, events]))).toEqual(counted)
      })(),
      (async () => {
        const { sessions } = await w.get<{ sessions: Json[] }>('/api/sessions?kind=login&days=10&limit=100')
        const expected = [...model.logins].map(([id, login]): Json => {
          const times = [...model.events.values()].filter(({ session }) => session === id).map(({ at }) => at)
          const last = Math.max(login.start, ...times)
          const end = login.end?.at ?? (now - last > DAY ? last : undefined)
          const reason = login.end?.reason ?? (end === undefined ? null : 'stale')
          return {
            session_id: id,
            user_id: login.user,
            started_at: iso(Math.min(login.start, ...times)),
            ended_at: end === undefined ? null : iso(end),
            end_reason: reason,
            events: times.length,
          }
        })
        const byId = (a: Json, b: Json): number => (String(a['session_id']) < String(b['session_id']) ? -1 : 1)
        const told = sessions.map(({ session_id, user_id, started_at, ended_at, end_reason, events }) => ({
          session_id,
          user_id,
          started_at,
          ended_at,
          end_reason,
          events,
        }))
        expect(told.toSorted(byId)).toEqual(expected.toSorted(byId))
      })(),
    ])
  }

  async #compareTask(id: string): Promise<void> {
    const { model, w } = this
    const told = model.task(id)
    const { status, body } = await w.call('GET', `/api/tasks/${id}`)
    expect([id, status]).toEqual([id, told.isThere ? 200 : 404])
    if (!model.isKnown(id)) return expect((await w.call('GET', `/api/tasks/${id}/engagement`)).status).toBe(404)
    if (told.isThere)
      expect(body['assignments']).toEqual(
        told.assigned.map(({ user, from, to, why }) => ({ user_id: user, assigned_at: iso(from), unassigned_at: to === null ? null : iso(to), why })),
      )
    const answer = await w.get<{ engagement: Json[]; viewed_by: string[]; not_viewed_by: string[]; not_tracked: string[] }>(`/api/tasks/${id}/engagement`)
    const latest = new Map((told.isThere ? told.assigned : []).map((assigned) => [assigned.user, assigned]))
    const viewed = (user: string): Did[] => model.of(id, user).filter(({ what }) => what === 'viewed')
    expect(answer.engagement).toEqual(
      [...latest.values()].map(({ user, from, to, why, reason }) => {
        const did = model.of(id, user)
        const views = viewed(user).map(({ at }) => at)
        const rejected = why === 'rejected'
        const root = model.rootOf(user)
        const seconds = [...model.seconds.values()]
          .filter((view) => view.task === id && model.rootOf(view.user) === root)
          .reduce((sum, view) => sum + view.seconds, 0)
        return {
          user_id: user,
          assigned_at: iso(from),
          unassigned_at: to === null ? null : iso(to),
          first_viewed_at: views.length === 0 ? null : iso(Math.min(...views)),
          last_viewed_at: views.length === 0 ? null : iso(Math.max(...views)),
          view_count: views.length,
          view_seconds: did.length === 0 ? 0 : seconds,
          last_activity_at: did.length === 0 ? null : iso(Math.max(...did.map(({ at }) => at))),
          hours_since_activity: did.length === 0 ? null : (expect.any(Number) as number),
          comments: did.filter(({ what }) => what === 'commented').length,
          rejected_at: rejected && to !== null ? iso(to) : null,
          reason: rejected ? reason : null,
        }
      }),
    )
    const opened = new Set(model.of(id).flatMap(({ what, user }) => (what === 'viewed' ? [model.rootOf(user)] : [])))
    const names = [...opened].flatMap((root) => {
      const assigned = [...latest.keys()].filter((user) => model.rootOf(user) === root)
      return assigned.length > 0 ? assigned : [root]
    })
    const unseen = [...latest.values()].filter(({ user, to }) => to === null && viewed(user).length === 0)
    expect([answer.viewed_by.toSorted(), answer.not_viewed_by, answer.not_tracked]).toEqual([
      names.toSorted(),
      unseen.filter(({ user, from }) => !model.isOut(user, from)).map(({ user }) => user),
      unseen.filter(({ user, from }) => model.isOut(user, from)).map(({ user }) => user),
    ])
  }

  async #compareUser(id: string): Promise<void> {
    const { model, w } = this
    const together = model.usersWith(id)
    const rejected = tasks.flatMap((task) =>
      model
        .task(task)
        .assigned.filter(({ user, why }) => why === 'rejected' && together.includes(user))
        .map(({ user, to, reason }) => `${iso(to ?? 0)} ${task} ${user} ${reason ?? ''}`),
    )
    const { count, rejections } = await w.get<{ count: number; rejections: Array<Record<string, string | null>> }>(`/api/users/${id}/rejections`)
    expect([
      count,
      rejections.map(({ rejected_at, entity_id, user_id, reason }) => `${rejected_at} ${entity_id} ${user_id} ${reason ?? ''}`).toSorted(),
    ]).toEqual([rejected.length, rejected.toSorted()])
    const { notifications } = await w.get<{ notifications: Array<{ entity_id: string; data: Json }> }>(`/api/notifications?user_id=${id}&limit=100`)
    expect(notifications.map(({ entity_id, data }) => [entity_id, data['user_id'], data['reason']]).toReversed()).toEqual(
      model.told.filter(({ to }) => together.includes(to)).map(({ task, user, reason }) => [task, user, reason]),
    )
    const { tasks: assigned } = await w.get<{ tasks: Json[] }>(`/api/tasks?assignee=${id}`)
    const theirs = tasks.filter((task) => model.task(task).isThere && model.task(task).open.some(({ user }) => together.includes(user)))
    expect(assigned.map(({ entity_id }) => String(entity_id)).toSorted()).toEqual(theirs)
    const views = model
      .of('1', id)
      .filter(({ what }) => what === 'viewed')
      .map(({ at }) => at)
    const { status, body } = await w.call('GET', `/api/users/${id}/has-viewed?entity_type=task&entity_id=1`)
    if (!model.isKnown('1')) return expect(status).toBe(404)
    expect(body).toEqual({ has_viewed: views.length > 0, first_viewed_at: views.length === 0 ? null : iso(Math.min(...views)), view_count: views.length })
  }
}
