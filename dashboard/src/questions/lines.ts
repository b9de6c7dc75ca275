import type { AnswerTo, Figure, Meta, Question, QuestionOf } from '@cairn/wire/questions/question'
import type { PlotLine } from '../charts/plot.tsx'
import { dayOf } from '../range/range.ts'
import { texts } from '../texts/texts.ts'
import { isCalendarDay } from '../ui/format.ts'
import { mathName, stepName } from './names.ts'

const t = texts.insights

/** A line of an answer, and which figure of it each value is. */
export interface Measured extends PlotLine {
  /** Value of the breakdown; null where nothing is broken down. */
  breakdown: string | null
  total: number | null
  totalBefore?: number | null | undefined
  /** undefined: nobody is behind it by itself, such as what a formula gives. */
  figure: Figure | undefined
}

type Lined = AnswerTo<'trends'> | AnswerTo<'lifecycle'> | AnswerTo<'stickiness'>

export function linesOf(question: Question | undefined, answer: Lined, colours: readonly string[]): Measured[] {
  const compared = 'compare' in answer ? answer.compare : undefined
  const asked = question?.kind === 'trends' ? question.series.length : 1
  const perSeries = Math.max(1, answer.series.length / asked)
  // Of one series broken down the values alone tell the lines apart.
  const isOne = new Set(answer.series.map(({ label }) => label)).size === 1 && asked === 1
  return answer.series.map(({ label, breakdown, values, total }, i) => {
    const before = compared?.series[i]
    const series = Math.floor(i / perSeries)
    return {
      key: `${i} ${breakdown ?? ''}`,
      label: (isOne && breakdown ? [breakdown] : [seriesName(question, answer, series, label), breakdown ?? '']).filter((part) => part !== '').join(' · '),
      colour: colours[i % colours.length] ?? '',
      values,
      compared: before?.values,
      breakdown,
      total,
      totalBefore: before?.total,
      figure: figureOf(question, answer, { series, label, breakdown }),
    }
  })
}

function figureOf(
  question: Question | undefined,
  answer: Lined,
  { series, label, breakdown }: { series: number; label: string; breakdown: string | null },
): Figure | undefined {
  if (answer.kind === 'lifecycle') return { state: label }
  if (question?.kind === 'trends' && (question.formula !== undefined || question.moving_average !== undefined)) return undefined
  return { series, ...(breakdown === null ? {} : { breakdown }) }
}

const seriesName = (question: Question | undefined, answer: Lined, series: number, label: string): string => {
  if (answer.kind === 'lifecycle') return stateOf(label)
  return question?.kind === 'trends' ? nameOf(question, series, label) : label
}

const states: Readonly<Record<string, string>> = t.states
const stateOf = (label: string): string => states[label] ?? label

function nameOf({ series, formula }: QuestionOf<'trends'>, index: number, label: string): string {
  const one = series[index]
  if (formula !== undefined || !one) return label
  const name = one.event === undefined && one.label === undefined ? stepName(one) : label
  return one.math === undefined || one.math === 'total' ? name : `${name} · ${mathName(one.math)}`
}

/** How many columns have begun when the answer was made, and whether the last of them goes on. */
export function begunOf(columns: readonly string[], { from, to, generated_at, timezone }: Meta): { begun: number; open: boolean } {
  const now = Date.parse(generated_at)
  const today = dayOf(now, timezone)
  // Without a time of day there is no moment to compare: days are.
  const begun = columns.filter((column) => (isCalendarDay(column) ? column <= today : Date.parse(column) <= now)).length
  return { begun: Math.max(1, begun), open: Date.parse(from) <= now && Date.parse(to) > now }
}
