import { createHash, randomUUID } from 'node:crypto'
import type { Dialect } from './dialect.ts'
import { migrations } from './migrations/index.ts'
import { sql, raw, str, time } from './sql.ts'
import type { Store } from './store.ts'

/**
 * Brings the event store's tables to the version of this program, in order, each migration once.
 * A statement may have run before a crash without its migration being noted: every `up` and `down` is therefore safe to repeat, and so is
 * this. On a cluster two nodes may start together; what each notes twice counts once.
 * The checksum is taken over what a migration says (tables, columns, keys), not over the SQL a dialect makes of it, so that one and the
 * same migration fits a server and a cluster, and a better engine setting does not stop old installations.
 */
export interface Migration {
  /** "0001_events": four digits give the order. */
  name: string
  up(d: Dialect): string[]
  /** What fills new tables from what is stored already, after `up`; empties them first, since an earlier run may have been cut off. */
  fill?(d: Dialect): string[]
  down(d: Dialect): string[]
}

export interface MigrationState {
  name: string
  state: 'applied' | 'pending' | 'edited' | 'unknown'
  /** "2026-11-20 06:19:19.123", UTC; absent where pending. */
  appliedAt?: string
}

class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** Applies what is missing and returns its names. */
export async function migrateUp(store: Store, clock: { now(): number } = Date, list: readonly Migration[] = migrations): Promise<string[]> {
  const states = await migrationStatus(store, list)
  const edited = states.find((s) => s.state === 'edited')
  if (edited) {
    throw new MigrationError(
      `migration ${edited.name} was applied in another version than this program carries. Migrations that ran are never edited: start the program that applied it, or put the old text back and add a new migration.`,
    )
  }
  const unknown = states.find((s) => s.state === 'unknown')
  if (unknown) {
    throw new MigrationError(
      `the event store carries migration ${unknown.name}, which this program does not know: it was written by a newer Cairn. Start that version, or use it to migrate down first.`,
    )
  }
  const done: string[] = []
  for (const migration of list) {
    if (states.some((s) => s.name === migration.name && s.state === 'applied')) continue
    for (const statement of migration.up(store.dialect)) await store.command(statement)
    if (migration.fill && (await hasEvents(store)))
      for (const statement of migration.fill(store.dialect)) await store.command(statement, { settings: filling() })
    const insert = sql`INSERT INTO ${raw(`${store.dialect.database}.migrations`)} (name, checksum, applied_at) SELECT ${str(migration.name)}, ${str(checksum(migration))}, ${time(clock.now())}`
    await store.command(insert, { settings: filling() })
    done.push(migration.name)
  }
  return done
}

/** Takes back every applied migration whose number is above `toNumber` (0 = all), newest first, and returns their names. Drops what they hold. */
export async function migrateDown(store: Store, toNumber: number, list: readonly Migration[] = migrations): Promise<string[]> {
  const states = await migrationStatus(store, list)
  const done: string[] = []
  for (const migration of list.toReversed()) {
    if (numberOf(migration) <= toNumber || !states.some((s) => s.name === migration.name && s.state !== 'pending')) continue
    for (const statement of migration.down(store.dialect)) await store.command(statement)
    const { text, params } = sql`name = ${str(migration.name)}`
    await store.command({ text: store.dialect.deleteFrom('migrations', text), params }, { settings: { lightweight_deletes_sync: 2 } })
    done.push(migration.name)
  }
  return done
}

/** Every migration this program or the store knows, in order. Makes the table of migrations where it is missing. */
export async function migrationStatus(store: Store, list: readonly Migration[] = migrations): Promise<MigrationState[]> {
  const d = store.dialect
  await store.command(d.createDatabase())
  for (const statement of d.createTable(table)) await store.command(statement)
  const { rows } = await store.query<{ name: string; checksum: string; applied: string }>(
    sql`SELECT name, argMax(checksum, applied_at) AS checksum, toString(max(applied_at)) AS applied FROM ${raw(`${d.database}.migrations`)} GROUP BY name ORDER BY name`,
    { lane: 'admin' },
  )
  const known: MigrationState[] = list.map((migration) => {
    const row = rows.find((r) => r.name === migration.name)
    if (!row) return { name: migration.name, state: 'pending' }
    return { name: migration.name, state: row.checksum === checksum(migration) ? 'applied' : 'edited', appliedAt: row.applied }
  })
  const unknown = rows
    .filter((r) => !list.some((m) => m.name === r.name))
    .map((r): MigrationState => ({ name: r.name, state: 'unknown', appliedAt: r.applied }))
  return [...known, ...unknown]
}

const table = {
  name: 'migrations',
  columns: "name String, checksum String, applied_at DateTime64(3, 'UTC')",
  engine: 'MergeTree',
  orderBy: 'name',
  shardBy: 'cityHash64(name)',
} as const

// On a cluster the row must be on its shard before the next migration begins.
const insertNow = { distributed_foreground_insert: 1 }

/** A token of its own: equal rows of another run are no repetition here. */
const filling = (): Record<string, string | number> => ({ ...insertNow, insert_deduplication_token: randomUUID() })

const hasEvents = async (store: Store): Promise<boolean> =>
  (await store.query(sql`SELECT 1 FROM ${raw(store.dialect.database)}.events LIMIT 1`)).rows.length > 0

const numberOf = (migration: Migration): number => Number.parseInt(migration.name, 10)

const said = (what: string, value: unknown): string => `${what} ${JSON.stringify(value)}`
const plain: Dialect = {
  kind: 'single',
  database: 'cairn',
  segmentSource: 'file',
  createDatabase: () => 'database',
  createTable: (t) => [said('table', t)],
  createView: (v) => [said('view', v)],
  dropTable: (name) => [said('drop table', name)],
  dropView: (name) => [said('drop view', name)],
  createDictionary: (x) => [said('dictionary', x)],
  dropDictionary: (name) => [said('drop dictionary', name)],
  reloadDictionary: (name) => said('reload dictionary', name),
  local: (name) => name,
  deleteFrom: (name, where) => said('delete', [name, where]),
  alter: (name, action) => said('alter', [name, action]),
  addColumn: (name, column, orderBy) => [said('add column', [name, column, orderBy])],
  dropColumn: (name, column, orderBy) => [said('drop column', [name, column, orderBy])],
  truncate: (name) => said('truncate', name),
}
const checksum = (migration: Migration): string => createHash('sha256').update(migration.up(plain).join('\n')).digest('hex').slice(0, 32)
