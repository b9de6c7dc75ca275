import { raw, sql, type Piece } from './sql.ts'
import type { Store } from './store.ts'

/** Answers when the rows are gone from every read, on all replicas. */
export const atOnce = { lightweight_deletes_sync: 2, mutations_sync: 2 }

/** Returns how many rows. A DELETE touches every part of its table, so it is left out where it would find nothing. */
export async function deleteWhere(store: Store, table: string, where: Piece): Promise<number> {
  const { rows } = await store.query<{ rows: string }>(sql`SELECT count() AS rows FROM ${raw(`${store.dialect.database}.${table}`)} WHERE ${where}`, {
    timeoutMs: COUNT_TIMEOUT_MS,
  })
  const count = Number(rows[0]?.rows ?? 0)
  if (count === 0) return 0
  const { text, params } = where
  await store.command({ text: store.dialect.deleteFrom(table, text), params }, { settings: atOnce })
  return count
}
const COUNT_TIMEOUT_MS = 600_000
