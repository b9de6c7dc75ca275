import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { temporaryFolder } from './server.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn({ CAIRN_TRUSTED_PROXIES: '127.0.0.1' })
}, 180_000)
afterAll(() => cairn.close())

const HOUR = 3_600_000
const chrome = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

const visit = (workspace: TestWorkspace, address: string, userAgent = chrome): ReturnType<TestWorkspace['post']> =>
  workspace.post(
    '/api/events/log/batch',
    { visitor: 'daily', events: [{ event_type: 'page_viewed' }] },
    { 'User-Agent': userAgent, 'X-Forwarded-For': address },
  )

const idsOf = async (workspace: TestWorkspace): Promise<string[]> => {
  const { events } = await workspace.get<{ events: Array<{ anonymous_id: string }> }>('/api/events?days=7')
  return events.map(({ anonymous_id: id }) => id).toReversed()
}

test('a visitor without an id is one person for a day, another the next, and told from others by address and browser', async () => {
  const workspace = await cairn.workspace()
  for (const address of ['203.0.113.7', '203.0.113.7', '203.0.113.8']) expect((await visit(workspace, address)).body).toMatchObject({ accepted: 1 })
  await visit(workspace, '203.0.113.7', chrome.replace('140', '141'))
  const other = await cairn.workspace()
  await visit(other, '203.0.113.7')
  cairn.clock.advance(24 * HOUR)
  await visit(workspace, '203.0.113.7')
  const [first, second, neighbour, browser, tomorrow] = await idsOf(workspace)
  expect(first).toMatch(/^daily-[\w-]{22}$/)
  expect(second).toBe(first)
  expect(new Set([first, neighbour, browser, tomorrow, (await idsOf(other))[0]]).size).toBe(5)
})

test('a day’s salt is gone two days later, and what has ids of its own keeps them', async () => {
  const workspace = await cairn.workspace()
  await visit(workspace, '203.0.113.7')
  const salts = async (): Promise<string[]> => (await cairn.catalog.db.selectFrom('visitor_salts').select('salt').execute()).map(({ salt }) => salt)
  const before = await salts()
  cairn.clock.advance(72 * HOUR)
  await workspace.post('/api/events/log/batch', { visitor: 'daily', events: [{ event_type: 'page_viewed', user_id: 'ada' }] })
  const after = await salts()
  expect(after.filter((salt) => before.includes(salt))).toEqual([])
  const { events } = await workspace.get<{ events: Array<{ user_id: string | null; anonymous_id: string | null }> }>('/api/events?user_id=ada')
  expect(events).toMatchObject([{ user_id: 'ada', anonymous_id: null }])
})

test('what a tracker sends again after days, because it never learned that it had arrived, counts once, though its id is forgotten', async () => {
  const folder = temporaryFolder()
  const event = { event_id: '01a1f986-1fb3-7892-8694-737789000000', event_type: 'order_placed', anonymous_id: 'v', timestamp: new Date().toISOString() }
  const first = await startCairn({ CAIRN_DATA_DIR: folder.path })
  const workspace = await first.workspace()
  const { writeKey, secretKey } = workspace
  const send = (to: TestCairn): ReturnType<typeof ask> =>
    ask(`${to.url}/api/events/log/batch`, {
      method: 'POST',
      body: JSON.stringify({ write_key: writeKey, settings: '', sent_at: new Date(to.clock.now()).toISOString(), events: [event] }),
    })
  expect((await send(first)).body).toMatchObject({ success: true, accepted: 1 })
  // A read has it loaded.
  await workspace.get('/api/events')
  await first.close()
  // As after a day with more ids than memory holds.
  for (const part of ['ids', 'recent']) rmSync(join(folder.path, 'journal', part), { recursive: true })
  const later = await startCairn({ CAIRN_DATA_DIR: folder.path })
  try {
    later.clock.advance(80 * HOUR)
    expect((await send(later)).body).toMatchObject({ success: true, accepted: 1 })
    const { body } = await ask(`${later.url}/api/events/analytics?days=7`, { headers: { Authorization: `Bearer ${secretKey}` } })
    expect(body).toMatchObject({ total_events: 1 })
  } finally {
    await later.close()
    folder.remove()
  }
})

test('another word than daily is refused with its place', async () => {
  const workspace = await cairn.workspace()
  const { status, body } = await workspace.post('/api/events/log/batch', { visitor: 'weekly', events: [] })
  expect([status, body]).toMatchObject([400, { errors: [{ path: '/visitor' }] }])
})
