import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { endpoints } from '@cairn/wire/api'
import type { Endpoint } from '@cairn/wire/endpoint'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { texts as german } from '../../dashboard/src/texts/de/index.ts'
import { texts as spanish } from '../../dashboard/src/texts/es/index.ts'
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
  await expect.poll(() => link.evaluate((element) => element === document.activeElement)).toBe(true)
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

test('a screen that was looked at a moment ago is there again without asking', async () => {
  const it = await stage.open()
  // Time stands for the page, so that no answer grows old on a slow machine.
  await it.page.addInitScript((now) => {
    Date.now = () => now
  }, Date.now())
  await it.page.goto(`/w/${DEMO}/types`)
  await settled(it.page)
  await it.page.getByRole('link', { name: 'Settings', exact: true }).click()
  await it.page.getByRole('heading', { level: 1, name: 'General' }).waitFor()
  await settled(it.page)
  it.asked.length = 0
  await it.page.goBack()
  await it.page.getByRole('heading', { level: 1, name: 'Event types' }).waitFor()
  await settled(it.page)
  expect(it.asked).toEqual([])
  await it.close()
})

test('screens speak the language of the browser, until another is chosen', async () => {
  const { page, close } = await stage.open({ apart: true, locale: 'es-MX' })
  const title = (name: string): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor()
  await page.goto('/account')
  await title(spanish.accounts.account.title)
  await page.getByLabel(spanish.shell.language.label).selectOption('de')
  await title(german.accounts.account.title)
  await page.goto(`/w/${DEMO}/people`)
  await title(german.events.people.title)
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
  await page.goto('/account')
  await page.getByLabel(german.shell.language.label).selectOption('')
  await title(spanish.accounts.account.title)
  await close()
})

test('the script of the first screen, with its chart, is less than 350 KB gzipped', async () => {
  const it = await stage.open({ apart: true })
  const scripts: Promise<[name: string, bytes: number]>[] = []
  it.page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      scripts.push(response.body().then((body) => [new URL(response.url()).pathname, gzipSync(body, { level: 9 }).length]))
  })
  await it.page.goto(`/w/${DEMO}/overview?range=30d`)
  await settled(it.page)
  await it.page.locator('main svg path').first().waitFor()
  // What is loaded after the chart would be counted too.
  await sleep(700)
  const sizes = await Promise.all(scripts)
  expect(sizes.length).toBeGreaterThan(2)
  expect(sizes.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(350 * 1_024)
  await it.close()
})

test('a server that cannot be reached is said, and the screen comes back by itself or by a press', async () => {
  const it = await opened(`/w/${DEMO}/people`)
  await it.page.route('**/api/**', (route) => route.abort('connectionrefused'))
  await it.page.keyboard.press('t')
  await it.page.getByRole('alert').getByText('Cairn cannot be reached.').waitFor()
  await it.page.unroute('**/api/**')
  await it.page.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => it.page.getByRole('alert').count()).toBe(0)
  await it.close()
})

const inWorkspace = rows.filter(({ name, states, as }) => as === undefined && states.includes('full') && name !== 'account')

/** Presses every kind of button that can be pressed, also those of a dialog that one of them opens; what is typed into is left empty. */
async function pressAll(page: Page): Promise<void> {
  for (let pressed = 0; pressed < 60; pressed++) {
    const found = await page.evaluate(() => {
      const before = ((globalThis as { pressed?: Set<string> }).pressed ??= new Set())
      const dialog = document.querySelector('[role=dialog]')
      for (const button of (dialog ?? document.querySelector('main') ?? document.body).querySelectorAll<HTMLElement>('button:enabled')) {
        // Of a list with a button in each row one is pressed: the others open another row, or differ after the colon, or by a number.
        const kind = button.matches('.opens-row') ? 'row' : (button.getAttribute('aria-label') ?? button.textContent).replace(/:.*|\d+/g, '')
        if (before.has(kind) || !button.checkVisibility() || button.closest('[aria-hidden=true], [inert]')) continue
        before.add(kind)
        button.click()
        return true
      }
      return dialog !== null && 'close'
    })
    if (!found) return
    if (found === 'close') await page.keyboard.press('Escape')
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)))
    if (found === 'close') {
      // What is open within a dialog may be what the first one closes.
      if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  }
  throw new Error('more than 60 kinds of buttons')
}

describe.concurrent('a viewer finds nothing to change, whatever they press', { timeout: 120_000 }, () => {
  test.for(inWorkspace)('$name', async (row, { expect }) => {
    const it = await stage.open({ as: 'viewer' })
    const changes: string[] = []
    it.page.on('request', (request) => {
      // A question is a body, and changes nothing.
      if (request.method() !== 'GET' && !new URL(request.url()).pathname.startsWith('/api/query'))
        changes.push(`${request.method()} ${new URL(request.url()).pathname}`)
    })
    await show(it.page, { row, state: 'full' }, world)
    await pressAll(it.page)
    // Neither something that was refused: what one may not is not offered, and not asked for.
    expect({ changes, faults: it.faults }).toEqual({ changes: [], faults: [] })
    await it.close()
  })
})

test('and the API refuses a viewer everything that changes something', async () => {
  const manage = Object.values(endpoints as Record<string, Endpoint>).filter(({ access }) => access === 'manage')
  const answers = await Promise.all(
    manage.map(async ({ method, path }) => {
      const { status } = await stage.call('viewer', method, path.replace(/:\w+/g, 'x'), {
        workspace: DEMO,
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
      })
      return `${status} ${method} ${path}`
    }),
  )
  expect(answers.length).toBeGreaterThan(10)
  expect(answers.filter((answer) => !answer.startsWith('403 '))).toEqual([])
})
