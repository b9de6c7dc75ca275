import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { desktop, EMPTY, phone, raiseStage, settled, type Stage } from './stage.ts'

/** A person's identity on their page: shown, merged and parted, and only looked at by a viewer. */
let stage: Stage
beforeAll(async () => {
  stage = await raiseStage({ demo: false })
  const tell = async (path: string, body: object): Promise<void> => {
    expect((await stage.call('owner', 'POST', path, { workspace: EMPTY, body })).status).toBe(200)
  }
  for (const ids of [{ user_id: 'ada' }, { anonymous_id: 'laptop' }, { user_id: 'ada@work' }]) await tell('/api/events/log', { event_type: 'seen', ...ids })
  await tell('/api/people/identify', { user_id: 'ada', anonymous_id: 'laptop', traits: { plan: 'pro' } })
}, 180_000)
afterAll(() => stage.close())

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run())
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
const isTooWide = (page: Page): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
const inEveryLight = async (page: Page): Promise<void> => {
  for (const [viewport, colorScheme] of [
    [desktop, 'light'],
    [phone, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await page.waitForFunction((scheme) => document.documentElement.dataset['mantineColorScheme'] === scheme, colorScheme)
    expect([await barriers(page), await isTooWide(page)]).toEqual([[], false])
  }
}

test('two users are merged after it is said what that does, parted after a question, and both stay in the history', async () => {
  const { page, faults, close } = await stage.open()
  await page.addInitScript(axe)
  await page.goto(`/w/${EMPTY}/people/laptop`)
  await settled(page)
  const identity = page.getByRole('region', { name: 'Identity' })
  await identity.getByText('ada', { exact: true }).waitFor()
  await identity.getByText('laptop', { exact: true }).waitFor()
  expect(await page.getByRole('region', { name: 'Timeline' }).getByRole('listitem').count()).toBe(2)

  await identity.getByRole('button', { name: 'Merge with another user' }).click()
  const dialog = page.getByRole('dialog')
  const field = dialog.getByLabel('User id of the other')
  const sure = dialog.getByRole('button', { name: 'Merge', exact: true })
  await field.fill('ada')
  await dialog.getByText('This id is this person already.').waitFor()
  expect(await sure.isDisabled()).toBe(true)
  await field.fill('ada@work')
  await inEveryLight(page)
  await sure.click()
  await identity.getByText('ada@work joined to ada').waitFor()
  await expect.poll(() => page.getByRole('region', { name: 'Timeline' }).getByRole('listitem').count()).toBe(3)

  await identity.getByText('History (2)').click()
  await identity.getByText('laptop was identified as ada').waitFor()
  await inEveryLight(page)
  await identity.getByRole('button', { name: 'Take merge back' }).click()
  await identity.getByRole('group', { name: 'Take merge back' }).getByRole('button', { name: 'Cancel' }).click()
  await identity.getByRole('button', { name: 'Take merge back' }).click()
  await identity.getByRole('group', { name: 'Take merge back' }).getByRole('button', { name: 'Take merge back' }).click()
  await identity.getByText(/taken back .* by ada@example\.com/).waitFor()
  await expect.poll(() => page.getByRole('region', { name: 'Timeline' }).getByRole('listitem').count()).toBe(2)
  await identity.getByText('History (3)').waitFor()
  expect(faults).toEqual([])
  await close()
})

test('a merge that is refused says so and stays open', async () => {
  const { page, faults, close } = await stage.open()
  await page.goto(`/w/${EMPTY}/people/ada`)
  await settled(page)
  await page.getByRole('button', { name: 'Merge with another user' }).click()
  await page.route('**/api/people/merge', (route) =>
    route.fulfill({ status: 503, json: { success: false, code: 'unavailable', message: 'The disk is full.' } }),
  )
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('User id of the other').fill('bob')
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click()
  await dialog.getByRole('alert').waitFor()
  expect(await dialog.getByLabel('User id of the other').inputValue()).toBe('bob')
  expect(faults.filter((fault) => !fault.includes('503'))).toEqual([])
  await close()
})

test('a viewer sees who somebody is, and changes nothing of it', async () => {
  const { page, close } = await stage.open({ as: 'viewer' })
  await page.goto(`/w/${EMPTY}/people/ada`)
  await settled(page)
  const identity = page.getByRole('region', { name: 'Identity' })
  await identity.getByText('laptop', { exact: true }).waitFor()
  expect(await identity.getByRole('button').count()).toBe(0)
  await close()
})
