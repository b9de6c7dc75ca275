import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import { byCodePoint, column, type Event, type World } from './event.ts'
import { askedOf, fieldOf, fits, labelOf, looked, within, type Asked } from './filter.ts'
import { formulas } from './formula.ts'
import { intervals } from './intervals.ts'
import { mean, percentile } from './numbers.ts'
import { personOf } from './people.ts'
import { comparedSpan, spanOf, zoneOf, type Span } from './range.ts'
import { numberOf, shown, textOf } from './value.ts'

type Trends = QuestionOf<'trends'>
type Lines = Pick<AnswerTo<'trends'>, 'columns' | 'series'>
const MOST_VALUES = 25

export function trends(world: World, question: Trends): AnswerTo<'trends'> {
  const asked = askedOf(world, question)
  const span = spanOf(world, question)
  const top = topValues(asked, question, span)
  const answer = linesOf(asked, question, span, top)
  if (question.compare === undefined) return { kind: 'trends', ...answer }
  return { kind: 'trends', ...answer, compare: linesOf(asked, question, comparedSpan(world, question, question.compare), top) }
}

const eventsOf = (asked: Asked, { series }: Trends, span: Span): Event[] =>
  within(looked(asked), span).filter((event) => series.some((step) => fits(asked, event, step)))

/** Those with most events, each event once. */
function topValues(asked: Asked, question: Trends, span: Span): string[] {
  const { breakdown } = question
  if (breakdown === undefined) return []
  const counts = new Map<string, number>()
  for (const event of eventsOf(asked, question, span)) {
    const value = shown(fieldOf(asked, event, breakdown))
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([a, inA], [b, inB]) => inB - inA || byCodePoint(a, b))
    .slice(0, MOST_VALUES)
    .map(([value]) => value)
}

function linesOf(asked: Asked, question: Trends, span: Span, top: readonly string[]): Lines {
  const { breakdown, interval = 'day', sample = 1 } = question
  const spans = intervals(span, interval, zoneOf(asked.world, question))
  const events = eventsOf(asked, question, span)
  const lineOf = (event: Event): string | null => {
    if (breakdown === undefined) return null
    const value = shown(fieldOf(asked, event, breakdown))
    return top.includes(value) ? value : '(other)'
  }
  const values: (string | null)[] = breakdown === undefined ? [null] : [...top]
  if (breakdown !== undefined && !top.includes('(other)') && events.some((event) => lineOf(event) === '(other)')) values.push('(other)')

  const series = question.series.flatMap((step) =>
    values.map((value) => {
      const own = events.filter((event) => fits(asked, event, step) && lineOf(event) === value)
      return {
        label: labelOf(step),
        breakdown: value,
        values: spans.map(({ from, to }) =>
          measured(asked, step.math ?? 'total', within(own, { from: question.cumulative ? span.from : from, to }), 1 / sample),
        ),
        total: measured(asked, step.math ?? 'total', own, 1 / sample),
      }
    }),
  )
  const computed = question.formula === undefined ? series : byFormula(question.formula, series, values)
  return {
    columns: spans.map(({ name }) => name),
    series:
      question.moving_average === undefined ? computed : computed.map((line) => ({ ...line, values: averaged(line.values, question.moving_average ?? 1) })),
  }
}

/** What `math` says of these events. */
function measured(asked: Asked, math: string, events: readonly Event[], scale: number): number | null {
  const people = new Set(events.map((event) => personOf(asked.world, event))).size
  if (math === 'total') return events.length * scale
  if (math === 'unique_users') return people * scale
  if (math === 'unique_sessions') return new Set(events.map((event) => column(event, 'session_id')).filter((id) => id !== '')).size * scale
  if (math === 'per_user') return people === 0 ? null : events.length / people
  const colon = math.indexOf(':')
  const values = events.map((event) => fieldOf(asked, event, math.slice(colon + 1))).filter((value) => value !== undefined)
  const numbers = values.map(numberOf).filter((number) => number !== undefined)
  switch (math.slice(0, colon)) {
    case 'unique':
      return new Set(values.map(textOf)).size * scale
    case 'sum':
      return numbers.reduce((sum, number) => sum + number, 0) * scale
    case 'avg':
      return mean(numbers)
    case 'min':
      return numbers.length === 0 ? null : Math.min(...numbers)
    case 'max':
      return numbers.length === 0 ? null : Math.max(...numbers)
    case 'median':
      return percentile(numbers, 0.5)
    case 'p90':
      return percentile(numbers, 0.9)
    case 'p95':
      return percentile(numbers, 0.95)
    case 'p99':
      return percentile(numbers, 0.99)
    default:
      throw new Error(`There is no measure ${math}.`)
  }
}

function byFormula(text: string, series: Lines['series'], values: readonly (string | null)[]): Lines['series'] {
  const formula = formulas[text]
  if (!formula) throw new Error(`The oracle does not know the formula ${text}.`)
  return values.map((value) => {
    const lines = series.filter((line) => line.breakdown === value)
    return {
      label: text,
      breakdown: value,
      values: (lines[0]?.values ?? []).map((_, i) => formula(...lines.map((line) => line.values[i] ?? null))),
      total: formula(...lines.map((line) => line.total)),
    }
  })
}

const averaged = (values: readonly (number | null)[], length: number): (number | null)[] =>
  values.map((_, i) => mean(values.slice(Math.max(0, i - length + 1), i + 1).filter((value) => value !== null)))
