/** Requests since the start, by route and status, with the time they took: what /api/metrics shows of HTTP. */
export class RequestCounts {
  readonly #routes = new Map<string, { requests: number; seconds: number }>()

  add(route: string, status: number, elapsedMs: number): void {
    const name = `${route}\n${status}`
    const entry = this.#routes.get(name)
    if (entry) {
      entry.requests++
      entry.seconds += elapsedMs / 1_000
    } else this.#routes.set(name, { requests: 1, seconds: elapsedMs / 1_000 })
  }

  *rows(): Iterable<{ route: string; status: string; requests: number; seconds: number }> {
    for (const [name, entry] of this.#routes) {
      const [route = '', status = ''] = name.split('\n')
      yield { route, status, ...entry }
    }
  }
}
