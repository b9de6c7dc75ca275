import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { endpoints } from '@cairn/wire/api'
import type { Endpoint } from '@cairn/wire/endpoint'
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

/** What each screen asks for when it is opened from its address, beside who is signed in; nothing is asked twice, and nothing for later. */
const expected: Record<string, string[]> = {
  start: ['/api/demo', '/api/events', '/api/refusals'],
  overview: ['/api/events/analytics'],
  live: ['/api/events'],
  events: ['/api/events', '/api/events/analytics'],
  event: ['/api/events', '/api/events', '/api/events/analytics'],
  types: ['/api/events/types', '/api/workspace'],
  quarantine: ['/api/events/quarantine', '/api/ledger'],
  people: ['/api/people'],
  person: ['/api/events', '/api/events/analytics', '/api/people/'],
  health: ['/api/health', '/api/ledger', '/api/system'],
  settings: ['/api/demo', '/api/workspace'],
  'settings-keys': ['/api/keys'],
  'settings-members': ['/api/invitations', '/api/members'],
  'settings-privacy': ['/api/workspace'],
  'settings-audit': ['/api/audit'],
}

/** As long as a screen might still find something to ask. */
const QUIET_MS = 700

/** Time stands for the page, so that no answer grows old on a slow machine; timers run. */
const opened = async (): Promise<Opened> => {
  const it = await stage.open()
  await it.page.addInitScript((now) => {
    Date.now = () => now
  }, Date.now())
  return it
}

describe.concurrent('a screen asks for what it shows, once', { timeout: 120_000 }, () => {
  test.for(rows.filter(({ name }) => expected[name]))('$name', async (row, { expect }) => {
    const it = await opened()
    await show(it.page, { row, state: 'full' }, world)
    await sleep(QUIET_MS)
    // How the server is, is asked again every few seconds.
    const first = it.asked.filter((request, i) => request !== 'GET /api/health' || it.asked.indexOf(request) === i)
    const asked = first.map((request) => request.replace('GET ', '').replace(encodeURIComponent(world.person), '')).toSorted()
    expect(asked).toEqual(['/api/account', ...(expected[row.name] ?? [])].toSorted())
    await it.close()
  })
})

test('a screen that was looked at a moment ago is there again without asking', async () => {
  const it = await opened()
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
  await sleep(QUIET_MS)
  const sizes = await Promise.all(scripts)
  expect(sizes.length).toBeGreaterThan(2)
  expect(sizes.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(350 * 1_024)
  await it.close()
})

test('a server that cannot be reached is said, and the screen comes back by itself or by a press', async () => {
  const it = await stage.open()
  await it.page.goto(`/w/${DEMO}/people`)
  await settled(it.page)
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
        // Of a list with a button in each row one is pressed: they differ after the colon, or by a number.
        const kind = (button.getAttribute('aria-label') ?? button.textContent).replace(/:.*|\d+/g, '')
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
    if (found === 'close') await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  throw new Error('more than 60 kinds of buttons')
}

describe.concurrent('a viewer finds nothing to change, whatever they press', { timeout: 120_000 }, () => {
  test.for(inWorkspace)('$name', async (row, { expect }) => {
    const it = await stage.open({ as: 'viewer' })
    const changes: string[] = []
    it.page.on('request', (request) => {
      if (request.method() !== 'GET') changes.push(`${request.method()} ${new URL(request.url()).pathname}`)
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
