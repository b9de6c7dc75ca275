import { Group, Text, useComputedColorScheme } from '@mantine/core'
import { useMemo } from 'react'
import type { Interval } from '../range/range.ts'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { isCalendarDay, useFormat } from '../ui/format.ts'
import { Behind } from './behind.tsx'
import { Plot, said, type PlotLine } from './plot.tsx'
import { ticksOf } from './scale.ts'

const t = texts.overview.chart
const HEIGHT = 280

export interface Point {
  /** Start of the interval: a moment, or a day on the calendar. */
  at: string
  /** undefined: the interval has not begun. */
  value: number | undefined
  /** Of the same interval of the period it is compared with; undefined where that one has none. */
  compared?: number | undefined
}

interface Props {
  points: readonly Point[]
  interval: Interval
  /** What the values are, as `Events`. */
  label: string
  comparedLabel?: string | undefined
  /** The last interval that has begun is not finished. */
  open: boolean
  format: (value: number) => string
}

/** One figure over time, with the table behind it. */
export function Timeline({ points, interval, label, comparedLabel, open, format }: Props) {
  const { zone, interval: nameOf } = useFormat()
  const colour = seriesColours[useComputedColorScheme('light', { getInitialValueInEffect: false })][0] ?? ''
  const begun = Math.max(1, points.findLastIndex(({ value }) => value !== undefined) + 1)
  // The same objects while only the tooltip moves: the chart is not laid out again for that.
  const { columns, ticks } = useMemo(() => {
    const starts = points.map(({ at }) => at)
    return {
      columns: starts.map((at) => (interval === 'week' ? t.weekOf(nameOf(at, interval)) : nameOf(at, interval))),
      ticks: ticksOf(starts, interval, isCalendarDay(starts[0] ?? '') ? 'UTC' : zone),
    }
  }, [points, interval, zone, nameOf])
  const lines = useMemo(
    (): PlotLine[] => [
      {
        ...{ key: label, label, colour, isFilled: true },
        values: points.map(({ value }) => value ?? null),
        compared: comparedLabel === undefined ? undefined : points.map(({ compared }) => compared ?? null),
      },
    ],
    [points, label, colour, comparedLabel],
  )
  return (
    <div>
      <Plot shape="line" height={HEIGHT} {...{ label, lines, columns, ticks, begun, open, format }} />
      <Behind
        label={t.label(label)}
        beside={
          <Group gap="md" mih={28}>
            {comparedLabel !== undefined && (
              <>
                <Legend colour={colour} text={label} />
                <Legend colour={colour} thin text={comparedLabel} />
              </>
            )}
            {open && <Legend colour={colour} dashed text={t.unfinished} />}
          </Group>
        }
      >
        <thead>
          <tr>
            <th scope="col">{t.when}</th>
            <th scope="col">{label}</th>
            {comparedLabel !== undefined && <th scope="col">{comparedLabel}</th>}
          </tr>
        </thead>
        <tbody>
          {points.map(({ at, value, compared }, i) => (
            <tr key={at}>
              <th scope="row">
                {columns[i]}
                {open && i === begun - 1 && ` (${t.unfinished})`}
              </th>
              <td>{said(value, format)}</td>
              {comparedLabel !== undefined && <td>{said(compared, format)}</td>}
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}

const Legend = ({ text, colour, dashed = false, thin = false }: { text: string; colour: string; dashed?: boolean; thin?: boolean }) => (
  <Group gap={6} wrap="nowrap">
    <svg width={18} height={8} aria-hidden="true" focusable="false" opacity={thin ? 0.5 : 1}>
      <line x1={1} x2={17} y1={4} y2={4} stroke={colour} strokeWidth={thin ? 1.25 : 2} strokeDasharray={dashed ? '4 4' : undefined} />
    </svg>
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  </Group>
)
