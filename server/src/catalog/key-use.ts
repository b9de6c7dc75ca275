import type { Log } from '../base/log.ts'
import { MINUTE, systemClock, type Clock } from '../base/time.ts'
import type { CatalogDb } from './schema.ts'

/**
 * When each key was last used. A request only notes it in memory; the catalog learns it once a minute and at the end,
 * so a kill loses at most a minute of it. What could not be written waits for the next minute. Leaves the catalog's version alone:
 * no node decides anything by it.
 */
export class KeyUse {
  readonly #db: CatalogDb
  readonly #log: Log
  readonly #clock: Clock
  #used = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor({ db, log, clock = systemClock }: { db: CatalogDb; log: Log; clock?: Clock }) {
    this.#db = db
    this.#log = log
    this.#clock = clock
  }

  start(): void {
    this.#timer = setInterval(() => void this.#flushOrLog(), MINUTE)
    this.#timer.unref()
  }

  note(keyId: string): void {
    this.#used.set(keyId, this.#clock.now())
  }

  /** Writes what was noted. Another node's later use stays. */
  async flush(): Promise<void> {
    const used = this.#used
    if (used.size === 0) return
    this.#used = new Map()
    try {
      await this.#db.transaction().execute(async (trx) => {
        // In one order on every node, so that two of them cannot wait for each other.
        for (const [id, at] of [...used].sort(([a], [b]) => (a < b ? -1 : 1))) {
          await trx
            .updateTable('keys')
            .set({ last_used_at: at })
            .where('id', '=', id)
            .where((key) => key.or([key('last_used_at', 'is', null), key('last_used_at', '<', at)]))
            .execute()
        }
      })
    } catch (error) {
      for (const [id, at] of used) if (!this.#used.has(id)) this.#used.set(id, at)
      throw error
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#flushOrLog()
  }

  #flushOrLog(): Promise<void> {
    return this.flush().catch((error: unknown) => this.#log.warn({ err: error }, 'the last use of keys could not be written'))
  }
}
