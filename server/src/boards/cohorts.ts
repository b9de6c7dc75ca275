import { MINUTE, type Clock } from '../base/time.ts'
import { CairnError } from '../base/errors.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Properties } from '../ingest/properties.ts'
import { membersOf } from '../questions/cohort.ts'
import type { Internal } from '../store/internal.ts'
import type { Persons } from '../store/persons.ts'
import type { Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { savedOf } from './saved.ts'

interface CohortDeps {
  db: CatalogDb
  store: Store
  persons: Persons
  internal: Internal
  properties: Pick<Properties, 'knows' | 'typesAt'>
  clock: Clock
}

/** By id: query of the keys of the people in each cohort. Throws `invalid` for one that the workspace does not have. */
export async function readCohorts(
  { db, store, persons, internal, properties, clock }: CohortDeps,
  workspaceId: number,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Piece>> {
  const found = new Map<string, Piece>()
  for (const id of ids) {
    const cohort = await savedOf(db, 'cohort', workspaceId, id)
    if (!cohort) throw new CairnError('invalid', `There is no cohort ${id} in this workspace.`)
    const { type, definition } = cohort.content
    const isStatic = type === 'static'
    // To the minute, so that answers can be kept.
    const moment = isStatic ? cohort.createdAt : Math.ceil(clock.now() / MINUTE) * MINUTE
    const of = { database: store.dialect.database, workspaceId, persons, properties, isInternal: internal.of(workspaceId) }
    found.set(id, membersOf(of, definition, moment, isStatic))
  }
  return found
}
