import { createHmac, randomBytes } from 'node:crypto'
import { DAY } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'

/**
 * Ids for visitors whose browser keeps nothing: a keyed hash of workspace, address and user agent, with a random salt that is made anew every
 * day (UTC) and deleted the day after. The address is forgotten with the request; once the salt is gone, nobody can tell whose id it was, or
 * that yesterday's visitor is today's.
 */
export class DailyVisitors {
  readonly #db: CatalogDb
  readonly #salts = new Map<number, Promise<string>>()

  constructor(db: CatalogDb) {
    this.#db = db
  }

  /** Stable within the day. Asks the catalog once a day; throws `unavailable` where that is out of reach. */
  async idOf(workspaceId: number, address: string, userAgent: string, now: number): Promise<string> {
    const day = Math.floor(now / DAY)
    const salt = await this.#saltOf(day)
    // Known before midnight, so that the new day does not begin with waiting.
    void this.#saltOf(day + 1).catch(() => undefined)
    return `daily-${createHmac('sha256', salt)
      .update(JSON.stringify([workspaceId, address, userAgent]))
      .digest('base64url')
      .slice(0, 22)}`
  }

  #saltOf(day: number): Promise<string> {
    const known = this.#salts.get(day)
    if (known) return known
    const asked = this.#makeOrRead(day)
    this.#salts.set(day, asked)
    asked.then(
      () => {
        for (const old of this.#salts.keys()) if (old < day - 1) this.#salts.delete(old)
      },
      () => this.#salts.delete(day),
    )
    return asked
  }

  /** Of nodes that begin the day together the first one's holds. */
  #makeOrRead(day: number): Promise<string> {
    return this.#db.transaction().execute(async (trx) => {
      await trx
        .insertInto('visitor_salts')
        .values({ day, salt: randomBytes(32).toString('base64url') })
        .onConflict((conflict) => conflict.column('day').doNothing())
        .execute()
      await trx
        .deleteFrom('visitor_salts')
        .where('day', '<', day - 1)
        .execute()
      return (await trx.selectFrom('visitor_salts').select('salt').where('day', '=', day).executeTakeFirstOrThrow()).salt
    })
  }
}
