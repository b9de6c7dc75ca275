import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { compose, type Cairn } from '../server/src/compose.ts'
import { migrateDown } from '../server/src/store/migrate.ts'
import { sql } from '../server/src/store/sql.ts'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, WRITE_KEY } from './server.ts'

/** Facts that are stored, and whose links are not made yet, when the end comes. */
interface Answers {
  people: Array<{ user_id: string | null; anonymous_id: string; events: number }>
  active_users: number
}
async function answers(url: string): Promise<Record<string, number>> {
  const { people } = await read<Answers>(url, '/api/people?days=7&limit=1000')
  expect((await read<Answers>(url, '/api/events/analytics?days=7')).active_users).toBe(people.length)
  return Object.fromEntries(people.map((person) => [person.user_id ?? `(${person.anonymous_id})`, person.events]))
}

/** A start that has much to load answers before it is done, and says so. */
const counts = (url: string, expected: Record<string, number>): Promise<unknown> =>
  eventually(
    () => answers(url),
    (counted) => isDeepStrictEqual(counted, expected),
  )

const open = async (dataDir: string): Promise<{ cairn: Cairn; url: string }> => {
  const config = readConfig({ CAIRN_DATA_DIR: dataDir, PORT: '0', CAIRN_WRITE_KEY: WRITE_KEY, CAIRN_SECRET_KEY: SECRET_KEY })
  const cairn = await compose(config, { log: makeLog('silent') })
  return { cairn, url: await cairn.listen() }
}
const world = async (url: string): Promise<void> => {
  const events = [{ anonymous_id: 'laptop' }, { user_id: 'ada' }, { user_id: 'ada@work' }, { user_id: 'bob' }]
  for (const ids of events) expect((await send(url, '/api/events/log', { event_id: randomUUID(), event_type: 'seen', ...ids })).status).toBe(200)
  expect((await send(url, '/api/people/identify', { user_id: 'ada', anonymous_id: 'laptop' })).status).toBe(200)
}
const factsIn = async ({ store: { store } }: Cairn): Promise<number> =>
  Number((await store.query<{ n: string }>(sql`SELECT count() AS n FROM cairn.person_facts`)).rows[0]?.n)

test('an end between the facts and their links is healed by the next start; a merge meanwhile says that it does not count yet', async () => {
  const folder = temporaryFolder()
  const first = await open(folder.path)
  first.cairn.links.follow = () => Promise.reject(new Error('cut off'))
  await world(first.url)
  const merged = await send(first.url, '/api/people/merge', { user_id: 'ada', other_id: 'ada@work' }, SECRET_KEY)
  expect(await merged.json()).toEqual({ success: true, meta: { stale: true, lag_ms: expect.any(Number) as number } })
  await eventually(
    () => factsIn(first.cairn),
    (facts) => facts >= 1,
  )
  await first.cairn.close()
  const second = await open(folder.path)
  await counts(second.url, { ada: 3, bob: 1 })
  expect(await factsIn(second.cairn)).toBe(2)
  await second.cairn.close()
  folder.remove()
})

test('a store with facts from before there were links has them made by its next start', async () => {
  const folder = temporaryFolder()
  const first = await open(folder.path)
  await world(first.url)
  await send(first.url, '/api/people/merge', { user_id: 'ada', other_id: 'ada@work' }, SECRET_KEY)
  await counts(first.url, { ada: 3, bob: 1 })
  await migrateDown(first.cairn.store.store, 3)
  await first.cairn.close()
  const second = await open(folder.path)
  await counts(second.url, { ada: 3, bob: 1 })
  await second.cairn.close()
  folder.remove()
})

test('kills while people are identified, merged and parted: every acknowledged word counts, once', { timeout: 240_000 }, async () => {
  const folder = temporaryFolder()
  const port = await freePort()
  const start = (): ReturnType<typeof startServer> => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
  let server = await start()
  let stop = false
  let told = 0
  let over = false
  onTestFinished(async () => {
    stop = over = true
    await server.kill()
    folder.remove()
  })
  /** Until it is acknowledged; what was told twice counts once. */
  const persist = async (path: string, body: object, key?: string): Promise<void> => {
    const event_id = randomUUID()
    for (;;) {
      const answer = await send(server.url, path, { event_id, ...body }, key).catch(() => undefined)
      if (answer?.status === 200 || over) return
      await sleep(20)
    }
  }
  const talking = (async () => {
    while (!stop) {
      const n = told
      await persist('/api/events/log', { event_type: 'seen', anonymous_id: `device-${n}` })
      await persist('/api/events/log', { event_type: 'seen', user_id: `user-${n}` })
      await persist('/api/people/identify', { user_id: `user-${n}`, anonymous_id: `device-${n}` })
      // Three by three they are one person; the third is parted again.
      if (n % 3 > 0) await persist('/api/people/merge', { user_id: `user-${n - (n % 3)}`, other_id: `user-${n}` }, SECRET_KEY)
      if (n % 3 === 2) await persist('/api/people/unmerge', { user_id: `user-${n}`, other_id: `user-${n - 2}` }, SECRET_KEY)
      told = n + 1
    }
  })()
  for (let kill = 0; kill < 6; kill++) {
    // Somewhere within the words about the next one, whatever the machine's speed.
    while (told < (kill + 1) * 2) await sleep(10)
    await sleep(kill * 25)
    if (kill % 2 === 1) process.kill(server.enginePid(), 'SIGKILL')
    await server.kill()
    server = await start()
  }
  stop = true
  await talking
  const expected: Record<string, number> = {}
  for (let n = 0; n < told; n++) {
    const person = n % 3 === 1 ? `user-${n - 1}` : `user-${n}`
    expected[person] = (expected[person] ?? 0) + 2
  }
  await counts(server.url, expected)
})
