import type { CatalogDb, CatalogTransaction } from '../catalog/schema.ts'
import type { EntityName } from './entity.ts'
import { columns } from './names.ts'

/** Whether the host knows the id: of a type that it never registered any id is taken. */
export async function isKnown(db: CatalogDb, name: EntityName): Promise<boolean> {
  const entity = await db
    .selectFrom('entities')
    .select('version')
    .where((row) => row.and(columns(name)))
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return entity !== undefined || !(await isRegistered(db, name))
}

/** Those of them that are there. */
export async function knownOf(db: CatalogDb, workspaceId: number, names: readonly EntityName[]): Promise<EntityName[]> {
  const known = new Set<string>()
  for (let first = 0; first < names.length; first += IN_ONE_QUERY) {
    const ids = names.slice(first, first + IN_ONE_QUERY).map(({ entityId }) => entityId)
    const rows = await db
      .selectFrom('entities')
      .select(['entity_type', 'entity_id'])
      .where('workspace_id', '=', workspaceId)
      .where('entity_id', 'in', ids)
      .where('deleted_at', 'is', null)
      .execute()
    for (const row of rows) known.add(JSON.stringify([row.entity_type, row.entity_id]))
  }
  return names.filter(({ entityType, entityId }) => known.has(JSON.stringify([entityType, entityId])))
}
const IN_ONE_QUERY = 500

const isRegistered = async (db: CatalogDb, { workspaceId, entityType }: Pick<EntityName, 'workspaceId' | 'entityType'>): Promise<boolean> =>
  (await db
    .selectFrom('entity_types')
    .select('registered_at')
    .where('workspace_id', '=', workspaceId)
    .where('entity_type', '=', entityType)
    .executeTakeFirst()) !== undefined

export const register = async (trx: CatalogTransaction, { workspaceId, entityType }: EntityName, now: number): Promise<void> => {
  await trx
    .insertInto('entity_types')
    .values({ workspace_id: workspaceId, entity_type: entityType, registered_at: now })
    .onConflict((known) => known.columns(['workspace_id', 'entity_type']).doNothing())
    .execute()
}
