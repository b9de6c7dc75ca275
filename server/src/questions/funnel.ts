import type { AnswerTo, Figure, QuestionOf } from '@cairn/wire/questions/question'
import { OTHER, TOP_VALUES } from '@cairn/wire/questions/vocabulary'
import { empty, join, list, raw, sql, str, u32, u64s, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { attempts, hashOf, spanOf, subjectOf } from './attempts.ts'
import { refused } from './scope.ts'
import { labelOf } from './step.ts'

type Funnel = QuestionOf<'funnel'>
type Steps = AnswerTo<'funnel'>['steps']

/** A row for each value, and one for all. */
interface Row {
  whole: number | string
  value: string
  [reached: `reached${number}`]: string
  [times: `times${number}`]: (number | null)[]
}
/** Values that have lines of their own, each by its hash too. */
type Top = readonly { value: string; hash: string }[]

async function ask(asked: Asked<Funnel>): Promise<AnswerTo<'funnel'>> {
  const { question, query, sample } = asked
  const top = await topValues(asked)
  const hasValues = top.length > 0
  const figures = question.steps.flatMap((_, i) => {
    const k = i + 1
    const count = `countIf(reach >= ${k}) AS reached${k}`
    return i === 0 ? [count] : [count, `quantilesExactInclusiveIf(0.5, 0.9)(ms${k}, reach >= ${k}) AS times${k}`]
  })
  const rows =
    await query<Row>(sql`SELECT ${hasValues ? sql`grouping(value) AS whole, ${shownOf(top)} AS value` : raw("1 AS whole, '' AS value")}, ${raw(figures.join(', '))}
FROM (${attempts(asked)})${hasValues ? raw(' GROUP BY GROUPING SETS ((value), ())') : empty}
SETTINGS ${IN_PARTS}`)
  const stepsOf = (row: Row | undefined): Steps => shaped(question, row, 1 / sample)
  const byValue = new Map(rows.filter(({ whole }) => Number(whole) === 0).map((row) => [row.value, row]))
  const names = new Set([...top.map(({ value }) => value), ...byValue.keys()])
  return {
    kind: 'funnel',
    steps: stepsOf(rows.find(({ whole }) => Number(whole) === 1)),
    breakdowns: [...names].map((value) => ({ value, steps: stepsOf(byValue.get(value)) })),
  }
}

/** Hundreds of parts instead of one with all subjects, so that few events are in memory as arrays at a time. */
const IN_PARTS = raw('group_by_two_level_threshold = 1000')

function shaped({ steps }: Funnel, row: Row | undefined, scale: number): Steps {
  const reached = steps.map((_, i) => Number(row?.[`reached${i + 1}`] ?? 0))
  const share = (part: number, of = 0): number | null => (of === 0 ? null : part / of)
  return steps.map((step, i) => {
    const [median, p90] = (reached[i] && row?.[`times${i + 1}`]) || []
    return {
      label: labelOf(step),
      count: (reached[i] ?? 0) * scale,
      conversion_from_start: share(reached[i] ?? 0, reached[0]),
      conversion_from_previous: share(reached[i] ?? 0, reached[Math.max(0, i - 1)]),
      median_seconds: median == null ? null : median / 1_000,
      p90_seconds: p90 == null ? null : p90 / 1_000,
    }
  })
}

/** The values with most subjects at the first step; none without a breakdown. */
async function topValues(asked: Asked<Funnel>): Promise<Top> {
  const { question, range, scope: newScope, query } = asked
  if (question.breakdown === undefined) return []
  const scope = newScope()
  const shown = scope.shown(question.breakdown)
  const clause = scope.clause(range, question.order === 'unordered' ? question.steps : question.steps.slice(0, 1))
  return query<Top[number]>(sql`SELECT name AS value, mark AS hash FROM (SELECT mark, count() AS subjects FROM (${attempts(asked)}) GROUP BY mark) AS counted
ANY LEFT JOIN (SELECT ${hashOf(shown)} AS hash, any(${shown}) AS name FROM ${scope.from} ${clause} GROUP BY hash) AS named ON mark = named.hash
ORDER BY subjects DESC, name LIMIT ${u32(TOP_VALUES)} SETTINGS ${IN_PARTS}`)
}

const shownOf = (top: Top): Piece => {
  const other = raw(`'${OTHER}'`)
  return top.length === 0 ? other : sql`transform(mark, ${u64s(top.map(({ hash }) => hash))}, ${list(top.map(({ value }) => value))}, ${other})`
}

async function behind(asked: Asked<Funnel>, { step = 1, dropped = false, breakdown }: Figure): Promise<Behind> {
  const { question, scope: newScope } = asked
  if (step > question.steps.length) throw refused(`The funnel has no step ${step}.`)
  if (dropped && step === question.steps.length) throw refused(`Nothing follows step ${step}: nobody drops there.`)
  const isOfValue = breakdown === undefined || question.breakdown === undefined ? [] : [sql`${shownOf(await topValues(asked))} = ${str(breakdown)}`]
  const conditions = [raw(dropped ? `reach = ${step}` : `reach >= ${step}`), ...isOfValue]
  const subjects = sql`SELECT subject FROM (${attempts(asked)}) WHERE ${join(conditions, ' AND ')}`
  const scope = newScope()
  const { key, present } = subjectOf(question, scope.person)
  const clause = scope.clause(spanOf(asked), question.steps, { more: [...present, sql`${key} IN (${subjects})`] })
  return { people: sql`SELECT DISTINCT ${scope.person} AS person FROM ${scope.from} ${clause}`, events: { from: scope.from, clause } }
}

export const funnel: Kind<'funnel'> = {
  definition:
    'Each subject counts once, by its attempt that reached furthest: one begins with each event of the range that fits the first step, and takes the steps within the window from there. Times are from one step to the next, of those who reached it.',
  interval: () => undefined,
  looksAt: spanOf,
  ask,
  behind,
}
