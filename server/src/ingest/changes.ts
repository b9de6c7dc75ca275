/** Milliseconds since 1970, `toMs` inclusive. */
export interface Touched {
  fromMs: number
  toMs: number
}
interface Change extends Touched {
  seq: number
}

export const EVER: Touched = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

/** Changes kept apart for one workspace; beyond, the oldest two become one that covers both. */
const MOST = 64

/**
 * What has changed the answers to questions about a workspace: writes by their place in the journal and the times of their events, and deletions.
 * Whoever keeps an answer asks here whether it still holds. Of this node's own writes.
 */
export class Changes {
  readonly #of = new Map<number, Change[]>()
  #deletions = 0

  /** Goes up when something was taken out of the store. */
  get deletions(): number {
    return this.#deletions
  }

  deleted(): void {
    this.#deletions++
  }

  /** Acknowledged up to `seq`, of events in that span. */
  note(workspaceId: number, seq: number, touched: Touched): void {
    const changes = this.#of.get(workspaceId) ?? []
    changes.push({ seq, ...touched })
    if (changes.length > MOST) {
      const [first, second] = changes.splice(0, 2)
      if (first && second) changes.unshift(united(first, second))
    }
    this.#of.set(workspaceId, changes)
  }

  /** Whether a store that held the journal up to `from` has got something of that span by the time it holds it up to `to`. */
  between(workspaceId: number, from: number, to: number, { fromMs, toMs }: Touched): boolean {
    // What was put together reaches to its last one: part of it may be there already.
    return (this.#of.get(workspaceId) ?? []).some(
      (change) => change.seq > from && change.seq <= Math.max(to, from) && change.fromMs <= toMs && change.toMs >= fromMs,
    )
  }
}

const united = (a: Change, b: Change): Change => ({ seq: Math.max(a.seq, b.seq), fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) })
