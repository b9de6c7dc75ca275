import { Stack, Text, useComputedColorScheme } from '@mantine/core'
import type { AnswerTo, Figure } from '@cairn/wire/questions/question'
import { useElementSize } from '@mantine/hooks'
import { Behind } from '../charts/behind.tsx'
import classes from '../charts/figures.module.css'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { useFormat } from '../ui/format.ts'
import type { ViewProps } from './lined.tsx'
import { Pressed } from './pressed.tsx'

const t = texts.insights.funnel
type Steps = AnswerTo<'funnel'>['steps']
const BAR_HEIGHT = 220
/** Of a widget’s height the names and figures below the bars, and the button of their table. */
const NAMES_PX = 104
const LEAST_PX = 60
const MOST_VALUES = 6

/** Steps as columns, one for each value of a breakdown side by side; below them who went on and who did not. */
export function FunnelView({ answer: { steps, breakdowns }, height: room = BAR_HEIGHT, isSmall, press }: ViewProps<AnswerTo<'funnel'>>) {
  const { number, percent, duration } = useFormat()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { ref, width } = useElementSize()
  const height = isSmall ? Math.max(LEAST_PX, room - NAMES_PX) : room
  const groups = breakdowns.length === 0 ? [{ value: undefined, steps }] : breakdowns.slice(0, MOST_VALUES)
  const band = width / Math.max(1, steps.length)
  const wide = Math.min(96, (band * 0.7) / groups.length)
  const most = Math.max(1, ...groups.map(({ steps: [first] }) => first?.count ?? 0))
  const top = 22
  const lengthOf = (count: number): number => (count / most) * (height - top)
  const opens = (figure: Figure): (() => void) | undefined => (press ? () => press(figure) : undefined)
  return (
    <Stack gap="xs">
      <div ref={ref}>
        <svg width={width} height={height} data-chart aria-hidden="true" className={classes['block']}>
          {numbered(steps).map(({ n, label }) => (
            <g key={n}>
              {groups.map(({ value, steps: of }, group) => {
                const { count = 0, conversion_from_start: share = null } = of[n - 1] ?? {}
                const x = (n - 1) * band + (band - wide * groups.length) / 2 + group * wide
                const open = opens({ step: n, ...(value === undefined ? {} : { breakdown: value }) })
                return (
                  <g key={value ?? ''} onClick={open} style={open ? { cursor: 'pointer' } : undefined}>
                    <title>{`${[label, value].filter(Boolean).join(' · ')}: ${number(count)}`}</title>
                    <rect x={x} y={top} width={wide} height={height - top} className={classes['ghost']} />
                    <rect
                      x={x}
                      y={height - Math.max(1, lengthOf(count))}
                      width={wide}
                      height={Math.max(1, lengthOf(count))}
                      fill={seriesColours[scheme][group % seriesColours[scheme].length]}
                      className={classes['mark']}
                    />
                    {share !== null && wide > 30 && (
                      <text x={x + wide / 2} y={top - 8} textAnchor="middle" className={classes['tick']}>
                        {percent(share, wide > 46 ? 1 : 0)}
                      </text>
                    )}
                  </g>
                )
              })}
            </g>
          ))}
        </svg>
        <div className={classes['under']} style={{ gridTemplateColumns: `repeat(${steps.length}, minmax(0, 1fr))` }}>
          {numbered(steps).map(({ n, ...step }) => (
            <div key={n}>
              <Text size="sm" fw={600} truncate title={step.label}>
                {n}. {step.label}
              </Text>
              <Text size="sm" component="div">
                <Pressed open={opens({ step: n })} name={t.reached(step.label)}>
                  {number(step.count)}
                </Pressed>
              </Text>
              {!isSmall && n < steps.length && (
                <Text size="xs" c="dimmed" component="div">
                  <Pressed open={opens({ step: n, dropped: true })} name={t.droppedAfter(step.label)}>
                    {t.dropped(number(step.count - (steps[n]?.count ?? 0)))}
                  </Pressed>
                </Text>
              )}
              {!isSmall && step.median_seconds !== null && n > 1 && (
                <Text size="xs" c="dimmed">
                  {t.took(duration(step.median_seconds * 1_000))}
                </Text>
              )}
            </div>
          ))}
        </div>
      </div>
      {groups.length > 1 && <Values groups={groups} colours={seriesColours[scheme]} />}
      <Behind label={texts.insights.chart.table}>
        {(isSeen) => (
          <>
            <thead>
              <tr>
                {[t.step, t.count, t.fromStart, t.fromPrevious, t.median, t.p90].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{[{ value: undefined, steps }, ...breakdowns].flatMap(({ value, steps: of }) => rowsOf(of, value, isSeen ? opens : () => undefined))}</tbody>
          </>
        )}
      </Behind>
    </Stack>
  )

  function rowsOf(of: Steps, value: string | undefined, open: (figure: Figure) => (() => void) | undefined) {
    return numbered(of).map(({ n, ...step }) => (
      <tr key={`${n} ${value ?? ''}`}>
        <th scope="row">{[`${n}. ${step.label}`, value].filter((part) => part !== undefined).join(' · ')}</th>
        <td>
          <Pressed open={open({ step: n, ...(value === undefined ? {} : { breakdown: value }) })} name={t.reached(step.label)}>
            {number(step.count)}
          </Pressed>
        </td>
        <td>{shareOf(step.conversion_from_start, percent)}</td>
        <td>{shareOf(step.conversion_from_previous, percent)}</td>
        <td>{spanOf(step.median_seconds, duration)}</td>
        <td>{spanOf(step.p90_seconds, duration)}</td>
      </tr>
    ))
  }
}

const numbered = (steps: Steps): Array<Steps[number] & { n: number }> => steps.map((step, i) => ({ ...step, n: i + 1 }))

const NOTHING = texts.shell.faces.none
const shareOf = (share: number | null, write: (share: number) => string): string => (share === null ? NOTHING : write(share))
const spanOf = (seconds: number | null, write: (ms: number) => string): string => (seconds === null ? NOTHING : write(seconds * 1_000))

const Values = ({ groups, colours }: { groups: ReadonlyArray<{ value: string | undefined }>; colours: readonly string[] }) => (
  <Text size="xs" c="dimmed" component="div" className={classes['legend'] ?? ''}>
    {groups.map(({ value }, i) => (
      <span key={value} className={classes['name']}>
        <span className={classes['swatch']} style={{ background: colours[i % colours.length] }} />
        {value}
      </span>
    ))}
  </Text>
)
