import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/time.ts'
import { Changes, EVER, type Touched } from './changes.ts'
import type { Journal } from './journal.ts'
import type { Readers } from './readers.ts'

/**
 * Reads after writes: a read sees everything that was acknowledged on this node before it.
 * Where the loader has passed the workspace's last position nothing waits. Otherwise the open segment is sealed and loaded at once, but
 * not more often than every 100 ms (a segment of one row costs 25 to 37 ms), and the read waits up to 2 s; after that it is told to say
 * how stale it is.
 */
const SEAL_EVERY_MS = 100
export const WAIT_MS = 2_000

export interface Staleness {
  stale: true
  lag_ms: number
}

export class Freshness {
  /** What has changed answers, for those who keep them. */
  readonly changes = new Changes()
  readonly #last = new Map<number, { seq: number; at: number }>()
  #sealing: Promise<void> | undefined
  #sealedAt = Number.NEGATIVE_INFINITY
  readonly #journal: Journal
  readonly #readers: Readers
  readonly #clock: Clock
  /** Position at start: what it holds for which workspace is not known, so every read waits for it. */
  readonly #floor: number
  readonly #startedAt: number

  constructor(journal: Journal, readers: Readers, clock: Clock) {
    this.#journal = journal
    this.#readers = readers
    this.#clock = clock
    this.#floor = journal.lastSeq
    this.#startedAt = clock.now()
  }

  /** `touched`: the times of the events that were taken; of anything else that answers depend on, ever. */
  taken(workspaceId: number, seq: number, touched: Touched = EVER): void {
    this.changes.note(workspaceId, seq, touched)
    this.#last.set(workspaceId, { seq, at: this.#clock.now() })
  }

  /** Waits until the store holds the workspace's writes and `position`; undefined when it does, else how far it lags. */
  async settle(workspaceId: number, position = 0, waitMs = WAIT_MS): Promise<Staleness | undefined> {
    const last = this.#last.get(workspaceId)
    const seq = Math.max(last?.seq ?? this.#floor, Math.min(position, this.#journal.lastSeq))
    if (this.#readers.positionOf('loader') >= seq) return undefined
    const since = this.#clock.now()
    await this.#seal()
    if (await this.#readers.waitFor('loader', seq, waitMs)) return undefined
    return { stale: true, lag_ms: Math.max(0, this.#clock.now() - (last?.at ?? this.#startedAt), this.#clock.now() - since) }
  }

  /** Reads that come while one waits for its turn share it; one that comes later asks anew, since its write may be newer. */
  #seal(): Promise<void> {
    this.#sealing ??= this.#sealSoon()
    return this.#sealing
  }

  async #sealSoon(): Promise<void> {
    // performance.now() and not the clock: a clock that is set back must not stop sealing. Waits in any case, so that who asked is noted first.
    await sleep(Math.max(0, this.#sealedAt + SEAL_EVERY_MS - performance.now()))
    this.#sealedAt = performance.now()
    this.#sealing = undefined
    await this.#journal.sealNow()
  }
}

/** The header `X-Cairn-Position`: which node wrote, and how far its journal was. */
export const formatPosition = (node: string, seq: number): string => `${node}.${seq}`
/** The position if it is this node's, else 0. */
export const readPosition = (node: string, header: string | undefined): number => {
  const [name, seq] = header?.split('.') ?? []
  return name === node && /^\d{1,15}$/.test(seq ?? '') ? Number(seq) : 0
}
