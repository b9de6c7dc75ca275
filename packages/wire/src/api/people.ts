import Type, { type Static } from 'typebox'
import { Moment, Success, id, listOf, notRecorded, o, orNull, page, range, text, type Endpoint } from '../endpoint.ts'
import { eventFilters } from './events.ts'

const Person = { user_id: o(id('')), user_email: o(id('Another name for user_id.')), anonymous_id: o(id('')) }
const Told = Type.Object({ success: Type.Boolean(), ...notRecorded })
const Settled = Type.Object({
  ...Told.properties,
  meta: o(Type.Object({ stale: Type.Boolean(), lag_ms: Type.Integer() }, { description: 'Where the event store is away: told, and counted once it is back.' })),
})
const word = orNull(Type.String())

const Ids = (description: string) => Type.Array(Type.String(), { description })
const Identity = Type.Object({
  user_id: orNull(Type.String({ description: 'The user that all ids count to; null of an anonymous visitor.' })),
  user_ids: Ids('Users that are this person, the one above first; of those merged with it at most 1,000.'),
  anonymous_ids: Ids('At most 1,000.'),
  merges: Type.Array(
    Type.Object({ user_id: Type.String(), other_id: Type.String(), told_at: Moment, by: word, taken_back_at: orNull(Moment), taken_back_by: word }),
    { description: 'Each pair as it was merged last, newest first; by: name of the key or e-mail of the user.' },
  ),
  history: Type.Array(
    Type.Object({
      fact: Type.Enum(['identify', 'alias', 'merge', 'unmerge']),
      user_id: Type.String(),
      anonymous_id: word,
      other_id: word,
      told_at: Moment,
      by: word,
    }),
    { description: 'What was told of these ids, newest first, at most 500: also that another user identified an anonymous id that stays with this one.' },
  ),
})

export const Seen = {
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
const SeenPerson = Type.Object(Seen)
export type SeenPerson = Static<typeof SeenPerson>

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
    answer: Settled,
  },
  unmerge: {
    method: 'POST',
    path: '/api/people/unmerge',
    access: 'manage',
    role: 'analyst',
    summary: 'Take a merge back.',
    body: Type.Object({ user_id: id(''), other_id: id('') }),
    answer: Settled,
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
    summary: 'One person, by any of their ids: identity and its history, traits, first and last seen.',
    answer: Type.Object({ ...Seen, identity: Identity }),
  },
} as const satisfies Record<string, Endpoint>
