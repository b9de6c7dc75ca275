import type { DirectoryWorkspace } from '../catalog/directory.ts'
import { list, raw, sql, u32, uuids } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { EntityName } from './entity.ts'

export interface WaitingDeps {
  store: Store
  /** Until what was taken before is in the store. */
  settle(workspaceId: number): Promise<unknown>
  /** Sends what is in quarantine through the way in again, and marks it as done with. */
  replay(workspace: DirectoryWorkspace, quarantineIds: readonly string[], keyId: string): Promise<void>
}

/**
 * Views that came before their entity wait in quarantine. Which workspaces have such is remembered from the first question on, so that a host
 * that registers many things is not slowed by looking for each.
 */
export class Waiting {
  readonly #deps: WaitingDeps
  /** false: looked, and there was none. */
  readonly #has = new Map<number, boolean>()

  constructor(deps: WaitingDeps) {
    this.#deps = deps
  }

  /** One more is there. */
  note(workspaceId: number): void {
    this.#has.set(workspaceId, true)
  }

  /** Entities that have just appeared: what waited for them is taken now. */
  async replay(workspace: DirectoryWorkspace, entities: readonly EntityName[], keyId: string): Promise<void> {
    if (entities.length === 0 || this.#has.get(workspace.id) === false) return
    const { store } = this.#deps
    // Noted before the question, so that one that comes meanwhile is not forgotten.
    this.#has.set(workspace.id, false)
    await this.#deps.settle(workspace.id)
    const quarantine = raw(`${store.dialect.database}.quarantine`)
    const waiting = sql`workspace_id = ${u32(workspace.id)} AND code = 'unknown_entity' AND status = 'open'`
    const { rows } = await store.query<{ id: string; type: string; entity: string }>(
      sql`SELECT toString(quarantine_id) AS id, JSONExtractString(event, 'entity_type') AS type, JSONExtractString(event, 'entity_id') AS entity
FROM ${quarantine} FINAL WHERE ${waiting} AND entity IN ${list(entities.map(({ entityId }) => entityId))}`,
    )
    const known = new Set(entities.map(({ entityType, entityId }) => JSON.stringify([entityType, entityId])))
    const ids = rows.filter(({ type, entity }) => known.has(JSON.stringify([type, entity]))).map(({ id }) => id)
    if (ids.length > 0) await this.#deps.replay(workspace, ids, keyId)
    const left = await store.query<{ n: string }>(sql`SELECT count() AS n FROM ${quarantine} FINAL WHERE ${waiting} AND NOT (quarantine_id IN ${uuids(ids)})`)
    if (Number(left.rows[0]?.n ?? 0) > 0) this.#has.set(workspace.id, true)
  }
}
