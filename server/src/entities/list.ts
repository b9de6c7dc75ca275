import type { QueryOf } from '@cairn/wire/api'
import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { toIso, toMs } from '../analytics/stored.ts'
import { safe } from '../analytics/where.ts'
import { iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { usersWith } from '../people/ids.ts'
import { empty, list, raw, sql, str, time, u64 } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { readEntity, type EntityName } from './entity.ts'
import { ofType, table } from './engagement.ts'
import { entityOf, noSuch, typeOf } from './names.ts'
import { show } from './writes.ts'

interface Row {
  entity_id: string
  attributes: string
  assignees: string[]
  created: string
  updated: string
  place: string
}

const DEFAULT_LIMIT = 50

export interface Listed {
  entity_id: string
  attributes: Record<string, unknown>
  assignees: string[]
  created_at: string
  updated_at: string
}

/** Latest change first. */
export async function listEntities(deps: EntityDeps, { workspace, params, query }: Call<'listEntities'>): Promise<object> {
  const entityType = typeOf(params)
  const assignees = query.assignee === undefined ? undefined : await usersWith(deps, workspace.id, safe('assignee', query.assignee))
  const { found, nextCursor } = await findEntities(deps, { workspaceId: workspace.id, entityType }, { ...query, assignees })
  return { [entityType === 'task' ? 'tasks' : 'entities']: found.map((entity) => ({ entity_type: entityType, ...entity })), next_cursor: nextCursor }
}

/** A page of a type, latest change first. */
export async function findEntities(
  { store }: Pick<EntityDeps, 'store'>,
  type: Pick<EntityName, 'workspaceId' | 'entityType'>,
  query: Omit<QueryOf<'listEntities'>, 'assignee'> & { assignees?: readonly string[] | undefined },
): Promise<{ found: Listed[]; nextCursor: string | null }> {
  const limit = query.limit ?? DEFAULT_LIMIT
  const after = readCursor(query.cursor, 'number')
  const equals = (column: string, value: string | undefined) => (value === undefined ? empty : sql` AND ${raw(column)} = ${str(safe(column, value))}`)
  const search = query.search ? safe('search', query.search) : undefined
  const { rows } = await store.query<Row>(sql`SELECT entity_id, attributes, arrayMap(a -> a.1, arrayFilter(a -> a.3 = 0, assignments)) AS assignees,
  toString(created_at) AS created, toString(updated_at) AS updated, toString(cityHash64(entity_id)) AS place
FROM ${table(store, 'entities')} FINAL
WHERE ${ofType(type)} AND deleted = 0${equals('status', query.status)}${equals('project_id', query.project_id)}
  ${query.assignees === undefined ? empty : sql` AND hasAny(assignees, ${list(query.assignees)})`}
  ${search === undefined ? empty : sql` AND (positionCaseInsensitiveUTF8(title, ${str(search)}) > 0 OR positionCaseInsensitiveUTF8(entity_id, ${str(search)}) > 0)`}
  ${after ? sql` AND (updated_at, cityHash64(entity_id)) < (${time(after.ms)}, ${u64(after.key)})` : empty}
ORDER BY updated_at DESC, cityHash64(entity_id) DESC LIMIT ${raw(String(limit + 1))}`)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    found: page.map(({ entity_id, attributes, assignees, created, updated }) => ({
      entity_id,
      attributes: JSON.parse(attributes) as Record<string, unknown>,
      assignees,
      created_at: toIso(created),
      updated_at: toIso(updated),
    })),
    nextCursor: last ? writeCursor({ ms: toMs(last.updated), key: last.place }) : null,
  }
}

/** As the catalog has it. */
export async function getEntity({ db }: EntityDeps, { workspace, params }: Call<'getEntity'>): Promise<object> {
  const name = entityOf(workspace.id, params)
  const entity = await readEntity(db, name)
  if (!entity) throw noSuch(name)
  return {
    ...show(entity),
    assignments: entity.assignments.map(({ userId, assignedAt, unassignedAt, why }) => ({
      user_id: userId,
      assigned_at: iso(assignedAt),
      unassigned_at: unassignedAt === null ? null : iso(unassignedAt),
      why,
    })),
  }
}
