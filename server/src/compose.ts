import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { analyticsRoutes } from './analytics/routes.ts'
import { makeApp } from './app.ts'
import { ConfigError, type Config } from './base/config.ts'
import type { Log } from './base/log.ts'
import { systemClock, type Clock } from './base/time.ts'
import { openCatalog, type Catalog } from './catalog/db.ts'
import { Directory } from './catalog/directory.ts'
import { KeyUse } from './catalog/key-use.ts'
import { ensureFirstWorkspace, type FirstWorkspace } from './catalog/keys.ts'
import { catalogMigrateUp } from './catalog/migrate.ts'
import { catalogRoutes } from './catalog/routes.ts'
import { LOCAL_TOKEN_PREFIX } from './http/auth.ts'
import type { Handlers } from './http/call.ts'
import { RequestCounts } from './http/counts.ts'
import { trustedProxies } from './ingest/address.ts'
import { readPosition } from './ingest/freshness.ts'
import { alreadyStored } from './ingest/import-check.ts'
import { Intake } from './ingest/intake.ts'
import { Pipeline } from './ingest/pipeline.ts'
import { restoreProperties } from './ingest/properties.ts'
import { openPlaces } from './ingest/place.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { Health, healthRoutes } from './ops/health.ts'
import { ledgerRoutes } from './ops/ledger.ts'
import { metricsRoutes } from './ops/metrics.ts'
import { quarantineRoutes } from './ops/quarantine.ts'
import { factRoutes } from './people/facts.ts'
import { peopleRoutes } from './people/routes.ts'
import { resumeDeletions } from './privacy/cleanup.ts'
import { cleanupRoutes } from './privacy/routes.ts'
import { startDailySweep } from './privacy/sweep.ts'
import { openStore, type OpenStore } from './store/open.ts'
import { version } from './base/version.ts'

/** A whole Cairn: everything that main.ts, the commands and the tests start. */
export interface Cairn {
  app: FastifyInstance
  catalog: Catalog
  directory: Directory
  pipeline: Pipeline
  store: OpenStore
  health: Health
  /** Plain keys, where this start made the first workspace. */
  first: FirstWorkspace
  /** A secret key of any workspace, for this machine and this run; see http/auth.ts. */
  localToken: string
  /** Address once it listens. */
  listen(): Promise<string>
  close(): Promise<void>
}

export interface ComposeDeps {
  log: Log
  clock?: Clock
}

/**
 * The only place where parts are joined. Order: the data folder is locked and the store opened, the catalog read, the journal read back;
 * only then can a request be taken. `close` goes backwards: no more requests, journal sealed, readers, store.
 */
export async function compose(config: Config, { log, clock = systemClock }: ComposeDeps): Promise<Cairn> {
  const dataDir = config.CAIRN_DATA_DIR
  makeDataDir(dataDir)
  const closers: Array<() => Promise<void> | void> = []
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer()
    closers.length = 0
  }
  try {
    const places = openPlaces(config.CAIRN_GEOIP_FILE)
    const proxies = trustedProxies(config.CAIRN_TRUSTED_PROXIES)
    const store = await openStore(config, { log, clock })
    closers.push(() => store.close())

    const catalog = await openCatalog({ ...(config.DATABASE_URL ? { url: config.DATABASE_URL } : {}), file: join(dataDir, 'catalog.sqlite'), log })
    closers.push(() => catalog.close())
    await catalogMigrateUp(catalog)
    const first = await ensureFirstWorkspace(catalog.db, { writeKey: config.CAIRN_WRITE_KEY, secretKey: config.CAIRN_SECRET_KEY, now: clock.now() })
    const directory = new Directory({ db: catalog.db, log, clock, streamsOff: config.CAIRN_STREAMS_OFF })
    await directory.start()
    closers.push(() => directory.stop())
    const keyUse = new KeyUse({ db: catalog.db, log, clock })
    keyUse.start()
    closers.push(() => keyUse.stop())

    const pipeline = await Pipeline.open({ dataDir, maxBytes: config.CAIRN_JOURNAL_MAX, memoryBytes: config.CAIRN_MEMORY, store: store.store, clock, log })
    closers.push(() => pipeline.close())
    const { journal, seen, properties, freshness, node } = pipeline
    await restoreProperties(store.store, properties, log)
    const quiesced = <T>(work: () => Promise<T>): Promise<T> => pipeline.quiesced(work)
    await resumeDeletions({ store: store.store, clock, properties, quiesced, log }).catch((error: unknown) => {
      log.warn({ err: error }, 'a deletion that was cut off could not be finished now; the next cleanup or start does it')
    })
    closers.push(startDailySweep(store.store, log))
    const intake = new Intake({ directory, journal, seen, properties, taken: (workspaceId, position) => freshness.taken(workspaceId, position) })
    const health = new Health({ pipeline, directory, db: catalog.db, store: store.store, engine: store.engine, clock, version })
    health.start()
    closers.push(() => health.stop())

    const counts = new RequestCounts()
    const localToken = `${LOCAL_TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`
    const shared = { store: store.store, db: catalog.db, directory, clock, properties }
    const settle = (workspaceId: number, position?: string): ReturnType<typeof freshness.settle> => freshness.settle(workspaceId, readPosition(node, position))
    const handlers: Handlers = {
      ...ingestRoutes({
        intake,
        clock,
        places,
        trustedProxies: proxies,
        node,
        withoutStored: (workspaceId, events) => alreadyStored(store.store, workspaceId, events),
      }),
      ...factRoutes({ pipeline, directory, db: catalog.db, clock }),
      ...peopleRoutes(shared),
      ...analyticsRoutes(shared),
      ...cleanupRoutes({ ...shared, quiesced }),
      ...catalogRoutes(shared),
      ...quarantineRoutes({ store: store.store, intake, clock, settle }),
      ...ledgerRoutes({ store: store.store, pipeline, clock }),
      ...healthRoutes(health),
      ...metricsRoutes({ counts, pipeline, engine: store.engine }),
    }
    const app = await makeApp({ directory, localToken, handlers, counts, publicUrl: config.CAIRN_PUBLIC_URL, log, settle, used: (keyId) => keyUse.note(keyId) })
    closers.push(() => app.close())
    return { app, catalog, directory, pipeline, store, health, first, localToken, close, listen: () => app.listen({ host: config.HOST, port: config.PORT }) }
  } catch (error) {
    await close()
    throw error
  }
}

function makeDataDir(dataDir: string): void {
  const fault = writingFault(dataDir)
  if (fault !== undefined)
    throw new ConfigError(`CAIRN_DATA_DIR ${dataDir} cannot be made or written (${fault}). Make it writable for this user, or choose another folder.`)
}

function writingFault(dataDir: string): string | undefined {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
