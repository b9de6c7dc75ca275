import type { DeviceType } from '@cairn/wire/event'
import { dayOf } from '../../range/range.ts'
import type { Url } from '../../url.ts'

/** Fields that events can be narrowed by, with the names that the API and the address have for them. */
export const filterFields = [
  'event_type',
  'event_category',
  'event_action',
  'user_id',
  'anonymous_id',
  'session_id',
  'entity_type',
  'entity_id',
  'device_type',
] as const
export type FilterField = (typeof filterFields)[number]
export const jsonFields = ['metadata', 'context'] as const
export type JsonField = (typeof jsonFields)[number]
export const devices: readonly DeviceType[] = ['desktop', 'mobile', 'tablet', 'server', 'bot']

export type Filter = Readonly<Record<string, string>>

export const isFilterField = (name: string): name is FilterField => filterFields.some((field) => field === name)
export const jsonFieldOf = (name: string): JsonField | undefined => jsonFields.find((field) => name.startsWith(`${field}.`) && name.length > field.length + 1)

/** The parts of an address that say which events. */
export const filterOf = (url: Url): Filter => {
  const filter: Record<string, string> = {}
  for (const [name, value] of Object.entries(url)) {
    if (!value || !(isFilterField(name) || jsonFieldOf(name) || (name === 'include_bots' && value === 'true'))) continue
    // The API refuses a device that it does not know; the rest of an address that somebody wrote by hand still holds.
    if (name === 'device_type' && !devices.some((device) => device === value)) continue
    filter[name] = value
  }
  return filter
}

/** Whether a moment lies in a range of days or moments. */
export const isInside = (ms: number, { from, to, timezone }: { from: string; to: string; timezone: string }): boolean =>
  from.length > 10 ? new Date(ms).toISOString() >= from && new Date(ms).toISOString() <= to : dayOf(ms, timezone) >= from && dayOf(ms, timezone) <= to

/** A moment as a date-time field of the browser holds it: the wall clock of a zone, to the minute. */
export const wallClock = (ms: number, zone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(ms).replace(' ', 'T')

/** Back again. The offset is that of the moment itself, which is known only after a first guess. */
export function momentAt(wall: string, zone: string): number {
  const asUtc = Date.parse(`${wall}Z`)
  const offsetAt = (ms: number): number => Date.parse(`${wallClock(ms, zone)}Z`) - ms
  return asUtc - offsetAt(asUtc - offsetAt(asUtc))
}
