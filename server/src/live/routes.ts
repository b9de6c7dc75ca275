import { liveCloseCodes } from '@cairn/wire/live'
import { CairnError } from '../base/errors.ts'
import { iso, type Clock } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import type { Hub } from './hub.ts'

export interface LiveRoutesDeps {
  hub: Hub
  db: CatalogDb
  clock: Clock
}

export const liveRoutes = ({ hub, db, clock }: LiveRoutesDeps): Pick<Handlers, 'listLiveConnections' | 'closeLiveConnection'> => ({
  listLiveConnections: async ({ workspace }) => ({
    connections: [...hub.of(workspace.id)].map(({ id, watcher, since, subscriptions, sent, missed }) => ({
      id,
      actor: watcher.actor,
      since: iso(since),
      subscriptions: subscriptions.size,
      sent,
      missed,
    })),
    next_cursor: null,
  }),
  closeLiveConnection: async ({ workspace, params, by }) => {
    const connection = [...hub.of(workspace.id)].find(({ id }) => id === params['id'])
    if (!connection) throw new CairnError('not_found', 'There is no such live connection; GET /api/live/connections lists those there are.')
    await note(db, { workspaceId: workspace.id, by, action: 'live_connection.closed', target: connection.watcher.actor, now: clock.now() })
    connection.close(liveCloseCodes.ended, 'ended by an admin')
    return { success: true }
  },
})
