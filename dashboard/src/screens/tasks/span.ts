import { texts } from '../../texts/texts.ts'
import type { Format } from '../../ui/format.ts'

const t = texts.tasks.all
const HOUR_MS = 3_600_000
/** From then on days say more than hours. */
const DAYS_FROM_HOURS = 72

/** How long work takes or waits: in days, in hours, or as it is where it is less than an hour. */
export function spanOf(ms: number, { duration, number }: Format): string {
  const hours = ms / HOUR_MS
  if (hours < 1) return duration(ms)
  return hours < DAYS_FROM_HOURS ? t.hours(number(Math.round(hours))) : t.days(number(Math.round(hours / 24)))
}
