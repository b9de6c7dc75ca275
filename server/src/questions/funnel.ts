import type { AnswerTo, Figure, QuestionOf } from '@cairn/wire/questions/question'
import { OTHER, TOP_VALUES } from '@cairn/wire/questions/vocabulary'
import { join, list, raw, sql, str, u32, u64s, type Piece } from '../store/sql.ts'
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
  const hasValues = question.breakdown !== undefined
  const all = question.steps.map((_, i) => i + 1)
  const rows = await query<Row>(
    hasValues
      ? byValue(asked)
      : sql`SELECT 1 AS whole, '' AS value, ${raw([...all.map(reached), ...all.slice(1).map(times)].join(', '))}
FROM (${attempts(asked)}) SETTINGS ${IN_PARTS}`,
  )
  const stepsOf = (row: Row | undefined): Steps => shaped(question, row, 1 / sample)
  return {
    kind: 'funnel',
    steps: stepsOf(rows.find(({ whole }) => Number(whole) === 1)),
    breakdowns: rows.filter(({ whole }) => Number(whole) === 0).map((row) => ({ value: row.value, steps: stepsOf(row) })),
  }
}

const reached = (k: number): string => `countIf(reach >= ${k}) AS reached${k}`
const QUANTILES = 'quantilesExactInclusiveIf'
const times = (k: number): string => `${QUANTILES}(0.5, 0.9)(ms${k}, reach >= ${k}) AS times${k}`
const timesState = (k: number): string => `${QUANTILES}State(0.5, 0.9)(ms${k}, reach >= ${k}) AS state${k}`

/** Query: of each value, and of all. Attempts cost most, so they are made once: their figures are put together from those of each value there is. */
function byValue(asked: Asked<Funnel>): Piece {
  const all = asked.question.steps.map((_, i) => i + 1)
  const sums = [...all.map((k) => `sum(reached${k}) AS reached${k}`), ...all.slice(1).map((k) => `${QUANTILES}Merge(0.5, 0.9)(state${k}) AS times${k}`)]
  return sql`SELECT grouping(value) AS whole, if(place <= ${u32(TOP_VALUES)}, name, ${raw(`'${OTHER}'`)}) AS value, ${raw(sums.join(', '))}
FROM (${ranked(asked, [...all.slice(1).map(reached), ...all.slice(1).map(timesState)])}) GROUP BY GROUPING SETS ((value), ())
ORDER BY min(place) SETTINGS ${IN_PARTS}`
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

/** Query: of each value its hash as `mark`, its `name`, its `place` among those with most subjects at the first step, and `figures` of its attempts. */
function ranked(asked: Asked<Funnel>, figures: readonly string[]): Piece {
  const { question, range, scope: newScope } = asked
  const scope = newScope()
  const shown = scope.shown(question.breakdown ?? '')
  const clause = scope.clause(range, question.order === 'unordered' ? question.steps : question.steps.slice(0, 1))
  return sql`SELECT *, row_number() OVER (ORDER BY reached1 DESC, name) AS place
FROM (SELECT ${raw(['mark', 'count() AS reached1', ...figures].join(', '))} FROM (${attempts(asked)}) GROUP BY mark) AS counted
ANY LEFT JOIN (SELECT ${hashOf(shown)} AS hash, any(${shown}) AS name FROM ${scope.from} ${clause} GROUP BY hash) AS named ON mark = named.hash`
}

/** The values that have lines of their own; none without a breakdown. */
const topValues = async (asked: Asked<Funnel>): Promise<Top> =>
  asked.question.breakdown === undefined
    ? []
    : asked.query<Top[number]>(
        sql`SELECT name AS value, mark AS hash FROM (${ranked(asked, [])}) WHERE place <= ${u32(TOP_VALUES)} ORDER BY place SETTINGS ${IN_PARTS}`,
      )

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
