import { resolve } from 'node:path'
import { rolldown } from 'rolldown'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host } from './host.ts'
import { built, eventsOf, PATIENCE, typesOf, visit, type Visit } from './visit.ts'

/** The React binding in real applications: built from the package that is served, rendered by react-dom in Chromium. */
let cairn: TestCairn
let browser: Browser
let workspace: TestWorkspace
let host: Host
beforeAll(async () => {
  ;[cairn, browser] = await Promise.all([startCairn(), openBrowser()])
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

const imports = `
  import { createElement as h, StrictMode, Suspense, use, useState } from 'react'
  import { createRoot, hydrateRoot } from 'react-dom/client'
  import { CairnProvider, useActivityTracker } from './browser/react.js'
  import * as cairn from './browser/index.js'
`

/** The application as one script; `process.env.NODE_ENV` decides which React it is, and development is the one that is strict. */
async function bundled(code: string): Promise<string> {
  const entry = resolve(built, 'application.js')
  const build = await rolldown({
    input: entry,
    cwd: built,
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"development"' } },
    plugins: [{ name: 'application', resolveId: (id) => (id === entry ? id : undefined), load: (id) => (id === entry ? code : undefined) }],
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'es', codeSplitting: false })
  await build.close()
  return output[0].code
}

const options = (): string => JSON.stringify({ writeKey: workspace.writeKey, host: host.gate, interval: 50 })
async function open(code: string, markup = ''): Promise<Visit> {
  host.pages.set('/app.js', { html: await bundled(imports + code), headers: { 'Content-Type': 'text/javascript; charset=utf-8' } })
  host.pages.set('/', {
    html: `<!doctype html><title>App</title><link rel="icon" href="data:,"><div id="root">${markup}</div><script type="module" src="/app.js"></script>`,
  })
  return await visit(browser, host.url)
}
/** Users that were told, in order. */
const identified = (): unknown[] =>
  host.sent.map((body) => JSON.parse(body) as { events?: unknown; user_id?: string }).flatMap((body) => (body.events ? [] : [body.user_id]))
const wrong = (said: readonly string[]): string[] => said.filter((line) => !line.includes('React DevTools'))

test('under StrictMode components share one client, its calls stay the same, and nothing that it does renders again', async () => {
  const { page, said, close } = await open(`
    window.renders = 0
    window.seen = new Set()
    function Part({ name }) {
      renders++
      const tracker = useActivityTracker()
      seen.add(tracker).add(tracker.track)
      return h('button', { id: name, onClick: () => tracker.track(tracker.EVENT_TYPES.TASK_VIEWED, { entityId: name }) }, name, String(tracker.queueSize))
    }
    function App() {
      const [count, setCount] = useState(0)
      window.again = () => setCount(count + 1)
      return ['a', 'b', 'c'].map((name) => h(Part, { key: name, name }))
    }
    createRoot(root).render(h(StrictMode, {}, h(CairnProvider, ${options()}, h(App))))
  `)
  await page.click('#a')
  await page.click('#b')
  const renders = await page.evaluate('renders')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['task_viewed', 'task_viewed'])
  await page.waitForTimeout(100)
  expect(await page.evaluate('renders')).toBe(renders)
  await page.evaluate('again()')
  await expect.poll(() => page.evaluate('renders'), PATIENCE).toBe((renders as number) * 2)
  expect(await page.evaluate('seen.size')).toBe(2)
  expect(new Set(eventsOf(host).map(({ anonymous_id }) => anonymous_id)).size).toBe(1)
  expect(new Set(eventsOf(host).map((event) => (event as unknown as { source_id: string }).source_id)).size).toBe(1)
  expect(wrong(said)).toEqual([])
  await close()
})

test('after one init the hook needs no provider; a user who is not known yet is anonymous, then identified once; another user begins anew', async () => {
  const { page, said, close } = await open(`
    cairn.init(${options()})
    function Part({ user }) {
      const { track, reset } = useActivityTracker(user)
      Object.assign(window, { track, signOut: reset })
      return null
    }
    function App() {
      const [user, setUser] = useState()
      window.setUser = setUser
      return h(StrictMode, {}, h(Part, { user }), h(Part, { user }))
    }
    createRoot(root).render(h(App))
  `)
  const step = (code: string): Promise<unknown> => page.evaluate(`new Promise((resolve) => { ${code}; setTimeout(resolve, 30) })`)
  await step(`track('anonymous')`)
  await step(`setUser('ada')`)
  await step(`track('as_ada')`)
  await step(`setUser('')`)
  await step(`setUser('ada')`)
  await step(`signOut(); setUser(undefined)`)
  await step(`track('signed_out')`)
  await step(`setUser(7)`)
  await step(`track('as_seven')`)
  await step(`setUser('bob')`)
  await step(`track('as_bob')`)
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['anonymous', 'as_ada', 'signed_out', 'as_seven', 'as_bob'])
  expect(identified()).toEqual(['ada', '7', 'bob'])
  const events = eventsOf(host)
  expect(events.map(({ user_id }) => user_id)).toEqual([undefined, 'ada', undefined, '7', 'bob'])
  const [anonymous, ada, signedOut, seven, bob] = events.map(({ anonymous_id }) => anonymous_id)
  expect([ada, seven]).toEqual([anonymous, signedOut])
  expect(new Set([anonymous, signedOut, bob]).size).toBe(3)
  expect(new Set(events.map(({ session_id }) => session_id)).size).toBe(3)
  expect(wrong(said)).toEqual([])
  await close()
})

test('what a suspended part tracks is tracked when it shows, once', async () => {
  const { page, said, close } = await open(`
    cairn.init(${options()})
    const data = new Promise((resolve) => (window.arrive = resolve))
    function Part() {
      const { track } = useActivityTracker('ada')
      const text = use(data)
      return h('button', { onClick: () => track('pressed') }, text)
    }
    createRoot(root).render(h(StrictMode, {}, h(Suspense, { fallback: h('i', {}, 'Waiting') }, h(Part))))
  `)
  await page.waitForSelector('i')
  await page.waitForTimeout(100)
  expect(host.sent).toEqual([])
  await page.evaluate(`arrive('Press')`)
  await page.click('button')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['pressed'])
  expect(identified()).toEqual(['ada'])
  expect(wrong(said)).toEqual([])
  await close()
})

test('rendered on a server and hydrated it makes the same page, and only the browser sends', async () => {
  const app = `
    function Part() {
      const { track, trackPageView, queueSize, getSessionId, hasOptedOut } = useActivityTracker('ada')
      if (typeof document === 'undefined') {
        track('on_server')
        trackPageView()
      }
      return h('button', { onClick: () => track('pressed') }, String(queueSize), getSessionId() && 'session', String(hasOptedOut()))
    }
    const App = () => h(StrictMode, {}, h(CairnProvider, options, h(Part)))
  `
  const server = await bundled(
    `import { renderToString } from 'react-dom/server'\n${imports.replace(/import { createRoot.*\n/, '')}const options = ${options()}\n${app}\nexport const markup = renderToString(h(App))`,
  )
  const { markup } = (await import(`data:text/javascript,${encodeURIComponent(server)}`)) as { markup: string }
  expect(markup).toBe('<button>0<!-- -->false</button>')
  const { page, said, close } = await open(`const options = ${options()}\n${app}\nhydrateRoot(root, h(App))`, markup)
  await page.waitForTimeout(100)
  await page.click('button')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['pressed'])
  expect(eventsOf(host)[0]?.user_id).toBe('ada')
  expect(wrong(said)).toEqual([])
  await close()
})
