import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { freePort, temporaryFolder } from '../server.ts'

/**
 * What somebody new meets: clone, `npm start`, the link, an account, the snippet, the first own event on the screen. Once with nothing of
 * npm's on the machine, once with npm's cache warm. Prints the seconds and the megabytes; the clone is of what is committed.
 */
const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const MINUTE = 60_000

let browser: Browser
const folder = temporaryFolder()
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  folder.remove()
})

const bytesBelow = (path: string): number =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const file = statSync(join(path, name), { throwIfNoEntry: false })
    return file?.isFile() ? sum + file.size : sum
  }, 0)
const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`
const cache = join(folder.path, 'npm-cache')
const cached = (): number => {
  try {
    return bytesBelow(join(cache, '_cacache', 'content-v2'))
  } catch {
    return 0
  }
}

/** As the user's own shell has it (certificates and proxies too), without what the launchers of this test have set. */
const ownEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|CAIRN_|TEST_|LAUNCHER_|VITEST|INIT_CWD$|NODE_ENV$|NODE_COMPILE_CACHE$|NODE$)/.test(name)),
  )

async function firstEvent(name: string): Promise<{ seconds: number; downloaded: number; installed: number }> {
  const before = cached()
  const clone = join(folder.path, name)
  const began = performance.now()
  await run('git', ['clone', '--quiet', '--no-hardlinks', root, clone])
  const port = await freePort()
  const started = spawn('npm', ['start'], {
    cwd: clone,
    env: { ...ownEnvironment(), PORT: String(port), npm_config_cache: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = once(started, 'exit')
  let printed = ''
  const link = new Promise<string>((found, failed) => {
    const listen = (data: Buffer): void => {
      printed += data.toString()
      const url = /http:\/\/\S+\/setup#token=\S+/.exec(printed)?.[0]
      if (url !== undefined) found(url)
    }
    started.stdout.on('data', listen)
    started.stderr.on('data', listen)
    void exited.then(() => failed(new Error(`npm start ended:\n${printed}`)))
  })
  try {
    const url = await link
    const ready = performance.now()
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByLabel('Your name').fill('Ada Lovelace')
    await page.getByLabel('E-mail address').fill('ada@example.com')
    await page.getByLabel('Password', { exact: true }).fill('a long enough password')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Name of the workspace').fill('Example')
    await page.getByRole('button', { name: 'Finish setup' }).click()
    await page.getByRole('button', { name: /write key/i }).click()
    const snippet = page.getByRole('region', { name: /^Snippet/ }).first()
    await expect.poll(() => snippet.innerText()).toMatch(/curl[^]*cw_/)
    await run('bash', ['-c', await snippet.innerText()])
    await page.getByText('Your first event arrived').waitFor()
    const seconds = (performance.now() - began) / 1_000
    await page.close()
    const downloaded = cached() - before
    const installed = bytesBelow(join(clone, 'node_modules'))
    console.log(
      `${name}: first own event on the screen ${seconds.toFixed(1)} s after "git clone" (${((ready - began) / 1_000).toFixed(1)} s of them until the link); downloaded ${megabytes(downloaded)}, installed ${megabytes(installed)}`,
    )
    return { seconds, downloaded, installed }
  } finally {
    if (started.pid !== undefined && started.exitCode === null) process.kill(-started.pid, 'SIGTERM')
    await exited
  }
}

test('from a fresh clone to the first own event takes at most 10 minutes on a cold machine', { timeout: 20 * MINUTE }, async () => {
  const { seconds, downloaded } = await firstEvent('cold')
  expect(downloaded).toBeGreaterThan(0)
  expect(seconds).toBeLessThan(10 * 60)
})

test('and at most 2 minutes where npm has the packages already', { timeout: 20 * MINUTE }, async () => {
  const { seconds, downloaded } = await firstEvent('warm')
  expect(downloaded).toBe(0)
  expect(seconds).toBeLessThan(2 * 60)
})
