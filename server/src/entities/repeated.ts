import { Memo } from '../base/memo.ts'
import { DAY, type Clock } from '../base/time.ts'
import { otherRequest } from '../outbox/outbox.ts'
import { inDays } from '../store/keys.ts'
import { raw, sql, u32, uuids } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** What somebody did, as far as a repetition of it says the same. */
export interface Deed {
  eventType: string
  entityType: string
  entityId: string
  userId: string
  /** undefined: may be told later. */
  durationMs: number | null | undefined
}

export interface RepeatedDeps {
  store: Store
  clock: Clock
  /** Until what was taken before is in the store. */
  settle(workspaceId: number): Promise<unknown>
}

/** A view and its duration are told shortly after each other: most repetitions are known without asking the store. */
const MOST_KNOWN = 20_000

/**
 * Of an id that was told before the first content counts. Whoever tells something else under it is told so, since it would be lost: an id of
 * one view or activity that is taken for another's.
 */
export class Repeated {
  readonly #deps: RepeatedDeps
  readonly #known = new Memo<Deed>(MOST_KNOWN)

  constructor(deps: RepeatedDeps) {
    this.#deps = deps
  }

  /** Of what was taken under an id. Throws `conflict`. */
  async check(workspaceId: number, { id, at, deed, isRepeated }: { id: string; at: number; deed: Deed; isRepeated: boolean }): Promise<void> {
    const key = `${workspaceId} ${id}`
    const first = isRepeated ? (this.#known.get(key) ?? (await this.#stored(workspaceId, id, at))) : deed
    if (!first) return
    this.#known.set(key, first)
    if (!isSame(first, deed)) throw otherRequest()
  }

  /** undefined where it is put aside, or was deleted since. */
  async #stored(workspaceId: number, id: string, at: number): Promise<Deed | undefined> {
    const { store, clock } = this.#deps
    await this.#deps.settle(workspaceId)
    // For a day ids are known: so long ago it was told, of whatever time near this one's.
    const span = { fromMs: Math.min(at, clock.now() - DAY) - DAY, toMs: Math.max(at, clock.now()) + DAY }
    const { rows } = await store.query<{ event_type: string; entity_type: string; entity_id: string; user_id: string; duration_ms: string | null }>(
      sql`SELECT event_type, entity_type, entity_id, user_id, duration_ms FROM ${raw(store.dialect.database)}.events
WHERE workspace_id = ${u32(workspaceId)} AND ${inDays(span)} AND event_id IN ${uuids([id])} LIMIT 1`,
    )
    const [row] = rows
    if (!row) return undefined
    const { event_type: eventType, entity_type: entityType, entity_id: entityId, user_id: userId, duration_ms: duration } = row
    return { eventType, entityType, entityId, userId, durationMs: duration === null ? null : Number(duration) }
  }
}

const isSame = (one: Deed, other: Deed): boolean =>
  one.eventType === other.eventType &&
  one.entityType === other.entityType &&
  one.entityId === other.entityId &&
  one.userId === other.userId &&
  (one.durationMs === undefined || other.durationMs === undefined || one.durationMs === other.durationMs)
