import { mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { desktop, phone, raiseStage, type Stage } from './stage.ts'
import { cases, rows, show, unintended, worldOf, type Case, type World } from './table.ts'

/**
 * Pictures of the screens, of the same states as the tests look at: `npm run screens [-- name …] [--out folder] [--locale de] [--readme]`.
 * Each is taken as somebody sees it who opens its address, from the first line to the last.
 */
const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: 'screens' }, locale: { type: 'string' }, readme: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const root = resolve(import.meta.dirname, '../..')
const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [desktop, phone].map((viewport) => ({ colorScheme, viewport })))
type Look = (typeof looks)[number]
/** More pages at once only wait for each other on a small machine. */
const AT_ONCE = 3
/** What moves in when a screen opens has come to rest. */
const REST_MS = 400
/** A list of everything that was ever changed has no end. */
const HIGHEST = 4_000
/** A page of the README loads it with everything else. */
const README_BYTES = 250 * 1_024

const unknown = positionals.filter((name) => !rows.some((row) => row.name === name))
if (unknown.length > 0) {
  console.error(`No such screen: ${unknown.join(', ')}. There are: ${rows.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

async function take(stage: Stage, { row, state }: Case, look: Look, world: World, path: string, whole: boolean): Promise<void> {
  const it = await stage.open({ as: row.as ?? 'owner', ...look, ...(values.locale === undefined ? {} : { apart: true, locale: values.locale }) })
  try {
    await show(it.page, { row, state }, world)
    if (whole) await it.page.setViewportSize({ ...look.viewport, height: await heightOf(it.page, look.viewport.height) })
    await it.page.waitForTimeout(REST_MS)
    await it.page.screenshot({ path })
    const faults = unintended({ row, state }, it.faults)
    if (faults.length > 0) console.log(`  ${path}: ${faults.join('; ')}`)
  } catch (error) {
    console.log(`  ${path}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    process.exitCode = 1
    await it.page.screenshot({ path }).catch(() => undefined)
  } finally {
    await it.close()
  }
}

/** A window as high as the page: what is fixed to the window's edges stands where it belongs. */
async function heightOf(page: Page, least: number): Promise<number> {
  const { height } = (await page.locator('body').boundingBox()) ?? { height: least }
  return Math.ceil(Math.min(Math.max(height, least), HIGHEST))
}

const stage = await raiseStage()
try {
  const world = await worldOf(stage)
  const [overview] = rows.filter(({ name }) => name === 'overview')
  if (values.readme && overview) {
    const path = join(root, 'docs/overview.png')
    await take(stage, { row: overview, state: 'full' }, { viewport: desktop, colorScheme: 'light' }, world, path, false)
    const { size } = statSync(path)
    console.log(`${path}, ${Math.ceil(size / 1_024)} KB`)
    if (size > README_BYTES) throw new Error(`The picture of the README is over ${README_BYTES / 1_024} KB.`)
  } else {
    const folder = resolve(root, values.out)
    mkdirSync(folder, { recursive: true })
    // How the other states come about is found by English words.
    const asked = cases.filter(
      ({ row, state }) => (positionals.length === 0 || positionals.includes(row.name)) && (values.locale === undefined || state === 'full'),
    )
    const todo = asked.flatMap((it) => looks.map((look) => ({ it, look })))
    const takeNext = async (): Promise<void> => {
      for (let next = todo.shift(); next; next = todo.shift()) {
        const { it, look } = next
        const name = `${it.row.name}-${it.state}-${look.viewport.width}-${look.colorScheme}.png`
        await take(stage, it, look, world, join(folder, name), true)
      }
    }
    const all = todo.length
    await Promise.all(Array.from({ length: AT_ONCE }, takeNext))
    console.log(`${all} pictures in ${folder}`)
  }
} finally {
  await stage.close()
}
