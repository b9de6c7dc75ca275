import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { phone, raiseStage, type Stage } from './stage.ts'
import { cases, show, unintended, worldOf, type World } from './table.ts'

let stage: Stage
let world: World
beforeAll(async () => {
  stage = await raiseStage()
  world = await worldOf(stage)
}, 180_000)
afterAll(() => stage.close())

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What a reader with a screen reader, a keyboard or weak eyes would stumble over, in one line each. */
async function barriers(page: Page): Promise<string[]> {
  const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run())
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary?.replace(/\s+/g, ' ')}`).join(' | ')}`)
}

/** What stands out of the page to the right, where the page scrolls sideways. */
const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    return [
      `the page is ${scrollWidth} wide`,
      ...[...document.querySelectorAll('body *')]
        .filter((e) => e.getBoundingClientRect().right > clientWidth + 1)
        .slice(-3)
        .map((e) => e.outerHTML.slice(0, 120)),
    ]
  })

describe.concurrent('a screen has a title, no fault, no barrier and nothing wider than the window', { timeout: 120_000 }, () => {
  test.for(cases)('$row.name, $state', async (it, { expect }) => {
    const opened = await stage.open({ as: it.row.as ?? 'owner' })
    const { page, faults } = opened
    try {
      // Through the debugger's door, which the page's policy does not hold for; the page itself runs under it.
      await page.addInitScript(axe)
      await show(page, it, world)
      expect.soft(await page.getByRole('heading', { level: 1 }).first().innerText()).toMatch(it.row.title)
      expect.soft(await page.title()).toContain('Cairn')
      expect.soft([await barriers(page), await tooWide(page)], 'light, 1280').toEqual([[], []])
      await page.setViewportSize(phone)
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.waitForFunction(() => document.documentElement.dataset['mantineColorScheme'] === 'dark')
      // The states of a screen have the same parts everywhere: in the dark one screen stands for all.
      const isLookedAt = it.state === 'full' || it.row.name === 'health'
      expect.soft([isLookedAt ? await barriers(page) : [], await tooWide(page)], 'dark, 390').toEqual([[], []])
      expect.soft(unintended(it, faults)).toEqual([])
    } finally {
      await opened.close()
    }
  })
})
