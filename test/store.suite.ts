import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { singleDialect, type Dialect } from '../server/src/store/dialect.ts'
import { StoreError } from '../server/src/store/failure.ts'
import { migrateDown, migrateUp, migrationStatus } from '../server/src/store/migrate.ts'
import { migrations } from '../server/src/store/migrations/index.ts'
import { bool, f64, i64, list, raw, sql, str, time, u32, u64, u64s, uuids, type Piece } from '../server/src/store/sql.ts'
import { makeStore, type Store, type StoreOptions } from '../server/src/store/store.ts'

/** What Cairn relies on, whichever way the store is reached: the same sentences for the embedded engine and for a server. */
export interface Reached {
  options: Omit<StoreOptions, 'dialect'>
  segmentSource: Dialect['segmentSource']
  close(): Promise<void>
}

/** Takes about 13 ms per million on one core, and seconds in all: long enough to be interrupted. */
const endless = sql`SELECT count() AS c FROM numbers(100000000000) WHERE sipHash64(number) % 3 = 0`

export const storeSuite = (name: string, reach: () => Promise<Reached>): void => {
  describe(name, () => {
    let reached: Reached
    let store: Store
    let folder: string
    const database = `cairn_${randomUUID().slice(0, 8)}`
    const one = async <Row>(q: Piece): Promise<Row> => (await store.query<Row>(q)).rows[0] as Row
    const running = async (): Promise<number> =>
      Number(
        (
          await one<{ n: string }>(
            sql`SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64(number) \\% 3%' AND query NOT LIKE '%system.processes%'`,
          )
        ).n,
      )

    beforeAll(async () => {
      reached = await reach()
      folder = mkdtempSync(join(tmpdir(), 'cairn-suite-'))
      store = makeStore({ ...reached.options, dialect: singleDialect({ database, segmentSource: reached.segmentSource }) })
      await store.command(`CREATE DATABASE ${database}`)
    })
    afterAll(async () => {
      await store.command(`DROP DATABASE IF EXISTS ${database}`)
      await store.close()
      await reached.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test('every type comes back as what went in, by query and by stream', async () => {
      await store.command(
        `CREATE TABLE ${database}.types (a UInt64, b Int64, f Float64, n Nullable(String), t DateTime64(3,'UTC'), d Date, l LowCardinality(String), j JSON, s Array(String), m Map(String,String), u UUID, o Bool) ENGINE = MergeTree ORDER BY a`,
      )
      await store.command(
        sql`INSERT INTO ${raw(`${database}.types`)} SELECT 18446744073709551615, -9223372036854775808, 1.5, NULL, ${time(1_763_619_559_123)}, '2025-11-20', 'x', '{"a":1,"b":{"c":"é😀"}}', ['p','q''r'], map('k','v'), '6a8d1e6c-8e0c-4a3d-9f37-1d58a8c0c0aa', true`,
      )
      const row = {
        ...{ a: '18446744073709551615', b: '-9223372036854775808', f: 1.5, n: null, t: '2025-11-20 06:19:19.123', d: '2025-11-20', l: 'x' },
        ...{ j: { a: '1', b: { c: 'é😀' } }, s: ['p', "q'r"], m: { k: 'v' }, u: '6a8d1e6c-8e0c-4a3d-9f37-1d58a8c0c0aa', o: true },
      }
      expect((await store.query(sql`SELECT * FROM ${raw(`${database}.types`)}`)).rows).toEqual([row])
      expect(await collect(store.stream(sql`SELECT * FROM ${raw(`${database}.types`)}`))).toEqual([row])
    })

    test('a parameter is a value, whatever is in it', async () => {
      const texts = [
        "it's",
        'a"b`c',
        'tab\tnew\nline\r',
        '\\n \\ \\\\',
        '{x:String}',
        "'; DROP TABLE x --",
        '😀 é \u2028',
        '',
        ' ',
        '\\N',
        'NULL',
        'a,b]',
        '%',
        '/* */',
      ]
      for (const text of texts)
        expect(await one(sql`SELECT ${str(text)} AS s, length(${str(text)}) AS bytes`)).toEqual({ s: text, bytes: String(Buffer.byteLength(text)) })
      expect(await one(sql`SELECT ${list(texts)} AS l`)).toEqual({ l: texts })
      expect(
        await one(
          sql`SELECT ${u64('18446744073709551615')} AS a, ${i64(-(2n ** 63n))} AS b, ${u32(7)} AS c, ${f64(-1.5e300)} AS d, ${bool(true)} AS e, ${u64s([1, 2n ** 64n - 1n])} AS f, ${uuids(['6a8d1e6c-8e0c-4a3d-9f37-1d58a8c0c0aa'])} AS g`,
        ),
      ).toEqual({
        a: '18446744073709551615',
        b: '-9223372036854775808',
        c: 7,
        d: -1.5e300,
        e: true,
        f: ['1', '18446744073709551615'],
        g: ['6a8d1e6c-8e0c-4a3d-9f37-1d58a8c0c0aa'],
      })
      expect(await one(sql`SELECT ${time(1_763_619_559_123)} AS a, ${time(-1)} AS b, toTypeName(${time(0)}) AS c`)).toEqual({
        ...{ a: '2025-11-20 06:19:19.123', b: '1969-12-31 23:59:59.999', c: "DateTime64(3, 'UTC')" },
      })
      const many = Array.from({ length: 20_000 }, (_, i) => `person-${i}-'\\`)
      expect(await one(sql`SELECT ${str('person-7')} IN ${list(many)} AS a, ${str("person-7-'\\")} IN ${list(many)} AS b`)).toEqual({ a: 0, b: 1 })
      expect(await one(sql`SELECT length(${list(many)}) AS n, has(${list(many)}, ${str("person-19999-'\\")}) AS h`)).toEqual({ n: '20000', h: 1 })
      expect(() => str('a\0b')).toThrow(RangeError)
      expect(() => u64(-1)).toThrow(RangeError)
      expect(() => u64(2 ** 60)).toThrow(RangeError)
    })

    test('a time parameter still chooses partitions', async () => {
      await store.command(`CREATE TABLE ${database}.months (t DateTime64(3,'UTC')) ENGINE = MergeTree PARTITION BY toYYYYMM(t) ORDER BY t`)
      await store.command(`INSERT INTO ${database}.months SELECT toDateTime64('2025-01-01', 3, 'UTC') + INTERVAL number DAY FROM numbers(300)`)
      const { rows } = await store.query<{ explain: string }>(
        sql`EXPLAIN indexes = 1 SELECT t FROM ${raw(`${database}.months`)} WHERE t >= ${time(Date.UTC(2025, 3, 1))} AND t < ${time(Date.UTC(2025, 4, 1))}`,
      )
      expect(rows.map((r) => r.explain).join('\n')).toMatch(/Parts: 1\/10/)
    })

    test('settings and parameters of one call never reach another', async () => {
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          store.query<{ p: string; t: string }>(
            sql`SELECT ${str(`v${i}`)} AS p, toString(getSetting('max_result_rows')) AS t`,
            i % 2 === 0 ? { settings: { max_result_rows: 1_000 + i } } : {},
          ),
        ),
      )
      expect(answers.map((a) => a.rows[0])).toEqual(answers.map((_, i) => ({ p: `v${i}`, t: i % 2 === 0 ? String(1_000 + i) : '0' })))
    })

    test('two million rows stream through without being held', async () => {
      const before = process.memoryUsage().rss
      let rows = 0
      let most = 0
      for await (const batch of store.stream<{ number: string }>(sql`SELECT number, toString(number) AS s FROM numbers(2000000)`)) {
        rows += batch.length
        most = Math.max(most, process.memoryUsage().rss - before)
      }
      expect(rows).toBe(2_000_000)
      // The whole answer is 70 MB as text and several times that as objects; node's own heap breathes by some 100 MB here.
      expect(most).toBeLessThan(250e6)
    })

    test('a stream that is left early ends its query', async () => {
      for await (const batch of store.stream(sql`SELECT number, sipHash64(number) % 3 AS h FROM numbers(100000000000)`)) {
        expect(batch.length).toBeGreaterThan(0)
        break
      }
      await until(async () => (await running()) === 0)
      const cancel = new AbortController()
      const why = new Error('changed my mind')
      const rows = store.stream(sql`SELECT number, sipHash64(number) % 3 AS h FROM numbers(100000000000)`, { signal: cancel.signal })
      const left = failure(
        (async () => {
          for await (const batch of rows) if (batch.length > 0) cancel.abort(why)
        })(),
      )
      expect(await left).toBe(why)
      await until(async () => (await running()) === 0)
    })

    test('errors carry a code and no SQL', async () => {
      const syntax = await failure(store.query(sql`SELECT secret_name FROM WHERE )`))
      expect(syntax).toBeInstanceOf(StoreError)
      expect((syntax as StoreError).clickhouseCode).toBe(62)
      expect(syntax.message).not.toMatch(/secret_name/)
      expect(await failure(store.query(sql`SELECT * FROM ${raw(`${database}.nothing`)}`))).toMatchObject({ clickhouseCode: 60 })
      expect(await failure(collect(store.stream(sql`SELECT * FROM ${raw(`${database}.nothing`)}`)))).toMatchObject({ clickhouseCode: 60 })
      expect(await failure(store.command(`DROP TABLE ${database}.nothing`))).toMatchObject({ clickhouseCode: 60 })
    })

    test('a stream that fails midway throws instead of ending short', async () => {
      const seen: number[] = []
      const error = await failure(
        (async () => {
          for await (const batch of store.stream(sql`SELECT throwIf(number = 1500000, 'boom') AS x FROM numbers(2000000)`)) seen.push(batch.length)
        })(),
      )
      expect(error).toMatchObject({ clickhouseCode: 395 })
      expect(seen.length).toBeGreaterThan(0)
    })

    test('what a failed query had made never appears in a later answer', async () => {
      for (let i = 0; i < 40; i++) {
        expect(await failure(store.query(sql`SELECT number, throwIf(number = 90000) AS x FROM numbers(100000)`))).toMatchObject({ clickhouseCode: 395 })
        expect((await store.query(sql`SELECT ${u32(i)} AS i`)).rows).toEqual([{ i }])
      }
    })

    test('cancelling ends the query and frees its slot, also inside an aggregation', async () => {
      for (let i = 0; i < 3; i++) {
        const why = new Error('changed my mind')
        const cancel = new AbortController()
        const asked = [failure(store.query(endless, { signal: cancel.signal })), failure(store.query(endless, { signal: cancel.signal }))]
        await sleep(150)
        cancel.abort(why)
        expect(await Promise.all(asked)).toEqual([why, why])
        await until(async () => (await running()) === 0)
      }
    })

    test('a query beyond its memory or time ends as query_too_heavy', async () => {
      expect(await failure(store.query(sql`SELECT length(groupArray(number)) FROM numbers(200000000)`))).toMatchObject({ code: 'query_too_heavy' })
      expect(await failure(store.query(sql`SELECT repeat('x', 1000) AS x FROM numbers(1000000)`))).toMatchObject({ code: 'query_too_heavy' })
      const began = performance.now()
      expect(await failure(store.query(endless, { timeoutMs: 500 }))).toMatchObject({ code: 'query_too_heavy' })
      expect(performance.now() - began).toBeLessThan(4_000)
    })

    test('a group larger than its memory spills to disk and ends', async () => {
      const answer = await store.query(sql`SELECT count() AS n FROM (SELECT number AS k, count() FROM numbers(3000000) GROUP BY k)`, {
        settings: { max_memory_usage: 150_000_000, max_bytes_before_external_group_by: 30_000_000 },
      })
      expect(answer.rows).toEqual([{ n: '3000000' }])
    })

    test('a segment that is loaded again with its token counts once, in its table and in every view, one part per month', async () => {
      await migrateUp(store)
      await store.command('SYSTEM STOP MERGES')
      const rows = 30_000
      const path = join(folder, "a segment's.tsv")
      writeFileSync(
        path,
        Array.from(
          { length: rows },
          (_, i) => `${1 + (i % 3)}\tpage_view\tuser ${i % 100}\t2025-0${1 + (i % 3)}-05 10:00:00.000\t{"path":"/é\\\\n'${i}"}\n`,
        ).join(''),
      )
      const load = (token: string): Promise<void> =>
        store.load({
          ...{ token, path, format: 'TSV', structure: "workspace_id UInt32, event_type String, user_id String, at DateTime64(3,'UTC'), metadata String" },
          statement: (source) =>
            `INSERT INTO ${store.dialect.local('events')} (workspace_id, event_type, user_id, event_timestamp, received_at, event_metadata) SELECT workspace_id, event_type, user_id, at, at, metadata FROM ${source}`,
        })
      const counts = (): Promise<unknown> =>
        one(
          sql`SELECT (SELECT count() FROM ${raw(`${database}.events`)}) AS events, (SELECT sum(events) FROM ${raw(`${database}.ledger`)}) AS stored, (SELECT sum(events) FROM ${raw(`${database}.event_types`)}) AS typed`,
        )
      const parts = async (): Promise<unknown> =>
        (
          await store.query(
            sql`SELECT table, count() AS parts FROM system.parts WHERE active AND database = ${str(database)} AND table IN ('events','ledger','event_types') GROUP BY table ORDER BY table`,
          )
        ).rows
      for (let i = 0; i < 3; i++) {
        await load('segment-1')
        expect(await counts()).toEqual({ events: '30000', stored: '30000', typed: '30000' })
      }
      const once = [
        { table: 'event_types', parts: '3' },
        { table: 'events', parts: '3' },
        { table: 'ledger', parts: '3' },
      ]
      expect(await parts()).toEqual(once.map((p) => (p.table === 'events' ? p : { ...p, parts: expect.stringMatching(/^[13]$/) as string })))
      await load('segment-2')
      expect(await counts()).toEqual({ events: '60000', stored: '60000', typed: '60000' })
      expect(await one(sql`SELECT event_metadata AS m FROM ${raw(`${database}.events`)} WHERE event_metadata LIKE '%''7"}' LIMIT 1`)).toEqual({
        m: `{"path":"/é\\n'7"}`,
      })
      writeFileSync(path, 'not a number\n')
      expect(await failure(load('segment-3'))).toMatchObject({ name: 'StoreError', clickhouseCode: 27 })
      rmSync(path)
      expect(await failure(load('segment-4'))).toMatchObject({ name: 'StoreError' })
      await store.command('SYSTEM START MERGES')
      await migrateDown(store, 0)
    })

    test('migrations run once, can be taken back, and stop at an edited or unknown one', async () => {
      expect(await migrateUp(store)).toEqual(migrations.map((m) => m.name))
      expect(await migrateUp(store)).toEqual([])
      expect((await migrationStatus(store)).every((s) => s.state === 'applied')).toBe(true)
      const [first, ...others] = migrations
      const edited = [{ ...first!, up: (d: Dialect) => [...first!.up(d), `SELECT 1`] }, ...others]
      await expect(migrateUp(store, Date, edited)).rejects.toThrow(/0001_events was applied in another version/)
      await expect(migrateUp(store, Date, [])).rejects.toThrow(/0001_events, which this program does not know/)
      expect(await migrateDown(store, 0)).toEqual(migrations.map((m) => m.name).toReversed())
      expect((await store.query(sql`SELECT name FROM system.tables WHERE database = ${str(database)} AND name NOT IN ('types', 'months')`)).rows).toEqual([
        { name: 'migrations' },
      ])
      expect(await migrateUp(store)).toEqual(migrations.map((m) => m.name))
      await migrateDown(store, 0)
    })

    test('ping tells whether it answers, and nothing listening is unavailable', async () => {
      expect(await store.ping()).toBe(true)
      const nowhere = makeStore({ url: 'http://127.0.0.1:9', dialect: store.dialect })
      expect(await nowhere.ping()).toBe(false)
      expect(await failure(nowhere.query(sql`SELECT 1`))).toMatchObject({ code: 'unavailable' })
      await nowhere.close()
    })
  })
}

const collect = async <Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> => {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}

export const failure = async (work: Promise<unknown>): Promise<Error> => {
  const outcome = await work.then(
    () => new Error('did not fail'),
    (error: unknown) => error as Error,
  )
  expect(outcome.message).not.toBe('did not fail')
  return outcome
}

export const until = async (condition: () => Promise<boolean> | boolean, ms = 5_000): Promise<void> => {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so after ${ms} ms: ${condition.toString()}`)
    await sleep(25)
  }
}
