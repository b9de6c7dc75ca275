import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test, type ExpectStatic } from 'vitest'
import { browserFlags, browserPath, openBrowser } from '../browser.ts'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { openHost, type Host, type Mode } from './host.ts'

/**
 * Every event whose record was written arrives exactly once, whatever happens between the page and Cairn. Each test has a workspace, a way of
 * its own that it spoils, and pages of its own; the breaker rests for a second instead of a minute.
 */
let cairn: TestCairn
let browser: Browser
beforeAll(async () => {
  ;[cairn, browser] = await Promise.all([startCairn(), openBrowser()])
}, 180_000)
afterAll(async () => {
  await browser.close()
  await cairn.close()
})

interface Scene {
  workspace: TestWorkspace
  host: Host
  /** A context that has visited the host and so knows its breaker: the usual one rests for a minute after 50 ms of a busy machine. */
  visitor: () => Promise<BrowserContext>
  /** Opens the host's page in a context, with the tracker begun. */
  open: (context: BrowserContext, prepare?: (page: Page) => Promise<unknown>) => Promise<Page>
}

async function scene(): Promise<Scene> {
  const workspace = await cairn.workspace()
  await workspace.call('PATCH', '/api/workspace', { breaker: { budget_ms: 1_000, failures: 5, rest_ms: 1_000 } })
  await cairn.directory.refresh()
  const host = await openHost(cairn.url)
  const open: Scene['open'] = async (context, prepare) => {
    const page = await context.newPage()
    await prepare?.(page)
    await page.goto(host.url)
    await begin(page, host, workspace)
    return page
  }
  const visitor: Scene['visitor'] = async () => {
    const context = await browser.newContext()
    const page = await open(context)
    await learn(page, host, workspace)
    await page.close()
    return context
  }
  return { workspace, host, visitor, open }
}

interface Tracker {
  init(options: object): void
  track(type: string, options?: object): void
  queueSize(): number
  getSessionId(): string
}
type Window = typeof globalThis & { tracker: Tracker; faults: string[] }

const begin = (page: Page, host: Host, { writeKey }: TestWorkspace): Promise<void> =>
  page.evaluate(
    ([gate, key]) => {
      const own = globalThis as Window
      own.faults = []
      own.tracker.init({ writeKey: key, host: gate, interval: 200, onError: ({ code }: { code: string }) => own.faults.push(code) })
    },
    [host.gate, writeKey] as const,
  )

/** Tracks events `from` to `from + count`, in bursts of 50 with a pause, as a busy page would. */
const trackMany = (page: Page, from: number, count: number): Promise<void> =>
  page.evaluate(
    async ([first, many]) => {
      for (let n = first; n < first + many; n++) {
        ;(globalThis as Window).tracker.track('numbered', { metadata: { n } })
        if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    [from, count] as const,
  )

const drained = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => (globalThis as Window).tracker.queueSize() === 0, undefined, { timeout: 60_000, polling: 100 })
}

/** The settings of a workspace come with the first answer. A page that rests before it has one is loaded anew, which ends the rest. */
async function learn(page: Page, host: Host, workspace: TestWorkspace): Promise<void> {
  for (;;) {
    await page.evaluate(() => (globalThis as Window).tracker.track('first'))
    const isDrained = page.waitForFunction(() => (globalThis as Window).tracker.queueSize() === 0, undefined, { timeout: 10_000, polling: 100 })
    if (await isDrained.then(() => true).catch(() => false)) return
    await page.reload()
    await begin(page, host, workspace)
  }
}

/** Numbers that Cairn has, in order, each as often as it is there. */
async function arrived({ secretKey }: TestWorkspace): Promise<number[]> {
  const answer = await fetch(`${cairn.url}/api/events/export?event_type=numbered&format=jsonl`, { headers: { Authorization: `Bearer ${secretKey}` } })
  const lines = (await answer.text()).trim().split('\n').filter(Boolean)
  return lines.map((line) => (JSON.parse(line) as { event_metadata: { n: number } }).event_metadata.n).toSorted((a, b) => a - b)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

interface Ledger {
  total: { missing: number; received: number; gap: number }
  capture_rate: number
}

async function nothingMissing(expect: ExpectStatic, workspace: TestWorkspace, count: number): Promise<void> {
  expect(await arrived(workspace)).toEqual(upTo(count))
  const { total, capture_rate: rate } = await workspace.get<Ledger>('/api/ledger')
  expect({ missing: total.missing, gap: total.gap, rate }).toEqual({ missing: 0, gap: 0, rate: 1 })
}

describe.concurrent('over a bad way every event arrives exactly once', { timeout: 170_000 }, () => {
  test('10,000 events while the way is cut, slow, silent, refusing, lying, and loses answers', async ({ expect }) => {
    const { workspace, host, visitor, open } = await scene()
    const context = await visitor()
    const page = await open(context)
    const modes: Mode[] = ['pass', 'cut', 'lost', 'slow', 500, 503, 429, 'small', 'garbage', 'lost', 'cut', 502]
    const each = 840
    for (const [i, mode] of modes.entries()) {
      host.mode = mode
      await trackMany(page, i * each, each)
      await sleep(1_500)
      host.mode = 'pass'
      await drained(page)
    }
    await nothingMissing(expect, workspace, modes.length * each)
    // Whatever failed was the way: nothing was given up.
    expect(new Set(await page.evaluate(() => (globalThis as Window).faults))).toEqual(new Set(['unreachable']))
    await context.close()
    await host.close()
  })

  test('a page that is reloaded, closed, and opened again while nothing gets through', async ({ expect }) => {
    const { workspace, host, visitor, open } = await scene()
    const context = await visitor()
    host.mode = 'cut'
    const page = await open(context)
    await trackMany(page, 0, 100)
    await page.reload()
    await begin(page, host, workspace)
    await trackMany(page, 100, 100)
    const second = await open(context)
    await trackMany(second, 200, 100)
    await page.close()
    await second.close()
    host.mode = 'pass'
    const third = await open(context)
    await trackMany(third, 300, 100)
    await expect.poll(() => arrived(workspace), { timeout: 40_000, interval: 500 }).toEqual(upTo(400))
    await drained(third)
    await nothingMissing(expect, workspace, 400)
    await context.close()
    await host.close()
  })

  test('two tabs at once are one visitor in one session, and send nothing twice', async ({ expect }) => {
    const { workspace, host, visitor, open } = await scene()
    const context = await visitor()
    const first = await open(context)
    await trackMany(first, 0, 1)
    const tabs = [first, await open(context)]
    await Promise.all([trackMany(first, 1, 499), ...tabs.slice(1).map((tab) => trackMany(tab, 500, 500))])
    await Promise.all(tabs.map(drained))
    await nothingMissing(expect, workspace, 1_000)
    const { active_users: people, sessions } = await workspace.get<{ active_users: number; sessions: number }>('/api/events/analytics')
    expect({ people, sessions }).toEqual({ people: 1, sessions: 1 })
    const { total } = await workspace.get<{ total: { deduplicated: number } }>('/api/ledger')
    expect(total.deduplicated).toBe(0)
    await context.close()
    await host.close()
  })

  test('a page that goes away before a batch is full, and one that is frozen', async ({ expect }) => {
    const { workspace, host, visitor, open } = await scene()
    const context = await visitor()
    const page = await open(context)
    await page.evaluate(() => (globalThis as Window).tracker.track('numbered', { metadata: { n: 0 } }))
    await page.goto('about:blank')
    await expect.poll(() => arrived(workspace)).toEqual([0])
    const frozen = await open(context)
    const session = await context.newCDPSession(frozen)
    await frozen.evaluate(() => (globalThis as Window).tracker.track('numbered', { metadata: { n: 1 } }))
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await sleep(500)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await expect.poll(() => arrived(workspace)).toEqual([0, 1])
    await context.close()
    await host.close()
  })

  test('without storage memory has to do, and a clock that is an hour wrong is put right', async ({ expect }) => {
    const { workspace, host, open } = await scene()
    const context = await browser.newContext()
    const page = await open(context, (unready) =>
      unready.addInitScript(() => {
        for (const name of ['localStorage', 'indexedDB', 'sessionStorage'])
          Object.defineProperty(globalThis, name, {
            get: () => {
              throw new DOMException('denied', 'SecurityError')
            },
          })
        const Right = Date
        globalThis.Date = class extends Right {
          constructor(...given: [number]) {
            super(...((given.length > 0 ? given : [Right.now() + 3_600_000]) as [number]))
          }
          static override now = (): number => Right.now() + 3_600_000
        } as DateConstructor
      }),
    )
    await learn(page, host, workspace)
    host.mode = 503
    await trackMany(page, 0, 100)
    await sleep(500)
    host.mode = 'pass'
    await drained(page)
    await nothingMissing(expect, workspace, 100)
    const { events } = await workspace.get<{ events: Array<{ event_timestamp: string; received_at: string }> }>('/api/events?limit=1')
    expect(Math.abs(Date.parse(events[0]?.event_timestamp ?? '') - Date.now())).toBeLessThan(60_000)
    await context.close()
    await host.close()
  })

  test('of a tab that crashes it is known how far it had numbered', async ({ expect }) => {
    const { workspace, host, visitor, open } = await scene()
    const context = await visitor()
    host.mode = 'cut'
    const page = await open(context)
    let tracked = 0
    await page.exposeFunction('isTracked', (n: number) => {
      tracked = n + 1
    })
    // The spool is out of order, so all of it is lost.
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError')
      }
    })
    void page
      .evaluate(async () => {
        const own = globalThis as Window & { isTracked(n: number): Promise<void> }
        for (let n = 0; ; n++) {
          own.tracker.track('numbered', { metadata: { n } })
          await own.isTracked(n)
        }
      })
      .catch(() => undefined)
    await expect.poll(() => tracked).toBeGreaterThan(20)
    const session = await context.newCDPSession(page)
    await Promise.race([session.send('Page.crash').catch(() => undefined), sleep(2_000)])
    host.mode = 'pass'
    const next = await open(context)
    await trackMany(next, 100_000, 1)
    await drained(next)
    await expect.poll(async () => (await workspace.get<Ledger>('/api/ledger')).total.missing).toBeGreaterThanOrEqual(tracked)
    const { total } = await workspace.get<Ledger>('/api/ledger')
    expect(total.missing).toBeLessThanOrEqual(tracked + 1)
    await context.close()
    await host.close()
  })

  test('a browser that is killed again and again loses nothing that was written', async ({ expect }) => {
    const { workspace, host } = await scene()
    const folder = mkdtempSync(join(tmpdir(), 'cairn-browser-'))
    const written = new Set<number>()
    // A visit that ends well: from now on the browser knows the workspace's breaker.
    const first = await startBrowser(folder)
    const visit = await watchedPage(first.context, written)
    await visit.goto(host.url)
    await begin(visit, host, workspace)
    await learn(visit, host, workspace)
    await first.close()
    let next = 0
    host.mode = 'cut'
    for (let kill = 0; kill < 4; kill++) {
      const killed = await startBrowser(folder)
      const page = await watchedPage(killed.context, written)
      await page.goto(host.url)
      await begin(page, host, workspace)
      const from = next
      void page
        .evaluate(async (first) => {
          for (let n = first; ; n++) {
            ;(globalThis as Window).tracker.track('numbered', { metadata: { n } })
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        }, from)
        .catch(() => undefined)
      await sleep(400 + Math.random() * 400)
      // A later life begins where nothing of this one can be.
      next = from + 1_000
      await killed.kill()
    }
    host.mode = 'pass'
    const last = await startBrowser(folder)
    const page = await watchedPage(last.context, written)
    await page.goto(host.url)
    await begin(page, host, workspace)
    await trackMany(page, next, 10)
    for (let n = next; n < next + 10; n++) written.add(n)
    await expect
      .poll(async () => (await arrived(workspace)).length, { timeout: 90_000, interval: 500, message: 'all that was written' })
      .toBeGreaterThanOrEqual(written.size)
    await drained(page)
    const numbers = await arrived(workspace)
    expect(new Set(numbers).size).toBe(numbers.length)
    const there = new Set(numbers)
    expect([...written].filter((n) => !there.has(n))).toEqual([])
    expect(written.size).toBeGreaterThan(100)
    await last.kill()
    rmSync(folder, { recursive: true, force: true })
    await host.close()
  })
})

interface Started {
  context: BrowserContext
  /** As somebody does who closes its last window. */
  close(): Promise<void>
  /** All of its processes, as kill -9 of the browser and its children does. */
  kill(): Promise<void>
}

async function startBrowser(folder: string): Promise<Started> {
  const child: ChildProcess = spawn(browserPath(), [...browserFlags, '--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /ws:\/\/\S+/.exec(said)
      if (found) resolve(found[0])
    })
    child.on('exit', () => reject(new Error(`the browser ended: ${said}`)))
  })
  const connected = await chromium.connectOverCDP(address)
  const [context] = connected.contexts()
  if (!context) throw new Error('no context')
  const ended = new Promise((resolve) => child.on('exit', resolve))
  const end = async (how: () => unknown): Promise<void> => {
    await how()
    await ended
    await connected.close().catch(() => undefined)
  }
  return {
    context,
    close: () => end(async () => (await connected.newBrowserCDPSession()).send('Browser.close').catch(() => undefined)),
    kill: () => end(() => process.kill(-(child.pid ?? 0), 'SIGKILL')),
  }
}

/** A page that says of each number when the transaction that holds it is complete. */
async function watchedPage(context: BrowserContext, written: Set<number>): Promise<Page> {
  const page = await context.newPage()
  await page.exposeFunction('isWritten', (numbers: number[]) => {
    for (const n of numbers) written.add(n)
  })
  await page.addInitScript(() => {
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')?.value as (...args: unknown[]) => IDBRequest<IDBValidKey>
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args: unknown[]) {
      const [{ parcels }] = args as [{ parcels: [number, string][] }]
      const numbers = parcels.flatMap(([, text]) => (JSON.parse(text) as { metadata?: { n: number } }).metadata?.n ?? [])
      this.transaction.addEventListener('complete', () => (globalThis as unknown as { isWritten(numbers: number[]): void }).isWritten(numbers))
      return Reflect.apply(put, this, args) as IDBRequest<IDBValidKey>
    }
  })
  return page
}
