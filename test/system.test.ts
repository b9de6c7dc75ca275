import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn } from './cairn.ts'

/** What Health shows of the node and of what arrives, beside the parts of /api/health. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface System {
  started_at: string
  store: string
  catalog: string
  memory: Record<'server_bytes' | 'planned_bytes', number> & { engine_bytes: number | null }
  disk: Record<'free_bytes' | 'total_bytes' | 'journal_bytes' | 'journal_max_bytes' | 'events_bytes' | 'store_bytes', number>
  events: { stored: number; loaded_per_second: number }
  engine_restarts: number
  live_connections: number
}

describe('the system', () => {
  test('is told with memory, disk and pace of the node, and the share of the workspace that asks', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    const events = Array.from({ length: 300 }, () => ({ event_id: randomUUID(), event_type: 'seen', user_id: 'ada' }))
    await w.post('/api/events/log/batch', { events })
    await other.post('/api/events/log/batch', { events: events.slice(0, 100) })
    expect((await other.get<System>('/api/system')).events.stored).toBe(100)
    const system = await w.get<System>('/api/system')
    expect(system).toMatchObject({
      store: 'embedded',
      catalog: 'sqlite',
      memory: { planned_bytes: 2 * 1024 ** 3 },
      disk: { journal_max_bytes: 8 * 1024 ** 3 },
      events: { stored: 300 },
      engine_restarts: 0,
      live_connections: 0,
    })
    const { memory, disk } = system
    expect(memory.server_bytes).toBeGreaterThan(30_000_000)
    if (existsSync('/proc/self/smaps_rollup')) expect(memory.engine_bytes).toBeGreaterThan(30_000_000)
    expect(disk.free_bytes).toBeGreaterThan(0)
    expect(disk.total_bytes).toBeGreaterThan(disk.free_bytes)
    expect(disk.events_bytes).toBeGreaterThan(0)
    expect(disk.store_bytes).toBeGreaterThan(disk.events_bytes)
    expect(system.events.loaded_per_second).toBeGreaterThan(0)
    expect(Math.abs(Date.parse(system.started_at) - Date.now())).toBeLessThan(60_000)
    expect(await (await cairn.workspace()).get('/api/system')).toMatchObject({ events: { stored: 0 }, disk: { events_bytes: 0 } })
  })
})

describe('the capture rate', () => {
  interface Line {
    day: string
    tracker: string
    emitted: number
    received: number
    missing: number
    rate: number
  }

  test('is told by day of arrival and tracker; what is missing over night counts to the later day', async () => {
    const w = await cairn.workspace()
    const today = new Date(cairn.clock.now()).toISOString().slice(0, 10)
    const tomorrow = new Date(cairn.clock.now() + 24 * 3_600_000).toISOString().slice(0, 10)
    const send = (tracker: string, source_id: string, numbers: readonly number[]): Promise<unknown> =>
      w.post('/api/events/log/batch', {
        events: numbers.map((seq) => ({ event_id: randomUUID(), event_type: 'seen', user_id: 'ada', tracker, source_id, seq })),
      })
    await send('browser/1', 'tab-a', [0, 1, 2, 4])
    await send('browser/1', 'tab-b', [7, 8])
    await send('browser/2', 'tab-c', [1, 2, 3, 4, 5])
    await w.post('/api/events/log', { event_type: 'unnumbered', user_id: 'ada' })
    await w.get('/api/events')
    cairn.clock.advance(24 * 3_600_000)
    await send('browser/1', 'tab-a', [6, 7, 3])
    await send('browser/2', 'tab-d', [1, 10])
    const { capture, total, capture_rate } = await w.get<{ capture: Line[]; total: { missing: number }; capture_rate: number }>('/api/ledger?days=3')
    expect(capture).toEqual([
      { day: today, tracker: 'browser/1', emitted: 7, received: 6, missing: 1, rate: 6 / 7 },
      { day: today, tracker: 'browser/2', emitted: 5, received: 5, missing: 0, rate: 1 },
      // 5 is missing since yesterday's 4; 3 came late and makes up for it.
      { day: tomorrow, tracker: 'browser/1', emitted: 3, received: 3, missing: 0, rate: 1 },
      { day: tomorrow, tracker: 'browser/2', emitted: 10, received: 2, missing: 8, rate: 0.2 },
    ])
    expect(total.missing).toBe(9)
    expect(capture_rate).toBe(16 / 25)
    expect(await (await cairn.workspace()).get('/api/ledger')).toMatchObject({ capture: [], capture_rate: null })
  })
})
