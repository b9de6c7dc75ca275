import type { Answer, Answerable } from './answer.ts'

/** What a sample was counted to be, as it is answered for everybody; trends scale what they measure, since formulas are of that. */
export function scaled(answer: Answer, { sample = 1 }: Answerable): Answer {
  const all = (count: number): number => count / sample
  const known = (count: number | null): number | null => (count === null ? null : count / sample)
  const steps = <S extends { count: number }>(of: readonly S[]): S[] => of.map((step) => ({ ...step, count: all(step.count) }))
  switch (answer.kind) {
    case 'funnel':
      return { ...answer, steps: steps(answer.steps), breakdowns: answer.breakdowns.map((one) => ({ ...one, steps: steps(one.steps) })) }
    case 'retention':
      return { ...answer, cohorts: answer.cohorts.map(({ start, size, values }) => ({ start, size: all(size), values: values.map(known) })) }
    case 'paths':
      return { ...answer, nodes: steps(answer.nodes), links: steps(answer.links) }
    case 'lifecycle':
    case 'stickiness':
      return { ...answer, series: answer.series.map((line) => ({ ...line, values: line.values.map(known), total: known(line.total) })) }
    case 'distribution':
      return { ...answer, bins: steps(answer.bins), count: all(answer.count), missing: all(answer.missing) }
    case 'correlation':
      return {
        ...answer,
        people: all(answer.people),
        converted: all(answer.converted),
        properties: answer.properties.map((one) => ({ ...one, converted: Math.round(all(one.converted)), not_converted: Math.round(all(one.not_converted)) })),
      }
    case 'trends':
    default:
      return answer
  }
}
