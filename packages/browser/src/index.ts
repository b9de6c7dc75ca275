import type { Options } from './client.ts'
import { begin } from './shared.ts'

export { defineEventTypes, EVENT_TABLE, EVENT_TYPES, type EventType } from '@cairn/core/event-types'
export type { AnyType, BeforeSend, OutgoingEvent, Properties, Timed, TrackOptions } from '@cairn/core/event'
export type { State } from '@cairn/core/machine'
export type { Fault } from '@cairn/core/sender'
export type { AutoKind, Client, Options } from './client.ts'
export { cairn } from './cairn.ts'
export {
  excludeMe,
  flush,
  getSessionId,
  group,
  hasOptedOut,
  identify,
  optIn,
  optOut,
  queueSize,
  register,
  reset,
  track,
  trackBatch,
  trackPageView,
  trackTimed,
} from './shared.ts'

/** Begins; a second call changes nothing, and on a server none does. What was called before is made up for. */
export const init = (options: Options): void => begin(options, () => import('./more.ts'))
