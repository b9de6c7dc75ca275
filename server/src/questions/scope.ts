import { eventFields, NONE, sessionFields, type EventField, type Prefix, type SessionField } from '@cairn/wire/questions/vocabulary'
import type { Condition, Filter, Step } from '@cairn/wire/questions/question'
import { jsonPath } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import type { Properties, ValueType } from '../ingest/properties.ts'
import { inDays, inSpan } from '../store/keys.ts'
import type { Persons } from '../store/persons.ts'
import { empty, f64, join, list, raw, sql, str, u32, type Piece } from '../store/sql.ts'

/** What of a question holds for every event it looks at. */
/** One of so many equal parts of the people, from 0. */
export interface Slice {
  nth: number
  of: number
}

export interface Scoped {
  database: string
  workspaceId: number
  persons: Persons
  properties: Pick<Properties, 'knows' | 'typesAt'>
  filters: readonly Filter[]
  includeBots: boolean
  /** Condition: of rows of internal traffic; undefined where it is counted too. */
  isInternal: Piece | undefined
  /** Share of people that are looked at. */
  sample: number
  /** Of the people; all where it is undefined. */
  slice?: Slice | undefined
  /** By id: query of the keys of the people in it. */
  cohorts: ReadonlyMap<string, Piece>
}

/** A field of an event as SQL. */
export interface Value {
  /** Its text; '' where it is missing, which a value may be too. */
  text: Piece
  /** Its number; NULL where it is none. */
  number: Piece
  /** Whether there is a value. */
  present: Piece
}

/**
 * The rows that a question reads and what it says of each: conditions, fields, and the tables that those are joined from. One for each query,
 * since the joins are collected while its pieces are made: `from` is asked for last.
 */
export class Scope {
  readonly #of: Scoped
  readonly #joins = new Map<string, { piece: Piece; value: Value }>()
  #readsJoined = false

  constructor(of: Scoped) {
    this.#of = of
  }

  /** Key of the person that a row counts to. */
  get person(): Piece {
    return this.#of.persons.column(this.#of.workspaceId)
  }

  /** The events, with what is joined to them. */
  get from(): Piece {
    return join([raw(`${this.#of.database}.events`), ...[...this.#joins.values()].map(({ piece }) => piece)], ' ')
  }

  /**
   * `PREWHERE … WHERE …` of the rows that are read: workspace, any of the steps, bots, span, sample, filters, in the order of what they cost and
   * leave; what reads joined tables comes last. Whoever asks about several steps tells them apart by `step`.
   */
  clause(
    span: { fromMs: number; toMs: number },
    steps: readonly Step[],
    { more = [], isShort = false }: { more?: readonly Piece[]; isShort?: boolean } = {},
  ): Piece {
    const { workspaceId, includeBots, isInternal, sample, slice, filters } = this.#of
    const before = [
      sql`workspace_id = ${u32(workspaceId)}`,
      ...this.#types(steps),
      ...(includeBots ? [] : [raw('NOT is_bot')]),
      ...(isInternal ? [sql`NOT ${isInternal}`] : []),
      isShort ? inDays(span) : inSpan(span),
      ...(slice ? [sql`${this.person} % ${u32(slice.of)} = ${u32(slice.nth)}`] : []),
      ...(sample < 1 ? [sql`cityHash64(${this.person}) % 1000000 < ${u32(Math.round(sample * 1e6))}`] : []),
    ]
    const after: Piece[] = []
    const narrow = (make: () => Piece): void => {
      this.#readsJoined = false
      const condition = make()
      ;(this.#readsJoined ? after : before).push(condition)
    }
    for (const filter of filters) narrow(() => this.filter(filter))
    if (steps.some((step) => step.filters?.length)) narrow(() => anyOf(steps.map((step) => this.step(step))))
    const last = [...after, ...more]
    return sql`PREWHERE ${join(before, ' AND ')}${last.length > 0 ? sql` WHERE ${join(last, ' AND ')}` : empty}`
  }

  /** What of the steps the table's order is of use for. */
  #types(steps: readonly Step[]): Piece[] {
    if (steps.length === 0 || steps.some(({ any }) => any)) return []
    const types = steps.flatMap(({ event }) => event ?? [])
    if (types.length === steps.length) return [types.length === 1 ? sql`event_type = ${text(types[0] ?? '')}` : sql`event_type IN ${texts(types)}`]
    return [anyOf(steps.map((step) => this.#kind(step)))]
  }

  #kind({ event, category }: Step): Piece {
    return event === undefined ? (category === undefined ? raw('true') : sql`event_category = ${text(category)}`) : sql`event_type = ${text(event)}`
  }

  /** Whether a row, of those that `clause` lets through, is of the step. */
  step(step: Step): Piece {
    return allOf([this.#kind(step), ...(step.filters ?? []).map((filter) => this.filter(filter))])
  }

  filter(filter: Filter): Piece {
    if ('any' in filter) return anyOf(filter.any.map((inner) => this.filter(inner)))
    if ('all' in filter) return allOf(filter.all.map((inner) => this.filter(inner)))
    return this.#condition(filter)
  }

  #condition({ field, op, value }: Condition): Piece {
    if (op === 'in_cohort' || op === 'not_in_cohort') {
      const isMember = this.#isIn(String(value))
      return op === 'in_cohort' ? isMember : not(isMember)
    }
    if (field === undefined) throw refused(`The filter ${op} needs a field.`)
    const its = this.value(field)
    switch (op) {
      case 'exists':
        return its.present
      case 'not_exists':
        return not(its.present)
      case 'neq':
        return not(equals(its, [one(op, value)]))
      case 'eq':
        return equals(its, [one(op, value)])
      case 'not_in':
        return not(equals(its, several(op, value)))
      case 'in':
        return equals(its, several(op, value))
      case 'not_contains':
        return not(holds(its, 'positionCaseInsensitiveUTF8', one(op, value)))
      case 'contains':
        return holds(its, 'positionCaseInsensitiveUTF8', one(op, value))
      case 'starts_with':
        return holds(its, 'startsWith', one(op, value))
      case 'ends_with':
        return holds(its, 'endsWith', one(op, value))
      case 'regex':
        return sql`(${its.present} AND match(${its.text}, ${text(one(op, value))}))`
      case 'between': {
        const [least, most, ...others] = several(op, value)
        if (least === undefined || most === undefined || others.length > 0) throw refused('The filter between needs a list of two numbers.')
        return sql`ifNull(${its.number} BETWEEN ${f64(asNumber(op, least))} AND ${f64(asNumber(op, most))}, false)`
      }
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
      default:
        return sql`ifNull(${its.number} ${raw(comparisons[op])} ${f64(asNumber(op, one(op, value)))}, false)`
    }
  }

  /** Whether the person of a row is in a cohort. */
  #isIn(cohort: string): Piece {
    const members = this.#of.cohorts.get(cohort)
    if (!members) throw refused(`There is no cohort ${cohort}.`)
    return sql`(${this.person} IN (${members}))`
  }

  /** What a breakdown shows of a field. */
  shown(field: string): Piece {
    const { text: its, present } = this.value(field)
    return sql`if(${present}, ${its}, ${raw(`'${NONE}'`)})`
  }

  value(field: string): Value {
    if (field === 'duration_ms')
      return { text: raw("ifNull(toString(duration_ms), '')"), number: raw('toFloat64(duration_ms)'), present: raw('(duration_ms IS NOT NULL)') }
    if (Object.hasOwn(eventFields, field)) return ofColumn(field as EventField)
    const dot = field.indexOf('.')
    const path = checked(field.slice(dot + 1))
    switch (field.slice(0, dot) as Prefix | 'cohort') {
      case 'cohort':
        return { text: sql`if(${this.#isIn(path)}, 'true', 'false')`, number: raw('CAST(NULL AS Nullable(Float64))'), present: raw('true') }
      case 'metadata':
        return this.#of.properties.knows(this.#of.workspaceId, path)
          ? ofPath(jsonPath('metadata', path), this.#of.properties.typesAt(this.#of.workspaceId, path))
          : ofJson(extracted(raw('event_metadata'), path))
      case 'context':
        return ofJson(extracted(raw('context_snapshot'), path))
      case 'person':
        return this.#joined(field, (name) => this.#trait(path, name))
      case 'entity':
        return this.#joined(field, (name) => this.#attribute(path, name))
      case 'session':
      default:
        return this.#joined(field, (name) => this.#session(path, name))
    }
  }

  #joined(field: string, make: (name: (column: string) => Piece) => Piece): Value {
    this.#readsJoined = true
    const known = this.#joins.get(field)
    if (known) return known.value
    const name = (column: string): Piece => raw(`joined_${this.#joins.size}_${column}`)
    const value: Value = { text: name('text'), number: name('number'), present: sql`(${name('present')} = 1)` }
    this.#joins.set(field, { piece: make(name), value })
    return value
  }

  /** Of each person the value that was told last; a trait is told as a whole, with all that is within it. */
  #trait(path: string, name: (column: string) => Piece): Piece {
    const { workspaceId, database, persons } = this.#of
    const [first = '', ...within] = path.split('.')
    const newest = (key: string): Piece => {
      const told = sql`JSONExtractRaw(traits, ${str(key)})`
      return sql`argMaxIf(${told}, (told_at, received_at, fact_id), ${told} != '')`
    }
    const nested = sql`JSONExtractRaw(${newest(first)}, ${join(within.map(str))})`
    const told = within.length === 0 ? newest(first) : sql`if(${nested} != '', ${nested}, ${newest(path)})`
    const owner = persons.rootOf(workspaceId, sql`cityHash64(workspace_id, 'u', user_id)`)
    return sql`ANY LEFT JOIN (SELECT ${name('key')}, ${named(ofJson(raw('told')), name)} FROM (
    SELECT ${owner} AS ${name('key')}, ${told} AS told
    FROM ${raw(database)}.person_facts WHERE ${join([sql`workspace_id = ${u32(workspaceId)}`, raw("fact = 'identify'"), raw("traits != ''")], ' AND ')} GROUP BY ${name('key')})) AS ${name('table')} ON ${this.person} = ${name('key')}`
  }

  #attribute(path: string, name: (column: string) => Piece): Piece {
    const { workspaceId, database } = this.#of
    const known = ['title', 'status', 'type', 'project_id', 'client_id', 'created_by'].includes(path)
    const value: Value = known ? ofText(raw(path)) : ofJson(extracted(raw('attributes'), path))
    return sql`ANY LEFT JOIN (SELECT entity_type AS ${name('type')}, entity_id AS ${name('key')}, ${named(value, name)}
    FROM ${raw(database)}.entities FINAL WHERE workspace_id = ${u32(workspaceId)} AND deleted = 0) AS ${name('table')} ON entity_type = ${name('type')} AND entity_id = ${name('key')}`
  }

  #session(path: string, name: (column: string) => Piece): Piece {
    const { workspaceId, database, includeBots } = this.#of
    if (!Object.hasOwn(sessionFields, path)) throw refused(`Of sessions there is no ${path}; known are ${Object.keys(sessionFields).join(', ')}.`)
    const { table, value } = sessionValues[path as SessionField]
    return sql`ANY LEFT JOIN (SELECT ${name('key')}, ${named(value, name)} FROM (
    SELECT session_key AS ${name('key')}, ${table.value} AS found FROM ${raw(`${database}.${table.name}`)} WHERE workspace_id = ${u32(workspaceId)}${raw(includeBots ? '' : ' AND NOT is_bot')} GROUP BY session_key)) AS ${name('table')} ON session_key = ${name('key')}`
  }
}

const number = (value: string): { table: { name: string; value: Piece }; value: Value } => ({
  table: { name: 'sessions', value: raw(value) },
  value: { text: raw('toString(found)'), number: raw('toNullable(toFloat64(found))'), present: raw('true') },
})
const page = (value: string): { table: { name: string; value: Piece }; value: Value } => ({
  table: { name: 'session_details', value: raw(value) },
  value: ofText(raw('found')),
})
const ofText = (column: Piece): Value => ({ text: column, number: numberOf(column), present: sql`(${column} != '')` })
/** A text as a number, where it is one. */
const numberOf = (column: Piece): Piece => sql`if(match(${column}, ${raw(`'${NUMERIC}'`)}), toFloat64OrNull(${column}), NULL)`
const NUMERIC = String.raw`^-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?$`
const ofColumn = (name: EventField): Value => ofText(raw(name))

const sessionValues: Record<SessionField, ReturnType<typeof number>> = {
  entry_path: page('argMinIfMerge(entry)'),
  exit_path: page('argMaxIfMerge(exit)'),
  duration_seconds: number('(toUnixTimestamp64Milli(max(last_at)) - toUnixTimestamp64Milli(min(started_at))) / 1000'),
  events: number('sum(events)'),
  page_views: number('sum(page_views)'),
}

/** Of a path that has a column: what is read of it is the types it has brought, since each costs as much as a column. A list is no value. */
const ofPath = (place: Piece, types: readonly ValueType[] = ['string', 'number', 'boolean']): Value => {
  const as = (type: string): Piece => sql`${place}.:${raw(`\`${type}\``)}`
  const texts = [
    ...(types.includes('string') ? [as('String')] : []),
    ...(types.includes('number') ? [sql`toString(${as('Int64')})`, sql`toString(${as('Float64')})`] : []),
    ...(types.includes('boolean') ? [sql`toString(${as('Bool')})`] : []),
  ]
  const numbers = [
    ...(types.includes('number') ? [sql`toFloat64(${as('Int64')})`, as('Float64')] : []),
    ...(types.includes('string') ? [numberOf(sql`ifNull(${as('String')}, '')`)] : []),
  ]
  const first = (pieces: readonly Piece[], otherwise: string): Piece => sql`coalesce(${join([...pieces, raw(otherwise)])})`
  return { text: first(texts, "''"), number: first(numbers, 'CAST(NULL AS Nullable(Float64))'), present: sql`isNotNull(${first(texts, 'NULL')})` }
}

/** Of a JSON text, '' where there is none. */
const ofJson = (json: Piece): Value => {
  const isText = sql`JSONType(${json}) = 'String'`
  const isNumber = sql`JSONType(${json}) IN ('Int64', 'UInt64', 'Double')`
  return {
    text: sql`multiIf(${isText}, JSONExtractString(${json}), ${isNumber} OR JSONType(${json}) = 'Bool', ${json}, '')`,
    number: sql`if(${isNumber}, toFloat64OrNull(${json}), ${numberOf(sql`if(${isText}, JSONExtractString(${json}), '')`)})`,
    present: sql`(JSONType(${json}) IN ('String', 'Int64', 'UInt64', 'Double', 'Bool'))`,
  }
}

/** JSON text at a path, its keys one inside the other, or the whole path as one key; '' where there is nothing. */
const extracted = (column: Piece, path: string): Piece => {
  const keys = path.split('.')
  const nested = sql`JSONExtractRaw(${column}, ${join(keys.map(str))})`
  return keys.length === 1 ? nested : sql`if(${nested} != '', ${nested}, JSONExtractRaw(${column}, ${str(path)}))`
}

const named = ({ text: its, number: n, present }: Value, name: (column: string) => Piece): Piece =>
  sql`${its} AS ${name('text')}, ${n} AS ${name('number')}, toUInt8(${present}) AS ${name('present')}`

const allOf = (conditions: readonly Piece[]): Piece => (conditions.length === 0 ? raw('true') : sql`(${join(conditions, ' AND ')})`)
const anyOf = (conditions: readonly Piece[]): Piece => (conditions.length === 0 ? raw('false') : sql`(${join(conditions, ' OR ')})`)
const not = (condition: Piece): Piece => sql`NOT ${condition}`

/** A missing value has an empty text, so only the empty value asks whether there is one. */
function equals({ text: its, present }: Value, values: readonly (string | number | boolean)[]): Piece {
  const known = values.map(String).filter((value) => value !== '')
  return anyOf([
    ...(known.length === 1 ? [sql`${its} = ${text(known[0] ?? '')}`] : known.length > 1 ? [sql`${its} IN ${texts(known)}`] : []),
    ...(known.length < values.length ? [sql`(${present} AND ${its} = '')`] : []),
  ])
}

const holds = ({ text: its, present }: Value, test: 'positionCaseInsensitiveUTF8' | 'startsWith' | 'endsWith', value: string | number | boolean): Piece =>
  String(value) === '' ? present : sql`${raw(test)}(${its}, ${text(String(value))})${test === 'positionCaseInsensitiveUTF8' ? raw(' > 0') : empty}`

const comparisons = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
type Given = Condition['value']

function one(op: string, value: Given): string | number | boolean {
  if (value === undefined || typeof value === 'object') throw refused(`The filter ${op} needs one value.`)
  return value
}
function several(op: string, value: Given): readonly (string | number | boolean)[] {
  if (typeof value !== 'object') throw refused(`The filter ${op} needs a list of values.`)
  return value
}
function asNumber(op: string, value: string | number | boolean): number {
  const found = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (!Number.isFinite(found)) throw refused(`The filter ${op} needs a number.`)
  return found
}

const checked = (path: string): string => {
  if (path.includes('\0')) throw refused('A field holds a NUL character.')
  return path
}
const text = (value: string | number | boolean): Piece => str(checked(String(value)))
const texts = (values: readonly string[]): Piece => list(values.map(checked))

/** Of what the schema cannot say. */
export const refused = (message: string): CairnError => new CairnError('invalid', message)
