import type { Selectable } from 'kysely'
import type { CatalogDb, CatalogTransaction, Schema } from '../catalog/schema.ts'
import { assignmentsOf, type Assignment, type AssignmentChange } from './assignments.ts'
import type { EntityName } from './entity.ts'
import { columns } from './names.ts'

/** What the catalog keeps of who is assigned to an entity: what was said, and what follows from it. The entity is locked by whoever writes. */
export async function assign(trx: CatalogTransaction, name: EntityName, said: readonly AssignmentChange[]): Promise<Assignment[]> {
  await trx
    .insertInto('assignment_changes')
    .values(
      said.map(({ at, change, userIds, why, reason = null, note = null }) => ({
        ...columns(name),
        at,
        change,
        user_ids: JSON.stringify(userIds),
        why,
        reason,
        note,
      })),
    )
    .execute()
  return await settleAssignments(trx, name)
}

export const changesOf = (trx: CatalogTransaction, name: EntityName): Promise<Array<Selectable<Schema['assignment_changes']>>> =>
  trx
    .selectFrom('assignment_changes')
    .selectAll()
    .where((row) => row.and(columns(name)))
    .orderBy('at')
    .orderBy('id')
    .execute()

/** Writes down what follows from all that was said. */
export async function settleAssignments(trx: CatalogTransaction, name: EntityName): Promise<Assignment[]> {
  const assignments = assignmentsOf((await changesOf(trx, name)).map(({ user_ids, ...rest }) => ({ ...rest, userIds: JSON.parse(user_ids) as string[] })))
  await trx
    .deleteFrom('assignments')
    .where((row) => row.and(columns(name)))
    .execute()
  const rows = assignments.map(({ userId, assignedAt, unassignedAt, ...rest }, place) => ({
    ...columns(name),
    place,
    user_id: userId,
    assigned_at: assignedAt,
    unassigned_at: unassignedAt,
    ...rest,
  }))
  if (rows.length > 0) await trx.insertInto('assignments').values(rows).execute()
  return assignments
}

export async function readAssignments(db: CatalogDb | CatalogTransaction, name: EntityName): Promise<Assignment[]> {
  const assigned = await db
    .selectFrom('assignments')
    .selectAll()
    .where((assignment) => assignment.and(columns(name)))
    .orderBy('place')
    .execute()
  return assigned.map(toAssignment)
}

const toAssignment = ({
  user_id,
  assigned_at,
  unassigned_at,
  why,
  reason,
  note,
}: Pick<Selectable<Schema['assignments']>, 'user_id' | 'assigned_at' | 'unassigned_at' | 'why' | 'reason' | 'note'>): Assignment => ({
  userId: user_id,
  assignedAt: assigned_at,
  unassignedAt: unassigned_at,
  why,
  reason,
  note,
})
