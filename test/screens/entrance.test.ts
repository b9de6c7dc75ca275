import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn } from '../cairn.ts'
import { EMPTY, PASSWORD, openIn, people, raiseStage, settled, signIn, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await raiseStage({ demo: false })
}, 180_000)
afterAll(() => stage.close())

const refused = (status: number, path: string): string => `${status} POST ${path}`

describe('the first hour', () => {
  let fresh: TestCairn
  beforeAll(async () => {
    fresh = await startCairn()
  })
  afterAll(() => fresh.close())

  test('leads from the link of the start to the first own event, sent by the snippet, lighting up', async () => {
    const context = await stage.browser.newContext({ baseURL: fresh.url, timezoneId: 'Europe/Berlin', permissions: ['clipboard-read', 'clipboard-write'] })
    const { page, faults } = await openIn(context)
    await page.goto(`/setup#token=${fresh.setupToken}`)
    await page.getByLabel('Your name').fill('Ada Lovelace')
    await page.getByLabel('E-mail address').fill('ada@example.com')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('5 more characters are needed.').first().waitFor()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Name of the workspace').fill('Cairn & Sons')
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Europe/Berlin')
    await page.getByRole('button', { name: 'Finish setup' }).click()
    await page.waitForURL('**/start')
    await page.getByText('Waiting for your first event').first().waitFor()

    await page.getByRole('button', { name: /write key/i }).click()
    const snippet = page.getByRole('region', { name: /^Snippet/ }).first()
    await snippet.getByText('curl').first().waitFor()
    await expect.poll(() => snippet.innerText()).not.toContain('YOUR_WRITE_KEY')
    await promisify(execFile)('bash', ['-c', await snippet.innerText()])
    await page.getByText('Your first event arrived').waitFor({ timeout: 5_000 })
    expect(faults).toEqual([])

    // The link holds once, and there is no second first user.
    await page.goto(`/setup#token=${fresh.setupToken}`)
    await page.getByRole('heading', { level: 1, name: 'Cairn is set up already' }).waitFor()
    await context.close()
  })
})

describe('signing in', () => {
  test('leads to the page that was asked for, tells a wrong password, and never leaves this site', async () => {
    const opened = await stage.open({ as: 'nobody', apart: true })
    const { page, faults } = opened
    await page.goto(`/w/${EMPTY}/health?range=30d`)
    await page.waitForURL('**/sign-in?next=*')
    await signIn(page, undefined, 'a wrong password')
    await page.getByText('The e-mail address or the password is not right.').waitFor()
    await signIn(page)
    await page.waitForURL(`**/w/${EMPTY}/health?range=30d`)
    expect(faults.filter((fault) => !fault.endsWith('/api/account'))).toEqual([refused(401, '/api/auth/sign-in/email')])
    await opened.close()

    const lured = await stage.open({ as: 'nobody', apart: true })
    await lured.page.goto(`/sign-in?next=${encodeURIComponent('//evil.example/w')}`)
    await signIn(lured.page)
    await lured.page.waitForURL(`${stage.url}/w/**`)
    await lured.close()
  })

  test('waits after five wrong passwords, says how long, and lets in after that', async () => {
    const opened = await stage.open({ as: 'nobody', apart: true })
    const { page } = opened
    await page.goto('/sign-in')
    for (let i = 0; i < 5; i++) {
      const answer = page.waitForResponse('**/sign-in/email')
      await signIn(page, people.viewer.email, `wrong password ${i}`)
      await answer
    }
    // The sixth is not looked at, be it right or wrong.
    await page.reload()
    await signIn(page, people.viewer.email)
    await page.getByRole('alert').getByText('Too many tries').waitFor()
    await page.getByText(/You can try again in [01]:\d\d/).waitFor()
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true)
    stage.cairn.clock.advance(61_000)
    await page.reload()
    await signIn(page, people.viewer.email)
    await page.waitForURL('**/w/**')
    await opened.close()
  })

  test('again after the session has ended comes back to the same page', async () => {
    const opened = await stage.open({ as: 'nobody', apart: true })
    const { page } = opened
    await page.goto('/sign-in')
    await signIn(page)
    await page.waitForURL('**/w/**')
    const here = `/w/${EMPTY}/events?range=30d&event_type=project_created`
    await page.goto(here)
    await settled(page)
    await opened.context.clearCookies()
    await page.keyboard.press('d')
    await page.waitForURL('**/sign-in?next=*')
    await page.getByText('Your session has ended.').waitFor()
    await signIn(page)
    await page.waitForURL(`**/w/${EMPTY}/events?*`)
    const { searchParams } = new URL(page.url())
    expect([searchParams.get('event_type'), searchParams.get('range')]).toEqual(['project_created', 'today'])
    await opened.close()
  })

  test('out takes the session with it', async () => {
    const opened = await stage.open({ as: 'nobody', apart: true })
    const { page, context } = opened
    await page.goto('/sign-in')
    await signIn(page)
    await page.waitForURL('**/w/**')
    const before = await context.cookies()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    await context.addCookies(before)
    await page.goto(`/w/${EMPTY}/overview`)
    await page.waitForURL('**/sign-in?next=*')
    await opened.close()
  })
})

test('the address of a workspace of others shows what an address that does not exist shows, and the API answers the same', async () => {
  const { call, open } = stage
  const seen: string[] = []
  for (const slug of ['default', 'no-such-workspace']) {
    const opened = await open({ as: 'viewer' })
    await opened.page.goto(`/w/${slug}/events`)
    await settled(opened.page)
    seen.push(await opened.page.locator('body').innerText())
    expect(opened.asked).toEqual(['GET /api/account'])
    await opened.close()
  }
  expect(seen[0]).toContain('There is no such workspace, or you are not a member of it.')
  expect(seen[0]).toBe(seen[1])
  const [theirs, none] = await Promise.all(['default', 'no-such-workspace'].map((workspace) => call('viewer', 'GET', '/api/events', { workspace })))
  expect(theirs?.status).toBe(404)
  expect({ ...theirs?.body, request_id: '' }).toEqual({ ...none?.body, request_id: '' })
})
