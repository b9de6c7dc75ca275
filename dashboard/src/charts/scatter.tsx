import { useElementSize } from '@mantine/hooks'
import { useFormat } from '../ui/format.ts'
import { Behind } from './behind.tsx'
import classes from './figures.module.css'
import { plot, scaleOf } from './scale.ts'

export interface Dot {
  key: string
  name: string
  x: number
  y: number
}

interface Props {
  dots: readonly Dot[]
  /** What lies along each axis. */
  x: string
  y: string
  /** Of the names, and of the table. */
  head: string
  label: string
  colour: string
  height?: number | undefined
  format: (value: number) => string
}

const HEIGHT = 360
/** Below the axis, for its name. */
const NAME_PX = 20
const TABLE_PX = 42

/** One figure against another, a dot for each that has both, with the table behind it. */
export function Scatter({ dots, x, y, head, label, colour, height: room, format }: Props) {
  const { short } = useFormat()
  const { ref, width } = useElementSize()
  const height = room === undefined ? HEIGHT : Math.max(80, room - TABLE_PX)
  const along = axisOf(dots.map((dot) => dot.x))
  const up = axisOf(dots.map((dot) => dot.y))
  const [wide, tall] = [Math.max(0, width - plot.left - plot.right), height - plot.top - plot.bottom - NAME_PX]
  const xOf = (value: number): number => plot.left + ((value - along.min) / (along.max - along.min)) * wide
  const yOf = (value: number): number => plot.top + (1 - (value - up.min) / (up.max - up.min)) * tall
  return (
    <div>
      <div ref={ref}>
        <svg width={width} height={height} data-chart aria-hidden="true" className={classes['block']}>
          {rulesOf(up).map((value) => (
            <g key={value}>
              <line className={classes['rule']} x1={plot.left} x2={width - plot.right} y1={yOf(value)} y2={yOf(value)} data-zero={value === 0 || undefined} />
              <text className={classes['tick']} x={plot.left - 10} y={yOf(value)} textAnchor="end" dominantBaseline="central">
                {short(value)}
              </text>
            </g>
          ))}
          {rulesOf(along).map((value) => (
            <text key={value} className={classes['tick']} x={xOf(value)} y={plot.top + tall + 18} textAnchor="middle">
              {short(value)}
            </text>
          ))}
          <text className={classes['tick']} x={width - plot.right} y={height - 4} textAnchor="end">
            {x} →
          </text>
          <text className={classes['tick']} x={plot.left + 6} y={plot.top + 8}>
            ↑ {y}
          </text>
          {dots.map((dot) => (
            <circle key={dot.key} cx={xOf(dot.x)} cy={yOf(dot.y)} r={5} fill={colour} fillOpacity={0.65} className={classes['mark']}>
              <title>{`${dot.name}: ${format(dot.x)} ${x}, ${format(dot.y)} ${y}`}</title>
            </circle>
          ))}
        </svg>
      </div>
      <Behind label={label}>
        <thead>
          <tr>
            <th scope="col">{head}</th>
            <th scope="col">{x}</th>
            <th scope="col">{y}</th>
          </tr>
        </thead>
        <tbody>
          {dots.map((dot) => (
            <tr key={dot.key}>
              <th scope="row">{dot.name}</th>
              <td>{format(dot.x)}</td>
              <td>{format(dot.y)}</td>
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}

type Axis = ReturnType<typeof scaleOf>
const axisOf = (values: readonly number[]): Axis =>
  scaleOf(Math.max(0, ...values), { least: Math.min(0, ...values), parts: values.some((value) => !Number.isInteger(value)) })
const rulesOf = ({ min, max, step }: Axis): number[] => Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => min + i * step)
