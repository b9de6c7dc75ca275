import { resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { TestWorkspace } from '../cairn.ts'
import type { Host } from './host.ts'

/** A page of the host with the tracker begun, as `window.tracker`, and what came of it. */
export interface Visit {
  page: Page
  context: BrowserContext
  /** Addresses that the page asked for, its own included. */
  requests: string[]
  /** What its console said, and what nobody caught. */
  said: string[]
  close: () => Promise<void>
}

/** How long something may take that takes tens of milliseconds on a machine with nothing else to do. */
export const PATIENCE = { timeout: 30_000, interval: 20 }

/** Where the clients are built. */
export const built = resolve(import.meta.dirname, '../../packages/dist')

/** In `window` of such a page: the tracker, and the names of all events that something listens for. */
export type TrackerWindow = typeof globalThis & { tracker: typeof import('@cairn/browser'); listened: Set<string> }

export interface Event {
  event_id: string
  event_type: string
  user_id?: string
  anonymous_id?: string
  session_id?: string
  entity_id?: string
  metadata?: Record<string, unknown>
  context: { page: { url: string; title: string; referrer: string } } & Record<string, unknown>
}

/** Events that reached the gate, in order; a repetition once. */
export function eventsOf({ sent }: Host): Event[] {
  const all = sent.flatMap((body) => (JSON.parse(body) as { events?: Event[] }).events ?? [])
  return [...new Map(all.map((event) => [event.event_id, event])).values()]
}
export const typesOf = (host: Host): string[] => eventsOf(host).map((event) => event.event_type)

/** The page as HTML: what it holds, and the tracker, begun where there are options. */
export const html = (host: Host, { writeKey }: TestWorkspace, options?: object, body = ''): string =>
  `<!doctype html><title>Host</title><link rel="icon" href="data:,">${body}<script type="module">
    import * as tracker from '/dist/browser/index.js'
    window.tracker = tracker
    ${options ? `tracker.init(${JSON.stringify({ writeKey, host: host.gate, interval: 50, ...options })})` : ''}
  </script>`

/** Opens the path in a context of its own, or in that of another visit. */
export async function visit(browser: Browser, address: string, { context, script }: { context?: BrowserContext; script?: () => void } = {}): Promise<Visit> {
  const own = context ?? (await browser.newContext({ viewport: { width: 1000, height: 600 } }))
  const page = await own.newPage()
  page.setDefaultTimeout(30_000)
  const requests: string[] = []
  const said: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(error.message))
  await page.addInitScript(noteListeners)
  if (script) await page.addInitScript(script)
  await page.goto(address)
  return { page, context: own, requests, said, close: () => own.close() }
}

function noteListeners(): void {
  const listened = new Set<string>()
  Object.defineProperty(globalThis, 'listened', { value: listened })
  const inherited = Object.getOwnPropertyDescriptor(EventTarget.prototype, 'addEventListener')?.value as EventTarget['addEventListener']
  EventTarget.prototype.addEventListener = function (...added: Parameters<EventTarget['addEventListener']>) {
    listened.add(added[0])
    inherited.apply(this, added)
  }
}

/** Resolves when all that the page has tracked so far has been answered. */
export const flushed = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const { tracker } = globalThis as TrackerWindow
    for (let i = 0; i < 100 && (i < 2 || tracker.queueSize() > 0); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      await tracker.flush()
    }
  })
