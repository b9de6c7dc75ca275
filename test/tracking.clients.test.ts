import { randomUUID } from 'node:crypto'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { compose, type Cairn } from '../server/src/compose.ts'
import { temporaryFolder } from './server.ts'

/** How the built trackers reach pages and servers, under the usual names and under those of an installation. */
const folder = temporaryFolder()
const clientsDir = join(folder.path, 'clients')
const WRITE_KEY = 'a-write-key-of-tests'
const SECRET_KEY = 'a-secret-key-of-tests'
const SCRIPT = 'fetch("/api/events/log/batch"),import("/cairn/chunks/clicks-a1b2c3d4.js")'
const CHUNK = 'export const clicks = "/cairn/chunks/"'
const SECOND = { CAIRN_SCRIPT_NAME: 'hello', CAIRN_COLLECT_PATH: '/hello/log' }

const started: Cairn[] = []
async function start(env: Record<string, string> = {}, dir = clientsDir): Promise<string> {
  const config = readConfig({
    CAIRN_DATA_DIR: join(folder.path, `data${started.length}`),
    PORT: '0',
    CAIRN_WRITE_KEY: WRITE_KEY,
    CAIRN_SECRET_KEY: SECRET_KEY,
    ...env,
  })
  const cairn = await compose(config, { log: makeLog('silent'), clientsDir: dir })
  started.push(cairn)
  return cairn.listen()
}
/** As the build leaves it: each script with its compressed forms beside. */
function build(name: string, text: string): void {
  const path = join(clientsDir, 'script', name)
  writeFileSync(path, text)
  writeFileSync(`${path}.br`, brotliCompressSync(text))
  writeFileSync(`${path}.gz`, gzipSync(text))
}

let usual: string
let own: string
beforeAll(async () => {
  mkdirSync(join(clientsDir, 'script/chunks'), { recursive: true })
  build('cairn.js', SCRIPT)
  build('cairn.mjs', SCRIPT)
  build('chunks/clicks-a1b2c3d4.js', CHUNK)
  writeFileSync(join(clientsDir, 'cairn-browser.tgz'), gzipSync('browser'))
  writeFileSync(join(clientsDir, 'cairn-node.tgz'), gzipSync('node'))
  writeFileSync(join(clientsDir, 'cairn-query.tgz'), gzipSync('query'))
  usual = await start()
  own = await start(SECOND)
})
afterAll(async () => {
  for (const cairn of started) await cairn.close()
  folder.remove()
})

const plain = { 'Accept-Encoding': 'identity' }
const shown = ({ status, headers }: Response): Array<string | number | null> => [
  status,
  ...['content-type', 'cache-control', 'access-control-allow-origin', 'cross-origin-resource-policy', 'content-encoding'].map((name) => headers.get(name)),
]

describe('the built trackers', () => {
  test.each([
    ['/cairn.js', 'text/javascript; charset=utf-8', 'public, max-age=3600', SCRIPT],
    ['/cairn.mjs', 'text/javascript; charset=utf-8', 'public, max-age=3600', SCRIPT],
    ['/cairn/chunks/clicks-a1b2c3d4.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable', CHUNK],
  ])('are served to any page at %s, as small as the page takes them', async (path, type, keep, text) => {
    const bare = await fetch(usual + path, { headers: { ...plain, Origin: 'https://shop.example' } })
    expect([...shown(bare), await bare.text()]).toEqual([200, type, keep, '*', 'cross-origin', null, text])
    expect(bare.headers.get('access-control-allow-credentials')).toBeNull()
    const tag = bare.headers.get('etag') ?? ''
    for (const [taken, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
    ] as const) {
      const small = await fetch(usual + path, { headers: { 'Accept-Encoding': taken } })
      expect([...shown(small), await small.text()]).toEqual([200, type, keep, '*', 'cross-origin', encoding, text])
      expect([small.headers.get('etag'), small.headers.get('vary')]).toEqual([tag, 'Accept-Encoding'])
    }
    const known = await fetch(usual + path, { headers: { 'If-None-Match': `"other", ${tag}` } })
    expect([known.status, known.headers.get('cache-control'), await known.text()]).toEqual([304, keep, ''])
    const head = await fetch(usual + path, { method: 'HEAD', headers: plain })
    expect([...shown(head), head.headers.get('content-length')]).toEqual([200, type, keep, '*', 'cross-origin', null, String(text.length)])
  })

  test.each(['browser', 'node', 'query'])('are served to npm as cairn-%s.tgz, looked at each time', async (name) => {
    const response = await fetch(`${usual}/packages/cairn-${name}.tgz`)
    expect(shown(response)).toEqual([200, 'application/gzip', 'no-cache', '*', 'cross-origin', null])
    expect(gunzipSync(Buffer.from(await response.arrayBuffer())).toString()).toBe(name)
    const again = await fetch(`${usual}/packages/cairn-${name}.tgz`, { headers: { 'If-None-Match': response.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })

  test('are the new ones once they are built anew', async () => {
    const before = await fetch(`${usual}/cairn.mjs`, { headers: plain })
    build('cairn.mjs', `${SCRIPT}//2`)
    utimesSync(join(clientsDir, 'script/cairn.mjs'), new Date(), new Date(Date.now() + 2_000))
    const after = await fetch(`${usual}/cairn.mjs`, { headers: { ...plain, 'If-None-Match': before.headers.get('etag') ?? '' } })
    expect([after.status, await after.text()]).toEqual([200, `${SCRIPT}//2`])
  })

  test('that are not there are answered in words, by what is to be done', async () => {
    const part = await fetch(`${usual}/cairn/chunks/gone-00000000.js`)
    expect([...shown(part), await part.text()]).toEqual([
      404,
      'text/plain; charset=utf-8',
      'no-store',
      '*',
      'cross-origin',
      null,
      expect.stringContaining('load the page again'),
    ])
    for (const path of ['/cairn/chunks/..%2Fcairn.js', '/cairn/chunks/clicks-a1b2c3d4.js.br', '/cairn/chunks/.js'])
      expect((await fetch(usual + path)).status).toBe(404)
    const bare = await start({}, join(folder.path, 'nothing'))
    for (const path of ['/cairn.js', '/cairn.mjs', '/packages/cairn-browser.tgz', '/packages/cairn-node.tgz', '/packages/cairn-query.tgz']) {
      const response = await fetch(bare + path)
      expect([...shown(response), await response.text()]).toEqual([
        503,
        'text/plain; charset=utf-8',
        'no-store',
        '*',
        'cross-origin',
        null,
        expect.stringContaining('not built yet'),
      ])
    }
  })
})

describe('names of an installation’s own', () => {
  test('are those under which the scripts are served, and the ones that they ask for, in every encoding', async () => {
    const script = 'fetch("/hello/log"),import("/hello/chunks/clicks-a1b2c3d4.js")'
    for (const path of ['/hello.js', '/hello/chunks/clicks-a1b2c3d4.js']) {
      const text = path === '/hello.js' ? script : 'export const clicks = "/hello/chunks/"'
      expect(await (await fetch(own + path, { headers: plain })).text()).toBe(text)
      const response = await fetch(own + path, { headers: { 'Accept-Encoding': 'br' } })
      expect([response.headers.get('content-encoding'), await response.text()]).toEqual(['br', text])
    }
    const tags = await Promise.all([usual + '/cairn.js', own + '/hello.js'].map(async (url) => (await fetch(url)).headers.get('etag')))
    expect(new Set(tags).size).toBe(2)
    for (const path of ['/cairn.js', '/cairn.mjs', '/cairn/chunks/clicks-a1b2c3d4.js']) expect((await fetch(own + path)).status).toBe(404)
  })

  test('take batches at the second address as at the first, from pages of other origins too', async () => {
    const headers = { Origin: 'https://shop.example', 'Content-Type': 'text/plain' }
    const send = (body: object): Promise<Response> => fetch(`${own}/hello/log`, { method: 'POST', headers, body: JSON.stringify(body) })
    const event = { event_id: randomUUID(), event_type: 'seen', anonymous_id: 'visitor' }
    const sent = await send({ write_key: WRITE_KEY, events: [event], settings: '' })
    expect([sent.status, sent.headers.get('access-control-allow-origin'), sent.headers.get('cross-origin-resource-policy')]).toEqual([
      200,
      'https://shop.example',
      'cross-origin',
    ])
    expect(await sent.json()).toMatchObject({ success: true, accepted: 1, settings: { sampling: 1 } })
    const asked = await fetch(`${own}/hello/log`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Headers': 'content-type' },
    })
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, 'https://shop.example'])
    // What is refused there is told like the rest.
    expect((await send({ write_key: WRITE_KEY, events: 5 })).status).toBe(400)
    const { refusals } = (await (await fetch(`${own}/api/refusals`, { headers: { Authorization: `Bearer ${SECRET_KEY}` } })).json()) as { refusals: object[] }
    expect(refusals).toEqual([expect.objectContaining({ code: 'malformed', what: 'request', count: 1, origin: 'https://shop.example' })])
    expect((await fetch(`${usual}/hello/log`, { method: 'POST', headers, body: '{}' })).status).toBe(404)
  })

  test('cannot hide an address of the product', async () => {
    const routes = started[0]?.app.printRoutes({ commonPrefix: false }) ?? ''
    const firsts = new Set([...routes.matchAll(/^ {4}[├└]── ([\w.-]+)/gm)].map((m) => m[1] ?? '').filter((first) => !first.startsWith('cairn')))
    expect([...firsts].toSorted()).toEqual(['account', 'api', 'favicon.svg', 'join', 'manifest.webmanifest', 'packages', 'setup', 'shared', 'sign-in'])
    // Of those that end in * the list does not tell the name.
    for (const first of [...firsts, 'assets', 'w']) expect(() => readConfig({ CAIRN_COLLECT_PATH: `/${first}/log` }), first).toThrow('would hide')
  })
})
