import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * The thread that owns the SQLite file, so that waiting for a lock or for the disk never holds up the server.
 * It answers requests in the order of their arrival, one at a time, on one connection. A commit is on disk before it is answered
 * (WAL with synchronous=FULL), so a kill loses nothing that was acknowledged. `sqlite.ts` is its only caller.
 */
export interface SqliteRequest {
  id: number
  sql: string
  parameters: readonly unknown[]
  /** How long to wait for another process's lock. */
  busyMs: number
}

export interface SqliteFault {
  message: string
  /** SQLite's extended result code; undefined where the fault is not SQLite's. */
  errcode: number | undefined
}

/** `id` 0 is the answer to opening. */
export type SqliteAnswer = { id: number; rows: Record<string, unknown>[]; changes: number } | { id: number; fault: SqliteFault }

export interface SqliteWorkerData {
  file: string
  busyMs: number
}

const port = parentPort
if (!port) throw new Error('sqlite-worker.ts runs as a worker thread only')
const { file, busyMs } = workerData as SqliteWorkerData

const asFault = (error: unknown): SqliteFault => {
  const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
  return { message: error instanceof Error ? error.message : String(error), errcode }
}

/** Makes the file readable for its owner only, and its name durable; SQLite gives its -wal and -shm files the same mode. */
const makeFile = (): void => {
  mkdirSync(dirname(file), { recursive: true })
  closeSync(openSync(file, 'a', 0o600))
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

const open = (): DatabaseSync => {
  makeFile()
  const db = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return db
}

const serve = (db: DatabaseSync): void => {
  let waits = busyMs
  const run = ({ id, sql, parameters, busyMs }: SqliteRequest): SqliteAnswer => {
    // Rolling back what SQLite has already rolled back by itself (disk full) is no fault.
    if (sql === 'rollback' && !db.isTransaction) return { id, rows: [], changes: 0 }
    if (waits !== busyMs) {
      db.exec(`PRAGMA busy_timeout = ${busyMs}`)
      waits = busyMs
    }
    const statement = db.prepare(sql)
    const values = parameters as SQLInputValue[]
    if (statement.columns().length > 0) return { id, rows: statement.all(...values), changes: 0 }
    return { id, rows: [], changes: Number(statement.run(...values).changes) }
  }
  port.on('message', (request: SqliteRequest | 'close') => {
    if (request === 'close') {
      db.close()
      port.close()
      return
    }
    try {
      port.postMessage(run(request))
    } catch (error) {
      port.postMessage({ id: request.id, fault: asFault(error) } satisfies SqliteAnswer)
    }
  })
}

try {
  serve(open())
  port.postMessage({ id: 0, rows: [], changes: 0 } satisfies SqliteAnswer)
} catch (error) {
  port.postMessage({ id: 0, fault: asFault(error) } satisfies SqliteAnswer)
  port.close()
}
