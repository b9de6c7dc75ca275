import { onTestFinished } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../server/src/base/errors.ts'
import { makeLog } from '../server/src/base/log.ts'
import { openCatalog, type Catalog } from '../server/src/catalog/db.ts'
import { Directory } from '../server/src/catalog/directory.ts'
import { catalogMigrateUp } from '../server/src/catalog/migrate.ts'

/** Where a catalog is: what `openCatalog` needs, and every byte it keeps on disk, for the search for plain keys. */
export interface Place {
  url?: string
  file: string
  bytes(): Promise<Buffer>
}

export const silent = makeLog('silent')

/** Opens a connection of its own, closed at the end of the test. */
export const connect = async (place: Place): Promise<Catalog> => {
  const catalog = await openCatalog({ ...place, log: silent })
  onTestFinished(() => catalog.close())
  return catalog
}

export const ready = async (place: Place): Promise<Catalog> => {
  const catalog = await connect(place)
  await catalogMigrateUp(catalog)
  return catalog
}

export const watch = async (catalog: Catalog): Promise<Directory> => {
  const directory = new Directory({ db: catalog.db, log: silent })
  await directory.start()
  onTestFinished(() => directory.stop())
  return directory
}

/** How long until `holds` is true, in milliseconds; gives up after 5 s. */
export const until = async (holds: () => boolean): Promise<number> => {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > 5_000) throw new Error('it did not happen within 5 s')
    await sleep(10)
  }
  return performance.now() - start
}

export const failure = async (attempt: Promise<unknown>): Promise<CairnError> => {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof CairnError)) throw new Error(`expected a CairnError, got ${String(error)}`)
  return error
}

export const NOW = Date.UTC(2026, 0, 5, 12)
/** The code of a refusal, and the paths it names. */
export const refused = async (attempt: Promise<unknown>): Promise<unknown> => {
  const { code, errors } = await failure(attempt)
  return errors ? [code, ...errors.map(({ path }) => path)] : code
}
