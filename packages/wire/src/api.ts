import Type, { type Static, type TSchema } from 'typebox'
import { BatchInput, EventInput, EventOutput, deviceTypes } from './event.ts'

/**
 * Every endpoint in one table: method, path, who may call, what goes in and what comes out. Routes, checks, OpenAPI, docs and the tenancy
 * test are made from it; a handler that is missing does not compile.
 *
 * access: `collect` takes a write or a secret key (and any origin); `read` and `manage` take a secret key; `open` takes none;
 * `local` is for loopback or a secret key.
 */
export type Access = 'collect' | 'read' | 'manage' | 'open' | 'local'

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  access: Access
  summary: string
  query?: TSchema
  body?: TSchema
  answer: TSchema
  /** Every event of the body is judged alone, by the way in; the route as a whole does not refuse the body for its shape. */
  judgedByEvent?: true
}

const o = Type.Optional
const text = (description: string, maxLength = 255) => Type.String({ maxLength, description })
const id = (description: string) => Type.String({ minLength: 1, maxLength: 255, description })
const Success = Type.Object({ success: Type.Boolean() })
const Row = Type.Object({})
const rows = (name: string) => Type.Object({ [name]: Type.Array(Row), next_cursor: Type.Union([Type.String(), Type.Null()]) })

const range = {
  days: o(Type.Integer({ minimum: 1, maximum: 36_500, description: 'Today and the days before it, in the workspace’s time zone. Default 7.' })),
  from: o(text('First day (2026-12-01, inclusive) or moment.', 40)),
  to: o(text('Last day (inclusive) or moment (exclusive).', 40)),
  timezone: o(text('IANA time zone in which days are counted; the workspace’s where absent.', 64)),
}
const page = {
  limit: o(Type.Integer({ minimum: 1, maximum: 1_000, description: 'Rows to answer. Default 50.' })),
  cursor: o(text('next_cursor of the page before.', 1_024)),
}
const flag = (description: string) => o(Type.Boolean({ description }))
const filters = {
  user_id: o(text('')),
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
/** Beside the fields named, any number of metadata.<path>=value and context.<path>=value. */
const eventFilters = <T extends Record<string, TSchema>>(extra: T) =>
  Type.Object({ ...filters, ...range, ...extra }, { description: 'Also metadata.<path>=value and context.<path>=value.' })

export const Workspace = Type.Object(
  {
    name: o(Type.String({ minLength: 1, maxLength: 100 })),
    timezone: o(text('IANA time zone.', 64)),
    retention_days: o(Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Literal('forever')])),
    streams_off: o(Type.Array(Type.Enum(['events', 'interactions', 'snapshots', 'metrics', 'chat', 'sessions']))),
    gpc: o(Type.Enum(['honour', 'ignore'])),
    taxonomy_mode: o(Type.Enum(['open', 'strict'])),
  },
  { additionalProperties: false },
)

const Declaration = Type.Object(
  {
    event_category: o(text('', 100)),
    required_properties: o(Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 100 })),
    owner: o(text('')),
    description: o(text('', 1_000)),
  },
  { additionalProperties: false },
)

const Person = { user_id: o(id('')), user_email: o(id('Another name for user_id.')), anonymous_id: o(id('')) }

export const endpoints = {
  logEvent: {
    method: 'POST',
    path: '/api/events/log',
    access: 'collect',
    judgedByEvent: true,
    summary: 'Record one event.',
    body: EventInput,
    answer: Type.Object({ success: Type.Boolean(), event_id: Type.String() }),
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
    }),
  },
  listEvents: {
    method: 'GET',
    path: '/api/events',
    access: 'read',
    summary: 'Events, newest first.',
    query: eventFilters(page),
    answer: Type.Object({ events: Type.Array(EventOutput), next_cursor: Type.Union([Type.String(), Type.Null()]) }),
  },
  exportEvents: {
    method: 'GET',
    path: '/api/events/export',
    access: 'read',
    summary: 'Events of a range as a stream of JSON Lines or CSV, oldest first.',
    query: eventFilters({ format: o(Type.Enum(['jsonl', 'csv'])) }),
    answer: Type.String(),
  },
  analytics: {
    method: 'GET',
    path: '/api/events/analytics',
    access: 'read',
    summary: 'What a person, or the whole workspace, did.',
    query: eventFilters({}),
    answer: Row,
  },
  sessionEvents: {
    method: 'GET',
    path: '/api/events/session/:session_id',
    access: 'read',
    summary: 'A session and its events in order.',
    query: Type.Object({ include_bots: filters.include_bots }),
    answer: Type.Object({ session: Row, events: Type.Array(EventOutput) }),
  },
  cleanup: {
    method: 'DELETE',
    path: '/api/events/cleanup',
    access: 'manage',
    summary: 'Delete events older than a number of days, of everybody or of one person; gone from every view.',
    query: Type.Object({ older_than_days: Type.Integer({ minimum: 0, maximum: 36_500 }), user_id: filters.user_id, user_email: filters.user_email }),
    answer: Type.Object({ success: Type.Boolean(), deleted: Type.Integer() }),
  },
  listTypes: {
    method: 'GET',
    path: '/api/events/types',
    access: 'read',
    summary: 'The catalogue: event types and their properties, as seen and as declared.',
    answer: Type.Object({ types: Type.Array(Row), next_cursor: Type.Null() }),
  },
  declareType: {
    method: 'PUT',
    path: '/api/events/types/:event_type',
    access: 'manage',
    summary: 'Declare an event type.',
    body: Declaration,
    answer: Success,
  },
  undeclareType: { method: 'DELETE', path: '/api/events/types/:event_type', access: 'manage', summary: 'Take a declaration back.', answer: Success },
  listQuarantine: {
    method: 'GET',
    path: '/api/events/quarantine',
    access: 'read',
    summary: 'Events that were refused, with the reason; newest first.',
    query: Type.Object({ ...range, ...page, code: o(text('Reason.', 64)), status: o(Type.Enum(['open', 'replayed', 'all'])) }),
    answer: rows('quarantine'),
  },
  replayQuarantine: {
    method: 'POST',
    path: '/api/events/quarantine/replay',
    access: 'manage',
    summary: 'Send refused events through the way in again.',
    body: Type.Object(
      {
        quarantine_ids: o(Type.Array(Type.String({ maxLength: 36 }), { maxItems: 1_000 })),
        code: o(text('Reason.', 64)),
        limit: o(Type.Integer({ minimum: 1, maximum: 10_000 })),
      },
      { additionalProperties: false },
    ),
    answer: Type.Object({ success: Type.Boolean(), replayed: Type.Integer(), accepted: Type.Integer(), rejected: Type.Array(Row) }),
  },
  ledger: {
    method: 'GET',
    path: '/api/ledger',
    access: 'read',
    summary: 'Delivery ledger: what was received and what became of it, by hour, key and tracker.',
    query: Type.Object({ ...range, by: o(Type.Enum(['hour', 'day', 'total'])) }),
    answer: Row,
  },
  identify: {
    method: 'POST',
    path: '/api/people/identify',
    access: 'collect',
    summary: 'Tie an anonymous id to a user, and tell traits.',
    body: Type.Object({ ...Person, user_id: id(''), traits: o(Type.Object({})) }),
    answer: Success,
  },
  alias: {
    method: 'POST',
    path: '/api/people/alias',
    access: 'collect',
    summary: 'Tie another anonymous id to a user.',
    body: Type.Object({ user_id: id(''), anonymous_id: id('') }),
    answer: Success,
  },
  merge: {
    method: 'POST',
    path: '/api/people/merge',
    access: 'manage',
    summary: 'Two users are one person.',
    body: Type.Object({ user_id: id('Who stays.'), other_id: id('Who is joined to them.') }),
    answer: Success,
  },
  unmerge: {
    method: 'POST',
    path: '/api/people/unmerge',
    access: 'manage',
    summary: 'Take a merge back.',
    body: Type.Object({ user_id: id(''), other_id: id('') }),
    answer: Success,
  },
  optOut: {
    method: 'POST',
    path: '/api/people/opt-out',
    access: 'collect',
    summary: 'Record nothing of this person from now on.',
    body: Type.Object(Person),
    answer: Success,
  },
  optIn: { method: 'POST', path: '/api/people/opt-in', access: 'collect', summary: 'Record this person again.', body: Type.Object(Person), answer: Success },
  listPeople: {
    method: 'GET',
    path: '/api/people',
    access: 'read',
    summary: 'People seen in a range, last seen first.',
    query: Type.Object({ ...range, ...page, include_bots: filters.include_bots }),
    answer: rows('people'),
  },
  getPerson: { method: 'GET', path: '/api/people/:id', access: 'read', summary: 'One person: identity, traits, first and last seen.', answer: Row },
  getWorkspace: { method: 'GET', path: '/api/workspace', access: 'read', summary: 'Settings of the workspace.', answer: Workspace },
  setWorkspace: {
    method: 'PATCH',
    path: '/api/workspace',
    access: 'manage',
    summary: 'Change settings of the workspace: switches, retention, time zone, privacy.',
    body: Workspace,
    answer: Workspace,
  },
  listKeys: { method: 'GET', path: '/api/keys', access: 'read', summary: 'Keys of the workspace; never the keys themselves.', answer: rows('keys') },
  createKey: {
    method: 'POST',
    path: '/api/keys',
    access: 'manage',
    summary: 'Make a key; it is shown this once.',
    body: Type.Object({ kind: Type.Enum(['write', 'secret']), name: o(text('', 100)) }, { additionalProperties: false }),
    answer: Row,
  },
  revokeKey: { method: 'DELETE', path: '/api/keys/:id', access: 'manage', summary: 'Revoke a key; it stops working within 2 seconds.', answer: Success },
  health: { method: 'GET', path: '/api/health', access: 'open', summary: 'Whether each part works, how far it lags, and what to do.', answer: Row },
  ready: { method: 'GET', path: '/api/ready', access: 'open', summary: '200 once requests can be taken.', answer: Row },
  metrics: { method: 'GET', path: '/api/metrics', access: 'local', summary: 'Prometheus text.', answer: Type.String() },
} as const satisfies Record<string, Endpoint>

export type EndpointName = keyof typeof endpoints
type Of<N extends EndpointName, K extends 'query' | 'body'> =
  (typeof endpoints)[N] extends Record<K, infer S extends TSchema> ? Static<S> : Record<string, never>
export type QueryOf<N extends EndpointName> = Of<N, 'query'>
export type BodyOf<N extends EndpointName> = Of<N, 'body'>
export type WorkspaceSettings = Static<typeof Workspace>
