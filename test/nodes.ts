import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeLog } from '../server/src/base/log.ts'
import { systemClock } from '../server/src/base/time.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { startPostgres } from './postgres.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { freePort, read, send, startServer, temporaryFolder, type Server } from './server.ts'
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

export interface SentToBoth {
  acknowledged: number
  /** Sent, and answered by nobody yet. */
  missing: string[]
  twice: string[]
  gap: number
  pending: number
}

/**
 * Sends the same batches to both nodes at once, each again until one has answered 200, while either is killed at random moments and started again;
 * then looks for each id. `events` are of the type, which nothing else has.
 */
export async function sendToBoth(nodes: Nodes, { kills, type, clients = 3 }: { kills: number; type: string; clients?: number }): Promise<SentToBoth> {
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
      // Whoever is told by one node goes on to the other too, as a sender does whose answer was lost.
      await Promise.all(nodes.urls.map(until200))
      await sleep(5)
    }
  }
  const sending = Promise.all(Array.from({ length: clients }, client))
  for (let n = 0; n < kills; n++) {
    await sleep(200 + Math.random() * 800)
    const which = Math.random() < 0.5 ? 0 : 1
    await nodes.kill(which)
    await nodes.start(which)
  }
  await sleep(300)
  stop = true
  await sending
  return { acknowledged: acknowledged.size, ...(await wrongOf(nodes, type, acknowledged)) }
}

/** Waits until both nodes have loaded what they hold. */
async function wrongOf(nodes: Nodes, type: string, acknowledged: ReadonlySet<string>): Promise<Omit<SentToBoth, 'acknowledged'>> {
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
