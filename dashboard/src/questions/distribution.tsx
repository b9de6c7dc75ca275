import { Group, Stack, Text } from '@mantine/core'
import { useComputedColorScheme } from '@mantine/core'
import type { AnswerTo } from '@cairn/wire/questions/question'
import { useMemo } from 'react'
import { Behind } from '../charts/behind.tsx'
import { Plot } from '../charts/plot.tsx'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { useFormat } from '../ui/format.ts'
import type { ViewProps } from './lined.tsx'
import { Pressed } from './pressed.tsx'

const t = texts.insights.distribution
/** Of a widget’s height the button of its table. */
const TABLE_PX = 48
const LEAST_PX = 80
const figures = ['count', 'missing', 'min', 'mean', 'median', 'p90', 'p95', 'p99', 'max'] as const

/** How often numbers fall into each of the equal spans between the least and the greatest. */
export function DistributionView({ answer, height, isSmall, press }: ViewProps<AnswerTo<'distribution'>>) {
  const { number, short } = useFormat()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { bins } = answer
  const write = (value: number): string => number(Math.round(value * 100) / 100)
  const lines = useMemo(
    () => [{ key: 'events', label: texts.overview.events, colour: seriesColours[scheme][0], values: bins.map(({ count }) => count) }],
    [bins, scheme],
  )
  const names = bins.map(({ from, to }) => `${write(from)} – ${write(to)}`)
  return (
    <Stack gap="xs">
      <Plot
        label={t.label}
        shape="bar"
        {...{ lines, columns: names, begun: bins.length, open: false, format: number }}
        ticks={bins.map(({ from }) => ({ text: short(from), major: false }))}
        {...(height === undefined ? {} : { height: isSmall ? Math.max(LEAST_PX, height - TABLE_PX) : height })}
        {...(press ? { press: (_line: number, bin: number) => press({ bin }) } : {})}
      />
      {!isSmall && (
        <Group gap="lg" role="group" aria-label={t.figures}>
          {figures.map((name) => (
            <div key={name}>
              <Text size="xs" c="dimmed">
                {t[name]}
              </Text>
              <Text size="sm" fw={600}>
                {answer[name] === null ? texts.shell.faces.none : write(answer[name])}
              </Text>
            </div>
          ))}
        </Group>
      )}
      <Behind label={texts.insights.chart.table}>
        {(isSeen) => (
          <>
            <thead>
              <tr>
                <th scope="col">{t.span}</th>
                <th scope="col">{t.count}</th>
              </tr>
            </thead>
            <tbody>
              {bins.map(({ count }, bin) => (
                <tr key={names[bin]}>
                  <th scope="row">{names[bin]}</th>
                  <td>
                    <Pressed open={isSeen && press && count > 0 ? () => press({ bin }) : undefined} name={names[bin] ?? ''}>
                      {number(count)}
                    </Pressed>
                  </td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </Behind>
    </Stack>
  )
}
