import { bare } from '../page.ts'
import type { Track } from '../more.ts'

/**
 * Errors that nobody caught, as `error_occurred`: the kind, the error's name, its place and the places of its stack. The same one at most once
 * a minute, ten a page.
 *
 * A message may hold what somebody has entered (`"hunter2" is not valid JSON`), and what was thrown may be just that. So of a message only
 * words are kept that browsers themselves use in theirs; the rest becomes `…`.
 */
const MOST = 10
const AGAIN_MS = 60_000
const MOST_PLACES = 5
const common = new Set(
  `cannot can't read set properties property of undefined null reading setting is not a function defined constructor iterable an object
  assignment to constant variable before initialization access lexical declaration maximum call stack size exceeded too much recursion failed fetch
  load networkerror network error when attempting resource loading chunk css dynamically imported module importing script unexpected token end
  input in json at position valid invalid array length out memory method evaluating class extends value circular structure convert converting
  aborted abort the operation was request timed timeout quota has been promise rejected permission denied blocked a frame with origin from
  accessing cross-origin resizeobserver loop completed undelivered notifications limit node child this be removed inserted unhandled`.split(/\s+/),
)

export function start(track: Track): void {
  const seen = new Map<string, number>()
  let told = 0
  const tell = (kind: string, error: unknown, place?: string): void => {
    const {
      name,
      message,
      stack = '',
    } = error instanceof Error || error instanceof DOMException ? error : { name: '', message: typeof error === 'string' ? error : '' }
    const id = `${name} ${message} ${place ?? stack}`
    const now = performance.now()
    if (told >= MOST || now - (seen.get(id) ?? -AGAIN_MS) < AGAIN_MS) return
    seen.set(id, now)
    told++
    const places = placesOf(stack)
    track('error_occurred', {
      metadata: { kind, name: /^[A-Z][A-Za-z]{0,49}$/.test(name) ? name : 'Error', message: ownWords(message), place: place ?? places[0], stack: places },
    })
  }
  addEventListener('error', ({ error, message, filename, lineno, colno }) => {
    // Of a script of another origin the browser says nothing.
    if (filename) tell('error', (error as unknown) ?? message, `${bare(filename)}:${lineno}:${colno}`)
  })
  addEventListener('unhandledrejection', ({ reason }) => tell('rejection', reason))
}

const ownWords = (message: string): string =>
  message
    .slice(0, 500)
    .split(/\s+/)
    .map((word) => (common.has(word.toLowerCase().replace(/^[("']+|[)"',.:;]+$/g, '')) ? word : '…'))
    .join(' ')
    .replace(/…( …)+/g, '…')

/** Lines of a stack without names of functions: `    at f (https://…/app.js?v=1:2:3)` or `f@https://…/app.js?v=1:2:3`. */
const placesOf = (stack: string): string[] =>
  [...stack.matchAll(/^(?:\s+at .*?\(?|[^@\s]*@)(https?:\/\/[^\s()]+?)(:\d+:\d+)\)?$/gm)]
    .slice(0, MOST_PLACES)
    .map(([, address = '', at = '']) => bare(address) + at)
