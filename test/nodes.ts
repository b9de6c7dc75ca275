import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeLog } from '../server/src/base/log.ts'
import { systemClock } from '../server/src/base/time.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { startPostgres } from './postgres.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { Follower } from './live.ts'
import { freePort, read, SECRET_KEY, send, startServer, temporaryFolder, type Server } from './server.ts'
import type { Ledger } from './crash.ts'

/** Two real servers on one Postgres, one Redis and one event store reached by its address. */
export interface Nodes {
  redis: TestRedis
  /** What a further node needs to know. */
  env: Record<string, string>
  readonly urls: readonly [string, string]
  server(which: number): Server
  kill(which: number): Promise<void>
  start(which: number): Promise<void>
  close(): Promise<void>
}

export async function startNodes(): Promise<Nodes> {
  const folder = temporaryFolder()
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  const engine = new EmbeddedEngine({
    dataDir: `${folder.path}/store`,
    memoryBytes: 1024 ** 3,
    log: makeLog('silent'),
    clock: systemClock,
    listen: { port: 0 },
  })
  await engine.start()
  const env = { DATABASE_URL: await postgres.database(), REDIS_URL: redis.url, CLICKHOUSE_URL: engine.url, CAIRN_LOG_LEVEL: 'error' }
  const ports = [await freePort(), await freePort()] as const
  const servers: Server[] = []
  const start = async (which: number): Promise<void> => {
    servers[which] = await startServer({ dataDir: `${folder.path}/node-${which}`, port: ports[which] ?? 0, env })
  }
  // One after the other: the first makes the tables.
  await start(0)
  await start(1)
  const server = (which: number): Server => servers[which] as Server
  return {
    redis,
    env,
    urls: [server(0).url, server(1).url],
    server,
    start,
    kill: (which) => server(which).kill(),
    close: async () => {
      await Promise.all(servers.map((one) => one.stop()))
      await engine.stop()
      await Promise.all([postgres.stop(), redis.remove()])
      folder.remove()
    },
  }
}

export interface Wrong {
  missing: string[]
  twice: string[]
  gap: number
  pending: number
  /** Of those who watch, what each was told. */
  told: Array<{ missing: string[]; twice: number; inOrder: boolean; notTold: number }>
}
const well = { missing: [], twice: 0, inOrder: true, notTold: 0 }
export const nothingWrong: Wrong = { missing: [], twice: [], gap: 0, pending: 0, told: [well, well, well] }

/**
 * Sends the same batches to both nodes at once, to each again until it answers 200, while either is killed at random moments and started again;
 * somebody watches each node, and somebody goes from one to the other. Then looks for each id. `events` are of the type, which nothing else has.
 */
export async function sendAndFollow(
  nodes: Nodes,
  { kills, type, redisToo = false, awayMs = 0, asleepMs = 0 }: { kills: number; type: string; redisToo?: boolean; awayMs?: number; asleepMs?: number },
): Promise<Wrong> {
  const bearer = { Authorization: `Bearer ${SECRET_KEY}` }
  let turn = 0
  const other = (): string => nodes.urls[turn++ % 2] ?? ''
  const followers = [() => nodes.urls[0], () => nodes.urls[1], other].map((url) => new Follower(url, bearer, { event_type: type }))
  for (const end = performance.now() + 10_000; !followers.every(({ connected }) => connected); await sleep(20))
    if (performance.now() > end) throw new Error('nobody can watch')
  const acknowledged = new Set<string>()
  let stop = false
  const client = async (): Promise<void> => {
    while (!stop) {
      const events = Array.from({ length: 5 }, () => ({ event_id: randomUUID(), event_type: type, user_id: 'u' }))
      const until200 = async (url: string): Promise<void> => {
        for (;;) {
          const status = await send(url, '/api/events/log/batch', { events }).then(
            (response) => response.status,
            () => 0,
          )
          if (status === 200) break
          if (status !== 0 && status !== 503) throw new Error(`batch answered ${status}`)
          await sleep(20)
        }
        for (const event of events) acknowledged.add(event.event_id)
      }
      await Promise.all(nodes.urls.map(until200))
      await sleep(5)
    }
  }
  const sending = Promise.all(Array.from({ length: 3 }, client))
  for (let n = 0; n < kills; n++) {
    await sleep(200 + Math.random() * 800)
    followers[2]?.cut()
    if (redisToo && n % 4 === 3) {
      await nodes.redis.kill()
      await sleep(Math.random() * 1_000)
      await nodes.redis.start()
      continue
    }
    const which = Math.random() < 0.5 ? 0 : 1
    if (asleepMs > 0) {
      nodes.server(which).process.kill('SIGSTOP')
      await sleep(asleepMs)
      nodes.server(which).process.kill('SIGCONT')
      continue
    }
    await nodes.kill(which)
    await sleep(awayMs)
    await nodes.start(which)
  }
  await sleep(300)
  stop = true
  await sending
  if (acknowledged.size < 50) throw new Error(`only ${acknowledged.size} events were taken`)
  const wrong = await wrongOf(nodes, type, acknowledged)
  for (const end = performance.now() + 20_000; followers.some(({ ids }) => ids.length < acknowledged.size) && performance.now() < end;) await sleep(50)
  // What is told twice is told by now too.
  await sleep(200)
  for (const follower of followers) follower.stop()
  await Promise.all(followers.map(({ done }) => done))
  const told = followers.map(({ ids, places, notTold }) => {
    const once = new Set(ids)
    return {
      missing: [...acknowledged].filter((id) => !once.has(id)),
      twice: ids.length - once.size,
      inOrder: places.every((id, n) => n === 0 || id > (places[n - 1] ?? '')),
      notTold,
    }
  })
  return { ...wrong, told }
}

/** Waits until both nodes have loaded what they hold. */
async function wrongOf(nodes: Nodes, type: string, acknowledged: ReadonlySet<string>): Promise<Omit<Wrong, 'told'>> {
  const stored = new Map<string, number>()
  for (const url of nodes.urls) await settled(url)
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { events: Array<{ event_id: string }>; next_cursor: string | null } = await read(
      nodes.urls[0],
      `/api/events?event_type=${type}&limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    for (const { event_id } of page.events) stored.set(event_id, (stored.get(event_id) ?? 0) + 1)
    cursor = page.next_cursor
  }
  const { total } = await read<Ledger>(nodes.urls[0], '/api/ledger?by=total')
  return {
    missing: [...acknowledged].filter((id) => !stored.has(id)),
    twice: [...stored].filter(([, n]) => n > 1).map(([id]) => id),
    gap: total.gap,
    pending: total.pending,
  }
}

export async function settled(url: string): Promise<void> {
  for (const end = performance.now() + 30_000; ; await sleep(50)) {
    const { total } = await read<Ledger>(url, '/api/ledger?by=total')
    if (total.pending === 0) return
    if (performance.now() > end) throw new Error(`events are pending still: ${JSON.stringify(total)}`)
  }
}
