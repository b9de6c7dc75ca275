import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import type { Relay } from '../outbox/relay.ts'
import { usersWith } from '../people/ids.ts'
import { deleteEvents, type CleanupDeps } from './cleanup.ts'
import { forgetPerson } from './person.ts'

export const cleanupRoutes = (deps: CleanupDeps & { db: CatalogDb; node: string; relay: Pick<Relay, 'flush'> }): Pick<Handlers, 'cleanup'> => ({
  cleanup: async ({ workspace, query, request, by, key }) => {
    const userId = query.user_id ?? query.user_email
    // An empty id is a mistake of the caller; taken as "everybody" it would be their loss.
    if (userId === '')
      throw new CairnError('invalid', 'user_id is empty; leave it out to delete the events of everybody.', {
        errors: [{ path: '/user_id', message: 'must not be empty' }],
      })
    const days = query.older_than_days
    const doomedUser = userId === undefined ? undefined : safe('user_id', userId)
    await note(deps.db, {
      workspaceId: workspace.id,
      by,
      action: 'events.deleted',
      target: doomedUser ?? 'everybody',
      details: { older_than_days: days },
      now: deps.clock.now(),
    })
    if (days === 0 && doomedUser !== undefined) {
      // First, while the links still say who else they are. What was decided before is on its way into the journal then, and is deleted there.
      const users = await usersWith(deps, workspace.id, doomedUser)
      await deps.relay.flush()
      await forgetPerson(deps.db, workspace.id, users, { now: deps.clock.now(), node: deps.node, keyId: key.keyId })
      await deps.relay.flush()
    }
    const deleted = await deleteEvents(
      { ...deps, log: deps.log ?? request.log },
      {
        workspaceId: workspace.id,
        ...(doomedUser === undefined ? {} : { userId: doomedUser }),
        ...(days === 0 ? {} : { beforeMs: deps.clock.now() - days * DAY }),
      },
    )
    return { success: true, deleted }
  },
})
