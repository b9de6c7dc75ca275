import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nothingWrong, sendAndFollow, settled, startNodes, type Nodes } from './nodes.ts'
import { eventually, read, SECRET_KEY, send } from './server.ts'

let nodes: Nodes
beforeAll(async () => {
  nodes = await startNodes()
})
afterAll(() => nodes.close())

const stored = async (type: string): Promise<number> => {
  for (const url of nodes.urls) await settled(url)
  return (await read<{ total_events: number }>(nodes.urls[1], `/api/events/analytics?event_type=${type}`)).total_events
}
const event = (type: string, event_id = randomUUID()): object => ({ event_id, event_type: type, user_id: 'u' })

test('the same ids sent to both nodes at once are stored once, within a batch too', async () => {
  const batches = Array.from({ length: 20 }, () => Array.from({ length: 50 }, () => event('both')))
  const answers = await Promise.all(
    batches.flatMap((events) => nodes.urls.map((url) => send(url, '/api/events/log/batch', { events: [...events, events[0]] }))),
  )
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
  expect(await stored('both')).toBe(1_000)
  const { total } = await read<{ total: object }>(nodes.urls[0], '/api/ledger?by=total')
  expect(total).toMatchObject({ received: 2_040, accepted: 2_040, stored: 1_000, deduplicated: 1_040, gap: 0 })
})

test('a read that carries the position of a write on the other node sees it', async () => {
  const written = await send(nodes.urls[0], '/api/events/log', event('seen'))
  const headers = { Authorization: `Bearer ${SECRET_KEY}`, 'X-Cairn-Position': written.headers.get('x-cairn-position') ?? '' }
  const answer = await fetch(`${nodes.urls[1]}/api/events?event_type=seen`, { headers })
  expect([answer.headers.has('x-cairn-stale'), ((await answer.json()) as { events: unknown[] }).events.length]).toEqual([false, 1])
})

test('of 1,000 rejections of one assignment over both nodes one counts, with one notification and one event', async () => {
  const put = await fetch(`${nodes.urls[0]}/api/tasks/one`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${SECRET_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ attributes: { created_by: 'carol' }, assignees: ['ada'] }),
  })
  expect(put.status).toBe(200)
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, async (_, n) => {
      for (;;) {
        const answer = await send(nodes.urls[n % 2] ?? '', '/api/tasks/one/reject', { user_id: 'ada', reason: 'workload' }, SECRET_KEY)
        // A busy machine may take longer than the 2 s that a catalog is waited for, and then says to ask again.
        if (answer.status !== 503) return answer
      }
    }),
  )
  const statuses = Map.groupBy(answers, (answer) => answer.status)
  expect(Object.fromEntries([...statuses].map(([status, { length }]) => [status, length]))).toEqual({ 200: 1, 409: 999 })
  for (const url of nodes.urls) await settled(url)
  const told = await read<{ notifications: unknown[] }>(nodes.urls[1], '/api/notifications?user_id=carol&limit=1000')
  expect(told.notifications).toHaveLength(1)
  const { events } = await read<{ events: unknown[] }>(nodes.urls[1], '/api/events?event_type=task_rejected&entity_id=one')
  expect(events).toHaveLength(1)
})

test(
  'the same ids sent to both nodes, of which one is killed and started again: each is stored once, and told once to whoever watches either node',
  { timeout: 120_000 },
  async () => {
    expect(await sendAndFollow(nodes, { kills: 2, type: 'killed' })).toEqual(nothingWrong)
  },
)

test('while Redis is away events are refused with 503 and health says so; when it is back all goes on, and nothing is lost or stored twice', async () => {
  const before = [event('away'), event('away')]
  expect((await send(nodes.urls[0], '/api/events/log/batch', { events: before })).status).toBe(200)
  await nodes.redis.kill()
  const refused = await send(nodes.urls[1], '/api/events/log/batch', { events: [...before, event('away')] })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  const health = await fetch(`${nodes.urls[0]}/api/health`)
  expect(health.status).toBe(503)
  expect(await health.json()).toMatchObject({ status: 'down', parts: { redis: { status: 'down', remedy: expect.stringContaining('REDIS_URL') as string } } })
  // A start without it says so, and serves.
  await nodes.kill(1)
  await nodes.start(1)
  expect(nodes.server(1).output()).toContain('Redis of REDIS_URL does not answer')
  await nodes.redis.start()
  for (const url of nodes.urls) {
    await eventually(
      () => send(url, '/api/events/log/batch', { events: before }),
      ({ status }) => status === 200,
    )
  }
  expect(await stored('away')).toBe(2)
})
