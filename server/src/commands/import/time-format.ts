import { readMoment } from '../../ingest/moment.ts'
import { WrongCall } from '../terminal/failure.ts'
import { wallClock } from './wall.ts'

/** A value of a time column as milliseconds since 1970, or what is wrong with it. */
export type ReadTime = (value: unknown) => number | string

/**
 * `iso` (a date, or date and time, with or without offset; numbers are milliseconds), `epoch_ms`, `epoch_s` (fractions too), or a pattern
 * of YYYY M MM D DD H HH h hh m mm s ss S… A Z: D/M/YYYY H:MM. Minutes may be written MM where they follow hours, as spreadsheets do.
 * Times without an offset are wall-clock times of `zone`.
 */
export function timeReader(format: string, zone: string): ReadTime {
  const clock = clockOf(zone)
  if (format === 'iso') return (value) => (typeof value === 'number' ? readMoment(value) : readParts(ISO, value, clock, 'is no ISO 8601 time'))
  if (format === 'epoch_ms') return (value) => readEpoch(value, 1)
  if (format === 'epoch_s') return (value) => readEpoch(value, 1_000)
  const pattern = compile(format)
  return (value) => readParts(pattern, value, clock, `is not of the form ${format}`)
}

const ISO =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[Tt ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?)?\s?(?<offset>[Zz]|[+-]\d\d:?\d\d)?$/

function readEpoch(value: unknown, factor: number): number | string {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN
  return Number.isFinite(number) ? readMoment(Math.round(number * factor)) : 'is no number'
}

function readParts(pattern: RegExp, value: unknown, clock: ReturnType<typeof wallClock>, mismatch: string): number | string {
  const part = (typeof value === 'string' ? pattern.exec(value.trim()) : null)?.groups
  if (!part) return mismatch
  const [year, month, day] = [Number(part['year']), Number(part['month']), Number(part['day'])]
  const [minute, second] = [Number(part['minute'] ?? 0), Number(part['second'] ?? 0)]
  const ms = Number((part['fraction'] ?? '0').padEnd(3, '0').slice(0, 3))
  const hour = hourOf(part)
  if (hour > 23 || minute > 59 || second > 60) return 'is no time of the day'
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, ms)
  // Date.UTC reads 31 April as 1 May.
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day || month < 1 || month > 12) return 'is no date of the calendar'
  return readMoment(part['offset'] === undefined ? clock.momentOf(wall) : wall - offsetMs(part['offset']))
}

function hourOf(part: Readonly<Record<string, string | undefined>>): number {
  const hour = Number(part['hour'] ?? 0)
  if (part['half'] === undefined) return hour
  if (hour < 1 || hour > 12) return Number.POSITIVE_INFINITY
  return (hour % 12) + (part['half'].toLowerCase() === 'pm' ? 12 : 0)
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

const tokens: Readonly<Record<string, readonly [group: string, pattern: string]>> = {
  YYYY: ['year', String.raw`\d{4}`],
  MM: ['month', String.raw`\d\d`],
  M: ['month', String.raw`\d{1,2}`],
  DD: ['day', String.raw`\d\d`],
  D: ['day', String.raw`\d{1,2}`],
  HH: ['hour', String.raw`\d\d`],
  H: ['hour', String.raw`\d{1,2}`],
  hh: ['hour', String.raw`\d\d`],
  h: ['hour', String.raw`\d{1,2}`],
  mm: ['minute', String.raw`\d\d`],
  m: ['minute', String.raw`\d{1,2}`],
  ss: ['second', String.raw`\d\d`],
  s: ['second', String.raw`\d{1,2}`],
  A: ['half', '[AaPp][Mm]'],
  Z: ['offset', String.raw`[Zz]|[+-]\d\d:?\d\d`],
}

function compile(format: string): RegExp {
  const seen: string[] = []
  const pieces = (format.match(/YYYY|MM?|DD?|HH?|hh?|mm?|ss?|S+|A|Z|\[[^\]]*\]|T|[^A-Za-z]|[A-Za-z]+/g) ?? []).map((piece) => {
    if (piece.startsWith('[')) return escaped(piece.slice(1, -1))
    if (piece === 'T' || !/[A-Za-z]/.test(piece)) return escaped(piece)
    const known = /^S+$/.test(piece) ? (['fraction', String.raw`\d{1,9}`] as const) : tokens[piece]
    if (!known) throw wrongFormat(format, `does not know "${piece}"`)
    const [group, pattern] = known
    const name = group === 'month' && seen.at(-1) === 'hour' ? 'minute' : group
    if (seen.includes(name)) throw wrongFormat(format, `names the ${name} twice`)
    seen.push(name)
    return `(?<${name}>${pattern})`
  })
  for (const needed of ['year', 'month', 'day']) if (!seen.includes(needed)) throw wrongFormat(format, `has no ${needed}`)
  return new RegExp(`^${pieces.join('')}$`)
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)

const wrongFormat = (format: string, problem: string): WrongCall =>
  new WrongCall(
    `The time format "${format}" ${problem}. Use iso, epoch_ms, epoch_s, or a pattern such as D/M/YYYY H:MM out of YYYY M D H h m s S A Z; other words stand in [brackets].`,
  )

function clockOf(zone: string): ReturnType<typeof wallClock> {
  try {
    return wallClock(zone)
  } catch {
    throw new WrongCall(`The time zone "${zone}" is not known. Use an IANA name such as Europe/Berlin.`)
  }
}
