/**
 * Bounded memory of a pure function of one string: it changes what an answer costs, never what it is.
 *
 * Two generations instead of a true least-recently-used order: a hit costs one look-up and moves nothing, and when the young generation is
 * full it becomes the old one and the former old one is let go. What was asked for since then is never lost. Holds at most 2 × `max` entries
 * with keys of at most MAX_KEY characters, so about 2 × `max` × 1 KB at worst, whatever strangers send.
 */
const MAX_KEY = 512

export class Memo<Value extends object> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private readonly max: number

  constructor(max: number) {
    this.max = max
  }

  get(key: string): Value | undefined {
    const value = this.young.get(key)
    if (value !== undefined) return value
    const older = this.old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  /** Keeps the value, unless its key is too long to be worth it, and answers it. */
  set(key: string, value: Value): Value {
    if (key.length > MAX_KEY) return value
    if (this.young.size >= this.max) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(key, value)
    return value
  }
}
