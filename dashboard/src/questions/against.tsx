import { Text } from '@mantine/core'
import { Scatter, type Dot } from '../charts/scatter.tsx'
import { texts } from '../texts/texts.ts'
import type { Measured } from './lines.ts'

const t = texts.insights.chart

interface Props {
  lines: readonly Measured[]
  /** So many series were asked for; each has a line for each value of the breakdown. */
  series: number
  /** What the columns are called. */
  names: readonly string[]
  begun: number
  height?: number | undefined
  write: (value: number) => string
}

/** The second series against the first: a dot for each value of the breakdown, without one for each interval. */
export function Against({ lines, series, names, begun, height, write }: Props) {
  const each = lines.length / series
  const [first, second] = [lines.slice(0, each), lines.slice(each, 2 * each)]
  const [across, up] = [first[0], second[0]]
  if (!across || !up)
    return (
      <Text c="dimmed" py="xl" ta="center" role="status">
        {t.needsTwo}
      </Text>
    )
  const isBroken = each > 1
  const dots = isBroken ? byValue(first, second) : byInterval(across, up, names.slice(0, begun))
  const nameOf = ({ label }: Measured): string => (isBroken ? label.split(' · ').slice(0, -1).join(' · ') || label : label)
  return (
    <Scatter
      dots={dots}
      x={nameOf(across)}
      y={nameOf(up)}
      head={isBroken ? t.line : texts.overview.chart.when}
      label={t.table}
      colour={across.colour}
      height={height}
      format={write}
    />
  )
}

const byValue = (first: readonly Measured[], second: readonly Measured[]): Dot[] =>
  first.flatMap(({ key, breakdown, total }) => {
    const other = second.find((line) => line.breakdown === breakdown)
    return total === null || !other || other.total === null ? [] : [{ key, name: breakdown ?? '', x: total, y: other.total }]
  })

const byInterval = (across: Measured, up: Measured, names: readonly string[]): Dot[] =>
  names.flatMap((name, i) => {
    const [x, y] = [across.values[i], up.values[i]]
    return typeof x === 'number' && typeof y === 'number' ? [{ key: name, name, x, y }] : []
  })
