import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sql as catalogSql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey } from '../server/src/catalog/keys.ts'
import { createWorkspace } from '../server/src/catalog/workspaces.ts'
import { fillWithDemo } from '../server/src/demo/fill.ts'
import { DEMO_SEED, month } from '../server/src/demo/month.ts'
import type { Sending } from '../server/src/demo/month/visit.ts'
import { removeWorkspace, resumeRemovals, type RemovalDeps } from '../server/src/privacy/workspace-removal.ts'
import { raw, sql, u32 } from '../server/src/store/sql.ts'
import { startCairn, type Answer, type TestCairn } from './cairn.ts'
import { asLocal, whole, type State, type Total } from './demo.ts'
import { eventually, send } from './server.ts'

const ZONE = 'Europe/Berlin'
const UNTIL = Date.now()
const options = { seed: DEMO_SEED, endDay: new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(UNTIL), timezone: ZONE, untilMs: UNTIL }
const sendings = (o = options): Sending[] =>
  [...month(o)].flatMap(({ batches, strict, rejections }) => [...[...batches, ...strict].flatMap((batch) => batch.sendings), ...rejections])
const all = sendings()
const stored = all.filter(({ fate }) => fate === 'stored')
const count = <T>(items: readonly T[], name: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1
  return counts
}
const quarantined = ['invalid', 'too_large', 'unsafe_key', 'in_future', 'older_than_retention', 'unknown_type', 'missing_property']
const notRecorded = ['opted_out', 'privacy_signal']

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const demo = async (method: string): Promise<Answer> => asLocal(cairn.url, cairn.localToken, method)
const ready = (look: () => Promise<Answer>): Promise<State> =>
  eventually(
    async () => (await look()).body as unknown as State,
    ({ state }) => state !== 'loading',
    120_000,
  )

/** Tables of what is under way, and of log-ins, which the month has none of. */
const passing = new Set(['deletions', 'gap_touched', 'sessions_touched', 'session_records', 'rolled_up'])

describe('the month', () => {
  test('is the same for the same seed, day and end, and a later end only adds to it', () => {
    const digest = (all: readonly Sending[]): string => createHash('sha256').update(JSON.stringify(all)).digest('hex')
    expect(digest(sendings())).toBe(digest(all))
    expect(digest(sendings({ ...options, seed: 1 }))).not.toBe(digest(all))
    const ids = new Set(all.map(({ event }) => event.event_id))
    const earlier = sendings({ ...options, untilMs: UNTIL - 3 * 86_400_000 })
    expect(earlier.filter(({ event, fate }) => fate === 'stored' && !ids.has(event.event_id))).toEqual([])
    expect(earlier.length).toBeLessThan(all.length)
  })

  test('holds about 40,000 events of 600 people, and none of the future', () => {
    expect(stored.length).toBeGreaterThan(37_000)
    expect(stored.length).toBeLessThan(50_000)
    expect(new Set(stored.map(({ event }) => event.event_id)).size).toBe(stored.length)
    const people = new Set(stored.map(({ event }) => event.user_id ?? event.anonymous_id))
    expect(people.size).toBeGreaterThan(500)
    expect(people.size).toBeLessThan(700)
    expect(stored.filter(({ event }) => Date.parse(event.timestamp) >= UNTIL)).toEqual([])
  })
})

describe('the demo workspace', () => {
  test('is removed without trace: every table of store and catalog is as it was before', { timeout: 180_000 }, async () => {
    const other = await cairn.workspace()
    await other.post('/api/events/log/batch', { events: ['a', 'b'].map((event_type) => ({ event_type, user_id: 'ada', metadata: { plan: 'pro' } })) })
    await other.post('/api/people/identify', { user_id: 'ada', traits: { name: 'Ada' } })
    await other.post('/api/events/log', { event_type: 1 })
    expect(await whole(cairn.url, '/api/events/analytics', other.secretKey)).toMatchObject({ total_events: 2 })
    const [owner, admin, analyst] = [
      await cairn.user({ workspace: other }),
      await cairn.user({ workspace: other, role: 'admin' }),
      await cairn.user({ workspace: other, role: 'analyst' }),
    ]
    const before = await everything(cairn)

    expect((await analyst.call('GET', '/api/demo')).body).toEqual({ state: 'absent', workspace: 'demo', events: 0, events_total: 0 })
    expect(await analyst.call('POST', '/api/demo')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await owner.call('POST', '/api/demo')).body).toMatchObject({ state: 'loading' })
    const loaded = await ready(() => owner.call('GET', '/api/demo'))
    expect(loaded).toMatchObject({ state: 'ready', events: loaded.events_total })
    const { id } = cairn.directory.workspaceBySlug('demo') ?? { id: 0 }
    // Whoever made it owns it, another admin who asks for it may look, and nobody else is in it.
    expect((await admin.call('POST', '/api/demo')).body).toEqual({ state: 'ready', workspace: 'demo', events: loaded.events, events_total: loaded.events })
    const roles = [owner, admin, analyst].map((user) => cairn.directory.roleOf(id, user.id))
    expect(roles).toEqual(['owner', 'viewer', undefined])
    expect(await admin.call('DELETE', '/api/demo')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await whole(cairn.url, '/api/ledger?by=total', cairn.localToken, 'demo')).toMatchObject({
      total: { received: loaded.events, gap: 0, pending: 0 },
    })
    // Its tasks are of its own time: who has not opened one is known.
    expect(await whole<{ unopened: number }>(cairn.url, '/api/tasks/summary', cairn.localToken, 'demo')).toMatchObject({
      unopened: expect.toSatisfy((n: number) => n > 0),
    })
    const frozen = { name: 'Everybody', type: 'static', definition: { all: [{ did: { any: true } }] } }
    expect((await owner.call('POST', '/api/cohorts', frozen, { 'X-Cairn-Workspace': 'demo' })).status).toBe(200)
    const held = await rowsOf(cairn, id)
    expect(Object.entries(held).filter(([table, rows]) => rows === 0 && !passing.has(table))).toEqual([])
    // The other one sees nothing of it.
    expect(await whole(cairn.url, '/api/events/analytics?days=60', other.secretKey)).toMatchObject({ total_events: 2, active_users: 1 })
    expect((await whole<{ people: unknown[] }>(cairn.url, '/api/people?days=60', other.secretKey)).people).toHaveLength(1)
    expect((await whole<{ quarantine: unknown[] }>(cairn.url, '/api/events/quarantine', other.secretKey)).quarantine).toHaveLength(1)

    expect((await owner.call('DELETE', '/api/demo')).body).toEqual({ state: 'absent', workspace: 'demo', events: 0, events_total: 0 })
    expect(Object.values(await rowsOf(cairn, id)).reduce((sum, rows) => sum + rows, 0)).toBe(0)
    expect(await everything(cairn)).toEqual(before)
    expect(readdirSync(join(cairn.dataDir, 'journal/recent')).filter((name) => name.endsWith('.tsv'))).toEqual([])
    expect((await asLocal(cairn.url, cairn.localToken, 'GET', '/api/events', 'demo')).status).toBe(404)
    expect((await demo('DELETE')).body).toMatchObject({ state: 'absent' })
    // Its id is never given again.
    const { id: next } = await createWorkspace(cairn.catalog.db, { slug: 'next-one' })
    expect(next).toBeGreaterThan(id)
  })

  test('of a name that somebody gave to a workspace of their own is refused, and theirs is left as it is', async () => {
    const { id } = await createWorkspace(cairn.catalog.db, { slug: 'demo' })
    await cairn.directory.refresh()
    expect(await demo('POST')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await demo('DELETE')).body).toMatchObject({ state: 'absent' })
    expect(cairn.directory.workspaceBySlug('demo')?.id).toBe(id)
    await removeWorkspace(removalDeps(cairn), id)
  })

  test('whose removal is cut off cannot be reached any more, and the rest is done later', async () => {
    const { id } = await createWorkspace(cairn.catalog.db, { slug: 'demo' })
    const { plain } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'write', name: 'write' })
    await cairn.directory.refresh()
    const log = (): Promise<Response> => send(cairn.url, '/api/events/log', { event_type: 'a', user_id: 'ada' }, plain)
    expect((await log()).status).toBe(200)
    // What is saved goes with it, whatever refers to what.
    const { plain: secret } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'secret', name: 'secret' })
    await cairn.directory.refresh()
    const save = async (path: string, body: object): Promise<string> => {
      const made = await send(cairn.url, path, body, secret)
      expect(made.status).toBe(200)
      return ((await made.json()) as { id: string }).id
    }
    const insight_id = await save('/api/insights', { name: 'A', question: { kind: 'trends', series: [{ event: 'a', math: 'total' }] } })
    await save(`/api/dashboards/${await save('/api/dashboards', { name: 'A', widgets: [{ type: 'insight', insight_id }] })}/shares`, {})
    const cut = new Error('cut off')
    const deps = removalDeps(cairn)
    await expect(removeWorkspace({ ...deps, store: { ...deps.store, command: () => Promise.reject(cut) } }, id)).rejects.toBe(cut)
    expect((await rowsOf(cairn, id))['events']).toBe(1)
    expect((await log()).status).toBe(401)
    expect((await asLocal(cairn.url, cairn.localToken, 'GET', '/api/events', 'demo')).status).toBe(404)
    expect((await demo('GET')).body).toMatchObject({ state: 'failed', message: expect.stringContaining('cut off') })
    expect(await resumeRemovals(deps)).toBe(1)
    expect(Object.values(await rowsOf(cairn, id)).reduce((sum, rows) => sum + rows, 0)).toBe(0)
    expect((await demo('GET')).body).toMatchObject({ state: 'absent' })
  })
})

describe('a workspace filled with the month', () => {
  test('shows what was made, adds nothing when it is filled again, and explains every event', { timeout: 180_000 }, async () => {
    const w = await cairn.workspace({ timezone: ZONE })
    const told: number[] = []
    const filling = { url: cairn.url, writeKey: w.writeKey, secretKey: w.secretKey, timezone: ZONE, untilMs: UNTIL, endDay: options.endDay }
    const filled = await fillWithDemo({ ...filling, onProgress: (done) => told.push(done) })
    const fates = count(all, ({ fate }) => fate)
    expect(told.at(-1)).toBe(all.length)
    const only = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, fates[name] ?? 0]))
    expect(Object.entries(only([...quarantined, ...notRecorded, 'duplicate', 'bot'])).filter(([, n]) => n === 0)).toEqual([])
    expect(filled).toEqual({
      sent: all.length,
      accepted: stored.length + (fates['bot'] ?? 0) + (fates['duplicate'] ?? 0),
      rejected: only(quarantined),
      notRecorded: only(notRecorded),
    })

    // An anonymous id belongs to the first user that identified it.
    const facts = [...month(options)].flatMap((each) => each.facts).sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    const owners = new Map(facts.flatMap(({ user_id, anonymous_id }) => (anonymous_id === undefined ? [] : [[anonymous_id, user_id]])))
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE })
    const expected = {
      total_events: stored.length,
      bots: fates['bot'],
      events_by_type: count(stored, ({ event }) => event.event_type),
      events_by_day: count(stored, ({ event }) => day.format(Date.parse(event.timestamp))),
      active_users: new Set(stored.map(({ event }) => event.user_id ?? owners.get(event.anonymous_id ?? '') ?? event.anonymous_id)).size,
      sessions: new Set(stored.flatMap(({ event }) => event.session_id ?? [])).size,
    }
    const analytics = (): Promise<Record<string, unknown>> => whole(cairn.url, '/api/events/analytics?days=30', w.secretKey)
    expect(await analytics()).toMatchObject(expected)
    const ledger = await whole<Total>(cairn.url, '/api/ledger?by=total', w.secretKey)
    const sums = {
      stored: stored.length + (fates['bot'] ?? 0),
      pending: 0,
      gap: 0,
      quarantined_by_reason: only(quarantined),
      not_recorded_by_reason: only(notRecorded),
    }
    expect(ledger.total).toMatchObject({ ...sums, received: all.length, deduplicated: fates['duplicate'] })
    expect(ledger.capture_rate).toBeGreaterThan(0.99)
    expect(ledger.capture_rate).toBeLessThan(0.9999)
    const { types } = await whole<{ types: { event_type: string; is_new: boolean; count: number }[] }>(cairn.url, '/api/events/types', w.secretKey)
    expect(types.filter(({ is_new }) => is_new).map(({ event_type }) => event_type)).toEqual([
      'calculator_used',
      'configuration_shared',
      'digest_opened',
      'note_added',
    ])
    expect(types.filter(({ count: events }) => events === 0)).toEqual([])
    expect(await whole(cairn.url, '/api/people/agent-01', w.secretKey)).toMatchObject({
      traits: { name: expect.any(String), team: 'Berlin', role: 'team_lead' },
    })

    await fillWithDemo(filling)
    expect(await analytics()).toMatchObject(expected)
    const twice = (await whole<Total>(cairn.url, '/api/ledger?by=total', w.secretKey)).total
    expect({ stored: twice.stored, gap: twice.gap, pending: twice.pending }).toEqual({ stored: sums.stored, gap: 0, pending: 0 })
  })
})

const removalDeps = ({ store, catalog, archive, directory, pipeline, links, clock }: TestCairn): RemovalDeps => ({
  store: store.store,
  db: catalog.db,
  archive,
  directory,
  links,
  properties: pipeline.properties,
  clock,
  log: { info: () => undefined },
  quiesced: (work) => pipeline.quiesced(work),
  letGo: () => pipeline.recent.letGo(),
})

/** Rows of the workspace in every table of the store that knows workspaces, by the engine's own list. */
async function rowsOf({ store: { store } }: TestCairn, workspaceId: number): Promise<Record<string, number>> {
  const { database } = store.dialect
  const { rows: tables } = await store.query<{ name: string }>(
    sql`SELECT name FROM system.tables WHERE database = ${raw(`'${database}'`)} AND engine LIKE '%MergeTree' AND name IN (SELECT table FROM system.columns WHERE database = ${raw(`'${database}'`)} AND name = 'workspace_id')`,
  )
  expect(tables.length).toBeGreaterThanOrEqual(7)
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const { rows } = await store.query<{ n: string }>(sql`SELECT count() AS n FROM ${raw(`${database}.${name}`)} WHERE workspace_id = ${u32(workspaceId)}`)
    counts[name] = Number(rows[0]?.n)
  }
  return counts
}

/** Every row of every table, but for the version of the catalog, when keys and sessions were last used, and jobs of others, which go on. */
async function everything({ store: { store }, catalog, directory }: TestCairn): Promise<Record<string, string[]>> {
  const { database } = store.dialect
  const all: Record<string, string[]> = {}
  const { rows: tables } = await store.query<{ name: string }>(
    sql`SELECT name FROM system.tables WHERE database = ${raw(`'${database}'`)} AND engine LIKE '%MergeTree' ORDER BY name`,
  )
  for (const { name } of tables) {
    const { rows } = await store.query(sql`SELECT * FROM ${raw(`${database}.${name}`)}`)
    all[`store.${name}`] = rows.map((row) => JSON.stringify(row)).sort()
  }
  const listed = await catalogSql<{ name: string }>`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`.execute(
    catalog.db,
  )
  const others = new Set<unknown>([null, ...[...directory.workspaces()].filter(({ slug }) => slug !== 'demo').map(({ id }) => id)])
  for (const { name } of listed.rows) {
    const { rows } = await catalogSql<Record<string, unknown>>`select * from ${catalogSql.table(name)}`.execute(catalog.db)
    all[`catalog.${name}`] = rows
      .filter((row) => (name !== 'meta' || row['key'] !== 'version') && !(name.startsWith('job_') && others.has(row['workspace_id'])))
      .map(({ last_used_at: _used, ...row }) => JSON.stringify(name === 'sessions' ? row['id'] : row))
      .sort()
  }
  return all
}
