import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, freePort, read, send, startServer, temporaryFolder, type Server } from '../server.ts'
import { openBrowser } from '../browser.ts'
import { ADMIN, openIn, settled, signIn } from './stage.ts'

/** The way in takes a million events, and the list of them is one that can be worked with. `npm run bench -- screens` has the figures. */
const EVENTS = 1_000_000
const BATCH = 1_000
const DAY_MS = 86_400_000
const folder = temporaryFolder()
let server: Server
beforeAll(async () => {
  server = await startServer({ dataDir: folder.path, port: await freePort(), env: ADMIN })
  const began = Date.now() - 6 * DAY_MS
  const batch = (first: number): object => ({
    events: Array.from({ length: BATCH }, (_, i) => {
      const n = first + i
      return {
        event_type: n % 5_000 === 0 ? 'one_in_5000' : `type_${n % 20}`,
        user_id: `user_${n % 9_973}`,
        event_timestamp: new Date(began + Math.floor((n / EVENTS) * 6 * DAY_MS)).toISOString(),
        event_metadata: { number: n },
      }
    }),
  })
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < EVENTS) {
      const first = next
      next += BATCH
      const { ok, status } = await send(server.url, '/api/events/log/batch', batch(first))
      if (!ok) throw new Error(`the batch from ${first} was answered ${status}`)
    }
  }
  await Promise.all([sender(), sender(), sender()])
  // What is sent as fast as it is taken is acknowledged before it is loaded; a read says so then, by its header.
  await eventually(
    () => read<{ total: { pending: number } }>(server.url, '/api/ledger?by=total'),
    ({ total }) => total.pending === 0,
    60_000,
  )
}, 240_000)
afterAll(async () => {
  await server.stop()
  folder.remove()
})

const frame = (page: Page) => page.getByRole('region', { name: 'Events, newest first' })
/** Numbers of the rows in sight, top down; 'blank' for one that is not there yet. */
const inSight = (page: Page): Promise<string[]> =>
  frame(page).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    const rows = [...element.querySelectorAll('tbody tr:not([aria-hidden])')].filter(
      (row) => row.getBoundingClientRect().bottom > top + 40 && row.getBoundingClientRect().top < bottom,
    )
    return rows.map((row) => /number\s*(\d+)/.exec((row as HTMLElement).innerText)?.[1] ?? 'blank')
  })

test(
  'a list of a million events: rows at once, no hole and no growth after many pages, a filter that answers, and the way to any moment',
  { timeout: 180_000 },
  async () => {
    expect((await read<{ total_events: number }>(server.url, '/api/events/analytics?days=8')).total_events).toBe(EVENTS)
    const browser = await openBrowser()
    const { page, faults } = await openIn(await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 900 }, locale: 'en-GB' }))
    await page.goto('/sign-in')
    await signIn(page)
    await page.waitForURL('**/w/**')
    await page.goto('/w/default/events?range=7d')
    await settled(page)
    await page.getByText('1,000,000 events').waitFor()
    expect((await inSight(page))[0]).toBe(String(EVENTS - 1))

    // To the end of what it has, again and again, over 25 pages of 200.
    let most = 0
    do {
      await frame(page).evaluate((element) => (element.scrollTop = element.scrollHeight))
      await expect.poll(() => inSight(page), { timeout: 10_000, interval: 25 }).not.toContain('blank')
      most = Math.max(most, await page.evaluate(() => document.querySelectorAll('*').length))
    } while (Number((await inSight(page))[0]) > EVENTS - 5_000)
    const deep = (await inSight(page)).map(Number)
    // Without a hole: each row is the one before it.
    expect(deep).toEqual(deep.map((_, i) => (deep[0] ?? 0) - i))
    expect(most).toBeLessThan(3_000)

    // Back over pages that were let go.
    await frame(page).evaluate((element) => (element.scrollTop = element.scrollHeight / 3))
    await expect.poll(() => inSight(page), { timeout: 10_000, interval: 25 }).not.toContain('blank')

    await page.getByLabel('Value').fill('one_in_5000')
    await page.keyboard.press('Enter')
    await page.getByText('200 events').waitFor()
    await settled(page)
    expect((await inSight(page)).every((n) => Number(n) % 5_000 === 0)).toBe(true)
    expect(faults.filter((fault) => !fault.startsWith('401 '))).toEqual([])
    await browser.close()
  },
)
