import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLog } from '../server/src/base/log.ts'
import type { Named } from '../server/src/ingest/fact.ts'
import { Links } from '../server/src/people/links.ts'
import { singleDialect } from '../server/src/store/dialect.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { migrateUp } from '../server/src/store/migrate.ts'
import { Persons } from '../server/src/store/persons.ts'
import { sql, str, time } from '../server/src/store/sql.ts'
import { makeStore, type Store } from '../server/src/store/store.ts'

/** Two nodes on one server, the clock of one an hour ahead. */
const folder = mkdtempSync(join(tmpdir(), 'cairn-nodes-'))
const NOW = Date.UTC(2026, 10, 20, 8)
const engine = new EmbeddedEngine({
  dataDir: join(folder, 'data'),
  memoryBytes: 1024 ** 3,
  log: makeLog('silent'),
  clock: { now: () => NOW },
  listen: { port: 0 },
})
let store: Store
beforeAll(async () => {
  await engine.start()
  store = makeStore({ url: engine.url, dialect: singleDialect({ segmentSource: 'stream' }) })
  await migrateUp(store)
})
afterAll(async () => {
  await store.close()
  await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})

let nodes = 0
const node = (now: number, through: Store = store): { links: Links; persons: Persons } => {
  const persons = new Persons(store.dialect)
  return { persons, links: new Links({ store: through, persons, dir: join(folder, `node-${++nodes}`), clock: { now: () => now } }) }
}
/** As the loader of a node stores it. */
async function tell(userId: string, otherId: string): Promise<Named[]> {
  await store.command(sql`INSERT INTO cairn.person_facts (workspace_id, fact_id, fact, user_id, other_id, told_at, received_at)
SELECT 1, generateUUIDv4(), 'merge', ${str(userId)}, ${str(otherId)}, ${time(NOW)}, ${time(NOW)}`)
  return [{ workspaceId: 1, receivedMs: NOW, userId, anonymousId: '', otherId }]
}
const linked = async (): Promise<Record<string, string>> => {
  const { rows } = await store.query<{ user_id: string; root_id: string }>(
    sql`SELECT user_id, root_id FROM cairn.person_links FINAL WHERE root != person_key AND root = dictGet('cairn.person_roots', 'root', person_key) ORDER BY user_id`,
  )
  return Object.fromEntries(rows.map(({ user_id, root_id }) => [user_id, root_id]))
}

test('links that a node made of fewer facts than another has stored meanwhile are put right by whoever writes last', async () => {
  let isHeld = (): void => undefined
  let goOn = (): void => undefined
  const held = new Promise<void>((resolve) => (isHeld = resolve))
  const free = new Promise<void>((resolve) => (goOn = resolve))
  let loads = 0
  const slowStore: Store = {
    ...store,
    load: async (...of) => {
      if (++loads === 1) {
        isHeld()
        await free
      }
      await store.load(...of)
    },
  }
  const ahead = node(NOW + 3_600_000, slowStore)
  const other = node(NOW)
  await ahead.links.start()
  await other.links.start()
  const following = ahead.links.follow(await tell('b', 'c'))
  await held
  await other.links.follow(await tell('a', 'b'))
  expect(await linked()).toEqual({ b: 'a', c: 'a' })
  goOn()
  await following
  expect(await linked()).toEqual({ b: 'a', c: 'a' })
  // The clock that is behind still has the last word.
  await other.links.follow(await tell('0', 'a'))
  expect(await linked()).toEqual({ a: '0', b: '0', c: '0' })
})

test('where others may make links no workspace counts as one without', async () => {
  const { links, persons } = node(NOW)
  await links.start()
  expect(persons.hasLinks(2)).toBe(true)
})
