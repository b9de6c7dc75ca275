import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host } from './host.ts'
import { PATIENCE, eventsOf, flushed, html, visit, type TrackerWindow } from './visit.ts'

/** What is recorded by itself, each kind in a page of its own, with a real Cairn behind. */
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

const has = (path: string, auto: string[] | undefined, body = ''): void => void host.pages.set(path, { html: html(host, workspace, { auto }, body) })
/** Types and metadata, after all has arrived; Cairn has refused none. */
const recorded = async (page: Page): Promise<unknown[]> => {
  await flushed(page)
  const events = eventsOf(host)
  const { total_events } = await workspace.get<{ total_events: number }>('/api/events/analytics')
  expect(total_events).toBe(events.length)
  return events.map(({ event_type, metadata }) => [event_type, metadata])
}
/** Of each kind the event that it listens for from then on: it is loaded after the page, and begins when its module has run. */
const listensFor = { pageviews: 'popstate', clicks: 'click', scroll: 'scroll', vitals: 'pageshow', errors: 'unhandledrejection' }
const begun = (page: Page, kind: keyof typeof listensFor): Promise<unknown> =>
  page.waitForFunction((name) => (globalThis as TrackerWindow).listened.has(name), listensFor[kind])

test('only the kinds that are asked for are loaded', async () => {
  has('/', undefined)
  const none = await visit(browser, host.url)
  has('/some', ['scroll', 'constructor'])
  const some = await visit(browser, `${host.url}/some`, { context: none.context })
  await begun(some.page, 'scroll')
  const chunks = (requests: string[]): string[] => requests.map((url) => /([a-z]+)-[\w-]+\.js$/.exec(url)?.[1]).filter((name) => name !== undefined)
  expect(chunks(none.requests)).not.toContain('more')
  expect(chunks(some.requests).filter((name) => /more|pageviews|clicks|scroll|vitals|errors|attributes/.test(name))).toEqual(['more', 'scroll'])
  expect(some.said).toEqual([])
  await none.close()
})

test('a page view is another path, or another query that was pushed', async () => {
  has('/one', ['pageviews'])
  const { page, close } = await visit(browser, `${host.url}/one?utm_source=mail&token=abc`)
  await begun(page, 'pageviews')
  const go = (change: () => void): Promise<void> => page.evaluate(change).then(() => page.waitForTimeout(15))
  await go(() => history.replaceState({}, '', location.href))
  await go(() => history.pushState({}, '', '/two'))
  await go(() => history.replaceState({}, '', '/two?typed=h'))
  await go(() => history.replaceState({}, '', '/two?typed=hu'))
  await go(() => history.pushState({}, '', '#below'))
  await go(() => history.pushState({}, '', '/two?page=2'))
  await go(() => history.replaceState({}, '', '/three'))
  await go(() => history.back())
  await page.waitForTimeout(50)
  await flushed(page)
  expect(eventsOf(host).map(({ event_type, entity_id, metadata }) => [event_type, entity_id, metadata?.['referrer']])).toEqual([
    ['page_viewed', '/one', ''],
    ['page_viewed', '/two', `${host.url}/one?utm_source=mail`],
    ['page_viewed', '/two', `${host.url}/two`],
    ['page_viewed', '/three', `${host.url}/two`],
    ['page_viewed', '/two', `${host.url}/three`],
  ])
  await close()
})

test('a page that comes back whole from the back/forward cache is seen again', async () => {
  has('/one', ['pageviews'])
  const { page, close } = await visit(browser, `${host.url}/one`)
  await begun(page, 'pageviews')
  await flushed(page)
  // As the browser says it; under a debugger it keeps no page whole.
  for (const persisted of [false, true]) await page.evaluate((persisted) => dispatchEvent(new PageTransitionEvent('pageshow', { persisted })), persisted)
  await flushed(page)
  expect(eventsOf(host).map(({ entity_id }) => entity_id)).toEqual(['/one', '/one'])
  await close()
})

test('a prerendered page is not viewed before somebody sees it', async () => {
  has('/one', ['pageviews'])
  const { page, close } = await visit(browser, `${host.url}/one`, {
    script: () => Object.defineProperty(document, 'prerendering', { value: true, configurable: true }),
  })
  await begun(page, 'pageviews')
  await page.evaluate(() => history.pushState({}, '', '/two'))
  await page.waitForTimeout(30)
  await flushed(page)
  expect(eventsOf(host)).toEqual([])
  await page.evaluate(() => {
    Object.defineProperty(document, 'prerendering', { value: false })
    document.dispatchEvent(new Event('prerenderingchange'))
  })
  await flushed(page)
  expect(eventsOf(host).map(({ entity_id }) => entity_id)).toEqual(['/two'])
  await close()
})

test('clicks and selections tell what the page’s author named', async () => {
  has(
    '/',
    ['clicks'],
    `<button data-cairn-track="plan_chosen" data-cairn-plan="team" data-cairn-seat-count="5"><b>Choose Ada’s plan</b></button>
     <button id="save" aria-label="Save Ada">Save</button> <button>Nameless</button>
     <a href="/people/7?token=abc#top" id="person">Ada</a> <a href="mailto:ada@example.com">Write</a>
     <form data-cairn-track="form_touched"><input name="id"><input name="attributes"></form>
     <select data-cairn-track name="size"><option>s</option><option>m</option></select>
     <select name="unnamed"><option>s</option><option>m</option></select>
     <label><input type="checkbox" name="terms" data-cairn-track="terms_accepted"> Terms</label>
     <div id="shadow" data-cairn-track="widget_used"></div><p id="text">Text</p>
     <script>
       shadow.attachShadow({ mode: 'open' }).innerHTML = '<button data-cairn-track="inner">Inner</button>'
       document.addEventListener('click', (event) => event.preventDefault())
       document.querySelector('label').addEventListener('click', (event) => event.stopPropagation())
     </script>`,
  )
  const { page, said, close } = await visit(browser, host.url)
  await begun(page, 'clicks')
  for (const target of ['b', '#save', 'text=Nameless', '#person', 'text=Write', 'input[name=id]', '#text']) await page.click(target)
  await page.selectOption('[name=size]', 'm')
  await page.selectOption('[name=unnamed]', 'm')
  await page.click('text=Terms')
  await page.click('text=Inner')
  expect(await recorded(page)).toEqual([
    ['plan_chosen', { tag: 'button', plan: 'team', seat_count: '5' }],
    ['element_clicked', { tag: 'button', id: 'save' }],
    ['element_clicked', { tag: 'a', id: 'person', href: `${host.url}/people/7` }],
    ['element_clicked', { tag: 'a' }],
    ['form_touched', { tag: 'form' }],
    ['element_selected', { tag: 'select', name: 'size', value: 'm' }],
    ['terms_accepted', { tag: 'input', name: 'terms', value: 'on', checked: true }],
    ['widget_used', { tag: 'div', id: 'shadow' }],
  ])
  expect(said).toEqual([])
  await close()
})

test('three clicks on one place are rage, unless they select, are in a field, are far apart or are made by keys or scripts', async () => {
  has(
    '/',
    ['clicks'],
    `<style>* { user-select: none } p { user-select: text }</style><div id="dead" style="height: 200px">Nothing happens</div><p>A paragraph of words</p>
     <input> <label for="box">Label</label><input id="box" type="checkbox"> <button>Press</button>`,
  )
  const { page, close } = await visit(browser, host.url)
  await begun(page, 'clicks')
  await page.click('p', { clickCount: 3 })
  await page.click('input', { clickCount: 3 })
  for (let i = 0; i < 2; i++) await page.click('label')
  await page.focus('button')
  for (let i = 0; i < 4; i++) await page.keyboard.press('Enter')
  await page.evaluate(() => [1, 2, 3].forEach(() => document.querySelector('button')?.click()))
  for (let i = 0; i < 3; i++) await page.click('#dead', { position: { x: 50 + i * 100, y: 20 } })
  expect(await recorded(page)).toEqual([])
  for (let i = 0; i < 4; i++) await page.click('#dead', { position: { x: 50, y: 120 } })
  expect(await recorded(page)).toEqual([['rage_clicked', { tag: 'div', id: 'dead' }]])
  await close()
})

test('scrolling tells the deepest quarter once, when the page is out of sight or left', async () => {
  has('/long', ['scroll'], '<div style="height: 2400px">Long</div>')
  const { page, close } = await visit(browser, `${host.url}/long`)
  await begun(page, 'scroll')
  const scroll = (to: number): Promise<void> =>
    page.evaluate(async (to) => {
      const scrolled = new Promise((resolve) => addEventListener('scroll', resolve, { once: true }))
      scrollTo(0, to)
      await scrolled
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    }, to)
  const hide = (): Promise<void> =>
    page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
      Reflect.deleteProperty(document, 'hidden')
    })
  await hide()
  await scroll(1300)
  await scroll(0)
  await hide()
  await hide()
  await page.evaluate(() => history.pushState({}, '', '/next'))
  await scroll(1900)
  await page.goto('about:blank')
  await expect
    .poll(() => eventsOf(host).map(({ event_type, entity_id, metadata }) => [event_type, entity_id, metadata]), PATIENCE)
    .toEqual([
      ['page_scrolled', '/long', { percent: 75 }],
      ['page_scrolled', '/next', { percent: 100 }],
    ])
  await close()
})

test('web vitals are measured once each', async () => {
  has('/', ['vitals'], '<h1>Words to paint</h1><button onclick="for (const began = Date.now(); Date.now() - began < 80; );">Press</button>')
  const { page, close } = await visit(browser, host.url)
  await begun(page, 'vitals')
  await page.waitForTimeout(200)
  await page.click('button')
  // The library looks at an interaction when the page is idle, or after a second.
  await page.waitForTimeout(1_200)
  await page.goto('about:blank')
  const names = (): unknown => new Set(eventsOf(host).map(({ metadata }) => metadata?.['name']))
  await expect.poll(names, PATIENCE).toEqual(new Set(['CLS', 'FCP', 'INP', 'LCP', 'TTFB']))
  expect(eventsOf(host).length).toBe(5)
  for (const { event_type, entity_id, metadata } of eventsOf(host)) {
    expect([event_type, entity_id, metadata?.['navigation'], metadata?.['rating']]).toEqual(['web_vital_measured', '/', 'navigate', 'good'])
    expect(metadata?.['value']).toBeTypeOf('number')
  }
  await close()
})

test('errors that nobody caught tell their place, and of their message what browsers themselves say', async () => {
  host.pages.set('/app.js', {
    html: `function fail() { null.answer }\nfunction outer() { fail() }\nfunction own() { throw Object.assign(new RangeError('Payment 7 failed for Ada'), { name: 'PaymentError' }) }`,
    headers: { 'Content-Type': 'text/javascript' },
  })
  has('/', ['errors'], '<script src="/app.js?v=secret"></script>')
  const { page, close } = await visit(browser, `${host.url}/?q=secret`)
  await begun(page, 'errors')
  const throwing = (call: string): Promise<unknown> => page.evaluate(`new Promise((resolve) => { setTimeout(() => { ${call} }); setTimeout(resolve, 20) })`)
  await throwing('outer()')
  await throwing('outer()')
  await throwing('own()')
  await throwing('Promise.reject("hunter2")')
  await throwing('Promise.reject({ password: "hunter2" })')
  await throwing('Promise.reject(new DOMException("The operation was aborted.", "AbortError"))')
  const [first, ...others] = (await recorded(page)) as [string, Record<string, unknown>][]
  expect(first?.[0]).toBe('error_occurred')
  expect(first?.[1]).toEqual({
    kind: 'error',
    name: 'TypeError',
    message: 'Cannot read properties of null (reading …',
    place: `${host.url}/app.js:1:24`,
    stack: [`${host.url}/app.js:1:24`, `${host.url}/app.js:2:20`],
  })
  expect(others.map(([, { kind, name, message }]) => [kind, name, message])).toEqual([
    ['error', 'PaymentError', '… failed …'],
    ['rejection', 'Error', '…'],
    ['rejection', 'Error', '…'],
    ['rejection', 'AbortError', 'The operation was aborted.'],
  ])
  await page.evaluate(() => {
    for (let i = 0; i < 30; i++) setTimeout(() => void Promise.reject(new Error(`number ${i}`)))
  })
  await page.waitForTimeout(50)
  expect((await recorded(page)).length).toBe(10)
  await close()
})

test('a kind that cannot be loaded is told, and nothing else happens', async () => {
  host.pages.set('/', { html: html(host, workspace) })
  const { page, said, close } = await visit(browser, host.url)
  await page.route('**/scroll-*.js', (route) => route.abort())
  const faults = await page.evaluate(
    async ([gate, key]) => {
      const { tracker } = globalThis as TrackerWindow
      const faults: unknown[] = []
      tracker.init({ writeKey: key, host: gate, auto: ['scroll', 'pageviews'], interval: 50, onError: ({ code }) => faults.push(code) })
      for (let i = 0; i < 50 && faults.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
      return faults
    },
    [host.gate, workspace.writeKey] as const,
  )
  await expect.poll(() => eventsOf(host).length, PATIENCE).toBe(1)
  expect([faults, said.filter((line) => !line.startsWith('Failed to load resource'))]).toEqual([['not_tracked'], []])
  await close()
})
