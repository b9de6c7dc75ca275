import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { compile, compileModule } from 'svelte/compiler'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host } from './host.ts'
import { built, eventsOf, PATIENCE, typesOf, visit } from './visit.ts'

/** The Svelte binding in a real component: both compiled by Svelte, as its plugins do with `.svelte` and `.svelte.js` files of packages. */
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
  return () => host.close()
})

const component = `
  <script>
    import { init, useActivityTracker } from './browser/svelte.svelte.js'
    let { options } = $props()
    init(options)
    let user = $state()
    const tracker = useActivityTracker(() => user)
    let updates = 0
    $effect.pre(() => {
      tracker.queueSize
      window.updates = ++updates
    })
  </script>
  <p>{tracker.state}</p>
  <button id="work" onclick={() => tracker.track(tracker.EVENT_TYPES.TASK_VIEWED)}>Work</button>
  <button id="ada" onclick={() => (user = 'ada')}>Ada</button>
  <button id="out" onclick={() => { tracker.reset(); user = undefined }}>Sign out</button>
  <button id="stop" onclick={tracker.optOut}>Stop</button>
`
const application = `
  import { mount, flushSync } from 'svelte'
  import App from './App.svelte'
  export default (options) => { mount(App, { target: document.querySelector('#root'), props: { options } }); flushSync() }
`
const server = `
  import { render } from 'svelte/server'
  import App from './App.svelte'
  export default (options) => render(App, { props: { options } }).body
`

/** The application as one script, and what the compiler had to say of the binding. */
async function bundled(code: string, generate: 'client' | 'server'): Promise<{ code: string; warnings: string[] }> {
  const [entry, app] = ['entry.js', 'App.svelte'].map((name) => resolve(built, name)) as [string, string]
  const warnings: string[] = []
  const build = await rolldown({
    input: entry,
    cwd: built,
    platform: 'browser',
    resolve: { conditionNames: ['svelte', 'import', generate === 'client' ? 'browser' : 'node', 'default'] },
    plugins: [
      {
        name: 'svelte',
        resolveId: (id) => (id === entry || id.endsWith('App.svelte') ? resolve(built, id) : undefined),
        load(id) {
          if (id === entry) return code
          const own = { generate, filename: id, dev: true } as const
          const compiled = id === app ? compile(component, own) : id.endsWith('.svelte.js') ? compileModule(readFileSync(id, 'utf8'), own) : undefined
          if (compiled && id !== app) warnings.push(...compiled.warnings.map(({ code }) => code))
          return compiled?.js.code
        },
      },
    ],
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'es', codeSplitting: false })
  await build.close()
  return { code: output[0].code, warnings }
}

test('a component has all calls, identifies a user once known, and follows the state of the sender', async () => {
  const { code, warnings } = await bundled(application, 'client')
  expect(warnings).toEqual([])
  host.pages.set('/app.js', { html: code, headers: { 'Content-Type': 'text/javascript; charset=utf-8' } })
  host.pages.set('/', {
    html: `<!doctype html><title>App</title><link rel="icon" href="data:,"><div id="root"></div><script type="module">
      import start from '/app.js'
      start(${JSON.stringify({ writeKey: workspace.writeKey, host: host.gate, interval: 300 })})
    </script>`,
  })
  const { page, said, close } = await visit(browser, host.url)
  const state = (): Promise<string | null> => page.textContent('p')
  expect(await state()).toBe('idle')
  await page.click('#work')
  await expect.poll(state, PATIENCE).toBe('waiting')
  await expect.poll(state, PATIENCE).toBe('idle')
  await page.click('#ada')
  await page.click('#work')
  await page.click('#out')
  await page.click('#work')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['task_viewed', 'task_viewed', 'task_viewed'])
  expect(eventsOf(host).map(({ user_id }) => user_id)).toEqual([undefined, 'ada', undefined])
  const [before, ada, after] = eventsOf(host).map(({ anonymous_id }) => anonymous_id)
  expect([before === ada, before === after]).toEqual([true, false])
  expect(await page.evaluate('updates')).toBe(1)
  await page.click('#stop')
  await expect.poll(state, PATIENCE).toBe('off')
  expect(said).toEqual([])
  await close()
})

test('on a server it renders, and does nothing else', async () => {
  const { code, warnings } = await bundled(server, 'server')
  const { default: render } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: (options: object) => string }
  expect(render({ writeKey: workspace.writeKey, host: host.gate })).toContain('<p>idle</p>')
  expect([warnings, host.sent]).toEqual([[], []])
})
