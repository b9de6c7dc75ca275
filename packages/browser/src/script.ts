import type { Options } from './client.ts'
import { cairn } from './cairn.ts'
import type * as moreParts from './more.ts'
import { begin } from './shared.ts'

/**
 * The script tag: `<script async src="…/cairn.js" data-write-key="…" data-auto="pageviews clicks"></script>`. Attributes are the options; where
 * there is no write key, `cairn.init(options)` begins. What is called before it has loaded waits in a stub:
 * `window.cairn ||= Object.assign((...call) => cairn.q.push(call), { q: [] })`, then `cairn('track', 'signup')`. One name on `window`; a second
 * tag changes nothing.
 */
declare const __MORE__: string

type Calls = Record<string, (...args: unknown[]) => unknown>
const page = window as unknown as { cairn: ({ q?: unknown[][] } & Partial<Calls>) | undefined }

function start({ dataset, src }: HTMLScriptElement): void {
  // Where the script came from, which a proxy may have below a path.
  const more = (): Promise<typeof moreParts> => import(new URL(`.${__MORE__}`, src).href) as Promise<typeof moreParts>
  const init = (options: Options): void => begin({ host: new URL(src).origin, ...options }, more)
  const call = (...[name, ...args]: unknown[]): unknown => api[name as string]?.(...args)
  const api = Object.setPrototypeOf(Object.assign(call, { init }), cairn) as typeof call & Calls
  const waiting = page.cairn?.q ?? []
  page.cairn = api
  const given = dataset as Record<string, string | undefined>
  const debug = 'debug' in given
  // Attributes are text: numbers among them are only compared and waited for, and a wrong word is taken for the careful choice.
  if ('writeKey' in given) init({ ...given, auto: given['auto']?.match(/\w+/g), consent: 'consent' in given, debug } as unknown as Options)
  if (debug && !cairn.hasOptedOut()) void more().then(({ check }) => check(dataset))
  for (const one of waiting) call(...one)
}

const script = document.currentScript as HTMLScriptElement | null
if (!script?.src) throw new Error('cairn.js needs a script tag, cairn.mjs an import')
if (!page.cairn?.track) start(script)
