import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import { safe } from '../analytics/where.ts'
import { userOf } from '../http/auth.ts'
import { usersWith } from '../people/ids.ts'
import type { Call } from '../http/call.ts'
import { enqueue, once, requestAsked, requestId } from '../outbox/outbox.ts'
import type { Assignment } from './assignments.ts'
import { isDone } from './done.ts'
import type { EntityDeps } from './deps.ts'
import { readEntity, say, type Entity, type Said } from './entity.ts'
import { entityOf, noSuch, titled } from './names.ts'
import { momentSaid } from '../ingest/said.ts'
import { noteChange } from './writes.ts'

/**
 * Somebody turns an assignment down. One transaction checks it, ends it, tells the creator, and leaves the event for the journal; of several at
 * the same time the first counts. Throws `not_found`, and `conflict` where they are not assigned, or the work is done.
 */
export async function reject(deps: EntityDeps, call: Call<'reject'>): Promise<object> {
  const { workspace, body, request, key } = call
  const { db, clock, node } = deps
  const now = clock.now()
  const name = entityOf(workspace.id, call.params)
  const at = momentSaid(body, now)
  const { reason, rejection_note: note } = body
  const userId = userOf(call, body.user_id)
  const users = await usersWith(deps, workspace.id, safe('user_id', userId))
  const check = (before: Entity | undefined): void => {
    if (!before || before.version === 0 || before.deletedAt !== null) throw noSuch(name)
    if (isDone(before.attributes, workspace.doneStatuses))
      throw new CairnError('conflict', `This ${name.entityType} is completed: it cannot be rejected any more.`)
    if (turnedDown(before.assignments, { userId, users, at }).length === 0)
      throw new CairnError('conflict', `${userId} is not assigned to this ${name.entityType}.`)
  }
  const id = requestId(workspace.id, body, request.headers)
  // Nearly all of many at the same time are told so without waiting for the lock.
  if (id === undefined) check(await readEntity(db, name))
  const answer = await db.transaction().execute((trx) =>
    once(trx, { workspaceId: workspace.id, id, request: requestAsked(request, body), now }, async () => {
      const eventId = id ?? uuidv7(now)
      const before = await readEntity(trx, name)
      if (!before) throw noSuch(name)
      const [rejected = userId, ...others] = turnedDown(before.assignments, { userId, users, at })
      const said: Said[] = [
        { at, assignment: { at, change: 'remove', userIds: [rejected], why: 'rejected', reason: reason ?? null, note: note ?? null } },
        ...others.map((other): Said => ({ at, assignment: { at, change: 'remove', userIds: [other], why: 'deleted' } })),
      ]
      const { entity } = await say(trx, name, said, { now, node, keyId: key.keyId }, check)
      const { created_by: creator, title } = entity.attributes
      if (typeof creator === 'string' || typeof creator === 'number') {
        await trx
          .insertInto('notifications')
          .values({
            id: uuidv7(now),
            workspace_id: workspace.id,
            user_id: String(creator),
            kind: 'task_rejected',
            entity_type: name.entityType,
            entity_id: name.entityId,
            data: JSON.stringify({ user_id: userId, reason: reason ?? null, rejection_note: note ?? null, title: title ?? null }),
            created_at: now,
            read_at: null,
          })
          .execute()
      }
      const event = {
        event_type: `${name.entityType}_rejected`,
        event_category: name.entityType,
        event_action: 'rejected',
        user_id: userId,
        session_id: body.session_id ?? call.person?.sessionId,
        entity_type: name.entityType,
        entity_id: name.entityId,
        timestamp: at,
        metadata: { ...(reason === undefined ? {} : { reason }), ...(note === undefined ? {} : { rejection_note: note }) },
      }
      const userAgent = request.headers['user-agent'] ?? ''
      await enqueue(trx, { id: eventId, workspaceId: workspace.id, node, item: { kind: 'event', event, keyId: key.keyId, userAgent }, now })
      await noteChange(trx, call, name, now)
      return { success: true, data: [], message: `${titled(name)} rejected successfully` }
    }),
  )
  await deps.relay.flush()
  return answer
}

/**
 * By which of their users somebody is assigned at a moment: as they are named first, else by the oldest. One rejection is counted; what they are
 * assigned by under other ids ends with it.
 */
const turnedDown = (assignments: readonly Assignment[], { userId, users, at }: { userId: string; users: readonly string[]; at: number }): string[] =>
  assignments
    .filter((one) => users.includes(one.userId) && one.unassignedAt === null && one.assignedAt <= at)
    .map((one) => one.userId)
    .toSorted((a, b) => Number(b === userId) - Number(a === userId))
