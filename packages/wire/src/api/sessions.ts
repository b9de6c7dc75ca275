import Type, { type Static, type TSchema } from 'typebox'
import { Moment, Success, flag, id, listOf, notRecorded, o, orNull, page, range, text, type Endpoint } from '../endpoint.ts'
import { EventOutput, deviceTypes } from '../event.ts'

const word = orNull(Type.String())
export const sessionKinds = ['web', 'chat', 'login'] as const
const kind = Type.Enum([...sessionKinds], { description: 'login: a log-in was told of; chat: a conversation; web: events alone.' })
const bots = flag('Count bots too.')

const Session = Type.Object({
  session_id: Type.String({ description: 'Of events without one it is made of person and start, and begins with ~.' }),
  kind,
  user_id: word,
  anonymous_id: word,
  started_at: Moment,
  ended_at: orNull(Moment),
  end_reason: orNull(Type.Enum(['logout', 'replaced', 'timeout', 'stale'])),
  active: Type.Boolean(),
  login_at: orNull(Moment),
  logout_at: orNull(Moment),
  last_activity_at: Moment,
  duration_seconds: Type.Integer(),
  events: Type.Integer(),
  page_views: Type.Integer(),
  device_type: Type.String(),
  browser: Type.String(),
  os: Type.String(),
  country: Type.String(),
  user_agent: word,
  referrer: word,
  referrer_domain: Type.String(),
  channel: Type.String(),
  utm_source: Type.String(),
  utm_medium: Type.String(),
  utm_campaign: Type.String(),
  entry_path: word,
  exit_path: word,
})
export type SessionOutput = Static<typeof Session>

const SessionWithEvents = Type.Object({
  session: Type.Object({ ...Session.properties, types: Type.Record(Type.String(), Type.Integer()) }),
  events: Type.Array(Type.Object({ ...EventOutput.properties, after_end: Type.Boolean({ description: 'It came after the session had been ended.' }) })),
})

const Length = {
  mean_seconds: orNull(Type.Number()),
  median_seconds: orNull(Type.Number()),
  /** Of sessions with two events or more. */
  median_seconds_of_several: orNull(Type.Number()),
  longest_seconds: orNull(Type.Number()),
}
const PerSession = Type.Object({ mean: orNull(Type.Number()), median: orNull(Type.Number()), most: Type.Integer() })
const meta = Type.Object({
  from: Moment,
  to: Moment,
  timezone: Type.String(),
  exact: Type.Literal(true),
  bots: Type.Enum(['excluded', 'included']),
  fresh_to: Moment,
  definition: Type.String(),
})
const Summary = Type.Object({
  sessions: Type.Integer(),
  by_kind: Type.Object({ web: Type.Integer(), chat: Type.Integer(), login: Type.Integer() }),
  active_sessions: Type.Integer({ description: 'Under way now, whatever the range: log-ins where the workspace has any, else all.' }),
  length: Type.Object(Length),
  events_per_session: PerSession,
  single_event_sessions: Type.Integer(),
  bounce_rate: orNull(Type.Number()),
  platform_seconds: Type.Number(),
  sessions_by_day: Type.Record(Type.String(), Type.Integer()),
  meta,
})

const Usage = Type.Object({
  user_id: Type.String(),
  sessions: Type.Integer(),
  counted: Type.Enum(['login', 'all'], { description: 'login: log-ins only, since there are some.' }),
  average_seconds: orNull(Type.Number()),
  median_seconds: orNull(Type.Number()),
  total_seconds: Type.Number(),
  seconds_by_day: Type.Record(Type.String(), Type.Number()),
  active_days: Type.Integer(),
  streak_days: Type.Integer({ description: 'Days in a row up to today, or to yesterday where today has nothing yet.' }),
  longest_streak_days: Type.Integer(),
  last_login_at: orNull(Moment),
  last_activity_at: orNull(Moment),
  seconds_by_hour: Type.Array(Type.Array(Type.Number()), { description: 'Seven days from Monday, of 24 hours each, on the zone’s clock.' }),
  busiest_hours: Type.Array(Type.Object({ weekday: Type.Integer({ description: '1: Monday.' }), hour: Type.Integer(), seconds: Type.Number() })),
  meta,
})

const PlatformUsage = Type.Object({
  people: Type.Integer({ description: 'Persons with a session.' }),
  seconds: Type.Number({ description: 'Of all of them together.' }),
  seconds_per_person: Type.Object({ mean: orNull(Type.Number()), median: orNull(Type.Number()) }),
  people_by_day: Type.Record(Type.String(), Type.Integer()),
  people_by_hour: Type.Array(Type.Array(Type.Integer()), {
    description: 'Seven days from Monday, of 24 hours each, on the zone’s clock: persons in each such hour, added up over the weeks.',
  }),
  meta,
})

export const usageOrders = ['time', 'sessions', 'last_activity'] as const
const PersonUsage = Type.Object({
  user_id: word,
  anonymous_id: orNull(Type.String({ description: 'Of somebody who is no user.' })),
  traits: Type.Record(Type.String(), Type.Unknown()),
  sessions: Type.Integer(),
  counted: Type.Enum(['login', 'all'], { description: 'login: log-ins only, since there are some.' }),
  seconds: Type.Number(),
  active_days: Type.Integer(),
  last_login_at: orNull(Moment),
  last_activity_at: Moment,
})

/** Null is absent. */
const maybe = <T extends TSchema>(schema: T) => o(orNull(schema))
const When = Type.Union([Type.String({ maxLength: 64 }), Type.Number()], { description: 'ISO 8601 with offset, or milliseconds since 1970; now where absent.' })
const told = {
  event_id: maybe(text('Makes a repetition of the call count once; also as the header Idempotency-Key.')),
  occurred_at: maybe(When),
  timestamp: maybe(When),
  sent_at: maybe(When),
  write_key: o(Type.String({ description: 'Where the caller cannot set headers.' })),
}

export const sessionEndpoints = {
  startSession: {
    method: 'POST',
    path: '/api/sessions/start',
    access: 'person',
    summary: 'Somebody logged in. A session_token stands for the session from then on; of 32 characters or more it is a key for that person’s own calls.',
    body: Type.Object({
      user_id: maybe(id('')),
      user_email: maybe(id('Another name for user_id.')),
      anonymous_id: maybe(id('')),
      session_token: maybe(Type.String({ minLength: 1, maxLength: 255, description: 'Kept as its SHA-256 only.' })),
      user_agent: maybe(text('', 1_024)),
      referrer: maybe(text('', 2_048)),
      device_type: maybe(Type.Enum([...deviceTypes])),
      single_session: maybe(Type.Boolean({ description: 'Ends the person’s other log-ins, as replaced. As the workspace has it where absent.' })),
      ...told,
    }),
    answer: Type.Object({ success: Type.Boolean(), session_id: o(Type.String({ description: 'Absent where it was not recorded.' })), ...notRecorded }),
  },
  noteActivity: {
    method: 'POST',
    path: '/api/sessions/:id/activity',
    access: 'person',
    writeKey: true,
    summary: 'A log-in shows a sign of life. Its token may stand in place of its id.',
    body: Type.Object({ user_id: maybe(id('')), ...told }),
    answer: Type.Object({ ...Success.properties, ...notRecorded }),
  },
  finishSession: {
    method: 'POST',
    path: '/api/sessions/:id/end',
    access: 'person',
    summary: 'Somebody logged out. The token may stand in place of the id; it is no key any more.',
    body: Type.Object({ user_id: maybe(id('')), ...told }),
    answer: Type.Object({ ...Success.properties, ...notRecorded }),
  },
  findSessions: {
    method: 'GET',
    path: '/api/sessions',
    access: 'read',
    summary: 'Sessions that started in a range, newest first; with active=true and no range, all that are under way.',
    query: Type.Object({
      ...range,
      ...page,
      active: flag('Only sessions that are under way, or with false only ended ones.'),
      user_id: o(text('Only sessions that hold an event of this user, or a log-in.')),
      kind: o(kind),
      include_bots: bots,
    }),
    answer: listOf('sessions', Session),
  },
  sessionSummary: {
    method: 'GET',
    path: '/api/sessions/summary',
    access: 'read',
    summary: 'How many sessions started in a range, how long they were, and what they hold.',
    query: Type.Object({ ...range, kind: o(kind), include_bots: bots }),
    answer: Summary,
  },
  getSession: {
    method: 'GET',
    path: '/api/sessions/:id',
    access: 'read',
    summary: 'A session and its events in order.',
    query: Type.Object({ include_bots: bots }),
    answer: SessionWithEvents,
  },
  sessionEvents: {
    method: 'GET',
    path: '/api/events/session/:session_id',
    access: 'read',
    summary: 'The same by another name.',
    query: Type.Object({ include_bots: bots }),
    answer: SessionWithEvents,
  },
  usage: {
    method: 'GET',
    path: '/api/usage',
    access: 'read',
    summary: 'How much people use the product: how many, for how long, on which days and at which hours. Default 30 days.',
    query: Type.Object({ ...range, kind: o(kind), include_bots: bots }),
    answer: PlatformUsage,
  },
  usageByPerson: {
    method: 'GET',
    path: '/api/usage/people',
    access: 'read',
    summary: 'How much each of them does, most first. Default 30 days.',
    query: Type.Object({
      ...range,
      ...page,
      kind: o(kind),
      order: o(Type.Enum([...usageOrders], { description: 'What comes first: most time (where absent), most sessions, or the latest activity.' })),
      include_bots: bots,
    }),
    answer: listOf('people', PersonUsage),
  },
  userUsage: {
    method: 'GET',
    path: '/api/users/:id/usage',
    access: 'read',
    summary: 'How a person uses the product: sessions, time per day, streak, busiest hours.',
    query: Type.Object({ ...range, include_bots: bots }),
    answer: Usage,
  },
} as const satisfies Record<string, Endpoint>
