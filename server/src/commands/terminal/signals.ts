/**
 * Long work that may be stopped: the first SIGINT or SIGTERM asks for an orderly end, a later one ends at once. `release` gives the
 * signals back.
 */
export function stopped(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  let askedAt = 0
  const ask = (): void => {
    if (askedAt === 0) {
      askedAt = performance.now()
      controller.abort(new Error('Stopped.'))
      // A kill of the whole process group delivers the same wish twice.
    } else if (performance.now() - askedAt > 1_000) process.exit(1)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, ask)
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.removeListener(signal, ask)
    },
  }
}
