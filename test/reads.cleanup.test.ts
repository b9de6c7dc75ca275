import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY } from '../server/src/base/time.ts'
import { Health } from '../server/src/ops/health.ts'
import { deleteEvents, resumeDeletions, type CleanupDeps } from '../server/src/privacy/cleanup.ts'
import { sweepDeleted } from '../server/src/privacy/sweep.ts'
import { StoreError } from '../server/src/store/failure.ts'
import { userKey } from '../server/src/store/keys.ts'
import { raw, sql, str, time, u32, type Piece } from '../server/src/store/sql.ts'
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

/** Of a property, such as hosts and attackers think of. */
const oddNames = [
  ...[
    '',
    ' ',
    '.',
    '..',
    'a.',
    '.a',
    'a..b',
    'a.b.c.d',
    'a\0b',
    '\0',
    'x\ud800',
    '`',
    'a`b',
    '^`a`',
    'a.:`Int64`',
    'a.:Int64',
    '^a',
    ':b',
    '@a',
    "it's",
    'say "so"',
  ],
  ...[
    'a\\b',
    'back\\',
    'a[]',
    'a[0]',
    '[',
    '-- no',
    '/* no',
    "'; DROP TABLE cairn.events",
    'a\nb',
    '\t',
    '\u0001',
    '{p0:String}',
    '100 %',
    '(EUR)',
    '😀',
    'é.ü',
  ],
  ...['null', '0', 'n'.repeat(900), 'l'.repeat(3_000), `😀${'😀'.repeat(60)}`],
]

describe('a workspace with odd property names', () => {
  const values = (who: string, n: number): Json => ({
    ...Object.fromEntries(oddNames.map((name) => [name, `of ${who}`])),
    in: Object.fromEntries(oddNames.map((name) => [name, n])),
    'one.two': { three: Object.fromEntries(oddNames.map((name) => [name, null])) },
    list: { of: Object.fromEntries(oddNames.map((name) => [name, [who, n]])) },
  })
  const expected = (who: string, n: number): Map<unknown, unknown> =>
    new Map(
      oddNames
        .map((name) => name.toWellFormed().replaceAll('\0', '\ufffd'))
        .flatMap((name) => [
          [name, [['string'], `of ${who}`]],
          [`in.${name}`, [['number'], String(n)]],
          [`one.two.three.${name}`, [['null'], 'null']],
          [`list.of.${name}`, [['array'], JSON.stringify([who, n])]],
        ]),
    )
  const listed = async (w: TestWorkspace): Promise<Map<unknown, unknown>> =>
    new Map((((await types(w))[0]?.['properties'] ?? []) as Json[]).map((p) => [p['path'], [p['types'], p['example']]]))
  const tell = async (w: TestWorkspace): Promise<void> => {
    await send(w, [{ timestamp: ago(1), metadata: values('ada', 1), context: { 'c\0': 'of ada' } }])
    await send(w, [
      { user_id: 'bob', timestamp: ago(20), metadata: values('bob long ago', 2) },
      { user_id: 'bob', timestamp: ago(5), metadata: values('bob', 3) },
      { user_id: 'bob', timestamp: ago(4), metadata: { other: 1, '': [] } },
    ])
    for (const user_id of ['ada', 'bob']) {
      await w.post('/api/people/identify', { user_id, traits: { '': `of ${user_id}` } })
      await w.post('/api/events/log', { event_type: 'refused', user_id, metadata: { '': 1 }, duration_ms: -1 })
    }
  }
  const everywhere = async (w: TestWorkspace): Promise<string> =>
    JSON.stringify([
      ...(await Promise.all(['/api/events', '/api/events/types', '/api/events/quarantine', '/api/people'].map((path) => w.get(path)))),
      (await cairn.store.store.query(sql`SELECT * FROM cairn.event_properties WHERE workspace_id = ${u32(w.id)}`)).rows,
    ])

  test('loses all of one person, and shows the others’ examples instead', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    await tell(w)
    expect(await listed(w)).toEqual(new Map([...expected('ada', 1), ['', [['array', 'string'], expect.any(String)]], ['other', [['number'], '1']]]))
    expect(await deleted(w, 'older_than_days=0&user_id=ada')).toEqual({ success: true, deleted: 1 })
    expect(await everywhere(w)).not.toMatch(/\bada\b/)
    expect(await listed(w)).toEqual(new Map([...expected('bob', 3), ['', [['array', 'string'], 'of bob']], ['other', [['number'], '1']]]))
    expect((await w.get<{ quarantine: Json[] }>('/api/events/quarantine')).quarantine).toHaveLength(1)
    expect(await w.get('/api/people/bob')).toMatchObject({ events: 3 })
    expect((await w.call('GET', '/api/people/ada')).status).toBe(404)
    for (const name of ['^`a`', 'a.:`Int64`', 'a`b', "it's"])
      expect([name, await w.get(`/api/events?metadata.${encodeURIComponent(name)}=of%20bob`)]).toMatchObject([name, { events: [{ user_id: 'bob' }] }])
  })

  test('loses everything at 0 days', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    await tell(w)
    expect(await deleted(w, 'older_than_days=0')).toEqual({ success: true, deleted: 4 })
    expect([await listed(w), await types(w), await total(w)]).toEqual([new Map(), [], 0])
    expect((await w.get<{ quarantine: Json[] }>('/api/events/quarantine')).quarantine).toEqual([])
    expect(await deleted(w, 'older_than_days=0&user_id=bob')).toEqual({ success: true, deleted: 0 })
  })

  test('is cleaned also of a NUL that came in before names were made plain', async () => {
    const w = await cairn.workspace()
    const { store } = cairn.store
    const key = (who: string): Piece => userKey(w.id, who)
    for (const who of ['ada', 'bob'])
      await store.command(sql`INSERT INTO cairn.events (workspace_id, event_id, event_type, user_id, person_key, event_metadata, event_timestamp, received_at)
SELECT ${u32(w.id)}, generateUUIDv4(), 'old', ${str(who)}, ${key(who)}, ${str(`{"a\\u0000b":"of ${who}"}`)}, now64(3), now64(3)`)
    await store.command(sql`INSERT INTO cairn.event_properties (workspace_id, event_type, path, value_type, example, person_key, event_timestamp, seen_at)
SELECT ${u32(w.id)}, 'old', concat('a', char(0), 'b'), 'string', 'of ada', ${key('ada')}, now64(3), now64(3)`)
    expect(await deleted(w, 'older_than_days=0&user_id=ada')).toEqual({ success: true, deleted: 1 })
    expect(await types(w)).toMatchObject([{ event_type: 'old', count: 1, properties: [property('a\0b', ['string'], 'of bob')] }])
    expect(await deleted(w, 'older_than_days=0')).toEqual({ success: true, deleted: 1 })
    expect(await types(w)).toEqual([])
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
    persons: cairn.persons,
    links: cairn.links,
    clock: cairn.clock,
    archive: cairn.archive,
    properties: cairn.pipeline.properties,
    quiesced: (work) => cairn.pipeline.quiesced(work),
    letGo: () => cairn.pipeline.recent.letGo(),
  })

  test('anywhere is done by the next start', async () => {
    const { store } = cairn.store
    for (const after of [1, 2, 3, 4, 5, 6, 100]) {
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

  test('by a catalogue that cannot be made right ends all the same, without the examples', async () => {
    const { store } = cairn.store
    const w = await cairn.workspace({ retentionDays: null })
    await fill(w)
    const refusing: Store = {
      ...store,
      command: (q, options) =>
        (typeof q === 'string' ? q : q.text).includes('INSERT INTO cairn.event_properties')
          ? Promise.reject(new StoreError('refused', { clickhouseCode: 62, cause: undefined }))
          : store.command(q, options),
    }
    const told: unknown[] = []
    const log = { warn: (...of: unknown[]) => void told.push(of) }
    expect(await deleteEvents({ ...deps(refusing), log }, { workspaceId: w.id, userId: 'ada' })).toBe(4)
    expect(told).toHaveLength(1)
    expect(JSON.stringify(await types(w))).not.toMatch(/secret of ada|team|free/)
    expect(await resumeDeletions(deps(store))).toBe(0)
    // What is sent afterwards is catalogued again.
    await send(w, [{ user_id: 'bob', metadata: { plan: 'pro' } }])
    expect((await types(w))[0]?.['properties']).toContainEqual(property('plan', ['string'], 'pro'))
  })

  test('and waits for over a minute is told by health', async () => {
    const { store } = cairn.store
    const note: Piece = sql`INSERT INTO cairn.deletions (deletion_id, workspace_id, user_id, person_key, asked_at) SELECT generateUUIDv4(), 4000000000, 'eve', 1, ${time(cairn.clock.now() - 61_000)}`
    const privacy = async (left: number): Promise<unknown> => {
      const health = new Health({ ...cairn, db: cairn.catalog.db, store, engine: cairn.store.engine, live: { size: 0, lagMs: 0 }, version: 'test' })
      health.start()
      const part = (): Json => (health.report().body['parts'] as Record<string, Json>)['privacy'] ?? {}
      await expect.poll(() => part()['overdue_deletions']).toBe(left)
      await health.stop()
      return part()
    }
    await store.command(note)
    expect(await privacy(1)).toMatchObject({
      status: 'degraded',
      message: expect.stringMatching(/^1 deletion/) as string,
      remedy: expect.any(String) as string,
    })
    expect(await resumeDeletions(deps(store))).toBe(1)
    expect(await privacy(0)).toMatchObject({ status: 'ok', overdue_deletions: 0 })
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
