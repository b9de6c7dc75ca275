import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY } from '../server/src/base/time.ts'
import { deleteEvents, resumeDeletions, type CleanupDeps } from '../server/src/privacy/cleanup.ts'
import { sweepDeleted } from '../server/src/privacy/sweep.ts'
import { raw, sql, u32 } from '../server/src/store/sql.ts'
import type { Store } from '../server/src/store/store.ts'
import { ask, startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Json = Record<string, unknown>
const send = async (w: TestWorkspace, events: Json[]): Promise<void> => {
  const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'task_viewed', user_id: 'ada', ...event }))
  expect((await w.post('/api/events/log/batch', { historical: true, events: batch })).body).toMatchObject({ accepted: events.length })
}
const ago = (days: number): number => cairn.clock.now() - days * DAY
const cleanup = (w: TestWorkspace, query: string): Promise<Answer> => w.call('DELETE', `/api/events/cleanup?${query}`)
const deleted = async (w: TestWorkspace, query: string): Promise<unknown> => (await cleanup(w, query)).body
const total = async (w: TestWorkspace): Promise<unknown> => (await w.get('/api/events/analytics?from=2000-01-01&to=2100-01-01'))['total_events']
const types = async (w: TestWorkspace): Promise<Json[]> => (await w.get<{ types: Json[] }>('/api/events/types')).types
const stored = async (w: TestWorkspace): Promise<number> => (await w.get<{ total: { stored: number } }>('/api/ledger?by=total')).total.stored

/** Two people and a stranger, over a month. */
const fill = async (w: TestWorkspace): Promise<void> =>
  send(w, [
    { timestamp: ago(28), session_id: 'old', metadata: { plan: 'free', only_old: 1, mixed: 1, list: [1], nothing: null, yes: true } },
    { timestamp: ago(25), event_type: 'gone_soon', metadata: { x: 1 } },
    { timestamp: ago(15), user_id: 'bob', metadata: { plan: 'pro', mixed: 'text', deep: { er: 1 }, list: ['a', 2], nothing: null, yes: false } },
    { timestamp: ago(2), session_id: 'new', metadata: { plan: 'team', only_ada: 'secret of ada', deep: { er: 2 } } },
    { timestamp: ago(1), user_id: undefined, anonymous_id: 'ada' },
    { timestamp: cairn.clock.now() + 3_600_000 },
  ])
const property = (path: string, valueTypes: string[], example: string): Json => ({ path, types: valueTypes, example })

describe('cleanup', () => {
  test('of what is older than a number of days takes it out of every view, of this workspace only', async () => {
    const [w, other] = [await cairn.workspace({ retentionDays: null }), await cairn.workspace({ retentionDays: null })]
    await fill(w)
    await fill(other)
    const before = await types(other)
    expect(await deleted(w, 'older_than_days=20')).toEqual({ success: true, deleted: 2 })
    expect(await total(w)).toBe(4)
    expect((await w.call('GET', '/api/events/session/old')).status).toBe(404)
    const seen = await types(w)
    expect(seen).toMatchObject([
      { event_type: 'task_viewed', count: 4, first_seen: new Date(ago(15)).toISOString().slice(0, 10) + String(seen[0]?.['first_seen']).slice(10) },
    ])
    expect(seen[0]?.['properties']).toEqual([
      property('deep.er', ['number'], '1'),
      property('list', ['array'], '["a",2]'),
      property('mixed', ['string'], 'text'),
      property('nothing', ['null'], 'null'),
      property('only_ada', ['string'], 'secret of ada'),
      property('plan', ['string'], 'team'),
      property('yes', ['boolean'], 'false'),
    ])
    expect(await stored(w)).toBe(6)
    expect(await types(other)).toEqual(before)
    expect(await total(other)).toBe(6)
    expect(await deleted(w, 'older_than_days=20')).toEqual({ success: true, deleted: 0 })
    // What is sent afterwards is counted and catalogued again.
    await send(w, [{ event_type: 'gone_soon', metadata: { x: 2 } }])
    expect(await types(w)).toMatchObject([
      { event_type: 'gone_soon', count: 1, properties: [property('x', ['number'], '2')] },
      { event_type: 'task_viewed', count: 4 },
    ])
  })

  test('of one person takes theirs, whatever its date, what was told of them, and what was refused', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    await fill(w)
    await w.post('/api/people/identify', { user_id: 'ada', traits: { plan: 'pro' } })
    await w.post('/api/people/identify', { user_id: 'bob', traits: { plan: 'free' } })
    await w.post('/api/events/log', { event_type: 'refused', user_email: 'ada', duration_ms: -1 })
    await w.post('/api/events/log', { event_type: 'refused', user_id: 'bob', duration_ms: -1 })
    expect(await deleted(w, 'older_than_days=27&user_email=ada')).toEqual({ success: true, deleted: 1 })
    expect(await w.get('/api/people/ada')).toMatchObject({ events: 3, traits: { plan: 'pro' } })
    expect(await deleted(w, 'older_than_days=0&user_id=ada')).toEqual({ success: true, deleted: 3 })
    expect((await w.call('GET', '/api/people/ada')).body).toMatchObject({ user_id: null, anonymous_id: 'ada', events: 1, traits: {} })
    expect(await w.get('/api/people/bob')).toMatchObject({ events: 1, traits: { plan: 'free' } })
    expect(JSON.stringify(await types(w))).not.toContain('secret of ada')
    const { quarantine } = await w.get<{ quarantine: Json[] }>('/api/events/quarantine')
    expect(quarantine).toHaveLength(1)
    expect(JSON.stringify(quarantine)).toContain('bob')
    expect(await stored(w)).toBe(6)
  })

  test('takes what was acknowledged a moment ago and is not loaded yet, and everything at 0 days', async () => {
    const w = await cairn.workspace()
    await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })
    expect(await deleted(w, 'older_than_days=0')).toEqual({ success: true, deleted: 1 })
    expect(await total(w)).toBe(0)
    expect(await types(w)).toEqual([])
    await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })
    expect(await types(w)).toMatchObject([{ event_type: 'a', count: 1 }])
  })

  test('is not to be had by mistake', async () => {
    const w = await cairn.workspace()
    await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })
    expect(await cleanup(w, 'older_than_days=0&user_id=')).toMatchObject({ status: 422, body: { errors: [{ path: '/user_id' }] } })
    expect((await cleanup(w, '')).status).toBe(422)
    expect((await cleanup(w, 'older_than_days=-1')).status).toBe(422)
    expect(
      (await ask(`${cairn.url}/api/events/cleanup?older_than_days=0`, { method: 'DELETE', headers: { Authorization: `Bearer ${w.writeKey}` } })).status,
    ).toBe(403)
    expect(await total(w)).toBe(1)
  })

  test('names the person in no predicate that is kept, and leaves no note of them', async () => {
    const w = await cairn.workspace()
    await w.post('/api/events/log', { event_type: 'a', user_id: 'somebody-remarkable' })
    expect(await deleted(w, 'older_than_days=0&user_id=somebody-remarkable')).toEqual({ success: true, deleted: 1 })
    const { rows } = await cairn.store.store.query<Json>(
      sql`SELECT countIf(command LIKE '%remarkable%') AS named, count() > 0 AS any, (SELECT count() FROM cairn.deletions) AS notes FROM system.mutations WHERE database = 'cairn'`,
    )
    expect(rows).toEqual([{ named: '0', any: 1, notes: '0' }])
    // The sweep takes marked rows out of the files, once.
    expect(await sweepDeleted(cairn.store.store)).toBeGreaterThan(0)
    expect(await sweepDeleted(cairn.store.store)).toBe(0)
  })
})

describe('a cleanup that is cut off', () => {
  class Killed extends Error {}
  /** A store whose statements end with the nth one. */
  const dying = (store: Store, lastCommand: number): Store => {
    let commands = 0
    return { ...store, command: (...of) => (++commands > lastCommand ? Promise.reject(new Killed('killed')) : store.command(...of)) }
  }
  const deps = (store: Store): CleanupDeps => ({
    store,
    clock: cairn.clock,
    properties: cairn.pipeline.properties,
    quiesced: (work) => cairn.pipeline.quiesced(work),
  })

  test('anywhere is done by the next start', async () => {
    const { store } = cairn.store
    for (const after of [1, 2, 5, 100]) {
      const w = await cairn.workspace({ retentionDays: null })
      await fill(w)
      const cut = await deleteEvents(deps(dying(store, after)), { workspaceId: w.id, userId: 'ada' }).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Killed) return true
          throw error
        },
      )
      expect([after, cut]).toEqual([after, after < 100])
      expect(await resumeDeletions(deps(store))).toBe(cut ? 1 : 0)
      expect([after, await types(w)]).toMatchObject([
        after,
        [
          {
            event_type: 'task_viewed',
            count: 2,
            properties: [
              { path: 'deep.er', example: '1' },
              { path: 'list' },
              { path: 'mixed', types: ['string'] },
              { path: 'nothing' },
              { path: 'plan', example: 'pro' },
              { path: 'yes' },
            ],
          },
        ],
      ])
      const { rows } = await store.query<{ n: string }>(
        sql`SELECT count() AS n FROM ${raw('cairn.events')} WHERE workspace_id = ${u32(w.id)} AND user_id = 'ada'`,
      )
      expect(rows).toEqual([{ n: '0' }])
    }
  })

  test('is done by the next cleanup of that workspace too', async () => {
    const { store } = cairn.store
    const w = await cairn.workspace({ retentionDays: null })
    await fill(w)
    await expect(deleteEvents(deps(dying(store, 1)), { workspaceId: w.id, userId: 'ada' })).rejects.toThrow(Killed)
    expect(await deleted(w, 'older_than_days=0&user_id=bob')).toEqual({ success: true, deleted: 1 })
    expect(await total(w)).toBe(1)
  })
})
