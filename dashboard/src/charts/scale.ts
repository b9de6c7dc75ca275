import type { Interval } from '../range/range.ts'

/** Room around the plot, in pixels: what draws the lines and what lies over them find a point by these. */
export const plot = { left: 46, right: 14, top: 12, bottom: 28 } as const

interface Colours {
  line: string
  compared: string
  text: string
  grid: string
}

interface Scale {
  max: number
  step: number
}

/** What a drawing shows. */
export interface Lines {
  /** undefined: not begun. */
  values: readonly (number | undefined)[]
  compared: readonly (number | undefined)[] | undefined
  /** The last of them is not finished: it is dashed. */
  open: boolean
  ticks: readonly Tick[]
  written: ReadonlySet<number>
  scale: Scale
  format: (value: number) => string
  colours: Colours
}

/** A value axis from 0 to a round number, in 3 to 5 round steps; counts are whole, so a step is at least 1. */
export function scaleOf(most: number): Scale {
  const rough = Math.max(most, 4) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, power * ([1, 2, 2.5, 5, 10].find((part) => part * power >= rough && Number.isInteger(part * power)) ?? 10))
  return { step, max: step * Math.max(1, Math.ceil(most / step)) }
}

interface Tick {
  text: string
  /** Begins a day, where the others are hours or minutes: kept when there is little room. */
  major: boolean
}

/** What stands under each point. Short, since the full text is in the tooltip and the table. */
export function ticksOf(starts: readonly string[], interval: Interval, zone: string): Tick[] {
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(navigator.language, { timeZone: zone, ...options })
  const day = dates({ day: 'numeric', month: 'short' })
  const clock = dates({ hour: 'numeric', minute: '2-digit' })
  const month = dates({ month: 'short', year: 'numeric' })
  if (interval !== 'hour') {
    const format = { minute: clock, day, week: day, month }[interval]
    return starts.map((iso) => ({ text: format.format(new Date(iso)), major: false }))
  }
  let last = ''
  return starts.map((iso) => {
    const start = new Date(iso)
    const text = day.format(start)
    const major = text !== last
    last = text
    return { text: major ? text : clock.format(start), major }
  })
}

/** Which ticks are written: as many as have room, at even distances, counted from one that begins a day where there is one. */
export function writtenTicks(ticks: readonly Tick[], room: number): ReadonlySet<number> {
  const most = Math.max(2, Math.floor(room / TICK_PX))
  const every = STEPS.find((step) => ticks.length / step <= most) ?? Math.ceil(ticks.length / most)
  const majors = ticks.flatMap(({ major }, i) => (major ? [i] : []))
  const from = (majors.at(-1) ?? 0) % every
  return new Set(ticks.flatMap((_, i) => (i % every === from ? [i] : [])))
}
const TICK_PX = 72
/** Of hours, days and weeks alike: 6 hours, 12 hours, a week, a day of hours. */
const STEPS = [1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 30, 48]
