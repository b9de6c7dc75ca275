import type { Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Intake } from '../ingest/intake.ts'
import type { Relay } from '../outbox/relay.ts'
import type { Persons } from '../store/persons.ts'
import type { Store } from '../store/store.ts'
import type { Waiting } from './waiting.ts'

export interface EntityDeps {
  db: CatalogDb
  store: Store
  persons: Persons
  directory: Directory
  clock: Clock
  /** Names this node in the outbox and in positions. */
  node: string
  intake: Intake
  relay: Pick<Relay, 'flush'>
  waiting: Waiting
}
