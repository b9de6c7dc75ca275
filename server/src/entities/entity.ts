import type { Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import type { CatalogDb, CatalogTransaction, Schema } from '../catalog/schema.ts'
import { kinds, plainPayload } from '../ingest/record.ts'
import { enqueue } from '../outbox/outbox.ts'
import { assign, readAssignments } from './assigned.ts'
import type { Assignment, AssignmentChange } from './assignments.ts'
import { describe, sayings, type Attributes, type Described, type Times } from './attributes.ts'
import { columns } from './names.ts'

/** A thing of the host, by its own names. */
export interface EntityName {
  workspaceId: number
  entityType: string
  entityId: string
}

/** Something said about an entity. `whole`: what is not named does not hold any more. */
export interface Said {
  /** When it was so, in milliseconds. */
  at: number
  attributes?: Attributes | undefined
  whole?: boolean
  assignment?: AssignmentChange | undefined
  /** The entity is gone since then, and who was assigned to it. */
  deleted?: true
}

export interface Entity extends EntityName, Described {
  createdAt: number
  updatedAt: number
  deletedAt: number | null
  version: number
  assignments: Assignment[]
}

/** Who writes, and where it is carried to. */
export interface Writing {
  now: number
  /** Whose journal. */
  node: string
  keyId: string
}

const MAX_ATTRIBUTES_BYTES = 32 * 1024

/**
 * Locks the entity, or makes it, and says one thing after another; the state, the history and the row for the journal are written together.
 * `check` sees the entity as it was, and may throw. `appeared`: it was not there before, or was gone. Throws `invalid` over 32 KB of attributes.
 */
export async function say(
  trx: CatalogTransaction,
  name: EntityName,
  said: readonly Said[],
  writing: Writing,
  check: (before: Entity) => void = () => undefined,
): Promise<{ entity: Entity; appeared: boolean }> {
  const first = Math.min(...said.map(({ at }) => at))
  const row = await lock(trx, name, first)
  const before = await toEntity(trx, row)
  check(before)
  let state: Described = before
  const changes: Change[] = []
  let { deletedAt, updatedAt } = before
  const assigning: AssignmentChange[] = []
  for (const { at, attributes, whole = false, assignment, deleted } of said) {
    if (attributes) {
      for (const { field, value } of sayings(state, attributes, whole)) changes.push({ field, value, at })
      state = describe(state, attributes, at, whole)
    }
    if (assignment) assigning.push(assignment)
    if (deleted) {
      assigning.push({ at, change: 'set', userIds: [], why: 'deleted' })
      // What was said of a later time stands: the entity was made again.
      if (deletedAt !== null || at >= updatedAt) deletedAt = Math.max(deletedAt ?? at, at)
    } else if (deletedAt !== null && at >= deletedAt && (attributes || assignment)) deletedAt = null
    updatedAt = Math.max(updatedAt, at)
  }
  if (Buffer.byteLength(JSON.stringify(state.attributes)) > MAX_ATTRIBUTES_BYTES)
    throw new CairnError('invalid', 'attributes have at most 32 KB.', { errors: [{ path: '/attributes', message: 'at most 32 KB' }] })
  const assignments = assigning.length > 0 ? await assign(trx, name, assigning) : before.assignments
  const entity: Entity = { ...name, ...state, createdAt: Math.min(before.createdAt, first), updatedAt, deletedAt, version: before.version, assignments }
  await write(trx, entity, changes, writing)
  return { entity, appeared: row.version === 1 || (before.deletedAt !== null && deletedAt === null) }
}

/** Of one that is locked: its state and the row for the journal. */
export async function write(trx: CatalogTransaction, entity: Entity, changes: readonly Change[], writing: Writing): Promise<void> {
  await trx
    .updateTable('entities')
    .set({
      attributes: JSON.stringify(entity.attributes),
      attribute_times: JSON.stringify(entity.times),
      created_at: entity.createdAt,
      updated_at: entity.updatedAt,
      deleted_at: entity.deletedAt,
    })
    .where((entityRow) => entityRow.and(columns(entity)))
    .execute()
  await enqueue(trx, {
    id: uuidv7(writing.now),
    workspaceId: entity.workspaceId,
    node: writing.node,
    item: { kind: 'record', line: lineOf(entity, changes, writing) },
    now: writing.now,
  })
}

/** The row's lock puts writers of one entity in an order, on both databases. */
export const lock = (trx: CatalogTransaction, name: EntityName, at: number): Promise<Selectable<Schema['entities']>> =>
  trx
    .insertInto('entities')
    .values({
      ...columns(name),
      attributes: '{}',
      attribute_times: JSON.stringify({ whole: null, each: {} } satisfies Times),
      created_at: at,
      updated_at: at,
      deleted_at: null,
      version: 1,
    })
    .onConflict((known) => known.columns(['workspace_id', 'entity_type', 'entity_id']).doUpdateSet((row) => ({ version: row('entities.version', '+', 1) })))
    .returningAll()
    .executeTakeFirstOrThrow()

/** undefined where there is none, or it was deleted. */
export async function readEntity(db: CatalogDb | CatalogTransaction, name: EntityName): Promise<Entity | undefined> {
  const row = await db
    .selectFrom('entities')
    .selectAll()
    .where((entity) => entity.and(columns(name)))
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row && (await toEntity(db, row))
}

export async function toEntity(db: CatalogDb | CatalogTransaction, row: Selectable<Schema['entities']>): Promise<Entity> {
  const name: EntityName = { workspaceId: row.workspace_id, entityType: row.entity_type, entityId: row.entity_id }
  return {
    ...name,
    attributes: JSON.parse(row.attributes) as Attributes,
    times: JSON.parse(row.attribute_times) as Times,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deletedAt: row.deleted_at,
    version: row.version,
    assignments: await readAssignments(db, name),
  }
}

interface Change {
  field: string
  value: unknown
  at: number
}

/** For the event store: the entity as it is now, and what was said, one by one. */
const lineOf = (entity: Entity, changes: readonly Change[], { now, keyId }: Writing): string =>
  plainPayload(kinds.entity, {
    workspaceId: entity.workspaceId,
    receivedAt: now,
    keyId,
    tracker: '',
    source: 'api',
    id: uuidv7(now),
    data: {
      entity_type: entity.entityType,
      entity_id: entity.entityId,
      version: entity.version,
      attributes: JSON.stringify(entity.attributes),
      created_ms: entity.createdAt,
      updated_ms: entity.updatedAt,
      deleted: entity.deletedAt === null ? 0 : 1,
      assignments: entity.assignments.map(({ userId, assignedAt, unassignedAt, why, reason }) => [
        userId,
        assignedAt,
        unassignedAt ?? 0,
        why ?? '',
        reason ?? '',
      ]),
      changes: changes.map(({ field, value, at }, place) => [field, value === undefined ? '' : JSON.stringify(value), at, place]),
    },
  })
