import { createRequire } from 'node:module'

/**
 * The engine's native binding, one connection per request.
 *
 * The package's own Session class is passed by for one reason: its close() waits for every operation of the whole process, so that while
 * one query runs for a minute each finished request keeps its connection (measured: 0.29 MB each, 374 MB after 1,296 requests). Here a
 * connection is closed as soon as its own work is done (measured: 6,181 requests beside long queries, memory flat).
 *
 * Rules of the binding that this file keeps:
 * - A connection whose query failed midway hands that query's partial output to its next one: a connection serves one request.
 * - A connection closed while its own work runs ends the whole engine: `close` comes after the work has settled.
 * - Settings and parameters (SET x = …, SET param_x = …) belong to the connection. The binding's own parameter calls are not isolated.
 * The package is pinned to an exact version; this file is what to check when it is raised.
 */
export interface Result {
  bytes?: Uint8Array
  elapsed: number
  rowsRead?: number
  bytesRead?: number
  rowsWritten?: number
  bytesWritten?: number
  rowsSent?: number
}

type Handle = { readonly handle: unique symbol }
interface Addon {
  CreateConnection(path: string, engineArguments?: string[]): Handle
  CloseConnection(connection: Handle): void
  QueryAsyncConnection(connection: Handle, sql: string, format: string): Promise<Result>
  InsertRawAsyncConnection(connection: Handle, prefix: string, data: Buffer, countLines: boolean): Promise<Result>
  StreamQuery(connection: Handle, sql: string, format: string): Handle
  StreamFetch(stream: Handle): Promise<{ bytes: Uint8Array; numRows: number; done: boolean }>
  StreamCancel(stream: Handle): void
}

function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  const loader = createRequire(require.resolve('chdb'))('./dist/loader.js') as { loadNative(): Addon }
  return loader.loadNative()
}

/** The open data folder. It stays open as long as one connection exists: this holds that one. */
export class OpenData {
  readonly #addon: Addon
  readonly #path: string
  readonly #keeper: Handle

  constructor(path: string, engineArguments: string[]) {
    this.#addon = loadAddon()
    this.#path = path
    this.#keeper = this.#addon.CreateConnection(path, engineArguments)
  }

  /** 0.65 ms. */
  connect(): Connection {
    return new Connection(this.#addon, this.#addon.CreateConnection(this.#path))
  }

  close(): void {
    this.#addon.CloseConnection(this.#keeper)
  }
}

export class Connection {
  readonly #addon: Addon
  readonly #handle: Handle

  constructor(addon: Addon, handle: Handle) {
    this.#addon = addon
    this.#handle = handle
  }

  query(sql: string, format = 'TabSeparated'): Promise<Result> {
    return this.#addon.QueryAsyncConnection(this.#handle, sql, format)
  }

  /** `prefix` is "INSERT INTO t … FORMAT f"; `data` goes to the engine without a copy. */
  insert(prefix: string, data: Buffer): Promise<Result> {
    return this.#addon.InsertRawAsyncConnection(this.#handle, prefix, data, true)
  }

  /** Row formats only. Planning (about 10 ms) happens on this thread, the rest off it. */
  async *stream(sql: string, format: string): AsyncGenerator<Uint8Array> {
    const stream = this.#addon.StreamQuery(this.#handle, sql, format)
    let open = true
    try {
      for (;;) {
        open = false
        const chunk = await this.#addon.StreamFetch(stream)
        if (chunk.done) return
        open = true
        yield chunk.bytes
      }
    } finally {
      if (open) this.#addon.StreamCancel(stream)
    }
  }

  close(): void {
    this.#addon.CloseConnection(this.#handle)
  }
}
