import { afterAll, beforeAll, expect, test } from 'vitest'
import { EMPTY, raiseStage, settled, type Opened, type Stage } from './screens/stage.ts'

/** Settings → General, the part of trackers. */
let stage: Stage
beforeAll(async () => {
  stage = await raiseStage({ demo: false })
}, 180_000)
afterAll(() => stage.close())

const opened = async (as: 'owner' | 'viewer'): Promise<Opened> => {
  const it = await stage.open({ as })
  await it.page.goto(`/w/${EMPTY}/settings`)
  await settled(it.page)
  return it
}
const kept = async (): Promise<object> => (await stage.call('owner', 'GET', '/api/workspace', { workspace: EMPTY })).body

test('an admin changes what trackers are asked to do; what cannot be is said beside its field and not sent', async () => {
  const it = await opened('owner')
  const { page, faults } = it
  const trackers = page.getByRole('region', { name: 'Trackers' })
  const [share, rest] = [trackers.getByLabel('People whose events browsers send'), trackers.getByLabel('Rest until it tries again')]
  await expect.poll(() => share.inputValue()).toBe('100')
  await share.fill('7')
  await rest.fill('0')
  await trackers.getByText('A whole number from 1 to 86,400.').waitFor()
  expect(await trackers.getByRole('button', { name: 'Save' }).isEnabled()).toBe(false)
  await rest.fill('90')
  await trackers.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  expect(await kept()).toMatchObject({ sampling: 0.07, breaker: { budget_ms: 50, failures: 5, rest_ms: 90_000 } })
  await page.reload()
  await expect.poll(() => share.inputValue()).toBe('7')
  expect(faults).toEqual([])
  await it.close()
})

test('a viewer reads it', async () => {
  const it = await opened('viewer')
  const { page, faults } = it
  const trackers = page.getByRole('region', { name: 'Trackers' })
  expect(await trackers.getByRole('textbox').count()).toBe(0)
  expect(await trackers.innerText()).toMatch(/in percent\s+7\s[^]*seconds\s+90/)
  expect(faults).toEqual([])
  await it.close()
})
