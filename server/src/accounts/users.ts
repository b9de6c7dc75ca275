import type { Role } from '@cairn/wire/roles'
import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import { LOCAL, type Actor, type Entry } from '../catalog/audit.ts'
import { insertMember, memberAdded } from '../catalog/members.ts'
import type { CatalogDb, CatalogTransaction, Timed } from '../catalog/schema.ts'
import { change } from '../catalog/version.ts'
import { alterWorkspace } from '../catalog/workspaces.ts'
import type { SignedIn } from '../http/auth.ts'
import { forgiveAccount } from './attempts.ts'
import { hashPassword, makePassword, verifyPassword } from './password.ts'

/** People with an account. An account belongs to no workspace; what happens to it is told in each workspace that the person is a member of. */
export interface NewUser {
  name: string
  email: string
  password: string
}

/** Upper and lower case are one address. */
export const foldEmail = (email: string): string => email.toLowerCase()

export const anyUser = async (db: CatalogDb | CatalogTransaction): Promise<boolean> =>
  (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined

/** Hashes before the transaction that makes the user, so that no lock waits for it. */
export const withHash = async ({ password, email, name }: NewUser): Promise<HashedUser> => ({
  name: name.trim(),
  email: foldEmail(email),
  hash: await hashPassword(password),
})
export interface HashedUser {
  name: string
  email: string
  hash: string
}

/** For transactions that make more than the user. Throws `conflict` for an address that has an account. */
export const insertUser = async (trx: CatalogTransaction, { name, email, hash, now }: HashedUser & { now: number }): Promise<SignedIn> => {
  requireText(name)
  const times = { created_at: now, updated_at: now }
  const user = await trx
    .insertInto('users')
    .values({ id: uuidv7(now), name, email, email_verified: 0, image: null, ...times })
    .onConflict((taken) => taken.column('email').doNothing())
    .returning(['id', 'name', 'email'])
    .executeTakeFirst()
  if (!user) throw new CairnError('conflict', 'There is an account with this e-mail address already. Sign in with it first, then open the link again.')
  await trx
    .insertInto('credentials')
    .values({ id: uuidv7(now), user_id: user.id, provider_id: 'credential', account_id: user.id, password: hash, ...times })
    .execute()
  return user
}

export interface Setup extends NewUser, Timed {
  workspaceName?: string | undefined
  timezone?: string | undefined
  /** Network and browser; '' where the environment names the first user. */
  from: string
}

/**
 * Makes the first user, owner of every workspace that has no member: the first one, and those that the command line or the demo made before.
 * Throws `conflict` where there is a user already, also for the later one of two at once.
 */
export const setUp = async (db: CatalogDb, { workspaceName, timezone, from, now = Date.now(), ...given }: Setup): Promise<SignedIn> => {
  if (await anyUser(db)) throw isSetUp()
  const made = await withHash(given)
  return await change(db, async (trx) => {
    if (await anyUser(trx)) throw isSetUp()
    const user = await insertUser(trx, { ...made, now })
    const by: Actor = { kind: 'user', id: user.id, name: user.email, from }
    const workspaces = await trx
      .selectFrom('workspaces')
      .select('id')
      .where('id', 'not in', (members) => members.selectFrom('members').select('workspace_id'))
      .orderBy('id')
      .execute()
    const told: Entry[] = []
    for (const [index, { id: workspaceId }] of workspaces.entries()) {
      await insertMember(trx, { workspaceId, userId: user.id, role: 'owner', now })
      told.push(memberAdded(workspaceId, user.email, 'owner', { by, now }))
      if (index === 0) told.push(...(await alterWorkspace(trx, { id: workspaceId, name: workspaceName, timezone, by, now })).told)
    }
    return { answer: user, told }
  })
}

const isSetUp = (): CairnError => new CairnError('conflict', 'This Cairn has its first user already: sign in, or ask an owner for an invitation.')

export const setName = (db: CatalogDb, { user, name, by, now }: { user: SignedIn; name: string; by: Actor; now: number }): Promise<void> =>
  change(db, async (trx) => {
    requireText(name)
    await trx.updateTable('users').set({ name: name.trim(), updated_at: now }).where('id', '=', user.id).execute()
    const details = { name: { from: user.name, to: name.trim() } }
    return { answer: undefined, told: await toldOf(trx, user, { by, action: 'user.changed', details, now }) }
  })

/** Whether it is the password of this user. */
export const isPasswordOf = async (db: CatalogDb, { userId, password }: { userId: string; password: string }): Promise<boolean> => {
  const credential = await db
    .selectFrom('credentials')
    .select('password')
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst()
  return typeof credential?.password === 'string' && (await verifyPassword({ hash: credential.password, password }))
}

/** Sets it and ends all sessions but the one kept. */
export const setPassword = async (
  db: CatalogDb,
  { user, password, keptSession, by = LOCAL, now = Date.now() }: { user: SignedIn; password: string; keptSession?: string } & Timed,
): Promise<void> => {
  const hash = await hashPassword(password)
  await change(db, async (trx) => {
    await trx
      .updateTable('credentials')
      .set({ password: hash, updated_at: now })
      .where('user_id', '=', user.id)
      .where('provider_id', '=', 'credential')
      .execute()
    let others = trx.deleteFrom('sessions').where('user_id', '=', user.id)
    if (keptSession !== undefined) others = others.where('id', '!=', keptSession)
    await others.execute()
    await forgiveAccount(trx, user.email)
    return { answer: undefined, told: await toldOf(trx, user, { by, action: 'user.password_changed', now }) }
  })
}

/** A new random password for who lost theirs; only this answer holds it. Throws `not_found`. */
export const resetPassword = async (db: CatalogDb, { email, ...timed }: { email: string } & Timed): Promise<string> => {
  const password = makePassword()
  await setPassword(db, { user: await userByEmail(db, email), password, ...timed })
  return password
}

/** Throws `not_found`. */
export const userByEmail = async (db: CatalogDb, email: string): Promise<SignedIn> => {
  const user = await db.selectFrom('users').select(['id', 'name', 'email']).where('email', '=', foldEmail(email)).executeTakeFirst()
  if (!user) throw new CairnError('not_found', `There is no user ${email}. \`cairn users list\` shows those there are.`)
  return user
}

export interface ListedUser extends SignedIn {
  createdAt: number
  workspaces: { slug: string; role: Role }[]
}

/** By e-mail. For the command line: a person sees members of their workspaces only. */
export const listUsers = async (db: CatalogDb): Promise<ListedUser[]> => {
  const users = await db.selectFrom('users').select(['id', 'name', 'email', 'created_at']).orderBy('email').execute()
  const memberships = await db
    .selectFrom('members')
    .innerJoin('workspaces', 'workspaces.id', 'members.workspace_id')
    .select(['members.user_id', 'members.role', 'workspaces.slug'])
    .orderBy('workspaces.id')
    .execute()
  return users.map(({ created_at: createdAt, ...user }) => ({
    ...user,
    createdAt,
    workspaces: memberships.filter(({ user_id }) => user_id === user.id).map(({ slug, role }) => ({ slug, role })),
  }))
}

/** One entry for each workspace of the user, so that each sees what concerns its member and none learns of another; without any, for no workspace. */
export const toldOf = async (db: CatalogDb | CatalogTransaction, user: SignedIn, entry: Omit<Entry, 'workspaceId' | 'target'>): Promise<Entry[]> => {
  const rows = await db.selectFrom('members').select('workspace_id').where('user_id', '=', user.id).execute()
  const ids = rows.length === 0 ? [null] : rows.map(({ workspace_id }) => workspace_id)
  return ids.map((workspaceId) => ({ ...entry, workspaceId, target: user.email }))
}

/** Postgres takes no NUL, and a name of blanks is none. */
function requireText(name: string): void {
  if (name.trim() === '' || name.includes('\0'))
    throw new CairnError('invalid', 'A name is needed.', { errors: [{ path: '/name', message: 'must be 1 to 100 characters' }] })
}
