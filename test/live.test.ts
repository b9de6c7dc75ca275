import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventOutput } from '@cairn/wire/event'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { attempt, watch, type Watching } from './live.ts'

let cairn: TestCairn
const open: Watching[] = []
beforeAll(async () => {
  cairn = await startCairn()
})
afterEach(() => open.splice(0).forEach((client) => client.socket.terminate()))
afterAll(() => cairn.close())

const bearer = (key: string): Record<string, string> => ({ Authorization: `Bearer ${key}` })
async function watching(w: TestWorkspace, options: Parameters<Watching['subscribe']>[0] = {}): Promise<Watching> {
  const client = await watch(cairn.url, bearer(w.secretKey))
  open.push(client)
  await client.subscribe(options)
  return client
}
const send = async (w: TestWorkspace, events: object[]): Promise<void> => {
  const answer = await w.post('/api/events/log/batch', { events })
  expect([answer.status, answer.body['rejected']]).toEqual([200, []])
}
const types = (client: Watching): string[] => client.events().map((e) => e.event.event_type)
const many = (n: number, event: object = {}): object[] => Array.from({ length: n }, () => ({ event_id: randomUUID(), event_type: 'a', user_id: 'u', ...event }))

test('an event is told within three seconds, as GET /api/events answers it', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  await send(w, [
    { event_type: 'project_created', user_id: 'ada', event_id: '0197A0AA-0000-7000-8000-00000000ABCD', seq: 3, source_id: 's' },
    {
      event_type: 'täg\t"\\\n\u0001😀',
      event_category: 'C\\N',
      anonymous_id: '\\N',
      user_id: "o'brien\b\f\r",
      session_id: 's\t1',
      entity_type: 'order',
      entity_id: 12345,
      duration_ms: 0,
      metadata: { text: 'a\tb\\n\n"\u2028', big: 12_345_678_901_234, nested: { list: [1, null, { x: 'y\\' }] }, 'a.b': 1, a: { b: 2 } },
      context: { page: { url: 'https://x.example/p\\a?utm_source=n%0Aews&utm_medium=email' }, referrer: 'https://www.google.com/search', locale: 'de' },
    },
    { event_type: 'page_viewed', user_id: 'bot', device_type: 'mobile', timestamp: '2026-11-01T00:00:00.007Z', metadata: {} },
  ])
  await client.until(() => client.events().length === 3, 3_000)
  const { events } = await w.get<{ events: EventOutput[] }>('/api/events?days=90')
  const byId = (a: EventOutput, b: EventOutput): number => (a.event_id < b.event_id ? -1 : 1)
  expect(
    client
      .events()
      .map((e) => e.event)
      .toSorted(byId),
  ).toEqual(events.toSorted(byId))
  const ids = client.events().map((e) => e.id)
  expect(ids).toEqual([...new Set(ids)].toSorted())
})

test('a filter lets through what matches all of it, and bots only where asked for', async () => {
  const w = await cairn.workspace()
  const bot = { 'User-Agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' }
  const [all, bots, ada, both, none] = await Promise.all([
    watching(w),
    watching(w, { filter: { include_bots: true } }),
    watching(w, { filter: { user_id: "ada\t'x" } }),
    watching(w, { filter: { event_type: 'b', entity_type: 'task', entity_id: '7' } }),
    watching(w, { filter: { event_type: 'b', entity_id: '8' } }),
  ])
  await send(w, [
    { event_type: 'a', user_id: "ada\t'x" },
    { event_type: 'b', user_id: 'eve', entity_type: 'task', entity_id: 7 },
    { event_type: 'c', user_id: 'eve', entity_type: 'task', entity_id: 7 },
  ])
  await w.post('/api/events/log', { event_type: 'crawled', user_id: 'g' }, bot)
  await bots.until(() => types(bots).includes('crawled'))
  await all.until(() => types(all).length >= 3)
  await sleep(300)
  expect({ all: types(all), bots: types(bots), ada: types(ada), both: types(both), none: types(none) }).toEqual({
    all: ['a', 'b', 'c'],
    bots: ['a', 'b', 'c', 'crawled'],
    ada: ['a'],
    both: ['b'],
    none: [],
  })
})

test('nothing of another workspace is told, and no event that was refused or repeated', async () => {
  const [mine, theirs] = await Promise.all([cairn.workspace(), cairn.workspace()])
  const client = await watching(mine, { filter: { include_bots: true } })
  const repeated = { event_id: randomUUID(), event_type: 'mine', user_id: 'u' }
  await Promise.all([send(theirs, many(50, { event_type: 'theirs' })), send(mine, [repeated])])
  await send(mine, [repeated])
  await mine.post('/api/events/log', { event_type: 'refused', user_id: 'u', timestamp: '2099-01-01T00:00:00Z' })
  await send(mine, [{ event_type: 'last', user_id: 'u' }])
  await client.until(() => types(client).includes('last'))
  expect(types(client)).toEqual(['mine', 'last'])
  // Nor to whoever resumes, over everything that is kept.
  const again = await watching(mine, { after: '00000000000000.00000000' })
  await again.until(() => types(again).includes('last'))
  expect(types(again)).toEqual(['mine', 'last'])
})

test('who was cut off resumes after its last id: everything in between, once, in order', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  await send(w, many(3, { event_type: 'before' }))
  await client.until(() => client.events().length === 3)
  const third = client.events()[2]?.id
  client.socket.terminate()
  for (let n = 0; n < 6; n++) {
    await send(w, many(1, { event_type: `away${n}` }))
    await w.get('/api/events')
  }
  await send(w, many(2_600, { event_type: 'much' }).slice(0, 900))
  await send(w, many(900, { event_type: 'much' }))
  await send(w, many(900, { event_type: 'much' }))
  const again = await watching(w, { after: third ?? '' })
  await again.until(() => again.events().length >= 2_706)
  await send(w, many(1, { event_type: 'after' }))
  await again.until(() => types(again).includes('after'))
  expect(types(again)).toEqual([...Array.from({ length: 6 }, (_, n) => `away${n}`), ...many(2_700).map(() => 'much'), 'after'])
  const ids = again.events().map((e) => e.id)
  expect(ids).toEqual([...new Set(ids)].toSorted())
  expect(again.missed()).toBe(0)
  // In the middle of a segment, too.
  const middle = await watching(w, { after: ids[1_000] ?? '' })
  await middle.until(() => types(middle).includes('after'))
  expect(middle.events().map((e) => e.id)).toEqual(ids.slice(1_001))
})

test('what is too much for a connection is counted, and told as missed', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  await Promise.all(Array.from({ length: 5 }, () => send(w, many(1_000))))
  await client.until(() => client.events().length + client.missed() >= 5_000)
  expect(client.events().length + client.missed()).toBe(5_000)
  expect(client.events().length).toBeGreaterThan(900)
  expect(client.events().length).toBeLessThan(2_500)
  const { connections } = await w.get<{ connections: Array<Record<string, unknown>> }>('/api/live/connections')
  expect(connections).toMatchObject([{ actor: 'secret', subscriptions: 1, sent: client.events().length, missed: client.missed() }])
})

test('a client that does not read is told how many it missed once it reads again', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  client.socket.pause()
  const text = 'x'.repeat(20_000)
  const sent = 4_000
  for (let n = 0; n < sent; n += 40) await send(w, many(40, { metadata: { text } }))
  await expect.poll(async () => (await connectionsOf(w))[0]?.['missed']).toBeGreaterThan(0)
  client.socket.resume()
  await client.until(() => client.events().length + client.missed() >= sent, 20_000)
  expect(client.events().length + client.missed()).toBe(sent)
  await send(w, many(1, { event_type: 'after' }))
  await client.until(() => types(client).at(-1) === 'after')
})
const connectionsOf = async (w: TestWorkspace): Promise<Array<Record<string, unknown>>> =>
  (await w.get<{ connections: Array<Record<string, unknown>> }>('/api/live/connections')).connections

test('a deletion lets go of what is kept: who resumes from before is told that events are missing', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  const from = client.at()
  await send(w, [{ event_type: 'secret', user_id: 'ada' }])
  await client.until(() => client.events().length === 1)
  expect((await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')).body['success']).toBe(true)
  expect(cairn.pipeline.recent.after(0)).toBeUndefined()
  expect(cairn.pipeline.recent.keptBytes).toBe(0)
  await send(w, [{ event_type: 'later', user_id: 'eve' }])
  const again = await watching(w, { after: from })
  await again.until(() => again.events().length === 1)
  expect(again.messages.map((m) => (m.type === 'missed' ? [m.type, m.count] : m.type))).toEqual(['subscribed', ['missed', null], 'events'])
  expect(types(again)).toEqual(['later'])
  // Who was there all along misses nothing.
  await client.until(() => types(client).at(-1) === 'later')
  expect(client.messages.some((m) => m.type === 'missed')).toBe(false)
})

test('after ten minutes a place is too old to resume from, and a place of another journal is as well', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  const from = client.at()
  await send(w, many(1))
  await client.until(() => client.events().length === 1)
  cairn.clock.advance(9 * 60_000)
  const inTime = await watching(w, { after: from })
  await inTime.until(() => inTime.events().length === 1)
  cairn.clock.advance(3 * 60_000)
  await send(w, many(1, { event_type: 'b' }))
  await client.until(() => types(client).includes('b'))
  await w.get('/api/events')
  await expect.poll(() => cairn.pipeline.recent.gone).toBeGreaterThan(Number(from.split('.')[0]))
  const late = await watching(w, { after: from })
  await late.until(() => late.messages.length >= 2)
  expect(late.messages[1]).toMatchObject({ type: 'missed', count: null })
  const other = await watching(w, { after: '99999999999999.00000000' })
  await other.until(() => other.messages.length >= 2)
  expect(other.messages.map((m) => m.type)).toEqual(['subscribed', 'missed'])
  await send(w, many(1, { event_type: 'c' }))
  await other.until(() => other.events().length > 0)
  expect(types(other)).toEqual(['c'])
})

test('a write key, an unknown key and nobody are refused with an answer like any other', async () => {
  const w = await cairn.workspace()
  expect(await attempt(cairn.url, bearer(w.writeKey))).toMatchObject({ status: 403, body: { success: false, code: 'forbidden' } })
  expect(await attempt(cairn.url, bearer('ck_unknown_000000000000'))).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
  expect(await attempt(cairn.url, {})).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
  // A secret key is not taken from the address.
  expect(await attempt(cairn.url, {}, `?write_key=${w.secretKey}`)).toMatchObject({ status: 401 })
  expect(await attempt(`${cairn.url}/api/events?x=`, bearer(w.secretKey))).toMatchObject({ status: 422 })
})

test('somebody signed in watches from a page of Cairn itself, the workspaces they are a member of', async () => {
  const [mine, theirs] = await Promise.all([cairn.workspace(), cairn.workspace()])
  const ada = await cairn.user({ workspace: mine, role: 'viewer' })
  const page = { Cookie: ada.cookie, Origin: cairn.url }
  expect(await attempt(cairn.url, { ...page, Origin: 'https://evil.example' }, `?workspace=${mine.slug}`)).toMatchObject({ status: 403 })
  expect(await attempt(cairn.url, { Cookie: ada.cookie }, `?workspace=${mine.slug}`)).toMatchObject({ status: 403 })
  expect(await attempt(cairn.url, page, `?workspace=${theirs.slug}`)).toMatchObject({ status: 404 })
  expect(await attempt(cairn.url, page, '?workspace=none')).toMatchObject({ status: 404 })
  const client = await watch(cairn.url, page, `?workspace=${mine.slug}`)
  await client.subscribe()
  await Promise.all([send(mine, many(1)), send(theirs, many(1))])
  await client.until(() => client.events().length === 1)
  expect(await connectionsOf(mine)).toMatchObject([{ actor: ada.email, sent: 1 }])
  // Who signs out, or is a member no more, watches no more.
  const owner = await cairn.user({ workspace: mine })
  expect((await owner.call('DELETE', `/api/members/${ada.id}`)).status).toBe(200)
  expect(await Promise.race([client.closed, sleep(3_000, 0)])).toBe(4403)
  const own = await watch(cairn.url, { Cookie: owner.cookie, Origin: cairn.url }, `?workspace=${mine.slug}`)
  expect((await owner.post('/api/auth/sign-out', {})).status).toBe(200)
  expect(await Promise.race([own.closed, sleep(5_000, 0)])).toBe(4401)
})

test('of a kept segment with a damaged record all others are told', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  const from = client.at()
  await send(
    w,
    ['one', 'two', 'three'].map((event_type) => ({ event_type, user_id: 'u' })),
  )
  await client.until(() => client.events().length === 3)
  await w.get('/api/events')
  const [number = '', offset = ''] = client.events()[1]?.id.split('.') ?? []
  const path = join(cairn.dataDir, 'journal/recent', `${number}.tsv`)
  await expect.poll(() => existsSync(path)).toBe(true)
  const bytes = readFileSync(path)
  bytes[Number(offset) + 40] = (bytes[Number(offset) + 40] ?? 0) ^ 1
  writeFileSync(path, bytes)
  const again = await watching(w, { after: from })
  await again.until(() => again.events().length === 2)
  expect(types(again)).toEqual(['one', 'three'])
  expect(again.events().map((e) => e.id)).toEqual([client.events()[0]?.id, client.events()[2]?.id])
})

test('a request that offers another protocol is taken as if it had not', async () => {
  const w = await cairn.workspace()
  const body = JSON.stringify({ event_type: 'a', user_id: 'u' })
  const status = await new Promise((resolve, reject) => {
    const offered = request(
      `${cairn.url}/api/events/log`,
      { method: 'POST', headers: { ...bearer(w.writeKey), Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQ' } },
      (response) => resolve(response.resume().statusCode),
    )
    offered.on('error', reject)
    offered.end(body)
  })
  expect(status).toBe(200)
})

test('a message that is wrong is answered and harms nothing; too many of them end the connection', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  const wrong = [
    '{',
    '[]',
    { type: 'shout' },
    { type: 'subscribe', subscription: '', stream: 'events' },
    { type: 'subscribe', subscription: 'x', stream: 'events', filter: { event_typo: 'a' } },
    { type: 'subscribe', subscription: 'x', stream: 'events', after: 'yesterday' },
    { type: 'subscribe', subscription: 'x', stream: 'other' },
  ]
  for (const message of wrong) client.say(message)
  await client.until(() => client.messages.filter((m) => m.type === 'error').length === wrong.length)
  expect(client.messages.flatMap((m) => (m.type === 'error' ? [[m.code, m.fatal]] : []))).toEqual([
    ['malformed', false],
    ...Array.from({ length: 6 }, () => ['invalid', false]),
  ])
  expect(JSON.stringify(client.messages)).toContain('event_typo')
  await send(w, many(1))
  await client.until(() => client.events().length === 1)
  for (let n = 0; n < 50; n++) client.say('{')
  expect(await client.closed).toBe(1008)
  expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'too_many_requests', fatal: true })
})

test('a connection takes 20 subscriptions; one of the same name takes the place of the former', async () => {
  const w = await cairn.workspace()
  const client = await watch(cairn.url, bearer(w.secretKey))
  open.push(client)
  for (let n = 0; n < 19; n++) await client.subscribe({ subscription: `s${n}`, filter: { event_type: 'never' } })
  await sleep(1_100)
  await client.subscribe({ subscription: 's19' })
  await client.subscribe({ subscription: 's20' })
  expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'invalid', fatal: false })
  await client.subscribe({ subscription: 's3', filter: { event_type: 'a' } })
  client.say({ type: 'unsubscribe', subscription: 's19' })
  await send(w, many(1))
  await client.until(() => client.events().length > 0)
  await sleep(200)
  expect(client.messages.flatMap((m) => (m.type === 'events' ? [m.subscription] : []))).toEqual(['s3'])
})

test('a key that is revoked ends its connections within three seconds', async () => {
  const w = await cairn.workspace()
  const client = await watching(w)
  const { body } = await w.call('POST', '/api/keys', { kind: 'secret', name: 'short' })
  const other = await watch(cairn.url, bearer(String(body['key'])))
  await w.call('DELETE', `/api/keys/${String(body['id'])}`)
  const code = await Promise.race([other.closed, sleep(3_000, 0)])
  expect(code).toBe(4401)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('connections are listed and ended by their own workspace only', async () => {
  const [mine, theirs] = await Promise.all([cairn.workspace(), cairn.workspace()])
  const client = await watching(mine)
  const [connection] = await connectionsOf(mine)
  expect(connection).toMatchObject({ actor: 'secret', subscriptions: 1, sent: 0, missed: 0 })
  expect(await connectionsOf(theirs)).toEqual([])
  expect((await theirs.call('DELETE', `/api/live/connections/${String(connection?.['id'])}`)).status).toBe(404)
  expect((await mine.call('DELETE', `/api/live/connections/${String(connection?.['id'])}`)).body).toEqual({ success: true })
  expect(await client.closed).toBe(4410)
  await expect.poll(() => connectionsOf(mine)).toEqual([])
})

test('stopping ends every connection with the code for a restart, without waiting for those who do not answer', async () => {
  const own = await startCairn()
  const w = await own.workspace()
  const client = await watch(own.url, bearer(w.secretKey))
  const silent = await watch(own.url, bearer(w.secretKey))
  silent.socket.pause()
  const from = performance.now()
  await own.close()
  expect(performance.now() - from).toBeLessThan(5_000)
  expect(await client.closed).toBe(1012)
  silent.socket.terminate()
})
