import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { Failed, messageOf, WrongCall } from '../terminal/failure.ts'
import type { Fields } from './mapping.ts'

/**
 * A file as numbered rows, from its first to its last, in bounded memory: CSV (RFC 4180; quoted fields, line breaks in them, a byte order
 * mark) and JSON Lines, either one also compressed by gzip, which its first bytes tell. A row that cannot be read is a row with a problem; a
 * file whose structure breaks (an open quote, half a character, a cut-off archive) ends with an error that names the line.
 */
export interface Row {
  /** From 1, without the head and without empty lines. */
  number: number
  /** In the file; of a row over several lines the first. */
  line: number
  fields: Fields
  /** Why the row cannot be read; its text is then the one field `text`. */
  problem?: string
}

export type Format = 'csv' | 'jsonl'

export interface RowsOptions {
  file: string
  format: Format
  /** Between fields; a comma, or a tab where the name ends in .tsv. */
  delimiter: string | null
}

export interface OpenRows {
  /** A CSV's head. */
  columns: readonly string[] | undefined
  rows: AsyncIterable<Row>
}

/** Longer rows are no events, and would have to be held in memory whole. */
const LONGEST_ROW = 16 * 1024 * 1024
/** Of a row that cannot be read, so much is kept in quarantine. */
const KEPT_TEXT = 8_000

export function formatOf(file: string): Format {
  const name = file.toLowerCase().replace(/\.gz$/, '')
  if (/\.(csv|tsv|txt)$/.test(name)) return 'csv'
  if (/\.(jsonl|ndjson|json)$/.test(name)) return 'jsonl'
  throw new WrongCall(`Whether ${file} is CSV or JSON Lines does not follow from its name. Say --format csv or --format jsonl.`)
}

export async function fileSha256(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { sha256: hash.digest('hex'), bytes }
}

export async function openRows(options: RowsOptions): Promise<OpenRows> {
  return options.format === 'csv' ? openCsv(options) : { columns: undefined, rows: jsonLines(await bytesOf(options), options.file) }
}

async function bytesOf({ file }: RowsOptions): Promise<Readable> {
  const handle = await open(file)
  const magic = Buffer.alloc(2)
  await handle.read(magic, 0, 2, 0)
  const bytes = handle.createReadStream({ start: 0, highWaterMark: 256 * 1024 })
  return magic[0] === 0x1f && magic[1] === 0x8b ? pipeline(bytes, createGunzip(), () => undefined) : bytes
}

/** UTF-8 that is none would silently become question marks. */
async function* textOf(bytes: Readable, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const broken = (error: unknown): Failed => {
    if (error instanceof TypeError) return new Failed(`${file} is not UTF-8. Convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8 ${file}`)
    return new Failed(`${file} cannot be read to its end: ${messageOf(error)}.`, { cause: error })
  }
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk as Buffer, { stream: true })
    yield decoder.decode()
  } catch (error) {
    throw broken(error)
  } finally {
    bytes.destroy()
  }
}

async function openCsv(options: RowsOptions): Promise<OpenRows> {
  const { file } = options
  const parser = parse({
    delimiter: options.delimiter ?? (/\.tsv(\.gz)?$/i.test(file) ? '\t' : ','),
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
  })
  pipeline(textOf(await bytesOf(options), file), parser, () => undefined)
  const records = parser[Symbol.asyncIterator]() as AsyncIterator<CsvRecord>
  const next = async (): ReturnType<typeof records.next> => {
    try {
      return await records.next()
    } catch (error) {
      throw error instanceof CsvError ? new Failed(`${file} is not the CSV it should be: ${error.message}.`) : error
    }
  }
  const head = await next()
  if (head.done === true) throw new Failed(`${file} is empty.`)
  const columns = head.value.record.map((name) => name.trim())
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice !== undefined) throw new WrongCall(`${file} has two columns "${twice}". Rename one of them.`)
  if (columns.includes('__proto__')) throw new WrongCall(`${file} has a column "__proto__". Rename it.`)

  const lineOf = lineCounter()
  lineOf(head.value)

  async function* rows(): AsyncGenerator<Row> {
    try {
      for (let number = 1; ; number++) {
        const { done, value } = await next()
        if (done === true) return
        const { record } = value
        const line = lineOf(value)
        if (record.length === columns.length) {
          const fields: Record<string, unknown> = {}
          for (const [i, column] of columns.entries()) fields[column] = record[i]
          yield { number, line, fields }
        } else yield unreadable(number, line, `has ${record.length} fields where the head has ${columns.length}`, record.join(','))
      }
    } finally {
      parser.destroy()
    }
  }
  return { columns, rows: rows() }
}

interface CsvRecord {
  record: string[]
  info: { lines: number; empty_lines: number }
}

/** The line on which each record begins. The parser's own count takes a CR LF within quotes for two lines, so it only tells where to look. */
function lineCounter(): (next: CsvRecord) => number {
  let counted = { lines: 0, empty_lines: 0 }
  let ended = 0
  return ({ record, info }) => {
    const line = ended + 1 + info.empty_lines - counted.empty_lines
    ended = info.lines - counted.lines === 1 ? line : line + record.reduce((sum, field) => sum + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
    counted = { lines: info.lines, empty_lines: info.empty_lines }
    return line
  }
}

async function* jsonLines(bytes: Readable, file: string): AsyncGenerator<Row> {
  let number = 0
  let line = 0
  let rest = ''
  const read = (text: string): Row | undefined => {
    line++
    const trimmed = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim()
    if (trimmed === '') return undefined
    number++
    try {
      const value: unknown = JSON.parse(trimmed)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { number, line, fields: value as Fields }
      return unreadable(number, line, 'is no JSON object', trimmed)
    } catch {
      return unreadable(number, line, 'is no JSON', trimmed)
    }
  }
  for await (const text of textOf(bytes, file)) {
    rest += text
    if (!text.includes('\n')) {
      if (rest.length > LONGEST_ROW) throw new Failed(`${file}, line ${line + 1} is over 16 MB long. JSON Lines hold one event in each line.`)
      continue
    }
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const one of lines) {
      const row = read(one)
      if (row) yield row
    }
  }
  const last = read(rest)
  if (last) yield last
}

const unreadable = (number: number, line: number, problem: string, text: string): Row => ({ number, line, fields: { text: text.slice(0, KEPT_TEXT) }, problem })
