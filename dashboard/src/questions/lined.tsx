import { Box, Stack, Text, UnstyledButton, useComputedColorScheme } from '@mantine/core'
import type { AnswerTo, Figure, Meta, Question } from '@cairn/wire/questions/question'
import { useMemo, useState } from 'react'
import { Behind } from '../charts/behind.tsx'
import { Change } from '../charts/change.tsx'
import classes from '../charts/figures.module.css'
import type { Shape } from '../charts/marks.tsx'
import { Pie } from '../charts/pie.tsx'
import { Ranking } from '../charts/ranking.tsx'
import { Plot, said } from '../charts/plot.tsx'
import { ticksOf } from '../charts/scale.ts'
import { Sparkline } from '../charts/sparkline.tsx'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { useFormat } from '../ui/format.ts'
import { TableRegion } from '../ui/table-region.tsx'
import { notesOf, type Annotation } from './annotations.ts'
import { Against } from './against.tsx'
import { ByHour } from './by-hour.tsx'
import type { ChartName } from './charts.ts'
import { begunOf, linesOf, type Measured } from './lines.ts'
import { Pressed } from './pressed.tsx'

const t = texts.insights.chart
/** More lines than these are told apart by nobody; the others are chosen below the chart. */
const MOST_SHOWN = 6
const TABLE_PX = 42
const NAMES_PX = 46
const LEAST_PX = 80

export interface ViewProps<A> {
  /** Undefined where it is not told, such as on a shared board: lines then have the names that the answer gives them. */
  question: Question | undefined
  answer: A & { meta: Meta }
  chart: ChartName
  height?: number | undefined
  /** Only the chart, without the table of its lines: a widget of a board. */
  isSmall?: boolean | undefined
  press?: ((figure: Figure) => void) | undefined
  /** Shown over time. */
  annotations?: readonly Annotation[] | undefined
}

/** Answers of lines over columns: trends, lifecycle, stickiness. */
export function Lined({
  question,
  answer,
  chart,
  height,
  isSmall = false,
  press,
  annotations,
}: ViewProps<AnswerTo<'trends'> | AnswerTo<'lifecycle'> | AnswerTo<'stickiness'>>) {
  const format = useFormat()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { meta, columns, kind } = answer
  const lines = useMemo(() => linesOf(question, answer, seriesColours[scheme]), [question, answer, scheme])
  const [chosen, setChosen] = useState<ReadonlySet<string>>()
  const isStacked = chart === 'stacked_bar' || chart === 'area'
  const first = useMemo(
    () =>
      new Set(
        lines
          .toSorted((a, b) => (b.total ?? 0) - (a.total ?? 0))
          .slice(0, isStacked ? lines.length : MOST_SHOWN)
          .map(({ key }) => key),
      ),
    [lines, isStacked],
  )
  const on = chosen && lines.some(({ key }) => chosen.has(key)) ? chosen : first
  const shown = useMemo(() => lines.filter(({ key }) => on.has(key)), [lines, on])
  const interval = intervalOf(meta.interval)
  const isTime = kind !== 'stickiness'
  const names = useMemo(
    () =>
      isTime
        ? columns.map((column) => (interval === 'week' ? texts.overview.chart.weekOf(format.interval(column, interval)) : format.interval(column, interval)))
        : columns.map((n) => t.intervals(n)),
    [isTime, columns, interval, format],
  )
  const ticks = useMemo(
    () => (isTime ? ticksOf(columns, interval, columns[0]?.length === 10 ? 'UTC' : meta.timezone) : columns.map((text) => ({ text, major: false }))),
    [isTime, columns, interval, meta.timezone],
  )
  const notes = useMemo(() => (isTime && annotations ? notesOf(annotations, columns, meta.timezone) : []), [isTime, annotations, columns, meta.timezone])
  const { begun, open } = isTime ? begunOf(columns, meta) : { begun: columns.length, open: false }
  const write = (value: number): string => format.number(Number.isInteger(value) ? value : Math.round(value * 100) / 100)
  const opens = (line: Measured | undefined, column?: number): (() => void) | undefined => {
    const figure = line?.figure
    if (!press || !figure) return undefined
    return () => press({ ...figure, ...(column === undefined ? {} : { column: columns[column] ?? '' }) })
  }
  // Where it was asked by longer intervals, such as on a shared board, there are no hours to show.
  if (chart === 'hours' && interval === 'hour') return <ByHour question={question} lines={shown} columns={columns} write={write} />
  if (chart === 'scatter')
    return <Against lines={lines} series={seriesOf(question, lines)} names={names} begun={begun} height={isSmall ? height : undefined} write={write} />
  if (chart === 'number') return <Numbers lines={lines} write={write} opens={opens} begun={begun} isSmall={isSmall} />
  if (chart === 'horizontal_bar') return <Ranking bars={lines.map((line) => ({ ...line, value: line.total, open: opens(line) }))} format={write} />
  // A widget’s height holds its names and the button of its table too.
  const room = height === undefined ? undefined : Math.max(LEAST_PX, height - (isSmall ? TABLE_PX + (shown.length > 1 ? NAMES_PX : 0) : 0))
  const legend = <Legend lines={lines} on={on} toggle={chart === 'pie' ? undefined : (key) => setChosen(toggled(on, key))} write={write} opens={opens} />
  if (chart === 'table')
    return (
      <TableRegion label={t.table} minWidth={Math.min(1_400, 260 + columns.length * 84)}>
        <table className={classes['figures']} aria-label={t.table}>
          <Grid lines={lines} names={names} begun={begun} write={write} opens={opens} />
        </table>
      </TableRegion>
    )
  return (
    <Stack gap="xs">
      {chart === 'pie' ? (
        <Pie slices={lines.map((line) => ({ ...line, value: line.total ?? 0, open: opens(line) }))} height={room} format={write} isBare={isSmall} />
      ) : (
        <Plot
          label={shown.map(({ label }) => label).join(', ')}
          shape={shapes[chart] ?? 'line'}
          {...{ lines: shown, columns: names, ticks, begun, open, notes, format: write }}
          {...(room === undefined ? {} : { height: room })}
          {...(press ? { press: (line: number, column: number) => opens(shown[line], column)?.() } : {})}
        />
      )}
      {isSmall ? <ShortLegend lines={shown} /> : legend}
      <Behind
        label={t.table}
        beside={
          open &&
          !isSmall && (
            <Text size="xs" c="dimmed">
              {t.dashed}
            </Text>
          )
        }
      >
        {(isSeen) => <Grid lines={lines} names={names} begun={begun} write={write} opens={isSeen ? opens : () => undefined} />}
      </Behind>
    </Stack>
  )
}

/** Where the question is not told, lines of one name are of one series. */
const seriesOf = (question: Question | undefined, lines: readonly Measured[]): number =>
  question?.kind === 'trends' ? question.series.length : Math.max(1, lines.filter(({ breakdown }) => breakdown === lines[0]?.breakdown).length)

const shapes: Readonly<Partial<Record<ChartName, Shape>>> = { area: 'area', bar: 'bar', stacked_bar: 'stacked' }
const intervals = ['minute', 'hour', 'day', 'week', 'month'] as const
const intervalOf = (name: string | null): (typeof intervals)[number] => intervals.find((one) => one === name) ?? 'day'
const toggled = (on: ReadonlySet<string>, key: string): ReadonlySet<string> => {
  const next = new Set(on)
  if (!next.delete(key)) next.add(key)
  return next
}

type Opens = (line: Measured | undefined, column?: number) => (() => void) | undefined
interface Parts {
  lines: readonly Measured[]
  write: (value: number) => string
  opens: Opens
}

function Legend({ lines, on, toggle, write, opens }: Parts & { on: ReadonlySet<string>; toggle: ((key: string) => void) | undefined }) {
  const isCompared = lines.some(({ totalBefore }) => totalBefore !== undefined)
  // Of states that people are in at a time there is no sum.
  const hasTotals = lines.some(({ total }) => total !== null)
  return (
    <Box style={{ overflowX: 'auto' }}>
      <table className={classes['figures']} aria-label={t.lines}>
        <thead>
          <tr>
            <th scope="col">{t.line}</th>
            {hasTotals && (
              <th scope="col" className={classes['number']}>
                {t.total}
              </th>
            )}
            {isCompared && (
              <>
                <th scope="col" className={classes['number']}>
                  {t.totalBefore}
                </th>
                <th scope="col" className={classes['number']}>
                  {t.change}
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key}>
              <th scope="row">
                <span className={classes['name']}>
                  {toggle ? (
                    <UnstyledButton
                      className={classes['toggle']}
                      aria-pressed={on.has(line.key)}
                      aria-label={t.showLine(line.label)}
                      onClick={() => toggle(line.key)}
                    >
                      <span className={classes['swatch']} style={{ background: line.colour }} data-off={on.has(line.key) ? undefined : ''} />
                    </UnstyledButton>
                  ) : (
                    <span className={classes['swatch']} style={{ background: line.colour }} />
                  )}
                  {line.label}
                </span>
              </th>
              {hasTotals && (
                <td className={classes['number']}>
                  <Pressed open={line.total === null ? undefined : opens(line)} name={`${line.label}, ${said(line.total, write)}`}>
                    {said(line.total, write)}
                  </Pressed>
                </td>
              )}
              {isCompared && (
                <>
                  <td className={classes['number']}>{said(line.totalBefore, write)}</td>
                  <td className={classes['number']}>
                    {typeof line.total === 'number' && typeof line.totalBefore === 'number' && <Change now={line.total} before={line.totalBefore} />}
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  )
}

const ShortLegend = ({ lines }: { lines: readonly Measured[] }) =>
  lines.length < 2 ? null : (
    <Text size="xs" c="dimmed" component="div" style={{ display: 'flex', flexWrap: 'wrap', gap: '2px 12px' }}>
      {lines.map(({ key, label, colour }) => (
        <span key={key} className={classes['name']}>
          <span className={classes['swatch']} style={{ background: colour }} />
          {label}
        </span>
      ))}
    </Text>
  )

/** Every value: columns one below the other, a line beside the other. */
function Grid({ lines, names, begun, write, opens }: Parts & { names: readonly string[]; begun: number }) {
  return (
    <>
      <thead>
        <tr>
          <th scope="col">{texts.overview.chart.when}</th>
          {lines.map(({ key, label }) => (
            <th key={key} scope="col" className={classes['number']}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.slice(0, begun).map((name, column) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {lines.map((line) => (
              <td key={line.key} className={classes['number']}>
                <Pressed open={line.values[column] ? opens(line, column) : undefined} name={`${line.label}, ${name}`}>
                  {said(line.values[column], write)}
                </Pressed>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </>
  )
}

/** The totals, large, each with its course and its change. */
function Numbers({ lines, write, opens, begun, isSmall }: Parts & { begun: number; isSmall: boolean }) {
  return (
    <div className={classes['numbers']}>
      {lines.map((line) => (
        <div key={line.key}>
          {!(isSmall && lines.length === 1) && (
            <Text size="sm" c="dimmed">
              {line.label}
            </Text>
          )}
          <Text fz="2.25rem" fw={650} lh={1.2} component="div">
            <Pressed open={line.total === null ? undefined : opens(line)} name={`${line.label}, ${said(line.total, write)}`}>
              {said(line.total, write)}
            </Pressed>
          </Text>
          {typeof line.total === 'number' && typeof line.totalBefore === 'number' && (
            <div title={t.before(write(line.totalBefore))}>
              <Change now={line.total} before={line.totalBefore} />
            </div>
          )}
          <Text c="dimmed" component="div">
            <Sparkline values={line.values.slice(0, begun).map((value) => value ?? 0)} width={140} height={isSmall ? 24 : 36} />
          </Text>
        </div>
      ))}
    </div>
  )
}
