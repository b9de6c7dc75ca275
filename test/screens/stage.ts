import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Response } from 'playwright-core'
import type { Role } from '@cairn/wire/roles'
import { openBrowser } from '../browser.ts'
import { ask, startCairn, type TestCairn } from '../cairn.ts'

/**
 * A Cairn with people, a workspace full of the demo's month and one without anything, and a browser to look at it. Everybody and everything is
 * made through the front door: the first user by the link of the start, the others by invitations, the demo by its button's request.
 */
export interface Stage {
  cairn: TestCairn
  url: string
  browser: Browser
  /** Signed in already; `nobody` is not. Owner and viewer are members of both workspaces. */
  open(options?: OpenOptions): Promise<Opened>
  /** As somebody signed in asks, without a browser. */
  call(as: Who, method: string, path: string, options?: { workspace?: string; body?: unknown }): Promise<{ status: number; body: Record<string, unknown> }>
  close(): Promise<void>
}

export type Who = 'owner' | 'viewer' | 'nobody'
export interface OpenOptions extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme'> {
  as?: Who
  /** In a browser context of its own, with nothing cached or kept; else pages of one person share one, as the tabs of a browser do. */
  apart?: boolean
  /** Of the browser; needs `apart`. */
  locale?: string
}

export interface Opened {
  page: Page
  context: BrowserContext
  /** Exceptions, errors of the console, refusals of the policy, and answers that were none; what a test brings about it takes out. */
  faults: string[]
  /** `GET /api/…` of everything the page asked the API for since it was opened. */
  asked: string[]
  close(): Promise<void>
}

export const PASSWORD = 'a long enough password'
export const people = { owner: { name: 'Ada Lovelace', email: 'ada@example.com' }, viewer: { name: 'Charles Babbage', email: 'charles@example.com' } } as const
export const EMPTY = 'empty'
export const DEMO = 'demo'

export const desktop = { width: 1280, height: 900 } as const
export const phone = { width: 390, height: 844 } as const

/** `demo`: whether to fill that workspace, which takes some seconds. */
export async function raiseStage({ demo = true }: { demo?: boolean } = {}): Promise<Stage> {
  const [cairn, browser] = await Promise.all([startCairn(), openBrowser()])
  const { url } = cairn
  const cookies: Record<Who, string> = { owner: '', viewer: '', nobody: '' }
  const call: Stage['call'] = async (as, method, path, { workspace, body } = {}) => {
    const {
      status,
      body: answer,
      headers,
    } = await ask(url + path, {
      method,
      headers: {
        Origin: url,
        ...(cookies[as] === '' ? {} : { Cookie: cookies[as] }),
        ...(workspace === undefined ? {} : { 'X-Cairn-Workspace': workspace }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const session = headers.getSetCookie().find((line) => line.includes('session'))
    if (session !== undefined && as !== 'nobody') cookies[as] = session.split(';')[0] ?? ''
    return { status, body: answer }
  }
  const must = async (...asked: Parameters<Stage['call']>): Promise<Record<string, unknown>> => {
    const { status, body } = await call(...asked)
    if (status !== 200) throw new Error(`${asked[1]} ${asked[2]} answered ${status}: ${JSON.stringify(body)}`)
    return body
  }
  const invite = async (workspace: string, role: Role, who: 'viewer'): Promise<void> => {
    const { url: link } = await must('owner', 'POST', '/api/invitations', { workspace, body: { role, email: people[who].email } })
    const token = String(link).split('token=')[1]
    await must(who, 'POST', '/api/invitations/accept', { body: { token, ...(cookies[who] === '' ? { ...people[who], password: PASSWORD } : {}) } })
  }

  await must('owner', 'POST', '/api/setup', {
    body: { token: cairn.setupToken, ...people.owner, password: PASSWORD, workspace_name: 'Example', timezone: 'Europe/Berlin' },
  })
  await must('owner', 'POST', '/api/workspaces', { body: { name: 'Nothing yet', slug: EMPTY, timezone: 'Europe/Berlin' } })
  await cairn.directory.refresh()
  await invite(EMPTY, 'viewer', 'viewer')
  if (demo) {
    await must('owner', 'POST', '/api/demo', { body: {} })
    // A machine that is busy may let somebody wait for the catalog for too long.
    for (let state: unknown = 'loading'; state === 'loading'; await sleep(100)) {
      const { status, body } = await call('owner', 'GET', '/api/demo')
      if (status !== 503) state = body['state']
    }
    await invite(DEMO, 'viewer', 'viewer')
  }

  const contextOf = async (as: Who, locale = 'en-GB'): Promise<BrowserContext> => {
    const context = await browser.newContext({ locale, timezoneId: 'Europe/Berlin', baseURL: url, reducedMotion: 'reduce' })
    const [name = '', value = ''] = cookies[as].split('=')
    if (value !== '') await context.addCookies([{ name, value: value, url, httpOnly: true, sameSite: 'Lax' }])
    return context
  }
  const shared = new Map<Who, Promise<BrowserContext>>()
  const open: Stage['open'] = async ({ as = 'owner', viewport = desktop, colorScheme = 'light', apart = false, locale } = {}) => {
    if (!apart && !shared.has(as)) shared.set(as, contextOf(as))
    const context = (apart ? undefined : await shared.get(as)) ?? (await contextOf(as, locale))
    const opened = await openIn(context)
    if (viewport) await opened.page.setViewportSize(viewport)
    await opened.page.emulateMedia({ colorScheme: colorScheme ?? 'light' })
    return { ...opened, close: () => (apart ? context.close() : opened.page.close()) }
  }
  const close = async (): Promise<void> => {
    await browser.close()
    await cairn.close()
  }
  return { cairn, url, browser, open, call, close }
}

/** The first user of a process of its own, by its environment. */
export const ADMIN = { CAIRN_ADMIN_EMAIL: people.owner.email, CAIRN_ADMIN_PASSWORD: PASSWORD } as const

export async function signIn(page: Page, email: string = people.owner.email, password: string = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A page of a context, that notes what it asks and what goes wrong in it. */
export async function openIn(context: BrowserContext): Promise<Omit<Opened, 'close'>> {
  const page = await context.newPage()
  page.setDefaultTimeout(90_000)
  const faults: string[] = []
  const asked: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // A refused answer is noted below, with its address.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/')) asked.push(`${request.method()} ${pathname}`)
  })
  page.on('response', (response: Response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // What a page gives up itself, such as a question that it has replaced by another.
    if (reason !== 'net::ERR_ABORTED') faults.push(`${reason} ${request.method()} ${new URL(request.url()).pathname}`)
  })
  return { page, context, faults, asked }
}

/** Has its title, and nothing that it waits for. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('main :is([role=status][aria-label=Loading], [aria-busy=true], [data-loading=true])').first().waitFor({ state: 'detached' })
}
