import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { HOUR, iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import { empty, i64, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { hours, ofType, table } from './engagement.ts'
import { typeOf } from './names.ts'

interface Row {
  entity_id: string
  title: string
  project_id: string
  user_id: string
  assigned_ms: string
  place: string
}

const DEFAULT_HOURS = 24
const DEFAULT_LIMIT = 50

/**
 * Who has not opened what they are assigned to, longest first. Nobody is blamed who cannot be known to have viewed it: who opted out, or was
 * assigned before the workspace was made.
 */
export async function unopened({ store, persons, directory, clock }: EntityDeps, { workspace, params, query }: Call<'unopened'>): Promise<object> {
  const entityType = typeOf(params)
  const now = clock.now()
  const limit = query.limit ?? DEFAULT_LIMIT
  const before = now - (query.older_than_hours ?? DEFAULT_HOURS) * HOUR
  const found: Row[] = []
  let after = readCursor(query.cursor, 'number')
  // Those who opted out are told apart by the catalog: a page that they emptied is filled from the next.
  for (;;) {
    const { rows } = await store.query<Row>(sql`SELECT entity_id, title, project_id, a.1 AS user_id, a.2 AS assigned_ms, cityHash64(entity_id, user_id) AS place
${isUnopened({ store, persons }, workspace, entityType, before)}
  ${query.assignee === undefined ? empty : sql` AND a.1 = ${str(query.assignee)}`}${query.project_id === undefined ? empty : sql` AND project_id = ${str(query.project_id)}`}
  ${after ? sql` AND (a.2, cityHash64(entity_id, a.1)) > (${i64(after.ms)}, toUInt64(${str(after.key)}))` : empty}
ORDER BY assigned_ms, place LIMIT ${raw(String(limit + 1))}`)
    found.push(...rows.filter(({ user_id }) => !directory.isOptedOut(workspace.id, user_id)))
    const last = rows.at(-1)
    if (rows.length <= limit || found.length > limit || !last) break
    after = { ms: Number(last.assigned_ms), key: last.place }
  }
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return {
    [entityType === 'task' ? 'tasks' : 'entities']: page.map(({ entity_id, title, project_id, user_id, assigned_ms }) => ({
      entity_type: entityType,
      entity_id,
      title: title || null,
      project_id: project_id || null,
      user_id,
      assigned_at: iso(Number(assigned_ms)),
      hours_since_assigned: hours(now - Number(assigned_ms)),
    })),
    next_cursor: last ? writeCursor({ ms: Number(last.assigned_ms), key: last.place }) : null,
  }
}

/** FROM and WHERE: assignments `a` that began up to `before` and whose assignee never viewed the entity; also of those who opted out. */
const isUnopened = (
  { store, persons }: Pick<EntityDeps, 'store' | 'persons'>,
  { id, createdAt }: DirectoryWorkspace,
  entityType: string,
  before: number,
): Piece =>
  sql`FROM ${table(store, 'entities')} FINAL ARRAY JOIN assignments AS a
WHERE ${ofType({ workspaceId: id, entityType })} AND deleted = 0 AND a.3 = 0 AND a.2 <= ${i64(Math.floor(before))} AND a.2 >= ${i64(createdAt)}
  AND (entity_id, ${persons.rootOf(id, sql`cityHash64(${u32(id)}, 'u', a.1)`)}) GLOBAL NOT IN (
    SELECT entity_id, ${persons.column(id)} FROM ${table(store, 'engagement')} WHERE ${ofType({ workspaceId: id, entityType })} AND views > 0)`

/** How many `unopened` lists in all. */
export async function countUnopened({ store, persons, directory, clock }: EntityDeps, workspace: DirectoryWorkspace, entityType: string): Promise<number> {
  const before = clock.now() - DEFAULT_HOURS * HOUR
  const { rows } = await store.query<{ user_id: string; count: string }>(
    sql`SELECT a.1 AS user_id, count() AS count ${isUnopened({ store, persons }, workspace, entityType, before)} GROUP BY user_id`,
  )
  return rows.reduce((sum, { user_id, count }) => (directory.isOptedOut(workspace.id, user_id) ? sum : sum + Number(count)), 0)
}
