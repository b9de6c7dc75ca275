import { EventInput, MAX_JSON_BYTES, MAX_JSON_DEPTH } from '@cairn/wire/event'
import { Compile } from 'typebox/compile'
import { describe } from '../base/describe.ts'
import type { FieldError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Draft, Drop, Json, Sender } from './draft.ts'
import { hasLoneSurrogate, hasNul, isLarge, jsonWithLargeNumbers, plainText, wellFormed } from './json.ts'
import { isStorable, readMoment } from './moment.ts'

/**
 * The first look at an event: is it one, and what does it say? Aliases become their field, null becomes absent, an entity_id that came as
 * a number becomes text. Everything here is limits and types; what the workspace makes of the event is in accept.ts.
 */
const schema = Compile(EventInput)

const invalid = (errors: readonly FieldError[]): Drop => ({
  step: 'checkShape',
  reason: 'invalid',
  message: errors.map((e) => `${e.path.slice(1) || 'event'} ${e.message}`).join('; '),
  errors,
})

const withoutNulls = (input: Json): Json => {
  const kept: Json = {}
  for (const [name, value] of Object.entries(input)) if (value !== null) kept[name] = value
  return kept
}
const text = (value: unknown): string => (typeof value === 'string' ? plainText(value) : '')

/** `project_created` → `project`, `created`. */
const splitType = (type: string): [string, string] => {
  const at = type.indexOf('_')
  return at < 0 ? [type, ''] : [type.slice(0, at), type.slice(at + 1)]
}

export const emptyDraft = (input: Json): Draft => ({
  input,
  eventId: '',
  givenId: false,
  eventType: '',
  eventCategory: '',
  eventAction: '',
  userId: '',
  anonymousId: '',
  sessionId: '',
  entityType: '',
  entityId: '',
  metadata: noJson,
  metadataText: '',
  contextText: '',
  boundedMetadataText: '',
  context: undefined,
  givenDevice: undefined,
  deviceType: 'server',
  browser: '',
  os: '',
  isBot: false,
  isInternal: false,
  isNewType: false,
  durationMs: undefined,
  seq: undefined,
  sourceId: '',
  tracker: '',
  timestamp: 0,
  page: noPage,
})
const noJson: Json = Object.freeze({})
const noPage = Object.freeze({
  url_path: '',
  referrer_domain: '',
  utm_source: '',
  utm_medium: '',
  utm_campaign: '',
  utm_term: '',
  utm_content: '',
  channel: '',
})

/** Fills the draft from its input, or says why not. */
export function checkShape(draft: Draft, sender: Sender): Drop | undefined {
  let input = draft.input as Json & EventInput
  if (!schema.Check(input)) {
    input = withoutNulls(input) as Json & EventInput
    if (!schema.Check(input)) return invalid(describe(schema.Errors(input)))
  }
  draft.userId = text(input.user_id) || text(input.user_email)
  draft.anonymousId = text(input.anonymous_id)
  if (draft.userId === '' && draft.anonymousId === '') draft.anonymousId = sender.visitor
  if (draft.userId === '' && draft.anonymousId === '') return invalid([{ path: '/user_id', message: 'is required where there is no anonymous_id' }])
  if (typeof input.entity_id === 'number' && !Number.isSafeInteger(input.entity_id) && Math.abs(input.entity_id) >= 2 ** 53)
    return invalid([{ path: '/entity_id', message: 'is too large for a number: digits would be lost; send it as text' }])
  draft.givenId = draft.givenId || input.event_id !== undefined
  draft.eventId = input.event_id === undefined ? draft.eventId || uuidv7(sender.receivedAt) : input.event_id.toLowerCase()
  draft.eventType = text(input.event_type)
  const [category, action] = splitType(draft.eventType)
  draft.eventCategory = text(input.event_category) || category.slice(0, 100)
  draft.eventAction = text(input.event_action) || action.slice(0, 100)
  draft.sessionId = text(input.session_id)
  draft.entityType = text(input.entity_type)
  draft.entityId = typeof input.entity_id === 'number' ? String(input.entity_id) : text(input.entity_id)
  draft.givenDevice = input.device_type as Draft['givenDevice']
  draft.durationMs = input.duration_ms
  draft.seq = input.seq
  draft.sourceId = text(input.source_id)
  draft.tracker = input.tracker === undefined ? sender.tracker : tidyTracker(input.tracker)
  return readJson(draft, input) ?? readTime(draft, input, sender)
}

/** The tracker's name stands in ledger and journal: printable ASCII without a backslash. */
export const tidyTracker = (name: string): string => name.replace(/[^ -[\]-~]/g, '_').slice(0, 100)

function readJson(draft: Draft, input: Json & EventInput): Drop | undefined {
  for (const field of ['event_metadata', 'context_snapshot'] as const) {
    let value = (input[field] ?? (field === 'event_metadata' ? input.metadata : input.context)) as Json | undefined
    if (value === undefined) continue
    const found: Found = { large: false }
    const unsafe = findUnsafe(value, 1, found)
    if (unsafe !== undefined)
      return { step: 'checkShape', ...unsafe, message: `${field} ${unsafe.message}`, errors: [{ path: `/${field}`, message: unsafe.message }] }
    let json = found.large ? jsonWithLargeNumbers(value) : JSON.stringify(value)
    if (hasLoneSurrogate(json) || hasNul(json)) {
      value = wellFormed(value) as Json
      json = jsonWithLargeNumbers(value)
    }
    if (json.length * 3 > MAX_JSON_BYTES && Buffer.byteLength(json) > MAX_JSON_BYTES) {
      const message = `is ${Math.ceil(Buffer.byteLength(json) / 1024)} KB, at most 32 KB`
      return { step: 'checkShape', reason: 'too_large', message: `${field} ${message}`, errors: [{ path: `/${field}`, message }] }
    }
    if (json === '{}') continue
    if (field === 'event_metadata') {
      draft.metadata = value
      draft.metadataText = json
    } else {
      draft.context = value
      draft.contextText = json
    }
  }
  return undefined
}

interface Found {
  /** A number that JSON.stringify would not write as the engine reads it. */
  large: boolean
}

/** Keys that could reach a prototype, and JSON nested too deep to walk. */
function findUnsafe(value: object, depth: number, seen: Found): Pick<Drop, 'reason' | 'message'> | undefined {
  if (depth > MAX_JSON_DEPTH) return { reason: 'too_large', message: `is nested over ${MAX_JSON_DEPTH} levels` }
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) {
      if (typeof entry === 'number' && isLarge(entry)) seen.large = true
      if (typeof entry !== 'object' || entry === null) continue
      const found = findUnsafe(entry, depth + 1, seen)
      if (found) return found
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return { reason: 'unsafe_key', message: `has a property named ${key}` }
    const entry: unknown = (value as Json)[key]
    if (typeof entry === 'number' && isLarge(entry)) seen.large = true
    if (typeof entry !== 'object' || entry === null) continue
    const found = findUnsafe(entry, depth + 1, seen)
    if (found) return found
  }
  return undefined
}

/** Clocks are seldom right to the second, and sending takes time: a smaller difference is not the clock's fault. */
export const SKEW_TOLERANCE_MS = 5_000

function readTime(draft: Draft, input: Json & EventInput, sender: Sender): Drop | undefined {
  const field = input.event_timestamp !== undefined ? 'event_timestamp' : input.timestamp !== undefined ? 'timestamp' : 'occurred_at'
  const given = input[field]
  draft.timestamp = sender.arrivedAt
  const ownSentAt = input.sent_at === undefined ? undefined : readMoment(input.sent_at)
  if (typeof ownSentAt === 'string') return invalid([{ path: '/sent_at', message: ownSentAt }])
  if (given === undefined) return undefined
  const at = readMoment(given)
  if (typeof at === 'string') return invalid([{ path: `/${field}`, message: at }])
  draft.timestamp = at
  if (sender.historical) return undefined
  const sentAt = ownSentAt ?? sender.sentAt
  if (sentAt === undefined) return undefined
  const skew = sender.arrivedAt - sentAt
  if (Math.abs(skew) > SKEW_TOLERANCE_MS) draft.timestamp = at + skew
  return isStorable(draft.timestamp) ? undefined : invalid([{ path: '/sent_at', message: 'moves the event out of the years 1900 to 2299' }])
}
