import type { Selectable } from 'kysely'
import { CairnError, type FieldError } from '../base/errors.ts'
import { differences, LOCAL } from './audit.ts'
import type { CatalogDb, Schema, Timed } from './schema.ts'
import { change } from './version.ts'
import { requireWorkspace } from './workspaces.ts'

/** An event type that a workspace declared: what strict mode demands, and what people read about it in either mode. */
export interface DeclaredType {
  eventType: string
  category: string | null
  /** Property paths that every such event has to carry, `order.total`. */
  requiredProperties: string[]
  owner: string | null
  description: string | null
  createdAt: number
  updatedAt: number
}

interface Declaration extends Timed {
  workspaceId: number
  eventType: string
  category?: string | null | undefined
  requiredProperties?: readonly string[] | undefined
  owner?: string | null | undefined
  description?: string | null | undefined
}

/** Declares a type or replaces its declaration. Throws `invalid`, and `not_found` for an unknown workspace. */
export const declareType = async (db: CatalogDb, input: Declaration): Promise<DeclaredType> => {
  const { workspaceId, eventType, category = null, requiredProperties = [], owner = null, description = null, now = Date.now(), by = LOCAL } = input
  refuse(input)
  const said = { category, required_properties: JSON.stringify([...new Set(requiredProperties)]), owner, description, updated_at: now }
  return await change(db, async (trx) => {
    await requireWorkspace(trx, workspaceId)
    const before = await trx.selectFrom('taxonomy').selectAll().where('workspace_id', '=', workspaceId).where('event_type', '=', eventType).executeTakeFirst()
    const row = await trx
      .insertInto('taxonomy')
      .values({ workspace_id: workspaceId, event_type: eventType, ...said, created_at: now })
      .onConflict((known) => known.columns(['workspace_id', 'event_type']).doUpdateSet(said))
      .returningAll()
      .executeTakeFirstOrThrow()
    const answer = toType(row)
    const details = differences(told(before && toType(before)), told(answer), ['event_category', 'required_properties', 'owner', 'description'])
    return {
      answer,
      told: before && Object.keys(details).length === 0 ? [] : [{ workspaceId, by, action: 'type.declared', target: eventType, details, now }],
    }
  })
}

/** A declaration under the names that the API gives it. */
const told = (type: DeclaredType | undefined) => ({
  event_category: type?.category ?? null,
  required_properties: type?.requiredProperties ?? [],
  owner: type?.owner ?? null,
  description: type?.description ?? null,
})

/** Throws `not_found` where the type is not declared. Events of that type stay. */
export const removeType = (
  db: CatalogDb,
  { workspaceId, eventType, now = Date.now(), by = LOCAL }: { workspaceId: number; eventType: string } & Timed,
): Promise<void> =>
  change(db, async (trx) => {
    const gone = await trx
      .deleteFrom('taxonomy')
      .where('workspace_id', '=', workspaceId)
      .where('event_type', '=', eventType.replaceAll('\0', ''))
      .returning('event_type')
      .executeTakeFirst()
    if (!gone) throw new CairnError('not_found', 'This event type is not declared in this workspace.')
    return { answer: undefined, told: [{ workspaceId, by, action: 'type.removed', target: eventType, now }] }
  })

/** By name. */
export const listTypes = async (db: CatalogDb, { workspaceId }: { workspaceId: number }): Promise<DeclaredType[]> =>
  (await db.selectFrom('taxonomy').selectAll().where('workspace_id', '=', workspaceId).orderBy('event_type').execute()).map(toType)

/** Beyond this a declaration is a mistake; it also bounds what every node holds in memory. */
const MOST_PROPERTIES = 100
const LONGEST_NAME = 200
const LONGEST_TEXT = 2_000

const refuse = ({ eventType, category, requiredProperties = [], owner, description }: Declaration): void => {
  const errors: FieldError[] = []
  const limit = (path: string, text: string | null | undefined, longest: number): void => {
    if (typeof text === 'string' && (text === '' || text.length > longest || text.includes('\0')))
      errors.push({ path, message: `must be 1 to ${longest} characters` })
  }
  limit('/event_type', eventType, LONGEST_NAME)
  limit('/category', category, LONGEST_NAME)
  limit('/owner', owner, LONGEST_NAME)
  limit('/description', description, LONGEST_TEXT)
  requiredProperties.forEach((path, index) => limit(`/required_properties/${index}`, path, LONGEST_NAME))
  if (requiredProperties.length > MOST_PROPERTIES) errors.push({ path: '/required_properties', message: `must be at most ${MOST_PROPERTIES}` })
  if (errors.length > 0) throw new CairnError('invalid', 'The declaration of this event type is not valid.', { errors })
}

const toType = (row: Selectable<Schema['taxonomy']>): DeclaredType => ({
  eventType: row.event_type,
  category: row.category,
  requiredProperties: JSON.parse(row.required_properties) as string[],
  owner: row.owner,
  description: row.description,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
