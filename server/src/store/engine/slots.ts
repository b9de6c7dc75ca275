/**
 * How much runs at once. Three lanes, so that a heavy question never delays the loader, and neither delays a migration or a kill.
 * A lane has slots and a queue, first come first served; the queue is bounded in length and in time, because an answer that comes after
 * its reader has left is work for nobody. Pings and kills take no slot.
 */
export interface LaneSizes {
  query: number
  load: number
  admin: number
}
export type LaneName = keyof LaneSizes

export const isLane = (name: string): name is LaneName => name === 'query' || name === 'load' || name === 'admin'

/** 256 waiting at 2 slots and 100 ms each is 13 s of work; whoever comes later is better told at once. */
const MAX_WAITING = 256
const MAX_WAIT_MS = 30_000

export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
}

interface Lane {
  free: number
  waiting: Set<() => void>
}

export class Slots {
  readonly #lanes: Record<LaneName, Lane>
  readonly #maxWaitMs: number

  constructor(sizes: LaneSizes, maxWaitMs = MAX_WAIT_MS) {
    const lane = (size: number): Lane => ({ free: size, waiting: new Set() })
    this.#lanes = { query: lane(sizes.query), load: lane(sizes.load), admin: lane(sizes.admin) }
    this.#maxWaitMs = maxWaitMs
  }

  /** Resolves to the function that gives the slot back. Rejects with TooManyWaiting, or with the signal's reason once it is aborted. */
  take(name: LaneName, signal: AbortSignal): Promise<() => void> {
    const lane = this.#lanes[name]
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (lane.free > 0) {
      lane.free--
      return Promise.resolve(this.#giver(lane))
    }
    if (lane.waiting.size >= MAX_WAITING) return Promise.reject(new TooManyWaiting(`${MAX_WAITING} queries wait already`))
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        lane.waiting.delete(enter)
      }
      const enter = (): void => {
        leave()
        resolve(this.#giver(lane))
      }
      const onAbort = (): void => {
        leave()
        reject(signal.reason as Error)
      }
      const timer = setTimeout(() => {
        leave()
        reject(new TooManyWaiting(`no slot was free for ${this.#maxWaitMs / 1000} s`))
      }, this.#maxWaitMs)
      signal.addEventListener('abort', onAbort)
      lane.waiting.add(enter)
    })
  }

  #giver(lane: Lane): () => void {
    let given = false
    return () => {
      if (given) return
      given = true
      const [next] = lane.waiting
      if (next) next()
      else lane.free++
    }
  }
}
