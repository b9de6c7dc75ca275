import type { Archive } from '../archive/archive.ts'
import type { Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import type { Store } from '../store/store.ts'
import { activityRoutes } from './activity.ts'
import { eventRoutes } from './events.ts'
import { typeRoutes } from './types.ts'
import type { WhereDeps } from './where.ts'

export interface AnalyticsRoutesDeps extends WhereDeps {
  store: Store
  db: CatalogDb
  directory: Directory
  archive: Pick<Archive, 'everywhere'>
  clock: Clock
}

export const analyticsRoutes = (
  deps: AnalyticsRoutesDeps,
): Pick<Handlers, 'listEvents' | 'exportEvents' | 'analytics' | 'listTypes' | 'declareType' | 'undeclareType'> => ({
  ...eventRoutes(deps),
  ...activityRoutes(deps),
  ...typeRoutes(deps),
})
