import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, test } from 'vitest'
import { makeLog } from '../server/src/base/log.ts'
import { systemClock } from '../server/src/base/time.ts'
import { singleDialect } from '../server/src/store/dialect.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { isAlive, markOf, type ProcessMark } from '../server/src/store/engine/lock.ts'
import { socketPath } from '../server/src/store/engine/place.ts'
import { migrateUp } from '../server/src/store/migrate.ts'
import { sql } from '../server/src/store/sql.ts'
import { makeStore, type Store } from '../server/src/store/store.ts'
import { until } from './store.suite.ts'

const root = mkdtempSync(join(tmpdir(), 'cairn-engine-'))
let folders = 0
const freshFolder = (): string => join(root, `data ${++folders}`)
const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(closing.map((close) => close()))
  rmSync(root, { recursive: true, force: true })
})

const engineIn = (dataDir: string): EmbeddedEngine => {
  const engine = new EmbeddedEngine({ dataDir, memoryBytes: 1024 ** 3, log: makeLog('silent'), clock: systemClock })
  closing.push(() => engine.stop())
  return engine
}
const storeOf = (engine: EmbeddedEngine): Store =>
  makeStore({ url: engine.url, ...(engine.agent ? { agent: engine.agent } : {}), dialect: singleDialect({ segmentSource: 'file' }) })
const answers = async (store: Store): Promise<boolean> => {
  try {
    return (await store.query<{ x: number }>(sql`SELECT 1 AS x`)).rows[0]?.x === 1
  } catch {
    return false
  }
}

/** A Cairn server reduced to its engine, in a process that can be killed; it prints its engine's pid, then asks something endless. */
const otherServer = async (dataDir: string): Promise<{ pid: number; engine: ProcessMark; kill(): Promise<void> }> => {
  const at = (path: string): string => JSON.stringify(new URL(`../server/src/${path}`, import.meta.url).href)
  const program = `
    import { EmbeddedEngine } from ${at('store/engine.ts')}
    import { makeStore } from ${at('store/store.ts')}
    import { singleDialect } from ${at('store/dialect.ts')}
    import { makeLog } from ${at('base/log.ts')}
    import { systemClock } from ${at('base/time.ts')}
    const engine = new EmbeddedEngine({ dataDir: ${JSON.stringify(dataDir)}, memoryBytes: 2 ** 30, log: makeLog('silent'), clock: systemClock })
    await engine.start()
    const store = makeStore({ url: engine.url, agent: engine.agent, dialect: singleDialect({ segmentSource: 'file' }) })
    await store.command('CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS fsync_after_insert = 1')
    await store.command('INSERT INTO kept SELECT number FROM numbers(1000)')
    const endless = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) % 3 = 0'
    store.query({ text: endless, params: {} }).catch(() => {})
    setTimeout(() => console.log(engine.status().pid), 300)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  closing.push(() => Promise.resolve(void child.kill('SIGKILL')))
  for await (const line of createInterface({ input: child.stdout })) {
    const engine = markOf(Number(line))
    if (engine === undefined || child.pid === undefined) break
    const kill = async (): Promise<void> => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    return { pid: child.pid, engine, kill }
  }
  throw new Error('the other server did not start')
}

describe.concurrent('the embedded engine', () => {
  test('that is frozen is killed by the watchdog and restarted, and the store works on', async ({ expect }) => {
    const engine = engineIn(freshFolder())
    let told = 0
    engine.onRestart(() => told++)
    await engine.start()
    const store = storeOf(engine)
    expect(await answers(store)).toBe(true)
    const frozen = engine.status().pid!
    const began = performance.now()
    process.kill(frozen, 'SIGSTOP')
    await until(() => engine.status().restarts === 1, 90_000)
    const seconds = (performance.now() - began) / 1000
    expect(seconds).toBeGreaterThan(9)
    expect(seconds).toBeLessThan(15)
    expect(engine.status()).toMatchObject({ state: 'up', restarts: 1 })
    expect(engine.status().pid).not.toBe(frozen)
    expect(told).toBe(1)
    expect(await answers(store)).toBe(true)
    await engine.stop()
  })

  test('that is killed is restarted at once, with all its rows; signals of a terminal do not end it', async ({ expect }) => {
    const engine = engineIn(freshFolder())
    await engine.start()
    const store = storeOf(engine)
    await store.command('CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x SETTINGS fsync_after_insert = 1')
    await store.command('INSERT INTO kept SELECT number FROM numbers(1000)')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(engine.status().pid!, signal)
    await sleep(200)
    expect(engine.status()).toMatchObject({ state: 'up', restarts: 0 })
    const waiting = store.query(sql`SELECT sleep(3)`)
    const outcome = waiting.then(
      () => undefined,
      (error: unknown) => error,
    )
    await sleep(200)
    const began = performance.now()
    process.kill(engine.status().pid!, 'SIGKILL')
    expect(await outcome).toMatchObject({ code: 'unavailable' })
    await until(() => engine.status().restarts === 1)
    expect(performance.now() - began).toBeLessThan(3_000)
    expect((await store.query(sql`SELECT count() AS n FROM kept`)).rows).toEqual([{ n: '1000' }])
    await engine.stop()
    expect(engine.status()).toMatchObject({ state: 'down', restarts: 1 })
    await engine.start()
    expect((await storeOf(engine).query(sql`SELECT count() AS n FROM kept`)).rows).toEqual([{ n: '1000' }])
    await engine.stop()
  })

  test('that is killed in the middle of loads holds every row once when they are repeated', async ({ expect }) => {
    const engine = engineIn(freshFolder())
    await engine.start()
    const store = storeOf(engine)
    await migrateUp(store)
    const path = join(root, 'segment.tsv')
    const rows = 20_000
    writeFileSync(path, Array.from({ length: rows }, (_, i) => `${i % 3}\t2025-0${1 + (i % 3)}-05 10:00:00.000\t{"n":${i}}\n`).join(''))
    const load = (segment: number): Promise<void> =>
      store.load({
        ...{ token: `segment-${segment}`, path, format: 'TSV', structure: "w UInt32, at DateTime64(3,'UTC'), m String" },
        statement: (source) =>
          `INSERT INTO ${store.dialect.local('events')} (workspace_id, event_type, event_timestamp, received_at, metadata) SELECT w, 'x', at, at, m FROM ${source}`,
      })
    let kills = 0
    for (let segment = 0; segment < 4; segment++) {
      const first = load(segment).then(
        () => true,
        () => false,
      )
      await sleep(20 + 45 * segment)
      const { restarts, pid } = engine.status()
      process.kill(pid!, 'SIGKILL')
      if (!(await first)) kills++
      await until(() => engine.status().restarts > restarts, 10_000)
      await load(segment)
    }
    expect(kills).toBeGreaterThan(0)
    const counted = await store.query(
      sql`SELECT (SELECT count() FROM cairn.events) AS events, (SELECT sum(events) FROM cairn.ledger) AS stored, (SELECT sum(events) FROM cairn.event_types) AS typed`,
    )
    expect(counted.rows).toEqual([{ events: String(4 * rows), stored: String(4 * rows), typed: String(4 * rows) }])
    await engine.stop()
  })

  test('vanishes with its server, even in the middle of a query, and the next start works', async ({ expect }) => {
    const folder = freshFolder()
    const other = await otherServer(folder)
    await other.kill()
    await until(() => !isAlive(other.engine), 3_000)
    const engine = engineIn(folder)
    await engine.start()
    expect((await storeOf(engine).query(sql`SELECT count() AS n FROM kept`)).rows).toEqual([{ n: '1000' }])
    await engine.stop()
  })

  test('that outlived its server, because it was frozen, is ended by the next start', async ({ expect }) => {
    const folder = freshFolder()
    const other = await otherServer(folder)
    process.kill(other.engine.pid, 'SIGSTOP')
    await other.kill()
    await sleep(300)
    expect(isAlive(other.engine)).toBe(true)
    const engine = engineIn(folder)
    await engine.start()
    expect(isAlive(other.engine)).toBe(false)
    expect((await storeOf(engine).query(sql`SELECT count() AS n FROM kept`)).rows).toEqual([{ n: '1000' }])
    await engine.stop()
  })

  test('refuses a folder that another Cairn uses, and says which and what to do', async ({ expect }) => {
    const folder = freshFolder()
    const other = await otherServer(folder)
    const second = engineIn(folder)
    await expect(second.start()).rejects.toThrow(new RegExp(`in use by the Cairn server with pid ${other.pid}\\. Stop that one first \\(kill ${other.pid}`))
    expect(second.status().state).toBe('down')
    expect(isAlive(other.engine)).toBe(true)
    // Even where the note of it is lost, the tables themselves are held.
    rmSync(join(folder, 'run', 'server.lock'))
    await expect(second.start()).rejects.toThrow(/are open in another process/)
    expect(isAlive(other.engine)).toBe(true)
    await other.kill()
    await until(() => !isAlive(other.engine), 3_000)
    await second.start()
    await second.stop()
  })

  test('works under a path of 300 characters with spaces, quotes and letters of any kind', async ({ expect }) => {
    const folder = join(root, `it's "ä&b" <c>`, 'x'.repeat(200), 'y'.repeat(120))
    const engine = engineIn(folder)
    await engine.start()
    const path = socketPath(join(realpathSync(folder), 'store'))
    expect(Buffer.byteLength(path)).toBeLessThan(100)
    const store = storeOf(engine)
    await store.command('CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x')
    await store.command(`INSERT INTO kept SELECT 1`)
    mkdirSync(join(folder, 'backups'), { recursive: true })
    await store.command(`BACKUP TABLE kept TO File('first')`)
    expect((await store.query(sql`SELECT status FROM system.backups`)).rows).toEqual([{ status: 'BACKUP_CREATED' }])
    await engine.stop()
  })
})
