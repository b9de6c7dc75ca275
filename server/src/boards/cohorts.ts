import { MINUTE, type Clock } from '../base/time.ts'
import { CairnError } from '../base/errors.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Properties } from '../ingest/properties.ts'
import { membersOf } from '../questions/cohort.ts'
import type { Persons } from '../store/persons.ts'
import type { Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { savedOf } from './saved.ts'

interface CohortDeps {
  db: CatalogDb
  store: Store
  persons: Persons
  properties: Pick<Properties, 'knows' | 'typesAt'>
  clock: Clock
}

/** By id: query of the keys of the people in each cohort. Throws `invalid` for one that the workspace does not have. */
export async function readCohorts(
  { db, store, persons, properties, clock }: CohortDeps,
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
    found.set(id, membersOf({ database: store.dialect.database, workspaceId, persons, properties }, definition, moment, isStatic))
  }
  return found
}
