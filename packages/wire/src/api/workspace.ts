import Type, { type Static } from 'typebox'
import { breakerBounds } from '../breaker.ts'
import { EMAIL } from '../credentials.ts'
import { Moment, Success, listOf, o, orNull, page, strict, text, type Endpoint } from '../endpoint.ts'
import { roles } from '../roles.ts'
import { Breaker, streams } from '../tracker.ts'

const within = ([minimum, maximum]: readonly [number, number]) => Type.Integer({ minimum, maximum })

/** At most so many of each. */
const MOST_INTERNAL = 500
const lists = {
  user_ids: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    maxItems: MOST_INTERNAL,
    description: 'People by an id of theirs, whenever they did something.',
  }),
  email_domains: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    maxItems: MOST_INTERNAL,
    description: 'People whose user_id or trait email is an address of it, whenever they did something.',
  }),
  addresses: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    maxItems: MOST_INTERNAL,
    description: 'Addresses and CIDR ranges; what comes from there is marked as it comes in. Addresses of visitors are not kept.',
  }),
}
const InternalTraffic = Type.Object(lists)
export type InternalTraffic = Static<typeof InternalTraffic>

const settings = {
  name: o(Type.String({ minLength: 1, maxLength: 100 })),
  timezone: o(text('IANA time zone.', 64)),
  retention_days: o(Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Literal('forever')])),
  archive_days: o(
    Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Literal('never')], {
      description: 'Months whose days are all older than this become files, and are asked with include_archived.',
    }),
  ),
  streams_off: o(Type.Array(Type.Enum([...streams]))),
  gpc: o(Type.Enum(['honour', 'ignore'])),
  taxonomy_mode: o(Type.Enum(['open', 'strict'])),
  sampling: o(Type.Number({ minimum: 0, maximum: 1, description: 'Share of people whose events browser trackers send.' })),
  single_session: o(Type.Boolean({ description: 'A log-in of a person ends their others, as replaced.' })),
  done_statuses: o(
    Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      maxItems: 50,
      description: 'Statuses that say that a project or task is done, beside those with the word complete or completed.',
    }),
  ),
  internal: o(
    Type.Object(
      { user_ids: o(lists.user_ids), email_domains: o(lists.email_domains), addresses: o(lists.addresses) },
      { ...strict, description: 'Whose traffic is internal or a test, which figures leave out; a list that is left out stays.' },
    ),
  ),
  breaker: o(
    Type.Object(
      { budget_ms: o(within(breakerBounds.budget_ms)), failures: o(within(breakerBounds.failures)), rest_ms: o(within(breakerBounds.rest_ms)) },
      { ...strict, description: 'When a tracker stops by itself, and for how long; what is left out stays.' },
    ),
  ),
}
const Workspace = Type.Object(settings, strict)
export type WorkspaceSettings = Static<typeof Workspace>
const WorkspaceAnswer = Type.Object({
  slug: Type.String(),
  name: Type.String(),
  timezone: Type.String(),
  retention_days: Type.Union([Type.Integer(), Type.Literal('forever')]),
  archive_days: Type.Union([Type.Integer(), Type.Literal('never')]),
  streams_off: Type.Array(Type.Enum([...streams])),
  streams_off_in_effect: Type.Array(Type.Enum([...streams]), { description: 'With what CAIRN_STREAMS_OFF switches off besides.' }),
  gpc: Type.Enum(['honour', 'ignore']),
  taxonomy_mode: Type.Enum(['open', 'strict']),
  sampling: Type.Number(),
  single_session: Type.Boolean(),
  breaker: Breaker,
  done_statuses: Type.Array(Type.String()),
  internal: InternalTraffic,
})

const Key = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['write', 'secret']),
  name: Type.String(),
  prefix: Type.String(),
  created_at: Moment,
  revoked_at: orNull(Moment),
  last_used_at: orNull(Moment),
})

const role = Type.Enum([...roles])
const Member = Type.Object({ id: Type.String({ description: 'Of the user.' }), name: Type.String(), email: Type.String(), role, joined_at: Moment })
const Invitation = Type.Object({
  id: Type.String(),
  email: orNull(Type.String({ description: 'Whom it is for; null: whoever has the link.' })),
  role,
  created_by: Type.String(),
  created_at: Moment,
  expires_at: Moment,
})

const AuditEntry = Type.Object({
  id: Type.String(),
  at: Moment,
  actor_kind: Type.Enum(['user', 'key', 'local'], { description: 'local: the command line on the server’s machine.' }),
  actor: Type.String({ description: 'E-mail of the user, name of the key.' }),
  action: Type.String({ description: 'For example key.created.' }),
  target: Type.String({ description: 'What was changed.' }),
  details: Type.Record(Type.String(), Type.Unknown()),
  from: Type.String({ description: 'Network the request came from, its last part left out (203.0.113.0/24), and the browser.' }),
})

/** What belongs to one workspace: its settings, keys, members, invitations and the log of changes. */
export const workspaceEndpoints = {
  getWorkspace: { method: 'GET', path: '/api/workspace', access: 'read', summary: 'Settings of the workspace.', answer: WorkspaceAnswer },
  setWorkspace: {
    method: 'PATCH',
    path: '/api/workspace',
    access: 'manage',
    summary: 'Change settings of the workspace: switches, retention, time zone, privacy.',
    body: Workspace,
    answer: WorkspaceAnswer,
  },
  listKeys: {
    method: 'GET',
    path: '/api/keys',
    access: 'read',
    role: 'admin',
    summary: 'Keys of the workspace; never the keys themselves.',
    answer: listOf('keys', Key),
  },
  createKey: {
    method: 'POST',
    path: '/api/keys',
    access: 'manage',
    summary: 'Make a key; it is shown this once.',
    body: Type.Object({ kind: Type.Enum(['write', 'secret']), name: o(text('', 100)) }, strict),
    answer: Type.Object({ id: Type.String(), kind: Type.Enum(['write', 'secret']), name: Type.String(), key: Type.String() }),
  },
  revokeKey: { method: 'DELETE', path: '/api/keys/:id', access: 'manage', summary: 'Revoke a key; it stops working within 2 seconds.', answer: Success },
  listMembers: { method: 'GET', path: '/api/members', access: 'read', summary: 'Members of the workspace and their roles.', answer: listOf('members', Member) },
  setMember: {
    method: 'PATCH',
    path: '/api/members/:id',
    access: 'manage',
    summary: 'Change a member’s role; owners are made and unmade by owners, and one always remains.',
    body: Type.Object({ role }, strict),
    answer: Success,
  },
  removeMember: {
    method: 'DELETE',
    path: '/api/members/:id',
    access: 'manage',
    summary: 'Take somebody out of the workspace; it holds within 2 seconds.',
    answer: Success,
  },
  listInvitations: {
    method: 'GET',
    path: '/api/invitations',
    access: 'read',
    role: 'admin',
    summary: 'Invitations that are open; never their links.',
    answer: listOf('invitations', Invitation),
  },
  createInvitation: {
    method: 'POST',
    path: '/api/invitations',
    access: 'manage',
    summary: 'Invite somebody by a link, which is shown this once and holds for 7 days.',
    body: Type.Object({ role, email: o(Type.String({ maxLength: 254, pattern: EMAIL, description: 'Only this address may use the link.' })) }, strict),
    answer: Type.Object({ ...Invitation.properties, url: Type.String() }),
  },
  revokeInvitation: { method: 'DELETE', path: '/api/invitations/:id', access: 'manage', summary: 'Take an invitation back.', answer: Success },
  listAudit: {
    method: 'GET',
    path: '/api/audit',
    access: 'read',
    role: 'admin',
    summary: 'Every change and export: who, what, when, from where; newest first.',
    query: Type.Object({ ...page, action: o(text('Only this action.', 64)), actor: o(text('Only this actor.')) }),
    answer: listOf('entries', AuditEntry),
  },
} as const satisfies Record<string, Endpoint>
