import type { CatalogDb, CatalogTransaction } from '../catalog/schema.ts'
import { columns, type EntityName } from './entity.ts'

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
