import type { EventType } from './event-types.ts'
import { uuidv7 } from './ids.ts'

/** Any JSON object; what JSON cannot say (functions, undefined) is left out. */
export type Properties = Record<string, unknown>

/** One of the shared types, or one of the host's own. */
// oxlint-disable-next-line typescript/ban-types -- keeps the shared names as suggestions beside any other string
export type AnyType = EventType | (string & {})

export interface TrackOptions {
  entityType?: string | undefined
  /** A number is sent as it is and stored as text. */
  entityId?: string | number | undefined
  metadata?: Properties | undefined
  /** Milliseconds. */
  durationMs?: number | undefined
  /** Where neither is given, the parts of the type before and after its first `_`. */
  category?: string | undefined
  action?: string | undefined
  /** Joins the context that the tracker gives by itself. */
  context?: Properties | undefined
  /** When it happened, where that is not now. */
  timestamp?: Date | number | undefined
  /** Sends at once instead of with the next batch. */
  immediate?: boolean | undefined
}

/** An event as it goes over the wire; `beforeSend` may change it or answer null for "do not send". */
export interface OutgoingEvent {
  event_id: string
  event_type: string
  event_category?: string | undefined
  event_action?: string | undefined
  user_id?: string | undefined
  anonymous_id?: string | undefined
  session_id?: string | undefined
  entity_type?: string | undefined
  entity_id?: string | number | undefined
  metadata?: Properties | undefined
  context?: Properties | undefined
  device_type?: string | undefined
  /** Of the makers or a test: marked, and left out of figures. */
  internal?: boolean | undefined
  duration_ms?: number | undefined
  /** Milliseconds since 1970. */
  timestamp: number
  tracker: string
  source_id: string
  /** Running number within the source, from 1. */
  seq: number
}

export type BeforeSend = (event: OutgoingEvent) => OutgoingEvent | null

/** Who and where: what the tracker knows beside what the host says. */
export type Circumstances = Pick<
  OutgoingEvent,
  'user_id' | 'anonymous_id' | 'session_id' | 'context' | 'device_type' | 'internal' | 'tracker' | 'source_id' | 'seq'
>

/** What happens to the page itself is `navigation`; else undefined, where the server's own split of the type holds. */
export const categoryOf = (type: string): string | undefined => (/^(page_viewed|modal_opened|search_performed)$/.test(type) ? 'navigation' : undefined)

export const eventOf = (type: string, o: TrackOptions, now: number, around: Circumstances): OutgoingEvent => ({
  event_id: uuidv7(now),
  event_type: type,
  event_category: o.category ?? categoryOf(type),
  event_action: o.action,
  entity_type: o.entityType,
  entity_id: o.entityId,
  metadata: o.metadata,
  duration_ms: o.durationMs,
  timestamp: Number(o.timestamp ?? now),
  ...around,
  context: { ...around.context, ...o.context },
})

/** Of something that takes time. What is called after the first of the two does nothing. */
export interface Timed {
  /** Sends the event with its duration; `metadata` is merged over what was given at the start. */
  complete(metadata?: Properties): void
  /** Sends nothing. */
  cancel(): void
}

export function timed<O extends TrackOptions>(track: (type: AnyType, options: O) => void, elapsed: () => number, type: AnyType, options: O = {} as O): Timed {
  const began = elapsed()
  let isOver = false
  return {
    complete(metadata) {
      if (isOver) return
      isOver = true
      track(type, { ...options, metadata: { ...options.metadata, ...metadata }, durationMs: Math.round(elapsed() - began) })
    },
    cancel() {
      isOver = true
    },
  }
}
