import { Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import { Change } from './change.tsx'
import classes from './figures.module.css'
import { areasOf, barsOf, linesOf, type Shape, type Space } from './marks.tsx'
import { plot, scaleOf, writtenTicks, type Tick } from './scale.ts'

const t = texts.insights.chart

export interface PlotLine {
  key: string
  label: string
  colour: string
  /** One for each column; null: nothing to measure. */
  values: ReadonlyArray<number | null>
  /** The same of the period before; drawn thin, in the shape of lines only. */
  compared?: ReadonlyArray<number | null> | undefined
  /** The room below it is tinted, in the shape of lines. */
  isFilled?: boolean
}

/** Something that happened: drawn over the columns in which it did. */
export interface Note {
  key: string
  name: string
  from: number
  to: number
}

interface Props {
  label: string
  shape: Shape
  lines: readonly PlotLine[]
  /** What each column is called, in full. */
  columns: readonly string[]
  ticks: readonly Tick[]
  /** So many columns have begun; the last of them is not finished where `open`. */
  begun: number
  open: boolean
  format: (value: number) => string
  height?: number | string
  notes?: readonly Note[]
  /** What a press on a value opens. */
  press?: ((line: number, column: number) => void) | undefined
}

/** More lines in a tooltip cover the chart. */
const MOST_TOLD = 8
const HEIGHT = 320
const NO_NOTES: readonly Note[] = []

/**
 * Lines, stacked areas or stacked bars over columns. A slider of two directions: ← and → walk along the columns, ↑ and ↓ along the lines, which
 * screen readers read out; Enter opens what is behind a value, Esc puts the tooltip away.
 */
export function Plot({ label, shape, lines, columns, ticks, begun, open, format, height = HEIGHT, notes = NO_NOTES, press }: Props) {
  const { short } = useFormat()
  const { ref, width, height: tall } = useElementSize()
  const [chosen, setChosen] = useState<{ line: number; column: number }>()
  const last = Math.max(0, begun - 1)
  const at = chosen && { line: Math.min(chosen.line, lines.length - 1), column: Math.min(chosen.column, last) }

  const isBars = shape === 'bar' || shape === 'stacked'
  const space = useMemo((): Space => {
    const inner = { width: Math.max(0, width - plot.left - plot.right), height: Math.max(0, tall - plot.top - plot.bottom) }
    const sums = columns.map((_, i) => stackOf(lines, i))
    const all = lines.flatMap(({ values, compared = [] }) => [...values, ...compared]).map((value) => value ?? 0)
    const isStacked = shape === 'stacked' || shape === 'area'
    const scale = scaleOf(Math.max(0, ...(isStacked ? sums.map(({ up }) => up) : all)), {
      least: Math.min(0, ...(isStacked ? sums.map(({ down }) => down) : all)),
      parts: all.some((value) => !Number.isInteger(value)),
    })
    const count = columns.length
    return {
      count,
      begun,
      open,
      band: inner.width / Math.max(1, count),
      x: (i) => plot.left + (isBars || count === 1 ? ((i + 0.5) / Math.max(1, count)) * inner.width : (i / (count - 1)) * inner.width),
      y: (value) => plot.top + (1 - (value - scale.min) / (scale.max - scale.min)) * inner.height,
      scale,
    }
  }, [width, tall, lines, columns, shape, isBars, begun, open])
  const written = useMemo(() => writtenTicks(ticks, width - plot.left - plot.right), [ticks, width])
  const rules = Array.from({ length: Math.round((space.scale.max - space.scale.min) / space.scale.step) + 1 }, (_, i) => space.scale.min + i * space.scale.step)

  const spoken = ({ line, column }: { line: number; column: number }): string => {
    const { label: name = '', values = [], compared } = lines[line] ?? {}
    return [
      `${columns[column] ?? ''}: ${said(values[column], format)} ${name}`,
      ...(compared ? [t.before(said(compared[column], format))] : []),
      ...notesAt(notes, column),
      ...(open && column === last ? [t.unfinished] : []),
    ].join('; ')
  }
  const onPointer = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const part = (x - plot.left) / Math.max(1, width - plot.left - plot.right)
    const nearest = isBars ? Math.floor(part * space.count) : Math.round(part * (space.count - 1))
    const column = Math.max(0, Math.min(last, nearest))
    setChosen({ column, line: lineAt(lines, column, shape, y, space) })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const now = at ?? { line: 0, column: last }
    const next = {
      ArrowLeft: { ...now, column: now.column - 1 },
      ArrowRight: { ...now, column: now.column + 1 },
      ArrowUp: { ...now, line: now.line - 1 },
      ArrowDown: { ...now, line: now.line + 1 },
      Home: { ...now, column: 0 },
      End: { ...now, column: last },
    }[event.key]
    if (next) {
      setChosen({ column: Math.max(0, Math.min(last, next.column)), line: (next.line + lines.length) % Math.max(1, lines.length) })
      event.preventDefault()
      // The same keys shift the range of the screen.
      event.stopPropagation()
    } else if (event.key === 'Enter' && press) {
      event.preventDefault()
      press(now.line, now.column)
    } else if (event.key === 'Escape' && at) {
      setChosen(undefined)
      event.stopPropagation()
    }
  }
  const onLeft = at ? space.x(at.column) > width / 2 : false
  return (
    <div
      ref={ref}
      className={classes['plot']}
      style={{ height, cursor: press && at ? 'pointer' : undefined }}
      role="slider"
      tabIndex={0}
      aria-label={t.label(label)}
      aria-orientation="horizontal"
      aria-readonly="true"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at?.column ?? last}
      aria-valuetext={lines.length === 0 ? t.nothing : spoken(at ?? { line: 0, column: last })}
      onPointerMove={onPointer}
      onPointerLeave={() => setChosen(undefined)}
      onClick={() => at && press?.(at.line, at.column)}
      onFocus={({ currentTarget }) => currentTarget.matches(':focus-visible') && setChosen({ line: 0, column: last })}
      onBlur={() => setChosen(undefined)}
      onKeyDown={onKeyDown}
    >
      {width > 0 && tall > 0 && (
        <svg width={width} height={tall} aria-hidden="true" data-chart className={classes['svg']}>
          {rules.map((value) => (
            <g key={value}>
              <line
                className={classes['rule']}
                x1={plot.left}
                x2={width - plot.right}
                y1={space.y(value)}
                y2={space.y(value)}
                data-zero={value === 0 || undefined}
              />
              <text className={classes['tick']} x={plot.left - 10} y={space.y(value)} textAnchor="end" dominantBaseline="central">
                {short(value)}
              </text>
            </g>
          ))}
          {ticks.map(
            ({ text }, i) =>
              written.has(i) && (
                <text
                  key={columns[i]}
                  className={classes['tick']}
                  x={space.x(i)}
                  y={tall - plot.bottom + 18}
                  textAnchor={isBars || (i > 0 && i < ticks.length - 1) ? 'middle' : i === 0 ? 'start' : 'end'}
                >
                  {text}
                </text>
              ),
          )}
          <Notes notes={notes} space={space} height={tall} isBars={isBars} />
          {isBars ? barsOf(lines, space, { isStacked: shape === 'stacked', at }) : shape === 'area' ? areasOf(lines, space) : linesOf(lines, space)}
          {at && !isBars && (
            <>
              <line className={classes['cursor']} x1={space.x(at.column)} x2={space.x(at.column)} y1={plot.top} y2={tall - plot.bottom} />
              {shape === 'line' && typeof lines[at.line]?.values[at.column] === 'number' && (
                <circle
                  cx={space.x(at.column)}
                  cy={space.y(lines[at.line]?.values[at.column] ?? 0)}
                  r={4.5}
                  fill={lines[at.line]?.colour}
                  className={classes['point']}
                />
              )}
            </>
          )}
        </svg>
      )}
      {at && width > 0 && (
        <div
          className={classes['tooltip']}
          style={onLeft ? { right: width - space.x(at.column) + 12, top: plot.top } : { left: space.x(at.column) + 12, top: plot.top }}
          aria-hidden="true"
        >
          <Text size="xs" c="dimmed">
            {columns[at.column]}
            {open && at.column === last && ` (${t.unfinished})`}
          </Text>
          {notesAt(notes, at.column).map((name) => (
            <Text key={name} size="xs" fw={600}>
              {name}
            </Text>
          ))}
          {told(lines, at).map(({ key, label: name, colour, values, compared }) => (
            <div key={key} className={classes['told']} data-chosen={lines[at.line]?.key === key || undefined}>
              <span className={classes['swatch']} style={{ background: colour }} />
              <span className={classes['toldName']}>{name}</span>
              <span>{said(values[at.column], format)}</span>
              {compared && <span className={classes['quiet']}>{said(compared[at.column], format)}</span>}
              {typeof values[at.column] === 'number' && typeof compared?.[at.column] === 'number' && (
                <Change now={values[at.column] ?? 0} before={compared[at.column] ?? 0} />
              )}
            </div>
          ))}
          {lines.length > MOST_TOLD && (
            <Text size="xs" c="dimmed">
              {t.moreLines(lines.length - MOST_TOLD)}
            </Text>
          )}
        </div>
      )}
    </div>
  )
}

const notesAt = (notes: readonly Note[], column: number): string[] => notes.filter(({ from, to }) => from <= column && column <= to).map(({ name }) => name)

/** A line with a flag where something happened, a band where it lasted. */
const Notes = ({ notes, space: { x, band }, height, isBars }: { notes: readonly Note[]; space: Space; height: number; isBars: boolean }) =>
  notes.map(({ key, from, to }) => {
    const [left, right] = isBars ? [x(from) - band / 2, x(to) + band / 2] : [x(from), x(to)]
    return (
      <g key={key} className={classes['note']}>
        {right > left && <rect x={left} y={plot.top} width={right - left} height={height - plot.top - plot.bottom} />}
        <line x1={left} x2={left} y1={plot.top} y2={height - plot.bottom} />
        <path d={`M${left} ${plot.top}h9l-3 4 3 4h-9z`} />
      </g>
    )
  })

export const said = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? texts.shell.faces.none : format(value)

/** How far a stack of a column reaches above 0 and below it. */
function stackOf(lines: readonly PlotLine[], column: number): { up: number; down: number } {
  const values = lines.map(({ values: of }) => of[column] ?? 0)
  return { up: values.reduce((sum, value) => sum + Math.max(0, value), 0), down: values.reduce((sum, value) => sum + Math.min(0, value), 0) }
}

/** Those around the chosen one, in their order. */
function told(lines: readonly PlotLine[], { line }: { line: number }): readonly PlotLine[] {
  const first = Math.max(0, Math.min(line - Math.floor(MOST_TOLD / 2), lines.length - MOST_TOLD))
  return lines.slice(first, first + MOST_TOLD)
}

/** The line that a pointer is nearest to; of stacks the part it is in. */
function lineAt(lines: readonly PlotLine[], column: number, shape: Shape, y: number, space: Space): number {
  let nearest = 0
  let distance = Infinity
  let [up, down] = [0, 0]
  for (const [i, { values }] of lines.entries()) {
    const value = values[column]
    if (value === null || value === undefined) continue
    const from = value < 0 ? down : up
    if (value < 0) down += value
    else up += value
    const gap = shape === 'line' || shape === 'bar' ? Math.abs(space.y(value) - y) : Math.abs((space.y(from) + space.y(from + value)) / 2 - y)
    if (gap < distance) [nearest, distance] = [i, gap]
  }
  return nearest
}
