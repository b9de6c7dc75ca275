import { hash, randomBytes } from 'node:crypto'
import type { Role } from '@cairn/wire/roles'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import type { Actor } from '../catalog/audit.ts'
import { insertMember, memberAdded, type Asking } from '../catalog/members.ts'
import type { CatalogDb, CatalogTransaction } from '../catalog/schema.ts'
import { change } from '../catalog/version.ts'
import type { SignedIn } from '../http/auth.ts'
import { foldEmail, insertUser, withHash, type NewUser } from './users.ts'

/**
 * Invitations by link. The link holds 256 random bits and is shown once; the catalog keeps their SHA-256. It serves one person, once, within
 * 7 days, and ends with the role of whoever made it (`catalog/members.ts`).
 */
export interface Invitation {
  id: string
  workspaceId: number
  /** null: whoever has the link. */
  email: string | null
  role: Role
  createdBy: string
  createdAt: number
  expiresAt: number
}

const HOLDS_MS = 7 * DAY

/** Throws `forbidden` for a role above the asking one's reach, `conflict` where the address is a member's. Only this answer holds the token. */
export const createInvitation = (
  db: CatalogDb,
  { workspaceId, role, by, now, to, email }: Required<Asking> & { to: Role; email: string | undefined },
): Promise<{ invitation: Invitation; token: string }> =>
  change(db, async (trx) => {
    if (to === 'owner' && role !== 'owner') throw new CairnError('forbidden', 'Owners are invited by owners only.')
    const address = email === undefined ? null : foldEmail(email)
    if (address !== null && (await isMember(trx, workspaceId, address))) throw new CairnError('conflict', 'This address belongs to a member already.')
    const token = randomBytes(32).toString('base64url')
    const row = await trx
      .insertInto('invitations')
      .values({
        id: `inv_${randomBytes(9).toString('base64url')}`,
        workspace_id: workspaceId,
        email: address,
        role: to,
        hash: digest(token),
        created_by: by.name,
        created_by_id: by.id,
        created_at: now,
        expires_at: now + HOLDS_MS,
        accepted_at: null,
        revoked_at: null,
      })
      .returning(columns)
      .executeTakeFirstOrThrow()
    const invitation = toInvitation(row)
    return { answer: { invitation, token }, told: [entry('invitation.created', invitation, by, now)] }
  })

/** Open ones, newest first. */
export const listInvitations = async (db: CatalogDb, { workspaceId, now }: { workspaceId: number; now: number }): Promise<Invitation[]> =>
  (await open(db, now).where('workspace_id', '=', workspaceId).orderBy('created_at', 'desc').orderBy('id').execute()).map(toInvitation)

/** Throws `not_found`, also for one that was used or is of another workspace. */
export const revokeInvitation = (db: CatalogDb, { workspaceId, id, by, now }: { workspaceId: number; id: string; by: Actor; now: number }): Promise<void> =>
  change(db, async (trx) => {
    const row = await open(trx, now).where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst()
    if (!row) throw new CairnError('not_found', 'There is no open invitation with this id in this workspace.')
    await trx.updateTable('invitations').set({ revoked_at: now }).where('id', '=', id).execute()
    return { answer: undefined, told: [entry('invitation.revoked', toInvitation(row), by, now)] }
  })

/** What a link is for. Throws `not_found` for one that does not hold, whatever the reason. */
export const readInvitation = async (db: CatalogDb, { token, now }: { token: string; now: number }): Promise<Invitation & { workspace: string }> => {
  const invitation = await requireOpen(db, token, now)
  const { name } = await db.selectFrom('workspaces').select('name').where('id', '=', invitation.workspaceId).executeTakeFirstOrThrow()
  return { ...invitation, workspace: name }
}

/** Whoever joins: somebody with an account, or who makes one now. */
export type Joining = { user: SignedIn } | { made: NewUser }

/** Uses the link up. Throws `forbidden` where it is for another address, `conflict` for a member, or where the new user's address has an account. */
export const acceptInvitation = async (
  db: CatalogDb,
  { token, joining, from, now }: { token: string; joining: Joining; from: string; now: number },
): Promise<SignedIn> => {
  // Before the work of hashing; what counts is decided below, in the transaction.
  requireAddress(await requireOpen(db, token, now), emailOf(joining))
  const hashed = 'made' in joining ? await withHash(joining.made) : undefined
  return await change(db, async (trx) => {
    const invitation = await requireOpen(trx, token, now)
    requireAddress(invitation, emailOf(joining))
    const user = hashed ? await insertUser(trx, { ...hashed, now }) : (joining as { user: SignedIn }).user
    const { workspaceId, role } = invitation
    if (!(await insertMember(trx, { workspaceId, userId: user.id, role, now }))) throw new CairnError('conflict', 'You are a member of this workspace already.')
    await trx.updateTable('invitations').set({ accepted_at: now }).where('id', '=', invitation.id).execute()
    const by: Actor = { kind: 'user', id: user.id, name: user.email, from }
    return { answer: user, told: [entry('invitation.accepted', invitation, by, now), memberAdded(workspaceId, user.email, role, { by, now })] }
  })
}

const emailOf = (joining: Joining): string => foldEmail('made' in joining ? joining.made.email : joining.user.email)

function requireAddress({ email }: Invitation, given: string): void {
  if (email !== null && email !== given) throw new CairnError('forbidden', 'This invitation is for another e-mail address. Ask for one of your own.')
}

const requireOpen = async (db: CatalogDb | CatalogTransaction, token: string, now: number): Promise<Invitation> => {
  const row = await open(db, now).where('hash', '=', digest(token)).executeTakeFirst()
  if (!row) throw new CairnError('not_found', 'This link does not hold: it was used or taken back, or is older than 7 days. Ask for a new one.')
  return toInvitation(row)
}

const columns = ['id', 'workspace_id', 'email', 'role', 'created_by', 'created_at', 'expires_at'] as const
const open = (db: CatalogDb | CatalogTransaction, now: number) =>
  db.selectFrom('invitations').select(columns).where('accepted_at', 'is', null).where('revoked_at', 'is', null).where('expires_at', '>', now)

const isMember = async (trx: CatalogTransaction, workspaceId: number, email: string): Promise<boolean> =>
  (await trx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('users.id')
    .where('members.workspace_id', '=', workspaceId)
    .where('users.email', '=', email)
    .executeTakeFirst()) !== undefined

/** 256 random bits cannot be searched: no salt, no slow hash, and nothing to learn from how long a look-up takes. */
const digest = (token: string): string => hash('sha256', token, 'hex')

const entry = (action: string, { id, workspaceId, email, role }: Invitation, by: Actor, now: number) => ({
  workspaceId,
  by,
  action,
  target: email ?? id,
  details: { id, role },
  now,
})

interface Row {
  id: string
  workspace_id: number
  email: string | null
  role: Role
  created_by: string
  created_at: number
  expires_at: number
}
const toInvitation = ({ workspace_id: workspaceId, created_by: createdBy, created_at: createdAt, expires_at: expiresAt, ...row }: Row): Invitation => ({
  ...row,
  workspaceId,
  createdBy,
  createdAt,
  expiresAt,
})
