import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import type { TestCairn } from '../../test/cairn.ts'
import { freePort } from '../../test/server.ts'
import { openHost, type Mode } from '../../test/tracker/host.ts'
import { median } from '../measure.ts'

/**
 * A page with work to do (a list of 500 that typing filters, buttons that render 500 rows), with Cairn in every state and without it. The tracker
 * is the page's own module, so that it is there where Cairn is not, with every kind of capture and a `track` in each of the page's own handlers.
 */
export interface Notice {
  longTasks: number
  /** Of the console and of nobody who caught them; without the browser's own lines about requests. */
  errors: number
  /** The longest interaction of the page, in milliseconds; browsers tell it in steps of 8. */
  inp: number
}

const states: Record<string, Mode | 'refused' | 'without'> = {
  'without Cairn': 'without',
  reachable: 'pass',
  'connection refused': 'refused',
  'answers after 2 s': 'slow',
  'never answers': 'hang',
  'answers 200 and garbage': 'garbage',
  'answers 500': 500,
}

const pageOf = (options: object | undefined): string => `<!doctype html><title>Host</title>
<input id="filter"><button id="render">Render</button><ul id="list"></ul><table id="rows"></table>
<script type="module">
  globalThis.noticed = { longTasks: 0, inp: 0 }
  new PerformanceObserver((list) => { noticed.longTasks += list.getEntries().length }).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) noticed.inp = Math.max(noticed.inp, duration)
  }).observe({ type: 'event', durationThreshold: 16, buffered: true })
  let track = () => {}
  ${options ? `const tracker = await import('/dist/browser/index.js'); tracker.init(${JSON.stringify(options)}); track = tracker.track` : ''}
  const names = Array.from({ length: 500 }, (_, i) => 'Project ' + ((i * 7_919) % 500))
  const show = (wanted) => list.replaceChildren(...names.filter((name) => name.includes(wanted)).map((name) => Object.assign(document.createElement('li'), { textContent: name })))
  filter.addEventListener('input', () => {
    show(filter.value)
    track('search_performed', { metadata: { length: filter.value.length } })
  })
  let rendered = 0
  render.addEventListener('click', () => {
    rows.innerHTML = Array.from({ length: 500 }, (_, i) => '<tr><td>' + rendered + '</td><td>' + i + '</td><td>row</td></tr>').join('')
    track('rows_rendered', { metadata: { rendered: ++rendered } })
  })
  show('')
  document.body.dataset.ready = 'yes'
</script>`

export async function* measureHost(cairn: TestCairn, browser: Browser, runs: number): AsyncGenerator<{ state: string } & Notice> {
  const { writeKey } = await cairn.workspace()
  const refused = `http://127.0.0.1:${await freePort()}`
  const auto = ['pageviews', 'clicks', 'scroll', 'vitals', 'errors']
  const measured = new Map<string, Notice[]>(Object.keys(states).map((state) => [state, []]))
  for (let run = 0; run < runs; run++)
    for (const [state, mode] of Object.entries(states)) {
      const host = await openHost(cairn.url)
      if (mode !== 'refused' && mode !== 'without') host.mode = mode
      host.pages.set('/work', { html: pageOf(mode === 'without' ? undefined : { writeKey, auto, host: mode === 'refused' ? refused : host.gate }) })
      measured.get(state)?.push(await visit(browser, `${host.url}/work`))
      await host.close()
    }
  for (const [state, notices] of measured) {
    const of = (figure: keyof Notice): number => median(notices.map((notice) => notice[figure]))
    yield { state, longTasks: of('longTasks'), errors: of('errors'), inp: of('inp') }
  }
}

async function visit(browser: Browser, url: string): Promise<Notice> {
  const context = await browser.newContext()
  const page = await context.newPage()
  let errors = 0
  page.on('pageerror', () => errors++)
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors++
  })
  await page.goto(url)
  await page.locator('[data-ready]').waitFor()
  await sleep(500)
  for (let turn = 0; turn < 3; turn++) {
    await page.locator('#filter').pressSequentially('project 12', { delay: 60 })
    await page.locator('#filter').fill('')
    for (let click = 0; click < 3; click++) {
      await page.locator('#render').click()
      await sleep(150)
    }
  }
  await sleep(1_000)
  const noticed = await page.evaluate<Omit<Notice, 'errors'>>('noticed')
  await context.close()
  return { ...noticed, errors }
}
