import type { Role } from '@cairn/wire/roles'
import { CairnError } from '../base/errors.ts'
import { iso } from '../base/time.ts'
import { listAudit, type Actor } from '../catalog/audit.ts'
import { listMembers, removeMember, setRole } from '../catalog/members.ts'
import { change } from '../catalog/version.ts'
import { createWorkspace } from '../catalog/workspaces.ts'
import type { SignedIn } from '../http/auth.ts'
import type { Call, Handlers } from '../http/call.ts'
import { countAttempt, forgive } from './attempts.ts'
import { accountOf, entranceRoutes, type AccountDeps } from './entrance.ts'
import { createInvitation, listInvitations, revokeInvitation, type Invitation } from './invitations.ts'
import { listSessions } from './sessions.ts'
import { isPasswordOf, setName, setPassword, toldOf } from './users.ts'

type Own = 'getAccount' | 'setAccount' | 'setPassword' | 'listSessions' | 'endSession' | 'createWorkspace'
type Together = 'listMembers' | 'setMember' | 'removeMember' | 'listInvitations' | 'createInvitation' | 'revokeInvitation' | 'listAudit'

export const accountRoutes = (deps: AccountDeps): Pick<Handlers, Own | Together> & ReturnType<typeof entranceRoutes> => ({
  ...entranceRoutes(deps),
  ...ownRoutes(deps),
  ...memberRoutes(deps),
})

/** One's own account. */
const ownRoutes = (deps: AccountDeps): Pick<Handlers, Own> => ({
  getAccount: async ({ user }) => accountOf(deps.db, requireUser(user)),

  setAccount: async ({ user, body, by }) => {
    const before = requireUser(user)
    await setName(deps.db, { user: before, name: body.name, by, now: deps.clock.now() })
    return accountOf(deps.db, { ...before, name: body.name.trim() })
  },

  setPassword: async ({ user, body, by, request }) => {
    const own = requireUser(user)
    const attempt = { email: own.email, address: deps.addressOf(request.raw), now: deps.clock.now() }
    await countAttempt(deps.db, attempt)
    if (!(await isPasswordOf(deps.db, { userId: own.id, password: body.current_password }))) {
      throw new CairnError('forbidden', 'The current password is wrong.', { errors: [{ path: '/current_password', message: 'is wrong' }] })
    }
    await forgive(deps.db, attempt)
    const session = await deps.sessions.whoIs(request.raw)
    await setPassword(deps.db, { user: own, password: body.new_password, ...(session && { keptSession: session.id }), by, now: deps.clock.now() })
    return { success: true }
  },

  listSessions: async ({ user, request }) => {
    const current = await deps.sessions.whoIs(request.raw)
    const sessions = await listSessions(deps.db, { userId: requireUser(user).id, now: deps.clock.now() })
    return {
      sessions: sessions.map((session) => ({
        id: session.id,
        created_at: iso(session.createdAt),
        last_seen_at: iso(session.lastSeenAt),
        expires_at: iso(session.expiresAt),
        browser: session.browser,
        current: session.id === current?.id,
      })),
      next_cursor: null,
    }
  },

  endSession: async ({ user, params, by }) => {
    const own = requireUser(user)
    const now = deps.clock.now()
    await change(deps.db, async (trx) => {
      const gone = await trx.deleteFrom('sessions').where('id', '=', idIn(params)).where('user_id', '=', own.id).returning('id').executeTakeFirst()
      if (!gone) throw new CairnError('not_found', 'You have no such session.')
      return { answer: undefined, told: await toldOf(trx, own, { by, action: 'session.ended', now }) }
    })
    return { success: true }
  },

  createWorkspace: async ({ user, body, by }) => {
    if (user && !deps.directory.workspacesOf(user.id).some(({ role }) => role === 'owner' || role === 'admin'))
      throw new CairnError('forbidden', 'This needs the role admin or owner in another workspace.')
    const { name, slug, timezone } = body
    const made = await createWorkspace(deps.db, {
      slug: slug ?? (await freeSlug(deps, name)),
      name: name.trim(),
      timezone,
      owner: user,
      by,
      now: deps.clock.now(),
    })
    await deps.directory.refresh()
    return { slug: made.slug, name: made.name, timezone: made.timezone, role: 'owner' }
  },
})

/** Who works together in a workspace, and what they did. */
const memberRoutes = (deps: AccountDeps): Pick<Handlers, Together> => ({
  listMembers: async ({ workspace }) => ({
    members: (await listMembers(deps.db, workspace.id)).map(({ joinedAt, ...member }) => ({ ...member, joined_at: iso(joinedAt) })),
    next_cursor: null,
  }),

  setMember: async (call) => {
    await setRole(deps.db, { ...askingIn(deps, call), userId: idIn(call.params), to: call.body.role })
    await deps.directory.refresh()
    return { success: true }
  },

  removeMember: async (call) => {
    await removeMember(deps.db, { ...askingIn(deps, call), userId: idIn(call.params) })
    await deps.directory.refresh()
    return { success: true }
  },

  listInvitations: async ({ workspace }) => ({
    invitations: (await listInvitations(deps.db, { workspaceId: workspace.id, now: deps.clock.now() })).map(toListed),
    next_cursor: null,
  }),

  createInvitation: async (call) => {
    const { invitation, token } = await createInvitation(deps.db, { ...askingIn(deps, call), to: call.body.role, email: call.body.email })
    return { ...toListed(invitation), url: `${originOf(deps, call)}/join#token=${token}` }
  },

  revokeInvitation: async ({ workspace, params, by }) => {
    await revokeInvitation(deps.db, { workspaceId: workspace.id, id: idIn(params), by, now: deps.clock.now() })
    return { success: true }
  },

  listAudit: async ({ workspace, query }) => {
    const limit = query.limit ?? DEFAULT_LIMIT
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
    const found = await listAudit(deps.db, {
      workspaceId: workspace.id,
      limit: limit + 1,
      action: query.action && plain(query.action),
      actor: query.actor && plain(query.actor),
      after,
    })
    const entries = found.slice(0, limit)
    const last = entries.at(-1)
    return { entries, next_cursor: found.length > limit && last ? Buffer.from(`audit ${last.id}`).toString('base64url') : null }
  },
})

const DEFAULT_LIMIT = 50

/** Postgres takes no NUL in text; no id holds one. */
const plain = (text: string): string => text.replaceAll('\0', '')
const idIn = (params: Readonly<Record<string, string>>): string => plain(params['id'] ?? '')

function requireUser(user: SignedIn | undefined): SignedIn {
  if (!user) throw new CairnError('forbidden', 'The command line has no account: sign in.')
  return user
}

/** A key has no place in the order of roles: it does what an admin may, who can make one. */
function askingIn(
  { directory, clock }: AccountDeps,
  call: Pick<Call<'setMember'>, 'workspace' | 'user' | 'by'>,
): { workspaceId: number; role: Role; by: Actor; now: number } {
  const { workspace, user, by } = call
  const role = user ? (directory.roleOf(workspace.id, user.id) ?? 'viewer') : by.kind === 'local' ? 'owner' : 'admin'
  return { workspaceId: workspace.id, role, by, now: clock.now() }
}

const toListed = ({ id, email, role, createdBy, createdAt, expiresAt }: Invitation) => ({
  id,
  email,
  role,
  created_by: createdBy,
  created_at: iso(createdAt),
  expires_at: iso(expiresAt),
})

/** Where the asking one reached this server, unless a setting says where people do. */
const originOf = ({ publicUrl }: AccountDeps, { request }: Pick<Call<'createInvitation'>, 'request'>): string =>
  publicUrl?.replace(/\/+$/, '') ?? `http://${request.headers.host ?? 'localhost'}`

/** From the name; a number behind it where that is taken. */
async function freeSlug({ directory }: AccountDeps, name: string): Promise<string> {
  await directory.refresh()
  const letters = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const base =
    letters
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, LONGEST_BASE)
      .replaceAll(/^-+|-+$/g, '') || 'workspace'
  for (let n = 1; ; n++) {
    const slug = n === 1 ? base : `${base}-${n}`
    if (!directory.workspaceBySlug(slug)) return slug
  }
}
/** A slug has 63 characters; room for the number. */
const LONGEST_BASE = 55

function readCursor(cursor: string): number {
  const id = /^audit (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]
  if (id !== undefined) return Number(id)
  throw new CairnError('invalid', 'The cursor is not one that Cairn gave.', {
    errors: [{ path: '/cursor', message: 'must be next_cursor of the page before' }],
  })
}
