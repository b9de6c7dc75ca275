import { join } from 'node:path'
import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import { clusterDialect, singleDialect, type Login } from './dialect.ts'
import { EmbeddedEngine } from './engine.ts'
import { DataLock } from './engine/lock.ts'
import { migrateUp } from './migrate.ts'
import { makeStore, type Store } from './store.ts'

/** The event store that the settings ask for, with its tables: the embedded engine, or ClickHouse by URL. */
export interface OpenStore {
  store: Store
  engine: EmbeddedEngine | undefined
  close(): Promise<void>
}

/** How often a server that cannot be reached at start is tried again. */
const RETRY_MS = 2_000

export interface OpenStoreDeps {
  log: Log
  clock: Clock
  /** false leaves the tables as they are, for looking at migrations. */
  migrate?: boolean
}

export async function openStore(config: Config, { log, clock, migrate = true }: OpenStoreDeps): Promise<OpenStore> {
  const dataDir = config.CAIRN_DATA_DIR
  if (config.CLICKHOUSE_URL === undefined) {
    const engine = new EmbeddedEngine({ dataDir, memoryBytes: config.CAIRN_MEMORY, log, clock })
    await engine.start()
    const store = makeStore({ url: engine.url, ...(engine.agent ? { agent: engine.agent } : {}), dialect: singleDialect({ segmentSource: 'file' }) })
    if (migrate) await migrateUp(store, clock)
    return {
      store,
      engine,
      close: async () => {
        await store.close()
        await engine.stop()
      },
    }
  }
  // The journal needs the folder for itself, whoever holds the events.
  const { lock } = await DataLock.take(join(dataDir, 'run'))
  const login = loginOf(config.CLICKHOUSE_URL)
  const dialect =
    config.CLICKHOUSE_CLUSTER === undefined ? singleDialect({ segmentSource: 'stream', login }) : clusterDialect({ cluster: config.CLICKHOUSE_CLUSTER, login })
  const store = makeStore({ url: config.CLICKHOUSE_URL, dialect })
  const timer = migrate ? await migrateWhenThere(store, clock, log) : undefined
  return {
    store,
    engine: undefined,
    close: async () => {
      clearInterval(timer)
      await store.close()
      lock.release()
    },
  }
}

function loginOf(url: string): Login | undefined {
  const { username, password } = new URL(url)
  return username === '' ? undefined : { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** Events are taken while the server is away; its tables are made once it answers. */
async function migrateWhenThere(store: Store, clock: Clock, log: Log): Promise<NodeJS.Timeout | undefined> {
  if (await store.ping()) {
    await migrateUp(store, clock)
    return undefined
  }
  log.warn('ClickHouse does not answer; events are kept in the journal until it does')
  const timer = setInterval(() => {
    void store.ping().then(async (there) => {
      if (!there) return
      try {
        await migrateUp(store, clock)
        clearInterval(timer)
      } catch (error) {
        log.error({ err: error }, 'the tables of the event store could not be made')
      }
    })
  }, RETRY_MS)
  timer.unref()
  return timer
}
