import type { Directory, DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Job } from '../jobs/job.ts'
import { list, raw, sql, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { EntityName } from './entity.ts'
import { knownOf } from './known.ts'

export interface WaitingDeps {
  store: Store
  db: CatalogDb
  directory: Directory
  /** Until what was taken before is in the store. */
  settle(workspaceId: number): Promise<unknown>
  /** Sends what is in quarantine through the way in again, as whose it was, and marks it as done with. */
  replay(workspace: DirectoryWorkspace, quarantineIds: readonly string[]): Promise<void>
}

/**
 * Views that came before their entity wait in quarantine until it appears. Which workspaces have such is remembered from the first question on, so
 * that a host that registers many things is not slowed by looking for each. What a kill or another node has left waiting, the job takes.
 */
export class Waiting {
  readonly #deps: WaitingDeps
  /** false: looked, and there was none. */
  readonly #has = new Map<number, boolean>()

  constructor(deps: WaitingDeps) {
    this.#deps = deps
  }

  /** One more is there. Whoever notes it looks once more whether the entity has appeared meanwhile. */
  note(workspaceId: number): void {
    this.#has.set(workspaceId, true)
  }

  /** Entities that have just appeared: what waited for them is taken now. */
  async replay(workspace: DirectoryWorkspace, entities: readonly EntityName[]): Promise<void> {
    if (entities.length === 0 || this.#has.get(workspace.id) === false) return
    // Noted before the question, so that one that comes meanwhile is not forgotten.
    this.#has.set(workspace.id, false)
    await this.#deps.settle(workspace.id)
    await this.#take(workspace, entities)
    if ((await this.#names(sql`workspace_id = ${u32(workspace.id)}`)).length > 0) this.#has.set(workspace.id, true)
  }

  /** Takes what waits for entities that are there, in every workspace; answers how many there were. */
  async sweep(): Promise<{ entities: number }> {
    const { directory, db } = this.#deps
    const all = await this.#names(raw('true'))
    let entities = 0
    for (const [id, names] of Map.groupBy(all, ({ workspaceId }) => workspaceId)) {
      const workspace = directory.workspace(id)
      if (!workspace) continue
      const known = await knownOf(db, id, names)
      if (known.length > 0) await this.#take(workspace, known)
      entities += known.length
    }
    return { entities }
  }

  async #take(workspace: DirectoryWorkspace, entities: readonly EntityName[]): Promise<void> {
    const known = new Set(entities.map(({ entityType, entityId }) => JSON.stringify([entityType, entityId])))
    const { rows } = await this.#deps.store.query<{ id: string; type: string; entity: string }>(
      sql`SELECT toString(quarantine_id) AS id, ${name} FROM ${this.#quarantine} FINAL
WHERE workspace_id = ${u32(workspace.id)} AND ${isWaiting} AND entity IN ${list(entities.map(({ entityId }) => entityId))}`,
    )
    const ids = rows.filter(({ type, entity }) => known.has(JSON.stringify([type, entity]))).map(({ id }) => id)
    if (ids.length > 0) await this.#deps.replay(workspace, ids)
  }

  /** What is waited for, the latest first. */
  async #names(where: Piece): Promise<EntityName[]> {
    const { rows } = await this.#deps.store.query<{ workspace_id: number; type: string; entity: string }>(
      sql`SELECT workspace_id, ${name} FROM ${this.#quarantine} FINAL WHERE ${isWaiting} AND ${where}
GROUP BY workspace_id, type, entity ORDER BY max(received_at) DESC LIMIT ${raw(String(MOST_NAMES))}`,
    )
    return rows.map((row) => ({ workspaceId: row.workspace_id, entityType: row.type, entityId: row.entity }))
  }

  get #quarantine(): Piece {
    return raw(`${this.#deps.store.dialect.database}.quarantine`)
  }
}

/** A host that never registers what is viewed must not make the job long. */
const MOST_NAMES = 10_000
const isWaiting = raw("code = 'unknown_entity' AND status = 'open'")
const name = raw("JSONExtractString(event, 'entity_type') AS type, JSONExtractString(event, 'entity_id') AS entity")

export const waitingJob = (waiting: () => Pick<Waiting, 'sweep'>): Job => ({
  name: 'entities:replay-views',
  about: 'Takes views out of quarantine whose task, or other entity, has appeared.',
  schedule: '*/5 * * * *',
  of: 'server',
  run: () => waiting().sweep(),
})
