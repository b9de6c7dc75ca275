import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Agent } from 'node:http'
import { ClickHouseLogLevel, createClient, type ClickHouseSettings, type ResponseJSON } from '@clickhouse/client'
import { CairnError } from '../base/errors.ts'
import type { Dialect } from './dialect.ts'
import { StoreError, storeFailure } from './failure.ts'
import type { Sql } from './sql.ts'

/**
 * The event store as the rest of Cairn sees it: one client for the embedded engine and for a ClickHouse server.
 *
 * Values: UInt64 and Int64 come as strings, because 26.x otherwise sends them as JSON numbers that lose digits above 2^53. Write
 * `toFloat64(count())` (or read with `Number`) where a count is wanted as a number. DateTime64 comes as "2026-11-20 06:19:19.123" (UTC by
 * the column's type), Nullable as null, JSON as an object.
 * Errors: a CairnError (`query_too_heavy`, `overloaded`, `unavailable`) or a StoreError; an aborted call throws its signal's reason.
 * An insert whose rows equal those of an earlier one is dropped as a repeat: give every insert its own `insert_deduplication_token`.
 */
export interface Store {
  readonly dialect: Dialect
  /** Whole answer at once, up to 64 MB; more ends as `query_too_heavy`. */
  query<Row>(q: Sql, options?: CallOptions): Promise<{ rows: Row[]; statistics?: Statistics }>
  /** The same with the columns' names and types, for queries whose columns are not known before: each row is a list in their order. */
  table(q: Sql, options?: CallOptions): Promise<{ columns: Column[]; rows: unknown[][]; statistics?: Statistics }>
  /** Batches of rows as they are made, with back-pressure; leaving the loop ends the query. */
  stream<Row>(q: Sql, options?: CallOptions): AsyncIterable<Row[]>
  /** May be done again after a broken connection, so an insert needs a token. */
  command(q: Sql | string, options?: CallOptions): Promise<void>
  /** Inserts a sealed file once, however often it is called with the same token and the same file. */
  load(load: Load, options?: CallOptions): Promise<void>
  /** Whether the engine itself, not only its port, answers. Never throws. */
  ping(): Promise<boolean>
  close(): Promise<void>
}

/** Which queue of the embedded engine a call waits in; a server ignores it. */
export type Lane = 'query' | 'load' | 'admin'

export interface CallOptions {
  signal?: AbortSignal
  /** Running time; waiting for a free slot is not counted. Default 60 s, loads and commands 600 s. */
  timeoutMs?: number
  lane?: Lane
  settings?: Record<string, string | number>
}

export interface Column {
  name: string
  type: string
}

export interface Statistics {
  rowsRead: number
  elapsedMs: number
}

export interface Load {
  /** Names the content: the same token means the same bytes. */
  token: string
  /** Absolute path of the file. */
  path: string
  format: 'TSV' | 'JSONEachRow'
  /** Columns of the file: "workspace_id UInt32, name String". */
  structure: string
  /** The insert around the source: (source) => `INSERT INTO cairn.events SELECT … FROM ${source}`. Goes to the table that holds the bytes (dialect.local). */
  statement: (source: string) => string
}

export interface StoreOptions {
  /** May carry user:password@ and /database. */
  url: string
  /** Connects to the embedded engine's socket. */
  agent?: Agent
  dialect: Dialect
}

/** A call that got no answer this long after its own time was up is given up; covers the 30 s that a query may wait for a slot. */
const ANSWER_GRACE_MS = 35_000
const QUERY_TIMEOUT_MS = 60_000
const LOAD_TIMEOUT_MS = 600_000
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

// Defaults differ between ClickHouse versions; what Cairn relies on is said in every call.
const always: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 1,
  date_time_input_format: 'best_effort',
  async_insert: 0,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  // A server goes on with a query whose reader has left unless it is told not to.
  cancel_http_readonly_queries_on_client_close: 1,
}

/**
 * A token protects only if the repeat is cut into the same blocks: the same token with another block size inserted 603,773 of
 * 1,000,000 rows again. One thread and bounds far above a segment (100,000 rows, 32 MB) make each file one block per partition.
 */
const exactlyOnce: ClickHouseSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_threads: '1',
  max_threads: 1,
  input_format_parallel_parsing: 0,
  max_block_size: '1048576',
  max_insert_block_size: '1048576',
  min_insert_block_size_rows: '1048576',
  min_insert_block_size_bytes: '4294967296',
}

/** Of an insert by `command`: equal rows are no repetition there, and without a token of its own the engine would drop a recount that equals an earlier one. */
export const insertOnce = (): Record<string, string | number> => ({ insert_deduplication_token: randomUUID(), distributed_foreground_insert: 1 })

export function makeStore({ url, agent, dialect }: StoreOptions): Store {
  const client = createClient({
    url,
    ...(agent ? { http_agent: agent } : {}),
    // Deadlines are ours, per call; the client's own would cut any query that is silent for 30 s.
    request_timeout: 24 * 3_600_000,
    max_open_connections: 64,
    // Long lists of ids go into the body; a URL has room for a few thousand bytes.
    use_multipart_params_auto: true,
    clickhouse_settings: always,
    // The client logs statements and their parameters; errors reach Cairn's log without them.
    log: { level: ClickHouseLogLevel.OFF },
  })

  /** Runs `work` under the caller's signal and a deadline, and names its failure. */
  const guarded = async <T>(options: CallOptions, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>, repeatable = false): Promise<T> => {
    const deadline = AbortSignal.timeout(timeoutMs + ANSWER_GRACE_MS)
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
    try {
      signal.throwIfAborted()
      return await work(signal).catch((error: unknown) => {
        // A connection that was kept open may be closed at the very moment it is used again. Only for what may be repeated without harm.
        if (repeatable && isReset(error) && !signal.aborted) return work(signal)
        throw error
      })
    } catch (error) {
      options.signal?.throwIfAborted()
      if (deadline.aborted) throw new CairnError('unavailable', 'The event store does not answer.', { cause: error, retryAfterSeconds: 5 })
      throw storeFailure(error)
    }
  }
  const call = (options: CallOptions, lane: Lane, timeoutMs: number, settings: ClickHouseSettings = {}) => ({
    http_headers: { 'x-cairn-lane': options.lane ?? lane },
    clickhouse_settings: { max_execution_time: Math.ceil(timeoutMs / 1000), ...settings, ...options.settings } as ClickHouseSettings,
  })

  /** In one of the formats that end in figures of the query. */
  const whole = <Answer extends { statistics?: { elapsed: number; rows_read: number } }>(q: Sql, options: CallOptions, format: 'JSON' | 'JSONCompact') => {
    const timeoutMs = options.timeoutMs ?? QUERY_TIMEOUT_MS
    return guarded(
      options,
      timeoutMs,
      async (signal) => {
        const settings: ClickHouseSettings = { wait_end_of_query: 1, max_result_bytes: String(MAX_ANSWER_BYTES), result_overflow_mode: 'throw' }
        const request = { query: q.text, query_params: q.params, abort_signal: signal, ...call(options, 'query', timeoutMs, settings) }
        const answer = (await (await client.query({ ...request, format })).json()) as unknown as Answer
        const told = answer.statistics
        return { answer, ...(told ? { statistics: { rowsRead: told.rows_read, elapsedMs: told.elapsed * 1000 } } : {}) }
      },
      true,
    )
  }

  return {
    dialect,

    query: async <Row>(q: Sql, options: CallOptions = {}) => {
      const { answer, ...more } = await whole<ResponseJSON<Row>>(q, options, 'JSON')
      return { rows: answer.data, ...more }
    },

    table: async (q, options = {}) => {
      const { answer, ...more } = await whole<ResponseJSON<unknown[]>>(q, options, 'JSONCompact')
      return { columns: answer.meta ?? [], rows: answer.data, ...more }
    },

    stream: async function* <Row>(q: Sql, options: CallOptions = {}): AsyncGenerator<Row[]> {
      const timeoutMs = options.timeoutMs ?? QUERY_TIMEOUT_MS
      const result = await guarded(options, timeoutMs, (signal) =>
        client.query({ query: q.text, query_params: q.params, format: 'JSONEachRow', abort_signal: signal, ...call(options, 'query', timeoutMs) }),
      )
      const leave = (): void => result.close()
      options.signal?.addEventListener('abort', leave)
      try {
        for await (const rows of result.stream<Row>()) yield rows.map((row) => row.json<Row>())
      } catch (error) {
        options.signal?.throwIfAborted()
        throw storeFailure(error)
      } finally {
        options.signal?.removeEventListener('abort', leave)
        result.close()
      }
    },

    command: (q, options = {}) => {
      const timeoutMs = options.timeoutMs ?? LOAD_TIMEOUT_MS
      const { text, params } = typeof q === 'string' ? { text: q, params: {} } : q
      return guarded(
        options,
        timeoutMs,
        async (signal) => {
          await client.command({ query: text, query_params: params, abort_signal: signal, ...call(options, 'admin', timeoutMs, { wait_end_of_query: 1 }) })
        },
        true,
      )
    },

    load: ({ token, path, format, structure, statement }, options = {}) => {
      const timeoutMs = options.timeoutMs ?? LOAD_TIMEOUT_MS
      return guarded(
        options,
        timeoutMs,
        async (signal) => {
          const request = call(options, 'load', timeoutMs, { ...exactlyOnce, insert_deduplication_token: token, wait_end_of_query: 1 })
          if (dialect.segmentSource === 'file') {
            await client.command({ query: statement(`file(${literal(path)}, '${format}', ${literal(structure)})`), abort_signal: signal, ...request })
            return
          }
          // Opened first, so that a missing file is told from a missing server.
          const file = await open(path).catch((error: unknown) => {
            throw new StoreError('the file to load cannot be read', { cause: error })
          })
          const query = `${statement(`input(${literal(structure)})`)} FORMAT ${format}`
          const done = await client.exec({ query, values: file.createReadStream({ highWaterMark: 1024 * 1024 }), abort_signal: signal, ...request })
          await done.stream.toArray()
        },
        true,
      )
    },

    ping: async () => (await client.ping({ select: false, abort_signal: AbortSignal.timeout(5_000) })).success,
    close: () => client.close(),
  }
}

const isReset = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
