import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browserFlags, browserPath, builtScreens } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { eventually } from '../server.ts'
import { openHost, type Host, type Mode } from './host.ts'

/** What a page notices of the tracker: nothing. Two ways to load it, with every kind of capture, under a strict policy, on a way that can be spoilt. */
let cairn: TestCairn
let browser: Browser
let workspace: TestWorkspace
let host: Host
beforeAll(async () => {
  await builtScreens()
  // The smaller Chromium keeps no page for going back; Playwright turns that off in the other.
  const executablePath = existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : browserPath()
  ;[cairn, browser] = await Promise.all([
    startCairn(),
    chromium.launch({ executablePath, args: browserFlags, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  ])
  workspace = await cairn.workspace()
  host = await openHost(cairn.url)
  const headers = { 'Content-Security-Policy': `default-src 'none'; script-src ${host.url} ${host.gate}; connect-src ${host.gate}` }
  const script = (path: string, code: string): unknown => host.pages.set(path, { html: code, headers: { 'Content-Type': 'text/javascript' } })
  const page = (path: string, tag: string): unknown =>
    host.pages.set(path, { html: `<!doctype html><title>Host</title><script src="/watch.js"></script>${tag}<button id="buy">Buy</button>`, headers })
  script('/watch.js', watch)
  script(
    '/begin.js',
    `import { init } from '/dist/browser/index.js'; init(${JSON.stringify({ writeKey: workspace.writeKey, host: host.gate, auto: kinds, interval: 100 })})`,
  )
  page('/script', `<script src="${host.gate}/cairn.js" data-write-key="${workspace.writeKey}" data-auto="${kinds.join(' ')}"></script>`)
  page('/module', `<script type="module" src="/begin.js"></script>`)
  page('/without', '')
}, 180_000)
afterAll(async () => {
  await browser.close()
  await host.close()
  await cairn.close()
})

const kinds = ['pageviews', 'clicks', 'scroll', 'vitals', 'errors']

/** Notes what happens to the page, before anything else runs in it; on the document, so that `window` is as it was. */
const watch = `{
  const before = new Set(Object.getOwnPropertyNames(window))
  const violations = []
  const unloads = []
  const shown = []
  const { addEventListener } = EventTarget.prototype
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (type.includes('unload')) unloads.push(type)
    return addEventListener.call(this, type, ...rest)
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push(violatedDirective + ' ' + blockedURI))
  window.addEventListener('pageshow', ({ persisted }) => shown.push(persisted))
  document.shown = shown
  document.noticed = () => ({
    violations,
    unloads: [...unloads, ...['onunload', 'onbeforeunload'].filter((name) => window[name])],
    cookie: document.cookie,
    names: Object.getOwnPropertyNames(window).filter((name) => !before.has(name)),
  })
}`

interface Opened {
  page: Page
  /** What nobody caught, and errors of the console but for the browser's own lines about requests. */
  errors: string[]
}

async function open(path: string): Promise<Opened> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text())
  })
  await page.goto(host.url + path)
  return { page, errors }
}

const typesOf = async (path: string): Promise<string[]> => {
  const { events } = await workspace.get<{ events: { event_type: string; context_snapshot: { page?: { url: string } } }[] }>('/api/events?limit=1000')
  return events.filter(({ context_snapshot: { page } }) => page?.url.endsWith(path)).map(({ event_type }) => event_type)
}

test.each([
  ['script', ['cairn']],
  ['module', []],
])('a strict policy holds, nothing is left on the page but names %s: %j', async (way, names) => {
  const { page, errors } = await open(`/${way}`)
  // What capture needs is loaded by then.
  await page.waitForLoadState('networkidle')
  await page.locator('#buy').click()
  const noticed = await page.evaluate<object>('document.noticed()')
  await page.goto(`${host.url}/other`)
  await eventually(
    () => typesOf(`/${way}`),
    (types) => ['page_viewed', 'element_clicked', 'web_vital_measured'].every((type) => types.includes(type)),
  )
  expect({ ...noticed, errors }).toEqual({ violations: [], unloads: [], cookie: '', names, errors: [] })
  await page.context().close()
})

test.each<Mode>(['pass', 'cut', 'hang', 'garbage', 500])('errors of the page are its own, with a way that is %s', async (mode) => {
  host.mode = mode
  const before = host.sent.length
  const { page, errors } = await open('/module')
  await page.evaluate(`setTimeout(() => { throw new Error('thrown') }); setTimeout(() => void Promise.reject(new Error('rejected'))); undefined`)
  await eventually(
    async () => host.sent.length,
    (sent) => sent > before,
  )
  await page.goto(`${host.url}/other`)
  expect(errors.toSorted()).toEqual(['rejected', 'thrown'])
  host.mode = 'pass'
  await page.context().close()
})

let usual: Promise<boolean[]> | undefined
/** What `pageshow` says at first, and after going back. */
async function goBack(path: string): Promise<boolean[]> {
  const { page } = await open(path)
  await page.locator('#buy').click()
  await page.goto(`${host.url}/other`)
  // Playwright's own going back waits for a page to load.
  await page.evaluate('void setTimeout(() => history.back())')
  const shown = await eventually(
    () => page.evaluate<boolean[]>('document.shown'),
    (shown) => Array.isArray(shown),
  )
  await page.context().close()
  return shown
}

test.each<[string, Mode]>([
  ['script', 'pass'],
  ['module', 'pass'],
  ['module', 'cut'],
  ['module', 'hang'],
])('going back restores a page with the %s as it does one without it, with a way that is %s', async (way, mode) => {
  usual ??= goBack('/without')
  host.mode = mode
  expect(await goBack(`/${way}`)).toEqual(await usual)
  host.mode = 'pass'
})
