import { createHash } from 'node:crypto'

/**
 * Numbers that look random and are the same for the same seed on every machine: sfc32 (Chris Doty-Humphrey, PractRand). Everything is made
 * of whole 32-bit arithmetic and plain division, so that no difference between mathematical libraries reaches an event.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  /** One stream for each list of parts: what one part of the month draws does not shift another. */
  constructor(...parts: ReadonlyArray<string | number>) {
    const seed = createHash('sha256').update(JSON.stringify(parts)).digest()
    this.#a = seed.readUInt32LE(0)
    this.#b = seed.readUInt32LE(4)
    this.#c = seed.readUInt32LE(8)
    this.#d = seed.readUInt32LE(12)
  }

  /** From 0 up to, but never, 1. */
  next(): number {
    const t = (((this.#a + this.#b) >>> 0) + this.#d) >>> 0
    this.#d = (this.#d + 1) >>> 0
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) >>> 0
    return t / 4_294_967_296
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  /** A whole number, both ends among them. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    const found = list[Math.floor(this.next() * list.length)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }

  weighted<T>(choices: ReadonlyArray<readonly [choice: T, weight: number]>): T {
    let rest = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [choice, weight] of choices) if ((rest -= weight) < 0) return choice
    const last = choices.at(-1)
    if (!last) throw new RangeError('nothing to choose from')
    return last[0]
  }

  /** Times and sizes as people make them: half of them below `median`, most within a factor of three, a few ten times as long. */
  around(median: number): number {
    const half = this.next()
    return half < 0.5 ? median * (0.3 + 1.4 * half) : median * Math.min(12, 0.5 / (1 - half))
  }

  /** How many of something happens `mean` times on average. */
  count(mean: number): number {
    const sure = Math.floor(mean * 0.6)
    let count = sure
    const tries = Math.max(1, Math.ceil((mean - sure) * 3))
    for (let i = 0; i < tries; i++) if (this.chance((mean - sure) / tries)) count++
    return count
  }
}
