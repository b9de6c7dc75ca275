import { randomUUID } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { nothingWrong, type Ledger } from './crash.ts'
import { Follower, watch } from './live.ts'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, type Server } from './server.ts'

const KILLS = 2
const bearer = { Authorization: `Bearer ${SECRET_KEY}` }

test(
  `${KILLS} kills and a stop under load: who watches is told every acknowledged event once and in order, and nothing is stored twice`,
  { timeout: 240_000 },
  async () => {
    const folder = temporaryFolder()
    const port = await freePort()
    const start = (): Promise<Server> => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
    let server = await start()
    const follower = new Follower(() => server.url, bearer)
    await expect.poll(() => follower.connected).toBe(true)
    const acknowledged: string[] = []
    let stop = false
    const client = async (): Promise<void> => {
      while (!stop) {
        const events = Array.from({ length: 5 }, () => ({ event_id: randomUUID(), event_type: 'live', user_id: 'u' }))
        for (;;) {
          const status = await send(server.url, '/api/events/log/batch', { events }).then(
            (response) => response.status,
            () => 0,
          )
          if (status === 200) break
          await sleep(20)
        }
        acknowledged.push(...events.map((e) => e.event_id))
        await sleep(15)
      }
    }
    const clients = [client(), client()]
    for (let n = 0; n < KILLS; n++) {
      await sleep(700 + Math.random() * 1_500)
      await server.kill()
      server = await start()
    }
    await sleep(1_000)
    await server.stop()
    server = await start()
    await sleep(1_000)
    stop = true
    await Promise.all(clients)
    await eventually(
      async () => new Set(follower.ids).size,
      (told) => told >= acknowledged.length,
    ).catch(() => undefined)
    follower.stop()
    await follower.done
    const told = new Set(follower.ids)
    expect({
      missing: acknowledged.filter((id) => !told.has(id)),
      twice: follower.ids.length - told.size,
      unasked: follower.ids.length - acknowledged.length,
      inOrder: follower.places.every((id, n) => n === 0 || id > (follower.places[n - 1] ?? '')),
      notTold: follower.notTold,
    }).toEqual({ missing: [], twice: 0, unasked: 0, inOrder: true, notTold: 0 })
    const { total } = await eventually(
      () => read<Ledger>(server.url, '/api/ledger?by=total'),
      (l) => l.total.pending === 0,
    )
    const { events } = await read<{ events: unknown[] }>(server.url, '/api/events?limit=1')
    expect(events).toHaveLength(1)
    const stored = await read<{ total_events: number }>(server.url, '/api/events/analytics')
    expect({ ...nothingWrong, gap: total.gap, damaged: total.damaged, uncounted: total.stored - acknowledged.length, stored: stored.total_events }).toEqual({
      ...nothingWrong,
      stored: acknowledged.length,
    })
    await server.stop()
    folder.remove()
  },
)

test('what is kept for live is no backlog after a start, and can be resumed', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder()
  const port = await freePort()
  let server = await startServer({ dataDir: folder.path, port })
  const recent = join(folder.path, 'journal/recent')
  const text = 'x'.repeat(8_000)
  const keptBytes = (): number => readdirSync(recent).reduce((sum, name) => sum + statSync(join(recent, name)).size, 0)
  for (let n = 0; n < 60; n++) {
    await send(server.url, '/api/events/log/batch', { events: Array.from({ length: 100 }, () => ({ event_type: 'a', user_id: 'u', metadata: { text } })) })
  }
  const backlog = async (): Promise<number> =>
    (await read<{ parts: { journal: { backlog_bytes: number } } }>(server.url, '/api/health')).parts.journal.backlog_bytes
  await eventually(backlog, (bytes) => bytes === 0, 60_000)
  await eventually(
    async () => keptBytes(),
    (bytes) => bytes > 40_000_000,
  )
  await server.kill()
  server = await startServer({ dataDir: folder.path, port })
  // The last segment may be read once more.
  await eventually(backlog, (bytes) => bytes === 0)
  const health = await read<{ parts: { live: object } }>(server.url, '/api/health')
  expect(health.parts.live).toEqual({ status: 'ok', lag_ms: 0, connections: 0 })
  // All of it can be resumed.
  const client = await watch(server.url, bearer)
  await client.subscribe({ after: '00000000000000.00000000' })
  await client.until(() => client.events().length === 6_000, 20_000)
  client.socket.terminate()
  await server.stop()
  folder.remove()
})
