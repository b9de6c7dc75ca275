import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { AccountDeps } from './accounts/entrance.ts'
import { makeIdentity } from './accounts/identity.ts'
import { accountRoutes } from './accounts/routes.ts'
import { Sessions } from './accounts/sessions.ts'
import { anyUser, setUp } from './accounts/users.ts'
import { analyticsRoutes } from './analytics/routes.ts'
import { makeApp, type AppDeps } from './app.ts'
import { Archive } from './archive/archive.ts'
import { archiveJob } from './archive/job.ts'
import { ConfigError, type Config } from './base/config.ts'
import { CairnError } from './base/errors.ts'
import type { Log } from './base/log.ts'
import { systemClock, type Clock } from './base/time.ts'
import { openCatalog, type Catalog } from './catalog/db.ts'
import { Directory } from './catalog/directory.ts'
import { KeyUse } from './catalog/key-use.ts'
import { ensureFirstWorkspace, type FirstWorkspace } from './catalog/keys.ts'
import { catalogMigrateUp } from './catalog/migrate.ts'
import { catalogRoutes } from './catalog/routes.ts'
import { authenticateUpgrade, LOCAL_TOKEN_PREFIX, type AuthDeps } from './http/auth.ts'
import { Demo } from './demo/demo.ts'
import { demoRoutes, sendTo } from './demo/routes.ts'
import { baselinesJob } from './baselines/calculate.ts'
import { baselineHistory, baselineRoutes } from './baselines/read.ts'
import { readCohorts } from './boards/cohorts.ts'
import { mayEmbed } from './boards/dashboards.ts'
import { boardRoutes } from './boards/routes.ts'
import { makeWithin } from './boards/within.ts'
import { Repeated } from './entities/repeated.ts'
import { entityRoutes } from './entities/routes.ts'
import { Waiting, waitingJob } from './entities/waiting.ts'
import type { Handlers } from './http/call.ts'
import { Pace } from './http/pace.ts'
import { Refusals } from './http/refusals.ts'
import { trustedProxies } from './ingest/address.ts'
import { readAgent } from './ingest/agent.ts'
import { clientReader } from './ingest/client.ts'
import { readPosition } from './ingest/freshness.ts'
import { alreadyStored } from './ingest/stored.ts'
import { Intake } from './ingest/intake.ts'
import { Pipeline } from './ingest/pipeline.ts'
import { restoreProperties } from './ingest/properties.ts'
import { openPlaces } from './ingest/place.ts'
import { DailyVisitors } from './ingest/daily-visitor.ts'
import { ingestRoutes, senderOf } from './ingest/routes.ts'
import { RequestCounts } from './ops/counts.ts'
import { trackingJob, trackingRoutes, weeklyViewsJob } from './ops/tracking.ts'
import type { Job } from './jobs/job.ts'
import { jobRoutes } from './jobs/routes.ts'
import { Scheduler } from './jobs/scheduler.ts'
import { Relay } from './outbox/relay.ts'
import { Hub } from './live/hub.ts'
import { liveRoutes } from './live/routes.ts'
import { SharedSegments } from './live/shared.ts'
import { acceptUpgrades } from './live/upgrade.ts'
import { Health, healthRoutes } from './ops/health.ts'
import { ledgerRoutes } from './ops/ledger.ts'
import { metricsRoutes } from './ops/metrics.ts'
import { quarantineRoutes, replayQuarantined } from './ops/quarantine.ts'
import { refusalRoutes } from './ops/refusals.ts'
import { LoadRate, systemRoutes } from './ops/system.ts'
import { factRoutes } from './people/facts.ts'
import { Links } from './people/links.ts'
import { peopleRoutes } from './people/routes.ts'
import { gapsAfterLoad } from './sessions/gaps.ts'
import { personOf } from './sessions/login/login.ts'
import { loginRoutes } from './sessions/login/routes.ts'
import { closeStaleJob } from './sessions/close-stale.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { resumeDeletions } from './privacy/cleanup.ts'
import { retentionJob } from './privacy/retention.ts'
import { cleanupRoutes } from './privacy/routes.ts'
import { sweepJob } from './privacy/sweep.ts'
import { resumeRemovals } from './privacy/workspace-removal.ts'
import { ask } from './questions/ask.ts'
import { AnswerCache } from './questions/cache.ts'
import { questionRoutes } from './questions/routes.ts'
import { budgetOf } from './store/engine/budget.ts'
import { openStore, type OpenStore } from './store/open.ts'
import { Internal } from './store/internal.ts'
import { Persons } from './store/persons.ts'
import { version } from './base/version.ts'

/** A whole Cairn: everything that main.ts, the commands and the tests start. */
export interface Cairn {
  app: FastifyInstance
  catalog: Catalog
  directory: Directory
  pipeline: Pipeline
  store: OpenStore
  persons: Persons
  internal: Internal
  links: Links
  archive: Archive
  health: Health
  scheduler: Scheduler
  /** Plain keys, where this start made the first workspace. */
  first: FirstWorkspace
  /** Makes the first user; undefined where there is one. Random, of this run. */
  setupToken: string | undefined
  /** A secret key of any workspace, for this machine and this run; see http/auth.ts. */
  localToken: string
  /** Address once it listens. */
  listen(): Promise<string>
  close(): Promise<void>
}

export interface ComposeDeps {
  log: Log
  clock?: Clock
  /** false: jobs run only when they are asked for, not at their due times; of commands, which end before a job does. */
  scheduled?: boolean
  /** Rows of which a question may keep something each, for tests; as many as memory holds unless given. */
  rowsAtOnce?: number
  /** Where the built screens lie; of tests. */
  screensDir?: string
  /** Where the built trackers lie; of tests. */
  clientsDir?: string
}

/** What a set of keys takes of memory for each, while two threads are at it. */
const KEPT_BYTES = 32
const builtScreens = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
const builtClients = fileURLToPath(new URL('../../packages/dist', import.meta.url))

/**
 * The only place where parts are joined. Order: the data folder is locked and the store opened, the catalog read, the journal read back;
 * only then can a request be taken. `close` goes backwards: no more requests, journal sealed, readers, store.
 */
export async function compose(
  config: Config,
  { log, clock = systemClock, scheduled = true, screensDir = builtScreens, clientsDir = builtClients, rowsAtOnce }: ComposeDeps,
): Promise<Cairn> {
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
    await ensureAdmin(config, catalog, clock)
    const directory = new Directory({ db: catalog.db, log, clock, streamsOff: config.CAIRN_STREAMS_OFF })
    await directory.start()
    closers.push(() => directory.stop())
    const keyUse = new KeyUse({ db: catalog.db, log, clock })
    keyUse.start()
    closers.push(() => keyUse.stop())

    const persons = new Persons(store.store.dialect)
    const internal = new Internal(store.store.dialect, persons, (workspaceId) => directory.workspace(workspaceId)?.internal)
    const links = new Links({ store: store.store, persons, dir: join(dataDir, 'run', 'links'), clock })
    await links
      .start()
      .catch((error: unknown) => log.warn({ err: error }, 'who belongs to whom could not be read now; the first segment that is loaded does it'))
    // Nothing of it is loaded where it is not asked for.
    const redis = config.REDIS_URL === undefined ? undefined : await (await import('./redis/client.ts')).openRedis({ url: config.REDIS_URL, log })
    closers.push(() => redis?.close())
    const pipeline = await Pipeline.open({
      dataDir,
      maxBytes: config.CAIRN_JOURNAL_MAX,
      memoryBytes: config.CAIRN_MEMORY,
      store: store.store,
      afterLoad: [gapsAfterLoad(store.store), ({ facts }) => links.follow(facts)],
      redis,
      clock,
      log,
    })
    closers.push(() => pipeline.close())
    const { journal, seen, claims, properties, freshness, node } = pipeline
    await restoreProperties(store.store, properties, log)
    const quiesced = <T>(work: () => Promise<T>): Promise<T> => pipeline.quiesced(work)
    const watched = (isWatched: boolean): void => void (pipeline.watched = isWatched)
    const allNodes = redis && new SharedSegments({ redis, recent: pipeline.recent, node, log, watched })
    allNodes?.start()
    const letGo = async (): Promise<void> => {
      await pipeline.recent.letGo()
      await allNodes?.letGo()
    }
    const archive = new Archive({ store: store.store, db: catalog.db, dir: join(dataDir, 'archive'), clock })
    await resumeDeletions({ store: store.store, persons, links, archive, clock, properties, quiesced, letGo, log }).catch((error: unknown) => {
      log.warn({ err: error }, 'a deletion that was cut off could not be finished now; the next cleanup or start does it')
    })
    const removal = { store: store.store, db: catalog.db, archive, directory, links, properties, clock, log, quiesced, letGo }
    await resumeRemovals(removal).catch((error: unknown) => {
      log.warn({ err: error }, 'the removal of a workspace that was cut off could not be finished now; the next start does it')
    })
    const old = { store: store.store, db: catalog.db, archive, quiesced }
    const counts = new RequestCounts()
    const tracked = {
      store: store.store,
      pipeline,
      clock,
      db: catalog.db,
      counts,
      scheduler: () => scheduler,
      ingestLagMs: () => health.ingestLagMs,
      settle: (workspaceId: number) => settled(workspaceId),
    }
    const jobs: Job[] = [
      // A job is registered by its line here.
      sweepJob(store.store),
      retentionJob({ ...old, internal, properties }),
      archiveJob(old),
      closeStaleJob({ store: store.store, pipeline, settle: (workspaceId) => settled(workspaceId) }),
      trackingJob(tracked),
      weeklyViewsJob(tracked),
      waitingJob(() => waiting),
      baselinesJob({ store: store.store, db: catalog.db, settle: (workspaceId) => settled(workspaceId) }),
    ]
    const scheduler = new Scheduler({ db: catalog.db, directory, clock, log, node, jobs })
    const intake = new Intake({ directory, journal, seen, claims, properties, taken: (...of) => freshness.taken(...of) })
    const withoutStored = (workspaceId: number, events: readonly unknown[]): Promise<ReadonlySet<number>> => alreadyStored(store.store, workspaceId, events)
    const relay = new Relay({ db: catalog.db, pipeline, intake, directory, clock, log, withoutStored })
    await relay.start()
    closers.push(() => relay.stop())
    const live = new Hub({
      recent: allNodes ?? pipeline.recent,
      prepare: () => allNodes?.prepare() ?? Promise.resolve(),
      newest: () => allNodes?.last ?? journal.newest,
      clock,
      log,
      watched: (isWatched) => (allNodes ? (allNodes.watchedHere = isWatched) : watched(isWatched)),
    })
    const health = new Health({ pipeline, directory, db: catalog.db, store: store.store, engine: store.engine, live, scheduler, clock, version })
    health.start()
    closers.push(() => health.stop())

    const refusals = new Refusals(() => clock.now())
    const loadRate = new LoadRate(() => pipeline.loader.loadedEvents)
    loadRate.start()
    closers.push(() => loadRate.stop())
    const localToken = `${LOCAL_TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`
    const client = clientReader(proxies, config.CAIRN_PUBLIC_URL)
    const sessions = new Sessions({ identity: await makeIdentity(catalog.db, (userAgent) => readAgent(userAgent).browser), client })
    const auth: AuthDeps = {
      directory,
      localToken,
      publicUrl: config.CAIRN_PUBLIC_URL,
      client,
      whoIs: (request) => sessions.whoIs(request),
      personOf: (token) => personOf(catalog.db, token),
    }
    const addressOf: AccountDeps['addressOf'] = (request) => client(request).address
    const setupToken = randomBytes(32).toString('base64url')
    const shared = { store: store.store, persons, internal, db: catalog.db, archive, directory, clock, properties }
    const settle: AppDeps['settle'] = async (workspaceId, position) => {
      await relay.settle()
      const stale = await freshness.settle(workspaceId, readPosition(node, position))
      return stale ?? pipeline.elsewhere?.settle(position)
    }
    const settled = (workspaceId: number): ReturnType<typeof settle> => settle(workspaceId, undefined)
    const loaded = async (workspaceId: number): ReturnType<typeof settle> => {
      await relay.settle()
      return await freshness.settle(workspaceId, 0, LOADED_MS)
    }
    // Which types a path has is known of what this node took; others take events too where the store is shared.
    const known = {
      knows: (...of: Parameters<typeof properties.knows>) => properties.knows(...of),
      typesAt: (...of: Parameters<typeof properties.typesAt>) => (config.CLICKHOUSE_URL === undefined ? properties.typesAt(...of) : undefined),
    }
    const answers = new AnswerCache({
      changes: freshness.changes,
      loaded: () => pipeline.readers.positionOf('loader'),
      // What other nodes load is not known here.
      mostAgeMs: config.CLICKHOUSE_URL === undefined ? undefined : FOREIGN_WRITES_MS,
      memoryBytes: config.CAIRN_MEMORY,
    })
    const budget = budgetOf(config.CAIRN_MEMORY)
    const linked = { ...shared, addressOf }
    const questions = {
      ...shared,
      properties: known,
      cache: answers,
      queryBytes: budget.queryBytes,
      rowsAtOnce: rowsAtOnce ?? budget.queryBytes / KEPT_BYTES,
      lagMs: () => health.ingestLagMs,
      baselines: (workspaceId: number) => baselineHistory(catalog.db, workspaceId),
      cohorts: (workspaceId: number, ids: readonly string[]) => readCohorts({ ...shared, properties: known }, workspaceId, ids),
    }
    const quarantine = { store: store.store, db: catalog.db, intake, clock, settle: settled }
    const waiting = new Waiting({ store: store.store, db: catalog.db, directory, settle: settled, replay: (...of) => replayQuarantined(quarantine, ...of) })
    const way = { clock, places, trustedProxies: proxies }
    const demo = new Demo({ ...removal, directory, log, send: sendTo(() => app) })
    const handlers: Handlers = {
      ...ingestRoutes({
        ...way,
        intake,
        node,
        visitors: new DailyVisitors(catalog.db),
        withoutStored,
      }),
      ...entityRoutes({
        ...shared,
        node,
        intake,
        relay,
        waiting,
        repeated: new Repeated({ store: store.store, clock, settle: settled }),
        sender: (call) => senderOf(way, call, {}, false),
        record: async (workspaceId, line) => {
          journal.admit()
          journal.group.add(line)
          const position = await journal.commit()
          freshness.taken(workspaceId, position)
          return position
        },
      }),
      ...factRoutes({ pipeline, directory, db: catalog.db, clock, settle: (workspaceId, waitMs) => freshness.settle(workspaceId, 0, waitMs) }),
      ...baselineRoutes(shared),
      ...peopleRoutes(shared),
      ...analyticsRoutes(shared),
      ...questionRoutes(questions),
      ...sessionRoutes(shared),
      ...loginRoutes({ ...shared, pipeline, relay }),
      ...cleanupRoutes({ ...shared, node, relay, links, quiesced, letGo }),
      ...catalogRoutes(shared),
      ...accountRoutes({ ...shared, sessions, setupToken, publicUrl: config.CAIRN_PUBLIC_URL, addressOf }),
      ...boardRoutes({
        ...linked,
        properties: known,
        settle: loaded,
        pace: new Pace(clock),
        within: makeWithin(),
        ask: (...asked) => ask(questions, ...asked),
      }),
      ...quarantineRoutes(quarantine),
      ...ledgerRoutes({ store: store.store, pipeline, clock }),
      ...jobRoutes({ db: catalog.db, scheduler, clock }),
      ...healthRoutes(health),
      ...trackingRoutes(tracked),
      ...refusalRoutes({ ...shared, refusals }),
      ...systemRoutes({ config, store: store.store, engine: store.engine, pipeline, clock, loadRate, liveConnections: () => live.size }),
      ...liveRoutes({ hub: live, db: catalog.db, clock }),
      ...demoRoutes(demo),
      ...metricsRoutes({ counts, pipeline, engine: store.engine, live }),
    }
    const clients = { clientsDir, scriptName: config.CAIRN_SCRIPT_NAME, collectPath: config.CAIRN_COLLECT_PATH }
    const app = await makeApp({
      ...auth,
      ...clients,
      handlers,
      counts,
      refusals,
      screensDir,
      log,
      settle,
      used: (keyId) => keyUse.note(keyId),
      mayEmbed: (request) => mayEmbed(linked, request),
    })
    closers.push(() => app.close())
    closers.push(() => demo.stop())
    acceptUpgrades(app.server, { hub: live, authenticate: (request) => authenticateUpgrade(request, auth), log })
    closers.push(() => live.stop())
    closers.push(() => allNodes?.stop())
    closers.push(() => scheduler.stop())
    await scheduler.start({ looks: scheduled })
    return {
      app,
      catalog,
      directory,
      pipeline,
      store,
      persons,
      internal,
      links,
      archive,
      health,
      scheduler,
      first,
      setupToken: (await anyUser(catalog.db)) ? undefined : setupToken,
      localToken,
      close,
      listen: () => app.listen({ host: config.HOST, port: config.PORT }),
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What is written down of events waits so long until all of them are there. */
const LOADED_MS = 30_000
/** How long an answer is given again where other nodes may have loaded what changes it. */
const FOREIGN_WRITES_MS = 5_000

/** The first user of the environment, where there is none yet. Nodes that start together make one. */
async function ensureAdmin({ CAIRN_ADMIN_EMAIL: email, CAIRN_ADMIN_PASSWORD: password }: Config, { db }: Catalog, clock: Clock): Promise<void> {
  if (email === undefined || password === undefined || (await anyUser(db))) return
  await setUp(db, { name: email.split('@')[0] ?? email, email, password, from: '', now: clock.now() }).catch((error: unknown) => {
    if (!(error instanceof CairnError) || error.code !== 'conflict') throw error
  })
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
