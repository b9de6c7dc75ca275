import { describe, expect, test } from 'vitest'
import { KeyUse } from '../server/src/catalog/key-use.ts'
import { createKey, ensureFirstWorkspace, listKeys, revokeKey } from '../server/src/catalog/keys.ts'
import { catalogVersion } from '../server/src/catalog/version.ts'
import { createWorkspace, getWorkspace, listWorkspaces, updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { connect, NOW, type Place, ready, refused, silent, watch } from './catalog.place.ts'

/** Workspaces and keys, on whichever database. */
export const keysSuite = (name: string, place: () => Promise<Place>): void => {
  describe(`catalog on ${name}: workspaces and keys`, () => {
    test('a workspace has defaults, changes its settings, and refuses bad ones', async () => {
      const { db } = await ready(await place())
      const made = await createWorkspace(db, { slug: 'acme', name: 'Acme', timezone: 'europe/berlin', now: NOW })
      const whole = {
        id: made.id,
        slug: 'acme',
        name: 'Acme',
        timezone: 'Europe/Berlin',
        retentionDays: 365,
        archiveDays: null,
        streamsOff: [],
        gpc: 'honour',
        taxonomyMode: 'open',
        sampling: 1,
        singleSession: false,
        breaker: { budget_ms: 50, failures: 5, rest_ms: 60_000 },
        doneStatuses: [],
        internal: { user_ids: [], email_domains: [], addresses: [] },
        createdAt: NOW,
        updatedAt: NOW,
      }
      expect(made).toEqual(whole)
      const changed = await updateWorkspace(db, {
        id: made.id,
        retentionDays: null,
        streamsOff: ['chat', 'events', 'chat'],
        gpc: 'ignore',
        taxonomyMode: 'strict',
        sampling: 0.1,
        breaker: { budget_ms: 20 },
        internal: { email_domains: ['@Acme.example', 'acme.example'], addresses: ['2001:db8::/32'] },
        timezone: 'Asia/Kolkata',
        now: NOW + 1,
      })
      expect(changed).toEqual({
        ...whole,
        retentionDays: null,
        streamsOff: ['events', 'chat'],
        gpc: 'ignore',
        taxonomyMode: 'strict',
        sampling: 0.1,
        breaker: { ...whole.breaker, budget_ms: 20 },
        internal: { user_ids: [], email_domains: ['acme.example'], addresses: ['2001:db8::/32'] },
        timezone: 'Asia/Kolkata',
        updatedAt: NOW + 1,
      })
      expect(await getWorkspace(db, { slug: 'acme' })).toEqual(changed)
      expect(await listWorkspaces(db)).toEqual([changed])
      expect(await refused(createWorkspace(db, { slug: 'acme' }))).toBe('conflict')
      expect(await refused(createWorkspace(db, { slug: 'No Good', timezone: 'Mars/Olympus', retentionDays: 0 }))).toEqual([
        'invalid',
        '/timezone',
        '/retention_days',
        '/slug',
      ])
      expect(await refused(createWorkspace(db, { slug: 'x', timezone: '+01:00' }))).toEqual(['invalid', '/timezone'])
      expect(await refused(createWorkspace(db, { slug: 'x', sampling: 2, breaker: { failures: 0.5 } }))).toEqual(['invalid', '/sampling', '/breaker/failures'])
      expect(await refused(updateWorkspace(db, { id: 999_999, name: 'x' }))).toBe('not_found')
      expect(await refused(getWorkspace(db, { slug: 'nobody' }))).toBe('not_found')
    })

    test('the first start makes one workspace with keys, once, also when two nodes start together', async () => {
      const at = await place()
      const [a, b] = [await ready(at), await connect(at)]
      const starts = await Promise.all([ensureFirstWorkspace(a.db, {}), ensureFirstWorkspace(b.db, {})])
      expect(starts.filter(({ made }) => made)).toHaveLength(1)
      const [first] = starts.filter(({ made }) => made)
      expect(first?.keys).toEqual({ write: expect.stringMatching(/^cw_[\w-]{32}$/) as string, secret: expect.stringMatching(/^cs_[\w-]{32}$/) as string })
      expect(await ensureFirstWorkspace(a.db, { writeKey: 'another-key-of-later' })).toEqual({ workspaceId: first?.workspaceId, made: false, keys: {} })
      expect(await listWorkspaces(a.db)).toMatchObject([{ slug: 'default' }])
      const directory = await watch(b)
      expect(directory.keyOf('another-key-of-later')).toBeUndefined()
      expect(directory.keyOf(first?.keys.secret ?? '')).toMatchObject({ kind: 'secret', workspaceId: first?.workspaceId })
    })

    test('keys of the environment are taken at first start and not repeated', async () => {
      const catalog = await ready(await place())
      expect(await refused(ensureFirstWorkspace(catalog.db, { writeKey: 'the-same-key-twice', secretKey: 'the-same-key-twice' }))).toBe('invalid')
      const first = await ensureFirstWorkspace(catalog.db, { writeKey: 'given-write-key-1', secretKey: 'given-secret-key-1' })
      expect(first).toMatchObject({ made: true, keys: {} })
      const directory = await watch(catalog)
      expect(directory.keyOf('given-write-key-1')).toMatchObject({ kind: 'write', workspaceId: first.workspaceId })
      expect(directory.keyOf('given-secret-key-1')).toMatchObject({ kind: 'secret' })
      expect(directory.keyOf('')).toBeUndefined()
      expect(directory.keyOf('x'.repeat(1_000_000))).toBeUndefined()
    })

    test('a key is kept as its digest only, and ends when it is revoked', async () => {
      const at = await place()
      const catalog = await ready(at)
      const { id: workspaceId } = await createWorkspace(catalog.db, { slug: 'acme' })
      const { key, plain } = await createKey(catalog.db, { workspaceId, kind: 'write', name: 'shop', now: NOW })
      const given = await createKey(catalog.db, { workspaceId, kind: 'secret', name: 'backend', plain: 'operators_own-key-0123456789', now: NOW + 1 })
      expect(key).toEqual({
        id: key.id,
        workspaceId,
        kind: 'write',
        name: 'shop',
        prefix: plain.slice(0, 8),
        createdAt: NOW,
        revokedAt: null,
        lastUsedAt: null,
      })
      expect(await listKeys(catalog.db, { workspaceId })).toEqual([given.key, key])
      const bytes = await at.bytes()
      expect(bytes.includes(key.prefix)).toBe(true)
      for (const secret of [plain, plain.slice(3), given.plain]) expect(bytes.includes(secret)).toBe(false)

      const directory = await watch(catalog)
      expect(directory.keyOf(plain)).toEqual({ keyId: key.id, kind: 'write', workspaceId, name: 'shop' })
      const revoked = await revokeKey(catalog.db, { workspaceId, keyId: key.id, now: NOW + 2 })
      expect(await revokeKey(catalog.db, { workspaceId, keyId: key.id, now: NOW + 3 })).toEqual(revoked)
      expect(revoked.revokedAt).toBe(NOW + 2)
      await directory.refresh()
      expect(directory.keyOf(plain)).toBeUndefined()
      expect(directory.keyOf(given.plain)).toBeDefined()

      const other = await createWorkspace(catalog.db, { slug: 'other' })
      expect(await refused(revokeKey(catalog.db, { workspaceId: other.id, keyId: given.key.id }))).toBe('not_found')
      expect(await refused(createKey(catalog.db, { workspaceId, kind: 'write', name: 'again', plain }))).toBe('conflict')
      expect(await refused(createKey(catalog.db, { workspaceId, kind: 'write', name: 'short', plain: 'short' }))).toEqual(['invalid', '/key'])
      expect(await refused(createKey(catalog.db, { workspaceId: 999_999, kind: 'write', name: 'x' }))).toBe('not_found')
    })

    test('the last use of a key is noted in memory and written later, never backwards', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const { key } = await createKey(db, { workspaceId, kind: 'write', name: 'shop' })
      let now = NOW
      const use = new KeyUse({ db, log: silent, clock: { now: () => now } })
      const lastUsed = async (): Promise<unknown> => (await listKeys(db, { workspaceId }))[0]?.lastUsedAt
      const before = await catalogVersion(db)
      use.note(key.id)
      expect(await lastUsed()).toBeNull()
      await use.flush()
      expect(await lastUsed()).toBe(NOW)
      now = NOW - 1_000
      use.note(key.id)
      await use.stop()
      expect(await lastUsed()).toBe(NOW)
      expect(await catalogVersion(db)).toBe(before)
    })
  })
}
