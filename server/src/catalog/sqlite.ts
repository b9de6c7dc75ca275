import { Worker } from 'node:worker_threads'
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { SqliteAnswer, SqliteRequest, SqliteWorkerData } from './sqlite-worker.ts'

/**
 * Kysely on a SQLite file that another thread owns.
 * There is one connection. Whoever wants it waits in line, and whoever holds it waits for locks of other processes, `patienceMs` in all:
 * so with a locked file every caller, also the tenth in line, gets `unavailable` in time, and the main thread never waits at all.
 * A statement that runs is never given up: its outcome would be unknown. A thread that died is replaced at the next use; what was asked of it fails.
 */
export interface SqliteOptions {
  file: string
  patienceMs: number
  log: Log
}

export const sqliteDialect = (options: SqliteOptions): Dialect => ({
  createAdapter: () => new Adapter(),
  createDriver: () => new SqliteDriver(options),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

/** Told that there is one connection, Kysely queues callers itself, without end; the driver queues them with a deadline. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #options: SqliteOptions
  readonly #waiting = new Set<() => void>()
  #taken = false
  #thread: SqliteThread | undefined

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  async init(): Promise<void> {
    await this.#openThread()
  }

  async acquireConnection(): Promise<SqliteConnection> {
    const deadline = performance.now() + this.#options.patienceMs
    await this.#turn()
    try {
      const thread = this.#thread?.alive ? this.#thread : await this.#openThread()
      return new SqliteConnection(thread, deadline)
    } catch (error) {
      this.#next()
      throw error
    }
  }

  async releaseConnection(): Promise<void> {
    this.#next()
  }

  /** Writers take the lock at once: a transaction that reads first and writes later could fail in its middle. */
  async beginTransaction(connection: SqliteConnection, { accessMode }: TransactionSettings): Promise<void> {
    await connection.run(accessMode === 'read only' ? 'begin' : 'begin immediate')
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.run('commit')
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    await connection.run('rollback')
  }

  async destroy(): Promise<void> {
    await this.#thread?.close()
  }

  async #openThread(): Promise<SqliteThread> {
    const thread = new SqliteThread(this.#options)
    await thread.opened
    this.#thread = thread
    return thread
  }

  #turn(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const granted = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(granted)
        reject(locked())
      }, this.#options.patienceMs)
      this.#waiting.add(granted)
    })
  }

  #next(): void {
    const [granted] = this.#waiting
    if (!granted) {
      this.#taken = false
      return
    }
    this.#waiting.delete(granted)
    granted()
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #thread: SqliteThread
  readonly #deadline: number

  constructor(thread: SqliteThread, deadline: number) {
    this.#thread = thread
    this.#deadline = deadline
  }

  async run(sql: string, parameters: readonly unknown[] = []): Promise<{ rows: Record<string, unknown>[]; changes: number }> {
    const busyMs = Math.max(0, Math.ceil(this.#deadline - performance.now()))
    return await this.#thread.run({ sql, parameters, busyMs })
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes } = await this.run(sql, parameters)
    return { rows: rows as R[], numAffectedRows: BigInt(changes) }
  }

  // oxlint-disable-next-line require-yield -- The interface asks for a generator; pages by key serve here.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('the catalog is read in pages, not streamed')
  }
}

interface Pending {
  resolve: (answer: { rows: Record<string, unknown>[]; changes: number }) => void
  reject: (error: Error) => void
}

class SqliteThread {
  readonly opened: Promise<unknown>
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #lastId = 0
  alive = true

  constructor({ file, patienceMs, log }: SqliteOptions) {
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: { file, busyMs: patienceMs } satisfies SqliteWorkerData,
      // Flags meant for the program as a whole, such as --input-type, would keep the thread from starting.
      execArgv: [],
    })
    this.opened = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }))
    this.#worker.on('message', (answer: SqliteAnswer) => this.#answered(answer))
    let fault: unknown
    this.#worker.on('error', (error) => {
      fault = error
      log.error({ err: error }, 'the catalog thread failed')
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.alive = false
        for (const { reject } of this.#pending.values())
          reject(new CairnError('unavailable', 'The catalog was closed while this was under way. Read the current state and try again.', { cause: fault }))
        this.#pending.clear()
        resolve()
      })
    })
  }

  run(request: Omit<SqliteRequest, 'id'>): Promise<{ rows: Record<string, unknown>[]; changes: number }> {
    if (!this.alive) return Promise.reject(new CairnError('unavailable', 'The catalog is closed. Try again in a few seconds.'))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- That is for windows; threads have no origin.
      this.#worker.postMessage({ ...request, id } satisfies SqliteRequest)
      this.#pending.set(id, { resolve, reject })
    })
  }

  /** Answers everything asked before, then closes the file. */
  async close(): Promise<void> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- That is for windows; threads have no origin.
    if (this.alive) this.#worker.postMessage('close')
    await this.#exited
  }

  #answered(answer: SqliteAnswer): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if ('fault' in answer) pending?.reject(asError(answer.fault))
    else pending?.resolve(answer)
  }
}

const locked = (cause?: Error): CairnError =>
  new CairnError('unavailable', 'The catalog is locked by another process. Try again in a few seconds.', { cause, retryAfterSeconds: 2 })

/** Primary result codes (https://sqlite.org/rescode.html) that tell of the machine rather than of the statement. */
const BUSY = 5
const LOCKED = 6
const machine: Readonly<Record<number, string>> = {
  7: 'is out of memory',
  8: 'is read-only',
  10: 'cannot read or write its disk',
  11: 'is damaged',
  13: 'has no disk space left',
  14: 'cannot be opened',
  26: 'is not a SQLite file',
}

const asError = ({ message, errcode }: { message: string; errcode: number | undefined }): Error => {
  const cause = new Error(`SQLite${errcode === undefined ? '' : ` (${errcode})`}: ${message}`)
  if (errcode === undefined) return cause
  const primary = errcode & 0xff
  if (primary === BUSY || primary === LOCKED) return locked(cause)
  const what = machine[primary]
  return what === undefined ? cause : new CairnError('unavailable', `The catalog ${what}. Look at /api/health and the server's log.`, { cause })
}
