import type { Handlers } from '../http/call.ts'
import { commentTrend } from './comments.ts'
import { engagement, hasViewed } from './engagement.ts'
import { getEntity, listEntities } from './list.ts'
import { notificationRoutes } from './notifications.ts'
import { reject } from './reject.ts'
import { entityRejections, userRejections } from './rejections.ts'
import { durations, transitions } from './spans.ts'
import { entitySummary } from './summary.ts'
import { unopened } from './unopened.ts'
import { viewRoutes, type ViewDeps } from './views.ts'
import { writeRoutes } from './writes.ts'

type Reads =
  | 'getEntity'
  | 'listEntities'
  | 'entitySummary'
  | 'reject'
  | 'listRejections'
  | 'userRejections'
  | 'engagement'
  | 'unopened'
  | 'hasViewed'
  | 'commentTrend'
  | 'durations'
  | 'transitions'

/** Things of the host, who is assigned to them, and what came of it. */
export const entityRoutes = (
  deps: ViewDeps,
): Pick<Handlers, Reads> & ReturnType<typeof writeRoutes> & ReturnType<typeof viewRoutes> & ReturnType<typeof notificationRoutes> => ({
  ...writeRoutes(deps),
  ...viewRoutes(deps),
  ...notificationRoutes(deps),
  getEntity: (call) => getEntity(deps, call),
  listEntities: (call) => listEntities(deps, call),
  entitySummary: (call) => entitySummary(deps, call),
  reject: (call) => reject(deps, call),
  listRejections: (call) => entityRejections(deps, call),
  userRejections: (call) => userRejections(deps, call),
  engagement: (call) => engagement(deps, call),
  unopened: (call) => unopened(deps, call),
  hasViewed: (call) => hasViewed(deps, call),
  commentTrend: (call) => commentTrend(deps, call),
  durations: (call) => durations(deps, call),
  transitions: (call) => transitions(deps, call),
})
