/** What a call may cost its host before it is looked at. */
const SLOW_MS = 5
const WATCH_MS = 1_000

/**
 * Tells what slow calls cost their host. On a busy machine a call takes long because it has to wait for the processor: that is not its doing, and
 * no reason to stop. So the clock, which costs nothing to read, only says when to look, and for a second processor time decides.
 */
export function createCost(spent: (ms: number) => void): (run: () => void) => void {
  let watchedUntil = 0
  return (run) => {
    const began = performance.now()
    const before = began < watchedUntil ? process.cpuUsage() : undefined
    run()
    const took = performance.now() - began
    if (took < SLOW_MS) return
    watchedUntil = began + took + WATCH_MS
    if (!before) return
    const { user, system } = process.cpuUsage(before)
    // Of all threads: never more than the call itself took.
    spent(Math.min(took, (user + system) / 1_000))
  }
}
