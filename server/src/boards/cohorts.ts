import type { CohortDefinition } from '@cairn/wire/api/cohort'
import { CairnError } from '../base/errors.ts'
import { MINUTE, type Clock } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Properties } from '../ingest/properties.ts'
import { membersOf } from '../questions/cohort.ts'
import { deleteWhere } from '../store/delete.ts'
import type { Internal } from '../store/internal.ts'
import type { Persons } from '../store/persons.ts'
import { raw, sql, u32, uuid, type Piece } from '../store/sql.ts'
import { insertOnce, type Store } from '../store/store.ts'
import { savedOf } from './saved.ts'

export interface CohortDeps {
  db: CatalogDb
  store: Store
  persons: Persons
  internal: Internal
  properties: Pick<Properties, 'knows' | 'typesAt'>
  clock: Clock
  /** Waits until the store holds what the workspace wrote; answers something where that took too long. */
  readonly settle: (workspaceId: number) => Promise<object | undefined>
}

/** By id: query of the keys of the people in each cohort. Throws `invalid` for one that the workspace does not have. */
export async function readCohorts(deps: Omit<CohortDeps, 'settle'>, workspaceId: number, ids: readonly string[]): Promise<ReadonlyMap<string, Piece>> {
  const found = new Map<string, Piece>()
  for (const id of ids) {
    const cohort = await savedOf(deps.db, 'cohort', workspaceId, id)
    if (!cohort) throw new CairnError('invalid', `There is no cohort ${id} in this workspace.`)
    const { type, definition } = cohort.content
    found.set(id, type === 'static' ? membersKept(deps, workspaceId, cohort.id) : membersNow(deps, workspaceId, definition))
  }
  return found
}

/** To the minute, so that answers can be kept. */
function membersNow({ store, persons, internal, properties, clock }: Omit<CohortDeps, 'settle'>, workspaceId: number, definition: CohortDefinition): Piece {
  const of = { database: store.dialect.database, workspaceId, persons, properties, isInternal: internal.of(workspaceId) }
  return membersOf(of, definition, Math.ceil(clock.now() / MINUTE) * MINUTE)
}

const membersKept = ({ store, persons }: Pick<CohortDeps, 'store' | 'persons'>, workspaceId: number, id: string): Piece =>
  sql`SELECT DISTINCT ${persons.column(workspaceId)} AS member FROM ${raw(store.dialect.database)}.cohort_members WHERE ${rowsOf(workspaceId, id)}`

const rowsOf = (workspaceId: number, id: string): Piece => sql`workspace_id = ${u32(workspaceId)} AND cohort_id = ${uuid(id)}`

/**
 * Writes down who belongs to a static cohort from now on. To be done before it is saved: rows of one that never is are read by nobody. Throws
 * `unavailable` where the store is too far behind to know.
 */
export async function keepMembers(deps: CohortDeps, workspaceId: number, id: string, definition: CohortDefinition): Promise<void> {
  const { store, persons, settle } = deps
  if (await settle(workspaceId)) throw new CairnError('unavailable', 'Events are still being loaded, so who belongs to it is not known yet.')
  const { database } = store.dialect
  await store.command(
    sql`INSERT INTO ${raw(database)}.cohort_members (workspace_id, cohort_id, person_key)
SELECT DISTINCT workspace_id, ${uuid(id)}, person_key FROM ${raw(database)}.events
PREWHERE workspace_id = ${u32(workspaceId)} AND ${persons.column(workspaceId)} IN (${membersNow(deps, workspaceId, definition)})`,
    { settings: insertOnce() },
  )
}

export const forgetMembers = ({ store }: Pick<CohortDeps, 'store'>, workspaceId: number, id: string): Promise<number> =>
  deleteWhere(store, 'cohort_members', rowsOf(workspaceId, id))
