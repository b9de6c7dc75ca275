import { describe, expect, test } from 'vitest'
import { Directory } from '../server/src/catalog/directory.ts'
import { createKey, ensureFirstWorkspace, revokeKey } from '../server/src/catalog/keys.ts'
import { optOut } from '../server/src/catalog/optouts.ts'
import { updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { connect, type Place, ready, silent, until, watch } from './catalog.place.ts'

/** What nodes hold in memory, and how they learn of changes, on whichever database. */
export const directorySuite = (name: string, place: () => Promise<Place>): void => {
  describe(`catalog on ${name}: directory`, () => {
    test('sees a change made by another node within 2 s', async () => {
      const at = await place()
      const [mine, theirs] = [await ready(at), await connect(at)]
      const { workspaceId, keys } = await ensureFirstWorkspace(mine.db, {})
      const directory = await watch(mine)
      expect(directory.workspaceBySlug('default')).toBe(directory.workspace(workspaceId))

      await updateWorkspace(theirs.db, { id: workspaceId, streamsOff: ['chat'], taxonomyMode: 'strict', retentionDays: null })
      expect(await until(() => directory.workspace(workspaceId)?.streamsOff.has('chat') === true)).toBeLessThan(2_000)
      expect(directory.workspace(workspaceId)).toMatchObject({ taxonomyMode: 'strict', retentionDays: null, gpc: 'honour', timezone: 'UTC', slug: 'default' })

      const write = directory.keyOf(keys.write ?? '')
      await optOut(theirs.db, { workspaceId, userId: 'ada', source: 'api' })
      await revokeKey(theirs.db, { workspaceId, keyId: write?.keyId ?? '' })
      const added = await createKey(theirs.db, { workspaceId, kind: 'secret', name: 'new' })
      expect(await until(() => directory.keyOf(added.plain) !== undefined)).toBeLessThan(2_000)
      expect(directory.keyOf(keys.write ?? '')).toBeUndefined()
      expect(directory.isOptedOut(workspaceId, 'ada')).toBe(true)
      expect(directory.status().status).toBe('ok')
    })

    test('switches of the environment hold in every workspace', async () => {
      const { db } = await ready(await place())
      const { workspaceId } = await ensureFirstWorkspace(db, {})
      const directory = new Directory({ db, log: silent, streamsOff: ['metrics'] })
      await directory.refresh()
      expect(directory.workspace(workspaceId)?.streamsOff).toEqual(new Set(['metrics']))
    })

    test('refresh holds every change committed before it, also while another look is under way', async () => {
      const { db } = await ready(await place())
      const { workspaceId } = await ensureFirstWorkspace(db, {})
      const directory = new Directory({ db, log: silent })
      await directory.refresh()
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          await optOut(db, { workspaceId, anonymousId: `visitor-${n}`, source: 'tracker' })
          await directory.refresh()
          expect(directory.isOptedOut(workspaceId, undefined, `visitor-${n}`)).toBe(true)
        }),
      )
    })

    test('starts anew on a catalog restored from a backup', async () => {
      const { db } = await ready(await place())
      const { workspaceId } = await ensureFirstWorkspace(db, {})
      await optOut(db, { workspaceId, userId: 'later', source: 'api' })
      const directory = new Directory({ db, log: silent })
      await directory.refresh()
      await db.deleteFrom('opt_outs').execute()
      await db.updateTable('meta').set({ value: '2' }).where('key', '=', 'version').execute()
      await directory.refresh()
      expect(directory.isOptedOut(workspaceId, 'later')).toBe(false)
    })
  })
}
