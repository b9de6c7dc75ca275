import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { phone, raiseStage, type Stage } from './stage.ts'
import { cases, show, unintended, worldOf, type World } from './table.ts'
import { walk } from './walk.ts'

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

/** As long as a screen might still find something to ask. */
const QUIET_MS = 700

/** What was asked for so far, in alphabetical order; how the server is, is asked again every few seconds. */
const questions = (asked: readonly string[], { person, task, insight, board, cohort }: World): string[] =>
  asked
    .filter((request, i) => request !== 'GET /api/health' || asked.indexOf(request) === i)
    .map((request) =>
      request.replace('GET ', '').replace(encodeURIComponent(person), '').replace(task, '').replace(insight, '').replace(board, '').replace(cohort, ''),
    )
    .toSorted()

describe.concurrent(
  'a screen has a title, no fault, no barrier and nothing wider than the window; full of data it asks for what it shows, once, and Tab comes to every control',
  { timeout: 240_000 },
  () => {
    test.for(cases)('$row.name, $state', async (it, { expect }) => {
      const opened = await stage.open({ as: it.row.as ?? 'owner' })
      const { page, faults, asked } = opened
      const isFull = it.state === 'full'
      try {
        // Through the debugger's door, which the page's policy does not hold for; the page itself runs under it.
        await page.addInitScript(axe)
        // Time stands for the page, so that no answer grows old on a slow machine; timers run.
        await page.addInitScript((now) => {
          Date.now = () => now
        }, Date.now())
        await show(page, it, world)
        expect.soft(await page.getByRole('heading', { level: 1 }).first().innerText()).toMatch(it.row.title)
        expect.soft(await page.title()).toContain('Cairn')
        const [found] = await Promise.all([barriers(page), isFull && sleep(QUIET_MS)])
        expect.soft([found, await tooWide(page)], 'light, 1280').toEqual([[], []])
        if (isFull && it.row.asks) await expect.poll(() => questions(asked, world)).toEqual(['/api/account', ...it.row.asks].toSorted())
        if (isFull) expect.soft(await walk(page)).toEqual({ missed: [], unseen: [] })
        await page.setViewportSize(phone)
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.waitForFunction(() => document.documentElement.dataset['mantineColorScheme'] === 'dark')
        // The states of a screen have the same parts everywhere: in the dark one screen stands for all.
        const isLookedAt = isFull || it.row.name === 'health'
        expect.soft([isLookedAt ? await barriers(page) : [], await tooWide(page)], 'dark, 390').toEqual([[], []])
        expect.soft(unintended(it, faults)).toEqual([])
      } finally {
        await opened.close()
      }
    })
  },
)
