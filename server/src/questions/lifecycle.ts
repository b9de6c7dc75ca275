import type { AnswerTo, Figure, QuestionOf, Step } from '@cairn/wire/questions/question'
import { lifecycleStates, type Interval } from '@cairn/wire/questions/vocabulary'
import { inSpan } from '../store/keys.ts'
import { join, raw, sql, time, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { bitsOf, placesIn, shifted } from './bits.ts'
import { columnsOf, indexOf, spanBefore } from './columns.ts'
import { FIRST_MS } from './range.ts'
import { refused, type Slice } from './scope.ts'

type Lifecycle = QuestionOf<'lifecycle'>
type State = (typeof lifecycleStates)[number]
interface Span {
  fromMs: number
  toMs: number
}

const intervalOf = ({ interval = 'day' }: Lifecycle): Interval => interval
const stepOf = ({ series: [step] = [] }: Lifecycle): Step => step ?? { any: true }

/** Everything up to the end of the range is read, since only that tells who is new. */
const upTo = ({ toMs }: Span): Span => ({ fromMs: FIRST_MS, toMs })

interface Row {
  at: number
  state: State
  people: string
}

/** A person is kept in a few numbers, and has many events. */
const ROWS_EACH = 4

/** Of each person the intervals as bits, that before the first at 0; those that begin a run are new or resurrecting. */
async function ask(asked: Asked<Lifecycle>): Promise<AnswerTo<'lifecycle'>> {
  const { question, range, sample } = asked
  const columns = columnsOf(range, intervalOf(question))
  const before = spanBefore(columns, range, intervalOf(question))
  const counts = sql`(${inSpan(range)} OR ${inSpan(before)})`
  const bits = bitsOf(raw('place'), raw('is_looked_at'), columns.starts.length + 1)
  const now = bits.map((_, word) => `now${word}`)
  const last = shifted(now)
  const both = (combine: (now: string, last: string) => string): string => placesIn(now.map((word, i) => combine(word, last[i] ?? '')))
  const select = (slice?: Slice): Piece => {
    const scope = asked.scope(slice)
    const clause = scope.clause(upTo(range), [stepOf(question)])
    return sql`SELECT intDiv(one, 4) AS at, ${raw(`['${lifecycleStates.join("', '")}'][one % 4 + 1]`)} AS state, count() AS people
FROM (SELECT arrayJoin(arrayConcat(
    arrayMap((at, nth) -> toUInt16(at * 4 + if(is_new AND nth = 1, 0, 2)), ${raw(both((a, b) => `bitAnd(${a}, bitNot(${b}))`))} AS begun, arrayEnumerate(begun)),
    arrayMap(at -> toUInt16(at * 4 + 1), ${raw(both((a, b) => `bitAnd(${a}, ${b})`))}),
    arrayMap(at -> toUInt16(at * 4 + 3), ${raw(both((a, b) => `bitAnd(bitNot(${a}), ${b})`))}))) AS one
  FROM (SELECT ${join(bits.map((word, i) => sql`${word} AS ${raw(now[i] ?? '')}`))}, min(event_timestamp) >= ${time(range.fromMs)} AS is_new
    FROM (SELECT ${scope.person} AS person, event_timestamp, ${indexOf([before.fromMs, ...columns.starts])} AS place, ${counts} AS is_looked_at
      FROM ${scope.from} ${clause})
    GROUP BY person))
GROUP BY one`
  }
  const read = { span: upTo(range), steps: [stepOf(question)], rowsEach: ROWS_EACH }
  const found = new Map<string, number>()
  for (const { state, at, people } of await asked.inSlices<Row>(read, select))
    found.set(`${state} ${at}`, (found.get(`${state} ${at}`) ?? 0) + Number(people) / sample)
  return {
    kind: 'lifecycle',
    columns: [...columns.names],
    series: lifecycleStates.map((state) => ({
      label: state,
      breakdown: null,
      values: columns.names.map((_, i) => (state === 'dormant' ? 0 - (found.get(`${state} ${i + 1}`) ?? 0) : (found.get(`${state} ${i + 1}`) ?? 0))),
      total: null,
    })),
  }
}

async function behind(asked: Asked<Lifecycle>, { series, state = lifecycleStates[series ?? -1], column }: Figure): Promise<Behind> {
  const { question, range, scope: newScope } = asked
  if (state !== undefined && !isState(state)) throw refused(`A state of lifecycle is one of ${lifecycleStates.join(', ')}.`)
  if (series !== undefined && state === undefined) throw refused(`The answer has no series ${series}.`)
  const columns = columnsOf(range, intervalOf(question))
  const index = column === undefined ? undefined : columns.names.indexOf(column)
  if (index === -1) throw refused(`The answer has no column ${column}.`)
  if (index === undefined && state !== undefined) throw refused('A state of lifecycle needs its column.')
  const span = index === undefined ? range : columns.span(index)
  const last = index === undefined || index === 0 ? spanBefore(columns, range, intervalOf(question)) : columns.span(index - 1)
  const step = stepOf(question)
  const scope = newScope()
  const clause = scope.clause(upTo(span), [step])
  const people = sql`SELECT ${scope.person} AS person FROM ${scope.from} ${clause} GROUP BY person HAVING ${state ? conditions[state](span, last) : did(span)}`
  const rows = newScope()
  const its = rows.clause(state === 'dormant' ? last : span, [step], { more: [sql`${rows.person} IN (${people})`] })
  return { people, events: { from: rows.from, clause: its } }
}

const isState = (state: string): state is State => lifecycleStates.some((known) => known === state)
const did = (span: Span): Piece => sql`countIf(${inSpan(span)}) > 0`
const didNot = (span: Span): Piece => sql`countIf(${inSpan(span)}) = 0`
/** Of a person's rows up to the interval's end. */
const conditions: Record<State, (now: Span, last: Span) => Piece> = {
  new: ({ fromMs }) => sql`min(event_timestamp) >= ${time(fromMs)}`,
  returning: (now, last) => sql`${did(now)} AND ${did(last)}`,
  resurrecting: (now, last) => sql`${did(now)} AND ${didNot(last)} AND min(event_timestamp) < ${time(now.fromMs)}`,
  dormant: (now, last) => sql`${didNot(now)} AND ${did(last)}`,
}

export const lifecycle: Kind<'lifecycle'> = {
  definition:
    'Of each interval the people who did it for the first time ever (new), also in the interval before (returning), not in that one but earlier (resurrecting), and those who did it in the one before and not in this one (dormant, as a negative number).',
  interval: intervalOf,
  ask,
  behind,
}
