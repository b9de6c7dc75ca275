import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import { forgetLogins } from '../sessions/login/forget.ts'
import { deleteEvents, type CleanupDeps } from './cleanup.ts'

export const cleanupRoutes = (deps: CleanupDeps & { db: CatalogDb }): Pick<Handlers, 'cleanup'> => ({
  cleanup: async ({ workspace, query, request, by }) => {
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
    // First, while what was recorded of them still says whose they are.
    if (days === 0 && doomedUser !== undefined) await forgetLogins(deps, workspace.id, doomedUser)
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
