import { formatDay, readDay, zone } from '../../analytics/zone.ts'
import { HOUR, MINUTE } from '../../base/time.ts'
import type { Random } from './random.ts'

/**
 * The month: thirty days of a zone, how busy each of them is, and the two things that happened in it. On the release day a new version goes
 * out and people come to look; on the afternoon of the outage the applications behind a log-in hardly answer.
 */
export interface DemoDay {
  /** 0 to 29. */
  index: number
  /** 2026-12-03 */
  date: string
  startMs: number
  weekend: boolean
  /** Growth over the month: 1 in its middle. */
  growth: number
  releaseDay: boolean
  released: boolean
  outage: { fromMs: number; toMs: number } | undefined
  /** After an update the telephone system left out who called; mended the next day. */
  forgetful: boolean
}

const DAYS = 30
/** Besides new people, those who are there come a little more often. */
const GROWTH = 0.2
/** Long enough before the end for its effect to be seen, and late enough to be compared with what was before. */
const RELEASE_DAYS_AGO = 11
const OUTAGE_DAYS_AGO = 4
const FORGETFUL_DAYS_AGO = 8
const OUTAGE_FROM = 12.6 * HOUR
const OUTAGE_TO = 17 * HOUR

/** `endDay` is the last of the days, as YYYY-MM-DD. */
export function calendar(endDay: string, timezone: string): DemoDay[] {
  const place = zone(timezone)
  const last = readDay(endDay)
  if (last === undefined) throw new RangeError(`${endDay} is no day of the calendar`)
  const first = last - DAYS + 1
  const releaseDay = workday(last - RELEASE_DAYS_AGO)
  const outageDay = workday(last - OUTAGE_DAYS_AGO)
  const forgetfulDay = workday(last - FORGETFUL_DAYS_AGO)
  return Array.from({ length: DAYS }, (_, index) => {
    const day = first + index
    const startMs = place.startOfDay(day)
    return {
      index,
      date: formatDay(day),
      startMs,
      weekend: isWeekend(day),
      growth: 1 + GROWTH * (index / (DAYS - 1) - 0.5),
      releaseDay: day === releaseDay,
      released: day >= releaseDay,
      outage: day === outageDay ? { fromMs: startMs + OUTAGE_FROM, toMs: startMs + OUTAGE_TO } : undefined,
      forgetful: day === forgetfulDay,
    }
  })
}

/** 1970-01-01 was a Thursday. */
const isWeekend = (day: number): boolean => (day + 3) % 7 >= 5
const workday = (day: number): number => (isWeekend(day) ? workday(day - 1) : day)

/** How likely each hour of a day is, by the kind of thing people do. */
export const rhythms = {
  office: [0, 0, 0, 0, 0, 0.3, 1, 4, 9, 12, 11, 9, 5, 7, 10, 10, 8, 5, 2, 1.2, 1, 0.8, 0.4, 0.1],
  calls: [0, 0, 0, 0, 0, 0, 0, 2, 8, 11, 12, 10, 7, 9, 11, 11, 10, 8, 3, 0.5, 0, 0, 0, 0],
  evening: [0.6, 0.3, 0.2, 0.1, 0.1, 0.3, 1, 2, 3, 4, 4.5, 5, 6, 5, 4.5, 5, 6, 7, 8, 10, 11, 9, 5, 2],
  aroundTheClock: [1.5, 1.2, 1.2, 1.4, 1.8, 2.4, 3, 4, 6, 7.5, 8, 7.5, 6.5, 7, 8, 8, 7.5, 6.5, 5.5, 5, 4.5, 4, 3, 2],
} as const
export type Rhythm = keyof typeof rhythms

/** A moment of the day. */
export function moment(day: DemoDay, rhythm: Rhythm, random: Random): number {
  const hour = random.weighted(rhythms[rhythm].map((weight, at) => [at, weight] as const))
  return day.startMs + hour * HOUR + Math.floor(random.next() * 60) * MINUTE + Math.floor(random.next() * MINUTE)
}
