import { Kysely, sql } from 'kysely'
import type { Log } from '../base/log.ts'
import { postgresDialect } from './postgres.ts'
import type { Schema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

/**
 * The catalog: what people set up (workspaces, keys, switches, opt-outs, taxonomy), in SQLite or Postgres.
 * Whichever it is, a statement that cannot be done for the machine's sake (locked, unreachable, disk) fails within 2 s with a CairnError
 * `unavailable` that names the catalog; nothing here ever blocks the event loop, and accepting an event does not come here (`directory.ts`).
 */
export interface Catalog {
  readonly kind: 'sqlite' | 'postgres'
  readonly db: Kysely<Schema>
  /** Runs work that may take longer than a request, such as migrations: without the limit on a statement's time. */
  unhurried<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface CatalogOptions {
  /** postgres:// URL; without it the SQLite file is used. */
  url?: string | undefined
  /** Path of the SQLite file; its folder is made where absent. */
  file: string
  log: Log
}

/** Below the 2 s in which a set-up route has to answer, with room for its own work. */
const PATIENCE_MS = 1_500

/** Opens the catalog and proves that it answers; throws `unavailable` where it does not. Run `catalogMigrateUp` before using its tables. */
export const openCatalog = async ({ url, file, log }: CatalogOptions): Promise<Catalog> => {
  const db = new Kysely<Schema>({
    dialect: url === undefined ? sqliteDialect({ file, patienceMs: PATIENCE_MS, log }) : postgresDialect({ url, patienceMs: PATIENCE_MS, log }),
  })
  const close = (): Promise<void> => db.destroy()
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
  // SQLite's limits are on waiting, not on working: the same connection serves.
  if (url === undefined) return { kind: 'sqlite', db, unhurried: (work) => work(db), close }
  return {
    kind: 'postgres',
    db,
    unhurried: async (work) => {
      const slow = new Kysely<Schema>({ dialect: postgresDialect({ url, patienceMs: null, log }) })
      try {
        return await work(slow)
      } finally {
        await slow.destroy()
      }
    },
    close,
  }
}
