import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

let cairn: TestCairn
let browser: Browser
beforeAll(async () => {
  cairn = await startCairn()
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
  browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
})
afterAll(async () => {
  await browser.close()
  await cairn.close()
})

async function openPage(w: TestWorkspace | undefined): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    // The 401 for a wrong key is shown to the user; the browser notes it as well.
    // Swagger UI sets a style of its own, which the policy blocks without harm.
    if (message.type() === 'error' && !/401|inline style/.test(message.text())) errors.push(message.text())
  })
  await page.goto(`${cairn.url}/${w ? `#key=${w.secretKey}` : ''}`)
  return { page, errors }
}

test('the first page waits for the first event, shows it within two seconds of its arrival, and counts it', async () => {
  const w = await cairn.workspace()
  const { page, errors } = await openPage(w)
  await page.getByRole('heading', { name: 'Waiting for your first event' }).waitFor()
  expect(page.url()).not.toContain(w.secretKey)
  await w.post('/api/events/log', { event_type: 'project_created', user_id: 'ada <b>', entity_type: 'project', entity_id: 7 })
  await page.getByRole('cell', { name: 'project_created' }).waitFor({ timeout: 4_000 })
  expect(await page.getByRole('row').nth(1).innerText()).toContain('ada <b>')
  expect(await page.locator('#total').innerText()).toBe('1')
  await page.getByText('Everything works').waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('a wrong key is refused in words, and a right one typed in shows the events', async () => {
  const w = await cairn.workspace()
  await w.post('/api/events/log', { event_type: 'typed_in', user_id: 'ada' })
  const { page, errors } = await openPage(undefined)
  await page.getByLabel('Secret key').fill('wrong_key_0123456789')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByText('The key is not known, or was revoked.').waitFor()
  await page.getByLabel('Secret key').fill(w.secretKey)
  await page.keyboard.press('Enter')
  await page.getByRole('cell', { name: 'typed_in' }).waitFor()
  await page.getByRole('button', { name: 'Use another key' }).click()
  await page.getByLabel('Secret key').waitFor()
  expect(errors).toEqual([])
  await page.context().close()
})

test('the API documentation is served whole, and the page allows no inline script', async () => {
  const { page, errors } = await openPage(undefined)
  await page.goto(`${cairn.url}/api/docs`)
  await page.getByText('/api/events/log/batch').first().waitFor()
  expect(errors).toEqual([])
  const response = await fetch(`${cairn.url}/`)
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(((await (await fetch(`${cairn.url}/api/openapi.json`)).json()) as { openapi: string }).openapi).toBe('3.1.0')
  await page.context().close()
})
