import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../base/log.ts'
import type { Redis } from '../redis/redis.ts'
import { WAIT_MS, type Staleness } from './freshness.ts'

/**
 * How far each node has loaded its journal, in Redis as `cairn:loaded`, so that a read which carries the position of a write on another node waits
 * for that too. Each node seals and loads within about a second by itself; nobody is asked to hurry.
 */
const LOOK_MS = 50

export class Elsewhere {
  readonly #deps: { redis: Redis; node: string; log: Log }
  #loaded = 0

  constructor(deps: { redis: Redis; node: string; log: Log }) {
    this.#deps = deps
    deps.redis.whenThere(() => this.#tell())
  }

  /** This node has loaded everything up to there. */
  loaded(seq: number): void {
    this.#loaded = seq
    this.#tell()
  }

  /** Waits for a position as the header carries it; undefined where it is loaded, or no other node's, else how long was waited in vain. */
  async settle(position: string | undefined): Promise<Staleness | undefined> {
    const [, name, seq] = /^(n[0-9a-f]{12})\.(\d{1,15})$/.exec(position ?? '') ?? []
    if (name === undefined || name === this.#deps.node) return undefined
    for (const since = performance.now(); ; await sleep(LOOK_MS)) {
      const loaded = await this.#deps.redis.send(['HGET', 'cairn:loaded', name]).catch(() => null)
      if (loaded !== null && Number((loaded as Buffer).toString()) >= Number(seq)) return undefined
      const waited = performance.now() - since
      if (waited > WAIT_MS) return { stale: true, lag_ms: Math.round(waited) }
    }
  }

  #tell(): void {
    const { redis, node, log } = this.#deps
    if (this.#loaded === 0 || !redis.isThere) return
    redis.send(['HSET', 'cairn:loaded', node, String(this.#loaded)]).catch((error: unknown) => log.debug({ err: error }, 'other nodes could not be told'))
  }
}
