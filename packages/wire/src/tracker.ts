import Type, { type Static } from 'typebox'

/** What trackers and server tell each other beside the events. */

/** What can be switched off by itself. */
export const streams = ['events', 'interactions', 'snapshots', 'metrics', 'chat', 'sessions'] as const

export const MAX_BATCH_ENDS = 100

/** The last number that a source gave out. */
export const SourceEnd = Type.Object(
  {
    source_id: Type.String({ minLength: 1, maxLength: 255, description: 'Tab or process that is gone.' }),
    seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Highest number that it gave to an event, delivered or not.' }),
    tracker: Type.Optional(Type.String({ maxLength: 100, description: 'Name and version of its tracker; that of the request where absent.' })),
  },
  { title: 'SourceEnd' },
)
export type SourceEnd = Static<typeof SourceEnd>

export const SettingsVersion = Type.String({
  maxLength: 64,
  description: 'Version of the tracker settings that the sender holds, "" for none; the answer brings newer ones.',
})

/** When a tracker stops by itself, so that it is never in the way of its host. */
export const Breaker = Type.Object(
  {
    budget_ms: Type.Integer({ description: 'Time that it may take from its host in one second.' }),
    failures: Type.Integer({ description: 'Requests that fail in a row.' }),
    rest_ms: Type.Integer({ description: 'How long it rests before it tries again.' }),
  },
  { title: 'Breaker' },
)
export type Breaker = Static<typeof Breaker>

/** What a workspace asks of its trackers. */
export const TrackerSettings = Type.Object(
  {
    version: Type.String({ description: 'Short hash of the rest.' }),
    streams_off: Type.Array(Type.Enum([...streams]), { description: 'Streams that record nothing: there is no use in sending to them.' }),
    sampling: Type.Number({ description: 'Share of people whose events browser trackers send, 0 to 1.' }),
    breaker: Breaker,
  },
  { title: 'TrackerSettings' },
)
export type TrackerSettings = Static<typeof TrackerSettings>
