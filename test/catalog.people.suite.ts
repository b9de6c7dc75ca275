import { describe, expect, test } from 'vitest'
import { Directory } from '../server/src/catalog/directory.ts'
import { createKey } from '../server/src/catalog/keys.ts'
import { advanceImport, beginImport, getImport, listImports } from '../server/src/catalog/imports.ts'
import { consentOf, listOptOuts, optIn, optOut } from '../server/src/catalog/optouts.ts'
import { tellerNames } from '../server/src/catalog/tellers.ts'
import { declareType, listTypes, removeType } from '../server/src/catalog/taxonomy.ts'
import { change } from '../server/src/catalog/version.ts'
import { createWorkspace } from '../server/src/catalog/workspaces.ts'
import { NOW, type Place, ready, refused, silent, watch } from './catalog.place.ts'

/** Opt-outs, taxonomy and imports, on whichever database. */
export const peopleSuite = (name: string, place: () => Promise<Place>): void => {
  describe(`catalog on ${name}: people, taxonomy, imports`, () => {
    test('an opt-out holds for its id in its workspace until it is taken back, with time and source', async () => {
      const catalog = await ready(await place())
      const { db } = catalog
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const { id: other } = await createWorkspace(db, { slug: 'other' })
      const directory = await watch(catalog)
      expect(await optOut(db, { workspaceId, userId: 'ada', anonymousId: 'anon-1', source: 'screen', now: NOW })).toEqual({ changed: true })
      expect(await optOut(db, { workspaceId, userId: 'ada', source: 'api', now: NOW + 1 })).toEqual({ changed: false })
      await directory.refresh()
      expect([
        directory.isOptedOut(workspaceId, 'ada'),
        directory.isOptedOut(workspaceId, null, 'anon-1'),
        directory.isOptedOut(workspaceId, 'bob', 'anon-1'),
      ]).toEqual([true, true, true])
      expect([directory.isOptedOut(other, 'ada'), directory.isOptedOut(workspaceId, 'anon-1'), directory.isOptedOut(workspaceId)]).toEqual([
        false,
        false,
        false,
      ])
      const ada = { kind: 'user_id', personId: 'ada', optedOut: true, at: NOW, source: 'screen' }
      const anon = { kind: 'anonymous_id', personId: 'anon-1', optedOut: true, at: NOW, source: 'screen' }
      expect(await listOptOuts(db, { workspaceId, limit: 1 })).toEqual([anon])
      expect(await listOptOuts(db, { workspaceId, limit: 5, after: { kind: 'anonymous_id', personId: 'anon-1' } })).toEqual([ada])

      expect(await optIn(db, { workspaceId, userId: 'ada', source: 'tracker', now: NOW + 2 })).toEqual({ changed: true })
      expect(await optIn(db, { workspaceId, userId: 'nobody', source: 'tracker' })).toEqual({ changed: false })
      await directory.refresh()
      expect(directory.isOptedOut(workspaceId, 'ada')).toBe(false)
      expect(directory.isOptedOut(workspaceId, 'ada', 'anon-1')).toBe(true)
      expect(await consentOf(db, { workspaceId, userId: 'ada', anonymousId: 'anon-1' })).toEqual([
        anon,
        { ...ada, optedOut: false, at: NOW + 2, source: 'tracker' },
      ])
      expect(await optOut(db, { workspaceId, userId: 'ada', source: 'api' })).toEqual({ changed: true })
      expect(await refused(optOut(db, { workspaceId, source: 'api' }))).toEqual(['invalid', ''])
      expect(await refused(optOut(db, { workspaceId: 999_999, userId: 'ada', source: 'api' }))).toBe('not_found')
    })

    test('who told something has a name: of a key of that workspace, or of a user', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const { id: other } = await createWorkspace(db, { slug: 'other' })
      const { key } = await createKey(db, { workspaceId, kind: 'secret', name: 'reports' })
      const { key: foreign } = await createKey(db, { workspaceId: other, kind: 'secret', name: 'theirs' })
      const user = { id: 'u1', name: 'Ada', email: 'ada@example.com', email_verified: 0 as const, image: null, created_at: NOW, updated_at: NOW }
      await db.insertInto('users').values(user).execute()
      expect(await tellerNames(db, workspaceId, [key.id, foreign.id, 'user:u1', 'user:gone', 'local', ''])).toEqual(
        new Map([
          [key.id, 'reports'],
          ['user:u1', 'ada@example.com'],
        ]),
      )
      expect(await tellerNames(db, workspaceId, [])).toEqual(new Map())
    })

    test('many opt-outs are read in pages, without losing one at their edges', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const many = 12_001
      await change(db, async (trx, version) => {
        for (let from = 0; from < many; from += 1_000) {
          const rows = Array.from({ length: Math.min(1_000, many - from) }, (_, n) => ({
            workspace_id: workspaceId,
            kind: 'u' as const,
            person_id: `user-${from + n}`,
            opted_out: 1 as const,
            at: NOW,
            source: 'api',
            version,
          }))
          await trx.insertInto('opt_outs').values(rows).execute()
        }
        return { answer: undefined, told: [] }
      })
      const directory = new Directory({ db, log: silent })
      await directory.refresh()
      expect(Array.from({ length: many }, (_, n) => directory.isOptedOut(workspaceId, `user-${n}`)).filter(Boolean)).toHaveLength(many)
      await optIn(db, { workspaceId, userId: 'user-7', source: 'api' })
      await directory.refresh()
      expect([directory.isOptedOut(workspaceId, 'user-7'), directory.isOptedOut(workspaceId, 'user-8')]).toEqual([false, true])
    })

    test('a type is declared, declared anew and removed', async () => {
      const catalog = await ready(await place())
      const { db } = catalog
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const directory = await watch(catalog)
      const first = await declareType(db, {
        workspaceId,
        eventType: 'order_placed',
        category: 'shop',
        requiredProperties: ['order.total', 'order.total'],
        owner: 'ada',
        description: 'An order',
        now: NOW,
      })
      expect(first).toEqual({
        eventType: 'order_placed',
        category: 'shop',
        requiredProperties: ['order.total'],
        owner: 'ada',
        description: 'An order',
        createdAt: NOW,
        updatedAt: NOW,
      })
      const second = await declareType(db, { workspaceId, eventType: 'order_placed', now: NOW + 1 })
      expect(second).toEqual({
        eventType: 'order_placed',
        category: null,
        requiredProperties: [],
        owner: null,
        description: null,
        createdAt: NOW,
        updatedAt: NOW + 1,
      })
      await declareType(db, { workspaceId, eventType: 'a_visit', requiredProperties: ['path'] })
      expect((await listTypes(db, { workspaceId })).map(({ eventType }) => eventType)).toEqual(['a_visit', 'order_placed'])
      await directory.refresh()
      expect(directory.workspace(workspaceId)?.taxonomy).toEqual(
        new Map([
          ['order_placed', { category: null, requiredProperties: [] }],
          ['a_visit', { category: null, requiredProperties: ['path'] }],
        ]),
      )
      await removeType(db, { workspaceId, eventType: 'a_visit' })
      expect(await refused(removeType(db, { workspaceId, eventType: 'a_visit' }))).toBe('not_found')
      expect(await refused(declareType(db, { workspaceId, eventType: '', requiredProperties: ['ok', ''] }))).toEqual([
        'invalid',
        '/event_type',
        '/required_properties/1',
      ])
      await directory.refresh()
      expect(directory.workspace(workspaceId)?.taxonomy.size).toBe(1)
    })

    test('an import goes on where it was and is done once', async () => {
      const { db } = await ready(await place())
      const { id: workspaceId } = await createWorkspace(db, { slug: 'acme' })
      const key = { workspaceId, fileSha256: 'f'.repeat(64), mappingSha256: 'a'.repeat(64) }
      expect(await getImport(db, key)).toBeUndefined()
      expect(await refused(advanceImport(db, { ...key, rowsDone: 1 }))).toBe('not_found')
      const begun = await beginImport(db, { ...key, rowsTotal: 3_000_000_000, now: NOW })
      expect(begun).toEqual({ ...key, rowsDone: 0, rowsTotal: 3_000_000_000, createdAt: NOW, updatedAt: NOW, finishedAt: null })
      await advanceImport(db, { ...key, rowsDone: 2_500_000_000, now: NOW + 1 })
      await advanceImport(db, { ...key, rowsDone: 10, now: NOW + 2 })
      expect(await beginImport(db, { ...key, now: NOW + 3 })).toEqual({ ...begun, rowsDone: 2_500_000_000, updatedAt: NOW + 3 })
      await advanceImport(db, { ...key, rowsDone: 3_000_000_000, finished: true, now: NOW + 4 })
      const done = { ...begun, rowsDone: 3_000_000_000, updatedAt: NOW + 5, finishedAt: NOW + 4 }
      expect(await advanceImport(db, { ...key, rowsDone: 3_000_000_000, finished: true, now: NOW + 5 })).toEqual(done)
      await beginImport(db, { ...key, mappingSha256: 'b'.repeat(64), now: NOW })
      expect((await listImports(db, { workspaceId })).map(({ mappingSha256 }) => mappingSha256[0])).toEqual(['a', 'b'])
    })
  })
}
