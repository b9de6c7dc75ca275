import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteEvents, resumeDeletions, type CleanupDeps } from '../server/src/privacy/cleanup.ts'
import { sweepDeleted } from '../server/src/privacy/sweep.ts'
import { raw, sql, str, u32 } from '../server/src/store/sql.ts'
import type { Store } from '../server/src/store/store.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Deleting a user deletes the whole person. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

/** Nora under two user ids and two devices, one of which Bob used later; she was once merged with Eve, too. */
async function world(): Promise<TestWorkspace> {
  const w = await cairn.workspace({ retentionDays: null })
  const ids = [
    { user_id: 'nora' },
    { user_id: 'nora@work', anonymous_id: 'office' },
    { anonymous_id: 'laptop' },
    { anonymous_id: 'office' },
    { user_id: 'bob', anonymous_id: 'laptop' },
    { user_id: 'eve' },
    { anonymous_id: 'stranger' },
  ]
  const events = ids.map((id, i) => ({
    event_id: randomUUID(),
    event_type: 'seen',
    source_id: `source-${i}`,
    seq: 1,
    metadata: { of: JSON.stringify(id) },
    ...id,
  }))
  expect((await w.post('/api/events/log/batch', { events })).body).toMatchObject({ accepted: ids.length })
  for (const id of [{ anonymous_id: 'laptop' }, { user_id: 'nora@work' }, { user_id: 'bob' }])
    await w.post('/api/events/log', { event_type: 'refused', duration_ms: -1, ...id })
  for (const [fact, body] of [
    ['identify', { user_id: 'nora', anonymous_id: 'laptop', traits: { name: 'Nora' } }],
    ['identify', { user_id: 'bob', anonymous_id: 'laptop', traits: { name: 'Bob' } }],
    ['alias', { user_id: 'nora@work', anonymous_id: 'office' }],
    ['merge', { user_id: 'nora', other_id: 'nora@work' }],
    ['merge', { user_id: 'eve', other_id: 'nora' }],
    ['unmerge', { user_id: 'eve', other_id: 'nora' }],
  ] as const) {
    cairn.clock.advance(5)
    expect((await w.call('POST', `/api/people/${fact}`, body)).body).toEqual({ success: true })
  }
  return w
}

/** Rows of every table that say one of the texts anywhere, deletions under way included. */
async function rowsWith(w: TestWorkspace, texts: readonly string[]): Promise<Record<string, number>> {
  const { store } = cairn.store
  const found: Record<string, number> = {}
  const { rows: tables } = await store.query<{ name: string }>(
    sql`SELECT DISTINCT table AS name FROM system.columns WHERE database = ${str(store.dialect.database)} AND name = 'workspace_id' AND table IN (SELECT name FROM system.tables WHERE engine LIKE '%MergeTree')`,
  )
  for (const { name } of tables) {
    const { rows } = await store.query(sql`SELECT * FROM ${raw(`${store.dialect.database}.${name}`)} WHERE workspace_id = ${u32(w.id)}`)
    const count = rows.filter((row) => Object.values(row as object).some((value) => texts.some((text) => String(value).includes(text)))).length
    if (count > 0) found[name] = count
  }
  return found
}

/** Tables of the catalog with rows of the workspace that say one of the texts anywhere. */
async function catalogWith(w: TestWorkspace, texts: readonly string[]): Promise<string[]> {
  const { db } = cairn.catalog
  const found: string[] = []
  for (const { name, columns } of await db.introspection.getTables()) {
    if (!columns.some((column) => column.name === 'workspace_id')) continue
    const rows = await db
      .selectFrom(name as 'assignments')
      .selectAll()
      .where('workspace_id', '=', w.id)
      .execute()
    if (rows.some((row) => texts.some((text) => JSON.stringify(row).includes(text)))) found.push(name)
  }
  return found.toSorted()
}

/** Nora was assigned, by both of her users, made a task, turned others down, and was told of a rejection. */
async function work(w: TestWorkspace): Promise<void> {
  const put = (id: string, body: object): Promise<unknown> => w.call('PUT', `/api/tasks/${id}`, { event_id: randomUUID(), ...body })
  await put('1', { attributes: { created_by: 'eve', title: 'one' }, assignees: ['nora', 'bob'] })
  await put('2', { attributes: { created_by: 'nora', title: 'two' }, assignees: ['bob', 'nora@work'] })
  await put('3', { attributes: { title: 'three' }, assignees: ['nora@work'] })
  await w.call('PUT', '/api/tasks/3/assignees/nora', { event_id: randomUUID() })
  await w.call('DELETE', '/api/tasks/3/assignees/nora')
  for (const [id, user_id] of [
    ['1', 'nora'],
    ['1', 'bob'],
    ['2', 'bob'],
  ])
    expect((await w.call('POST', `/api/tasks/${id}/reject`, { user_id, reason: `${user_id} says`, rejection_note: `no time, ${user_id}` })).status).toBe(200)
  await w.call('POST', '/api/sessions/start', { user_id: 'nora@work' })
}
const people = async (w: TestWorkspace): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await w.get<{ people: Array<{ user_id: string | null; anonymous_id: string; events: number }> }>('/api/people?days=30')).people.map((person) => [
      person.user_id ?? `(${person.anonymous_id})`,
      person.events,
    ]),
  )

test('cleanup of a merged person, by any of their user ids, leaves no row of them and all of everybody else', async () => {
  for (const asked of ['nora', 'nora@work']) {
    const w = await world()
    expect(await people(w)).toEqual({ nora: 4, bob: 1, eve: 1, '(stranger)': 1 })
    await work(w)
    expect(await w.get('/api/health/tracking')).toMatchObject({ task_rejections_week: 3 })
    expect((await w.call('DELETE', `/api/events/cleanup?older_than_days=0&user_id=${asked}`)).body).toEqual({ success: true, deleted: 5 })
    expect(await rowsWith(w, ['nora', 'nora@work', 'office', 'Nora'])).toEqual({})
    // Who merged and deleted whom stays known.
    expect(await catalogWith(w, ['nora'])).toEqual(['audit'])
    expect(await people(w)).toEqual({ bob: 3, eve: 1, '(stranger)': 1 })
    expect(await w.get('/api/tasks?search=o')).toMatchObject({ tasks: [{ entity_id: '2', attributes: { title: 'two' }, assignees: [] }, { entity_id: '1' }] })
    expect(await w.get('/api/tasks/3/engagement')).toMatchObject({ engagement: [], not_viewed_by: [] })
    expect(await w.get('/api/tasks/unopened?older_than_hours=0')).toMatchObject({ tasks: [] })
    expect(await w.get('/api/tasks/1/rejections')).toMatchObject({ rejections: [{ user_id: 'bob', rejection_note: 'no time, bob' }] })
    for (const path of ['/api/tasks/summary?days=7', '/api/users/bob/rejections?days=7'])
      expect(JSON.stringify(await w.get(path))).toContain('"by_reason":{"bob says":2}')
    expect(await w.get('/api/health/tracking')).toMatchObject({ task_rejections_week: 2 })
    expect(await w.get('/api/notifications?user_id=eve')).toMatchObject({ notifications: [{ data: { user_id: 'bob' } }] })
    for (const id of ['nora', 'nora@work', 'office']) expect((await w.call('GET', `/api/people/${id}`)).status).toBe(404)
    expect((await w.get<{ quarantine: object[] }>('/api/events/quarantine')).quarantine).toHaveLength(1)
    // The device is Bob's now: nobody identified it before him any more.
    await w.post('/api/events/log', { event_type: 'seen', anonymous_id: 'laptop' })
    expect(await people(w)).toEqual({ bob: 4, eve: 1, '(stranger)': 1 })
    expect(await w.get('/api/people/laptop')).toMatchObject({ user_id: 'bob', traits: { name: 'Bob' } })
    // Their ids were never linked for whoever has them next.
    await w.post('/api/events/log/batch', {
      events: [
        { event_type: 'seen', user_id: 'nora' },
        { event_type: 'seen', user_id: 'nora@work' },
        { event_type: 'seen', anonymous_id: 'office' },
      ],
    })
    expect(await people(w)).toEqual({ bob: 4, eve: 1, '(stranger)': 1, nora: 1, 'nora@work': 1, '(office)': 1 })
  }
})

test('of what is older than a number of days takes it of the whole person, who stays tied together', async () => {
  const w = await world()
  const events = [{ user_id: 'nora@work' }, { anonymous_id: 'laptop' }, { user_id: 'bob' }].map((id) => ({
    ...{ event_id: randomUUID(), event_type: 'seen', timestamp: cairn.clock.now() - 10 * 86_400_000 },
    ...id,
  }))
  await w.post('/api/events/log/batch', { historical: true, events })
  expect(await people(w)).toEqual({ nora: 6, bob: 2, eve: 1, '(stranger)': 1 })
  expect((await w.call('DELETE', '/api/events/cleanup?older_than_days=5&user_id=nora')).body).toEqual({ success: true, deleted: 2 })
  expect(await people(w)).toEqual({ nora: 4, bob: 2, eve: 1, '(stranger)': 1 })
})

test('cleanup of a person that is cut off anywhere is done by the next start', async () => {
  class Killed extends Error {}
  const dying = (store: Store, lastCommand: number): Store => {
    let commands = 0
    return { ...store, command: (...of) => (++commands > lastCommand ? Promise.reject(new Killed('killed')) : store.command(...of)) }
  }
  const { store } = cairn.store
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
  for (const after of [2, 4, 6]) {
    const w = await world()
    await expect(deleteEvents(deps(dying(store, after)), { workspaceId: w.id, userId: 'nora@work' })).rejects.toThrow(Killed)
    expect(await resumeDeletions(deps(store))).toBe(1)
    expect(await rowsWith(w, ['nora', 'office'])).toEqual({})
    expect(await people(w)).toEqual({ bob: 1, eve: 1, '(stranger)': 1 })
    expect(await w.get('/api/people/laptop')).toMatchObject({ user_id: 'bob' })
  }
  await sweepDeleted(store)
})
