import { describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { ensureFirstWorkspace } from '../server/src/catalog/keys.ts'
import { catalogMigrateDown, catalogMigrateStatus, catalogMigrateUp, MigrationError, migrations } from '../server/src/catalog/migrate.ts'
import { catalogVersion, change, identity } from '../server/src/catalog/version.ts'
import { createWorkspace, listWorkspaces } from '../server/src/catalog/workspaces.ts'
import { connect, NOW, type Place, ready } from './catalog.place.ts'

/** Migrations and transactions, on whichever database. */
export const schemaSuite = (name: string, place: () => Promise<Place>): void => {
  describe(`catalog on ${name}: migrations`, () => {
    test('go up, down and up again, and say where they stand', async () => {
      const catalog = await connect(await place())
      expect((await catalogMigrateStatus(catalog)).map(({ state }) => state)).toEqual(migrations.map(() => 'pending'))
      expect(await catalogMigrateUp(catalog)).toEqual(migrations.map(({ name }) => name))
      expect(await catalogMigrateUp(catalog)).toEqual([])
      const { salt } = await identity(catalog.db)
      expect(await identity(catalog.db)).toMatchObject({ salt })
      await ensureFirstWorkspace(catalog.db, {})
      expect(await catalogMigrateDown(catalog, { steps: migrations.length })).toEqual(migrations.map(({ name }) => name).toReversed())
      expect((await catalogMigrateStatus(catalog)).map(({ state }) => state)).toEqual(migrations.map(() => 'pending'))
      expect((await catalog.db.introspection.getTables()).map(({ name }) => name)).toEqual(['catalog_migrations'])
      await catalogMigrateUp(catalog)
      expect(await listWorkspaces(catalog.db)).toEqual([])
    })

    test('two nodes that start together migrate once', async () => {
      const at = await place()
      const [a, b] = [await connect(at), await connect(at)]
      const done = await Promise.all([catalogMigrateUp(a), catalogMigrateUp(b)])
      // Either of them does some; none is done twice.
      expect(done.flat().toSorted()).toEqual(migrations.map(({ name }) => name))
    })

    test('an edited one and an unknown one are refused, and nothing is changed', async () => {
      const catalog = await ready(await place())
      const [first] = migrations
      if (!first) throw new Error('there are no migrations')
      const edited = [{ ...first, up: [...first.up, 'create table extra (id integer)'] }, ...migrations.slice(1)]
      await expect(catalogMigrateUp(catalog, edited)).rejects.toThrow(MigrationError)
      await expect(catalogMigrateUp(catalog, edited)).rejects.toThrow(`${first.name} was changed after it had been applied`)
      expect((await catalogMigrateStatus(catalog, edited))[0]).toMatchObject({ name: first.name, state: 'edited' })
      const future = { name: '9999_future', up: ['create table future (id {identity})'], down: ['drop table future'] }
      expect(await catalogMigrateUp(catalog, [...migrations, future])).toEqual(['9999_future'])
      await expect(catalogMigrateUp(catalog)).rejects.toThrow('9999_future is recorded in the catalog but not known here')
      await expect(catalogMigrateDown(catalog)).rejects.toThrow(MigrationError)
      expect(await catalogMigrateDown(catalog, { steps: 1 }, [...migrations, future])).toEqual(['9999_future'])
      expect(await catalogMigrateUp(catalog)).toEqual([])
    })

    test('one that fails in its middle leaves nothing behind', async () => {
      const catalog = await ready(await place())
      const broken = { name: '9999_broken', up: ['create table half (id {identity})', 'create table half (id {identity})'], down: [] }
      await expect(catalogMigrateUp(catalog, [...migrations, broken])).rejects.toThrow('half')
      expect((await catalog.db.introspection.getTables()).map(({ name }) => name)).not.toContain('half')
      expect(await catalogMigrateUp(catalog)).toEqual([])
    })
  })

  describe(`catalog on ${name}: transactions`, () => {
    test('concurrent writes of two nodes each get a version of their own, in the order of their commits', async () => {
      const at = await place()
      const [a, b] = [await ready(at), await connect(at)]
      const { workspaceId } = await ensureFirstWorkspace(a.db, {})
      const before = await catalogVersion(a.db)
      const committed: number[] = []
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const catalog = n % 2 === 0 ? a : b
          committed.push(
            await change(catalog.db, async (trx, version) => {
              await trx
                .insertInto('opt_outs')
                .values({ workspace_id: workspaceId, kind: 'u', person_id: `u${n}`, opted_out: 1, at: NOW, source: 'api', version })
                .execute()
              return { answer: version, told: [] }
            }),
          )
        }),
      )
      expect(committed.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, n) => before + 1 + n))
      expect(await catalogVersion(b.db)).toBe(before + 40)
    })

    test('a write that throws leaves neither rows nor a version behind', async () => {
      const { db } = await ready(await place())
      const before = await catalogVersion(db)
      const half = change(db, async (trx) => {
        await trx.insertInto('meta').values({ key: 'half', value: '1' }).execute()
        throw new Error('stop here')
      })
      await expect(half).rejects.toThrow('stop here')
      expect(await catalogVersion(db)).toBe(before)
      expect(await db.selectFrom('meta').select('key').where('key', '=', 'half').execute()).toEqual([])
      await expect(sql`select * from no_such_table`.execute(db)).rejects.toThrow('no_such_table')
      await createWorkspace(db, { slug: 'after' })
    })
  })
}
