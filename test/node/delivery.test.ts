import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createClient, type Client, type Fault, type Options } from '@cairn/node'
import { describe, expect, test, vi, type TestContext } from 'vitest'
import { freePort } from '../server.ts'
import { soon, startCollector, status, take, type Collector } from './collector.ts'
import { startHost } from './host.ts'

/** Servers that are away, overloaded, broken or not Cairn at all, and hosts that end. */
async function collector({ onTestFinished }: TestContext): Promise<Collector> {
  const made = await startCollector()
  onTestFinished(made.close)
  return made
}

function begin(it: TestContext, host: string, options: Partial<Options> = {}): { client: Client; faults: Fault[] } {
  const faults: Fault[] = []
  const client = createClient({ writeKey: 'key', host, interval: 10, onError: (fault) => faults.push(fault), ...options })
  it.onTestFinished(() => client.shutdown(0))
  return { client, faults }
}

const somebody = { userId: 'ada' }
const typesOf = (c: Collector): string[] => c.events().map((event) => event.event_type)

describe.concurrent('side by side, since they wait', () => {
  test.for<[string, Collector['answer']]>([
    ['500', status(500)],
    ['503 with Retry-After', status(503, '{"success":false}', { 'Retry-After': '1' })],
    ['429', status(429, '{"success":false}', { 'Retry-After': 'soon' })],
    ['a redirect', status(307, '', { Location: 'http://127.0.0.1:1/' })],
    ['a sign-in page with 200', status(200, '<html>Sign in</html>')],
    ['JSON that is not of Cairn', status(200, '{"ok":true}')],
    ['an answer whose parts are of the wrong kind', status(200, '{"success":true,"rejected":5}')],
    ['settings of the wrong kind', status(200, '{"success":true,"settings":{"streams_off":"events"}}')],
    ['nothing that is JSON', status(200, '\0{')],
    ['an answer without end', (_, response) => void response.writeHead(200).write(Buffer.alloc(2_000_000, ' '))],
    ['a connection that is cut', (_, response) => void response.destroy()],
  ])('what was answered with %s is sent again, the same', async ([, badly], it) => {
    const c = await collector(it)
    const { client, faults } = begin(it, c.url)
    c.answer = badly
    client.track('one', somebody)
    await expect.poll(() => faults.length, soon).toBe(1)
    c.answer = take
    await client.shutdown()
    expect(faults).toEqual([expect.objectContaining({ code: 'unreachable' })])
    expect(typesOf(c)).toEqual(['one', 'one'])
    expect(new Set(c.events().map((event) => event.event_id)).size).toBe(1)
  })

  test('shutdown delivers what a server took only at the second attempt', async (it) => {
    const c = await collector(it)
    const { client } = begin(it, c.url)
    c.answer = (...it) => {
      c.answer = take
      status(503)(...it)
    }
    client.track('one', somebody)
    await client.shutdown()
    expect(client.queueSize).toBe(0)
    expect(typesOf(c)).toEqual(['one', 'one'])
  })

  const hostOf = (url: string, rest = ''): string =>
    `import { init, track } from '@cairn/node'; init({ writeKey: 'key', host: '${url}' }); track('one', { userId: 'ada' }); ${rest}`

  test('a process that has nothing else to do sends what it has, and ends', async (it) => {
    const c = await collector(it)
    const host = startHost(hostOf(c.url, "setTimeout(() => track('two', { userId: 'ada' }), 50)"))
    expect(await host.ended).toMatchObject({ code: 0 })
    expect(host.output()).toBe('')
    expect(typesOf(c)).toEqual(['one', 'two'])
  })

  test('a process ends at once where the server is away, and soon where it hangs', async (it) => {
    const c = await collector(it)
    c.answer = () => undefined
    const away = startHost(hostOf(`http://127.0.0.1:${await freePort()}`))
    const hanging = startHost(hostOf(c.url))
    const [a, h] = await Promise.all([away.ended, hanging.ended])
    expect([a.code, away.output(), h.code, hanging.output()]).toEqual([0, '', 0, ''])
    expect(a.ms).toBeLessThan(3_000)
    expect(h.ms).toBeLessThan(9_000)
  })
})

test('a batch that is too large is halved; one event that is too large is given up and told', async (it) => {
  const c = await collector(it)
  const { client, faults } = begin(it, c.url, { batchSize: 4 })
  c.answer = (request, response) =>
    (request.text.includes('too_big') || (request.body['events'] as unknown[]).length > 2 ? status(413) : take)(request, response)
  for (const type of ['a', 'b', 'too_big', 'c']) client.track(type, somebody)
  await client.flush()
  expect(faults).toEqual([{ code: 'refused', status: 413, message: undefined }])
  expect(client.queueSize).toBe(0)
  expect(new Set(typesOf(c))).toEqual(new Set(['a', 'b', 'too_big', 'c']))
})

test('what is refused for good is given up, and told with the server’s words', async (it) => {
  const c = await collector(it)
  const { client, faults } = begin(it, c.url)
  c.answer = status(401, '{"success":false,"code":"unauthorized","message":"The key is not known."}')
  client.track('one', somebody)
  await client.flush()
  expect(faults).toEqual([{ code: 'unauthorized', status: 401, message: 'The key is not known.' }])
  expect(client.queueSize).toBe(0)
})

test('requests carry the key in their header, and are packed where they are long', async (it) => {
  const c = await collector(it)
  const { client } = begin(it, `${c.url}/`, { path: '/collect' })
  client.track('short', somebody)
  await client.flush()
  client.track('long', { ...somebody, metadata: { text: 'x'.repeat(10_000) } })
  await client.flush()
  expect(c.requests.map(({ url, headers }) => [url, headers.authorization, headers['content-encoding']])).toEqual([
    ['/collect', 'Bearer key', undefined],
    ['/collect', 'Bearer key', 'gzip'],
  ])
})

test('while the server hangs the queue keeps its bounds, and the newest', async (it) => {
  const c = await collector(it)
  c.answer = () => undefined
  const { client, faults } = begin(it, c.url, { maxEvents: 100, maxBytes: 20_000 })
  for (let n = 0; n < 1_000; n++) client.track(`event_${n}`, somebody)
  await expect.poll(() => c.requests.length, soon).toBe(1)
  for (let n = 1_000; n < 2_000; n++) client.track(`event_${n}`, somebody)
  await expect.poll(() => client.queueSize, soon).toBeLessThanOrEqual(100)
  expect(faults.filter(({ code }) => code === 'queue_full')).toHaveLength(1)
  await client.shutdown(100)
})

test('of an outage the newest events are delivered, in order and as they were, once it is over', async (it) => {
  const c = await collector(it)
  c.answer = status(503)
  const { client, faults } = begin(it, c.url, { maxEvents: 5_000 })
  client.track('first', somebody)
  await client.flush()
  for (let n = 0; n < 8_000; n++) {
    client.track('happened', { ...somebody, metadata: { n, text: 'ünï \u2028 😀'.repeat(n % 7), large: n % 1_000 === 0 ? 'x'.repeat(30_000) : undefined } })
    if (n % 100 === 0) await new Promise(setImmediate)
  }
  client.identify('ada', { after: 'all' })
  expect(client.queueSize).toBe(5_000)
  expect(faults.map(({ code }) => code).filter((code) => code !== 'unreachable')).toEqual(['queue_full'])
  c.requests.length = 0
  c.answer = take
  await client.shutdown(20_000)
  expect(client.queueSize).toBe(0)
  expect(c.events().map(({ metadata }) => metadata?.['n'])).toEqual(Array.from({ length: 4_999 }, (_, n) => n + 3_001))
  expect(c.events().every(({ metadata }) => metadata?.['text'] === 'ünï \u2028 😀'.repeat(Number(metadata?.['n']) % 7))).toBe(true)
  expect(c.requests.at(-1)?.body).toMatchObject({ user_id: 'ada', traits: { after: 'all' } })
})

test('flush delivers what was tracked before it, however much that is', async (it) => {
  const c = await collector(it)
  const { client } = begin(it, c.url)
  for (let n = 0; n < 6_000; n++) client.track('happened', { ...somebody, metadata: { n } })
  await client.flush()
  expect(client.queueSize).toBe(0)
  expect(c.events().map(({ metadata }) => metadata?.['n'])).toEqual(Array.from({ length: 6_000 }, (_, n) => n))
})

test('a stream that is switched off is asked for again with one event, not with all', async (it) => {
  const c = await collector(it)
  const { client } = begin(it, c.url)
  const settings = { version: 'v', streams_off: ['events'], sampling: 1, breaker: { budget_ms: 50, failures: 5, rest_ms: 60_000 } }
  c.answer = status(200, JSON.stringify({ success: true, disabled: true, settings }))
  for (let n = 0; n < 5; n++) {
    client.track(`event_${n}`, somebody)
    await client.flush()
  }
  expect(c.events().map(({ event_type, seq }) => [event_type, seq])).toEqual([['event_0', 1]])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 })
  it.onTestFinished(() => void vi.useRealTimers())
  for (let n = 5; n < 8; n++) client.track(`event_${n}`, somebody)
  await client.flush()
  expect(c.events().map(({ event_type, seq }) => [event_type, seq])).toEqual([
    ['event_0', 1],
    ['event_5', 2],
  ])
})

test('a tracker that keeps its host waiting stops by itself, and what it costs has numbers', async (it) => {
  const c = await collector(it)
  const states: string[] = []
  let seq = 0
  const { client, faults } = begin(it, c.url, {
    onState: (state) => states.push(state),
    beforeSend(event) {
      seq = event.seq
      const before = process.cpuUsage()
      while (process.cpuUsage(before).system < 60_000);
      return event
    },
  })
  for (let n = 0; n < 20 && faults.length === 0; n++) client.track('slow', somebody)
  const taken = client.queueSize
  expect([faults.map(({ code }) => code), taken]).toEqual([['too_slow'], seq])
  client.track('not_taken', somebody)
  expect(client.queueSize).toBe(taken)
  await expect.poll(() => states, soon).toEqual(['open'])
})

test('a request does not run in the context of the call that caused it', async (it) => {
  const c = await collector(it)
  const { client } = begin(it, c.url)
  const context = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const look = (): void => void seen.push(context.getStore())
  subscribe('undici:request:create', look)
  context.run('a request of the host', () => {
    client.track('one', somebody)
    void client.flush()
  })
  await expect.poll(() => c.requests.length, soon).toBe(1)
  unsubscribe('undici:request:create', look)
  expect(seen).toEqual([undefined])
})

test('shutdown waits as long as it may, and takes nothing any more', async (it) => {
  const port = await freePort()
  const { client } = begin(it, `http://127.0.0.1:${port}`)
  client.track('one', somebody)
  const from = performance.now()
  await client.shutdown(300)
  expect(performance.now() - from).toBeGreaterThanOrEqual(295)
  expect(performance.now() - from).toBeLessThan(1_500)
  client.track('two', somebody)
  expect(client.queueSize).toBe(1)
})
