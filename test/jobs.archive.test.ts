import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archivedColumns } from '../server/src/archive/file.ts'
import { monthName, monthOf } from '../server/src/archive/months.ts'
import { DAY } from '../server/src/base/time.ts'
import { updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { removeWorkspace } from '../server/src/privacy/workspace-removal.ts'
import { singleDialect } from '../server/src/store/dialect.ts'
import { sql } from '../server/src/store/sql.ts'
import type { Store } from '../server/src/store/store.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { cutAfter, everything, jobsOn, ledger, rolledUp, runJob, runOn, send, total, types, type Json } from './jobs.aging.ts'
import { eventually, freePort, read, SECRET_KEY, send as sendTo, startServer, temporaryFolder } from './server.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const ARCHIVE = 'events:archive'
const WITH = '&include_archived=true'
/** The middle of the month that lies so many months back. */
const monthsAgo = (months: number): number => {
  const now = new Date(cairn.clock.now())
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15, 12)
}
const filesOf = ({ id }: TestWorkspace): string[] => {
  const folder = join(cairn.dataDir, 'archive', String(id))
  return existsSync(folder) ? readdirSync(folder).toSorted() : []
}
const fileName = (months: number): string => `${monthName(monthOf(monthsAgo(months)))}.parquet`

const OLD = 60
async function fill(w: TestWorkspace): Promise<void> {
  await send(w, [
    { timestamp: monthsAgo(6), session_id: 's6', metadata: { plan: 'free', deep: { er: 1 } }, duration_ms: 4, seq: 3, source_id: 'tab' },
    { timestamp: monthsAgo(6) + 1, user_id: 'bob', metadata: { plan: 'pro', say: 'it’s "so"\n' }, context: { page: { url: 'https://x.example/a' } } },
    { timestamp: monthsAgo(4), entity_type: 'task', entity_id: '7' },
    { timestamp: monthsAgo(4) + 1, user_id: undefined, anonymous_id: 'visitor', metadata: { plan: 'free' } },
    { timestamp: cairn.clock.now() - DAY, metadata: { plan: 'team' } },
  ])
}
const archived = async (options: { retentionDays?: number | null; archiveDays?: number | null } = {}): Promise<TestWorkspace> => {
  const w = await cairn.workspace({ retentionDays: null, archiveDays: OLD, ...options })
  await fill(w)
  return w
}

describe('archiving', () => {
  test('is off unless a workspace asks for it', async () => {
    const w = await archived({ archiveDays: null })
    expect(await runJob(w, ARCHIVE)).toEqual({ months: 0, events: 0, archive_days: 'never' })
    expect([await total(w), filesOf(w)]).toEqual([5, []])
    expect((await w.call('PATCH', '/api/workspace', { archive_days: OLD })).body).toMatchObject({ archive_days: OLD })
    expect(await runJob(w, ARCHIVE)).toMatchObject({ months: 2, events: 4 })
    expect((await w.call('PATCH', '/api/workspace', { archive_days: 'never' })).body).toMatchObject({ archive_days: 'never' })
  })

  test('moves whole months into files, and what is asked with them is as before', async () => {
    const w = await archived()
    const before = await everything(w)
    const figures = await w.get('/api/events/analytics?from=2000-01-01&to=2100-01-01&interval=month')
    const catalogue = await types(w)
    expect(await runJob(w, ARCHIVE)).toEqual({ months: 2, events: 4, through: fileName(4).slice(0, 7) })
    expect(filesOf(w)).toEqual([fileName(6), fileName(4)])
    expect(await total(w)).toBe(1)
    expect(await everything(w, WITH)).toEqual(before)
    const { meta: _meta, ...after } = await w.get(`/api/events/analytics?from=2000-01-01&to=2100-01-01&interval=month${WITH}`)
    expect(figures).toMatchObject(after)
    expect(await types(w)).toEqual(catalogue)
    expect(await ledger(w)).toMatchObject({ stored: 5, gap: 0, missing: 0 })
    expect(await runJob(w, ARCHIVE)).toEqual({ months: 0, events: 0, through: null })
  })

  test('leaves filters and pages as they are', async () => {
    const w = await archived()
    const asked = [
      '&user_id=bob',
      '&metadata.plan=free',
      '&metadata.deep.er=1',
      '&context.page.url=https://x.example/a',
      '&entity_id=7',
      '&session_id=s6',
      '&anonymous_id=visitor',
    ]
    const before = await Promise.all(asked.map((query) => everything(w, query)))
    await runJob(w, ARCHIVE)
    expect(await Promise.all(asked.map((query) => everything(w, query + WITH)))).toEqual(before)
    const paged: unknown[] = []
    let cursor = ''
    do {
      const page = await w.get<{ events: Json[]; next_cursor: string | null }>(`/api/events?from=2000-01-01&to=2100-01-01&limit=2${WITH}${cursor}`)
      paged.push(...page.events)
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
    } while (cursor !== '')
    expect(paged).toEqual(await everything(w, WITH))
  })

  test('of thousands of events answers in pages and by person, also while its month is changing', async () => {
    const w = await cairn.workspace({ retentionDays: null, archiveDays: OLD })
    const EVENTS = 2_500
    await send(
      w,
      Array.from({ length: EVENTS }, (_, n) => ({ timestamp: monthsAgo(4) + n, user_id: `u${n % 50}` })),
    )
    await runJob(w, ARCHIVE)
    const ids = async (): Promise<number> => {
      const seen = new Set<unknown>()
      let cursor = ''
      do {
        const page = await w.get<{ events: Json[]; next_cursor: string | null }>(`/api/events?from=2000-01-01&to=2100-01-01&limit=1000${WITH}${cursor}`)
        for (const event of page.events) seen.add(event['event_id'])
        cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
      } while (cursor !== '')
      return seen.size
    }
    expect([await total(w), await total(w, WITH), await total(w, `&user_id=u7${WITH}`), await ids()]).toEqual([0, EVENTS, EVENTS / 50, EVENTS])
    await cairn.catalog.db.updateTable('archives').set({ state: 'changing' }).where('workspace_id', '=', w.id).execute()
    await send(w, [{ timestamp: monthsAgo(4), user_id: 'u7' }])
    expect([await total(w, WITH), await ids()]).toEqual([EVENTS + 1, EVENTS + 1])
    expect(await runJob(w, ARCHIVE)).toMatchObject({ months: 1, events: 1 })
    expect([await total(w), await total(w, WITH), await ids()]).toEqual([0, EVENTS + 1, EVENTS + 1])
  })

  test('of a month that got late events adds them to its file', async () => {
    const w = await archived()
    await runJob(w, ARCHIVE)
    await send(w, [{ timestamp: monthsAgo(6) + 5, user_id: 'late' }])
    expect([await total(w), await total(w, WITH)]).toEqual([2, 6])
    expect(await runJob(w, ARCHIVE)).toMatchObject({ months: 1, events: 1 })
    expect([await total(w), await total(w, WITH), await everything(w, `&user_id=late${WITH}`)]).toMatchObject([1, 6, [{ user_id: 'late' }]])
  })

  test('that is cut off anywhere counts everything once, before and after it is done again', async () => {
    let finished = false
    for (let commands = 0; !finished; commands++) {
      const w = await archived()
      const cut = await runOn(cairn, jobsOn(cairn, cutAfter(cairn.store.store, commands)).archiving, w).catch((error: unknown) => error)
      finished = !(cut instanceof Error)
      expect([commands, await total(w, WITH)]).toEqual([commands, 5])
      await send(w, [{ timestamp: monthsAgo(6) + 9 }])
      expect([commands, await total(w, WITH)]).toEqual([commands, 6])
      await runOn(cairn, jobsOn(cairn, cairn.store.store).archiving, w)
      expect([commands, await total(w), await total(w, WITH), new Set((await everything(w, WITH)).map((e) => e['event_id'])).size]).toEqual([commands, 1, 6, 6])
      expect(filesOf(w)).toEqual([fileName(6), fileName(4)])
      expect(commands).toBeLessThan(20)
    }
  })

  test('holds every column of the event table', async () => {
    const { rows } = await cairn.store.store.query<{ name: string }>(
      sql`SELECT name FROM system.columns WHERE database = 'cairn' AND table = 'events' AND name != 'metadata' ORDER BY position`,
    )
    expect(rows.map(({ name }) => name)).toEqual(archivedColumns)
  })

  test('says so where a file is not in its place', async () => {
    const w = await archived()
    await runJob(w, ARCHIVE)
    const path = join(cairn.dataDir, 'archive', String(w.id), fileName(6))
    renameSync(path, `${path}.away`)
    expect(await w.call('GET', `/api/events?from=2000-01-01&to=2100-01-01${WITH}`)).toMatchObject({
      status: 503,
      body: { code: 'unavailable', message: expect.stringContaining(`The archive of ${fileName(6).slice(0, 7)} is not in its place`) as string },
    })
    renameSync(`${path}.away`, path)
    expect(await total(w, WITH)).toBe(5)
  })
})

describe('what is archived', () => {
  test('of one person goes with them, from files and projections', async () => {
    const w = await archived()
    await runJob(w, ARCHIVE)
    expect((await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=bob')).body).toEqual({ success: true, deleted: 1 })
    expect((await everything(w, WITH)).map((e) => e['user_id'])).not.toContain('bob')
    expect(await total(w, WITH)).toBe(4)
    expect((await types(w)).map((t) => t['count'])).toEqual([4])
    expect((await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')).body).toEqual({ success: true, deleted: 3 })
    expect(filesOf(w)).toEqual([fileName(4)])
    expect((await w.call('GET', '/api/sessions/s6')).status).toBe(404)
    expect(await everything(w, WITH)).toMatchObject([{ anonymous_id: 'visitor' }])
  })

  test('older than its workspace keeps events goes too, and is counted by day', async () => {
    const w = await archived()
    await runJob(w, ARCHIVE)
    await updateWorkspace(cairn.catalog.db, { id: w.id, retentionDays: Math.round((cairn.clock.now() - monthsAgo(5)) / DAY) })
    await cairn.directory.refresh()
    expect(await runJob(w, 'events:retention')).toMatchObject({ events: 0, archived: 2 })
    expect([await total(w, WITH), filesOf(w)]).toEqual([3, [fileName(4)]])
    expect((await rolledUp(cairn, w)).map(({ event_type, events }) => [event_type, events])).toEqual([['task_viewed', 2]])
    expect((await types(w)).map((t) => t['count'])).toEqual([5])
  })

  test('goes with its workspace', async () => {
    const w = await archived()
    await runJob(w, ARCHIVE)
    const { store, catalog, archive, directory, links, pipeline, clock } = cairn
    await removeWorkspace(
      {
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
      },
      w.id,
    )
    expect(filesOf(w)).toEqual([])
  })
})

test('a server that is killed while it archives loses nothing and doubles nothing', async () => {
  const folder = temporaryFolder()
  const port = await freePort()
  const start = (): ReturnType<typeof startServer> => startServer({ dataDir: folder.path, port })
  const EVENTS = 6_000
  let server = await start()
  try {
    const patched = await fetch(`${server.url}/api/workspace`, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${SECRET_KEY}` },
      body: JSON.stringify({ retention_days: 'forever', archive_days: 30 }),
    })
    expect(patched.status).toBe(200)
    for (let i = 0; i < EVENTS; i += 1_000) {
      const events = Array.from({ length: 1_000 }, (_, n) => ({
        event_type: `t${n % 3}`,
        user_id: `u${n % 50}`,
        metadata: { n },
        timestamp: monthsAgo(3 + (n % 6)) + (i + n),
      }))
      expect((await sendTo(server.url, '/api/events/log/batch', { historical: true, events })).status).toBe(200)
    }
    const count = async (query: string): Promise<number> =>
      (await read<{ total_events: number }>(server.url, `/api/events/analytics?from=2000-01-01&to=2100-01-01${query}`)).total_events
    await eventually(
      () => count(''),
      (n) => n === EVENTS,
      60_000,
    )
    for (const delayMs of [30, 120, 250, 400, 700]) {
      const running = sendTo(server.url, '/api/jobs/events:archive/run?wait=true', {}, SECRET_KEY).catch(() => undefined)
      await sleep(delayMs)
      await server.kill()
      await running
      server = await start()
      await eventually(
        () => count(WITH),
        (n) => n === EVENTS,
      )
    }
    const done = (await (await sendTo(server.url, '/api/jobs/events:archive/run?wait=true', {}, SECRET_KEY)).json()) as { run: { state: string } }
    expect(done.run.state).toBe('done')
    expect([await count(''), await count(WITH)]).toEqual([0, EVENTS])
    const { runs } = await read<{ runs: Array<{ state: string }> }>(server.url, '/api/jobs/events:archive/runs')
    expect(runs.map(({ state }) => state).filter((state) => state === 'running')).toEqual([])
  } finally {
    await server.kill()
    folder.remove()
  }
})

test('where events are on a ClickHouse server, archiving is refused in plain words', async () => {
  const w = await archived()
  const { store } = cairn.store
  const elsewhere: Store = { ...store, dialect: singleDialect({ segmentSource: 'stream' }) }
  await expect(runOn(cairn, jobsOn(cairn, elsewhere).archiving, w)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('CLICKHOUSE_URL') as string,
  })
  expect([await total(w), filesOf(w)]).toEqual([5, []])
})
