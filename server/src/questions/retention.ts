import type { AnswerTo, Figure, QuestionOf } from '@cairn/wire/questions/question'
import type { Interval } from '@cairn/wire/questions/vocabulary'
import { intervalStarts } from '../analytics/intervals.ts'
import { raw, sql, time, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { bitsOf } from './bits.ts'
import { columnsOf, indexOf } from './columns.ts'
import { FIRST_MS, LAST_MS } from './range.ts'
import { refused, type Slice } from './scope.ts'
import { inOrder } from './sequence.ts'

type Retention = QuestionOf<'retention'>
type Cohort = AnswerTo<'retention'>['cohorts'][number]
interface Span {
  fromMs: number
  toMs: number
}

const intervalOf = ({ interval = 'day' }: Retention): Interval => interval
const periodsOf = ({ periods = 8 }: Retention): number => periods
const isFirstTime = ({ mode = 'first_time' }: Retention): boolean => mode === 'first_time'

/** Cohorts by name, and the starts of their intervals and of the periods after the last, up to the end of that. */
interface Grid {
  names: readonly string[]
  starts: readonly number[]
}

function gridOf({ question, range, place }: Asked<Retention>): Grid {
  const { names, starts } = columnsOf(range, intervalOf(question))
  const all = [...starts]
  for (let [last = range.fromMs] = starts.slice(-1); all.length <= names.length + periodsOf(question); all.push(last)) {
    const day = place.dayAt(last)
    const [, next] = intervalStarts({ ...range, firstDay: day, lastDay: day + LONGEST_DAYS }, place, intervalOf(question))
    last = next ?? last
  }
  return { names, starts: all }
}
/** A month is over by then. */
const LONGEST_DAYS = 32

interface Row {
  cohort: string
  size: string
  [period: `p${number}`]: string
}

async function ask(asked: Asked<Retention>): Promise<AnswerTo<'retention'>> {
  const { question, range, inSlices, sample, now } = asked
  const grid = gridOf(asked)
  const periods = Array.from({ length: periodsOf(question) + 1 }, (_, k) => k)
  const counted = periods.map((k) => `countIf(bitAnd(returns, bitShiftLeft(toUInt64(1), ${k})) != 0) AS p${k}`)
  const read = { span: { fromMs: grid.starts[0] ?? range.fromMs, toMs: grid.starts.at(-1) ?? range.toMs }, steps: [question.start, question.return] }
  const rows = await inSlices<Row>(
    { ...read, rowsEach: ROWS_EACH },
    (slice) => sql`SELECT cohort, count() AS size, ${raw(counted.join(', '))}
FROM (${returnsOf(asked, grid, range, slice)}) GROUP BY cohort SETTINGS group_by_two_level_threshold = 1000`,
  )
  const found = new Map<number, number[]>()
  for (const row of rows) {
    const before = found.get(Number(row.cohort)) ?? []
    const told = [row.size, ...periods.map((k) => row[`p${k}`])]
    found.set(
      Number(row.cohort),
      told.map((people, i) => (before[i] ?? 0) + Number(people)),
    )
  }
  const cohorts = grid.names.map((start, i): Cohort => {
    const [size = 0, ...returned] = found.get(i) ?? []
    return {
      start,
      size: size / sample,
      values: periods.map((k) => ((grid.starts[i + k] ?? now) > now ? null : (returned[k] ?? 0) / sample)),
    }
  })
  return { kind: 'retention', cohorts, average: periods.map((k) => averageOf(cohorts, k)) }
}

function averageOf(cohorts: readonly Cohort[], k: number): number | null {
  const known = cohorts.filter(({ values }) => values[k] !== null)
  const size = known.reduce((sum, cohort) => sum + cohort.size, 0)
  return size === 0 ? null : known.reduce((sum, { values }) => sum + (values[k] ?? 0), 0) / size
}

/**
 * Query: `subject` and `cohort` of everybody who is in a cohort of the span, and as bits of `returns` the periods in which they returned.
 *
 * Which intervals somebody returned in are bits. That they returned later than they started in the same interval is seen in the order of their
 * events: it is so where a return comes after a start of its interval.
 */
function returnsOf(asked: Asked<Retention>, { starts }: Grid, { fromMs, toMs }: Span, slice?: Slice): Piece {
  const { question } = asked
  const scope = asked.scope(slice)
  const { start, return: returning } = question
  const readTo = Math.min(starts.at(-1) ?? toMs, LAST_MS)
  const isStart = sql`(${scope.step(start)} AND event_timestamp >= ${time(fromMs)} AND event_timestamp < ${time(toMs)})`
  const isReturn = scope.step(returning)
  const isSame = isOneStep(question)
  const who = isFirstTime(question) || !start.any ? [sql`${scope.person} IN (${startersIn(asked, { fromMs, toMs }, slice)})`] : []
  const clause = scope.clause({ fromMs: starts[0] ?? fromMs, toMs: readTo }, [start, returning], { more: who })
  const words = Math.ceil(starts.length / WORD)
  const bits = bitsOf(raw('place'), isReturn, starts.length)
  const sequence = inOrder({
    subject: scope.person,
    from: scope.from,
    clause,
    fromMs: starts[0] ?? fromMs,
    type: 'UInt64',
    note: sql`bitOr(bitShiftLeft(toUInt64(${indexOf(starts.slice(0, -1))} AS place), 2), ${isStart} + 2 * ${isReturn})`,
    bits: PLACE_BITS + 2,
    // What is only a start comes first, what is only a return last.
    rank: isSame ? undefined : (event) => sql`[0, 2, 1][bitAnd(${event}, 3)]`,
    more: bits.map((word, i) => sql`${word} AS word${raw(String(i))}`),
  })
  const placeOf = (event: string): string => `bitAnd(bitShiftRight(${event}, 2), ${2 ** PLACE_BITS - 1})`
  const wordAt = (index: string): string => (words === 1 ? 'word0' : `[${Array.from({ length: words }, (_, i) => `word${i}`).join(', ')}][${index}]`)
  const from = `bitShiftRight(${wordAt(`intDiv(cohort, ${WORD}) + 1`)}, cohort % ${WORD})`
  const beyond = words === 1 ? '' : `, if(cohort % ${WORD} = 0, 0, bitShiftLeft(${wordAt(`intDiv(cohort, ${WORD}) + 2`)}, ${WORD} - cohort % ${WORD}))`
  const after = beyond === '' ? from : `bitOr(${from}${beyond})`
  return sql`SELECT subject, cohort, ${raw(`bitOr(bitAnd(${after}, bitNot(toUInt64(1))), toUInt64(has(again, cohort))) AS returns`)} FROM (
SELECT *, ${raw(`arrayMap(event -> if(bitAnd(event, 1) != 0, ${placeOf('event')} + 1, 0), events) AS begun`)},
  ${raw(`arrayCompact(arrayMap(event -> ${placeOf('event')}, arrayFilter((event, start) -> bitAnd(event, 2) != 0 AND start = ${placeOf('event')} + 1, events,
    arrayPopBack(arrayPushFront(arrayFill(start -> start != 0, begun), 0))))) AS again`)},
  ${raw(`arrayCompact(arrayMap(start -> start - 1, arrayFilter(start -> start != 0, begun)))`)} AS all_cohorts
FROM (${sequence})) ARRAY JOIN ${raw(isFirstTime(question) ? 'arraySlice(all_cohorts, 1, 1)' : 'all_cohorts')} AS cohort`
}
const WORD = 64
/** Mostly few of the events are of people who are asked about, and one is kept in a third of what a key takes. */
const ROWS_EACH = 8
/** At most 2,000 intervals and 60 periods. */
const PLACE_BITS = 12

const isOneStep = ({ start, return: returning }: Retention): boolean =>
  JSON.stringify({ ...start, label: undefined }) === JSON.stringify({ ...returning, label: undefined })

/** Query: the people who are in a cohort of the span. */
function startersIn(asked: Asked<Retention>, { fromMs, toMs }: Span, slice?: Slice): Piece {
  const { question } = asked
  const scope = asked.scope(slice)
  const ever = isFirstTime(question)
  const clause = scope.clause({ fromMs: ever ? FIRST_MS : fromMs, toMs }, [question.start])
  return sql`SELECT ${scope.person} AS person FROM ${scope.from} ${clause} GROUP BY person${ever ? sql` HAVING min(event_timestamp) >= ${time(fromMs)}` : raw('')}`
}

async function behind(asked: Asked<Retention>, { cohort, period }: Figure): Promise<Behind> {
  const { question, range, scope: newScope, now } = asked
  const grid = gridOf(asked)
  const index = cohort === undefined ? 0 : grid.names.indexOf(cohort)
  if (index < 0) throw refused(`The answer has no cohort ${cohort}.`)
  if (period !== undefined && cohort === undefined) throw refused('A period of retention needs its cohort.')
  if (period !== undefined && (period > periodsOf(question) || (grid.starts[index + period] ?? now) > now)) throw refused(`The cohort has no period ${period}.`)
  const spanOf = (interval: number): Span => ({ fromMs: grid.starts[interval] ?? now, toMs: grid.starts[interval + 1] ?? now })
  const inRange = ({ fromMs, toMs }: Span): Span => ({ fromMs: Math.max(fromMs, range.fromMs), toMs: Math.min(toMs, range.toMs) })
  const span = cohort === undefined ? range : inRange(spanOf(index))
  const one: Grid = { names: grid.names.slice(index, index + 1), starts: grid.starts.slice(index, index + periodsOf(question) + 2) }
  const people =
    period === undefined
      ? startersIn(asked, span)
      : sql`SELECT subject AS person FROM (${returnsOf(asked, one, span)}) WHERE bitAnd(returns, bitShiftLeft(toUInt64(1), ${raw(String(period))})) != 0`
  const scope = newScope()
  const clause = scope.clause(period === undefined ? span : spanOf(index + period), [period === undefined ? question.start : question.return], {
    more: [sql`${scope.person} IN (${people})`],
  })
  return { people, events: { from: scope.from, clause } }
}

export const retention: Kind<'retention'> = {
  definition:
    'People whose start event lies in an interval are its cohort; the values are those of them with a return event later in the same interval, and in each interval after it. The average is of all people of the cohorts that have had the period.',
  interval: intervalOf,
  begun: (asked) => gridOf(asked).starts.filter((start) => start <= asked.now).length,
  looksAt: (asked) => ({ fromMs: isFirstTime(asked.question) ? FIRST_MS : asked.range.fromMs, toMs: gridOf(asked).starts.at(-1) ?? asked.range.toMs }),
  ask,
  behind,
}
