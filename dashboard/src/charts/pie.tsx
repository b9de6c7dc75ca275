import { useFormat } from '../ui/format.ts'
import { texts } from '../texts/texts.ts'
import classes from './figures.module.css'

interface Slice {
  key: string
  label: string
  colour: string
  value: number
  open: (() => void) | undefined
}

/** Thinner slices are seen by nobody; together they are one. */
const MOST = 7
const R = 100

/** Parts of a whole, largest first. The table of lines below it says the same; a press opens what is behind a slice. `isBare`: without names around it. */
export function Pie({
  slices,
  format,
  height = 280,
  isBare,
}: {
  slices: readonly Slice[]
  format: (value: number) => string
  height?: number | undefined
  isBare: boolean
}) {
  const { percent } = useFormat()
  const sorted = slices.filter(({ value }) => value > 0).toSorted((a, b) => b.value - a.value)
  const whole = sorted.reduce((sum, { value }) => sum + value, 0)
  const rest = sorted.slice(MOST)
  const shown =
    rest.length < 2
      ? sorted
      : [
          ...sorted.slice(0, MOST),
          {
            key: 'rest',
            label: texts.insights.chart.others(rest.length),
            colour: '#8a949e',
            value: rest.reduce((sum, { value }) => sum + value, 0),
            open: undefined,
          },
        ]
  const starts = shown.map((_, i) => shown.slice(0, i).reduce((sum, { value }) => sum + value, 0) / whole)
  return (
    <svg height={height} width="100%" viewBox={isBare ? '-104 -104 208 208' : '-240 -120 480 240'} data-chart aria-hidden="true" className={classes['pie']}>
      {shown.map(({ key, label, colour, value, open }, i) => {
        const share = value / whole
        const start = starts[i] ?? 0
        const end = start + share
        const middle = (start + end) / 2
        const [x, y] = at(middle, R + 12)
        return (
          <g key={key} onClick={open} style={open ? { cursor: 'pointer' } : undefined}>
            <title>{`${label}: ${format(value)} (${percent(share)})`}</title>
            <path d={sector(start, end)} fill={colour} className={classes['mark']} strokeWidth={1.5} />
            {share > 0.04 && !isBare && (
              <text x={x} y={y} className={classes['tick']} textAnchor={middle < 0.5 ? 'start' : 'end'} dominantBaseline="central">
                {label.length > 18 ? `${label.slice(0, 17)}…` : label} {percent(share, 0)}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

const at = (share: number, radius: number): [x: number, y: number] => [Math.sin(share * 2 * Math.PI) * radius, -Math.cos(share * 2 * Math.PI) * radius]

function sector(start: number, end: number): string {
  const hole = R * 0.55
  // An arc back to where it began draws nothing: a whole is a hair less.
  const until = Math.min(end, start + 0.9999)
  const [[x1, y1], [x2, y2], [x3, y3], [x4, y4]] = [at(start, R), at(until, R), at(until, hole), at(start, hole)]
  const large = until - start > 0.5 ? 1 : 0
  return `M${x1} ${y1}A${R} ${R} 0 ${large} 1 ${x2} ${y2}L${x3} ${y3}A${hole} ${hole} 0 ${large} 0 ${x4} ${y4}Z`
}
