import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AnswerOf } from '@cairn/wire/api'
import type { FastifyReply } from 'fastify'
import { CairnError } from '../base/errors.ts'
import { DAY, iso, type Clock } from '../base/time.ts'
import { note, type Actor } from '../catalog/audit.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { SignedIn } from '../http/auth.ts'
import type { Call, Handlers } from '../http/call.ts'
import { countAttempt, forgive } from './attempts.ts'
import { acceptInvitation, readInvitation, type Joining } from './invitations.ts'
import type { Session, Sessions } from './sessions.ts'
import { anyUser, foldEmail, setUp, toldOf } from './users.ts'

export interface AccountDeps {
  db: CatalogDb
  directory: Directory
  clock: Clock
  sessions: Sessions
  /** Of the client, for the limit on guessing. */
  addressOf(request: IncomingMessage): string
  /** Of this run; whoever reads it was shown it by the start. */
  setupToken: string
  publicUrl: string | undefined
}

type Entrance = 'getSetup' | 'setUp' | 'signIn' | 'signOut' | 'readInvitation' | 'acceptInvitation'

/** The ways in, for who is not signed in yet. */
export const entranceRoutes = (deps: AccountDeps): Pick<Handlers, Entrance> => ({
  getSetup: async () => ({ needed: !(await anyUser(deps.db)) }),

  setUp: async ({ body, by, request, reply }) => {
    if (await anyUser(deps.db)) throw new CairnError('conflict', 'This Cairn has its first user already: sign in, or ask an owner for an invitation.')
    if (!isSame(body.token, deps.setupToken)) throw new CairnError('forbidden', 'This link does not hold. Open the one that the last start of Cairn printed.')
    const { name, email, password, workspace_name: workspaceName, timezone } = body
    await setUp(deps.db, { name, email, password, workspaceName, timezone, from: by.from, now: deps.clock.now() })
    await deps.directory.refresh()
    return await enter(deps, { email: foldEmail(email), password }, request.raw, reply)
  },

  signIn: async ({ body, by, request, reply }) => {
    const email = foldEmail(body.email)
    const attempt = { email, address: deps.addressOf(request.raw), now: deps.clock.now() }
    await countAttempt(deps.db, attempt)
    const session = await deps.sessions.begin(request.raw, { email, password: body.password })
    if (!session) {
      await noteRefused(deps, email, by.from)
      throw new CairnError('unauthorized', 'E-mail or password is wrong.')
    }
    await forgive(deps.db, attempt)
    await noteAll(deps, session.user, 'session.started', by.from)
    return await answer(deps, session, reply)
  },

  signOut: async ({ by, request, reply }) => {
    const session = await deps.sessions.whoIs(request.raw)
    if (session) await noteAll(deps, session.user, 'session.ended', by.from)
    for (const cookie of await deps.sessions.end(request.raw)) void reply.header('Set-Cookie', cookie)
    return { success: true }
  },

  readInvitation: async ({ body }) => {
    const { workspace, role, email, expiresAt } = await readInvitation(deps.db, { token: body.token, now: deps.clock.now() })
    return { workspace, role, email, expires_at: iso(expiresAt) }
  },

  acceptInvitation: async ({ body, by, request, reply }) => {
    const { token } = body
    const session = await deps.sessions.whoIs(request.raw)
    const joining: Joining = session ? { user: session.user } : { made: await newUser(deps, body) }
    await acceptInvitation(deps.db, { token, joining, from: by.from, now: deps.clock.now() })
    await deps.directory.refresh()
    return 'made' in joining ? await enter(deps, joining.made, request.raw, reply) : await accountOf(deps.db, joining.user)
  },
})

/** Somebody, and the workspaces they are a member of. */
export async function accountOf(db: CatalogDb, user: SignedIn): Promise<AnswerOf<'getAccount'>> {
  const workspaces = await db
    .selectFrom('members')
    .innerJoin('workspaces', 'workspaces.id', 'members.workspace_id')
    .select(['workspaces.id', 'workspaces.slug', 'workspaces.name', 'workspaces.timezone', 'members.role'])
    .where('members.user_id', '=', user.id)
    .orderBy('workspaces.id')
    .execute()
  const types = await db
    .selectFrom('entity_types')
    .innerJoin('members', 'members.workspace_id', 'entity_types.workspace_id')
    .select(['entity_types.workspace_id', 'entity_types.entity_type'])
    .where('members.user_id', '=', user.id)
    .orderBy('entity_types.entity_type')
    .execute()
  return {
    user,
    workspaces: workspaces.map(({ id, ...workspace }) => ({
      ...workspace,
      entity_types: types.filter(({ workspace_id }) => workspace_id === id).map(({ entity_type }) => entity_type),
    })),
  }
}

/** Signs in who has just made their account: its password is known to be right. */
async function enter(
  deps: AccountDeps,
  given: { email: string; password: string },
  request: IncomingMessage,
  reply: FastifyReply,
): Promise<AnswerOf<'signIn'>> {
  const session = await deps.sessions.begin(request, { email: foldEmail(given.email), password: given.password })
  if (!session) throw new CairnError('unauthorized', 'The account is made, but its password was changed meanwhile: sign in.')
  return await answer(deps, session, reply)
}

async function answer(deps: AccountDeps, session: Omit<Session, 'id'>, reply: FastifyReply): Promise<AnswerOf<'signIn'>> {
  for (const cookie of session.cookies) void reply.header('Set-Cookie', cookie)
  return await accountOf(deps.db, session.user)
}

async function newUser(
  deps: AccountDeps,
  { token, name, email: given, password }: Call<'acceptInvitation'>['body'],
): Promise<{ name: string; email: string; password: string }> {
  const { email: invited } = await readInvitation(deps.db, { token, now: deps.clock.now() })
  const email = given ?? invited ?? undefined
  if (name !== undefined && email !== undefined && password !== undefined) return { name, email, password }
  const missing = Object.entries({ name, email, password }).filter(([, value]) => value === undefined)
  throw new CairnError('invalid', 'Sign in to join with your account, or give name, email and password to make one.', {
    errors: missing.map(([field]) => ({ path: `/${field}`, message: 'is required' })),
  })
}

async function noteAll({ db, clock }: AccountDeps, user: SignedIn, action: string, from: string): Promise<void> {
  const by = { kind: 'user', id: user.id, name: user.email, from } as const
  await db.transaction().execute(async (trx) => {
    for (const entry of await toldOf(trx, user, { by, action, now: clock.now() })) await note(trx, entry)
  })
}

/**
 * Told in the workspaces of the account. One that does not exist is told of in none, and both read once and commit once, so that how long it
 * takes tells nothing; what nobody will read is not kept for ever.
 */
async function noteRefused({ db, clock }: AccountDeps, email: string, from: string): Promise<void> {
  const now = clock.now()
  const action = 'session.refused'
  await db.transaction().execute(async (trx) => {
    const user = await trx.selectFrom('users').select(['id', 'name', 'email']).where('email', '=', email).executeTakeFirst()
    const by: Actor = { kind: 'user', id: user?.id ?? '', name: user?.email ?? '', from }
    const told = user ? await toldOf(trx, user, { by, action, now }) : [{ workspaceId: null, by, action, target: 'unknown account', now }]
    for (const entry of told) await note(trx, entry)
    await trx
      .deleteFrom('audit')
      .where('workspace_id', 'is', null)
      .where('action', '=', action)
      .where('at', '<', now - UNREAD_KEPT_MS)
      .execute()
  })
}
const UNREAD_KEPT_MS = 30 * DAY

const isSame = (given: string, expected: string): boolean => timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'))
