import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { Connection, OpenData, Result } from './addon.ts'

/** One request to the engine, taken out of its HTTP clothes. */
export interface Statement {
  sql: string
  /** Rows that follow the statement; empty for all but inserts. */
  data: Buffer
  format: string
  settings: ReadonlyMap<string, string>
  /** `name` without "param_"; values in the escaped form in which the client sends them. */
  params: ReadonlyMap<string, string>
  database: string | undefined
}

/** Where the answer goes: either one whole or a number of chunks. */
export interface Sink {
  whole(bytes: Uint8Array, result: Result): void
  /** Resolves when the next chunk may come. */
  chunk(bytes: Uint8Array): Promise<void>
}

/** A row format can be sent while it is made; the others end in a trailer that the binding would repeat per chunk. */
const rowFormat = /^(JSONEachRow|JSONCompactEachRow\w*|JSONStringsEachRow|CSV\w*|TSV\w*|TabSeparated\w*|RowBinary|NDJSON|JSONLines)$/i
const select = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*(SELECT\b|WITH\b|\()/i
const input = /\binput\(\s*('(?:[^'\\]|\\.)*')\s*\)/i
const KILL_AGAIN_MS = 200
/** Characters; the engine takes 256 KB of text per statement unless told otherwise, and parameters travel as a statement here. */
const ROOM_FOR_SET = 50_000

/**
 * Runs one statement on its own connection. When `signal` aborts, the engine is told to stop; the promise settles once it has.
 * Throws the engine's error, its message beginning "Code: <n>.".
 */
export async function run(data: OpenData, statement: Statement, sink: Sink, signal: AbortSignal, scratch: string): Promise<void> {
  const mark = randomUUID()
  const connection = data.connect()
  let stopKilling = (): void => {}
  try {
    const set = setStatement(statement, mark)
    if (set.length > ROOM_FOR_SET) await connection.query(`SET max_query_size = ${4 * set.length}`)
    await connection.query(set)
    if (statement.database !== undefined) await connection.query(`USE \`${statement.database.replaceAll('`', '')}\``)
    signal.throwIfAborted()
    stopKilling = killOnAbort(data, mark, signal)
    await execute(connection, statement, sink, signal, scratch)
  } finally {
    stopKilling()
    connection.close()
  }
}

async function execute(connection: Connection, { sql, data, format }: Statement, sink: Sink, signal: AbortSignal, scratch: string): Promise<void> {
  if (data.length === 0) {
    if (rowFormat.test(format) && select.test(sql)) {
      for await (const bytes of connection.stream(sql, format)) {
        await sink.chunk(bytes)
        signal.throwIfAborted()
      }
      return
    }
    const result = await connection.query(sql, format)
    sink.whole(result.bytes ?? new Uint8Array(), result)
    return
  }
  // The binding gives no rows to input(): its data goes through a file, which the engine reads just as it reads a segment.
  const source = input.exec(sql)
  if (source) {
    const file = join(scratch, `${randomUUID()}.rows`)
    try {
      writeFileSync(file, data, { mode: 0o600 })
      const text = sql.replace(/\bFORMAT\s+\w+\s*$/i, '').replace(input, () => `file(${quote(file)}, '${format}', ${source[1]})`)
      sink.whole(new Uint8Array(), await connection.query(text))
    } finally {
      rmSync(file, { force: true })
    }
    return
  }
  sink.whole(new Uint8Array(), await connection.insert(sql, data))
}

function setStatement({ settings, params }: Statement, mark: string): string {
  const sets = [`log_comment = ${quote(mark)}`]
  for (const [name, value] of settings) if (name !== 'log_comment' && name !== 'readonly') sets.push(`${identifier(name)} = ${quote(value)}`)
  for (const [name, value] of params) sets.push(`${identifier(`param_${name}`)} = ${quote(value)}`)
  // Last, since nothing can be set after it.
  const readonly = settings.get('readonly')
  if (readonly !== undefined) sets.push(`readonly = ${quote(readonly)}`)
  return `SET ${sets.join(', ')}`
}

/** Repeats until the statement is over: a kill that comes before the engine has registered the query finds nothing. ASYNC, since SYNC was seen to hang. */
function killOnAbort(data: OpenData, mark: string, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  let over = false
  const kill = async (): Promise<void> => {
    if (over) return
    const connection = data.connect()
    try {
      await connection.query(`KILL QUERY WHERE Settings['log_comment'] = ${quote(mark)} ASYNC`)
    } catch {
      // Tried again below; the statement's own end is what counts.
    } finally {
      connection.close()
    }
    if (!over) timer = setTimeout(() => void kill(), KILL_AGAIN_MS)
  }
  const onAbort = (): void => void kill()
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    over = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const identifier = (name: string): string => {
  if (!/^\w+$/.test(name)) throw new Error('Code: 115. DB::Exception: A setting or parameter has a name that is none. (UNKNOWN_SETTING)')
  return name
}
