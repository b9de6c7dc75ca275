import { afterAll, beforeAll, expect, test } from 'vitest'
import { readFile } from 'node:fs/promises'
import { globSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openCatalog } from '../server/src/catalog/db.ts'
import { ensureFirstWorkspace } from '../server/src/catalog/keys.ts'
import { createWorkspace, updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { connect, failure, ready, silent, watch, type Place } from './catalog.place.ts'
import { catalogSuite } from './catalog.suite.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const place = async (): Promise<Place> => {
  const url = await postgres.database()
  return { url, file: '/nowhere/catalog.db', bytes: () => clusterBytes(url) }
}

/** Tables and write-ahead log as they are on disk, after a checkpoint. */
const clusterBytes = async (url: string): Promise<Buffer> => {
  const catalog = await connect({ url, file: '', bytes: () => Promise.reject(new Error('unused')) })
  await catalog.unhurried((db) => sql`checkpoint`.execute(db))
  const { rows } = await sql<{ oid: number }>`select oid::bigint as oid from pg_database where datname = current_database()`.execute(catalog.db)
  const files = [...globSync(`${postgres.socket}/data/base/${rows[0]?.oid}/*`), ...globSync(`${postgres.socket}/data/pg_wal/0*`)]
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file))))
}

catalogSuite('postgres', place)

test('a catalog locked by another session makes writes fail within 2 s, and recovers', async () => {
  const at = await place()
  const [catalog, other] = [await ready(at), await connect(at)]
  const { workspaceId, keys } = await ensureFirstWorkspace(catalog.db, {})
  const directory = await watch(catalog)
  await other.unhurried(async (db) => {
    await db.transaction().execute(async (trx) => {
      await sql`lock table meta in access exclusive mode`.execute(trx)
      const start = performance.now()
      const error = await failure(updateWorkspace(catalog.db, { id: workspaceId, name: 'x' }))
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('catalog') as string, retryAfterSeconds: 2 })
      expect(performance.now() - start).toBeLessThan(2_000)
      await sleep(1_500)
      expect(directory.keyOf(keys.write ?? '')).toBeDefined()
      expect(directory.status()).toMatchObject({ status: 'degraded', remedy: expect.stringContaining('catalog') as string })
    })
  })
  await updateWorkspace(catalog.db, { id: workspaceId, name: 'y' })
  await directory.refresh()
  expect(directory.status().status).toBe('ok')
})

test('a server that stops answering or goes away is unavailable within 2 s, look-ups go on, and writes go on after it is back', async () => {
  const catalog = await ready(await place())
  const { workspaceId, keys } = await ensureFirstWorkspace(catalog.db, {})
  const directory = await watch(catalog)
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(catalog.db)
  // Frozen are the sessions as well as the postmaster: neither old nor new connections answer.
  const { rows: sessions } = await sql<{ pid: number }>`select pid from pg_stat_activity where backend_type = 'client backend'`.execute(catalog.db)
  const frozen = [postgres.pid, ...new Set([...rows, ...sessions].map(({ pid }) => pid))]
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  try {
    const attempts = [1, 2].map(async (n) => {
      const start = performance.now()
      const error = await failure(createWorkspace(catalog.db, { slug: `w${n}` }))
      return { code: error.code, inTime: performance.now() - start < 2_200 }
    })
    expect(await Promise.all(attempts)).toEqual([
      { code: 'unavailable', inTime: true },
      { code: 'unavailable', inTime: true },
    ])
    expect(directory.keyOf(keys.secret ?? '')).toMatchObject({ workspaceId })
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
  }
  await sleep(500)
  await createWorkspace(catalog.db, { slug: 'back' })
  // As after a restart of Postgres: all sessions are ended at once, and the next statements find new ones.
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`.execute(catalog.db)
  await sleep(200)
  await createWorkspace(catalog.db, { slug: 'again' })
})

test('a catalog that cannot be reached stops the start with a clear message', async () => {
  const error = await failure(openCatalog({ url: 'postgresql://postgres@127.0.0.1:1/none', file: '', log: silent }))
  expect(error).toMatchObject({ code: 'unavailable', message: 'The catalog (Postgres) cannot be reached. Try again in a few seconds.' })
  expect(error.cause).toBeInstanceOf(Error)
})
