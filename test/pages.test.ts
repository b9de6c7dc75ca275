import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { compose } from '../server/src/compose.ts'
import { builtScreens, openBrowser, openPage } from './browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { temporaryFolder } from './server.ts'

/** How the screens reach a browser, and what every answer tells it. What they show is tested with the screens. */
let cairn: TestCairn
let workspace: TestWorkspace
let screens: string
beforeAll(async () => {
  screens = await builtScreens()
  cairn = await startCairn()
  workspace = await cairn.workspace()
})
afterAll(() => cairn.close())

const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(cairn.url + path, { headers })
const asset = (pattern: RegExp): string => `/assets/${readdirSync(join(screens, 'assets')).find((name) => pattern.test(name)) ?? ''}`

const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}
const named = (response: Response): Record<string, string | null> =>
  Object.fromEntries(Object.keys(everywhere).map((name) => [name, response.headers.get(name)]))
const withoutNonce = (policy: string | null): string => (policy ?? '').replace(/'nonce-[A-Za-z0-9+/]{22}=='/, "'nonce-…'")

describe('security headers', () => {
  test('of a page allow its own scripts and the styles that carry the nonce, and nothing inline', async () => {
    const response = await get('/', html)
    const headers = named(response)
    headers['content-security-policy'] = withoutNonce(headers['content-security-policy'] ?? null)
    expect(headers).toEqual({
      ...everywhere,
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-…'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    })
    expect(response.headers.get('strict-transport-security')).toBeNull()
  })

  test('of an asset, an answer, an error, an address that cannot be read and a file that is not there are the same', async () => {
    const bearer = { Authorization: `Bearer ${workspace.secretKey}` }
    const immutable = { ...everywhere, 'cache-control': 'public, max-age=31536000, immutable' }
    expect(named(await get(asset(/\.js$/)))).toEqual(immutable)
    expect(named(await get(asset(/\.css$/)))).toEqual(immutable)
    expect(named(await get('/favicon.svg'))).toEqual({ ...everywhere, 'cache-control': 'no-cache' })
    expect(named(await get('/api/workspace', bearer))).toEqual(everywhere)
    for (const [path, status] of [
      ['/api/workspace', 401],
      ['/api/nothing', 404],
      ['/assets/nothing.js', 404],
      ['/%', 400],
    ] as const) {
      const response = await get(path)
      expect([path, response.status, named(response)]).toEqual([path, status, everywhere])
    }
  })

  test('of a collecting route let pages of other origins read the answer, also that of a refused request', async () => {
    const open = { ...everywhere, 'cross-origin-resource-policy': 'cross-origin' }
    const sent = await workspace.post('/api/events/log', { event_type: 'a', user_id: 'ada' }, { Origin: 'https://shop.example' })
    expect(Object.fromEntries(Object.keys(open).map((name) => [name, sent.headers.get(name)]))).toEqual(open)
    expect(sent.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    const refused = await fetch(`${cairn.url}/api/events/log`, { method: 'POST', body: '{', headers: { Origin: 'https://shop.example' } })
    expect([refused.status, named(refused)]).toEqual([400, open])
  })

  test('ask for TLS where the public address has it', async () => {
    const secure = await startCairn({ CAIRN_PUBLIC_URL: 'https://cairn.example' })
    try {
      for (const path of ['/', '/api/health', '/api/nothing']) {
        expect((await fetch(secure.url + path)).headers.get('strict-transport-security')).toBe('max-age=63072000')
      }
    } finally {
      await secure.close()
    }
  })
})

describe('pages', () => {
  test('are one page at every address of the screens, each time with a fresh nonce', async () => {
    const nonces = new Set<string>()
    for (const path of ['/', '/setup', '/sign-in', '/join', '/account', '/w/shop/overview', '/w/shop/people/ada', '/?range=7d']) {
      const response = await get(path, html)
      const text = await response.text()
      const nonce = /<meta name="csp-nonce" content="([^"]+)"/.exec(text)?.[1] ?? ''
      expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8'])
      expect(response.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`)
      expect(text).not.toMatch(/<style|<script(?![^>]* src=)|style="|onload=/)
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(8)
  })

  test('that are not there are answered with 404 and the page, which says so; programs and the API get words', async () => {
    const page = await get('/nowhere', html)
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('id="root"')
    for (const [path, headers] of [
      ['/nowhere', {}],
      ['/api/nowhere', html],
      ['/assets/nowhere.js', html],
    ] as const) {
      const response = await get(path, headers)
      expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([path, 404, 'not_found'])
    }
    expect((await fetch(`${cairn.url}/nowhere`, { method: 'POST', headers: html, body: '{}' })).status).toBe(404)
  })

  test('send assets as they were compressed, and nothing from outside their folder', async () => {
    const script = asset(/^index-.*\.js$/)
    const plain = await (await get(script, { 'Accept-Encoding': 'identity' })).text()
    const response = await fetch(cairn.url + script, { headers: { 'Accept-Encoding': 'br' } })
    expect([response.headers.get('content-encoding'), response.headers.get('content-type'), response.headers.get('vary')]).toEqual([
      'br',
      'application/javascript; charset=utf-8',
      'accept-encoding',
    ])
    expect(await response.text()).toBe(plain)
    expect(brotliDecompressSync(readFileSync(join(screens, `${script}.br`))).toString()).toBe(plain)
    for (const path of ['/assets/../index.html', '/assets/%2e%2e/.stamp', '/assets/..%2f.stamp', '/assets/', '/.stamp']) {
      expect([path, (await get(path)).status]).toEqual([path, 404])
    }
  })

  test('say how to get the screens where they are not built, and show them once they are', async () => {
    const folder = temporaryFolder()
    const screensDir = join(folder.path, 'screens')
    const bare = await compose(readConfig({ CAIRN_DATA_DIR: join(folder.path, 'data'), PORT: '0' }), { log: makeLog('silent'), screensDir })
    try {
      const url = await bare.listen()
      const response = await fetch(url, { headers: html })
      expect(response.status).toBe(503)
      expect(await response.text()).toContain('npm run build')
      expect((await fetch(`${url}/api/health`)).status).toBe(200)
      mkdirSync(join(screensDir, 'assets'), { recursive: true })
      writeFileSync(join(screensDir, 'index.html'), '<meta name="csp-nonce" content="" />built')
      writeFileSync(join(screensDir, 'assets/a.js'), '1')
      expect(await (await fetch(url, { headers: html })).text()).toMatch(/content="[^"]{24}" \/>built/)
      expect(await (await fetch(`${url}/assets/a.js`)).text()).toBe('1')
    } finally {
      await bare.close()
      folder.remove()
    }
  })
})

describe('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('the page starts, and the policy refuses nothing of it', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(cairn.url)
    await page.locator('#root > *:not(style)').first().waitFor()
    expect(errors.filter((error) => /Content Security Policy/i.test(error))).toEqual([])
    await page.context().close()
  })

  test('inline script, inline style and styles without the nonce are refused', async () => {
    const { page } = await openPage(browser)
    await page.goto(cairn.url)
    const refused = await page.evaluate(async () => {
      const found: string[] = []
      document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective))
      const script = document.createElement('script')
      script.textContent = 'window.inlined = true'
      document.head.append(script)
      const style = document.createElement('style')
      style.textContent = 'body { color: red }'
      document.head.append(style)
      document.body.insertAdjacentHTML('beforeend', '<p style="color: red">a</p>')
      await fetch('https://elsewhere.example').catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 200))
      return [...found.toSorted(), 'inlined' in window]
    })
    expect(refused).toEqual(['connect-src', 'script-src-elem', 'style-src-attr', 'style-src-elem', false])
    await page.context().close()
  })

  test('a WebSocket of the same host is taken by the policy', async () => {
    let asked = 0
    const count = (): number => asked++
    cairn.app.server.prependListener('upgrade', count)
    const { page } = await openPage(browser)
    await page.goto(cairn.url)
    const refused = await page.evaluate(async () => {
      const found: string[] = []
      document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective))
      // Nobody is signed in: the server refuses it.
      await new Promise((resolve) => new WebSocket(`ws://${location.host}/api/live`).addEventListener('close', resolve))
      return found
    })
    cairn.app.server.removeListener('upgrade', count)
    expect([refused, asked]).toEqual([[], 1])
    await page.context().close()
  })

  test('a page of others shows a shared dashboard in a frame only where its link says so', async () => {
    const post = async (path: string, body: object): Promise<Record<string, unknown>> => (await workspace.call('POST', path, body)).body
    const shares = `/api/dashboards/${String((await post('/api/dashboards', { name: 'Board' }))['id'])}/shares`
    const [open, closed] = [await post(shares, { can_embed: true }), await post(shares, {})].map(({ token }) => `/shared/${String(token)}`)
    const framing = async (path: string | undefined): Promise<string | undefined> =>
      (await get(path ?? '', html)).headers.get('content-security-policy')?.replace(/.*frame-ancestors /, '')
    expect([await framing(open), await framing(closed), await framing('/shared/unknown')]).toEqual(['*', "'none'", "'none'"])
    const { page } = await openPage(browser)
    const elsewhere = createServer((request, response) =>
      response.setHeader('Content-Type', 'text/html').end(`<iframe src="${cairn.url}${request.url}"></iframe>`),
    )
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
    for (const [path = '', isShown] of [
      [open, true],
      [closed, false],
    ] as const) {
      await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}${path}`)
      expect(page.frames()[1]?.url() === cairn.url + path).toBe(isShown)
    }
    await page.context().close()
    elsewhere.close()
  })

  test('the API documentation is shown whole, and the policy refuses nothing of it', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(`${cairn.url}/api/docs`)
    await page.getByText('/api/events/log/batch').first().waitFor()
    expect(errors).toEqual([])
    expect(((await (await get('/api/openapi.json')).json()) as { openapi: string }).openapi).toBe('3.1.0')
    await page.context().close()
  })
})
