import type { Client } from './client.ts'
import * as calls from './shared.ts'

/** All calls on one object, the same at all times. */
export const cairn: Client = {
  track: calls.track,
  trackTimed: calls.trackTimed,
  trackPageView: calls.trackPageView,
  trackBatch: calls.trackBatch,
  identify: calls.identify,
  group: calls.group,
  register: calls.register,
  getSessionId: calls.getSessionId,
  hasOptedOut: calls.hasOptedOut,
  reset: calls.reset,
  optOut: calls.optOut,
  optIn: calls.optIn,
  excludeMe: calls.excludeMe,
  flush: calls.flush,
  get queueSize() {
    return calls.queueSize()
  },
}
