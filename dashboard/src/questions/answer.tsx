import type { Figure, Question } from '@cairn/wire/questions/question'
import { Text } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import type { Annotation } from './annotations.ts'
import type { ChartName } from './charts.ts'
import { CorrelationView } from './correlation.tsx'
import { DistributionView } from './distribution.tsx'
import { FlowView } from './flow.tsx'
import { FunnelView } from './funnel.tsx'
import { Lined } from './lined.tsx'
import { ResultView } from './result.tsx'
import { RetentionView } from './retention.tsx'
import type { Answer } from './use-answer.ts'

const t = texts.insights

interface Props {
  annotations?: readonly Annotation[] | undefined
  question: Question | undefined
  answer: Answer
  chart: ChartName
  height?: number | undefined
  isSmall?: boolean | undefined
  press?: ((figure: Figure) => void) | undefined
}

/** An answer as its chart. */
export function AnswerChart({ answer, ...how }: Props) {
  if (isNothing(answer))
    return (
      <Text c="dimmed" py="xl" ta="center" role="status">
        {t.chart.nothing}
      </Text>
    )
  switch (answer.kind) {
    case 'trends':
    case 'lifecycle':
    case 'stickiness':
      return <Lined answer={answer} {...how} />
    case 'funnel':
      return <FunnelView answer={answer} {...how} />
    case 'retention':
      return <RetentionView answer={answer} {...how} />
    case 'paths':
      return <FlowView answer={answer} {...how} />
    case 'distribution':
      return <DistributionView answer={answer} {...how} />
    case 'correlation':
      return <CorrelationView answer={answer} {...how} />
    case 'sql':
      return <ResultView answer={answer} {...how} />
    default:
      return answer satisfies never
  }
}

/** Zeros alone: said in words, which an empty chart leaves to guess. */
function isNothing(answer: Answer): boolean {
  switch (answer.kind) {
    case 'trends':
    case 'lifecycle':
    case 'stickiness':
      return answer.series.every(({ values }) => values.every((value) => !value))
    case 'funnel':
      return (answer.steps[0]?.count ?? 0) === 0
    case 'retention':
      return answer.cohorts.every(({ size }) => size === 0)
    case 'paths':
      return answer.nodes.length === 0
    case 'distribution':
      return answer.count === 0
    case 'correlation':
      return answer.properties.length === 0
    case 'sql':
      return answer.rows.length === 0
    default:
      return answer satisfies never
  }
}
