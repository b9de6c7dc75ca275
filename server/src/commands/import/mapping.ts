import { createHash } from 'node:crypto'
import { EventInput } from '@cairn/wire/event'
import { isUuid, uuidv8 } from '../../base/ids.ts'
import { readMoment } from '../../ingest/moment.ts'
import { WrongCall } from '../terminal/failure.ts'
import { timeReader, type ReadTime } from './time-format.ts'

/**
 * What a file's columns mean. Its digest is part of what names an import and of the ids of its rows, so everything that changes an event
 * stands here, and nothing else. Without `map`, columns called like fields of an event are those fields.
 */
export interface Mapping {
  /** Field of the event → column; also metadata.<path> and context.<path>. */
  map: Readonly<Record<string, string>>
  /** Field → constant. */
  set: Readonly<Record<string, string>>
  /** Column → what its text is. */
  types: Readonly<Record<string, ColumnType>>
  /** Where columns go that nothing names. */
  rest: 'metadata' | 'context' | null
  /** Values that mean absent, beside the empty one. */
  missing: readonly string[]
  time_format: string
  zone: string
  delimiter: string | null
}

export const columnTypes = ['text', 'number', 'boolean', 'json'] as const
export type ColumnType = (typeof columnTypes)[number]

export const noMapping: Mapping = { map: {}, set: {}, types: {}, rest: null, missing: [], time_format: 'iso', zone: 'UTC', delimiter: null }

/** The same for mappings that say the same, in whichever order they say it. */
export const mappingSha256 = (mapping: Mapping): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(mapping)))
    .digest('hex')

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? [...(value as string[])].sort()
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, entry]) => [name, sorted(entry)]),
        )
      : value

export type Fields = Readonly<Record<string, unknown>>
export type Event = Record<string, unknown>

export interface Mapped {
  event: Event
  /** When it happened; undefined where that cannot be told. */
  at: number | undefined
  problem: string | undefined
}

/**
 * Turns a row into an event; what does not fit its field (text where a number belongs) is passed on as it is, for the way in to refuse.
 * `row` is the row's number, from which its id is made.
 */
export type MapRow = (row: number, fields: Fields) => Mapped

const fieldNames = Object.keys(EventInput.properties)
const numberFields = new Set(['seq', 'duration_ms'])
const jsonFields = new Set(['event_metadata', 'metadata', 'context_snapshot', 'context'])
const timeFields = ['event_timestamp', 'timestamp', 'occurred_at'] as const
const branches = { metadata: 'event_metadata', context: 'context_snapshot' } as const

/** `columns` are those of a CSV's head; JSON Lines have none. Throws WrongCall for a mapping that cannot fit. */
export function makeMapRow(mapping: Mapping, columns: readonly string[] | undefined, ids: { workspace: string; fileSha256: string }): MapRow {
  for (const field of [...Object.keys(mapping.map), ...Object.keys(mapping.set)]) checkField(field)
  const named = new Set(Object.values(mapping.map))
  if (columns)
    for (const column of [...named, ...Object.keys(mapping.types)])
      if (!columns.includes(column)) throw new WrongCall(`There is no column "${column}". The columns are: ${columns.join(', ')}.`)
  const identity = named.size === 0
  const pairs = identity ? fieldNames.filter((name) => !columns || columns.includes(name)).map((name) => [name, name] as const) : Object.entries(mapping.map)
  const taken = new Set(pairs.map(([, column]) => column))
  const others = columns?.filter((column) => !taken.has(column))
  const missing = new Set(['', ...mapping.missing])
  const readTime = timeReader(mapping.time_format, mapping.zone)
  const mappingSha = mappingSha256(mapping)
  const valueOf = (fields: Fields, column: string): unknown => {
    const value = column in fields ? fields[column] : columns ? undefined : at(fields, column)
    return value === null || (typeof value === 'string' && missing.has(value)) ? undefined : value
  }

  return (row, fields) => {
    const event: Event = {}
    if (mapping.rest !== null)
      for (const column of others ?? Object.keys(fields))
        if (!taken.has(column)) keep(event, branches[mapping.rest], column, typed(fields[column], mapping.types[column], missing))
    for (const [field, column] of pairs) {
      const value = valueOf(fields, column)
      if (value !== undefined) place(event, field, field.includes('.') ? typed(value, mapping.types[column], missing) : value)
    }
    for (const [field, value] of Object.entries(mapping.set)) place(event, field, value)
    event['event_id'] = idOf(event['event_id'], row, mappingSha, ids)
    return { event, ...timeOf(event, readTime) }
  }
}

/** An id that is no UUID, from another system, becomes one; the same id in another file becomes the same. */
function idOf(given: unknown, row: number, mappingSha: string, { workspace, fileSha256 }: { workspace: string; fileSha256: string }): string {
  if (given === undefined) return uuidv8(workspace, fileSha256, mappingSha, row)
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  return isUuid(text) ? text.toLowerCase() : uuidv8(workspace, 'event_id', text)
}

/**
 * Puts the time into the one field that the way in reads first. A time that cannot be read stays as it was, so that the way in refuses the
 * event and quarantine shows what it said; were the way in to read it differently, it is wrapped so that it cannot.
 */
function timeOf(event: Event, readTime: ReadTime): Pick<Mapped, 'at' | 'problem'> {
  const field = timeFields.find((name) => event[name] !== undefined)
  const given = field === undefined ? undefined : event[field]
  for (const name of timeFields) delete event[name]
  const at = given === undefined ? 'is absent: map a column to it' : readTime(given)
  if (typeof at === 'number') {
    event['event_timestamp'] = at
    return { at, problem: undefined }
  }
  event['event_timestamp'] = typeof readMoment(given) === 'number' ? { text: given } : (given ?? '')
  return { at: undefined, problem: `event_timestamp ${at}` }
}

function place(event: Event, field: string, value: unknown): void {
  const dot = field.indexOf('.')
  if (dot > 0) return keep(event, branches[field.slice(0, dot) as keyof typeof branches], field.slice(dot + 1), value)
  if (numberFields.has(field)) event[field] = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value
  else if (jsonFields.has(field)) {
    const json = typed(value, 'json')
    const name = field.startsWith('context') ? 'context_snapshot' : 'event_metadata'
    event[name] = typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json, ...(event[name] as object | undefined) } : json
  } else if (typeof value === 'number' && !(timeFields as readonly string[]).includes(field)) event[field] = String(value)
  else event[field] = value
}

function keep(event: Event, branch: string, path: string, value: unknown): void {
  if (value === undefined) return
  const root = (event[branch] ??= {}) as Event
  // Set like the others it would vanish; as a property of its own it reaches the way in, which refuses it.
  if (path === '__proto__') Object.defineProperty(root, path, { value, enumerable: true })
  else root[path] = value
}

function typed(value: unknown, type: ColumnType = 'text', missing?: ReadonlySet<string>): unknown {
  if (typeof value !== 'string') return value ?? undefined
  if (missing?.has(value) === true) return undefined
  return readers[type](value)
}

/** Text that is not of the type stays text. */
const readers: Readonly<Record<ColumnType, (text: string) => unknown>> = {
  text: (text) => text,
  number: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text),
  boolean: (text) => (/^(true|t|yes|y|1)$/i.test(text) ? true : /^(false|f|no|n|0)$/i.test(text) ? false : text),
  json: parsed,
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const at = (fields: Fields, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (typeof value === 'object' && value !== null ? (value as Fields)[name] : undefined), fields)

function checkField(field: string): void {
  const [branch = '', ...path] = field.split('.')
  if (path.length === 0 ? fieldNames.includes(field) : branch in branches && path.every((name) => name !== '')) return
  throw new WrongCall(`An event has no field "${field}". The fields are: ${fieldNames.join(', ')}, metadata.<path>, context.<path>.`)
}
