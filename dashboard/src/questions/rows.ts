import type { Answer } from './use-answer.ts'

export type Cell = string | number | boolean | null | undefined

/** An answer as rows, the first of which names the columns: for a file, figures as they are. */
export function rowsOf(answer: Answer): Cell[][] {
  switch (answer.kind) {
    case 'trends':
    case 'lifecycle':
    case 'stickiness': {
      const { columns, series } = answer
      return [['series', 'breakdown', ...columns, 'total'], ...series.map(({ label, breakdown, values, total }) => [label, breakdown, ...values, total])]
    }
    case 'funnel': {
      const head = ['breakdown', 'step', 'count', 'conversion_from_start', 'conversion_from_previous', 'median_seconds', 'p90_seconds']
      return [
        head,
        ...[{ value: null, steps: answer.steps }, ...answer.breakdowns].flatMap(({ value, steps }) =>
          steps.map((step) => [
            value,
            step.label,
            step.count,
            step.conversion_from_start,
            step.conversion_from_previous,
            step.median_seconds,
            step.p90_seconds,
          ]),
        ),
      ]
    }
    case 'retention':
      return [
        ['cohort', 'size', ...answer.average.map((_, i) => i)],
        ...answer.cohorts.map(({ start, size, values }) => [start, size, ...values]),
        ['average', null, ...answer.average],
      ]
    case 'paths': {
      const labels = new Map(answer.nodes.map(({ id, label }) => [id, label]))
      return [
        ['depth', 'source', 'target', 'count'],
        ...answer.links.map(({ source, target, count }) => [Number.parseInt(source, 10), labels.get(source), labels.get(target), count]),
      ]
    }
    case 'distribution':
      return [['from', 'to', 'count'], ...answer.bins.map(({ from, to, count }) => [from, to, count])]
    case 'correlation':
      return [
        ['field', 'value', 'converted', 'not_converted', 'odds_ratio', 'low', 'high'],
        ...answer.properties.map(({ field, value, converted, not_converted, odds_ratio, low, high }) => [
          field,
          value,
          converted,
          not_converted,
          odds_ratio,
          low,
          high,
        ]),
      ]
    case 'sql':
      return [
        answer.columns.map(({ name }) => name),
        ...answer.rows.map((row) => row.map((cell) => (typeof cell === 'object' ? JSON.stringify(cell) : (cell as Cell)))),
      ]
    default:
      return answer satisfies never
  }
}
