import { sql, str } from './sql.ts'
import type { Store } from './store.ts'

/** Parts that the store has set aside, mostly because they are damaged: their rows are on disk but in no answer. */
export interface DetachedParts {
  table: string
  reason: string
  parts: number
}

export async function detachedParts(store: Store): Promise<DetachedParts[]> {
  const { rows } = await store.query<DetachedParts>(
    sql`SELECT table, ifNull(reason, '') AS reason, toFloat64(count()) AS parts FROM system.detached_parts WHERE database = ${str(store.dialect.database)} GROUP BY table, reason ORDER BY table, reason`,
    { lane: 'admin' },
  )
  return rows
}

/** Version of the ClickHouse behind the store; throws where it does not answer. */
export async function storeVersion(store: Store): Promise<string> {
  const { rows } = await store.query<{ version: string }>(sql`SELECT version() AS version`, { lane: 'admin', timeoutMs: 10_000 })
  return rows[0]?.version ?? ''
}
