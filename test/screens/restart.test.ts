import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { freePort, send, startServer, temporaryFolder, type Server } from '../server.ts'
import { ADMIN, openIn, settled, signIn } from './stage.ts'

/** A process of its own: it is killed. */
let browser: Browser
const folder = temporaryFolder()
let server: Server
let port: number
beforeAll(async () => {
  port = await freePort()
  ;[browser, server] = await Promise.all([openBrowser(), startServer({ dataDir: folder.path, port, env: ADMIN })])
}, 180_000)
afterAll(async () => {
  await browser.close()
  await server.stop()
  folder.remove()
})

test('a server that is stopped, and one that is killed, under steady sending: an open Live page shows every event once', async () => {
  const context = await browser.newContext({ baseURL: server.url })
  const { page } = await openIn(context)
  await page.goto('/sign-in')
  await signIn(page)
  await page.waitForURL('**/w/**')
  await page.goto('/w/default/live')
  await settled(page)

  const acknowledged: string[] = []
  let stopped = false
  const sending = (async () => {
    for (let i = 0; !stopped; i++) {
      const event_type = `steady_${String(i).padStart(4, '0')}`
      // As a tracker does: until it is acknowledged, under the same id.
      const event = { event_type, user_id: 'ada', event_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` }
      while (
        !(await send(server.url, '/api/events/log', event).then(
          ({ ok }) => ok,
          () => false,
        ))
      )
        await sleep(50)
      acknowledged.push(event_type)
      await sleep(50)
    }
  })()
  const restart = async (end: 'stop' | 'kill'): Promise<void> => {
    await sleep(1_500)
    await server[end]()
    server = await startServer({ dataDir: folder.path, port, env: ADMIN })
  }
  await restart('stop')
  await restart('kill')
  await sleep(1_500)
  stopped = true
  await sending

  const shown = (): Promise<string[]> =>
    page
      .locator('main tbody')
      .innerText()
      .then((text) => text.match(/steady_\d{4}/g) ?? [])
  const [last = ''] = acknowledged.slice(-1)
  await page.locator('main tbody').getByText(last).first().waitFor({ timeout: 60_000 })
  expect(acknowledged.length).toBeGreaterThan(20)
  expect((await shown()).toSorted()).toEqual(acknowledged)
  await context.close()
})
