import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLog } from '../base/log.ts'
import { systemClock } from '../base/time.ts'
import { singleDialect } from '../store/dialect.ts'
import { EmbeddedEngine } from '../store/engine.ts'
import { migrateUp } from '../store/migrate.ts'
import { raw, sql } from '../store/sql.ts'
import { makeStore, type Store } from '../store/store.ts'
import { Journal, type SealedSegment } from './journal.ts'
import { Loader } from './loader.ts'
import { kinds, lineStructure, plainPayload, type Kind } from './record.ts'

const log = makeLog('silent')
const folder = mkdtempSync(join(tmpdir(), 'cairn-loader-'))
const engine = new EmbeddedEngine({ dataDir: join(folder, 'data'), memoryBytes: 1024 ** 3, log, clock: systemClock, listen: { port: 0 } })
beforeAll(() => engine.start())
afterAll(async () => {
  await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Tables of its own for each test, so that parts and rows are those of the test alone. */
let databases = 0
async function freshStore(segmentSource: 'file' | 'stream' = 'file'): Promise<Store> {
  const dialect = singleDialect({ segmentSource, database: `loader_${++databases}` })
  // By TCP, so that each store has connections of its own.
  const store = makeStore({ url: engine.url, dialect })
  await migrateUp(store)
  return store
}

const RECEIVED = Date.UTC(2026, 10, 20, 8)
const months = [Date.UTC(2026, 8, 10), Date.UTC(2026, 9, 10), Date.UTC(2026, 10, 10)]
const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const frame = { workspaceId: 1, receivedAt: RECEIVED, keyId: 'k', tracker: 't/1', source: 'api' }

/** An event's line, as intake.ts writes it, with any column replaced. */
function eventLine(n: number, replaced: Record<string, string> = {}): string {
  const columns: Record<string, string> = {
    ...{ kind: kinds.event, workspace_id: '1', received_ms: String(RECEIVED), key_id: 'k', tracker: 't/1', source: 'api', event_id: id(n), data: `{"n":${n}}` },
    ...{
      event_type: 'seen',
      event_category: 'seen',
      event_ms: String(months[n % 3]),
      user_id: `user${n % 7}`,
      device_type: 'server',
      duration_ms: '\\N',
      seq: '\\N',
      flags: '0',
    },
    ...replaced,
  }
  const names = lineStructure.map((column) => column.split(' ')[0] ?? '').slice(1)
  return names
    .slice(0, names.indexOf('country') + 1)
    .map((name) => columns[name] ?? '')
    .join('\t')
}

/** A sealed segment that holds the given lines and the receipts that promise their events, written by the journal itself. */
let folders = 0
async function segmentOf(lines: readonly string[]): Promise<SealedSegment> {
  const dir = join(folder, `journal${++folders}`)
  const sealed: SealedSegment[] = []
  const journal = new Journal({
    dir,
    maxBytes: 1e9,
    clock: systemClock,
    log,
    hooks: { committed: () => undefined, sealed: (s) => sealed.push(s), refused: () => undefined, diskLow: () => undefined },
  })
  await journal.recover(0, () => undefined)
  const { group } = journal
  for (const line of lines) group.add(line)
  const events = lines.filter((line) => line.startsWith(kinds.event)).length
  for (const outcome of ['received', 'accepted'] as const)
    group.receipt({ workspaceId: 1, hour: RECEIVED / 1_000, keyId: 'k', tracker: 't/1', source: 'api', outcome, reason: '', events })
  await journal.commit()
  await journal.close()
  const [segment] = sealed
  if (!segment) throw new Error('no segment was sealed')
  return segment
}

let loaders = 0
async function load(store: Store, segment: SealedSegment): Promise<Loader> {
  const dir = join(folder, `work${++loaders}`)
  mkdirSync(dir)
  const loader = new Loader({ store, dir, log, node: 'n1', afterLoad: [] })
  await loader.load(segment, new AbortController().signal)
  return loader
}

const plain = (kind: Kind, n: number, data: object): string => plainPayload(kind, { ...frame, id: id(n), data })
const others = [
  plain(kinds.quarantine, 900_001, { event_id: 'x', event_type: 'bad', step: 'checkShape', code: 'invalid', message: 'no', event: '{}', request: '{}' }),
  plain(kinds.property, 900_002, { event_type: 'seen', path: 'n', value_type: 'number', example: '1', user_id: 'user1', anonymous_id: '', event_ms: RECEIVED }),
  plain(kinds.fact, 900_003, { fact: 'identify', user_id: 'user1', anonymous_id: 'a', other_id: '', traits: '{}', told_ms: RECEIVED }),
  plain(kinds.end, 900_004, { source_id: 'tab', seq: 7 }),
]
const tables = ['events', 'event_types', 'ledger', 'quarantine', 'event_properties', 'person_facts', 'source_ends'] as const

/** Rows of each table, and what the ledger says, as sums that merges do not change. */
async function contents(store: Store): Promise<Record<string, number>> {
  const d = store.dialect
  const counted: Record<string, number> = {}
  for (const table of tables.filter((name) => name !== 'ledger' && name !== 'event_types')) {
    const { rows } = await store.query<{ n: string }>(sql`SELECT count() AS n FROM ${raw(d.local(table))}`)
    counted[table] = Number(rows[0]?.n)
  }
  const { rows: typed } = await store.query<{ n: string }>(sql`SELECT sum(events) AS n FROM ${raw(d.local('event_types'))}`)
  counted['typed'] = Number(typed[0]?.n)
  const { rows } = await store.query<{ name: string; n: string }>(
    sql`SELECT if(reason = '', outcome, concat(outcome, ' ', reason)) AS name, sum(events) AS n FROM ${raw(d.local('ledger'))} GROUP BY name`,
  )
  for (const row of rows) counted[row.name] = Number(row.n)
  return counted
}

test('a full segment over three months makes one part per month, one in every table that a view fills, and one for its receipts', async () => {
  const store = await freshStore()
  const segment = await segmentOf([...Array.from({ length: 100_000 }, (_, n) => eventLine(n)), ...others])
  await load(store, segment)
  // Parts of one block are those that were inserted, also where a merge has replaced them since.
  const { rows } = await store.query<{ name: string; partition: string; parts: string }>(
    sql`SELECT table AS name, partition, count() AS parts FROM system.parts WHERE database = ${raw(`'${store.dialect.database}'`)} AND min_block_number = max_block_number AND table != 'migrations' GROUP BY name, partition ORDER BY name, partition`,
  )
  expect(rows.map(({ name, partition, parts }) => `${name} ${partition} ${parts}`)).toEqual([
    'event_properties tuple() 1',
    'event_types tuple() 1',
    'events 202609 1',
    'events 202610 1',
    'events 202611 1',
    // The count of stored rows by its view, and the receipts.
    'ledger tuple() 2',
    'person_facts tuple() 1',
    'quarantine tuple() 1',
    'source_ends tuple() 1',
  ])
})

test.each(['file', 'stream'] as const)('a segment that is loaded again adds nothing to any table, read as a %s', async (source) => {
  const store = await freshStore(source)
  const segment = await segmentOf([...Array.from({ length: 3_000 }, (_, n) => eventLine(n)), ...others])
  await load(store, segment)
  const once = await contents(store)
  expect(once).toEqual({
    events: 3_000,
    typed: 3_000,
    quarantine: 1,
    event_properties: 1,
    person_facts: 1,
    source_ends: 1,
    received: 3_000,
    accepted: 3_000,
    stored: 3_000,
  })
  await load(store, segment)
  await load(store, segment)
  expect(await contents(store)).toEqual(once)
})

test('of a segment with a damaged record every other record is loaded, once, and the damage is counted', async () => {
  const store = await freshStore()
  const segment = await segmentOf([...Array.from({ length: 300 }, (_, n) => eventLine(n)), ...others])
  const bytes = readFileSync(segment.path)
  const at = bytes.indexOf(id(150))
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(segment.path, bytes)
  const loader = await load(store, segment)
  const once = await contents(store)
  expect(once).toEqual({
    events: 299,
    typed: 299,
    quarantine: 1,
    event_properties: 1,
    person_facts: 1,
    source_ends: 1,
    received: 300,
    accepted: 300,
    stored: 299,
    damaged: 1,
  })
  expect(loader.damaged).toBe(1)
  await load(store, segment)
  expect(await contents(store)).toEqual(once)
})

test.each([
  ['an event_id that is no UUID', { event_id: 'not-a-uuid' }],
  ['metadata that is no JSON', { data: '{"n":' }],
  ['a number that fits no column', { workspace_id: '-1', data: '{"n":1}' }],
])('a record that the store refuses, with %s, is found by halving and counted; its neighbours are loaded, once', async (_, replaced) => {
  const store = await freshStore()
  const segment = await segmentOf([...Array.from({ length: 50 }, (_unused, n) => eventLine(n, n === 33 ? replaced : {})), ...others])
  const loader = await load(store, segment)
  const once = await contents(store)
  expect(loader.damaged).toBe(1)
  expect(once).toMatchObject({
    events: 49,
    typed: 49,
    quarantine: 1,
    event_properties: 1,
    person_facts: 1,
    received: 50,
    accepted: 50,
    stored: 49,
    'damaged refused_by_store': 1,
  })
  await load(store, segment)
  expect(await contents(store)).toEqual(once)
})

test('a segment that takes more memory than a load may have is cut until it passes, and stays cut when it is loaded again with more', async () => {
  const store = await freshStore()
  const tight: Store = { ...store, load: (what, options) => store.load(what, { ...options, settings: { ...options?.settings, max_memory_usage: 32_000_000 } }) }
  // Lists of many shapes take many times their size.
  const shapes = Array.from({ length: 300 }, (_, i) => {
    let value: unknown = i
    for (let depth = 0; depth < i % 13; depth++) value = [value, 1]
    return value
  })
  const segment = await segmentOf([...Array.from({ length: 300 }, (_, n) => eventLine(n, { data: JSON.stringify({ shapes, n }) })), ...others])
  const loader = await load(tight, segment)
  const once = await contents(store)
  expect(once).toEqual({
    events: 300,
    typed: 300,
    quarantine: 1,
    event_properties: 1,
    person_facts: 1,
    source_ends: 1,
    received: 300,
    accepted: 300,
    stored: 300,
  })
  expect(loader.damaged).toBe(0)
  expect(JSON.parse(readFileSync(`${segment.path}.cuts`, 'utf8'))).toContain('all')
  await load(store, segment)
  expect(await contents(store)).toEqual(once)
})
