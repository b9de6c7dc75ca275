import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO, raiseStage, settled, type Opened, type Stage } from './stage.ts'
import { rows, show, worldOf, type World } from './table.ts'

let stage: Stage
let world: World
beforeAll(async () => {
  stage = await raiseStage()
  world = await worldOf(stage)
}, 180_000)
afterAll(() => stage.close())

const at = (page: Page): string => new URL(page.url()).pathname
const search = (page: Page): Record<string, string> => Object.fromEntries(new URL(page.url()).searchParams)

async function opened(path: string): Promise<Opened> {
  const it = await stage.open()
  await it.page.goto(path)
  await settled(it.page)
  return it
}

/** More than any screen has: a list is one stop, not one for each row. */
const MOST_STOPS = 150
const AT_ONCE = 10

interface Walked {
  missed: string[]
  unseen: string[]
}

/** Presses Tab from the beginning of the content, or of the dialog that stands before it, to its end; says what it did not come to, and what did not show the focus. */
async function walk(page: Page): Promise<Walked> {
  await page.evaluate(() => {
    const within = document.querySelector('[role=dialog]') ?? document.querySelector('main') ?? document.body
    const controls = 'a[href], button, input, select, textarea, summary, [role=button], [role=switch], [role=checkbox]'
    const left = new Set<Element>()
    for (const element of within.querySelectorAll<HTMLElement>(controls)) {
      const isOff = element.matches(':disabled, [aria-disabled=true]') || element.closest('[inert], [aria-hidden=true]') !== null
      // Of a list one is a stop, and arrows go on from there; radio buttons are so by themselves.
      const list = element.tabIndex === -1 ? element.closest('[role=table], [role=grid], [role=list], table, ul, ol') : null
      const isOneOfList = (list?.querySelector('[tabindex="0"]') ?? null) !== null || element.matches('[type=radio]')
      if (!isOff && !isOneOfList && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) left.add(element)
    }
    const unseen: string[] = []
    let ended = false
    const nameOf = (element: Element): string =>
      `${element.tagName.toLowerCase()} ${element.getAttribute('aria-label') ?? ''} ${element.textContent.slice(0, 40)} ${element.className.slice(0, 60)}`
    const shows = (element: Element | null): boolean =>
      element !== null &&
      [undefined, '::after'].some((part) => getComputedStyle(element, part).outlineStyle !== 'none' && getComputedStyle(element, part).outlineWidth !== '0px')
    const seen = new Set<Element>()
    addEventListener('focusin', ({ target }) => {
      // The screen itself takes the focus too, but is no stop.
      if (!(target instanceof HTMLElement) || ended || target.tabIndex < 0) return
      if (seen.has(target) || !within.contains(target)) ended = seen.size > 0
      if (ended || !within.contains(target)) return
      seen.add(target)
      left.delete(target)
      if (!shows(target) && !shows(target.parentElement)) unseen.push(nameOf(target))
    })
    // Past the last stop the focus leaves the page, and no other comes.
    document.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget === null && seen.size > 0) setTimeout(() => (ended ||= document.activeElement === document.body), 0)
    })
    Object.assign(globalThis, { walked: () => ({ ended, missed: [...left].filter((element) => element.isConnected).map(nameOf), unseen }) })
    // A field that has the focus from the beginning is come to.
    if (document.activeElement) left.delete(document.activeElement)
    if (!within.contains(document.activeElement) && within instanceof HTMLElement) within.focus()
  })
  for (let stops = 0; stops < MOST_STOPS; stops += AT_ONCE) {
    for (let i = 0; i < AT_ONCE; i++) await page.keyboard.press('Tab')
    const { ended, ...walked } = await page.evaluate(() => (globalThis as unknown as { walked(): Walked & { ended: boolean } }).walked())
    if (ended || walked.missed.length === 0) return walked
  }
  throw new Error(`over ${MOST_STOPS} stops`)
}

describe.concurrent('with Tab alone one comes to every control, and sees where one is', { timeout: 120_000 }, () => {
  test.for(rows.filter(({ states }) => states.includes('full')))('$name', async (row, { expect }) => {
    const it = await stage.open({ as: row.as ?? 'owner' })
    await show(it.page, { row, state: 'full' }, world)
    expect(await walk(it.page)).toEqual({ missed: [], unseen: [] })
    await it.close()
  })
})

test('the first stop skips to the content, and a change of screen goes on from its beginning', async () => {
  const { page, close } = await opened(`/w/${DEMO}/health`)
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
  await page.getByRole('link', { name: 'People' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
  await close()
})

test('Ctrl+K opens the palette, which jumps to screens, types and people by their names, and Escape puts the focus back', async () => {
  const { page, close } = await opened(`/w/${DEMO}/overview`)
  const jump = async (text: string, option: RegExp): Promise<void> => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Jump to' }).fill(text)
    await page.getByRole('listbox').getByRole('option', { name: option }).first().waitFor()
  }
  await jump('heal', /Health/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Health' }).waitFor()

  await jump('project_c', /project_completed/)
  const options = await page.getByRole('listbox').getByRole('option').allInnerTexts()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/events?*')
  expect(search(page)['event_type']).toBe(options[1]?.split('\n')[0])

  await jump(world.person, new RegExp(`^${world.person}`))
  await page
    .getByRole('listbox')
    .getByRole('option', { name: /People/ })
    .first()
    .click()
  await page.waitForURL(`**/people/${encodeURIComponent(world.person)}`)

  const link = page.getByRole('link', { name: 'Live' })
  await link.focus()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Jump to' }).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => link.evaluate((element) => element === document.activeElement), { timeout: 10_000 }).toBe(true)
  await close()
})

test('one key chooses a range, arrows shift it, X compares, R refreshes by itself, and Back takes each back', async () => {
  const { page, close } = await opened(`/w/${DEMO}/overview`)
  const after = async (key: string): Promise<Record<string, string>> => {
    const before = page.url()
    await page.keyboard.press(key)
    await page.waitForFunction((url) => location.href !== url, before)
    return search(page)
  }
  expect(await after('t')).toEqual({ range: '30d' })
  expect(await after('d')).toEqual({ range: 'today' })
  expect(await after('x')).toEqual({ range: 'today', compare: 'previous' })
  const shifted = await after('ArrowLeft')
  expect(shifted).toEqual({ range: 'custom', from: shifted['to'], to: shifted['to'], compare: 'previous' })
  expect(await after('r')).toEqual({ ...shifted, live: '1' })
  await page.goBack()
  expect(search(page)).toEqual({ range: 'today', compare: 'previous' })
  await page.goBack()
  await page.goBack()
  expect(search(page)).toEqual({ range: '30d' })
  await close()
})

test('/ goes to the search of a screen; in it letters are letters', async () => {
  const { page, close } = await opened(`/w/${DEMO}/people`)
  await page.keyboard.press('/')
  await page.keyboard.type('td')
  const field = page.locator('[data-search]').first()
  expect(await field.inputValue()).toBe('td')
  expect(search(page)['range']).toBeUndefined()
  expect(at(page)).toBe(`/w/${DEMO}/people`)
  await close()
})
