import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import { listSessions, type SessionReadDeps } from './list.ts'
import { getSession, readSession } from './session.ts'
import { summarize } from './summary.ts'
import { readUsageByPerson, readPlatformUsage } from './platform.ts'
import { readUsage } from './usage.ts'

export const sessionRoutes = (
  deps: SessionReadDeps & { db: CatalogDb },
): Pick<Handlers, 'findSessions' | 'getSession' | 'sessionEvents' | 'sessionSummary' | 'usage' | 'usageByPerson' | 'userUsage'> => ({
  findSessions: (call) => listSessions(deps, call),
  getSession: (call) => getSession(deps, call),
  sessionEvents: (call) => readSession(deps, call, call.params['session_id'] ?? ''),
  sessionSummary: (call) => summarize(deps, call),
  usage: (call) => readPlatformUsage(deps, call),
  usageByPerson: (call) => readUsageByPerson(deps, call),
  userUsage: (call) => readUsage(deps, call),
})
