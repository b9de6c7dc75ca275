import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { chromium, type Browser, type Page } from 'playwright-core'

const root = resolve(import.meta.dirname, '..')

/** The screens as the sources are now, as `npm start` would build them; does nothing where they are. */
export async function builtScreens(): Promise<string> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root })
  return resolve(root, 'dashboard/dist')
}

/** Of the machine's own Chromium; the smaller one where both are there. */
export function browserPath(): string {
  const found = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`).find(existsSync)
  if (!found) throw new Error('There is no Chromium on this machine; npm test installs one.')
  return found
}

export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser, and screens and clients built. */
export async function openBrowser(): Promise<Browser> {
  await builtScreens()
  return await chromium.launch({ executablePath: browserPath(), args: browserFlags })
}

/** A page that notes what went wrong in it: exceptions, errors of the console, and what the server's policy refused. */
export async function openPage(browser: Browser): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  return { page, errors }
}
