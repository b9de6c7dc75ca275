import type { Format } from '../../ui/format.ts'

/** An attribute as it is read; '' where it is no plain value. */
export const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '')

/** Of an attribute that says when, as the API takes it: ISO 8601 or milliseconds since 1970. undefined where it says no moment. */
export function momentOf(value: unknown): string | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' && /^\d{4}-\d\d/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}

/** A moment as a day; a day of the calendar stays that day in every zone; anything else as it was told. */
export function dayOrText(value: unknown, format: Format): string {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) return format.day(value)
  const moment = momentOf(value)
  return moment === undefined ? textOf(value) : format.date(moment)
}
