import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { countAttempt, forgive } from '../server/src/accounts/attempts.ts'
import { makeIdentity } from '../server/src/accounts/identity.ts'
import { acceptInvitation, createInvitation, listInvitations, readInvitation, revokeInvitation } from '../server/src/accounts/invitations.ts'
import { listSessions, Sessions } from '../server/src/accounts/sessions.ts'
import { anyUser, insertUser, listUsers, resetPassword, setPassword, setUp, withHash } from '../server/src/accounts/users.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../server/src/base/time.ts'
import { listAudit, note, type Actor } from '../server/src/catalog/audit.ts'
import { ensureFirstWorkspace, revokeKey } from '../server/src/catalog/keys.ts'
import { insertMember, listMembers, removeMember, setRole } from '../server/src/catalog/members.ts'
import type { CatalogDb } from '../server/src/catalog/schema.ts'
import { change } from '../server/src/catalog/version.ts'
import { createWorkspace, updateWorkspace } from '../server/src/catalog/workspaces.ts'
import type { SignedIn } from '../server/src/http/auth.ts'
import { connect, failure, NOW, type Place, ready, refused, watch } from './catalog.place.ts'

const PASSWORD = 'correct horse battery staple'
const key: Actor = { kind: 'key', id: 'key_1', name: 'backend', from: '' }

const person = async (db: CatalogDb, email: string, member?: { workspaceId: number; role: 'viewer' | 'analyst' | 'admin' | 'owner' }): Promise<SignedIn> => {
  const hashed = await withHash({ name: email, email, password: PASSWORD })
  return await change(db, async (trx) => {
    const user = await insertUser(trx, { ...hashed, now: NOW })
    if (member) await insertMember(trx, { ...member, userId: user.id, now: NOW })
    return { answer: user, told: [] }
  })
}

const requestWith = (headers: Record<string, string>): IncomingMessage => Object.assign(new IncomingMessage(new Socket()), { headers })

/** Accounts and the log of changes, on whichever database. */
export const accountsSuite = (name: string, place: () => Promise<Place>): void => {
  describe(`catalog on ${name}: accounts`, () => {
    test('two who set up at once make one first user, who owns every workspace without a member', async () => {
      const at = await place()
      const [a, b] = [await ready(at), await connect(at)]
      const { workspaceId } = await ensureFirstWorkspace(a.db, {})
      const other = await createWorkspace(a.db, { slug: 'other' })
      expect(await anyUser(a.db)).toBe(false)
      const setup = (db: CatalogDb, email: string) => setUp(db, { name: 'Ada', email, password: PASSWORD, workspaceName: 'North', from: '', now: NOW })
      const outcomes = await Promise.allSettled([setup(a.db, 'Ada@Example.com'), setup(b.db, 'eve@example.com')])
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const [user] = await listUsers(a.db)
      expect(user?.workspaces).toEqual([
        { slug: 'default', role: 'owner' },
        { slug: 'other', role: 'owner' },
      ])
      expect(user?.email).toBe(user?.email.toLowerCase())
      expect((await listAudit(b.db, { workspaceId, limit: 10, action: 'workspace.changed' }))[0]).toMatchObject({
        actor: user?.email,
        details: { name: { from: 'Default', to: 'North' } },
      })
      expect(await listMembers(a.db, other.id)).toHaveLength(1)
      expect((await failure(setup(a.db, 'late@example.com'))).code).toBe('conflict')
    })

    test('better-auth signs in, finds, renews and ends sessions; of tokens and passwords the catalog keeps digests only', async () => {
      const at = await place()
      const { db } = await ready(at)
      const ada = await person(db, 'ada@example.com')
      const identity = await makeIdentity(db, () => 'Firefox')
      const sessions = new Sessions({ identity, client: () => ({ address: '', network: '', browser: '', secure: false }) })
      expect(await sessions.begin(requestWith({}), { email: 'ada@example.com', password: 'wrong' })).toBeUndefined()
      expect(await sessions.begin(requestWith({}), { email: 'bob@example.com', password: PASSWORD })).toBeUndefined()
      const begun = await sessions.begin(requestWith({ 'user-agent': 'secret of the agent' }), { email: 'ada@example.com', password: PASSWORD })
      expect(begun?.user).toEqual(ada)
      const cookie = begun?.cookies[0]?.split(';')[0] ?? ''
      const found = await sessions.whoIs(requestWith({ cookie }))
      expect(found).toMatchObject({ user: ada, cookies: [] })
      expect(await sessions.whoIs(requestWith({ cookie: cookie.slice(0, -4) }))).toBeUndefined()

      const token = decodeURIComponent(cookie.split('=')[1] ?? '').split('.')[0] ?? ''
      expect(token).toHaveLength(32)
      const [row] = await db.selectFrom('sessions').selectAll().execute()
      expect(row).toMatchObject({ user_agent: 'Firefox', ip_address: null, token: expect.stringMatching(/^[\da-f]{64}$/) as string })
      expect((row?.expires_at ?? 0) - (row?.created_at ?? 0)).toBeGreaterThan(29 * DAY)
      const bytes = await at.bytes()
      for (const secret of [token, PASSWORD, 'secret of the agent']) expect(bytes.includes(secret)).toBe(false)
      expect(bytes.includes('$argon2id$v=19$m=19456,t=2,p=1$')).toBe(true)

      // Last used two days ago: this use writes the new end, and sends the cookie anew.
      await db
        .updateTable('sessions')
        .set({ expires_at: Date.now() + 28 * DAY, updated_at: Date.now() - 2 * DAY })
        .execute()
      expect((await sessions.whoIs(requestWith({ cookie })))?.cookies).toEqual([expect.stringContaining('Max-Age=2592000')])
      expect((await listSessions(db, { userId: ada.id, now: Date.now() }))[0]?.expiresAt).toBeGreaterThan(Date.now() + 29 * DAY)

      await db
        .updateTable('sessions')
        .set({ expires_at: Date.now() - 1 })
        .execute()
      expect(await sessions.whoIs(requestWith({ cookie }))).toBeUndefined()
      expect(await db.selectFrom('sessions').select('id').execute()).toEqual([])
      const again = await sessions.begin(requestWith({}), { email: 'ada@example.com', password: PASSWORD })
      const next = again?.cookies[0]?.split(';')[0] ?? ''
      expect(await sessions.end(requestWith({ cookie: next }))).toEqual([expect.stringContaining('Max-Age=0')])
      expect(await sessions.whoIs(requestWith({ cookie: next }))).toBeUndefined()
    })

    test('a new password ends all sessions but the one kept, and a reset ends them all', async () => {
      const { db } = await ready(await place())
      const ada = await person(db, 'ada@example.com')
      const sessions = new Sessions({ identity: await makeIdentity(db, () => ''), client: () => ({ address: '', network: '', browser: '', secure: false }) })
      const begin = async (password: string): Promise<string> =>
        (await sessions.begin(requestWith({}), { email: ada.email, password }))?.cookies[0]?.split(';')[0] ?? ''
      const [kept, other] = [await begin(PASSWORD), await begin(PASSWORD)]
      const keptSession = (await sessions.whoIs(requestWith({ cookie: kept })))?.id
      await setPassword(db, { user: ada, password: 'another long one', keptSession })
      expect(await sessions.whoIs(requestWith({ cookie: kept }))).toBeDefined()
      expect(await sessions.whoIs(requestWith({ cookie: other }))).toBeUndefined()
      expect(await begin(PASSWORD)).toBe('')
      const made = await resetPassword(db, { email: 'ADA@example.com' })
      expect(made).toMatch(/^[\w-]{20}$/)
      expect(await sessions.whoIs(requestWith({ cookie: kept }))).toBeUndefined()
      expect(await begin(made)).not.toBe('')
      expect(await refused(resetPassword(db, { email: 'nobody@example.com' }))).toBe('not_found')
    })

    test('after 5 wrong passwords an account waits 1 minute, then twice as long each time up to an hour, and is forgiven by a right one', async () => {
      const at = await place()
      const [{ db }, other] = [await ready(at), await connect(at)]
      const attempt = (now: number): Promise<void> => countAttempt(db, { email: 'ada@example.com', address: '', now })
      for (let n = 0; n < 5; n++) await attempt(NOW + n)
      const error = await failure(countAttempt(other.db, { email: 'ada@example.com', address: '', now: NOW + SECOND }))
      expect(error).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 60 })
      expect(error.message).toBe('Too many wrong passwords for this account. Try again after 2026-01-05T12:01:01Z.')
      await countAttempt(db, { email: 'bob@example.com', address: '', now: NOW })
      let now = NOW + 5
      const waits: number[] = []
      for (let n = 0; n < 8; n++) {
        const { retryAfterSeconds = 0 } = await failure(attempt(now))
        waits.push(retryAfterSeconds)
        now += retryAfterSeconds * SECOND
        await attempt(now)
      }
      expect(waits).toEqual([60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
      await forgive(db, { email: 'ada@example.com', address: '', now })
      for (let n = 0; n < 5; n++) await attempt(now)
      expect((await failure(attempt(now))).retryAfterSeconds).toBe(60)
      const later = now + MINUTE + 15 * MINUTE
      for (let n = 0; n < 5; n++) await attempt(later)
      expect((await failure(attempt(later))).retryAfterSeconds).toBe(60)
    })

    test('an address waits after 30 wrong ones in 10 minutes, whatever the accounts, and attempts at once get no further', async () => {
      const at = await place()
      const { db } = await ready(at)
      const attempt = (n: number, now = NOW): Promise<void> => countAttempt(db, { email: `person-${n}@example.com`, address: '203.0.113.7', now })
      await attempt(0)
      await forgive(db, { email: 'person-0@example.com', address: '203.0.113.7', now: NOW })
      const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => attempt(n)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(30)
      expect((await failure(attempt(99, NOW + MINUTE))).retryAfterSeconds).toBe(540)
      await countAttempt(db, { email: 'ada@example.com', address: '203.0.113.8', now: NOW })
      await attempt(99, NOW + 10 * MINUTE)
      expect((await at.bytes()).includes('203.0.113.7')).toBe(false)
      const alike = await Promise.allSettled(Array.from({ length: 20 }, () => countAttempt(db, { email: 'eve@example.com', address: '', now: NOW })))
      expect(alike.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
      await countAttempt(db, { email: 'late@example.com', address: '', now: NOW + 3 * HOUR })
      expect(await db.selectFrom('sign_in_failures').select('subject').execute()).toHaveLength(1)
    })

    test('one owner always remains, owners are changed by owners only, and who goes takes their open invitations with them', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const { id: elsewhere } = await createWorkspace(db, { slug: 'elsewhere' })
      const owner = await person(db, 'owner@example.com', { workspaceId, role: 'owner' })
      const admin = await person(db, 'admin@example.com', { workspaceId, role: 'admin' })
      const stranger = await person(db, 'stranger@example.com', { workspaceId: elsewhere, role: 'owner' })
      const as = (role: 'admin' | 'owner') => ({ workspaceId, role, by: key, now: NOW })
      expect(await refused(setRole(db, { ...as('owner'), userId: owner.id, to: 'admin' }))).toBe('conflict')
      expect(await refused(removeMember(db, { ...as('owner'), userId: owner.id }))).toBe('conflict')
      expect(await refused(setRole(db, { ...as('admin'), userId: admin.id, to: 'owner' }))).toBe('forbidden')
      expect(await refused(setRole(db, { ...as('admin'), userId: owner.id, to: 'viewer' }))).toBe('forbidden')
      expect(await refused(removeMember(db, { ...as('admin'), userId: owner.id }))).toBe('forbidden')
      expect(await refused(setRole(db, { ...as('owner'), userId: stranger.id, to: 'viewer' }))).toBe('not_found')
      expect(await refused(removeMember(db, { ...as('owner'), userId: stranger.id }))).toBe('not_found')
      const invite = { ...as('admin'), by: { ...key, kind: 'user' as const, id: admin.id, name: admin.email }, email: undefined }
      expect(await refused(createInvitation(db, { ...invite, to: 'owner' }))).toBe('forbidden')
      const { token } = await createInvitation(db, { ...invite, to: 'admin' })
      const kept = await createInvitation(db, { ...as('owner'), to: 'viewer', email: undefined })
      await removeMember(db, { ...as('owner'), userId: admin.id })
      expect(await refused(readInvitation(db, { token, now: NOW }))).toBe('not_found')
      expect((await listInvitations(db, { workspaceId, now: NOW })).map(({ id }) => id)).toEqual([kept.invitation.id])
      await setRole(db, { ...as('owner'), userId: owner.id, to: 'owner' })
      expect((await listMembers(db, workspaceId)).map(({ email, role }) => `${email} ${role}`)).toEqual(['owner@example.com owner'])
      expect((await listAudit(db, { workspaceId, limit: 50 })).map(({ action }) => action)).toEqual([
        'member.removed',
        'invitation.created',
        'invitation.created',
        'workspace.created',
      ])
    })

    test('a link is kept as its digest only, serves one person once, for 7 days, and ends with the key that made it', async () => {
      const at = await place()
      const { db } = await ready(at)
      const { workspaceId } = await ensureFirstWorkspace(db, {})
      const first = await db.selectFrom('keys').select('id').where('kind', '=', 'secret').executeTakeFirstOrThrow()
      const by: Actor = { ...key, id: first.id }
      const invite = (to: 'viewer' | 'admin', email?: string) => createInvitation(db, { workspaceId, role: 'admin', by, now: NOW, to, email })
      const { token, invitation } = await invite('viewer')
      expect(await readInvitation(db, { token, now: NOW + 7 * DAY - 1 })).toMatchObject({ workspace: 'Default', role: 'viewer', email: null })
      expect(await refused(readInvitation(db, { token, now: NOW + 7 * DAY }))).toBe('not_found')
      expect((await at.bytes()).includes(token)).toBe(false)
      const join = (email: string) => acceptInvitation(db, { token, joining: { made: { name: 'New', email, password: PASSWORD } }, from: '', now: NOW })
      const outcomes = await Promise.allSettled([join('bob@example.com'), join('carol@example.com')])
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      expect(await refused(join('dan@example.com'))).toBe('not_found')
      expect(await listUsers(db)).toHaveLength(1)
      expect(await refused(revokeInvitation(db, { workspaceId, id: invitation.id, by, now: NOW }))).toBe('not_found')

      const named = await invite('admin', 'Eve@Example.com')
      const accept = (joining: Parameters<typeof acceptInvitation>[1]['joining']) => acceptInvitation(db, { token: named.token, joining, from: '', now: NOW })
      expect(await refused(accept({ made: { name: 'Mallory', email: 'mallory@example.com', password: PASSWORD } }))).toBe('forbidden')
      const eve = await person(db, 'eve@example.com')
      expect(await refused(accept({ made: { name: 'Eve', email: 'eve@example.com', password: PASSWORD } }))).toBe('conflict')
      await accept({ user: eve })
      expect((await listMembers(db, workspaceId)).find(({ id }) => id === eve.id)).toMatchObject({ role: 'admin' })
      expect(await refused(invite('viewer', 'eve@example.com'))).toBe('conflict')

      const { id: other } = await createWorkspace(db, { slug: 'other' })
      const open = await invite('viewer')
      expect(await refused(revokeInvitation(db, { workspaceId: other, id: open.invitation.id, by, now: NOW }))).toBe('not_found')
      await revokeKey(db, { workspaceId, keyId: first.id, now: NOW })
      expect(await refused(readInvitation(db, { token: open.token, now: NOW }))).toBe('not_found')
    })

    test('roles are known in memory, and within 2 s of a change on another node', async () => {
      const at = await place()
      const [mine, theirs] = [await ready(at), await connect(at)]
      const { id: workspaceId } = await createWorkspace(mine.db, { slug: 'acme' })
      const owner = await person(mine.db, 'owner@example.com', { workspaceId, role: 'owner' })
      const ada = await person(mine.db, 'ada@example.com', { workspaceId, role: 'analyst' })
      const directory = await watch(theirs)
      expect([directory.roleOf(workspaceId, ada.id), directory.roleOf(workspaceId + 1, ada.id), directory.roleOf(workspaceId, 'nobody')]).toEqual([
        'analyst',
        undefined,
        undefined,
      ])
      expect(directory.workspacesOf(owner.id).map(({ workspace, role }) => `${workspace.slug} ${role}`)).toEqual(['acme owner'])
      await removeMember(mine.db, { workspaceId, role: 'owner', userId: ada.id })
      await directory.refresh()
      expect(directory.roleOf(workspaceId, ada.id)).toBeUndefined()
    })

    test('a line of the log is committed with its change or not at all, newest first, in pages, each workspace its own', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme', now: NOW })
      const { id: other } = await createWorkspace(db, { slug: 'other', now: NOW })
      await updateWorkspace(db, { id: workspaceId, retentionDays: null, streamsOff: ['chat'], name: 'acme', by: key, now: NOW + 1 })
      await updateWorkspace(db, { id: workspaceId, retentionDays: null, by: key, now: NOW + 2 })
      await note(db, { workspaceId: other, by: key, action: 'events.exported', target: 'x\0y', details: { a: 'b\0' }, now: NOW + 3 })
      await note(db, { workspaceId: null, by: key, action: 'session.refused', target: 'unknown', now: NOW + 4 })
      const half = change(db, async (trx) => {
        await trx.updateTable('workspaces').set({ name: 'half' }).where('id', '=', workspaceId).execute()
        return { answer: undefined, told: [{ workspaceId, by: { ...key, kind: 'nobody' as 'key' }, action: 'x', target: 'x', now: NOW }] }
      })
      await expect(half).rejects.toThrow()
      expect((await db.selectFrom('workspaces').select('name').where('id', '=', workspaceId).executeTakeFirst())?.name).toBe('acme')
      const all = await listAudit(db, { workspaceId, limit: 10 })
      expect(all).toEqual([
        {
          id: expect.any(String) as string,
          at: '2026-01-05T12:00:00.001Z',
          actor_kind: 'key',
          actor: 'backend',
          action: 'workspace.changed',
          target: 'acme',
          details: { retention_days: { from: 365, to: 'forever' }, streams_off: { from: [], to: ['chat'] } },
          from: '',
        },
        expect.objectContaining({ action: 'workspace.created', actor_kind: 'local' }) as object,
      ])
      const [first] = await listAudit(db, { workspaceId, limit: 1 })
      expect(await listAudit(db, { workspaceId, limit: 1, after: Number(first?.id) })).toEqual(all.slice(1))
      expect(await listAudit(db, { workspaceId, limit: 10, action: 'workspace.created', actor: 'command line' })).toEqual(all.slice(1))
      expect(await listAudit(db, { workspaceId: other, limit: 1 })).toMatchObject([{ target: 'xy' }])
    })
  })
}
