import type { CatalogDb } from '../../catalog/schema.ts'
import { userKey } from '../../store/keys.ts'
import type { Persons } from '../../store/persons.ts'
import { raw, sql, u32 } from '../../store/sql.ts'
import type { Store } from '../../store/store.ts'

/** Takes the log-ins of a person out of the catalog, of all users that are that person; their tokens end. What was recorded of them is not touched. */
export async function forgetLogins(
  { db, store, persons }: { db: CatalogDb; store: Store; persons: Persons },
  workspaceId: number,
  userId: string,
): Promise<void> {
  const { rows } = await store.query<{ user_id: string }>(
    sql`SELECT DISTINCT user_id FROM ${raw(store.dialect.database)}.session_records
WHERE workspace_id = ${u32(workspaceId)} AND ${persons.isOf(workspaceId, userKey(workspaceId, userId))}`,
  )
  for (const user of new Set([userId, ...rows.map(({ user_id }) => user_id)]))
    await db.deleteFrom('login_sessions').where('workspace_id', '=', workspaceId).where('user_id', '=', user).execute()
}
