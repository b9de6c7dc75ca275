import type { AnswerTo, Figure, QuestionOf, Step } from '@cairn/wire/questions/question'
import type { Interval } from '@cairn/wire/questions/vocabulary'
import { join, raw, sql, u32 } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { bitCount, bitsOf } from './bits.ts'
import { columnsOf } from './columns.ts'
import { refused } from './scope.ts'
import { labelOf } from './step.ts'

type Stickiness = QuestionOf<'stickiness'>

const intervalOf = ({ interval = 'day' }: Stickiness): Interval => interval
const stepsOf = ({ series = [{ any: true }] }: Stickiness): readonly Step[] => series

async function ask(asked: Asked<Stickiness>): Promise<AnswerTo<'stickiness'>> {
  const { question, range, scope: newScope, query, sample } = asked
  const columns = columnsOf(range, intervalOf(question))
  const steps = stepsOf(question)
  const scope = newScope()
  const bits = steps.map((_, series) => bitsOf(raw('place'), raw(`is_of_${series}`), columns.names.length))
  const names = bits.map((words, series) => words.map((_, word) => `s${series}_${word}`))
  const isOf = steps.map((step, series) => sql`${steps.length === 1 ? raw('true') : scope.step(step)} AS ${raw(`is_of_${series}`)}`)
  const clause = scope.clause(range, steps)
  const rows = await query<{ series: number; intervals: number; people: string }>(sql`SELECT one.1 AS series, one.2 AS intervals, count() AS people
FROM (SELECT arrayJoin([${join(names.map((words, series) => sql`(toUInt8(${u32(series)}), toUInt16(${bitCount(words)}))`))}]) AS one
  FROM (SELECT ${join(bits.flatMap((words, series) => words.map((word, i) => sql`${word} AS ${raw(names[series]?.[i] ?? '')}`)))}
    FROM (SELECT ${scope.person} AS person, ${columns.index} AS place, ${join(isOf)} FROM ${scope.from} ${clause})
    GROUP BY person))
WHERE intervals > 0 GROUP BY series, intervals`)
  const found = new Map(rows.map((row) => [`${row.series} ${row.intervals}`, Number(row.people)]))
  return {
    kind: 'stickiness',
    columns: columns.names.map((_, i) => String(i + 1)),
    series: steps.map((step, series) => {
      const people = columns.names.map((_, i) => found.get(`${series} ${i + 1}`) ?? 0)
      return {
        label: labelOf(step),
        breakdown: null,
        values: people.map((count) => count / sample),
        total: people.reduce((sum, count) => sum + count, 0) / sample,
      }
    }),
  }
}

async function behind({ question, range, scope: newScope }: Asked<Stickiness>, { series = 0, column }: Figure): Promise<Behind> {
  const step = stepsOf(question)[series]
  if (!step) throw refused(`The question has no series ${series}.`)
  const columns = columnsOf(range, intervalOf(question))
  const intervals = column === undefined ? undefined : columns.names.findIndex((_, i) => String(i + 1) === column) + 1
  if (intervals === 0) throw refused(`The answer has no column ${column}.`)
  const scope = newScope()
  const clause = scope.clause(range, [step])
  const people = sql`SELECT ${scope.person} AS person FROM ${scope.from} ${clause} GROUP BY person${intervals === undefined ? raw('') : sql` HAVING uniqExact(${columns.index}) = ${u32(intervals)}`}`
  const rows = newScope()
  const its = rows.clause(range, [step], { more: [sql`${rows.person} IN (${people})`] })
  return { people, events: { from: rows.from, clause: its } }
}

export const stickiness: Kind<'stickiness'> = {
  definition: 'People by the number of intervals of the range in which they did it; the total is all of them.',
  interval: intervalOf,
  looksAt: ({ range }) => range,
  ask,
  behind,
}
