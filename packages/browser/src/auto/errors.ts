import type { Track } from '../more.ts'

/** Errors that nobody caught, as `error_occurred`: message, place and the top of the stack. The same one at most once a minute, ten a page. */
const MOST = 10
const AGAIN_MS = 60_000

export function start(track: Track): void {
  const seen = new Map<string, number>()
  let told = 0
  const tell = (kind: string, error: unknown, at: { file?: string; line?: number }): void => {
    const { name, message, stack } = error instanceof Error ? error : { name: '', message: String(error), stack: '' }
    const id = name + message + (at.file ?? '') + (at.line ?? '')
    const now = performance.now()
    if (told >= MOST || now - (seen.get(id) ?? -AGAIN_MS) < AGAIN_MS) return
    seen.set(id, now)
    told++
    track('error_occurred', {
      metadata: { kind, name, message: message.slice(0, 500), ...at, stack: stack?.split('\n').slice(0, 5).join('\n').slice(0, 1_000) },
    })
  }
  addEventListener('error', ({ error, message, filename, lineno }) => {
    // Of a script of another origin the browser says nothing.
    if (filename) tell('error', (error as unknown) ?? message, { file: filename.split('?')[0] ?? '', line: lineno })
  })
  addEventListener('unhandledrejection', ({ reason }) => tell('rejection', reason, {}))
}
