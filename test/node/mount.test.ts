import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { createClient, type Fault } from '@cairn/node'
import { mountCairn as mountExpress, type MountOptions } from '@cairn/node/express'
import { mountCairn as mountFastify } from '@cairn/node/fastify'
import { mountCairn as mountNext } from '@cairn/node/next'
import { mountCairn as mountKit } from '@cairn/node/sveltekit'
import express, { type Express } from 'express'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { startCairn, type TestCairn } from '../cairn.ts'
import { freePort } from '../server.ts'
import { startCollector, status, type Collector } from './collector.ts'

/** Cairn behind a path of the host's own, in every framework; where two ways differ, the way of a request is part of the test. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Ask = (path: string, init?: RequestInit) => Promise<Response>
type Mount = (it: TestContext, host: string, options?: { writeKey?: string; client?: MountOptions<never>['client'] }) => Promise<Ask>

async function listening(it: TestContext, app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  it.onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const at =
  (url: string): Ask =>
  (path, init) =>
    fetch(url + path, init)

const mounts: Record<string, Mount> = {
  async Express(it, host, options) {
    const app = express()
    app.use(mountExpress({ host, path: '/hello', ...options }))
    return at(await listening(it, app))
  },
  async 'Express after a body parser'(it, host, options) {
    const app = express()
    app.use(express.json({ limit: '2mb' }), express.text({ limit: '2mb' }))
    app.use('/hello', mountExpress({ host, path: '/hello', ...options }))
    return at(await listening(it, app))
  },
  async Fastify(it, host, options) {
    const app = fastify()
    it.onTestFinished(() => app.close())
    await app.register(mountFastify({ host, path: '/hello', ...options }))
    return at(await app.listen({ port: 0 }))
  },
  async Next(_, host, options) {
    const handlers: Record<string, (request: Request) => Promise<Response>> = mountNext({ host, path: '/hello', ...options })
    return (path, init) => {
      const request = new Request(`http://localhost${path}`, { ...init, ...(init?.body ? { duplex: 'half' } : {}) } as RequestInit)
      // As Next's server does.
      request.headers.set('x-forwarded-for', '127.0.0.1')
      return handlers[request.method === 'HEAD' ? 'GET' : request.method]?.(request) ?? Promise.resolve(new Response(null, { status: 405 }))
    }
  },
  async SvelteKit(_, host, options) {
    const handlers = mountKit({ host, path: '/hello', ...options })
    return (path, init) => {
      const request = new Request(`http://localhost${path}`, init)
      const handler = handlers[request.method as 'GET']
      return handler({ request, route: { id: '/hello/[...path]' }, getClientAddress: () => '127.0.0.1' })
    }
  },
}

async function collector({ onTestFinished }: TestContext): Promise<Collector> {
  const made = await startCollector()
  onTestFinished(made.close)
  return made
}
const json = { 'Content-Type': 'application/json' }

describe.each(Object.entries(mounts))('%s', (name, mount) => {
  test('what a page sends reaches Cairn with the visitor’s address and without the host’s cookies', async (it) => {
    const c = await collector(it)
    const ask = await mount(it, c.url)
    c.answer = (_, response) =>
      void response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': 'cairn=1', 'X-Powered-By': 'x' }).end('{"success":true}')
    for (const path of ['/api/events/log', '/api/events/log/batch?write_key=k', '/api/people/identify']) {
      const answer = await ask(`/hello${path}`, {
        method: 'POST',
        headers: {
          ...json,
          Cookie: 'session=secret',
          Authorization: 'Bearer of-the-host',
          'User-Agent': 'Mozilla/5.0',
          'Sec-GPC': '1',
          DNT: '1',
          Origin: 'http://localhost',
          'X-Own': '1',
        },
        body: JSON.stringify({ user_id: 'ada', events: [] }),
      })
      expect([answer.status, await answer.json(), answer.headers.get('set-cookie'), answer.headers.get('content-type')]).toEqual([
        200,
        { success: true },
        null,
        'application/json',
      ])
    }
    expect(c.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/events/log',
      'POST /api/events/log/batch?write_key=k',
      'POST /api/people/identify',
    ])
    for (const { headers, body } of c.requests) {
      expect(body).toEqual({ user_id: 'ada', events: [] })
      expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'user-agent': 'Mozilla/5.0', 'sec-gpc': '1', dnt: '1', origin: 'http://localhost' })
      expect(Object.keys(headers).filter((header) => ['cookie', 'authorization', 'x-own'].includes(header))).toEqual([])
    }
  })

  test('scripts are passed through, with what a cache needs', async (it) => {
    const c = await collector(it)
    const ask = await mount(it, c.url)
    c.answer = ({ headers, method }, response) =>
      headers['if-none-match'] === '"1"'
        ? void response.writeHead(304, { ETag: '"1"' }).end()
        : void response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'max-age=60', ETag: '"1"' }).end(method === 'HEAD' ? '' : 'script')
    for (const path of ['/cairn.js', '/cairn.mjs?v=1', '/cairn/chunks/vitals-a1.js']) {
      const answer = await ask(`/hello${path}`)
      expect([answer.status, await answer.text(), answer.headers.get('cache-control'), answer.headers.get('etag')]).toEqual([
        200,
        'script',
        'max-age=60',
        '"1"',
      ])
    }
    const known = await ask('/hello/cairn.js', { headers: { 'If-None-Match': '"1"' } })
    expect([known.status, await known.text()]).toEqual([304, ''])
  })

  test('no other path of Cairn can be reached', async (it) => {
    const c = await collector(it)
    const ask = await mount(it, c.url)
    for (const path of [
      '/hello',
      '/hello/',
      '/hello/api/events',
      '/hello/api/events/',
      '/hello/api/workspace',
      '/hello/cairn/chunks/',
      '/hello/cairn/chunks/..%2f..%2fapi',
      '/hello/cairn/x.js',
      '/hellocairn.js',
      '/cairn.js',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 404])
    expect((await ask('/hello/api/events/log')).status).toBe(404)
    for (const path of ['/hello/api/people/merge', '/hello/api/people/opt-in', '/hello/cairn.js', '/hello/api/events/quarantine/replay'])
      expect([path, (await ask(path, { method: 'POST', headers: json, body: '{}' })).status]).toEqual([path, 404])
    expect(c.requests).toEqual([])
  })

  test('Cairn’s own refusals are passed on; one that is away is 503 with Retry-After, and told', async (it) => {
    const c = await collector(it)
    const faults: Fault[] = []
    const client = createClient({ writeKey: 'key', host: c.url, onError: (fault) => faults.push(fault) })
    const send = (ask: Ask): Promise<Response> => ask('/hello/api/events/log', { method: 'POST', headers: json, body: '{}' })
    c.answer = status(503, '{"success":false,"code":"busy"}', { 'Retry-After': '7' })
    const busy = await send(await mount(it, c.url, { client }))
    expect([busy.status, busy.headers.get('retry-after'), await busy.json()]).toEqual([503, '7', { success: false, code: 'busy' }])
    expect(faults).toEqual([])
    for (const host of [`http://127.0.0.1:${await freePort()}`, 'nonsense']) {
      const away = await send(await mount(it, host, { client }))
      expect([away.status, away.headers.get('retry-after'), await away.json()]).toEqual([
        503,
        '10',
        expect.objectContaining({ success: false, code: 'unavailable' }),
      ])
    }
    expect(faults.map(({ code }) => code)).toEqual(['unreachable', 'unreachable'])
  })

  test('more than 1 MB is refused, whether its length is said or not', async (it) => {
    const c = await collector(it)
    const ask = await mount(it, c.url)
    const large = 'x'.repeat(1_500_000)
    const said = await ask('/hello/api/events/log', { method: 'POST', headers: { ...json, 'Content-Type': 'text/plain' }, body: large })
    expect([said.status, await said.json()]).toEqual([413, expect.objectContaining({ code: 'too_large' })])
    const unsaid = await ask('/hello/api/events/log', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect([unsaid.status, await unsaid.json()]).toEqual([413, expect.objectContaining({ code: 'too_large' })])
    expect(c.requests).toEqual([])
    const after = await ask('/hello/api/events/log', { method: 'POST', headers: json, body: '{"a":1}' })
    expect(after.status).toBe(200)
  })

  if (name === 'Express after a body parser') return

  test('events of a page count in Cairn, with a key that the host adds', async (it) => {
    const w = await cairn.workspace()
    const ask = await mount(it, cairn.url, { writeKey: w.writeKey })
    const answer = await ask('/hello/api/events/log/batch', {
      method: 'POST',
      headers: {
        'Content-Type': 'text/plain',
        'User-Agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
        Origin: 'https://shop.example',
      },
      body: JSON.stringify({ events: [{ event_type: 'page_viewed', anonymous_id: 'v-1' }] }),
    })
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ success: true, accepted: 1 })])
    expect(await w.get('/api/events')).toMatchObject({ events: [{ event_type: 'page_viewed', device_type: 'desktop', browser: 'Chrome' }] })
    const preflight = await ask('/hello/api/events/log', {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, 'https://shop.example'])
  })
})

test('a visitor who goes away in the midst of a body leaves nothing hanging', async (it) => {
  const c = await collector(it)
  const app = express()
  app.use(mountExpress({ host: c.url, path: '/hello' }))
  const url = new URL(await listening(it, app))
  const socket = connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  socket.write('POST /hello/api/events/log HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half')
  await new Promise((resolve) => setTimeout(resolve, 100))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(c.requests).toEqual([])
  expect((await fetch(`${url.origin}/hello/api/events/log`, { method: 'POST', headers: json, body: '{}' })).status).toBe(200)
})
