import type { ReactNode } from 'react'
import type { PlotLine } from './plot.tsx'
import type { Scale } from './scale.ts'
import classes from './figures.module.css'

/** What is drawn of values: lines, areas one upon the other, bars side by side or one upon the other. */
export type Shape = 'line' | 'area' | 'bar' | 'stacked'

/** Where a column and a value lie, in pixels. */
export interface Space {
  count: number
  begun: number
  open: boolean
  band: number
  x: (column: number) => number
  y: (value: number) => number
  scale: Scale
}

interface Place {
  x: number
  y: number
}

/** Runs of values without a gap. */
function runsOf(values: ReadonlyArray<number | null>, { x, y }: Space, from: number, to: number): Place[][] {
  const runs: Place[][] = []
  let isGap = true
  for (let i = from; i < to; i++) {
    const value = values[i]
    if (value === null || value === undefined) isGap = true
    else {
      if (isGap) runs.push([])
      runs.at(-1)?.push({ x: x(i), y: y(value) })
      isGap = false
    }
  }
  return runs
}
const pathOf = (places: readonly Place[]): string => places.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')

/** From a run down to zero. */
const groundOf =
  ({ y }: Space) =>
  (run: readonly Place[]): string =>
    `${pathOf([...run, { x: run.at(-1)?.x ?? 0, y: y(0) }, { x: run[0]?.x ?? 0, y: y(0) }])}Z`

export function linesOf(lines: readonly PlotLine[], space: Space): ReactNode {
  const { begun, open } = space
  const end = open ? begun - 1 : begun
  return lines.map(({ key, colour, values, compared, isFilled }) => (
    <g key={key} stroke={colour} fill="none">
      {isFilled && <path d={runsOf(values, space, 0, begun).map(groundOf(space)).join('')} fill={colour} stroke="none" opacity={0.1} />}
      {compared && <path d={runsOf(compared, space, 0, space.count).map(pathOf).join('')} strokeWidth={1.25} opacity={0.5} />}
      {runsOf(values, space, 0, end).map((run) =>
        run.length === 1 ? (
          <circle key={run[0]?.x} cx={run[0]?.x} cy={run[0]?.y} r={3} fill={colour} stroke="none" />
        ) : (
          <path key={run[0]?.x} d={pathOf(run)} strokeWidth={2} strokeLinejoin="round" strokeLinecap="round" />
        ),
      )}
      {open &&
        runsOf(values, space, Math.max(0, begun - 2), begun).map((run) =>
          run.length > 1 ? (
            <path key={run[0]?.x} d={pathOf(run)} strokeWidth={2} strokeDasharray="4 5" />
          ) : (
            begun === 1 && <circle key={run[0]?.x} cx={run[0]?.x} cy={run[0]?.y} r={4} strokeWidth={2} strokeDasharray="2 2" />
          ),
        )}
    </g>
  ))
}

/** One upon the other; what is missing counts as nothing. */
export function areasOf(lines: readonly PlotLine[], space: Space): ReactNode {
  const { begun, open, x, y } = space
  const below = Array.from({ length: begun }, () => 0)
  return lines.map(({ key, colour, values }) => {
    const floor = [...below]
    for (let i = 0; i < begun; i++) below[i] = (below[i] ?? 0) + (values[i] ?? 0)
    const top = below.map((value, i) => ({ x: x(i), y: y(value) }))
    const bottom = floor.map((value, i) => ({ x: x(i), y: y(value) })).toReversed()
    return (
      <g key={key}>
        <path d={`${pathOf([...top, ...bottom])}Z`} fill={colour} opacity={0.35} />
        <path d={pathOf(open ? top.slice(0, -1) : top)} fill="none" stroke={colour} strokeWidth={2} />
        {open && <path d={pathOf(top.slice(-2))} fill="none" stroke={colour} strokeWidth={2} strokeDasharray="4 5" />}
      </g>
    )
  })
}

/** One upon the other or side by side, those below 0 downwards. */
export function barsOf(
  lines: readonly PlotLine[],
  { begun, open, band, x, y }: Space,
  { isStacked, at }: { isStacked: boolean; at: { line: number; column: number } | undefined },
): ReactNode {
  const whole = Math.max(1, Math.min(band * 0.78, isStacked ? 64 : 64 * lines.length))
  const wide = isStacked ? whole : Math.max(1, whole / Math.max(1, lines.length))
  return Array.from({ length: begun }, (_, column) => {
    let [up, down] = [0, 0]
    return (
      <g key={x(column)} opacity={at && at.column !== column ? 0.7 : 1}>
        {lines.map(({ key, colour, values }, line) => {
          const value = values[column] ?? 0
          const from = isStacked ? (value < 0 ? down : up) : 0
          if (value < 0) down += value
          else up += value
          const [top, bottom] = [y(Math.max(from, from + value)), y(Math.min(from, from + value))]
          const isOpen = open && column === begun - 1
          return value === 0 ? null : (
            <rect
              key={key}
              x={x(column) - whole / 2 + (isStacked ? 0 : line * wide)}
              y={top}
              width={wide}
              height={Math.max(1, bottom - top)}
              fill={colour}
              fillOpacity={isOpen ? 0.35 : 1}
              stroke={isOpen ? colour : undefined}
              strokeDasharray={isOpen ? '4 3' : undefined}
              className={isOpen || bottom - top < 3 ? undefined : classes['mark']}
            />
          )
        })}
      </g>
    )
  })
}
