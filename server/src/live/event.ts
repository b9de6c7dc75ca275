import type { EventOutput } from '@cairn/wire/event'
import type { LiveFilter } from '@cairn/wire/live'
import { toOutput, type StoredEvent } from '../analytics/stored.ts'
import { iso } from '../base/time.ts'
import { escapeField, FLAG_BOT, FLAG_INTERNAL, FLAG_NEW_TYPE, lineStructure, unescapeField } from '../ingest/record.ts'

type NameOf<Declared> = Declared extends `${infer Name} ${string}` ? Name : never
type Column = NameOf<(typeof lineStructure)[number]>
const places = Object.fromEntries(lineStructure.map((declared, place) => [declared.split(' ')[0], place])) as Record<Column, number>

/** An event as its line in the journal holds it, column by column, still escaped. */
export type Line = readonly string[]

/** `end` is behind the line feed. */
export const readLine = (bytes: Buffer, start: number, end: number): Line => bytes.toString('utf8', start, end - 1).split('\t')

const raw = (line: Line, column: Column): string => line[places[column]] ?? ''
const text = (line: Line, column: Column): string => unescapeField(raw(line, column))

/** The event as GET /api/events will answer it once it is stored. */
export function toEvent(line: Line): EventOutput {
  const flags = Number(raw(line, 'flags'))
  const nullable = (column: Column): string | null => (raw(line, column) === '\\N' || raw(line, column) === '' ? null : raw(line, column))
  const stored: StoredEvent = {
    event_id: raw(line, 'event_id').toLowerCase(),
    event_type: text(line, 'event_type'),
    event_category: text(line, 'event_category'),
    event_action: text(line, 'event_action'),
    user_id: text(line, 'user_id'),
    anonymous_id: text(line, 'anonymous_id'),
    session_id: text(line, 'session_id'),
    entity_type: text(line, 'entity_type'),
    entity_id: text(line, 'entity_id'),
    event_metadata: text(line, 'data'),
    context_snapshot: text(line, 'context'),
    device_type: raw(line, 'device_type'),
    duration_ms: nullable('duration_ms'),
    event_timestamp: storeTime(raw(line, 'event_ms')),
    received_at: storeTime(raw(line, 'received_ms')),
    seq: nullable('seq'),
    browser: raw(line, 'browser'),
    os: raw(line, 'os'),
    country: raw(line, 'country'),
    is_bot: (flags & FLAG_BOT) !== 0,
    is_internal: (flags & FLAG_INTERNAL) !== 0,
    is_new_type: (flags & FLAG_NEW_TYPE) !== 0,
    url_path: text(line, 'url_path'),
    referrer_domain: text(line, 'referrer_domain'),
    utm_source: text(line, 'utm_source'),
    utm_medium: text(line, 'utm_medium'),
    utm_campaign: text(line, 'utm_campaign'),
    utm_term: text(line, 'utm_term'),
    utm_content: text(line, 'utm_content'),
    channel: raw(line, 'channel'),
  }
  return toOutput(stored)
}

/** As the store writes it. */
const storeTime = (ms: string): string => iso(Number(ms)).slice(0, -1).replace('T', ' ')

const filtered = ['event_type', 'event_category', 'user_id', 'anonymous_id', 'session_id', 'entity_type', 'entity_id', 'device_type'] as const

/** Whether a line is what the filter asks for; what is asked for is escaped once, instead of each line being unescaped. */
export function matcher(filter: LiveFilter): (line: Line) => boolean {
  const asked = filtered.flatMap((column) => {
    const value = filter[column]
    return value === undefined ? [] : [{ column, value: escapeField(value) }]
  })
  const bots = filter.include_bots === true
  return (line) => {
    for (const { column, value } of asked) if (raw(line, column) !== value) return false
    return bots || (Number(raw(line, 'flags')) & FLAG_BOT) === 0
  }
}
