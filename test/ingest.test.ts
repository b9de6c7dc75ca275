import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Listed {
  events: Array<Record<string, unknown>>
  next_cursor: string | null
}
interface Ledger {
  total: Record<string, number> & { quarantined_by_reason: Record<string, number>; not_recorded_by_reason: Record<string, number> }
}
const list = (w: TestWorkspace, query = ''): Promise<Listed> => w.get<Listed>(`/api/events/?${query}`)
const totals = async (w: TestWorkspace): Promise<Record<string, number>> => {
  const { total } = await w.get<Ledger>('/api/ledger?by=total')
  return Object.fromEntries(
    ['received', 'accepted', 'quarantined', 'not_recorded', 'stored', 'deduplicated', 'pending', 'damaged', 'gap'].map((name) => [name, total[name] ?? 0]),
  )
}
const nothing = { received: 0, accepted: 0, quarantined: 0, not_recorded: 0, stored: 0, deduplicated: 0, pending: 0, damaged: 0, gap: 0 }

describe('one event', () => {
  test('is answered with its id and can be read at once, whole', async () => {
    const w = await cairn.workspace()
    const event_id = randomUUID()
    const { status, body } = await w.post('/api/events/log', {
      event_id,
      event_type: 'project_created',
      user_id: 'ada',
      anonymous_id: 'anon-1',
      session_id: 's1',
      entity_type: 'project',
      entity_id: 42,
      metadata: { plan: 'pro', nested: { deep: [1, 'two', null] }, 'a.b': 1, when: '2026-01-02T03:04:05Z', none: null },
      context: { page: { url: 'https://app.example.com/p/42?utm_source=news&utm_medium=email', referrer: 'https://www.google.com/' }, locale: 'en' },
      duration_ms: 1_500,
      timestamp: '2026-11-20T07:00:00+02:00',
      seq: 7,
    })
    expect({ status, body }).toEqual({ status: 200, body: { success: true, event_id } })
    const { events } = await list(w, 'days=3650')
    expect(events).toEqual([
      expect.objectContaining({
        event_id,
        event_type: 'project_created',
        event_category: 'project',
        event_action: 'created',
        user_id: 'ada',
        anonymous_id: 'anon-1',
        session_id: 's1',
        entity_type: 'project',
        entity_id: '42',
        event_metadata: { plan: 'pro', nested: { deep: [1, 'two', null] }, 'a.b': 1, when: '2026-01-02T03:04:05Z', none: null },
        context_snapshot: { page: { url: 'https://app.example.com/p/42?utm_source=news&utm_medium=email', referrer: 'https://www.google.com/' }, locale: 'en' },
        duration_ms: 1_500,
        event_timestamp: '2026-11-20T05:00:00.000Z',
        seq: 7,
        url_path: '/p/42',
        referrer_domain: 'google.com',
        utm_source: 'news',
        utm_medium: 'email',
        channel: 'Email',
        is_bot: false,
      }),
    ])
  })

  test('that is not valid is answered with 422 naming the fields, and kept in quarantine', async () => {
    const w = await cairn.workspace()
    const { status, body } = await w.post('/api/events/log', { event_type: 'x'.repeat(201), user_id: 'ada', duration_ms: -1 })
    expect({ status, body }).toEqual({
      status: 422,
      body: {
        success: false,
        code: 'invalid',
        message: 'event_type at most 200 characters; duration_ms must be at least 0',
        errors: [
          { path: '/event_type', message: 'at most 200 characters' },
          { path: '/duration_ms', message: 'must be at least 0' },
        ],
      },
    })
    const { quarantine } = await w.get<{ quarantine: Array<Record<string, unknown>> }>('/api/events/quarantine')
    expect(quarantine).toEqual([
      expect.objectContaining({ code: 'invalid', event: { event_type: 'x'.repeat(201), user_id: 'ada', duration_ms: -1 }, status: 'open' }),
    ])
    expect(await totals(w)).toEqual({ ...nothing, received: 1, quarantined: 1 })
  })

  test('needs an event_type, and a user_id or anonymous_id; null counts as absent', async () => {
    const w = await cairn.workspace()
    expect((await w.post('/api/events/log', {})).body['errors']).toEqual([{ path: '/event_type', message: 'is required' }])
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: null })).status).toBe(422)
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: null, anonymous_id: 'x', metadata: null, duration_ms: null })).status).toBe(200)
    expect((await w.post('/api/events/log', { event_type: 'a', user_email: 'ada@example.com' })).status).toBe(200)
    const { events } = await list(w, 'user_email=ada%40example.com')
    expect(events.map((e) => e['user_id'])).toEqual(['ada@example.com'])
  })

  test.each([
    ['an hour without an offset', { timestamp: '2026-11-20T07:00:00' }, 'timestamp has no offset: end it with Z, or with an offset such as +02:00'],
    ['no date', { timestamp: 'yesterday' }, 'timestamp must be ISO 8601 with offset, such as 2026-12-03T09:30:00Z, or milliseconds since 1970'],
    ['a day that is not in the calendar', { timestamp: '2026-13-45T00:00:00Z' }, 'timestamp is no date of the calendar'],
    ['metadata that is no object', { metadata: [1] }, 'metadata must be object'],
    ['a device that is not known', { device_type: 'watch' }, 'device_type must be one of desktop, mobile, tablet, server, bot'],
    ['30 February', { timestamp: '2026-02-30T00:00:00Z' }, 'timestamp is no date of the calendar'],
    ['a sent_at that is no time', { sent_at: 'yesterday' }, 'sent_at must be ISO 8601 with offset, such as 2026-12-03T09:30:00Z, or milliseconds since 1970'],
    ['an entity_id that a number cannot hold', { entity_id: 2 ** 60 }, 'entity_id is too large for a number: digits would be lost; send it as text'],
    ['an event_id that is no UUID', { event_id: 'abc' }, 'event_id must be a UUID'],
    ['a key that could reach a prototype', { metadata: JSON.parse('{"a":{"__proto__":1}}') as object }, 'event_metadata has a property named __proto__'],
    ['metadata over 32 KB', { metadata: { text: 'x'.repeat(33_000) } }, 'event_metadata is 33 KB, at most 32 KB'],
    ['a clock more than a day ahead', { timestamp: '2099-01-01T00:00:00Z' }, 'event_timestamp is more than 24 hours ahead of the server.'],
    ['a time older than the retention', { timestamp: '2020-01-01T00:00:00Z' }, 'event_timestamp is older than the 365 days that this workspace keeps.'],
  ])('with %s is refused with the reason', async (_, fields, message) => {
    const w = await cairn.workspace()
    const { status, body } = await w.post('/api/events/log', { event_type: 'a', user_id: 'u', ...fields })
    expect({ status, message: body['message'] }).toEqual({ status: 422, message })
    expect(await totals(w)).toEqual({ ...nothing, received: 1, quarantined: 1 })
  })

  test('has its clock corrected where sent_at shows that it is wrong, and keeps it where it is right', async () => {
    const w = await cairn.workspace()
    const wrong = Date.now() - 3_600_000
    await w.post('/api/events/log', { event_type: 'late_clock', user_id: 'u', timestamp: wrong - 60_000, sent_at: wrong })
    const right = Date.now() - 60_000
    await w.post('/api/events/log', { event_type: 'right_clock', user_id: 'u', timestamp: right, sent_at: Date.now() - 50 })
    const at = Object.fromEntries((await list(w)).events.map((e) => [e['event_type'], Date.parse(String(e['event_timestamp']))]))
    expect(Math.abs((at['late_clock'] ?? 0) - (Date.now() - 60_000))).toBeLessThan(5_000)
    expect(at['right_clock']).toBe(right)
  })
})

describe('a batch', () => {
  test('keeps its good events where others are bad, and says which and why', async () => {
    const w = await cairn.workspace()
    const { status, body } = await w.post('/api/events/log/batch', {
      events: [{ event_type: 'a', user_id: 'u' }, { event_type: 'b' }, 5, { event_type: 'c', anonymous_id: 'x' }],
    })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        success: true,
        accepted: 2,
        rejected: [
          { index: 1, code: 'invalid', message: 'user_id is required where there is no anonymous_id' },
          { index: 2, code: 'invalid', message: 'event must be an object' },
        ],
      },
    })
    expect(await totals(w)).toEqual({ ...nothing, received: 4, accepted: 2, stored: 2, quarantined: 2 })
  })

  test('of which every event is bad is answered with 422 in the same shape', async () => {
    const w = await cairn.workspace()
    const { status, body } = await w.post('/api/events/log/batch', { events: [{ user_id: 'u' }] })
    expect({ status, body }).toEqual({
      status: 422,
      body: { success: false, accepted: 0, rejected: [{ index: 0, code: 'invalid', message: 'event_type is required' }] },
    })
  })

  test('is refused whole where it is no batch, holds over 1,000 events or over 1 MB', async () => {
    const w = await cairn.workspace()
    expect((await w.post('/api/events/log/batch', [])).status).toBe(400)
    expect((await w.post('/api/events/log/batch', {})).status).toBe(400)
    expect((await w.post('/api/events/log/batch', { events: Array.from({ length: 1_001 }, () => ({})) })).status).toBe(413)
    expect((await w.post('/api/events/log/batch', { events: [{ event_type: 'a', user_id: 'u', metadata: { text: 'x'.repeat(1_100_000) } }] })).status).toBe(413)
    expect(await totals(w)).toEqual(nothing)
  })

  test('is taken in every encoding, and as text/plain', async () => {
    const w = await cairn.workspace()
    const bytes = (n: number): Buffer => Buffer.from(JSON.stringify({ events: [{ event_type: `encoding_${n}`, user_id: 'u' }] }))
    const requests: Array<[Record<string, string>, Buffer]> = [
      [{ 'Content-Encoding': 'gzip' }, gzipSync(bytes(1))],
      [{ 'Content-Encoding': 'deflate' }, deflateSync(bytes(2))],
      [{ 'Content-Encoding': 'deflate' }, deflateRawSync(bytes(3))],
      [{ 'Content-Encoding': 'br' }, brotliCompressSync(bytes(4))],
      [{ 'Content-Type': 'text/plain;charset=UTF-8' }, bytes(5)],
      [{ 'Content-Type': 'text/plain' }, gzipSync(bytes(6))],
      [{ 'Content-Type': 'application/x-www-form-urlencoded' }, bytes(7)],
    ]
    for (const [headers, body] of requests) {
      expect(
        await ask(`${cairn.url}/api/events/log/batch`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${w.writeKey}`, ...headers },
          body: new Uint8Array(body),
        }),
      ).toMatchObject({ status: 200 })
    }
    expect((await list(w)).events.map((e) => String(e['event_type'])).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `encoding_${n}`))
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    expect(
      (
        await ask(`${cairn.url}/api/events/log/batch`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${w.writeKey}`, 'Content-Encoding': 'gzip' },
          body: new Uint8Array(bomb),
        })
      ).status,
    ).toBe(413)
  })
})

test('an event that nests too deep to be written does not take its neighbours with it, and is kept as far as it can be', async () => {
  const w = await cairn.workspace()
  const depth = 50_000
  const body = `{"events":[{"event_type":"good","user_id":"u"},{"event_type":"deep","user_id":"u","metadata":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}]}`
  const answer = await ask(`${cairn.url}/api/events/log/batch`, { method: 'POST', headers: { Authorization: `Bearer ${w.writeKey}` }, body })
  expect(answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: [{ index: 1, code: 'too_large' }] } })
  expect(await totals(w)).toEqual({ ...nothing, received: 2, accepted: 1, stored: 1, quarantined: 1 })
  const { quarantine } = await w.get<{ quarantine: unknown[] }>('/api/events/quarantine')
  expect(quarantine).toHaveLength(1)
})

test('a refused event tells why in its code, and is kept without the key that came with it', async () => {
  const w = await cairn.workspace()
  const refused = await ask(`${cairn.url}/api/events/log`, {
    method: 'POST',
    body: JSON.stringify({ event_type: 'a', user_id: 'u', timestamp: '2099-01-01T00:00:00Z', write_key: w.writeKey }),
  })
  expect(refused).toMatchObject({ status: 422, body: { success: false, code: 'in_future' } })
  expect(JSON.stringify(await w.get('/api/events/quarantine'))).not.toContain(w.writeKey)
})

test('set-up routes refuse fields that they do not know rather than ignore them', async () => {
  const w = await cairn.workspace()
  expect((await w.call('PATCH', '/api/workspace', { taxonomy: 'strict' })).body).toMatchObject({
    code: 'invalid',
    message: 'The body is not valid. taxonomy is not known here.',
  })
  expect((await w.call('POST', '/api/events/quarantine/replay', { codes: ['x'] })).status).toBe(422)
})

describe('exactly once', () => {
  test('a repeated event_id is acknowledged, and counted once: in a batch, across batches and at the same moment', async () => {
    const w = await cairn.workspace()
    const event = { event_id: randomUUID(), event_type: 'paid', user_id: 'u' }
    expect((await w.post('/api/events/log/batch', { events: [event, { ...event, event_type: 'second_content' }] })).body).toEqual({
      success: true,
      accepted: 2,
      rejected: [],
    })
    await Promise.all(Array.from({ length: 20 }, () => w.post('/api/events/log', event)))
    expect((await list(w)).events.map((e) => e['event_type'])).toEqual(['paid'])
    expect(await totals(w)).toEqual({ ...nothing, received: 22, accepted: 22, stored: 1, deduplicated: 21 })
  })

  test('Idempotency-Key does the same for callers that make no ids, for one event and for each event of a batch', async () => {
    const w = await cairn.workspace()
    const first = await w.post('/api/events/log', { event_type: 'a', user_id: 'u' }, { 'Idempotency-Key': 'order-17' })
    const again = await w.post('/api/events/log', { event_type: 'a', user_id: 'u' }, { 'Idempotency-Key': 'order-17' })
    expect(again.body).toEqual(first.body)
    const events = [
      { event_type: 'b', user_id: 'u' },
      { event_type: 'b', user_id: 'u' },
    ]
    for (let i = 0; i < 2; i++) await w.post('/api/events/log/batch', { events }, { 'Idempotency-Key': 'batch-1' })
    expect(await totals(w)).toMatchObject({ stored: 3, deduplicated: 3, gap: 0 })
  })

  test('the same event_id in another workspace is another event', async () => {
    const [a, b] = [await cairn.workspace(), await cairn.workspace()]
    const event = { event_id: randomUUID(), event_type: 'x', user_id: 'u' }
    await a.post('/api/events/log', event)
    await b.post('/api/events/log', event)
    expect([(await totals(a))['stored'], (await totals(b))['stored']]).toEqual([1, 1])
  })
})

describe('what is not wanted', () => {
  test('is not recorded while the stream is off: nothing reaches the disk but its count', async () => {
    const w = await cairn.workspace({ streamsOff: ['events'] })
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: 'u' })).body).toEqual({ success: true, disabled: true, reason: 'stream_off' })
    expect((await w.post('/api/events/log/batch', { events: [{ event_type: 'a', user_id: 'u' }, 'nonsense'] })).body).toEqual({
      success: true,
      accepted: 0,
      rejected: [],
      disabled: true,
      reason: 'stream_off',
      not_recorded: [
        { index: 0, reason: 'stream_off' },
        { index: 1, reason: 'stream_off' },
      ],
    })
    expect(await totals(w)).toEqual({ ...nothing, received: 3, not_recorded: 3 })
    expect((await w.call('PATCH', '/api/workspace', { streams_off: [] })).status).toBe(200)
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: 'u' })).body).toMatchObject({ success: true, event_id: expect.any(String) as string })
  })

  test('is not recorded of people who opted out, not even in quarantine, until they opt in', async () => {
    const w = await cairn.workspace()
    expect((await w.post('/api/people/opt-out', { user_id: 'ada' })).body).toEqual({ success: true })
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })).body).toEqual({ success: true, disabled: true, reason: 'opted_out' })
    expect((await w.post('/api/events/log', { event_type: '', user_id: 'ada', secret: 1 })).body).toEqual({
      success: true,
      disabled: true,
      reason: 'opted_out',
    })
    expect(
      (
        await w.post('/api/events/log/batch', {
          events: [
            { event_type: 'a', user_id: 'ada' },
            { event_type: 'a', user_id: 'bob' },
          ],
        })
      ).body,
    ).toEqual({
      success: true,
      accepted: 1,
      rejected: [],
      not_recorded: [{ index: 0, reason: 'opted_out' }],
    })
    await w.post('/api/people/opt-in', { user_id: 'ada' })
    expect((await w.post('/api/events/log', { event_type: 'a', user_id: 'ada' })).body).toMatchObject({ success: true, event_id: expect.any(String) as string })
    expect(await totals(w)).toEqual({ ...nothing, received: 5, accepted: 2, stored: 2, not_recorded: 3 })
  })

  test('is not recorded of anonymous visitors whose browser sends Global Privacy Control, unless the workspace ignores it', async () => {
    const w = await cairn.workspace()
    const visit = (fields: object, headers: Record<string, string>): ReturnType<TestWorkspace['post']> =>
      w.post('/api/events/log', { event_type: 'a', ...fields }, headers)
    expect((await visit({ anonymous_id: 'x' }, { 'Sec-GPC': '1' })).body).toEqual({ success: true, disabled: true, reason: 'privacy_signal' })
    expect((await visit({ anonymous_id: 'x', user_id: 'ada' }, { 'Sec-GPC': '1' })).body).toMatchObject({ event_id: expect.any(String) as string })
    await w.call('PATCH', '/api/workspace', { gpc: 'ignore' })
    expect((await visit({ anonymous_id: 'x' }, { DNT: '1' })).body).toMatchObject({ event_id: expect.any(String) as string })
  })
})

test('no address reaches the disk: not from the connection, not from a proxy’s header, not with a refused event', async () => {
  const proxied = await startCairn({ CAIRN_TRUSTED_PROXIES: '127.0.0.1' })
  try {
    const w = await proxied.workspace()
    const headers = { 'X-Forwarded-For': '203.0.113.77' }
    await w.post('/api/events/log', { event_type: 'seen', user_id: 'u' }, headers)
    await w.post('/api/events/log', { event_type: '', user_id: 'u' }, headers)
    await w.post('/api/people/identify', { user_id: 'u', anonymous_id: 'a' }, headers)
    const inJournal = filesBelow(join(proxied.dataDir, 'journal')).filter((file) => readFileSync(file).includes('seen'))
    expect(inJournal.length).toBeGreaterThan(0)
    await list(w)
    // The lock and the address that the command line finds the server by are in run/.
    const holding = filesBelow(proxied.dataDir).filter((file) => !file.includes('/run/') && /203\.0\.113\.77|127\.0\.0\.1/.test(readFileSync(file, 'latin1')))
    expect(holding).toEqual([])
  } finally {
    await proxied.close()
  }
})
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
  )

describe('quarantine', () => {
  test('is replayed once the cause is mended, keeping id, time and exactly-once', async () => {
    const w = await cairn.workspace({ taxonomyMode: 'strict' })
    const event_id = randomUUID()
    const timestamp = new Date(Date.now() - 3_600_000).toISOString()
    expect((await w.post('/api/events/log', { event_id, event_type: 'order_paid', user_id: 'u', timestamp, metadata: { sum: 3 } })).body).toMatchObject({
      code: 'unknown_type',
      message: expect.stringContaining('not declared') as string,
    })
    expect((await w.call('POST', '/api/events/quarantine/replay', {})).body).toMatchObject({ replayed: 1, accepted: 0 })
    await w.call('PUT', '/api/events/types/order_paid', { required_properties: ['sum'] })
    expect((await w.call('POST', '/api/events/quarantine/replay', {})).body).toEqual({ success: true, replayed: 1, accepted: 1, rejected: [] })
    expect((await w.call('POST', '/api/events/quarantine/replay', {})).body).toMatchObject({ replayed: 0 })
    expect((await list(w)).events).toEqual([expect.objectContaining({ event_id, event_timestamp: timestamp, event_metadata: { sum: 3 } })])
    expect(await totals(w)).toEqual({ ...nothing, received: 3, accepted: 1, stored: 1, quarantined: 2 })
    expect((await w.post('/api/events/log', { event_type: 'order_paid', user_id: 'u' })).body).toMatchObject({
      message: 'order_paid requires sum in event_metadata.',
    })
  })
})

describe('who may call', () => {
  test('no key and unknown keys are 401, a write key reads nothing, a secret key may write too', async () => {
    const w = await cairn.workspace()
    const url = `${cairn.url}/api/events/log`
    const body = JSON.stringify({ event_type: 'a', user_id: 'u' })
    expect((await ask(url, { method: 'POST', body })).status).toBe(401)
    expect((await ask(url, { method: 'POST', body, headers: { Authorization: 'Bearer nonsense_key_123456' } })).status).toBe(401)
    expect((await ask(`${cairn.url}/api/events/`, { headers: { Authorization: `Bearer ${w.writeKey}` } })).status).toBe(403)
    expect((await ask(url, { method: 'POST', body, headers: { Authorization: `Bearer ${w.secretKey}` } })).status).toBe(200)
  })

  test('a write key may stand in body or query, a secret key may not', async () => {
    const w = await cairn.workspace()
    const event = { event_type: 'a', user_id: 'u' }
    const url = `${cairn.url}/api/events/log`
    expect((await ask(url, { method: 'POST', body: JSON.stringify({ ...event, write_key: w.writeKey }) })).status).toBe(200)
    expect((await ask(`${url}?write_key=${w.writeKey}`, { method: 'POST', body: JSON.stringify(event) })).status).toBe(200)
    expect((await ask(`${url}?write_key=${w.secretKey}`, { method: 'POST', body: JSON.stringify(event) })).status).toBe(403)
  })

  test('a revoked key stops working', async () => {
    const w = await cairn.workspace()
    const made = await w.call('POST', '/api/keys', { kind: 'write', name: 'shop' })
    const headers = { Authorization: `Bearer ${String(made.body['key'])}` }
    const body = JSON.stringify({ event_type: 'a', user_id: 'u' })
    expect((await ask(`${cairn.url}/api/events/log`, { method: 'POST', headers, body })).status).toBe(200)
    expect((await w.call('DELETE', `/api/keys/${String(made.body['id'])}`)).status).toBe(200)
    expect((await ask(`${cairn.url}/api/events/log`, { method: 'POST', headers, body })).status).toBe(401)
  })

  test('pages of any origin may send: preflight, echoed origin, exposed Retry-After', async () => {
    const w = await cairn.workspace()
    const origin = 'https://shop.example'
    const preflight = await fetch(`${cairn.url}/api/events/log`, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,x-anything' },
    })
    expect({
      status: preflight.status,
      origin: preflight.headers.get('access-control-allow-origin'),
      headers: preflight.headers.get('access-control-allow-headers'),
      credentials: preflight.headers.get('access-control-allow-credentials'),
    }).toEqual({ status: 204, origin, headers: 'authorization,x-anything', credentials: 'true' })
    const sent = await fetch(`${cairn.url}/api/events/log?write_key=${w.writeKey}`, {
      method: 'POST',
      headers: { Origin: origin },
      body: JSON.stringify({ event_type: 'a', user_id: 'u' }),
    })
    expect({
      status: sent.status,
      origin: sent.headers.get('access-control-allow-origin'),
      exposed: sent.headers.get('access-control-expose-headers'),
    }).toEqual({ status: 200, origin, exposed: 'Retry-After, X-Cairn-Position' })
  })

  test('routes answer with and without a trailing slash, HEAD where there is GET, and errors in one shape', async () => {
    const w = await cairn.workspace()
    const headers = { Authorization: `Bearer ${w.secretKey}` }
    expect((await ask(`${cairn.url}/api/events`, { headers })).status).toBe(200)
    expect((await ask(`${cairn.url}/api/events/`, { headers })).status).toBe(200)
    expect((await fetch(`${cairn.url}/api/events`, { method: 'HEAD', headers })).status).toBe(200)
    expect((await ask(`${cairn.url}/api/nonsense`)).body).toEqual({
      success: false,
      code: 'not_found',
      message: 'There is no GET /api/nonsense; the endpoints are listed at /api/docs.',
    })
    expect((await ask(`${cairn.url}/api/events?dayz=3`, { headers })).body).toMatchObject({
      code: 'invalid',
      errors: [{ path: '/dayz', message: 'is not known here' }],
    })
  })
})
