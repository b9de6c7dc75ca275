import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import type { Handlers } from '../http/call.ts'
import { deleteEvents, type CleanupDeps } from './cleanup.ts'

export const cleanupRoutes = (deps: CleanupDeps): Pick<Handlers, 'cleanup'> => ({
  cleanup: async ({ workspace, query, request }) => {
    const userId = query.user_id ?? query.user_email
    // An empty id is a mistake of the caller; taken as "everybody" it would be their loss.
    if (userId === '')
      throw new CairnError('invalid', 'user_id is empty; leave it out to delete the events of everybody.', {
        errors: [{ path: '/user_id', message: 'must not be empty' }],
      })
    const days = query.older_than_days
    const deleted = await deleteEvents(
      { ...deps, log: deps.log ?? request.log },
      {
        workspaceId: workspace.id,
        ...(userId === undefined ? {} : { userId: safe('user_id', userId) }),
        ...(days === 0 ? {} : { beforeMs: deps.clock.now() - days * DAY }),
      },
    )
    return { success: true, deleted }
  },
})
