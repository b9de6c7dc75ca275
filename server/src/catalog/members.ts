import type { Role } from '@cairn/wire/roles'
import { CairnError } from '../base/errors.ts'
import { LOCAL, type Actor, type Entry } from './audit.ts'
import type { CatalogDb, CatalogTransaction, Timed } from './schema.ts'
import { change } from './version.ts'

/** Who belongs to a workspace. One owner always remains; owners are made, changed and taken out by owners only. */
export interface Member {
  id: string
  name: string
  email: string
  role: Role
  joinedAt: number
}

/** Who asks for a change: somebody with a role there. A secret key counts as an admin, which those are who make keys; the command line as an owner. */
export interface Asking extends Timed {
  workspaceId: number
  role: Role
}

/** For transactions that make the user or the workspace. Whoever is a member already keeps their role; answers whether one was added. */
export const insertMember = async (
  trx: CatalogTransaction,
  { workspaceId, userId, role, now = Date.now() }: { workspaceId: number; userId: string; role: Role } & Timed,
): Promise<boolean> =>
  (await trx
    .insertInto('members')
    .values({ workspace_id: workspaceId, user_id: userId, role, joined_at: now })
    .onConflict((known) => known.columns(['workspace_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst()) !== undefined

export const memberAdded = (workspaceId: number, email: string, role: Role, { by = LOCAL, now = Date.now() }: Timed): Entry => ({
  workspaceId,
  by,
  action: 'member.added',
  target: email,
  details: { role },
  now,
})

/** In the order in which they joined. */
export const listMembers = async (db: CatalogDb, workspaceId: number): Promise<Member[]> =>
  (await members(db).where('workspace_id', '=', workspaceId).orderBy('joined_at').orderBy('users.id').execute()).map(({ joined_at: joinedAt, ...member }) => ({
    ...member,
    joinedAt,
  }))

/** Throws `not_found` for who is no member here, `forbidden` for what the asking role may not, `conflict` for the last owner. */
export const setRole = (db: CatalogDb, { userId, to, ...asking }: { userId: string; to: Role } & Asking): Promise<void> =>
  change(db, async (trx) => {
    const { workspaceId, role, by = LOCAL, now = Date.now() } = asking
    const member = await requireMember(trx, workspaceId, userId)
    if (member.role === to) return { answer: undefined, told: [] }
    if (role !== 'owner' && (member.role === 'owner' || to === 'owner')) throw new CairnError('forbidden', 'Owners are made and changed by owners only.')
    if (member.role === 'owner') await requireAnotherOwner(trx, workspaceId)
    await trx.updateTable('members').set({ role: to }).where('workspace_id', '=', workspaceId).where('user_id', '=', userId).execute()
    if (to === 'viewer' || to === 'analyst' || member.role === 'owner') await revokeInvitationsOf(trx, workspaceId, userId, now)
    if (to === 'viewer') await revokeSharesOf(trx, workspaceId, userId, now)
    return { answer: undefined, told: [entry('member.changed', workspaceId, member.email, { role: { from: member.role, to } }, by, now)] }
  })

/** Throws as `setRole` does. Their sessions stay: they may be members elsewhere. */
export const removeMember = (db: CatalogDb, { userId, ...asking }: { userId: string } & Asking): Promise<void> =>
  change(db, async (trx) => {
    const { workspaceId, role, by = LOCAL, now = Date.now() } = asking
    const member = await requireMember(trx, workspaceId, userId)
    if (role !== 'owner' && member.role === 'owner') throw new CairnError('forbidden', 'Owners are taken out by owners only.')
    if (member.role === 'owner') await requireAnotherOwner(trx, workspaceId)
    await trx.deleteFrom('members').where('workspace_id', '=', workspaceId).where('user_id', '=', userId).execute()
    await revokeInvitationsOf(trx, workspaceId, userId, now)
    await revokeSharesOf(trx, workspaceId, userId, now)
    await handOverBoards(trx, workspaceId, userId, by)
    return { answer: undefined, told: [entry('member.removed', workspaceId, member.email, { role: member.role }, by, now)] }
  })

const entry = (action: string, workspaceId: number, target: string, details: Record<string, unknown>, by: Actor, now: number): Entry => ({
  workspaceId,
  by,
  action,
  target,
  details,
  now,
})

const members = (db: CatalogDb | CatalogTransaction) =>
  db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['users.id as id', 'users.name as name', 'users.email as email', 'members.role as role', 'members.joined_at as joined_at'])

const requireMember = async (trx: CatalogTransaction, workspaceId: number, userId: string): Promise<{ email: string; role: Role }> => {
  const member = await members(trx).where('workspace_id', '=', workspaceId).where('user_id', '=', userId).executeTakeFirst()
  if (!member) throw new CairnError('not_found', 'There is no such member in this workspace.')
  return member
}

const requireAnotherOwner = async (trx: CatalogTransaction, workspaceId: number): Promise<void> => {
  const owners = await trx.selectFrom('members').select('user_id').where('workspace_id', '=', workspaceId).where('role', '=', 'owner').limit(2).execute()
  if (owners.length < 2) throw new CairnError('conflict', 'This is the last owner, and one has to remain. Make somebody else an owner first.')
}

/** Of a user or a key: links that somebody made and kept would otherwise let them in again. */
export const revokeInvitationsOf = async (trx: CatalogTransaction, workspaceId: number, madeBy: string, now: number): Promise<void> => {
  await trx
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('workspace_id', '=', workspaceId)
    .where('created_by_id', '=', madeBy)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Links to dashboards, for the same reason. */
export const revokeSharesOf = async (trx: CatalogTransaction, workspaceId: number, madeBy: string, now: number): Promise<void> => {
  await trx
    .updateTable('dashboard_shares')
    .set({ revoked_at: now })
    .where('workspace_id', '=', workspaceId)
    .where('created_by_id', '=', madeBy)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Private dashboards that nobody could open any more go to whoever took their maker out, or to the owner of the longest standing where that is no member. */
export const handOverBoards = async (trx: CatalogTransaction, workspaceId: number, madeBy: string, by: Actor): Promise<void> => {
  const left = await trx
    .selectFrom('members')
    .select(['user_id', 'role'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('joined_at')
    .orderBy('user_id')
    .execute()
  const heir = left.find(({ user_id }) => by.kind === 'user' && user_id === by.id) ?? left.find(({ role }) => role === 'owner')
  if (!heir) return
  await trx
    .updateTable('saved')
    .set({ created_by_id: heir.user_id })
    .where('workspace_id', '=', workspaceId)
    .where('created_by_id', '=', madeBy)
    .where('private', '=', 1)
    .execute()
}
