import type { Client } from './client.ts'
import { cairn } from './shared.ts'

export { defineEventTypes, EVENT_TABLE, EVENT_TYPES, type EventType } from '@cairn/core/event-types'
export type { AnyType, BeforeSend, OutgoingEvent, Properties, Timed, TrackOptions } from '@cairn/core/event'
export type { State } from '@cairn/core/machine'
export type { Fault } from '@cairn/core/sender'
export { createClient, type Client, type Options, type ServerTrackOptions, type Who } from './client.ts'
export { cairn, init } from './shared.ts'

export const track: Client['track'] = cairn.track
export const trackTimed: Client['trackTimed'] = cairn.trackTimed
export const trackPageView: Client['trackPageView'] = cairn.trackPageView
export const trackBatch: Client['trackBatch'] = cairn.trackBatch
export const identify: Client['identify'] = cairn.identify
export const group: Client['group'] = cairn.group
export const register: Client['register'] = cairn.register
export const flush: Client['flush'] = cairn.flush
export const shutdown: Client['shutdown'] = cairn.shutdown
/** Events not delivered yet. */
export const queueSize = (): number => cairn.queueSize
