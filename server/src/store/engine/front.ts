import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createGunzip, createGzip, type Gzip } from 'node:zlib'
import type { OpenData, Result } from './addon.ts'
import { isLane, TooManyWaiting, type LaneName, type Slots } from './slots.ts'
import { run, type Statement } from './statement.ts'

/**
 * The part of ClickHouse's HTTP interface that @clickhouse/client uses, over the embedded engine: so that Cairn has one client for both.
 * Not offered: sessions, roles, passwords (the socket's folder is the owner's alone), progress headers, zstd.
 * `/ping` asks the engine itself: an engine that hangs does not answer, whatever its event loop does.
 */
export interface FrontOptions {
  data: OpenData
  slots: Slots
  /** Settings of a lane's statements that do not bring their own. */
  defaults: Readonly<Record<LaneName, Readonly<Record<string, string>>>>
  /** Folder for bodies that the engine has to read as files. */
  scratch: string
}

/** Parameters of the protocol that are no settings of the query. */
const protocolOnly = new Set(
  (
    'query query_id database session_timeout session_check wait_end_of_query enable_http_compression role user password compress decompress ' +
    'default_format buffer_size send_progress_in_http_headers http_headers_progress_interval_ms http_write_exception_in_output_format'
  ).split(' '),
)
/** As ClickHouse's http_max_uri_size: the parameters of a command stand in the address, and Node's own limit is 16 KB. */
const MAX_ADDRESS_BYTES = 1024 * 1024
const MAX_BODY_BYTES = 256 * 1024 * 1024
/** A reader that takes nothing for this long holds a slot for nothing. */
const STALLED_MS = 60_000

export function makeFront(options: FrontOptions): Server {
  const server = createServer({ maxHeaderSize: MAX_ADDRESS_BYTES }, (request, response) => {
    void answer(options, request, response)
  })
  // Above the 2.5 s after which the client drops an idle connection: the server must not be first, or a request would meet a closing socket.
  server.keepAliveTimeout = 30_000
  server.requestTimeout = 0
  return server
}

async function answer({ data, slots, defaults, scratch }: FrontOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the reader has left'))
  })
  const reply = new Reply(request, response)
  let giveBack = (): void => {}
  try {
    const url = new URL(request.url ?? '/', 'http://engine')
    if (url.pathname === '/ping') {
      await ping(data)
      response.end('Ok.\n')
      return
    }
    const asked = request.headers['x-cairn-lane']
    const lane = typeof asked === 'string' && isLane(asked) ? asked : 'query'
    const statement = await readStatement(request, url.searchParams, defaults[lane])
    reply.prepare(url.searchParams, statement.format)
    giveBack = await slots.take(lane, gone.signal)
    await run(data, statement, reply, gone.signal, scratch)
    reply.end()
  } catch (error) {
    reply.fail(error instanceof Error ? error : new Error(String(error)))
  } finally {
    giveBack()
  }
}

async function ping(data: OpenData): Promise<void> {
  const connection = data.connect()
  try {
    await connection.query('SELECT 1')
  } finally {
    connection.close()
  }
}

async function readStatement(request: IncomingMessage, given: URLSearchParams, defaults: Readonly<Record<string, string>>): Promise<Statement> {
  let data: Buffer = await readBody(request)
  const fields = new Map(given)
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(data), { headers: { 'content-type': type } }).formData()
    data = Buffer.alloc(0)
    for (const [name, value] of form) fields.set(name, typeof value === 'string' ? value : await value.text())
  }
  let sql = fields.get('query') ?? ''
  if (sql === '') {
    sql = data.toString('utf8')
    data = Buffer.alloc(0)
  }
  if (fields.has('session_id')) throw new Error('Code: 48. DB::Exception: The embedded engine keeps no sessions. (NOT_IMPLEMENTED)')
  const settings = new Map(Object.entries(defaults))
  const params = new Map<string, string>()
  for (const [name, value] of fields) {
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value)
    else if (!protocolOnly.has(name)) settings.set(name, value)
  }
  const database = fields.get('database')
  const format = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(sql)?.[1] ?? fields.get('default_format') ?? 'TabSeparated'
  return { sql, data, format, settings, params, database: database === '' || database === 'default' ? undefined : database }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'gzip') throw new Error(`Code: 48. DB::Exception: Content-Encoding ${encoding} is not offered. (NOT_IMPLEMENTED)`)
  const stream = encoding === 'gzip' ? request.pipe(createGunzip()) : request
  if (stream !== request) request.on('error', (error) => stream.destroy(error))
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error('Code: 307. DB::Exception: The body is over 256 MB. (TOO_MANY_BYTES)')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

/** The answer as it goes out: headers with the first byte, an error as status and code before it, as a marked block after it. */
class Reply {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #tag = randomBytes(8).toString('hex')
  readonly #headers: Record<string, string> = {
    'X-ClickHouse-Server-Display-Name': 'cairn',
    'X-ClickHouse-Timezone': 'UTC',
    'X-ClickHouse-Exception-Tag': this.#tag,
  }
  #out: ServerResponse | Gzip
  #compressed = false

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    this.#out = response
  }

  prepare(given: URLSearchParams, format: string): void {
    this.#headers['X-ClickHouse-Query-Id'] = (given.get('query_id') ?? '').replace(/[^\w-]/g, '')
    this.#headers['X-ClickHouse-Format'] = format
    this.#compressed = given.get('enable_http_compression') === '1' && /gzip/.test(this.#request.headers['accept-encoding']?.toString() ?? '')
  }

  whole(bytes: Uint8Array, result: Result): void {
    const written = { written_rows: String(result.rowsWritten ?? 0), written_bytes: String(result.bytesWritten ?? 0) }
    const read = { read_rows: String(result.rowsRead ?? result.rowsSent ?? 0), read_bytes: String(result.bytesRead ?? 0) }
    this.#headers['X-ClickHouse-Summary'] = JSON.stringify({ ...read, ...written, elapsed_ns: String(Math.round(result.elapsed * 1e9)) })
    this.#begin()
    this.#out.write(bytes)
  }

  async chunk(bytes: Uint8Array): Promise<void> {
    this.#begin()
    if (this.#out.write(bytes) || this.#response.destroyed) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        this.#out.off('drain', go)
        this.#response.off('close', go)
        resolve()
      }
      const timer = setTimeout(() => this.#response.destroy(), STALLED_MS)
      this.#out.once('drain', go)
      this.#response.once('close', go)
    })
  }

  end(): void {
    this.#begin()
    this.#out.end()
  }

  fail(error: Error): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    const message = error instanceof TooManyWaiting ? `Code: 202. DB::Exception: ${error.message}. (TOO_MANY_SIMULTANEOUS_QUERIES)` : error.message
    if (this.#response.headersSent) {
      const text = message.trimEnd().slice(0, 4_000)
      this.#out.end(`\r\n__exception__\r\n${this.#tag}\r\n${text}\n${Buffer.byteLength(text) + 1} ${this.#tag}\r\n__exception__\r\n`)
      return
    }
    const code = /^Code: (\d+)/.exec(message)?.[1] ?? '1002'
    const status = code === '60' ? 404 : code === '159' ? 408 : code === '202' ? 503 : 500
    // A body that was not read to its end cannot be followed by another request.
    const close = this.#request.complete ? {} : { Connection: 'close' }
    this.#response.writeHead(status, { ...this.#headers, ...close, 'Content-Type': 'text/plain; charset=UTF-8', 'X-ClickHouse-Exception-Code': code })
    this.#response.end(`${message.trimEnd()}\n`)
  }

  #begin(): void {
    if (this.#response.headersSent) return
    if (this.#compressed) {
      const gzip = createGzip({ level: 1 })
      gzip.pipe(this.#response)
      this.#out = gzip
      this.#headers['Content-Encoding'] = 'gzip'
    }
    this.#response.writeHead(200, this.#headers)
  }
}
