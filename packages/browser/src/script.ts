import type { AutoKind, More, Options } from './client.ts'
import { cairn } from './cairn.ts'
import { begin } from './shared.ts'

/**
 * The script tag: `<script async src="…/cairn.js" data-write-key="…" data-auto="pageviews clicks"></script>`. What is called before it has
 * loaded waits in a stub: `window.cairn ||= Object.assign((...call) => cairn.q.push(call), { q: [] })`, then `cairn('track', 'signup')`.
 * One name on `window`, also where the attributes leave the start to `cairn.init(options)`.
 */
declare const __MORE__: string

const { dataset, src } = document.currentScript as HTMLScriptElement
const { origin } = new URL(src)
const init = (options: Options): void => begin({ host: origin, ...options }, () => import(/* @vite-ignore */ origin + __MORE__) as ReturnType<More>)

const page = window as unknown as { cairn: unknown }
const waiting = (page.cairn as { q?: unknown[][] } | undefined)?.q ?? []
const calls = { ...cairn, init } as unknown as Record<string, (...args: unknown[]) => unknown>
const run = (name: string, ...args: unknown[]): unknown => calls[name]?.(...args)
page.cairn = Object.defineProperty(Object.assign(run, calls), 'queueSize', { get: () => cairn.queueSize })
const { writeKey, host, auto, consent, persistence, path } = dataset
if (writeKey)
  init({
    writeKey,
    ...(host && { host }),
    ...(path && { path }),
    ...(auto && { auto: auto.split(/[\s,]+/) as AutoKind[] }),
    ...(consent && { consent: 'required' }),
    ...(persistence && { persistence: persistence as NonNullable<Options['persistence']> }),
  })
for (const [name, ...args] of waiting) run(String(name), ...args)
