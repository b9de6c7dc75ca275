import { readFile, statfs } from 'node:fs/promises'
import { memoryUsage } from 'node:process'
import type { AnswerOf } from '@cairn/wire/api'
import type { Config } from '../base/config.ts'
import { iso, MINUTE, SECOND, type Clock } from '../base/time.ts'
import { version } from '../base/version.ts'
import type { Handlers } from '../http/call.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import type { EmbeddedEngine } from '../store/engine.ts'
import { raw, sql, str, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

export interface SystemRoutesDeps {
  config: Config
  store: Store
  engine: EmbeddedEngine | undefined
  pipeline: Pipeline
  clock: Clock
  loadRate: LoadRate
  /** Of this node, all workspaces. */
  liveConnections(): number
}

/** Memory, disk and pace of the node that answers. Of a cluster's disks it knows the ones of the ClickHouse that it asks. */
export const systemRoutes = (deps: SystemRoutesDeps): Pick<Handlers, 'system'> => {
  const { config, store, engine, pipeline, loadRate } = deps
  const startedAt = deps.clock.now()
  return {
    system: async ({ workspace }): Promise<AnswerOf<'system'>> => {
      const status = engine?.status()
      const [disk, server, engineBytes, tables, stored] = await Promise.all([
        statfs(config.CAIRN_DATA_DIR),
        residentBytes(process.pid),
        status?.pid === undefined ? undefined : residentBytes(status.pid),
        readTables(store),
        readStored(store, workspace.id),
      ])
      return {
        version,
        node: pipeline.node,
        started_at: iso(startedAt),
        store: engine ? 'embedded' : 'clickhouse',
        catalog: config.DATABASE_URL === undefined ? 'sqlite' : 'postgres',
        memory: { server_bytes: server ?? memoryUsage.rss(), engine_bytes: engineBytes ?? null, planned_bytes: config.CAIRN_MEMORY },
        disk: {
          free_bytes: disk.bavail * disk.bsize,
          total_bytes: disk.blocks * disk.bsize,
          journal_bytes: pipeline.journal.backlogBytes,
          journal_max_bytes: config.CAIRN_JOURNAL_MAX,
          events_bytes: tables.rows === 0 ? 0 : Math.round((tables.events_bytes * Math.min(stored, tables.rows)) / tables.rows),
          store_bytes: tables.bytes,
        },
        events: { stored, loaded_per_second: loadRate.perSecond() },
        engine_restarts: status?.restarts ?? 0,
        live_connections: deps.liveConnections(),
      }
    },
  }
}

/**
 * Memory that is a process's own, what it shares divided among those who share it (PSS), where the system tells; else undefined. Resident size
 * would count the engine's library twice.
 */
async function residentBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024
}

/** On a cluster rows are in the tables that end in _local. */
async function readTables(store: Store): Promise<{ bytes: number; events_bytes: number; rows: number }> {
  const { rows } = await store.query<{ bytes: number; events_bytes: number; rows: number }>(
    sql`SELECT toFloat64(sum(bytes_on_disk)) AS bytes, toFloat64(sumIf(bytes_on_disk, table IN ('events', 'events_local'))) AS events_bytes, toFloat64(sumIf(rows, table IN ('events', 'events_local'))) AS rows
FROM system.parts WHERE active AND database = ${str(store.dialect.database)}`,
  )
  return rows[0] ?? { bytes: 0, events_bytes: 0, rows: 0 }
}

/** Counted by type as events are loaded and deleted, so that no event is read for it. */
async function readStored(store: Store, workspaceId: number): Promise<number> {
  const { rows } = await store.query<{ events: number }>(
    sql`SELECT toFloat64(sum(events)) AS events FROM ${raw(store.dialect.database)}.event_types WHERE workspace_id = ${u32(workspaceId)}`,
  )
  return rows[0]?.events ?? 0
}

const LOOK_MS = 5 * SECOND

/** Events loaded per second over the last minute, by looking at the loader's count every five seconds. */
export class LoadRate {
  readonly #loaded: () => number
  readonly #looks: Array<{ at: number; loaded: number }> = []
  #timer: NodeJS.Timeout | undefined

  constructor(loaded: () => number) {
    this.#loaded = loaded
  }

  start(): void {
    this.#look()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }
  stop(): void {
    clearInterval(this.#timer)
  }

  perSecond(): number {
    const [first] = this.#looks
    const seconds = first ? (performance.now() - first.at) / SECOND : 0
    // Shortly after the start a second's events would be taken for the pace of a minute.
    return first ? Math.round(((this.#loaded() - first.loaded) / Math.max(seconds, LOOK_MS / SECOND)) * 10) / 10 : 0
  }

  #look(): void {
    this.#looks.push({ at: performance.now(), loaded: this.#loaded() })
    if (this.#looks.length > MINUTE / LOOK_MS) this.#looks.shift()
  }
}
