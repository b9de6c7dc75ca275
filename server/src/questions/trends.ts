import type { AnswerTo, Figure, QuestionOf, Series } from '@cairn/wire/questions/question'
import { OTHER, TOP_VALUES, type Interval } from '@cairn/wire/questions/vocabulary'
import type { Range } from '../analytics/range.ts'
import { empty, join, list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { columnsOf, type Columns } from './columns.ts'
import { readFormula } from './formula.ts'
import { measureOf, running, type Measure } from './measure.ts'
import { comparedRange } from './range.ts'
import { refused, type Scope } from './scope.ts'
import { labelOf } from './step.ts'

type Trends = QuestionOf<'trends'>
type Line = AnswerTo<'trends'>['series'][number]

/** A row for each interval and value, and one for each value over all intervals. */
interface Row {
  whole: number | string
  at: number
  value: string
  [aggregate: `a${number}`]: number | string | null
}
type Values = (number | null)[]

const intervalOf = ({ interval = 'day' }: Trends): Interval => interval

async function ask(asked: Asked<Trends>): Promise<AnswerTo<'trends'>> {
  const { question, range } = asked
  const values = await topValues(asked, range)
  const lines = await readLines(asked, range, values)
  if (question.compare === undefined) return { kind: 'trends', ...lines }
  return { kind: 'trends', ...lines, compare: await readLines(asked, comparedRange(range, question, question.compare), values) }
}

/** The values of the breakdown that have lines of their own; undefined without one. */
async function topValues({ question, scope, query }: Pick<Asked<Trends>, 'question' | 'scope' | 'query'>, range: Range): Promise<string[] | undefined> {
  if (question.breakdown === undefined) return undefined
  const rows = scope()
  const shown = rows.shown(question.breakdown)
  const clause = rows.clause(range, question.series)
  const found = await query<{ value: string }>(sql`SELECT ${shown} AS value FROM ${rows.from}
${clause} GROUP BY value ORDER BY count() DESC, value LIMIT ${u32(TOP_VALUES)}`)
  return found.map(({ value }) => value)
}

async function readLines(asked: Asked<Trends>, range: Range, top: readonly string[] | undefined): Promise<{ columns: string[]; series: Line[] }> {
  const { question, sample } = asked
  const columns = columnsOf(range, intervalOf(question))
  const measures = measuresOf(asked.scope(), question)
  const rows = await readRows(asked, range, columns, top)
  const firsts = question.cumulative ? await firstSeen(asked, range, columns, top) : undefined

  const offsets = measures.map((_, i) => measures.slice(0, i).reduce((sum, { aggregates }) => sum + aggregates.length, 0))
  const read = (row: Row | undefined, i: number): Values =>
    (measures[i]?.aggregates ?? []).map((_, n) => (row === undefined ? null : numberOf(row[`a${(offsets[i] ?? 0) + n}`])))
  const isOne = columns.names.length === 1
  const at = new Map(rows.map((row) => [`${Number(row.whole) === 1 && !isOne ? '' : row.at}|${row.value}`, row]))
  const found = new Set(rows.map((row) => row.value))
  const names = top === undefined ? [''] : [...top, ...(found.has(OTHER) && !top.includes(OTHER) ? [OTHER] : [])]

  const lines = question.series.flatMap((one, i) => {
    const measure = measures[i]
    if (!measure) return []
    return names.map((name): Line => {
      const scale = 1 / sample
      const parts = columns.names.map((_, n) => read(at.get(`${n}|${name}`), i))
      const whole = measure.adds ? parts.reduce((sum, next) => running(measure, '')(sum, next), []) : read(at.get(`${isOne ? 0 : ''}|${name}`), i)
      const values = question.cumulative ? cumulative(measure, one, parts, firsts?.get(i)?.get(name) ?? []) : parts
      return {
        label: labelOf(one),
        breakdown: top === undefined ? null : name,
        values: values.map((part) => measure.figure(part, scale)),
        total: measure.figure(whole, scale),
      }
    })
  })
  const shown = question.formula === undefined ? lines : applied(question.formula, lines, question.series.length, names.length)
  return {
    columns: [...columns.names],
    series: question.moving_average === undefined ? shown : shown.map((line) => averaged(line, question.moving_average ?? 1)),
  }
}

const numberOf = (value: number | string | null | undefined): number | null => (value == null ? null : Number(value))

const valueOf = (scope: Scope, { breakdown }: Trends, top: readonly string[] | undefined): Piece | undefined => {
  if (breakdown === undefined || top === undefined) return undefined
  const shown = scope.shown(breakdown)
  return top.length === 0 ? raw(`'${OTHER}'`) : sql`if(${shown} IN ${list(top)}, ${shown}, ${raw(`'${OTHER}'`)})`
}

const measuresOf = (scope: Scope, { series }: Trends): Measure[] =>
  series.map((one) => measureOf(one.math ?? 'total', series.length === 1 ? raw('true') : scope.step(one), scope))

type Grouping = 'intervals' | 'whole' | 'both'

/**
 * Totals of what adds up are made of the intervals; all others are a second grouping of the same pass. What is counted once keeps what it has seen
 * in each interval: where that is more than memory holds, some intervals are asked at a time, and the total in a pass of its own.
 */
async function readRows(asked: Asked<Trends>, range: Range, columns: Columns, top: readonly string[] | undefined): Promise<readonly Row[]> {
  const { question, query } = asked
  const select = (span: Pick<Range, 'fromMs' | 'toMs'>, grouping: Grouping): Piece => {
    const scope = asked.scope()
    const measures = measuresOf(scope, question)
    const value = valueOf(scope, question, top)
    return trendsSql(scope, { columns, value, clause: scope.clause(span, question.series), measures, grouping })
  }
  const { length } = columns.names
  if (length === 1) return query<Row>(select(range, 'whole'))
  if (measuresOf(asked.scope(), question).every(({ adds }) => adds)) return query<Row>(select(range, 'intervals'))
  const passes = await asked.passes({ span: range, steps: question.series })
  if (passes === 1) return query<Row>(select(range, 'both'))
  const each = Math.ceil(length / passes)
  const found: (readonly Row[])[] = []
  for (let first = 0; first < length; first += each) {
    const span = { fromMs: columns.span(first).fromMs, toMs: columns.span(Math.min(length, first + each) - 1).toMs }
    found.push(await query<Row>(select(span, 'intervals')))
  }
  return [...found, await query<Row>(select(range, 'whole'))].flat()
}

interface Selected {
  columns: Columns
  value: Piece | undefined
  clause: Piece
  measures: readonly Measure[]
  grouping: Grouping
}

function trendsSql(scope: Scope, { columns, value, clause, measures, grouping }: Selected): Piece {
  const aggregates = measures.flatMap((measure) => measure.aggregates).map((aggregate, i) => sql`${aggregate} AS ${raw(`a${i}`)}`)
  const shown = value ? sql`, ${value} AS value` : sql`, '' AS value`
  const more = value ? raw(', value') : empty
  if (grouping === 'whole') {
    return sql`SELECT 1 AS whole, 0 AS at${shown}, ${join(aggregates)} FROM ${scope.from}
${clause}${value ? raw(' GROUP BY value HAVING count() > 0') : empty}`
  }
  const isBoth = grouping === 'both'
  return sql`SELECT ${isBoth ? raw('grouping(at)') : raw('0')} AS whole, ${columns.index} AS at${shown}, ${join(aggregates)}
FROM ${scope.from}
${clause}
GROUP BY ${isBoth ? sql`GROUPING SETS ((at${more}), (${value ? raw('value') : empty}))` : sql`at${more}`}${value ? raw(' HAVING count() > 0') : empty}`
}

/** Of what is counted once: how many were first seen in each interval, by series and value. */
async function firstSeen(
  asked: Asked<Trends>,
  range: Range,
  columns: Columns,
  top: readonly string[] | undefined,
): Promise<Map<number, Map<string, number[]>>> {
  const { question, query } = asked
  const found = new Map<number, Map<string, number[]>>()
  for (const [i, one] of question.series.entries()) {
    const scope = asked.scope()
    const { distinct } = measureOf(one.math ?? 'total', raw('true'), scope)
    if (!distinct) continue
    const value = valueOf(scope, question, top)
    const clause = scope.clause(range, [one], { more: [distinct.present] })
    const rows = await query<{ value: string; first: number; things: string }>(sql`SELECT value, first, count() AS things FROM (
  SELECT ${value ?? raw("''")} AS value, ${distinct.key} AS key, min(${columns.index}) AS first
  FROM ${scope.from} ${clause} GROUP BY value, key)
GROUP BY value, first`)
    const byValue = new Map<string, number[]>()
    for (const row of rows) {
      const counts = byValue.get(row.value) ?? columns.names.map(() => 0)
      counts[row.first] = Number(row.things)
      byValue.set(row.value, counts)
    }
    found.set(i, byValue)
  }
  return found
}

/** Everything up to each interval. What is counted once is counted where it was first seen; the events of per_user add up. */
function cumulative(measure: Measure, { math = 'total' }: Series, parts: readonly Values[], firsts: readonly number[]): Values[] {
  if (!measure.distinct) {
    const add = running(measure, math)
    let sum: Values = []
    return parts.map((part) => (sum = add(sum, part)))
  }
  let things = 0
  let events = 0
  return parts.map((part, n) => {
    things += firsts[n] ?? 0
    events += part[0] ?? 0
    return math === 'per_user' ? [events, things] : [things]
  })
}

function applied(formula: string, lines: readonly Line[], series: number, values: number): Line[] {
  const term = readFormula(formula, series)
  return Array.from({ length: values }, (_, v) => {
    const of = Array.from({ length: series }, (_unused, i) => lines[i * values + v])
    return {
      label: formula,
      breakdown: of[0]?.breakdown ?? null,
      values: (of[0]?.values ?? []).map((_unused, n) => term(of.map((line) => line?.values[n] ?? null))),
      total: term(of.map((line) => line?.total ?? null)),
    }
  })
}

const averaged = (line: Line, length: number): Line => ({
  ...line,
  values: line.values.map((_, n) => {
    const known = line.values.slice(Math.max(0, n - length + 1), n + 1).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
  }),
})

async function behind(asked: Asked<Trends>, { series = 0, breakdown, column, compare }: Figure): Promise<Behind> {
  const { question } = asked
  const one = question.series[series]
  if (!one) throw refused(`The question has no series ${series}.`)
  const range = compare && question.compare ? comparedRange(asked.range, question, question.compare) : asked.range
  const columns = columnsOf(range, intervalOf(question))
  const index = column === undefined ? undefined : columns.names.indexOf(column)
  if (index === -1) throw refused(`The answer has no column ${column}.`)
  const span = index === undefined ? range : question.cumulative ? { fromMs: range.fromMs, toMs: columns.span(index).toMs } : columns.span(index)
  const top = await topValues(asked, asked.range)
  const scope = asked.scope()
  const value = valueOf(scope, question, top)
  const more = [
    ...(breakdown === undefined || !value ? [] : [sql`${value} = ${str(breakdown)}`]),
    ...(one.math === 'unique_sessions' ? [raw('session_key != 0')] : []),
  ]
  const clause = scope.clause(span, [one], { more })
  return { people: sql`SELECT DISTINCT ${scope.person} AS person FROM ${scope.from} ${clause}`, events: { from: scope.from, clause } }
}

export const trends: Kind<'trends'> = {
  definition:
    'Of each interval the events of a series, or what is measured of them; people are who identify and merge made of user_id and anonymous_id. A total is the same measure of the whole range.',
  interval: intervalOf,
  looksAt: ({ question, range }) => {
    const other = question.compare ? comparedRange(range, question, question.compare) : range
    return { fromMs: Math.min(range.fromMs, other.fromMs), toMs: Math.max(range.toMs, other.toMs) }
  },
  ask,
  behind,
}
