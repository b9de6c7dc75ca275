import { accountsSuite } from './catalog.accounts.suite.ts'
import { directorySuite } from './catalog.directory.suite.ts'
import { keysSuite } from './catalog.keys.suite.ts'
import { peopleSuite } from './catalog.people.suite.ts'
import type { Place } from './catalog.place.ts'
import { schemaSuite } from './catalog.schema.suite.ts'

/** Everything that holds of a catalog whichever database it is in; `place` makes a fresh, empty one. */
export const catalogSuite = (name: string, place: () => Promise<Place>): void => {
  schemaSuite(name, place)
  keysSuite(name, place)
  directorySuite(name, place)
  peopleSuite(name, place)
  accountsSuite(name, place)
}
