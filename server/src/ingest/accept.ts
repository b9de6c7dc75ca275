import { DAY } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import { deviceOf } from './agent.ts'
import { derivePage } from './channel-page.ts'
import type { Draft, Drop, Json, Sender } from './draft.ts'
import { plainText } from './json.ts'
import { checkShape, emptyDraft } from './shape.ts'

/**
 * The way in, step by step: this list is its documentation. A step fills in the draft, or drops it with a reason. What is dropped is either
 * kept in quarantine or, where recording it is not wanted, only counted; `outcome.ts` in packages/wire says which.
 * Steps that decide that nothing may be recorded come first: not even a malformed event of somebody who opted out may reach the disk.
 */
type Step = (draft: Draft, sender: Sender, deps: AcceptDeps) => Drop | undefined
export interface AcceptDeps {
  directory: Directory
}

/** Trackers' clocks may run ahead, by time zones mistaken for UTC too; more than a day is a wrong clock. */
const FUTURE_MS = DAY

const readText = (input: Json, name: string): string => {
  const value = input[name]
  return typeof value === 'string' ? plainText(value) : ''
}

const respectSwitch: Step = (_, { workspace }) =>
  workspace.streamsOff.has('events') ? { step: 'respectSwitch', reason: 'stream_off', message: 'The events stream is switched off.' } : undefined

const respectOptOut: Step = ({ input }, { workspace }, { directory }) =>
  directory.isOptedOut(workspace.id, readText(input, 'user_id') || readText(input, 'user_email'), readText(input, 'anonymous_id'))
    ? { step: 'respectOptOut', reason: 'opted_out', message: 'The person has opted out.' }
    : undefined

const respectPrivacySignal: Step = ({ input }, { workspace, privacySignal }) =>
  privacySignal && workspace.gpc === 'honour' && readText(input, 'user_id') === '' && readText(input, 'user_email') === ''
    ? { step: 'respectPrivacySignal', reason: 'privacy_signal', message: 'The visitor’s browser asks not to be tracked.' }
    : undefined

const refuseFuture: Step = ({ timestamp }, { receivedAt }) =>
  timestamp > receivedAt + FUTURE_MS
    ? {
        step: 'refuseFuture',
        reason: 'in_future',
        message: 'event_timestamp is more than 24 hours ahead of the server.',
        errors: [{ path: '/event_timestamp', message: 'is more than 24 hours ahead' }],
      }
    : undefined

const refuseTooOld: Step = ({ timestamp }, { receivedAt, workspace: { retentionDays } }) =>
  retentionDays !== null && timestamp < receivedAt - retentionDays * DAY
    ? {
        step: 'refuseTooOld',
        reason: 'older_than_retention',
        message: `event_timestamp is older than the ${retentionDays} days that this workspace keeps.`,
        errors: [{ path: '/event_timestamp', message: `is older than ${retentionDays} days` }],
      }
    : undefined

const checkTaxonomy: Step = (draft, { workspace }) => {
  if (workspace.taxonomy.size === 0 && workspace.taxonomyMode === 'open') return undefined
  const declared = workspace.taxonomy.get(draft.eventType)
  if (!declared) {
    if (workspace.taxonomyMode === 'open') draft.isNewType = true
    else
      return {
        step: 'checkTaxonomy',
        reason: 'unknown_type',
        message: `${draft.eventType} is not declared, and this workspace takes declared types only.`,
        errors: [{ path: '/event_type', message: 'is not declared' }],
      }
    return undefined
  }
  if (declared.category !== null && draft.input['event_category'] == null) draft.eventCategory = declared.category
  if (workspace.taxonomyMode === 'open') return undefined
  const missing = declared.requiredProperties.filter((name) => valueAt(draft.metadata, name) == null)
  return missing.length > 0
    ? {
        step: 'checkTaxonomy',
        reason: 'missing_property',
        message: `${draft.eventType} requires ${missing.join(', ')} in event_metadata.`,
        errors: missing.map((name) => ({ path: `/event_metadata/${name}`, message: 'is required' })),
      }
    : undefined
}
const valueAt = (json: Json, path: string): unknown =>
  json[path] ?? path.split('.').reduce<unknown>((value, name) => (typeof value === 'object' && value !== null ? (value as Json)[name] : undefined), json)

const deriveDevice: Step = (draft, { userAgent }) => {
  const agent = deviceOf({ given: draft.givenDevice, userAgent })
  draft.deviceType = agent.device_type
  draft.browser = agent.browser
  draft.os = agent.os
  draft.isBot = agent.is_bot
  return undefined
}

/** Of the workspace's own people only those whose id is an address; whoever is known by more is told apart when figures are asked for. */
const markInternal: Step = (draft, { isInternal, workspace: { internal } }) => {
  const { userId, input } = draft
  const at = internal.emailDomains.size === 0 ? -1 : userId.lastIndexOf('@')
  draft.isInternal = isInternal || input['internal'] === true || (at >= 0 && internal.emailDomains.has(userId.slice(at + 1).toLowerCase()))
  return undefined
}

const derivePlaceOnSite: Step = (draft) => {
  if (draft.context) draft.page = derivePage(draft.context)
  return undefined
}

const steps: readonly Step[] = [
  respectSwitch,
  respectOptOut,
  respectPrivacySignal,
  checkShape,
  refuseFuture,
  refuseTooOld,
  checkTaxonomy,
  deriveDevice,
  markInternal,
  derivePlaceOnSite,
]

/** Runs one event through the steps. `givenId` is the id that the request as a whole brings (Idempotency-Key). */
export function accept(input: unknown, sender: Sender, deps: AcceptDeps, givenId?: string): { draft: Draft; drop: Drop | undefined } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const drop: Drop = { step: 'checkShape', reason: 'invalid', message: 'event must be an object', errors: [{ path: '/', message: 'must be an object' }] }
    const draft = emptyDraft({})
    return { draft, drop: respectSwitch(draft, sender, deps) ?? drop }
  }
  const draft = emptyDraft(input as Json)
  if (givenId !== undefined) {
    draft.eventId = givenId
    draft.givenId = true
  }
  for (const step of steps) {
    const drop = step(draft, sender, deps)
    if (drop) return { draft, drop }
  }
  return { draft, drop: undefined }
}
