import { useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import { useMaybeWorkspace } from '../account.tsx'
import { locale } from '../texts/language.ts'

/**
 * Times in the zone that the viewer chose (the workspace's or their own), numbers in the viewer's locale.
 * How a date is written is the browser's choice, in the language that is spoken.
 */
export interface Format {
  zone: string
  /** 3 Dec 2026, 09:30:12 */
  time(iso: string | null): string
  /** 09:30:12 */
  clock(iso: string): string
  date(iso: string): string
  /** Of a day on the calendar, 2026-12-03, whatever the zone. */
  day(day: string): string
  /** An interval of a chart by its start, a moment or a day on the calendar: 3 Dec, 09:00, December 2026 … */
  interval(start: string, interval: 'minute' | 'hour' | 'day' | 'week' | 'month'): string
  number(n: number): string
  /** 1.2K, 3.4M: for places too small for all digits; a title holds them all. */
  short(n: number): string
  percent(share: number, digits?: number): string
  bytes(n: number): string
  /** 420 ms, 3.2 s, 4 min 10 s, 5 h 12 min, 1,163 h */
  duration(ms: number): string
  /** 3 minutes ago */
  ago(iso: string, now?: number): string
}

export type ZoneChoice = 'workspace' | 'own'
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
export const useZoneChoice = () => useLocalStorage<ZoneChoice>({ key: 'cairn.zone', defaultValue: 'workspace', getInitialValueInEffect: false })

export function useFormat(): Format {
  const [choice] = useZoneChoice()
  const workspace = useMaybeWorkspace()
  const zone = choice === 'own' || !workspace ? ownZone() : workspace.timezone
  return useMemo(() => makeFormat(zone), [zone])
}

/** Of a hundred hours minutes say nothing more. */
const MINUTES_TOLD = 6_000
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

function makeFormat(zone: string): Format {
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
  const time = dates({ dateStyle: 'medium', timeStyle: 'medium' })
  const clock = dates({ timeStyle: 'medium' })
  const date = dates({ dateStyle: 'medium' })
  const days = dates({ dateStyle: 'medium', timeZone: 'UTC' })
  const intervalsIn = (timeZone: string) => ({
    minute: dates({ timeStyle: 'short', timeZone }),
    hour: dates({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone }),
    day: dates({ weekday: 'short', day: 'numeric', month: 'short', timeZone }),
    week: dates({ day: 'numeric', month: 'short', year: 'numeric', timeZone }),
    month: dates({ month: 'long', year: 'numeric', timeZone }),
  })
  const intervals = intervalsIn(zone)
  const ofCalendar = intervalsIn('UTC')
  const number = new Intl.NumberFormat(locale)
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  return {
    zone,
    time: (iso) => (iso === null ? '–' : time.format(new Date(iso))),
    clock: (iso) => clock.format(new Date(iso)),
    date: (iso) => date.format(new Date(iso)),
    day: (day) => days.format(new Date(`${day}T00:00:00Z`)),
    interval: (start, interval) => (isCalendarDay(start) ? ofCalendar : intervals)[interval].format(new Date(start)),
    number: (n) => number.format(n),
    short: (n) => short.format(n),
    percent: (share, digits = 1) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(share),
    bytes: (n) => {
      const power = n < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(n) / Math.log(1024)))
      return `${new Intl.NumberFormat(locale, { maximumFractionDigits: power === 0 ? 0 : 1 }).format(n / 1024 ** power)} ${UNITS[power]}`
    },
    duration: (ms) => {
      if (ms === 0) return '0 s'
      if (ms < 1_000) return `${number.format(Math.round(ms))} ms`
      if (ms < 59_950) return `${number.format(Math.round(ms / 100) / 10)} s`
      const seconds = Math.round(ms / 1_000)
      if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
      const minutes = Math.round(seconds / 60)
      return minutes < MINUTES_TOLD ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${number.format(Math.round(minutes / 60))} h`
    },
    ago: (iso, now = Date.now()) => {
      const seconds = Math.round((Date.parse(iso) - now) / 1_000)
      const [size, unit] = STEPS.find(([limit]) => Math.abs(seconds) >= limit) ?? [1, 'second']
      return relative.format(Math.trunc(seconds / size), unit)
    },
  }
}
/** 2026-12-03: the same in every zone. */
export const isCalendarDay = (start: string): boolean => start.length === 10
const STEPS: ReadonlyArray<readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit]> = [
  [86_400 * 365, 'year'],
  [86_400 * 30, 'month'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]
