import Type, { type TSchema } from 'typebox'
import { Moment, Success, flag, listOf, notRecorded, o, orNull, page, range, strict, text, type Endpoint } from '../endpoint.ts'
import { intervals } from '../questions/vocabulary.ts'
import { BatchInput, EventInput, EventOutput, deviceTypes } from '../event.ts'
import { TrackerSettings } from '../tracker.ts'

export const eventFilters = {
  user_id: o(text('Of the person that this user is: also what they did under other ids that are tied to it.')),
  user_email: o(text('Another name for user_id.')),
  anonymous_id: o(text('')),
  event_category: o(text('', 100)),
  event_type: o(text('', 200)),
  event_action: o(text('', 100)),
  entity_type: o(text('', 100)),
  entity_id: o(text('')),
  session_id: o(text('')),
  device_type: o(Type.Enum([...deviceTypes])),
  include_bots: flag('Count bots too.'),
}
const withArchived = { include_archived: flag('Look into archived months too; slower.') }
/** Beside the fields named, any number of metadata.<path>=value and context.<path>=value. */
const filtered = <T extends Record<string, TSchema>>(extra: T) =>
  Type.Object({ ...eventFilters, ...range, ...extra }, { description: 'Also metadata.<path>=value and context.<path>=value.' })

const Counts = Type.Record(Type.String(), Type.Integer())
const Declaration = Type.Object(
  {
    event_category: o(text('', 100)),
    required_properties: o(Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 100 })),
    owner: o(text('')),
    description: o(text('', 1_000)),
  },
  strict,
)

const Analytics = Type.Object({
  total_events: Type.Integer(),
  events_by_category: Counts,
  events_by_type: Counts,
  most_active_day: orNull(Type.String()),
  most_common_action: orNull(Type.String()),
  events_by_day: Counts,
  events_by_hour: Type.Array(Type.Integer()),
  events_by_week_hour: Type.Array(Type.Array(Type.Integer()), { description: 'By day of the week from Monday, each with its 24 hours.' }),
  avg_duration_ms_by_type: Type.Record(Type.String(), Type.Number()),
  active_users: Type.Integer(),
  sessions: Type.Integer(),
  bots: Type.Integer(),
  internal: Type.Integer({ description: 'Events of internal and test traffic; of bots’ only with include_bots.' }),
  timeline: o(Type.Array(Type.Object({ at: Moment, events: Type.Integer(), people: Type.Integer() }))),
  meta: Type.Object({
    from: Moment,
    to: Moment,
    timezone: Type.String(),
    exact: Type.Literal(true),
    bots: Type.Enum(['excluded', 'included']),
    internal: Type.Enum(['excluded', 'included']),
    fresh_to: Moment,
    definition: Type.String(),
    rolled_up: o(
      Type.Object(
        { events: Type.Integer(), first_day: orNull(Type.String()), last_day: orNull(Type.String()) },
        {
          description:
            'Of removed events; counted in total_events, events_by_category, events_by_type, events_by_day, most_active_day and bots. Other figures do not know them.',
        },
      ),
    ),
  }),
})

const ListedType = Type.Object({
  event_type: Type.String(),
  event_category: orNull(Type.String()),
  first_seen: orNull(Moment),
  last_seen: orNull(Moment),
  count: Type.Integer(),
  is_new: Type.Boolean(),
  declared: orNull(
    Type.Object({
      event_category: orNull(Type.String()),
      required_properties: Type.Array(Type.String()),
      owner: orNull(Type.String()),
      description: orNull(Type.String()),
    }),
  ),
  properties: Type.Array(Type.Object({ path: Type.String(), types: Type.Array(Type.String()), example: Type.String() })),
})

const Quarantined = Type.Object({
  quarantine_id: Type.String(),
  event_id: Type.String(),
  event_type: Type.String(),
  received_at: Moment,
  key_id: Type.String(),
  tracker: Type.String(),
  source: Type.String(),
  code: Type.String(),
  message: Type.String(),
  event: Type.Unknown(),
  status: Type.Enum(['open', 'replayed']),
})

export const eventEndpoints = {
  logEvent: {
    method: 'POST',
    path: '/api/events/log',
    access: 'collect',
    judgedByEvent: true,
    summary: 'Record one event.',
    body: EventInput,
    answer: Type.Object({ success: Type.Boolean(), event_id: o(Type.String({ description: 'Absent where it was not recorded.' })), ...notRecorded }),
  },
  logBatch: {
    method: 'POST',
    path: '/api/events/log/batch',
    access: 'collect',
    judgedByEvent: true,
    summary: 'Record up to 1,000 events; a bad one never fails its neighbours.',
    body: BatchInput,
    answer: Type.Object({
      success: Type.Boolean(),
      accepted: Type.Integer(),
      rejected: Type.Array(Type.Object({ index: Type.Integer(), code: Type.String(), message: Type.String() })),
      not_recorded: o(Type.Array(Type.Object({ index: Type.Integer(), reason: Type.String() }))),
      ...notRecorded,
      settings: o(TrackerSettings),
    }),
  },
  listEvents: {
    method: 'GET',
    path: '/api/events',
    access: 'read',
    summary: 'Events, newest first.',
    query: filtered({ ...page, ...withArchived }),
    answer: listOf('events', EventOutput),
  },
  exportEvents: {
    method: 'GET',
    path: '/api/events/export',
    access: 'read',
    summary: 'Events of a range as a stream of JSON Lines or CSV, oldest first. Noted in the audit log.',
    query: filtered({ format: o(Type.Enum(['jsonl', 'csv'])) }),
    answer: Type.String(),
  },
  analytics: {
    method: 'GET',
    path: '/api/events/analytics',
    access: 'read',
    summary: 'What a person, or the whole workspace, did.',
    query: filtered({
      ...withArchived,
      include_rolled_up: flag('Add daily counts of events that retention has removed; only with filters by type, category and entity type.'),
      include_internal: flag('Count internal and test traffic too.'),
      interval: o(
        Type.Enum([...intervals], { description: 'Answer a timeline too: events and people of each minute, hour, day, week (from Monday) or month.' }),
      ),
    }),
    answer: Analytics,
  },
  cleanup: {
    method: 'DELETE',
    path: '/api/events/cleanup',
    access: 'manage',
    summary: 'Delete events older than a number of days, of everybody or of one person; gone from every view.',
    query: Type.Object({
      older_than_days: Type.Integer({ minimum: 0, maximum: 36_500 }),
      user_id: eventFilters.user_id,
      user_email: eventFilters.user_email,
    }),
    answer: Type.Object({ success: Type.Boolean(), deleted: Type.Integer() }),
  },
  listTypes: {
    method: 'GET',
    path: '/api/events/types',
    access: 'read',
    summary: 'The catalogue: event types and their properties, as seen and as declared.',
    answer: Type.Object({ types: Type.Array(ListedType), next_cursor: Type.Null() }),
  },
  declareType: {
    method: 'PUT',
    path: '/api/events/types/:event_type',
    access: 'manage',
    role: 'analyst',
    summary: 'Declare an event type.',
    body: Declaration,
    answer: Success,
  },
  undeclareType: {
    method: 'DELETE',
    path: '/api/events/types/:event_type',
    access: 'manage',
    role: 'analyst',
    summary: 'Take a declaration back.',
    answer: Success,
  },
  listQuarantine: {
    method: 'GET',
    path: '/api/events/quarantine',
    access: 'read',
    summary: 'Events that were refused, with the reason; newest first.',
    query: Type.Object({ ...range, ...page, code: o(text('Reason.', 64)), status: o(Type.Enum(['open', 'replayed', 'all'])) }),
    answer: listOf('quarantine', Quarantined),
  },
  replayQuarantine: {
    method: 'POST',
    path: '/api/events/quarantine/replay',
    access: 'manage',
    role: 'analyst',
    summary: 'Send refused events through the way in again.',
    body: Type.Object(
      {
        quarantine_ids: o(Type.Array(Type.String({ maxLength: 36 }), { maxItems: 1_000 })),
        code: o(text('Reason.', 64)),
        limit: o(Type.Integer({ minimum: 1, maximum: 10_000 })),
      },
      strict,
    ),
    answer: Type.Object({
      success: Type.Boolean(),
      replayed: Type.Integer(),
      accepted: Type.Integer(),
      rejected: Type.Array(Type.Object({ quarantine_id: Type.String(), code: Type.String(), message: Type.String() })),
    }),
  },
} as const satisfies Record<string, Endpoint>
