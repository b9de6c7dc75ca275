import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host } from './host.ts'
import { PATIENCE, eventsOf, flushed, html, typesOf, visit, type TrackerWindow } from './visit.ts'

/** What never leaves the page, and when nothing leaves it: judged by every byte that the page sent and all that its browser keeps. */
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

const all = ['pageviews', 'clicks', 'scroll', 'vitals', 'errors']
const track = (page: Page, type: string): Promise<void> => page.evaluate((type) => (globalThis as TrackerWindow).tracker.track(type), type)
const call = (page: Page, name: 'optOut' | 'optIn' | 'excludeMe' | 'reset'): Promise<void> =>
  page.evaluate((name) => (globalThis as TrackerWindow).tracker[name](), name)
/** The page and the scripts that it names itself; anything else is the tracker's doing. */
const own = /^(http:\/\/[^/]+\/[\w?=]*|.*\/dist\/browser\/index\.js|.*\/dist\/browser\/chunks\/src-[\w-]+\.js|data:.*)$/
const asked = (requests: readonly string[]): string[] => requests.filter((url) => url.startsWith(host.gate) || !own.test(url))
const kept = async (page: Page, context: BrowserContext): Promise<unknown> => ({
  ...(await page.evaluate(async () => ({
    local: Object.entries(localStorage),
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
  }))),
  cookies: await context.cookies(),
})
const nothing = { local: [], session: 0, databases: [], caches: [], cookies: [] }

describe('what is entered', () => {
  const fields = [
    '<input type="password" id="secret-1" data-cairn-track="password_touched">',
    '<input type="text" id="secret-2">',
    '<input type="email" autocomplete="email" id="secret-3">',
    '<input type="search" id="secret-4" data-cairn-track data-cairn-field="search">',
    '<input type="tel" id="secret-5" autocomplete="tel">',
    '<input type="text" autocomplete="cc-number" id="secret-6" data-cairn-track>',
    '<input type="text" autocomplete="one-time-code" id="secret-7">',
    '<textarea id="secret-8" data-cairn-track="note_touched"></textarea>',
    '<div contenteditable id="secret-9" style="height: 20px" data-cairn-track="text_touched"></div>',
    '<div data-cairn-mask><input type="text" id="secret-10" data-cairn-track="masked_touched"></div>',
  ]
  const body = `
    <form novalidate action="/next" id="form" data-cairn-track="form_used">
      ${fields.map((field) => field.replace(' id=', ` name="f${field.length}" id=`)).join('\n')}
      <input type="hidden" name="csrf" value="SECRET-hidden" data-cairn-track data-cairn-token="kept">
      <button id="send" type="submit">Send</button>
    </form>
    <div data-cairn-mask="everything" data-cairn-track="card_opened" data-cairn-holder="SECRET-attribute">
      <button id="masked" data-cairn-track="masked_clicked" data-cairn-name="SECRET-inner" aria-label="SECRET-label">SECRET-text</button>
      <a id="masked-link" href="#SECRET-link">SECRET-link</a>
      <select id="masked-choice" data-cairn-track name="masked"><option>one</option><option>SECRET-choice</option></select>
      <label><input type="radio" name="masked-radio" value="SECRET-radio" data-cairn-track id="masked-radio"> SECRET-radio</label>
    </div>
    <select id="plain-choice" name="plain"><option>one</option><option>SECRET-unnamed-choice</option></select>
    <select id="month" autocomplete="cc-exp-month" data-cairn-track name="month"><option>1</option><option>SECRET-month</option></select>
    <button id="mirror" aria-label="" title="" data-cairn-track="mirror_clicked"></button>
    <a id="link" href="#">link</a>
    <slot-mask><button id="slotted" data-cairn-track="slotted_clicked" data-cairn-name="SECRET-slotted">SECRET-slotted</button></slot-mask>
    <open-shadow></open-shadow>
    <iframe srcdoc="<input id='inner' value='SECRET-iframe'><button>SECRET-iframe</button>"></iframe>
    <script>
      customElements.define('slot-mask', class extends HTMLElement { connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<div data-cairn-mask><slot></slot></div>' } })
      customElements.define('open-shadow', class extends HTMLElement { connectedCallback() {
        this.attachShadow({ mode: 'open' }).innerHTML = '<input type="password" id="shadow-field" data-cairn-track><button id="shadow-button" data-cairn-track data-cairn-name="SECRET-shadow">SECRET-shadow</button>'
      } })
      document.querySelector('#mirror').addEventListener('click', () => {
        const secret = document.querySelector('#secret-1').value
        setTimeout(() => JSON.parse(secret))
        setTimeout(() => { throw new Error('wrong password: ' + secret) })
        setTimeout(() => { throw secret })
        setTimeout(() => document.querySelector('#' + secret + '!'))
        setTimeout(() => { const error = new Error(secret); error.name = secret; throw error })
        Promise.reject(new TypeError(secret + ' is not a function'))
        Promise.reject({ secret })
        setTimeout(() => ({ [secret]() { throw new Error('named') } })[secret]())
        document.title = 'Host'
      })
    </script>`

  test('in a field of any kind, or stands in a mask, is in no byte that is sent', async () => {
    for (const path of ['/', '/next']) host.pages.set(path, { html: html(host, workspace, { auto: all }, body) })
    const { page, close } = await visit(browser, host.url)
    await page.waitForFunction(
      () => performance.getEntriesByType('resource').filter(({ name }) => /(pageviews|clicks|scroll|vitals|errors)-/.test(name)).length === 5,
    )
    const secrets = fields.map((_, i) => `SECRET-field-${i + 1}`)
    for (const [i, secret] of secrets.entries()) {
      const field = page.locator(`#secret-${i + 1}`)
      await field.click()
      await field.fill(secret)
      await field.press('End')
      await field.dispatchEvent('change')
    }
    await page.click('#secret-2', { clickCount: 3 })
    await page.fill('#shadow-field', 'SECRET-shadow-field')
    await page.frameLocator('iframe').locator('#inner').fill('SECRET-iframe-field')
    await page.frameLocator('iframe').locator('button').click()
    await page.selectOption('#masked-choice', 'SECRET-choice')
    await page.selectOption('#plain-choice', 'SECRET-unnamed-choice')
    await page.selectOption('#month', 'SECRET-month')
    // What a host shows of it: label, title and text of a button, and a link's query and fragment.
    await page.evaluate(() => {
      const { value } = document.querySelector('#secret-1') as HTMLInputElement
      const mirror = document.querySelector('#mirror') as HTMLElement
      mirror.textContent = mirror.title = mirror.ariaLabel = `Log in with ${value}`
      Object.assign(document.querySelector('#link') as HTMLAnchorElement, { href: `?password=${value}#${value}`, textContent: value, title: value })
    })
    for (const target of ['#masked', '#masked-link', '#masked-radio', '#slotted', '#shadow-button', '#mirror']) await page.click(target)
    for (let i = 0; i < 4; i++) await page.click('#masked')
    await page.mouse.wheel(0, 500)
    await page.waitForTimeout(100)
    await page.evaluate(() => history.replaceState({}, '', `/?q=${(document.querySelector('#secret-1') as HTMLInputElement).value}`))
    await page.evaluate(() =>
      history.pushState({}, '', `/?q=${(document.querySelector('#secret-1') as HTMLInputElement).value}&utm_source=mail#SECRET-fragment`),
    )
    await page.waitForTimeout(50)
    await flushed(page)
    // The same by a form that is sent with GET, and the page after that, whose referrer has it.
    await page.locator('#send').click()
    await page.waitForURL('**/next?*')
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('errors-')))
    await page.click('#link')
    await page.waitForTimeout(50)
    await flushed(page)
    await page.goto(`${host.url}/next`, { referer: `${host.url}/?q=SECRET-referrer` })
    await track(page, 'told')
    await flushed(page)

    const bytes = host.sent.join('\n')
    expect(bytes.match(/.{0,200}SECRET.{0,50}/g)).toBeNull()
    expect(decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/gi, ''))).not.toContain('SECRET')
    // All of it was seen nevertheless.
    expect([...new Set(typesOf(host))].sort()).toEqual(
      [
        'element_clicked',
        'error_occurred',
        'form_used',
        'mirror_clicked',
        'note_touched',
        'page_viewed',
        'rage_clicked',
        'text_touched',
        'told',
        'web_vital_measured',
      ].sort(),
    )
    expect(eventsOf(host).some(({ context }) => context.page.url.includes('utm_source=mail'))).toBe(true)
    await close()
  })
})

describe('nothing at all is sent or stored', () => {
  const signals = {
    'with Global Privacy Control': () => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }),
    'with Do Not Track': () => Object.defineProperty(navigator, 'doNotTrack', { value: '1' }),
  }
  test.each(Object.entries(signals))('%s', async (_, script) => {
    host.pages.set('/', { html: html(host, workspace, { auto: all }, '<p>Page</p>') })
    host.pages.set('/asked', { html: html(host, workspace, { privacySignals: 'ignore' }) })
    const { page, context, requests, close } = await visit(browser, host.url, { script })
    await page.evaluate(async () => {
      const { tracker } = globalThis as TrackerWindow
      tracker.register({ plan: 'team' })
      tracker.identify('ada', { name: 'Ada' })
      tracker.track('seen', { immediate: true })
      tracker.trackPageView()
      tracker.reset()
      await tracker.flush()
    })
    await page.click('p')
    await page.waitForTimeout(300)
    expect(asked(requests)).toEqual([])
    expect(await kept(page, context)).toEqual(nothing)
    expect(await page.evaluate(() => (globalThis as TrackerWindow).tracker.hasOptedOut())).toBe(true)
    // A yes of the visitor counts more than the signal, and so does a host that may ignore it.
    await call(page, 'optIn')
    await track(page, 'agreed')
    await flushed(page)
    expect(typesOf(host)).toContain('agreed')
    await close()
    const ignoring = await visit(browser, `${host.url}/asked`, { script })
    await track(ignoring.page, 'ignored')
    await flushed(ignoring.page)
    expect(typesOf(host)).toContain('ignored')
    await ignoring.close()
  })

  test('before the yes, where consent is required; what happened meanwhile comes with it', async () => {
    host.pages.set('/', { html: html(host, workspace, { auto: all, consent: 'required' }) })
    const first = await visit(browser, host.url)
    const second = await visit(browser, host.url, { context: first.context })
    for (const { page } of [first, second])
      await page.evaluate(async () => {
        const { tracker } = globalThis as TrackerWindow
        tracker.register({ plan: 'team' })
        tracker.identify('ada')
        tracker.reset()
        tracker.track('before', { immediate: true })
        await tracker.flush()
      })
    await first.page.waitForTimeout(300)
    expect(asked([...first.requests, ...second.requests])).toEqual([])
    expect(await kept(first.page, first.context)).toEqual(nothing)
    await call(first.page, 'optIn')
    // The yes holds in the other tab too, and on the next page.
    await expect.poll(() => typesOf(host).filter((type) => type === 'before').length, PATIENCE).toBe(2)
    await expect.poll(() => typesOf(host), PATIENCE).toContain('page_viewed')
    await first.page.goto(host.url)
    await track(first.page, 'after')
    await expect.poll(() => typesOf(host), PATIENCE).toContain('after')
    await first.close()
  })

  test('after a no where consent is required, but that no', async () => {
    host.pages.set('/', { html: html(host, workspace, { auto: all, consent: 'required' }) })
    const { page, context, requests, close } = await visit(browser, host.url)
    await track(page, 'before')
    await call(page, 'optOut')
    await track(page, 'after')
    await page.reload()
    await track(page, 'later')
    await page.waitForTimeout(200)
    expect(asked(requests)).toEqual([])
    expect(await kept(page, context)).toEqual({ ...nothing, local: [['cairn', '{"c":0}']] })
    await close()
  })

  test('after an opt-out, in any tab, until somebody opts in', async () => {
    host.pages.set('/', { html: html(host, workspace, { interval: 60_000, auto: ['clicks'] }) })
    const first = await visit(browser, host.url)
    const second = await visit(browser, host.url, { context: first.context })
    await track(first.page, 'first')
    await track(second.page, 'second')
    await first.page.waitForTimeout(50)
    await call(first.page, 'optOut')
    await expect.poll(() => second.page.evaluate(() => (globalThis as TrackerWindow).tracker.hasOptedOut()), PATIENCE).toBe(true)
    for (const { page } of [first, second]) {
      await page.evaluate(() => (globalThis as TrackerWindow).tracker.track('refused', { immediate: true }))
      expect(await page.evaluate(() => (globalThis as TrackerWindow).tracker.queueSize())).toBe(0)
      await page.reload()
      await page.evaluate(() => (globalThis as TrackerWindow).tracker.track('refused', { immediate: true }))
    }
    await first.page.waitForTimeout(100)
    expect(host.sent).toEqual([])
    expect(await first.page.evaluate(() => Object.entries(localStorage))).toEqual([['cairn', '{"c":0}']])
    expect(await records(first.page)).toBe(0)
    await call(second.page, 'optIn')
    for (const { page } of [first, second]) {
      await expect.poll(() => page.evaluate(() => (globalThis as TrackerWindow).tracker.hasOptedOut()), PATIENCE).toBe(false)
      await page.evaluate(() => (globalThis as TrackerWindow).tracker.track('allowed', { immediate: true }))
    }
    await expect.poll(() => typesOf(host), PATIENCE).toEqual(['allowed', 'allowed'])
    await first.close()
  })
})

test('who is excluded is recorded, marked as internal in all tabs, until they opt in', async () => {
  host.pages.set('/', { html: html(host, workspace, { consent: 'required' }) })
  const { page, context, close } = await visit(browser, host.url)
  const second = await visit(browser, host.url, { context })
  const tell = (on: Page, type: string): Promise<void> => on.evaluate((name) => (globalThis as TrackerWindow).tracker.track(name, { immediate: true }), type)
  await call(page, 'excludeMe')
  await tell(page, 'mine')
  await expect.poll(() => second.page.evaluate(() => localStorage.getItem('cairn')), PATIENCE).toContain('"c":2')
  await second.page.reload()
  await tell(second.page, 'mine_too')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['mine', 'mine_too'])
  await call(second.page, 'optIn')
  await tell(second.page, 'counted')
  await expect.poll(() => typesOf(host), PATIENCE).toEqual(['mine', 'mine_too', 'counted'])
  expect(eventsOf(host).map(({ internal }) => internal)).toEqual([true, true, undefined])
  await close()
})

/** What the durable queue holds. */
const records = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('cairn')
        opening.addEventListener('error', () => reject(new Error('no database')))
        opening.addEventListener('success', () => {
          const count = opening.result.transaction('cairn').objectStore('cairn').count()
          count.addEventListener('success', () => resolve(count.result))
        })
      }),
  )

describe('persistence', () => {
  test.each(['memory', 'none'] as const)('%s stores nothing', async (persistence) => {
    host.pages.set('/', { html: html(host, workspace, { persistence, auto: ['pageviews', 'clicks'] }) })
    const { page, context, close } = await visit(browser, host.url)
    await page.evaluate(() => {
      const { tracker } = globalThis as TrackerWindow
      tracker.register({ plan: 'team' })
      tracker.track('seen')
    })
    await expect.poll(() => typesOf(host).sort(), PATIENCE).toEqual(['page_viewed', 'seen'])
    await call(page, 'optOut')
    expect(await kept(page, context)).toEqual(nothing)
    const seen = eventsOf(host).find(({ event_type }) => event_type === 'seen')
    expect([seen?.context['plan'], 'anonymous_id' in (seen ?? {}), 'session_id' in (seen ?? {})]).toEqual([
      'team',
      persistence === 'memory',
      persistence === 'memory',
    ])
    expect(host.sent.map((body) => (JSON.parse(body) as { visitor?: string }).visitor)).toEqual(
      host.sent.map(() => (persistence === 'none' ? 'daily' : undefined)),
    )
    await close()
  })

  test('storage sets no cookie, and one name in localStorage besides marks of tabs with unsent events', async () => {
    host.pages.set('/', { html: html(host, workspace, {}) })
    const { page, context, close } = await visit(browser, host.url)
    await track(page, 'seen')
    await flushed(page)
    const { local, cookies, databases, session } = (await kept(page, context)) as {
      local: [string, string][]
      cookies: unknown[]
      databases: string[]
      session: number
    }
    expect([local.map(([name]) => name), cookies, databases, session]).toEqual([['cairn'], [], ['cairn'], 0])
    expect(Object.keys(JSON.parse(local[0]?.[1] ?? '{}') as object).sort()).toEqual(['a', 's', 't', 'v', 'w'])
    await close()
  })
})

test('beforeSend sees each event, may change it, and ends it with null or by failing', async () => {
  host.pages.set('/', { html: html(host, workspace) })
  const { page, said, close } = await visit(browser, host.url)
  await page.evaluate(
    ([gate, key]) => {
      const { tracker } = globalThis as TrackerWindow
      tracker.init({
        writeKey: key,
        host: gate,
        interval: 20,
        beforeSend(event) {
          if (event.event_type === 'dropped') return null
          if (event.event_type === 'failing') throw new Error('host')
          return { ...event, context: {} }
        },
      })
      for (const type of ['dropped', 'failing', 'kept']) tracker.track(type)
    },
    [host.gate, workspace.writeKey] as const,
  )
  await flushed(page)
  expect(eventsOf(host).map(({ event_type, context }) => [event_type, context])).toEqual([['kept', {}]])
  expect(said).toEqual([])
  await close()
})
