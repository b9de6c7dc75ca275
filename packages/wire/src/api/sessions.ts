import Type, { type Static } from 'typebox'
import { Moment, flag, listOf, o, orNull, page, range, text, type Endpoint } from '../endpoint.ts'
import { EventOutput } from '../event.ts'

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
  active_sessions: Type.Integer(),
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

export const sessionEndpoints = {
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
  userUsage: {
    method: 'GET',
    path: '/api/users/:id/usage',
    access: 'read',
    summary: 'How a person uses the product: sessions, time per day, streak, busiest hours.',
    query: Type.Object({ ...range, include_bots: bots }),
    answer: Usage,
  },
} as const satisfies Record<string, Endpoint>
