import { CairnError } from '../base/errors.ts'
import { MINUTE, SECOND, type Clock } from '../base/time.ts'

/** How often something is done in a minute of the clock, in the memory of this node. Everything is forgotten with the minute. */
export class Pace {
  readonly #clock: Clock
  #minute = 0
  readonly #counts = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts one; throws `too_many_requests` where there were `most` already. */
  take(what: string, most: number): void {
    const now = this.#clock.now()
    const minute = Math.floor(now / MINUTE)
    if (minute !== this.#minute) this.#counts.clear()
    this.#minute = minute
    const count = this.#counts.get(what) ?? 0
    if (count >= most)
      throw new CairnError('too_many_requests', `That was asked ${most} times in a minute, which is the most.`, {
        retryAfterSeconds: Math.max(1, Math.ceil(((minute + 1) * MINUTE - now) / SECOND)),
      })
    this.#counts.set(what, count + 1)
  }
}
