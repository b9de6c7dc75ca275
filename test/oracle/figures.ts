import type { AnswerTo, Figure } from '@cairn/wire/questions/question'
import type { Answer, Answerable } from './answer.ts'

/** Figures of an answer that count people, or events, each with its number: so many must be behind it. */
export interface Counted {
  of: 'people' | 'events'
  figure: Figure
  count: number
}

export function countedFigures(question: Answerable, answer: Answer): Counted[] {
  const people = (figure: Figure, count: number): Counted => ({ of: 'people', figure, count: Math.abs(count) })
  if (question.kind === 'trends' && answer.kind === 'trends') return ofTrends(question, answer)
  if (question.kind === 'funnel' && answer.kind === 'funnel' && (question.by ?? 'person') === 'person') {
    return [{ steps: answer.steps }, ...answer.breakdowns.map(({ value, steps }) => ({ steps, breakdown: value }))].flatMap(({ steps, ...line }) =>
      steps.flatMap(({ count }, i) => [
        people({ step: i + 1, ...line }, count),
        ...(i + 1 < steps.length ? [people({ step: i + 1, dropped: true, ...line }, count - (steps[i + 1]?.count ?? 0))] : []),
      ]),
    )
  }
  if (answer.kind === 'retention') {
    return answer.cohorts.flatMap(({ start, size, values }) => [
      people({ cohort: start }, size),
      ...values.flatMap((value, period) => (value === null ? [] : [people({ cohort: start, period }, value)])),
    ])
  }
  if (answer.kind === 'lifecycle') {
    return answer.series.flatMap(({ label, values }) => values.map((value, i) => people({ state: label, column: answer.columns[i] ?? '' }, value ?? 0)))
  }
  if (answer.kind === 'stickiness') {
    return answer.series.flatMap(({ values, total }, series) => [
      people({ series }, total ?? 0),
      ...values.map((value, i) => people({ series, column: answer.columns[i] ?? '' }, value ?? 0)),
    ])
  }
  if (answer.kind === 'distribution') return answer.bins.map(({ count }, bin): Counted => ({ of: 'events', figure: { bin }, count }))
  return []
}

function ofTrends(question: Answerable & { kind: 'trends' }, answer: AnswerTo<'trends'>): Counted[] {
  if (question.formula !== undefined || question.moving_average !== undefined) return []
  const lines = answer.series.length / question.series.length
  return [false, true].flatMap((compare) => {
    const part = compare ? answer.compare : answer
    return (part?.series ?? []).flatMap(({ breakdown, values, total }, place) => {
      const series = Math.floor(place / (compare ? (part?.series.length ?? 1) / question.series.length : lines))
      const { math = 'total' } = question.series[series] ?? {}
      if (math !== 'total' && math !== 'unique_users') return []
      const of = math === 'total' ? ('events' as const) : ('people' as const)
      const figure: Figure = { series, ...(breakdown === null ? {} : { breakdown }), ...(compare ? { compare } : {}) }
      return [
        { of, figure, count: total ?? 0 },
        ...values.map((value, i): Counted => ({ of, figure: { ...figure, column: part?.columns[i] ?? '' }, count: value ?? 0 })),
      ]
    })
  })
}
