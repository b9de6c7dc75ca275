import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { safe } from '../analytics/where.ts'
import { HOUR, iso } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { Call } from '../http/call.ts'
import { aloneAs, readIds, recordedSince, usersWith } from '../people/ids.ts'
import type { Persons } from '../store/persons.ts'
import { empty, i64, list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { hours, ofType, table } from './engagement.ts'
import { typeOf } from './names.ts'

interface Row {
  entity_id: string
  title: string
  project_id: string
  user_id: string
  person: string
  assigned_ms: string
  place: string
}

const DEFAULT_HOURS = 24
const DEFAULT_LIMIT = 50

/**
 * Who has not opened what they are assigned to, longest first. Nobody is blamed who cannot be known to have viewed it: who has opted out, or was
 * assigned before they opted in again, before events were switched on again, or before the workspace was made; and nobody while events are off.
 */
export async function unopened(deps: EntityDeps, { workspace, params, query }: Call<'unopened'>): Promise<object> {
  const { store, persons, clock } = deps
  const entityType = typeOf(params)
  const now = clock.now()
  const limit = query.limit ?? DEFAULT_LIMIT
  const before = now - (query.older_than_hours ?? DEFAULT_HOURS) * HOUR
  const assignees = query.assignee ? await usersWith(deps, workspace.id, safe('assignee', query.assignee)) : undefined
  const found: Row[] = []
  let after = readCursor(query.cursor, 'number')
  // Those who opted out are told apart by the catalog: a page that they emptied is filled from the next.
  for (; !workspace.streamsOff.has('events');) {
    const { rows } =
      await store.query<Row>(sql`SELECT entity_id, title, project_id, a.1 AS user_id, toString(${personOf(persons, workspace.id)}) AS person, a.2 AS assigned_ms, cityHash64(entity_id, user_id) AS place
${isUnopened({ store, persons }, workspace, entityType, before)}
  ${assignees ? sql` AND a.1 IN ${list(assignees)}` : empty}${query.project_id ? sql` AND project_id = ${str(safe('project_id', query.project_id))}` : empty}
  ${after ? sql` AND (a.2, cityHash64(entity_id, a.1)) > (${i64(after.ms)}, toUInt64(${str(after.key)}))` : empty}
ORDER BY assigned_ms, place LIMIT ${raw(String(limit + 1))}`)
    const sinceOf = await recorded(deps, workspace.id, rows)
    found.push(...rows.filter((row) => Number(row.assigned_ms) >= sinceOf(row)))
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

const personOf = (persons: Persons, workspaceId: number): Piece => persons.rootOf(workspaceId, sql`cityHash64(${u32(workspaceId)}, 'u', a.1)`)

type Assignee = Pick<Row, 'user_id' | 'person'>

/** Since when each of them is recorded. */
async function recorded({ store, persons, directory }: EntityDeps, workspaceId: number, rows: readonly Assignee[]): Promise<(row: Assignee) => number> {
  const tied = persons.hasLinks(workspaceId) ? await readIds({ store, persons }, workspaceId, [...new Set(rows.map(({ person }) => person))]) : undefined
  return ({ person, user_id }) => recordedSince(directory, workspaceId, tied?.get(person) ?? aloneAs(user_id))
}

/** FROM and WHERE: assignments `a` that began up to `before` and whose assignee never viewed the entity; also of those who cannot be known to have. */
const isUnopened = (
  { store, persons }: Pick<EntityDeps, 'store' | 'persons'>,
  { id, trackedSince }: DirectoryWorkspace,
  entityType: string,
  before: number,
): Piece =>
  sql`FROM ${table(store, 'entities')} FINAL ARRAY JOIN assignments AS a
WHERE ${ofType({ workspaceId: id, entityType })} AND deleted = 0 AND a.3 = 0 AND a.2 <= ${i64(Math.floor(before))} AND a.2 >= ${i64(trackedSince)}
  AND (entity_id, ${personOf(persons, id)}) GLOBAL NOT IN (
    SELECT entity_id, ${persons.column(id)} FROM ${table(store, 'engagement')} WHERE ${ofType({ workspaceId: id, entityType })} AND views > 0)`

/** How many `unopened` lists in all. */
export async function countUnopened(deps: EntityDeps, workspace: DirectoryWorkspace, entityType: string): Promise<number> {
  if (workspace.streamsOff.has('events')) return 0
  const { store, persons, clock } = deps
  const { rows } = await store.query<Assignee & { assigned: string[] }>(
    sql`SELECT a.1 AS user_id, toString(${personOf(persons, workspace.id)}) AS person, groupArray(a.2) AS assigned
${isUnopened({ store, persons }, workspace, entityType, clock.now() - DEFAULT_HOURS * HOUR)} GROUP BY user_id, person`,
  )
  const sinceOf = await recorded(deps, workspace.id, rows)
  return rows.reduce((sum, row) => {
    const since = sinceOf(row)
    return sum + row.assigned.filter((ms) => Number(ms) >= since).length
  }, 0)
}
