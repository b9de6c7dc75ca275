import Type from 'typebox'
import { Moment, Success, id, listOf, notRecorded, o, orNull, page, range, text, type Endpoint } from '../endpoint.ts'
import { eventFilters } from './events.ts'

const Person = { user_id: o(id('')), user_email: o(id('Another name for user_id.')), anonymous_id: o(id('')) }
const Told = Type.Object({ success: Type.Boolean(), ...notRecorded })
const word = orNull(Type.String())

const Seen = {
  user_id: word,
  anonymous_id: word,
  events: Type.Integer(),
  sessions: Type.Integer(),
  first_seen: orNull(Moment),
  last_seen: orNull(Moment),
  device_type: word,
  browser: word,
  os: word,
  country: word,
  traits: Type.Record(Type.String(), Type.Unknown()),
  opted_out: Type.Boolean(),
}

export const peopleEndpoints = {
  identify: {
    method: 'POST',
    path: '/api/people/identify',
    access: 'collect',
    summary: 'Tie an anonymous id to a user, and tell traits.',
    body: Type.Object({ ...Person, user_id: id(''), traits: o(Type.Object({})) }),
    answer: Told,
  },
  alias: {
    method: 'POST',
    path: '/api/people/alias',
    access: 'collect',
    summary: 'Tie another anonymous id to a user.',
    body: Type.Object({ user_id: id(''), anonymous_id: id('') }),
    answer: Told,
  },
  merge: {
    method: 'POST',
    path: '/api/people/merge',
    access: 'manage',
    role: 'analyst',
    summary: 'Two users are one person.',
    body: Type.Object({ user_id: id('Who stays.'), other_id: id('Who is joined to them.') }),
    answer: Told,
  },
  unmerge: {
    method: 'POST',
    path: '/api/people/unmerge',
    access: 'manage',
    role: 'analyst',
    summary: 'Take a merge back.',
    body: Type.Object({ user_id: id(''), other_id: id('') }),
    answer: Told,
  },
  optOut: {
    method: 'POST',
    path: '/api/people/opt-out',
    access: 'collect',
    role: 'admin',
    summary: 'Record nothing of this person from now on.',
    body: Type.Object(Person),
    answer: Success,
  },
  optIn: {
    method: 'POST',
    path: '/api/people/opt-in',
    access: 'collect',
    role: 'admin',
    summary: 'Record this person again.',
    body: Type.Object(Person),
    answer: Success,
  },
  listPeople: {
    method: 'GET',
    path: '/api/people',
    access: 'read',
    summary: 'People seen in a range, last seen first.',
    query: Type.Object({
      ...range,
      ...page,
      include_bots: eventFilters.include_bots,
      search: o(text('Only people whose user_id or anonymous_id, or whose trait name or email, holds this text; upper and lower case are equal.')),
    }),
    answer: listOf('people', Type.Object(Seen)),
  },
  getPerson: {
    method: 'GET',
    path: '/api/people/:id',
    access: 'read',
    summary: 'One person: identity, traits, first and last seen.',
    answer: Type.Object({
      ...Seen,
      identity: Type.Object({
        user_id: word,
        anonymous_ids: Type.Array(Type.String()),
        merges: Type.Array(Type.Object({ user_id: Type.String(), other_id: Type.String(), told_at: Moment })),
      }),
    }),
  },
} as const satisfies Record<string, Endpoint>
