import Type, { type Static, type TSchema } from 'typebox'
import { MAX_BATCH_ENDS, SettingsVersion, SourceEnd } from './tracker.ts'

/**
 * The event as hosts and trackers send it: schema = type = document. Limits are those of docs/events.md.
 * A field that is null counts as absent. Fields that are not listed are ignored.
 */
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const short = (description: string, maxLength = 255) => Type.String({ maxLength, description })

export const deviceTypes = ['desktop', 'mobile', 'tablet', 'server', 'bot'] as const
export type DeviceType = (typeof deviceTypes)[number]

/** 32 KB, counted in bytes of JSON. */
export const MAX_JSON_BYTES = 32 * 1024
/** Deeper JSON is refused: no host nests so far, and a reader would have to recurse. */
export const MAX_JSON_DEPTH = 16
export const MAX_BATCH_EVENTS = 1_000
/** After decompression; the same for a single event. */
export const MAX_BODY_BYTES = 1024 * 1024

const Moment = Type.Union([Type.String({ maxLength: 64 }), Type.Number()], {
  description: 'ISO 8601 with offset (2026-12-03T09:30:00Z) or milliseconds since 1970.',
})

export const EventInput = Type.Object(
  {
    event_id: optional(
      Type.String({
        pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
        description: 'UUID, best a version 7. The key for exactly-once: an event without it cannot be told from its own repetition.',
      }),
    ),
    event_type: Type.String({ minLength: 1, maxLength: 200, description: 'What happened, for example project_created.' }),
    event_category: optional(short('Where absent: the part of event_type before the first "_".', 100)),
    event_action: optional(short('Where absent: the part of event_type after the first "_".', 100)),
    user_id: optional(short('The host application’s id of the person. One of user_id and anonymous_id is required.')),
    user_email: optional(short('Another name for user_id.')),
    anonymous_id: optional(short('Id made by the tracker for somebody not known yet.')),
    session_id: optional(short('The run of activity this belongs to.')),
    entity_type: optional(short('Kind of thing it happened to: task, project, order.', 100)),
    entity_id: optional(Type.Union([short('Id of the thing.'), Type.Number()], { description: 'Id of the thing; a number is stored as its decimal text.' })),
    event_metadata: optional(Type.Object({}, { description: 'Free JSON, at most 32 KB, queryable by path.' })),
    metadata: optional(Type.Object({}, { description: 'Another name for event_metadata.' })),
    context_snapshot: optional(Type.Object({}, { description: 'Where it happened: page, viewport, referrer, utm, locale; at most 32 KB.' })),
    context: optional(Type.Object({}, { description: 'Another name for context_snapshot.' })),
    device_type: optional(Type.Enum([...deviceTypes], { description: 'Derived from the user agent where absent.' })),
    duration_ms: optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'How long it took, in milliseconds.' })),
    event_timestamp: optional(Moment),
    timestamp: optional(Moment),
    occurred_at: optional(Moment),
    sent_at: optional(Moment),
    seq: optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Running number within its source, from 1, for the capture rate.' }),
    ),
    source_id: optional(short('Tab or process that numbered it.')),
    internal: optional(Type.Boolean({ description: 'Of the makers or a test: marked, and left out of figures.' })),
    tracker: optional(short('Name and version of the tracker, for example cairn-browser/1.2.0.', 100)),
  },
  { title: 'Event' },
)
export type EventInput = Static<typeof EventInput>

export const BatchInput = Type.Object(
  {
    events: Type.Array(EventInput, { maxItems: MAX_BATCH_EVENTS, description: 'At most 1,000 events and 1 MB; may be empty.' }),
    ended: optional(
      Type.Array(SourceEnd, {
        maxItems: MAX_BATCH_ENDS,
        description: 'Tabs and processes before this one that are gone: how far each had numbered, so that a tail that was lost is known.',
      }),
    ),
    settings: optional(SettingsVersion),
    sent_at: optional(Moment),
    historical: optional(Type.Boolean({ description: 'Events of the past: their clock is taken as it is.' })),
    write_key: optional(Type.String({ description: 'Where the caller cannot set headers (sendBeacon).' })),
    visitor: optional(
      Type.Literal('daily', { description: 'Events without an id get one of the visitor’s address and browser, under a salt that changes every day.' }),
    ),
  },
  { title: 'Batch' },
)

/** The event as reads answer it. */
export const EventOutput = Type.Object(
  {
    event_id: Type.String(),
    event_type: Type.String(),
    event_category: Type.String(),
    event_action: Type.String(),
    user_id: Type.Union([Type.String(), Type.Null()]),
    anonymous_id: Type.Union([Type.String(), Type.Null()]),
    session_id: Type.Union([Type.String(), Type.Null()]),
    entity_type: Type.Union([Type.String(), Type.Null()]),
    entity_id: Type.Union([Type.String(), Type.Null()]),
    event_metadata: Type.Object({}),
    context_snapshot: Type.Object({}),
    device_type: Type.String(),
    duration_ms: Type.Union([Type.Number(), Type.Null()]),
    event_timestamp: Type.String(),
    received_at: Type.String(),
    seq: Type.Union([Type.Number(), Type.Null()]),
    browser: Type.String(),
    os: Type.String(),
    country: Type.String(),
    is_bot: Type.Boolean(),
    is_internal: Type.Boolean(),
    is_new_type: Type.Boolean(),
    url_path: Type.String(),
    referrer_domain: Type.String(),
    utm_source: Type.String(),
    utm_medium: Type.String(),
    utm_campaign: Type.String(),
    utm_term: Type.String(),
    utm_content: Type.String(),
    channel: Type.String(),
  },
  { title: 'StoredEvent' },
)
export type EventOutput = Static<typeof EventOutput>
