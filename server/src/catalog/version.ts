import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { note, type Entry } from './audit.ts'
import type { CatalogDb, CatalogTransaction } from './schema.ts'

/** What a write did: its answer, and its lines for the log of changes; none only where nothing changed, or where no person did it. */
export interface Written<T> {
  answer: T
  told: readonly Entry[]
}

/**
 * Every write to what nodes hold in memory raises the catalog's version in its own transaction, as its first statement.
 * That row's lock puts such writes in one order, so versions are committed in the order in which they were given,
 * and a node that has seen version n has seen every row marked n or less. What it tells the log is committed with it or not at all.
 */
export const change = <T>(db: CatalogDb, write: (trx: CatalogTransaction, version: number) => Promise<Written<T>>): Promise<T> =>
  db.transaction().execute(async (trx) => {
    const { value } = await trx
      .updateTable('meta')
      .set({ value: sql<string>`cast(cast(value as bigint) + 1 as text)` })
      .where('key', '=', 'version')
      .returning('value')
      .executeTakeFirstOrThrow()
    const { answer, told } = await write(trx, Number(value))
    for (const entry of told) await note(trx, entry)
    return answer
  })

export const catalogVersion = async (db: CatalogDb): Promise<number> => {
  const { value } = await db.selectFrom('meta').select('value').where('key', '=', 'version').executeTakeFirstOrThrow()
  return Number(value)
}

/** Who this installation is, and the secret that its keyed hashes use; made at first use, the same for all its nodes. */
export interface Identity {
  instanceId: string
  /** 32 random bytes, hex. */
  salt: string
}

export const identity = async (db: CatalogDb): Promise<Identity> => {
  const known = await readIdentity(db)
  if (known) return known
  const made = [
    { key: 'instance_id', value: randomBytes(12).toString('base64url') },
    { key: 'salt', value: randomBytes(32).toString('hex') },
  ]
  await db
    .insertInto('meta')
    .values(made)
    .onConflict((row) => row.column('key').doNothing())
    .execute()
  const now = await readIdentity(db)
  if (!now) throw new Error('the catalog did not keep its identity')
  return now
}

const readIdentity = async (db: CatalogDb): Promise<Identity | undefined> => {
  const rows = await db.selectFrom('meta').selectAll().where('key', 'in', ['instance_id', 'salt']).execute()
  const value = (key: string): string | undefined => rows.find((row) => row.key === key)?.value
  const instanceId = value('instance_id')
  const salt = value('salt')
  return instanceId !== undefined && salt !== undefined ? { instanceId, salt } : undefined
}
