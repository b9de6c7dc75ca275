import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host } from './host.ts'
import { PATIENCE, visit } from './visit.ts'

/** The script as a running Cairn serves it, under another name and with another collecting address, in pages of another origin. */
let cairn: TestCairn
let browser: Browser
let workspace: TestWorkspace
let host: Host
let script: string
beforeAll(async () => {
  ;[cairn, browser] = await Promise.all([startCairn({ CAIRN_SCRIPT_NAME: 'hello', CAIRN_COLLECT_PATH: '/hello/log' }), openBrowser()])
  script = `${cairn.url}/hello.js`
}, 180_000)
afterAll(async () => {
  await browser.close()
  await cairn.close()
})
beforeEach(async () => {
  workspace = await cairn.workspace()
  host = await openHost(cairn.url)
})
afterEach(() => host.close())

const stub = `<script>window.cairn ||= Object.assign((...call) => cairn.q.push(call), { q: [] })</script>`
const has = (body: string, path = '/'): void =>
  void host.pages.set(path, { html: `<!doctype html><title>Host</title><link rel="icon" href="data:,"><p>Page</p>${body}` })
interface Calls {
  (name: string, ...args: unknown[]): unknown
  [name: string]: (...args: unknown[]) => unknown
}
type Window = typeof globalThis & { cairn: Calls }
const loaded = (page: Page): Promise<unknown> => page.waitForFunction(() => typeof (globalThis as Window).cairn?.['track'] === 'function')
const flush = (page: Page): Promise<unknown> => page.evaluate(() => (globalThis as Window).cairn('flush'))
/** What Cairn has stored, by type. */
const stored = async (): Promise<unknown> => (await workspace.get<{ events_by_type: unknown }>('/api/events/analytics')).events_by_type
const chunks = (requests: readonly string[]): string[] => requests.filter((url) => url.includes('/chunks/')).map((url) => url.replace(/-[\w-]+\.js$/, ''))

test.each([
  ['async', (tag: string) => tag.replace('<script', '<script async')],
  ['defer', (tag: string) => tag.replace('<script', '<script defer')],
  [
    'inserted by another script',
    (tag: string) => `<script>document.body.append(document.createRange().createContextualFragment(\`${tag.replace('</script>', '<\\/script>')}\`))</script>`,
  ],
])('a tag that is %s begins with its attributes, and makes up for what was called before', async (_, as) => {
  has(
    `${stub}<script>cairn('identify', 'ada'); cairn('track', 'early', { metadata: { n: 1 } }); cairn('nothing')</script>
     ${as(`<script src="${script}" data-write-key="${workspace.writeKey}" data-auto="pageviews, scroll" data-interval="50"></script>`)}`,
  )
  const { page, requests, said, close } = await visit(browser, host.url)
  await loaded(page)
  await page.evaluate(() => {
    const { cairn } = globalThis as Window
    cairn('track', 'called')
    cairn['track']?.('called_by_name')
  })
  await expect.poll(stored, PATIENCE).toEqual({ early: 1, called: 1, called_by_name: 1, page_viewed: 1 })
  await flush(page)
  expect(chunks(requests).sort()).toEqual(['more', 'page', 'pageviews', 'scroll'].map((name) => `${cairn.url}/hello/chunks/${name}`))
  expect(requests.filter((url) => url.startsWith(cairn.url) && url.includes('/log'))).toContain(`${cairn.url}/hello/log`)
  expect(said).toEqual([])
  await close()
})

test('without a write key the host begins', async () => {
  has(
    `${stub}<script>cairn('track', 'early')</script><script src="${script}"></script><script>cairn.init({ writeKey: '${workspace.writeKey}', interval: 50 }); cairn.track('later')</script>`,
  )
  const { page, close } = await visit(browser, host.url)
  await expect.poll(stored, PATIENCE).toEqual({ early: 1, later: 1 })
  expect(await page.evaluate(() => Number((globalThis as Window).cairn['queueSize']))).toBe(0)
  await close()
})

test('a second tag changes nothing', async () => {
  const tag = `<script src="${script}" data-write-key="${workspace.writeKey}" data-auto="pageviews" data-interval="50"></script>`
  has(`${tag}<script>window.first = cairn; cairn.track('between')</script>${tag}<script>cairn.track('after')</script>`)
  const { page, said, close } = await visit(browser, host.url)
  await expect.poll(stored, PATIENCE).toEqual({ between: 1, after: 1, page_viewed: 1 })
  expect(await page.evaluate(() => (globalThis as unknown as { first: unknown }).first === (globalThis as Window).cairn)).toBe(true)
  expect(said).toEqual([])
  await close()
})

test('loaded as a module it says so; the module is another file', async () => {
  has(`<script type="module" src="${script}" data-write-key="${workspace.writeKey}"></script>`)
  has(
    `<script type="module">import { init, track } from '${cairn.url}/hello.mjs'; init({ writeKey: '${workspace.writeKey}', host: '${cairn.url}', auto: ['pageviews'], interval: 50 }); track('seen')</script>`,
    '/module',
  )
  const wrong = await visit(browser, host.url)
  await expect.poll(() => wrong.said, PATIENCE).toEqual(['cairn.js needs a script tag, cairn.mjs an import'])
  expect(wrong.requests).toEqual([`${host.url}/`, 'data:,', script].filter((url) => wrong.requests.includes(url)))
  const right = await visit(browser, `${host.url}/module`, { context: wrong.context })
  await expect.poll(stored, PATIENCE).toEqual({ seen: 1, page_viewed: 1 })
  expect(chunks(right.requests)[0]).toBe(`${cairn.url}/hello/chunks/more`)
  expect(right.said).toEqual([])
  await wrong.close()
})

test('wrong attributes are told with data-debug only, and the careful choice is made', async () => {
  const tag = (more: string): string =>
    `<script src="${script}" data-write-key="${workspace.writeKey}" data-auto="pageview clicks constructor" data-persistance="none" data-persistence="memry" data-consent="yes" ${more}></script>`
  has(tag(''))
  has(tag('data-debug'), '/debug')
  const silent = await visit(browser, host.url)
  await loaded(silent.page)
  await silent.page.evaluate(() => (globalThis as Window).cairn('track', 'held'))
  await silent.page.waitForTimeout(100)
  expect([silent.said, silent.requests.filter((url) => url.startsWith(cairn.url)), await silent.page.evaluate(() => localStorage.length)]).toEqual([
    [],
    [script],
    0,
  ])
  const told = await visit(browser, `${host.url}/debug`, { context: silent.context })
  await expect.poll(() => told.said.filter((line) => line.startsWith('cairn:')).length, PATIENCE).toBe(4)
  expect(told.said.filter((line) => line.startsWith('cairn:'))).toEqual([
    'cairn: data-auto cannot be "pageview constructor", but pageviews, clicks, scroll, vitals, errors.',
    'cairn: there is no data-persistance. There are: data-write-key, data-host, data-path, data-auto, data-consent, data-persistence, data-privacy-signals, data-session-at-midnight, data-batch-size, data-interval, data-debug.',
    'cairn: data-persistence cannot be "memry", but storage, memory, none.',
    'cairn: data-consent cannot be "yes", but required.',
  ])
  await silent.close()
})

test('passed on by the host below a path, it loads its parts from there', async () => {
  has(`<script src="/stats/hello.js?v=1/2" data-write-key="${workspace.writeKey}" data-host="${host.gate}" data-auto="pageviews" data-interval="50"></script>`)
  const context = await browser.newContext()
  await context.route(`${host.url}/stats/**`, async (route) => {
    await route.fulfill({ response: await route.fetch({ url: route.request().url().replace(`${host.url}/stats`, cairn.url) }) })
  })
  const { requests, said } = await visit(browser, host.url, { context })
  await expect.poll(stored, PATIENCE).toEqual({ page_viewed: 1 })
  expect(requests.filter((url) => url.startsWith(cairn.url))).toEqual([])
  expect(chunks(requests)[0]).toBe(`${host.url}/stats/hello/chunks/more`)
  expect(said).toEqual([])
  await context.close()
})
