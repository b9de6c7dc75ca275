import type { Browser } from 'playwright-core'
import type { TestCairn, TestWorkspace } from '../../test/cairn.ts'
import { openHost } from '../../test/tracker/host.ts'

/**
 * What `track` costs the page that calls it, and how soon an event is in IndexedDB. The page is cross-origin isolated, where the clock has steps of
 * 5 µs. Chromium slows a page down by stopping its thread again and again, for longer than a call takes; `control` is a computation of the length of
 * one call, measured in the same turns, and says how much of the slow calls is that.
 */
export interface Calls {
  /** Microseconds: p50, p95, p99. */
  call: number[]
  /** The call and what follows in the same turn: the record for IndexedDB, the mark in localStorage. */
  turn: number[]
  control: number[]
  /** Milliseconds from the call to the completed transaction: p50, p99. */
  kept: number[]
  /** Long tasks of all these calls, in milliseconds each. */
  longTasks: number[]
  /** A thousand calls in one loop under the usual breaker, in milliseconds; the long tasks from then on, and how many of the thousand arrived. */
  loop: number
  loopLongTasks: number[]
  arrived: number
}

export const COUNT = 2_000

const page = `
  globalThis.long = []
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) long.push(Math.round(duration)) }).observe({ type: 'longtask' })
  globalThis.called = new Map()
  globalThis.kept = []
  const { put } = IDBObjectStore.prototype
  IDBObjectStore.prototype.put = function (value, key) {
    const numbers = value.parcels.map(([, text]) => JSON.parse(text).metadata.n)
    this.transaction.addEventListener('complete', () => {
      const at = performance.now()
      for (const n of numbers) if (called.has(n)) kept.push(at - called.get(n))
    })
    return put.call(this, value, key)
  }`

/** Two calls a frame, each in a turn of its own, and as many of the control. */
const spaced = `(async () => {
  const percentiles = (values, ...shares) => shares.map((share) => Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] * 1_000))
  const { port1, port2 } = new MessageChannel()
  const turn = () => new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(0) })
  const spin = (rounds) => { let x = 0; for (let i = 0; i < rounds; i++) x = (x * 31 + i) | 0; return x }
  const figures = { call: [], turn: [], control: [] }
  for (let n = 0; n < ${COUNT}; n++) {
    if (n % 2 === 0) await new Promise(requestAnimationFrame)
    await turn()
    const began = performance.now()
    tracker.track('task_viewed', { entityType: 'task', entityId: n, metadata: { n, project: 'Website', filter: 'mine' } })
    const called = performance.now()
    for (let i = 0; i < 8; i++) await undefined
    const ended = performance.now()
    globalThis.called.set(n, began)
    figures.call.push(called - began)
    figures.turn.push(ended - began)
    await turn()
    const from = performance.now()
    spin(5_000)
    figures.control.push(performance.now() - from)
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  const all = Object.entries(figures).map(([name, values]) => [name, percentiles(values, 0.5, 0.95, 0.99)])
  return { ...Object.fromEntries(all), kept: percentiles(kept, 0.5, 0.99).map((micros) => micros / 1_000), longTasks: long.splice(0) }
})()`

const looped = `(async () => {
  long.length = 0
  const began = performance.now()
  for (let i = 0; i < 1_000; i++) tracker.track('looped', { metadata: { i } })
  const loop = performance.now() - began
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  return { loop, loopLongTasks: long }
})()`

export async function measureCalls(cairn: TestCairn, browser: Browser, slowdown: number): Promise<Calls> {
  const [often, usual] = await Promise.all([cairn.workspace(), cairn.workspace()])
  // More calls a second than a page makes: the breaker would stop them.
  await often.call('PATCH', '/api/workspace', { breaker: { budget_ms: 1_000, failures: 5, rest_ms: 1_000 } })
  await cairn.directory.refresh()
  const host = await openHost(cairn.url)
  host.pages.set('/isolated', {
    html: `<!doctype html><title>Host</title><script>${page}</script>`,
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  })
  const run = async <T>({ writeKey }: TestWorkspace, code: string): Promise<T> => {
    const opened = await browser.newPage()
    await opened.goto(`${host.url}/isolated`)
    await opened.evaluate(`import('/dist/browser/index.js').then((tracker) => {
      globalThis.tracker = tracker
      tracker.init({ writeKey: '${writeKey}', host: '${host.gate}', interval: 1_000 })
      tracker.track('begun', { metadata: {} })
      return tracker.flush()
    })`)
    const session = await opened.context().newCDPSession(opened)
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    const answer = await opened.evaluate<T>(code)
    await opened.close()
    return answer
  }
  const figures = await run<Omit<Calls, 'loop' | 'loopLongTasks' | 'arrived'>>(often, spaced)
  const loop = await run<Pick<Calls, 'loop' | 'loopLongTasks'>>(usual, looped)
  const { events_by_type: arrived } = await usual.get<{ events_by_type: Record<string, number> }>('/api/events/analytics')
  await host.close()
  return { ...figures, ...loop, arrived: arrived['looped'] ?? 0 }
}
