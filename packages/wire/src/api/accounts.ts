import Type from 'typebox'
import { EMAIL, MAX_PASSWORD, MIN_PASSWORD } from '../credentials.ts'
import { Moment, Success, o, orNull, strict, text, type Endpoint } from '../endpoint.ts'
import { roles } from '../roles.ts'

const email = Type.String({ minLength: 3, maxLength: 254, pattern: EMAIL, description: 'E-mail address; upper and lower case are equal.' })
const newPassword = Type.String({ minLength: MIN_PASSWORD, maxLength: MAX_PASSWORD })
const name = Type.String({ minLength: 1, maxLength: 100 })
const role = Type.Enum([...roles])
const User = Type.Object({ id: Type.String(), name: Type.String(), email: Type.String() })
const Account = Type.Object({
  user: User,
  workspaces: Type.Array(
    Type.Object({
      slug: Type.String(),
      name: Type.String(),
      timezone: Type.String(),
      role,
      entity_types: Type.Array(Type.String(), { description: 'Types of entities that the host has told of.' }),
    }),
    { description: 'Those they are a member of.' },
  ),
})

/** People who use Cairn: the first of them, signing in, their own account, joining a workspace. */
export const accountEndpoints = {
  getSetup: {
    method: 'GET',
    path: '/api/setup',
    access: 'open',
    summary: 'Whether this Cairn still waits for its first user.',
    answer: Type.Object({ needed: Type.Boolean() }),
  },
  setUp: {
    method: 'POST',
    path: '/api/setup',
    access: 'open',
    summary: 'Make the first user, who owns the first workspace; takes the token of the link that the start prints. Signs in.',
    body: Type.Object(
      {
        token: text('From the link that `npm start` printed.', 200),
        name,
        email,
        password: newPassword,
        workspace_name: o(name),
        timezone: o(text('IANA time zone.', 64)),
      },
      strict,
    ),
    answer: Account,
  },
  signIn: {
    method: 'POST',
    path: '/api/auth/sign-in/email',
    access: 'open',
    summary: 'Sign in; the answer sets the session cookie. After 5 wrong passwords an account waits, longer each time.',
    body: Type.Object({ email, password: Type.String({ minLength: 1, maxLength: 128 }) }, strict),
    answer: Account,
  },
  signOut: { method: 'POST', path: '/api/auth/sign-out', access: 'open', summary: 'End this session.', answer: Success },
  getAccount: { method: 'GET', path: '/api/account', access: 'user', summary: 'Who is signed in, and their workspaces.', answer: Account },
  setAccount: {
    method: 'PATCH',
    path: '/api/account',
    access: 'user',
    summary: 'Change one’s name.',
    body: Type.Object({ name }, strict),
    answer: Account,
  },
  setPassword: {
    method: 'POST',
    path: '/api/account/password',
    access: 'user',
    summary: 'Change one’s password; all other sessions end.',
    body: Type.Object({ current_password: Type.String({ minLength: 1, maxLength: 128 }), new_password: newPassword }, strict),
    answer: Success,
  },
  listSessions: {
    method: 'GET',
    path: '/api/account/sessions',
    access: 'user',
    summary: 'Where one is signed in.',
    answer: Type.Object({
      sessions: Type.Array(
        Type.Object({ id: Type.String(), created_at: Moment, last_seen_at: Moment, expires_at: Moment, browser: Type.String(), current: Type.Boolean() }),
      ),
      next_cursor: Type.Null(),
    }),
  },
  endSession: { method: 'DELETE', path: '/api/account/sessions/:id', access: 'user', summary: 'Sign out elsewhere.', answer: Success },
  createWorkspace: {
    method: 'POST',
    path: '/api/workspaces',
    access: 'user',
    summary: 'Make a workspace and own it; for whoever is owner or admin of another one.',
    body: Type.Object({ name, slug: o(text('a-z 0-9 -; made from the name where absent.', 63)), timezone: o(text('IANA time zone.', 64)) }, strict),
    answer: Type.Object({ slug: Type.String(), name: Type.String(), timezone: Type.String(), role }),
  },
  readInvitation: {
    method: 'POST',
    path: '/api/invitations/read',
    access: 'open',
    summary: 'What an invitation is for.',
    body: Type.Object({ token: text('From the link.', 200) }, strict),
    answer: Type.Object({ workspace: Type.String(), role, email: orNull(Type.String()), expires_at: Moment }),
  },
  acceptInvitation: {
    method: 'POST',
    path: '/api/invitations/accept',
    access: 'open',
    summary: 'Join the workspace: whoever is signed in, or with name, email and password as a new user, who is then signed in.',
    body: Type.Object({ token: text('From the link.', 200), name: o(name), email: o(email), password: o(newPassword) }, strict),
    answer: Account,
  },
} as const satisfies Record<string, Endpoint>
