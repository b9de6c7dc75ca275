import { createClient } from '@clickhouse/client'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type AgentOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environment } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { systemClock } from '../server/src/base/time.ts'
import { singleDialect } from '../server/src/store/dialect.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { sql } from '../server/src/store/sql.ts'
import { makeStore, type Store } from '../server/src/store/store.ts'
import { failure, storeSuite, until, type Reached } from './store.suite.ts'

/** Agent keeps what it was made with, though its type does not tell. */
const ownAgent = (engine: EmbeddedEngine): Agent => new Agent({ ...(engine.agent as unknown as { options: AgentOptions }).options })
const folders: string[] = []
const engineIn = async (listen?: { port: number }): Promise<EmbeddedEngine> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-store-'))
  folders.push(dataDir)
  const engine = new EmbeddedEngine({ dataDir, memoryBytes: 2 * 1024 ** 3, log: makeLog('silent'), clock: systemClock, ...(listen ? { listen } : {}) })
  await engine.start()
  return engine
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const embedded = (segmentSource: Reached['segmentSource'], listen?: { port: number }) => async (): Promise<Reached> => {
  const engine = await engineIn(listen)
  return { options: { url: engine.url, ...(engine.agent ? { agent: engine.agent } : {}) }, segmentSource, close: () => engine.stop() }
}

storeSuite('the embedded engine, by its socket', embedded('file'))
storeSuite('an engine by URL', embedded('stream', { port: 0 }))

const url = environment()['CLICKHOUSE_URL']
if (url !== undefined)
  storeSuite('the ClickHouse server of CLICKHOUSE_URL', () => Promise.resolve({ options: { url }, segmentSource: 'stream', close: () => Promise.resolve() }))

describe('the embedded engine', () => {
  let engine: EmbeddedEngine
  let store: Store
  beforeAll(async () => {
    engine = await engineIn()
    store = makeStore({ url: engine.url, ...(engine.agent ? { agent: engine.agent } : {}), dialect: singleDialect({ segmentSource: 'file' }) })
  })
  afterAll(async () => {
    await store.close()
    await engine.stop()
  })
  const slow = sql`SELECT sleepEachRow(0.5) FROM numbers(4) SETTINGS max_block_size = 1`

  test('runs two queries at once, the third waits, and other lanes and pings do not', async () => {
    const began = performance.now()
    const ended = async (work: Promise<unknown>): Promise<number> => {
      await work
      return performance.now() - began
    }
    const [first, second, third, load, admin, ping] = await Promise.all([
      ended(store.query(slow)),
      ended(store.query(slow)),
      sleep(50).then(() => ended(store.query(sql`SELECT 1`))),
      sleep(50).then(() => ended(store.query(sql`SELECT 1`, { lane: 'load' }))),
      sleep(50).then(() => ended(store.query(sql`SELECT 1`, { lane: 'admin' }))),
      sleep(50).then(() => ended(store.ping())),
    ])
    expect(Math.max(first, second)).toBeLessThan(3_500)
    expect(third).toBeGreaterThan(1_900)
    expect(Math.max(load, admin, ping)).toBeLessThan(1_000)
  })

  test('refuses what its queue cannot hold, and a caller that leaves the queue gives its place back', async () => {
    const busy = [store.query(slow), store.query(slow)]
    await sleep(100)
    const leave = new AbortController()
    const waiting = Array.from({ length: 256 }, () => failure(store.query(sql`SELECT 1`, { signal: leave.signal })))
    await sleep(300)
    expect(await failure(store.query(sql`SELECT 1`))).toMatchObject({ code: 'overloaded' })
    leave.abort(new Error('left'))
    expect((await Promise.all(waiting)).every((error) => error.message === 'left')).toBe(true)
    await sleep(100)
    const later = store.query(sql`SELECT 1 AS x`)
    await Promise.all(busy)
    expect((await later).rows).toEqual([{ x: 1 }])
  })

  test('serves what the official client does: inserts of rows and streams, gzip both ways, exec, a format of bytes', async () => {
    // A client closes idle sockets by timers of its own, so two of them must not share an agent.
    const client = createClient({ url: engine.url, http_agent: ownAgent(engine), compression: { request: true, response: true } })
    await client.command({ query: 'CREATE TABLE things (id UInt64, s String) ENGINE = MergeTree ORDER BY id' })
    await client.insert({ table: 'things', format: 'JSONEachRow', values: [{ id: 1, s: 'a\nb;c\'d"e`f -- \u0001 z 😀' }] })
    const { summary } = await client.insert({
      table: 'things',
      columns: ['id', 's'],
      format: 'JSONEachRow',
      values: Readable.from(
        (function* () {
          for (let i = 2; i < 50_002; i++) yield { id: i, s: `row ${i}` }
        })(),
      ),
    })
    expect(summary?.written_rows).toBe('50000')
    const rows = await (
      await client.query({
        query: 'SELECT count() AS n, any(s) AS s FROM things WHERE id = 1',
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
      })
    ).json()
    expect(rows).toEqual([{ n: '1', s: 'a\nb;c\'d"e`f -- \u0001 z 😀' }])
    const csv = await client.exec({ query: 'SELECT 1, 2 FORMAT CSV' })
    expect(Buffer.concat(await csv.stream.toArray()).toString()).toBe('1,2\n')
    const parquet = await client.exec({ query: 'SELECT id, s FROM things LIMIT 100 FORMAT Parquet' })
    expect(
      Buffer.concat(await parquet.stream.toArray())
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1')
    await client.command({ query: 'DROP TABLE things' })
  })

  test('a readonly call can read no file and change nothing', async () => {
    const settings = { readonly: 1 }
    expect((await store.query(sql`SELECT 1 AS x`, { settings })).rows).toEqual([{ x: 1 }])
    expect(await failure(store.query(sql`SELECT * FROM file('/etc/hostname', 'LineAsString')`, { settings }))).toMatchObject({ name: 'StoreError' })
    expect(await failure(store.query(sql`CREATE TABLE x (a UInt8) ENGINE = Memory`, { settings }))).toMatchObject({ clickhouseCode: 164 })
  })

  test('writes no log tables of its own', async () => {
    await until(
      async () => (await store.query(sql`SELECT name FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'`)).rows.length === 0,
      500,
    )
  })
})
