import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY } from '../server/src/base/time.ts'
import { zone } from '../server/src/analytics/zone.ts'
import { updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { silent } from './catalog.place.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { cutAfter, everything, jobsOn, ledger, rolledUp, runJob, runOn, send, total, types, type Json } from './jobs.aging.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const RETENTION = 'events:retention'
const ZONE = 'America/New_York'
/** Start of the day that lies so many days back, in the workspace's zone. */
const dayAgo = (days: number): number => {
  const place = zone(ZONE)
  return place.startOfDay(place.dayAt(cairn.clock.now()) - days)
}
const dayName = (days: number): string => new Date(dayAgo(days) + DAY / 2).toISOString().slice(0, 10)

/** Events of ten, twenty, thirty, … days ago, and just before and after thirty. */
async function fill(w: TestWorkspace): Promise<void> {
  await send(w, [
    { timestamp: dayAgo(60) + 1_000, event_type: 'old_only', duration_ms: 5, metadata: { of: 'secret' } },
    { timestamp: dayAgo(60) + 2_000, event_type: 'old_only', duration_ms: 7, metadata: { of: 'secret' } },
    { timestamp: dayAgo(60) + 3_000, entity_type: 'task', entity_id: '1' },
    { timestamp: dayAgo(60) + 4_000, entity_type: 'task', entity_id: '2', user_id: 'bob' },
    { timestamp: dayAgo(30) - 1, metadata: { last: 'secret' } },
    { timestamp: dayAgo(30), metadata: { first: 'kept' } },
    { timestamp: dayAgo(1), metadata: { last: 7 } },
  ])
}

const keep = (w: TestWorkspace, retentionDays: number | null): Promise<unknown> => updateWorkspace(cairn.catalog.db, { id: w.id, retentionDays })
const line = (day: string, event_type: string, entity_type: string, events: number, duration = 0): Json => ({
  day,
  event_type,
  event_category: expect.any(String) as string,
  entity_type,
  is_bot: false,
  events,
  durations: duration > 0 ? events : 0,
  duration_ms: duration,
})
const counted = (): Json[] => [line(dayName(60), 'old_only', '', 2, 12), line(dayName(60), 'task_viewed', 'task', 2), line(dayName(31), 'task_viewed', '', 1)]

describe('retention', () => {
  test('removes whole days that are older, keeps daily counts of them, the catalogue’s counts and the ledger', async () => {
    const [w, other] = [await cairn.workspace({ retentionDays: null, timezone: ZONE }), await cairn.workspace({ retentionDays: null })]
    await fill(w)
    await fill(other)
    const before = await types(w)
    await updateWorkspace(cairn.catalog.db, { id: w.id, retentionDays: 30, internal: { user_ids: ['bob'] } })
    await cairn.directory.refresh()
    expect(await runJob(w, RETENTION)).toEqual({ events: 5, archived: 0, quarantined: 0, before: new Date(dayAgo(30)).toISOString() })
    expect((await everything(w)).map(({ event_timestamp }) => Date.parse(String(event_timestamp)))).toEqual([dayAgo(1), dayAgo(30)])
    expect(await rolledUp(cairn, w)).toEqual(counted())
    expect((await types(w)).map(({ event_type, count }) => [event_type, count])).toEqual(before.map(({ event_type, count }) => [event_type, count]))
    // Values of what is gone do not stay as examples.
    expect(JSON.stringify(await types(w))).not.toContain('secret')
    expect(await ledger(w)).toMatchObject({ accepted: 7, stored: 7, gap: 0 })
    const ALL = 'from=2000-01-01&to=2100-01-01&include_rolled_up=true'
    expect(await w.get(`/api/events/analytics?${ALL}`)).toMatchObject({
      total_events: 6,
      internal: 1,
      events_by_type: { task_viewed: 4, old_only: 2 },
      most_active_day: dayName(60),
      active_users: 1,
      meta: { rolled_up: { events: 4, first_day: dayName(60), last_day: dayName(31) } },
    })
    expect(await w.get(`/api/events/analytics?${ALL}&include_internal=true`)).toMatchObject({
      total_events: 7,
      internal: 1,
      meta: { rolled_up: { events: 5 } },
    })
    expect(await w.get(`/api/events/analytics?${ALL}&entity_type=task`)).toMatchObject({ total_events: 1, meta: { rolled_up: { events: 1 } } })
    expect(await w.call('GET', `/api/events/analytics?${ALL}&user_id=ada`)).toMatchObject({ status: 422, body: { errors: [{ path: '/user_id' }] } })
    expect(await runJob(w, RETENTION)).toMatchObject({ events: 0 })
    expect(await rolledUp(cairn, w)).toEqual(counted())
    expect([await total(other), await rolledUp(cairn, other)]).toEqual([7, []])
  })

  test('removes refused events too', async () => {
    const w = await cairn.workspace({ retentionDays: 30, timezone: ZONE })
    await w.post('/api/events/log', { event_type: 5 })
    expect(await runJob(w, RETENTION)).toMatchObject({ quarantined: 0 })
    const { retention } = jobsOn(cairn, cairn.store.store)
    const later = { now: () => cairn.clock.now() + 32 * DAY }
    const workspace = cairn.directory.workspace(w.id)
    if (!workspace || retention.of !== 'workspace') throw new Error('no workspace')
    const { signal } = new AbortController()
    expect(await retention.run({ workspace, clock: later, log: silent, signal })).toMatchObject({ events: 0, quarantined: 1 })
    expect((await w.get<{ quarantine: unknown[] }>('/api/events/quarantine')).quarantine).toEqual([])
  })

  test('removes nothing where events are kept forever', async () => {
    const w = await cairn.workspace({ retentionDays: null })
    await fill(w)
    expect(await runJob(w, RETENTION)).toEqual({ events: 0, archived: 0, quarantined: 0, before: null })
    expect(await total(w)).toBe(7)
  })

  test('that is cut off anywhere is finished by the next, and counts nothing twice and nothing short', async () => {
    let finished = false
    for (let commands = 0; !finished; commands++) {
      const w = await cairn.workspace({ retentionDays: null, timezone: ZONE })
      await fill(w)
      await keep(w, 30)
      const cut = await runOn(cairn, jobsOn(cairn, cutAfter(cairn.store.store, commands)).retention, w).catch((error: unknown) => error)
      finished = !(cut instanceof Error)
      await runOn(cairn, jobsOn(cairn, cairn.store.store).retention, w)
      expect([commands, await total(w), await rolledUp(cairn, w)]).toEqual([commands, 2, counted()])
      expect(await cairn.catalog.db.selectFrom('retentions').selectAll().execute()).toEqual([])
      expect(commands).toBeLessThan(30)
    }
  })

  test('leaves counts that a cleanup afterwards does not lose', async () => {
    const w = await cairn.workspace({ retentionDays: null, timezone: ZONE })
    await fill(w)
    await keep(w, 30)
    await cairn.directory.refresh()
    await runJob(w, RETENTION)
    const before = (await types(w)).map(({ event_type, count, first_seen, last_seen }) => [event_type, count, first_seen, last_seen])
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=nobody')
    expect((await types(w)).map(({ event_type, count, first_seen, last_seen }) => [event_type, count, first_seen, last_seen])).toEqual(before)
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0')
    expect([await types(w), await rolledUp(cairn, w)]).toEqual([[], []])
  })
})
