import { crc32 } from 'node:zlib'

/**
 * One journal record is one line:
 *
 *     <crc32 of the payload, 8 hex><length of the payload in bytes, 6 hex> TAB <payload> LF
 *
 * The payload is tab-separated, escaped as ClickHouse's TSV wants it, so that the engine loads a whole segment with one `file()`.
 * Its first column is the kind; columns that a kind does not use are left out at the end. A payload holds no raw line feed, so after a
 * damaged record the next line feed finds the next one; where the damaged byte is the line feed itself, the length finds it.
 */
export const kinds = {
  /** Opens a commit group: what follows, and its receipts. */
  head: 'H',
  /** Closes a commit group, with the same content as its head: a single flipped byte never costs both. */
  commit: 'C',
  event: 'E',
  quarantine: 'Q',
  /** A property path seen for the first time. */
  property: 'P',
  /** What a host told about a person. */
  fact: 'F',
  /** How far a tab or process that is gone had numbered. */
  end: 'S',
  /** What was told of a session and is no event. */
  session: 'V',
  /** An entity as it is after a write, and what was said of it. */
  entity: 'T',
  /** How long a view took, told after it. */
  viewDuration: 'W',
  /** An event that another node has; it was one until that was known, and counts as a repetition. */
  aside: 'X',
} as const
export type Kind = (typeof kinds)[keyof typeof kinds]

const FRAME_BYTES = 14
/** Frame, TAB, LF. */
const AROUND_BYTES = FRAME_BYTES + 2
/** The length has six hex digits; the largest record is an event of 1 MB, escaped. */
const MAX_PAYLOAD_BYTES = 0xffffff

/** Columns of a line as the engine reads them. `data` is event_metadata for an event and one JSON object for every other kind. */
export const lineStructure = [
  'frame String',
  'kind String',
  'workspace_id UInt32',
  'received_ms Int64',
  'key_id LowCardinality(String)',
  'tracker LowCardinality(String)',
  'source LowCardinality(String)',
  'event_id UUID',
  'data String',
  'event_type LowCardinality(String)',
  'event_category LowCardinality(String)',
  'event_action LowCardinality(String)',
  'event_ms Int64',
  'user_id String',
  'anonymous_id String',
  'session_id String',
  'entity_type LowCardinality(String)',
  'entity_id String',
  'context String',
  'device_type LowCardinality(String)',
  'browser LowCardinality(String)',
  'os LowCardinality(String)',
  'duration_ms Nullable(UInt64)',
  'seq Nullable(UInt64)',
  'source_id LowCardinality(String)',
  'flags UInt8',
  'country LowCardinality(String)',
  'url_path String',
  'referrer_domain LowCardinality(String)',
  'channel LowCardinality(String)',
  'utm_source LowCardinality(String)',
  'utm_medium LowCardinality(String)',
  'utm_campaign LowCardinality(String)',
  'utm_term LowCardinality(String)',
  'utm_content LowCardinality(String)',
  // The metadata without the property paths that are over the workspace's limit; empty where nothing is over it.
  'bounded_metadata String',
] as const

/** Bits of the `flags` column. */
export const FLAG_BOT = 1
export const FLAG_NEW_TYPE = 2
export const FLAG_INTERNAL = 4

const SPECIAL = /[\t\n\r\\\0\b\f]/
const escapes: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\', '\0': '\\0', '\b': '\\b', '\f': '\\f' }

export const escapeField = (value: string): string => (SPECIAL.test(value) ? value.replace(/[\t\n\r\\\0\b\f]/g, (c) => escapes[c] ?? c) : value)

/** For text made by JSON.stringify, where a backslash is the only special character left. */
export const escapeJson = (json: string): string => (json.includes('\\') ? json.replaceAll('\\', '\\\\') : json)

export const unescapeField = (value: string): string =>
  value.includes('\\') ? value.replace(/\\(.)/g, (_, c: string) => ({ t: '\t', n: '\n', r: '\r', '0': '\0', b: '\b', f: '\f' })[c] ?? c) : value

/** The payload of every kind but an event. */
export const plainPayload = (
  kind: Kind,
  r: { workspaceId: number; receivedAt: number; keyId: string; tracker: string; source: string; id: string; data: unknown },
): string => `${kind}\t${r.workspaceId}\t${r.receivedAt}\t${r.keyId}\t${escapeField(r.tracker)}\t${r.source}\t${r.id}\t${escapeJson(JSON.stringify(r.data))}`

/** Bytes that `writeRecord` may need for a payload; UTF-8 takes at most three bytes for each UTF-16 unit. */
export const roomFor = (payload: string): number => payload.length * 3 + AROUND_BYTES

const HEX = Buffer.from('0123456789abcdef', 'latin1')
/** Digit by digit: a string for each would be 2 % of the whole way in. */
export function writeHex(target: Buffer, at: number, value: number, digits: number): void {
  for (let i = digits - 1, rest = value; i >= 0; i--, rest >>>= 4) target[at + i] = HEX[rest & 15] ?? 0
}

/** Writes one record at `at`; returns the position behind it. The caller has made room. */
export function writeRecord(target: Buffer, at: number, payload: string): number {
  const start = at + FRAME_BYTES + 1
  const length = target.write(payload, start, 'utf8')
  if (length > MAX_PAYLOAD_BYTES) throw new RangeError('journal record over 16 MB')
  const crc = crc32(target.subarray(start, start + length))
  writeHex(target, at, crc, 8)
  writeHex(target, at + 8, length, 6)
  target[at + FRAME_BYTES] = 9
  target[start + length] = 10
  return start + length + 1
}

export const encodeRecord = (payload: string): Buffer => {
  const buffer = Buffer.allocUnsafe(roomFor(payload))
  return buffer.subarray(0, writeRecord(buffer, 0, payload))
}

export interface Found {
  /** Position of the payload. */
  start: number
  end: number
  /** Position behind the record. */
  next: number
  /** False where only the line feed behind the record is damaged: the record is whole, but the file does not parse as lines. */
  clean: boolean
}

const LINE_FEED = 10
const hexDigit = (c: number): number => (c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1)
function readHex(b: Buffer, at: number, digits: number): number {
  let n = 0
  for (let i = 0; i < digits; i++) {
    const d = hexDigit(b[at + i] ?? 0)
    if (d < 0) return -1
    n = n * 16 + d
  }
  return n
}

/** The record at `at` if it is whole and its checksum holds, else undefined. */
export function readRecord(b: Buffer, at: number): Found | undefined {
  if (at + AROUND_BYTES > b.length || b[at + FRAME_BYTES] !== 9) return undefined
  const crc = readHex(b, at, 8)
  const length = readHex(b, at + 8, 6)
  if (crc < 0 || length < 0) return undefined
  const start = at + FRAME_BYTES + 1
  const end = start + length
  if (end >= b.length || crc32(b.subarray(start, end)) !== crc) return undefined
  return { start, end, next: end + 1, clean: b[end] === LINE_FEED }
}

/** Where to look for the next record after a damaged one. */
export const skipDamage = (b: Buffer, at: number): number => {
  const lineFeed = b.indexOf(LINE_FEED, at)
  return lineFeed < 0 ? b.length : lineFeed + 1
}
