import type { EventOutput } from '@cairn/wire/event'
import { raw, type Piece } from '../store/sql.ts'

/** An event as the store answers it, and as reads answer it. */
export type StoredEvent = Omit<
  EventOutput,
  'user_id' | 'anonymous_id' | 'session_id' | 'entity_type' | 'entity_id' | 'event_metadata' | 'context_snapshot' | 'duration_ms' | 'seq'
> &
  Record<'user_id' | 'anonymous_id' | 'session_id' | 'entity_type' | 'entity_id' | 'event_metadata' | 'context_snapshot', string> &
  Record<'duration_ms' | 'seq', string | null>

/** In the order in which exports name them. */
export const columns = [
  'event_id',
  'event_type',
  'event_category',
  'event_action',
  'user_id',
  'anonymous_id',
  'session_id',
  'entity_type',
  'entity_id',
  'event_metadata',
  'context_snapshot',
  'device_type',
  'duration_ms',
  'event_timestamp',
  'received_at',
  'seq',
  'browser',
  'os',
  'country',
  'is_bot',
  'is_internal',
  'is_new_type',
  'url_path',
  'referrer_domain',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'channel',
] as const satisfies readonly (keyof EventOutput)[]
export const selected: Piece = raw(columns.join(', '))

/** No id is stored as empty text and answered as null; JSON is answered as it was sent. */
export const toOutput = (row: StoredEvent): EventOutput => ({
  ...row,
  user_id: row.user_id || null,
  anonymous_id: row.anonymous_id || null,
  session_id: row.session_id || null,
  entity_type: row.entity_type || null,
  entity_id: row.entity_id || null,
  event_metadata: readJson(row.event_metadata),
  context_snapshot: readJson(row.context_snapshot),
  duration_ms: row.duration_ms === null ? null : Number(row.duration_ms),
  event_timestamp: toIso(row.event_timestamp),
  received_at: toIso(row.received_at),
  seq: row.seq === null ? null : Number(row.seq),
})

const readJson = (text: string): object => (text === '' ? {} : (JSON.parse(text) as object))

/** "2026-11-20 06:19:19.123", UTC as the store answers it. */
export const toIso = (time: string): string => `${time.replace(' ', 'T')}Z`
export const toMs = (time: string): number => Date.parse(toIso(time))
