import type { Interval } from '../range/range.ts'
import { locale } from '../texts/language.ts'

/** Room around the plot, in pixels. */
export const plot = { left: 46, right: 14, top: 12, bottom: 28 } as const

export interface Scale {
  min: number
  max: number
  step: number
}

/**
 * A value axis from 0, or from below it where there are such values, to a round number, in 3 to 5 round steps. Counts are whole, so their step
 * is at least 1; `parts` where there are values between whole numbers.
 */
export function scaleOf(most: number, { least = 0, parts = false }: { least?: number; parts?: boolean } = {}): Scale {
  const span = Math.max(most, 0) - Math.min(least, 0)
  const rough = parts ? (span || 1) / 4 : Math.max(span, 4) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const found = power * ([1, 2, 2.5, 5, 10].find((part) => part * power >= rough && (parts || Number.isInteger(part * power))) ?? 10)
  const step = parts ? found : Math.max(1, found)
  // A value below 0 and none above it: the axis still begins with 0.
  const above = Math.max(least < 0 ? 0 : 1, Math.ceil(most / step))
  return { step, min: step * Math.min(0, Math.floor(least / step)), max: step * above }
}

export interface Tick {
  text: string
  /** Begins a day, where the others are hours or minutes: kept when there is little room. */
  major: boolean
}

/** What stands under each point. Short, since the full text is in the tooltip and the table. */
export function ticksOf(starts: readonly string[], interval: Interval, zone: string): Tick[] {
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
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
