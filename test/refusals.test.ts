import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** What whoever waits for events is told of those that do not arrive. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Refusal {
  code: string
  message: string
  remedy: string
  what: string
  count: number
  last_at: string
  key_prefix: string | null
  origin: string | null
}
const list = async (w: TestWorkspace): Promise<Refusal[]> => (await w.get<{ refusals: Refusal[] }>('/api/refusals')).refusals
const post = (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>): Promise<{ status: number }> =>
  ask(cairn.url + path, { method: 'POST', headers, body })
const event = JSON.stringify({ event_type: 'seen', user_id: 'ada' })

describe('refused requests', () => {
  test('are told to the workspace whose key they carry: code, remedy, key, origin, how often and when', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    const key = { Authorization: `Bearer ${w.writeKey}` }
    const big = JSON.stringify({ event_type: 'x'.repeat(1_100_000) })
    for (const [status, headers, body] of [
      [400, { ...key, Origin: 'https://shop.example' }, '{"event_type":'],
      [400, { ...key, Origin: 'https://shop.example' }, '{"event_type"'],
      [413, key, big],
      [413, { ...key, 'Content-Encoding': 'gzip' }, new Uint8Array(gzipSync(big))],
      [415, { ...key, 'Content-Encoding': 'zstd' }, event],
      [403, {}, JSON.stringify({ event_type: 'seen', user_id: 'ada', write_key: w.secretKey })],
    ] as const) {
      expect([status, (await post('/api/events/log', headers, body)).status]).toEqual([status, status])
    }
    expect((await post('/api/events/log/batch', key, '{"events":7}')).status).toBe(400)
    expect((await post('/api/people/identify', key, '{}')).status).toBe(422)
    const refusals = await list(w)
    const prefix = w.writeKey.slice(0, 8)
    const shown = refusals.map(({ code, what, count, key_prefix, origin }) => [code, what, count, key_prefix, origin])
    expect(shown).toEqual(
      expect.arrayContaining([
        ['malformed', 'request', 2, prefix, 'https://shop.example'],
        ['malformed', 'request', 1, prefix, null],
        ['unsupported_encoding', 'request', 1, prefix, null],
        ['forbidden', 'request', 1, w.secretKey.slice(0, 8), null],
        ['invalid', 'request', 1, prefix, null],
      ]),
    )
    expect(refusals.filter(({ code }) => code === 'too_large').reduce((sum, { count }) => sum + count, 0)).toBe(2)
    for (const { message, remedy, last_at } of refusals) {
      expect(message.length).toBeGreaterThan(10)
      expect(remedy.length).toBeGreaterThan(10)
      expect(Math.abs(Date.parse(last_at) - cairn.clock.now())).toBeLessThan(20_000)
    }
    expect(JSON.stringify(refusals)).not.toContain(w.secretKey)
    expect(await list(other)).toEqual([])
  })

  test('are forgotten after an hour, and counted within it', async () => {
    const w = await cairn.workspace()
    const refuse = (): Promise<unknown> => post('/api/events/log', { Authorization: `Bearer ${w.writeKey}` }, 'nonsense')
    await refuse()
    cairn.clock.advance(40 * 60_000)
    await refuse()
    await refuse()
    expect(await list(w)).toMatchObject([{ code: 'malformed', count: 3 }])
    cairn.clock.advance(30 * 60_000)
    expect(await list(w)).toMatchObject([{ code: 'malformed', count: 2 }])
    cairn.clock.advance(31 * 60_000)
    expect(await list(w)).toEqual([])
  })

  test('take no more memory than 200 groups, the latest, whatever is sent', async () => {
    const w = await cairn.workspace()
    for (let i = 0; i < 230; i++) await post('/api/events/log', { Authorization: `Bearer ${w.writeKey}`, Origin: `https://shop-${i}.example` }, 'nonsense')
    const refusals = await list(w)
    expect(refusals).toHaveLength(200)
    expect(refusals.some(({ origin }) => origin === 'https://shop-229.example')).toBe(true)
    expect(refusals.some(({ origin }) => origin === 'https://shop-29.example')).toBe(false)
  })

  test('for want of a disk that can be written are told too, as no fault of the sender', async () => {
    const broken = await startCairn()
    const segments = join(broken.dataDir, 'journal/segments')
    try {
      const w = await broken.workspace()
      renameSync(segments, `${segments}.away`)
      expect((await w.post('/api/events/log', { event_type: 'seen', user_id: 'ada' })).status).toBe(503)
      renameSync(`${segments}.away`, segments)
      const [refusal] = await list(w)
      expect(refusal).toMatchObject({ code: 'overloaded', what: 'request', count: 1, key_prefix: w.writeKey.slice(0, 8) })
      expect(refusal?.remedy).toContain('Nothing is wrong with the request')
    } finally {
      await broken.close()
    }
  })
})

describe('requests without a known key', () => {
  const unknown = (): string => `wk_${randomBytes(12).toString('hex')}`

  test('belong to no workspace: keys are not told of them, admins who are signed in are, members below are not', async () => {
    const w = await cairn.workspace()
    const key = unknown()
    expect((await post('/api/events/log', { Authorization: `Bearer ${key}`, Origin: 'https://shop.example' }, event)).status).toBe(401)
    expect((await post('/api/events/log', { Authorization: `Bearer hunter2` }, event)).status).toBe(401)
    expect((await post('/api/events/log', {}, event)).status).toBe(401)
    expect(await list(w)).toEqual([])
    const admin = await cairn.user({ workspace: w, role: 'admin' })
    const seen = (await admin.get<{ refusals: Refusal[] }>('/api/refusals')).refusals
    expect(seen).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'unauthorized', key_prefix: key.slice(0, 8), origin: 'https://shop.example', what: 'request' }),
        expect.objectContaining({ code: 'unauthorized', key_prefix: null, origin: null }),
      ]),
    )
    expect(seen.find(({ key_prefix }) => key_prefix !== null)?.remedy).toContain('Settings → Keys')
    expect(JSON.stringify(seen)).not.toMatch(/hunter2/)
    const analyst = await cairn.user({ workspace: w, role: 'analyst' })
    expect((await analyst.get<{ refusals: Refusal[] }>('/api/refusals')).refusals).toEqual([])
  })
})

describe('events that were taken and not accepted', () => {
  test('are told by reason, with what the reason means and what to do', async () => {
    const w = await cairn.workspace()
    const ahead = new Date(cairn.clock.now() + 48 * 3_600_000).toISOString()
    await w.post('/api/events/log/batch', {
      events: [{ event_type: 'a', user_id: 'ada' }, { event_type: 5 }, { event_type: 6 }, { event_type: 'a', user_id: 'ada', timestamp: ahead }],
    })
    await w.post('/api/events/log', { event_type: 'a', anonymous_id: 'visitor' }, { 'Sec-GPC': '1' })
    expect((await w.post('/api/events/log', { event_type: 7 })).status).toBe(422)
    await w.call('PATCH', '/api/workspace', { streams_off: ['events'] })
    await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })
    const refusals = await list(w)
    const prefix = w.writeKey.slice(0, 8)
    expect(refusals.map(({ code, what, count, key_prefix }) => [code, what, count, key_prefix].join(' ')).toSorted()).toEqual([
      `in_future event 1 ${prefix}`,
      `invalid event 3 ${prefix}`,
      `privacy_signal event 1 ${prefix}`,
      `stream_off event 1 ${prefix}`,
    ])
    expect(refusals.find(({ code }) => code === 'stream_off')).toMatchObject({ message: 'The stream is switched off.', remedy: 'Switch the stream on.' })
    for (const { last_at } of refusals) expect(Date.parse(last_at)).toBeLessThanOrEqual(cairn.clock.now())
  })
})
