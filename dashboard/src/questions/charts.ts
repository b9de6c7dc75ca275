import type { Question, QuestionKind } from '@cairn/wire/questions/question'

export const chartNames = [
  'line',
  'area',
  'stacked_bar',
  'bar',
  'horizontal_bar',
  'number',
  'table',
  'pie',
  'funnel',
  'retention',
  'paths',
  'histogram',
  'hours',
  'scatter',
] as const
export type ChartName = (typeof chartNames)[number]

/** How each kind can be shown; the first where nobody chose. */
export const chartsOf: Readonly<Record<QuestionKind, readonly [ChartName, ...ChartName[]]>> = {
  trends: ['line', 'area', 'stacked_bar', 'bar', 'horizontal_bar', 'number', 'table', 'pie', 'hours', 'scatter'],
  funnel: ['funnel'],
  retention: ['retention'],
  paths: ['paths'],
  lifecycle: ['stacked_bar', 'line', 'table'],
  stickiness: ['bar', 'line', 'table'],
  distribution: ['histogram'],
  correlation: ['table'],
  sql: ['table'],
}
export const chartOf = (kind: QuestionKind, name: string | undefined): ChartName => chartsOf[kind].find((chart) => chart === name) ?? chartsOf[kind][0]

/** As a chart needs it asked. */
export const askedFor = <Q extends Question>(question: Q, chart: ChartName): Q =>
  chart === 'hours' && question.kind === 'trends' ? { ...question, interval: 'hour' } : question
