import type { DeviceType, EventOutput } from './event.ts'

/**
 * What is said over the WebSocket `/api/live`: JSON, one message a frame.
 *
 * Who may open it: somebody signed in, from a page of Cairn itself, with `?workspace=<slug>`; or `Authorization: Bearer <secret key>`.
 * Every event that the workspace accepts has an id in one order. Whoever was cut off opens a new connection and subscribes with `after` the
 * last id it has seen: for 10 minutes it gets everything in between, each event once, also when the server was restarted in between.
 */
export const LIVE_PATH = '/api/live'

/**
 * Codes with which the server closes. After `restart` a client connects again at once, after a lost connection with growing pauses; after the
 * others it does not by itself.
 */
export const liveCloseCodes = {
  restart: 1012,
  /** Too many messages, or none of the answers read. */
  refused: 1008,
  /** The key was revoked, or the session has ended. */
  unauthorized: 4401,
  /** No member of the workspace any more. */
  forbidden: 4403,
  /** By an admin of the workspace. */
  ended: 4410,
} as const

/** Ids are opaque texts; of two ids of one node the later one is greater as text. */
export type LiveId = string

/** All that are given must match. */
export interface LiveFilter {
  event_type?: string
  event_category?: string
  user_id?: string
  anonymous_id?: string
  session_id?: string
  entity_type?: string
  entity_id?: string
  device_type?: DeviceType
  /** Bots are left out where this is absent. */
  include_bots?: boolean
}

export type LiveRequest =
  | {
      type: 'subscribe'
      /** The client’s name for it, at most 64 characters; a second subscription of the same name takes its place. */
      subscription: string
      stream: 'events'
      filter?: LiveFilter
      /** Last id seen; where absent, from now on. */
      after?: LiveId
    }
  | { type: 'unsubscribe'; subscription: string }

export interface LiveEvent {
  id: LiveId
  event: EventOutput
}

export type LiveMessage =
  /** `at`: everything up to there has been told or lies before the subscription. */
  | { type: 'subscribed'; subscription: string; at: LiveId }
  /** In order. `at` moves on even where no event matched: the place to resume after. */
  | { type: 'events'; subscription: string; events: LiveEvent[]; at: LiveId }
  /** Events that were not told: too many for this connection, or older than what is kept. `count` is null where it is not known. */
  | { type: 'missed'; subscription: string; count: number | null; at: LiveId }
  /** Every 15 seconds; a client that hears nothing for 40 seconds opens a new connection. */
  | { type: 'heartbeat'; at: LiveId }
  /** The connection ends after `fatal`. */
  | { type: 'error'; code: string; message: string; fatal: boolean }
