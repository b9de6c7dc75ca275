import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn } from '../cairn.ts'

/** What the hosts without a tracker of their own send, as Cairn takes it. Where a machine has their languages, test/long/hosts.test.ts runs them. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const sent = {
  event_id: '0190f1f0-0000-4000-8000-000000000001',
  event_type: 'request_completed',
  user_id: 'ada',
  session_id: 's-1',
  entity_type: 'task',
  entity_id: '7',
  metadata: { method: 'POST', route: '/tasks/{task_id}/complete', status: 200 },
  duration_ms: 12,
  timestamp: new Date().toISOString(),
  device_type: 'server',
}
const sources = { Python: ['cairn.py'], Go: ['cairn.go'], Laravel: ['SendToCairn.php', 'TrackActivity.php'] }

test.each(Object.entries(sources))('%s names the fields of an event, the route and the key as Cairn knows them', (_, files) => {
  const text = files.map((file) => readFileSync(resolve(import.meta.dirname, '../../examples/http', file), 'utf8')).join('\n')
  expect([...Object.keys(sent), ...Object.keys(sent.metadata)].filter((field) => !text.includes(field))).toEqual([])
  expect(text).toMatch(/\/api\/events\/log(\/batch)?["']/)
  expect(text).toMatch(/Bearer |withToken/)
})

test('their requests are taken, and a repetition counts once', async () => {
  const w = await cairn.workspace()
  const batch = { events: [sent], sent_at: new Date().toISOString() }
  for (const [path, body] of [
    ['/api/events/log/batch', batch],
    ['/api/events/log/batch', batch],
    ['/api/events/log', sent],
  ] as const)
    expect((await w.post(path, body)).body).toMatchObject({ success: true })
  const { metadata, timestamp, ...rest } = sent
  expect(await w.get('/api/events')).toMatchObject({ events: [{ ...rest, event_metadata: metadata, event_timestamp: timestamp }] })
  expect(await w.get<{ events: unknown[] }>('/api/events').then(({ events }) => events.length)).toBe(1)
})
