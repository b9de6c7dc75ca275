import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { raiseStage, settled, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await raiseStage({ demo: false })
}, 120_000)
afterAll(() => stage.close())

const WORKSPACE = 'story'
const DAY_MS = 86_400_000

/** Three people who look, two who ask, one who buys; of those who looked two come back the day after. */
function eventsOf(now: number): object[] {
  const at = (daysAgo: number, minute: number): string => new Date(now - daysAgo * DAY_MS + minute * 60_000).toISOString()
  const of = (user: string, daysAgo: number, ...types: string[]): object[] =>
    types.map((event_type, i) => ({ event_type, user_id: user, session_id: `${user} ${daysAgo}`, event_timestamp: at(daysAgo, i) }))
  return [
    ...of('ann', 4, 'price_viewed', 'quote_requested', 'order_placed'),
    ...of('ben', 4, 'price_viewed', 'quote_requested'),
    ...of('cleo', 4, 'price_viewed'),
    ...of('ann', 3, 'price_viewed'),
    ...of('ben', 3, 'price_viewed'),
  ]
}

/** Chooses by typing, as somebody with a keyboard does. */
async function choose(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByRole('combobox', { name: label, exact: true })
  await field.fill(text)
  // The list of the field before it, which closes, still shows its options for a moment.
  const offered = page.locator('[data-combobox-option]:visible')
  await expect
    .poll(async () => [await field.getAttribute('aria-expanded'), await offered.count(), await offered.filter({ hasText: text }).count()])
    .toEqual(['true', 1, 1])
  await field.press('ArrowDown')
  await field.press('Enter')
}

async function addToBoard(page: Page, title: string, board?: string): Promise<void> {
  await page.getByRole('button', { name: 'Add to dashboard' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add to a dashboard' })
  if (board !== undefined) await dialog.getByLabel('Its name').fill(board)
  await dialog.getByLabel('Title of the widget').fill(title)
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test(
  'from an empty workspace to a shared link: a funnel, a retention grid and a flow are built, put on a dashboard, moved, and seen by a stranger',
  { timeout: 120_000 },
  async () => {
    await stage.call('owner', 'POST', '/api/workspaces', { body: { name: 'Story', slug: WORKSPACE, timezone: 'Europe/Berlin' } })
    await stage.cairn.directory.refresh()
    const it = await stage.open()
    const { page } = it
    await page.goto(`/w/${WORKSPACE}/insights/new`)
    await page.getByRole('heading', { name: 'No events yet' }).waitFor()

    const { body: key } = await stage.call('owner', 'POST', '/api/keys', { workspace: WORKSPACE, body: { kind: 'write', name: 'story' } })
    await stage.cairn.directory.refresh()
    const sent = await fetch(`${stage.url}/api/events/log/batch`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${String(key['key'])}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ events: eventsOf(Date.now()) }),
    })
    expect(sent.status).toBe(200)

    // The answer follows each choice, and the address holds all of them.
    await page.goto(`/w/${WORKSPACE}/insights/new?range=7d`)
    await page.getByRole('button', { name: 'Add an annotation' }).click()
    await page.getByLabel('What', { exact: true }).fill('New prices')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Remove annotation: New prices' }).click()
    await page.getByRole('group', { name: 'Annotations of the range' }).getByText('New prices').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Funnel' }).click()
    await choose(page, 'Events of 1', 'price_viewed')
    await choose(page, 'Events of 2', 'quote_requested')
    await page.getByRole('button', { name: 'Add a step' }).click()
    await choose(page, 'Events of 3', 'order_placed')
    const reached = page.getByRole('table', { name: 'All figures' }).getByRole('row')
    await expect
      .poll(() => reached.allInnerTexts().then((rows) => rows.slice(1).map((row) => row.split(/\s*\t\s*/).slice(0, 3))))
      .toEqual([
        ['1. price_viewed', '3', '100%'],
        ['2. quote_requested', '2', '66.7%'],
        ['3. order_placed', '1', '33.3%'],
      ])
    // Who stopped is one press away, and as many as the figure says.
    await page.getByRole('button', { name: 'who stopped after price_viewed' }).click()
    const side = page.getByRole('dialog', { name: 'Behind the figure' })
    await side.getByText('1 people').waitFor()
    await side.getByRole('link', { name: 'cleo' }).waitFor()
    await page.keyboard.press('Escape')
    await side.waitFor({ state: 'detached' })
    await page.reload()
    await reached.nth(3).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Export' }).click()
    const [workbook] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Figures as XLSX' }).click()])
    expect([workbook.suggestedFilename(), (await readFile(await workbook.path())).subarray(0, 2).toString()]).toEqual(['funnel.xlsx', 'PK'])
    await addToBoard(page, 'Way to an order', 'Sales on one page')

    await page.getByRole('button', { name: 'Retention' }).click()
    await choose(page, 'Comes back with', 'price_viewed')
    const grid = page.getByRole('table', { name: 'Retention by cohort' })
    await expect.poll(() => grid.getByRole('row').filter({ hasText: '67%' }).count()).toBeGreaterThan(0)
    await addToBoard(page, 'Who comes back')

    await page.getByRole('button', { name: 'Paths' }).click()
    await page.locator('svg[data-chart] rect').first().waitFor()
    await addToBoard(page, 'What follows what')

    await page.getByRole('link', { name: 'Dashboards' }).click()
    await page.getByRole('link', { name: 'Sales on one page' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sales on one page' }).waitFor()
    await page.getByRole('button', { name: 'Arrange' }).click()
    const widgets = async (): Promise<Array<Record<string, unknown>>> => {
      const { body } = await stage.call('owner', 'GET', `/api/dashboards/${new URL(page.url()).pathname.split('/').at(-1)}`, { workspace: WORKSPACE })
      return body['widgets'] as Array<Record<string, unknown>>
    }
    const placeOf = async (title: string): Promise<unknown[]> => {
      const found = (await widgets()).find((widget) => widget['title'] === title)
      return ['x', 'y', 'w', 'h'].map((side) => found?.[side])
    }
    // By keyboard: one to the right and two wider; then by pointer, all the way down.
    const before = await placeOf('Way to an order')
    const mover = page.getByRole('button', { name: 'Move Way to an order' })
    await mover.focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('button', { name: 'Resize Way to an order' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const [x = 0, , w = 0, h] = before as number[]
    await expect.poll(() => placeOf('Way to an order')).toEqual([x + 1, 0, w + 2, h])
    const box = await mover.boundingBox()
    await page.mouse.move((box?.x ?? 0) + 10, (box?.y ?? 0) + 10)
    await page.mouse.down()
    await page.mouse.move((box?.x ?? 0) - 200, (box?.y ?? 0) + 10, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => placeOf('Way to an order')).toEqual([0, 0, w + 2, h])
    await page.getByRole('button', { name: 'Done arranging' }).click()

    // A widget is renamed where it stands, and its bars open who is behind them.
    await page.getByRole('button', { name: 'More: Way to an order' }).click()
    await page.getByRole('menuitem', { name: 'Change' }).click()
    await page.getByRole('dialog').getByLabel('Title').fill('From price to order')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('region', { name: 'From price to order' }).locator('svg[data-chart] g > g').first().click()
    await side.getByText('3 people').waitFor()
    await page.keyboard.press('Escape')
    await side.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    const link = await page.getByRole('dialog').getByRole('region', { name: 'Link' }).innerText()
    const stranger = await stage.open({ as: 'nobody' })
    await stranger.page.goto(link)
    await settled(stranger.page)
    await stranger.page.getByRole('heading', { level: 1, name: 'Sales on one page' }).waitFor()
    await stranger.page.getByRole('region', { name: 'From price to order' }).getByText('3. order_placed').first().waitFor()
    await stranger.page.getByRole('table', { name: 'Retention by cohort' }).getByText('67%').first().waitFor()
    await stranger.page.getByRole('region', { name: 'What follows what' }).locator('svg[data-chart] rect').first().waitFor()
    expect([it.faults, stranger.faults, stranger.asked.filter((asked) => !asked.includes('/api/shared/'))]).toEqual([[], [], []])
    await stranger.close()

    await page.goto(`/w/${WORKSPACE}/cohorts/new`)
    await page.getByLabel('Name').fill('Bought')
    await choose(page, 'Events', 'order_placed')
    await page.getByRole('button', { name: 'Save cohort' }).click()
    await page.getByRole('heading', { level: 1, name: 'Bought' }).waitFor()
    const count = page.getByText('belong to it and have events').locator('xpath=..')
    expect((await count.innerText()).split('\n').slice(0, 2)).toEqual(['People', '1'])
    await it.close()
  },
)
