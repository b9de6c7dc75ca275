import { CairnError } from '../base/errors.ts'
import { plainText } from '../ingest/json.ts'
import type { EntityName } from './entity.ts'

/** Type and id of the path. `/api/tasks/…` names no type. Throws `invalid` for what no event could name. */
export function entityOf(workspaceId: number, params: Readonly<Record<string, string>>): EntityName {
  return { workspaceId, entityType: typeOf(params), entityId: checked('entity_id', params['entity_id'] ?? '', 255) }
}

export const typeOf = (params: Readonly<Record<string, string | undefined>>): string => checked('entity_type', params['entity_type'] ?? 'task', 100)

function checked(name: string, given: string, most: number): string {
  const value = plainText(given)
  if (value === '' || value.length > most)
    throw new CairnError('invalid', `${name} has 1 to ${most} characters.`, { errors: [{ path: `/${name}`, message: `1 to ${most} characters` }] })
  return value
}

/** "Task", "Order line": at the beginning of a message. */
export const titled = ({ entityType }: Pick<EntityName, 'entityType'>): string =>
  `${entityType.charAt(0).toUpperCase()}${entityType.slice(1).replaceAll('_', ' ')}`

/** "Task not found". */
export const noSuch = (name: Pick<EntityName, 'entityType'>): CairnError => new CairnError('not_found', `${titled(name)} not found`)

/** By which rows of the catalog are found. */
export const columns = ({ workspaceId, entityType, entityId }: EntityName) => ({ workspace_id: workspaceId, entity_type: entityType, entity_id: entityId })
