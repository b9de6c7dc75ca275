import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusterDialect } from '../server/src/store/dialect.ts'
import { budgetOf, engineConfig } from '../server/src/store/engine/budget.ts'
import type { ChildMessage, ChildOptions } from '../server/src/store/engine/child.ts'
import { personRoots } from '../server/src/store/migrations/0004_person_links.ts'
import { migrations } from '../server/src/store/migrations/index.ts'
import { sql } from '../server/src/store/sql.ts'
import { makeStore, type Store } from '../server/src/store/store.ts'

/**
 * The cluster's DDL, made for real as far as one engine can: with a coordination service in memory it creates Replicated and Distributed
 * tables, checking engine arguments, settings and columns. ON CLUSTER it cannot execute, and the tables take neither rows nor alterations. Its process is
 * ended by SIGKILL, because an engine with replicated tables does not close in time.
 */
describe('the cluster dialect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-cluster-'))
  const dialect = clusterDialect({ cluster: 'main' })
  let engine: ChildProcess
  let store: Store

  beforeAll(async () => {
    const shard = '<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>9</port></replica></shard>'
    const cluster = `<zookeeper><implementation>testkeeper</implementation></zookeeper>
      <macros><shard>1</shard><replica>a</replica></macros><remote_servers><main>${shard}${shard}</main></remote_servers>`
    const budget = budgetOf(1024 ** 3)
    const configFile = join(folder, 'engine.xml')
    writeFileSync(configFile, engineConfig(budget, folder, cluster))
    mkdirSync(join(folder, 'store'))
    const options: ChildOptions = { dataPath: join(folder, 'store'), configFile, scratch: folder, listen: { port: 0 }, budget }
    engine = fork(fileURLToPath(new URL('../server/src/store/engine/child.ts', import.meta.url)), [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const word = await new Promise<ChildMessage>((resolve) => engine.once('message', (message) => resolve(message as ChildMessage)))
    if ('failed' in word) throw new Error(word.failed)
    store = makeStore({ url: `http://127.0.0.1:${word.ready.port}`, dialect })
  })
  afterAll(async () => {
    const gone = new Promise((resolve) => engine.once('exit', resolve))
    engine.kill('SIGKILL')
    await gone
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const here = (statement: string): string => statement.replace(" ON CLUSTER 'main'", '')
  // What fills a table reads all shards, and these cannot be reached.
  const executable = (statements: readonly string[]): string[] => statements.filter((statement) => !/^(INSERT|ALTER TABLE) /.test(statement))
  const tables = async (): Promise<string[]> =>
    (await store.query<{ t: string }>(sql`SELECT concat(name, ' ', engine) AS t FROM system.tables WHERE database = 'cairn' ORDER BY name`)).rows.map(
      (row) => row.t,
    )

  test('creates a replicated table, its distributed face and every view, twice without harm, and drops them all', async () => {
    const all = migrations.flatMap((m) => m.up(dialect))
    await store.command(here(dialect.createDatabase()))
    const shaping = executable(all)
    for (const statement of [...shaping, ...shaping]) await store.command(here(statement))
    const made = await tables()
    const locals = made.filter((t) => /_local Replicated\w*MergeTree$/.test(t))
    const faces = made.filter((t) => / Distributed$/.test(t))
    const views = made.filter((t) => / MaterializedView$/.test(t))
    const dictionaries = made.filter((t) => / Dictionary$/.test(t))
    expect(locals.length).toBe(all.filter((s) => s.startsWith('CREATE TABLE') && s.includes('_local ON CLUSTER')).length)
    expect(faces.map((t) => t.split(' ')[0])).toEqual(locals.map((t) => t.split('_local')[0]))
    expect(views.length).toBe(all.filter((s) => s.startsWith('CREATE MATERIALIZED VIEW')).length)
    expect(dictionaries.length).toBe(all.filter((s) => s.startsWith('CREATE OR REPLACE DICTIONARY')).length)
    expect(made.length).toBe(locals.length + faces.length + views.length + dictionaries.length)
    for (const statement of executable(migrations.toReversed().flatMap((m) => m.down(dialect)))) await store.command(here(statement))
    expect(await tables()).toEqual([])
  })

  test('writes statements that parse with ON CLUSTER, each on the tables that hold the bytes', async () => {
    const statements = [
      ...migrations.flatMap((m) => [...m.up(dialect), ...m.down(dialect)]),
      ...clusterDialect({ cluster: 'main', login: { user: "o'neil", password: "p\\'" } }).createDictionary(personRoots),
      dialect.reloadDictionary('person_roots'),
      dialect.deleteFrom('events', "user_id = 'x'"),
      dialect.alter('events', 'ADD COLUMN x UInt8'),
    ]
    for (const statement of statements) {
      if (!statement.startsWith('INSERT')) expect(statement).toContain("ON CLUSTER 'main'")
      await store.command(`EXPLAIN AST ${statement}`)
    }
    expect(statements.slice(-2).every((s) => s.includes('cairn.events_local'))).toBe(true)
  })
})
