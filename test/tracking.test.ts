import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startCairn, type Answer, type TestCairn, type TestWorkspace } from './cairn.ts'

/** How a tracker talks to the server beside its events: ends, settings, and from pages of other origins. docs/trackers-protocol.md says it in words. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const BATCH = '/api/events/log/batch'
const seen = (fields: object = {}): object => ({ event_id: randomUUID(), event_type: 'seen', anonymous_id: 'visitor', ...fields })
const batch = (w: TestWorkspace, body: object, headers?: Record<string, string>): Promise<Answer> => w.post(BATCH, body, headers)
const defaults = { streams_off: [], sampling: 1, breaker: { budget_ms: 50, failures: 5, rest_ms: 60_000 } }
const version = expect.stringMatching(/^[\w-]{8}$/) as string

describe('the ends of sources that are gone', () => {
  test('are taken without an event, and with the position that a read waits for', async () => {
    const w = await cairn.workspace()
    const answer = await batch(w, { events: [], ended: [{ source_id: 'tab', seq: 3 }] })
    expect(answer).toMatchObject({ status: 200, body: { success: true, accepted: 0, rejected: [] } })
    expect(answer.headers.get('x-cairn-position')).toMatch(/^n[0-9a-f]{12}\.\d+$/)
    expect((await w.get<{ total: object }>('/api/ledger')).total).toMatchObject({ received: 0, accepted: 0, gap: 0 })
  })

  test('may be absent, null or none, and have fields that are null', async () => {
    const w = await cairn.workspace()
    for (const ended of [undefined, null, [], [{ source_id: 'tab', seq: 0, tracker: null }]])
      expect(await batch(w, { events: [seen()], ended })).toMatchObject({ status: 200, body: { accepted: 1 } })
  })

  test.each([
    ['no list', 5, '/ended', 'must be array'],
    ['no object', ['tab'], '/ended/0', 'must be object'],
    ['without a name', [{ source_id: 'tab', seq: 1 }, { seq: 1 }], '/ended/1/source_id', 'is required'],
    ['with an empty name', [{ source_id: '', seq: 1 }], '/ended/0/source_id', 'must not be empty'],
    ['with a long name', [{ source_id: 'x'.repeat(256), seq: 1 }], '/ended/0/source_id', 'at most 255 characters'],
    ['without a number', [{ source_id: 'tab' }], '/ended/0/seq', 'is required'],
    ['with a number as text', [{ source_id: 'tab', seq: '1' }], '/ended/0/seq', 'must be integer'],
    ['with a number below 0', [{ source_id: 'tab', seq: -1 }], '/ended/0/seq', 'must be at least 0'],
    ['with half a number', [{ source_id: 'tab', seq: 1.5 }], '/ended/0/seq', 'must be integer'],
    ['of a tracker with a long name', [{ source_id: 'tab', seq: 1, tracker: 'x'.repeat(101) }], '/ended/0/tracker', 'at most 100 characters'],
    ['over a hundred', Array.from({ length: 101 }, () => ({ source_id: 'tab', seq: 1 })), '/ended', 'at most 100 entries'],
  ])('that are malformed, %s, refuse the request with the path, and nothing of it is taken', async (_, ended, path, message) => {
    const w = await cairn.workspace()
    const { status, body } = await batch(w, { events: [seen()], ended })
    expect({ status, code: body['code'], errors: body['errors'] }).toEqual({ status: 400, code: 'malformed', errors: [{ path, message }] })
    expect((await w.get<{ total: object }>('/api/ledger')).total).toMatchObject({ received: 0 })
  })
})

describe('the settings of trackers', () => {
  test('come with the answer while the sender has others, and not to a sender that does not ask', async () => {
    const w = await cairn.workspace()
    expect((await batch(w, { events: [seen()] })).body).toEqual({ success: true, accepted: 1, rejected: [] })
    const { settings } = (await batch(w, { events: [seen()], settings: '' })).body as { settings: { version: string } }
    expect(settings).toEqual({ version, ...defaults })
    expect((await batch(w, { events: [seen()], settings: settings.version })).body).toEqual({ success: true, accepted: 1, rejected: [] })
    expect((await batch(w, { events: [], settings: 'older' })).body).toEqual({ success: true, accepted: 0, rejected: [], settings })
  })

  test('come with an answer that refuses all events, and with one that records nothing', async () => {
    const w = await cairn.workspace()
    expect(await batch(w, { events: [{}], settings: '' })).toMatchObject({ status: 422, body: { success: false, settings: { version, ...defaults } } })
    await w.call('PATCH', '/api/workspace', { streams_off: ['chat', 'events'] })
    expect(await batch(w, { events: [seen()], settings: '' })).toMatchObject({
      status: 200,
      body: { success: true, disabled: true, reason: 'stream_off', settings: { version, ...defaults, streams_off: ['events', 'chat'] } },
    })
  })

  test('are those of the workspace, each change with a version of its own, the same for the same settings', async () => {
    const [w, other] = [await cairn.workspace(), await cairn.workspace()]
    const told = async (of: TestWorkspace): Promise<{ version: string }> =>
      (await batch(of, { events: [], settings: '' })).body['settings'] as { version: string }
    const before = await told(w)
    expect(before).toEqual(await told(other))
    expect(await w.call('PATCH', '/api/workspace', { sampling: 0.25, breaker: { rest_ms: 5_000 } })).toMatchObject({
      status: 200,
      body: { sampling: 0.25, breaker: { budget_ms: 50, failures: 5, rest_ms: 5_000 } },
    })
    const after = await told(w)
    expect(after).toEqual({ version, streams_off: [], sampling: 0.25, breaker: { budget_ms: 50, failures: 5, rest_ms: 5_000 } })
    expect(after.version).not.toBe(before.version)
    expect(await told(other)).toEqual(before)
    expect(await w.get('/api/workspace')).toMatchObject({ sampling: 0.25, breaker: { budget_ms: 50, failures: 5, rest_ms: 5_000 } })
    await w.call('PATCH', '/api/workspace', { sampling: 1, breaker: { rest_ms: 60_000 } })
    expect(await told(w)).toEqual(before)
  })

  test('say what the environment switches off besides', async () => {
    const without = await startCairn({ CAIRN_STREAMS_OFF: 'metrics' })
    try {
      const w = await without.workspace({ streamsOff: ['chat'] })
      expect((await batch(w, { events: [], settings: '' })).body).toMatchObject({ settings: { streams_off: ['metrics', 'chat'] } })
    } finally {
      await without.close()
    }
  })

  test.each([
    ['a number', 5, 'must be string'],
    ['a long text', 'x'.repeat(65), 'at most 64 characters'],
  ])('asked for with %s as version refuse the request', async (_, settings, message) => {
    const w = await cairn.workspace()
    expect(await batch(w, { events: [seen()], settings })).toMatchObject({
      status: 400,
      body: { code: 'malformed', errors: [{ path: '/settings', message }] },
    })
  })

  test('change by admins only, within bounds, and each change is in the log', async () => {
    const w = await cairn.workspace()
    const [admin, analyst] = [await cairn.user({ workspace: w, role: 'admin' }), await cairn.user({ workspace: w, role: 'analyst' })]
    expect((await analyst.call('PATCH', '/api/workspace', { sampling: 0 })).status).toBe(403)
    for (const [body, path] of [
      [{ sampling: 1.1 }, '/sampling'],
      [{ sampling: -0.1 }, '/sampling'],
      [{ breaker: { budget_ms: 0 } }, '/breaker/budget_ms'],
      [{ breaker: { failures: 1_001 } }, '/breaker/failures'],
      [{ breaker: { rest_ms: 999 } }, '/breaker/rest_ms'],
      [{ breaker: { rest_ms: 86_400_001 } }, '/breaker/rest_ms'],
    ] as const)
      expect(await admin.call('PATCH', '/api/workspace', body)).toMatchObject({ status: 422, body: { errors: [{ path }] } })
    expect((await admin.call('PATCH', '/api/workspace', { sampling: 0.5, breaker: { failures: 9 } })).status).toBe(200)
    const { entries } = await w.get<{ entries: object[] }>('/api/audit?action=workspace.changed')
    expect(entries).toEqual([
      expect.objectContaining({
        actor: admin.email,
        details: { sampling: { from: 1, to: 0.5 }, breaker: { from: defaults.breaker, to: { ...defaults.breaker, failures: 9 } } },
      }),
    ])
  })
})

describe('a page of another origin', () => {
  const shop = 'https://shop.example'
  const readable = {
    'access-control-allow-origin': shop,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After, X-Cairn-Position',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'Origin',
  }
  const named = ({ headers }: Pick<Answer, 'headers'>): object => Object.fromEntries(Object.keys(readable).map((name) => [name, headers.get(name)]))
  const post = (body: string, headers: Record<string, string> = {}, to = cairn.url): Promise<Answer> =>
    ask(to + BATCH, { method: 'POST', headers: { Origin: shop, ...headers }, body })

  test.each(['/api/events/log', BATCH, '/api/people/identify'])('may send JSON with a key to %s, and asks for that once in a while', async (path) => {
    const { status, headers } = await ask(cairn.url + path, {
      method: 'OPTIONS',
      headers: { Origin: shop, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type' },
    })
    expect([status, named({ headers })]).toEqual([204, readable])
    expect(headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type')
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThanOrEqual(7_200)
  })

  test('sends what a beacon can, text with the key in it, and reads the answer', async () => {
    const w = await cairn.workspace()
    const answer = await post(JSON.stringify({ write_key: w.writeKey, events: [seen()] }), { 'Content-Type': 'text/plain;charset=UTF-8' })
    expect([answer.status, answer.body, named(answer)]).toEqual([200, { success: true, accepted: 1, rejected: [] }, readable])
  })

  test('reads why it was refused, whatever the reason', async () => {
    const w = await cairn.workspace()
    const key = { Authorization: `Bearer ${w.writeKey}` }
    const read = { ...key, Authorization: `Bearer ${w.secretKey}` }
    for (const [status, answer] of [
      [400, await post('{', key)],
      [400, await post(JSON.stringify({ events: [], ended: 5 }), key)],
      [401, await post(JSON.stringify({ events: [] }))],
      [401, await post(JSON.stringify({ events: [], write_key: 'nobody-knows-this-key' }))],
      [403, await post(JSON.stringify({ events: [], write_key: w.secretKey }))],
      [413, await post(JSON.stringify({ events: Array.from({ length: 1_001 }, () => 1) }), key)],
      [413, await post('x'.repeat(1_100_000), read)],
      [415, await post('{}', { ...key, 'Content-Encoding': 'zstd' })],
      [422, await post(JSON.stringify({ events: [{}] }), key)],
    ] as const)
      expect([answer.status, named(answer)]).toEqual([status, readable])
  })

  test('reads when to send again where nothing can be taken', async () => {
    const closing = await startCairn()
    try {
      const w = await closing.workspace()
      await closing.pipeline.journal.close()
      const answer = await post(JSON.stringify({ events: [seen()] }), { Authorization: `Bearer ${w.writeKey}` }, closing.url)
      expect([answer.status, named(answer), answer.headers.get('retry-after')]).toEqual([503, readable, '2'])
    } finally {
      await closing.close()
    }
  })

  test('reads nothing of what is not for pages of others', async () => {
    const w = await cairn.workspace()
    const { headers } = await ask(`${cairn.url}/api/workspace`, { headers: { Origin: shop, Authorization: `Bearer ${w.secretKey}` } })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect((await ask(`${cairn.url}/api/workspace`, { method: 'OPTIONS', headers: { Origin: shop } })).headers.get('access-control-allow-origin')).toBeNull()
  })
})
