import type { Changes, Touched } from '../ingest/changes.ts'

/** Of answers that are kept, in characters of their JSON, for every GiB that Cairn may use. */
const CHARACTERS_PER_GIB = 16_000_000
/** What is kept beside it: keys, and who asks at all. */
const LEAST = 1_000_000

export interface CacheDeps {
  changes: Changes
  /** How far the store holds the journal. */
  loaded: () => number
  /** How long an answer may be given that this node cannot know to be stale, since others write to the store too; undefined where none do. */
  mostAgeMs: number | undefined
  memoryBytes: number
}

interface Kept {
  answer: object
  characters: number
  workspaceId: number
  span: Touched
  position: number
  deletions: number
  /** By `performance.now()`. */
  madeAt: number
}

interface Flight {
  promise: Promise<object>
  controller: AbortController
  waiting: number
}

/**
 * Answers, until new data makes them stale: an answer holds as long as nothing was loaded since that lies in the span it looked at, and nothing was
 * deleted. Those not asked for the longest go first. Equal questions that come at once are asked once; a question whose askers have all left is
 * ended.
 */
export class AnswerCache {
  readonly #deps: CacheDeps
  readonly #kept = new Map<string, Kept>()
  readonly #flights = new Map<string, Flight>()
  readonly #most: number
  #characters = 0

  constructor(deps: CacheDeps) {
    this.#deps = deps
    this.#most = LEAST + Math.round((deps.memoryBytes / 2 ** 30) * CHARACTERS_PER_GIB)
  }

  /** `key` names workspace, question and span; `make` answers it, and is given up by its signal. */
  async get(
    key: string,
    { workspaceId, span, signal }: { workspaceId: number; span: Touched; signal: AbortSignal | undefined },
    make: (signal: AbortSignal) => Promise<object>,
  ): Promise<{ answer: object; isCached: boolean }> {
    const kept = this.#kept.get(key)
    if (kept && this.#holds(kept)) {
      // To the end: the longest not asked for stand first.
      this.#kept.delete(key)
      this.#kept.set(key, kept)
      return { answer: kept.answer, isCached: true }
    }
    const known = this.#flights.get(key)
    // Data that has come since it set out would be missing.
    const flight =
      known && !known.controller.signal.aborted && this.#deps.loaded() === this.#startedAt.get(known) ? known : this.#start(key, workspaceId, span, make)
    return { answer: await this.#join(flight, signal), isCached: false }
  }

  readonly #startedAt = new WeakMap<Flight, number>()

  #start(key: string, workspaceId: number, span: Touched, make: (signal: AbortSignal) => Promise<object>): Flight {
    const { changes, loaded } = this.#deps
    const controller = new AbortController()
    const [position, deletions, madeAt] = [loaded(), changes.deletions, performance.now()]
    const promise = make(controller.signal)
      .then((answer) => {
        this.#keep(key, { answer, characters: JSON.stringify(answer).length + key.length, workspaceId, span, position, deletions, madeAt })
        return answer
      })
      .finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      })
    const flight: Flight = { promise, controller, waiting: 0 }
    this.#startedAt.set(flight, position)
    this.#flights.set(key, flight)
    return flight
  }

  /** One of several who wait; the last to leave ends it. */
  async #join(flight: Flight, signal: AbortSignal | undefined): Promise<object> {
    flight.waiting++
    let leave: (() => void) | undefined
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        if (--flight.waiting === 0) flight.controller.abort()
        reject(signal?.reason as Error)
      }
      if (signal?.aborted) leave()
      else signal?.addEventListener('abort', leave, { once: true })
    })
    try {
      return await Promise.race([flight.promise, left])
    } finally {
      if (leave) signal?.removeEventListener('abort', leave)
    }
  }

  #holds({ workspaceId, span, position, deletions, madeAt }: Kept): boolean {
    const { changes, loaded, mostAgeMs } = this.#deps
    if (deletions !== changes.deletions || changes.between(workspaceId, position, loaded(), span)) return false
    return mostAgeMs === undefined || performance.now() - madeAt < mostAgeMs
  }

  #keep(key: string, kept: Kept): void {
    this.#forget(key)
    if (kept.characters > this.#most / 4) return
    this.#kept.set(key, kept)
    this.#characters += kept.characters
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= this.#most) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#characters -= this.#kept.get(key)?.characters ?? 0
    this.#kept.delete(key)
  }
}
