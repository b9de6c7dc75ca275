import type { Reason } from '@cairn/wire/outcome'
import { CairnError } from '../base/errors.ts'
import { isUuid, uuidv7 } from '../base/ids.ts'
import { userOf } from '../http/auth.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Sender } from '../ingest/draft.ts'
import { formatPosition } from '../ingest/freshness.ts'
import { plainText } from '../ingest/json.ts'
import { kinds, plainPayload } from '../ingest/record.ts'
import { momentSaid } from '../ingest/said.ts'
import { requestId } from '../outbox/outbox.ts'
import type { EntityDeps } from './deps.ts'
import type { EntityName } from './entity.ts'
import { isKnown } from './known.ts'
import { entityOf, noSuch, titled } from './names.ts'
import type { Repeated } from './repeated.ts'

export interface ViewDeps extends EntityDeps {
  /** What a request says about its event. */
  sender(call: Call<'trackView' | 'trackActivity'>): Sender
  /** Puts a line into the journal; resolves with its position once it is on disk. */
  record(workspaceId: number, line: string): Promise<number>
  repeated: Repeated
}

/**
 * Views and other activity are events like any other: `task_viewed` of a tracker and this route make the same view. Of a type that the host has
 * registered an unknown id is an error, and its event waits in quarantine until the entity appears.
 */
export const viewRoutes = (deps: ViewDeps): Pick<Handlers, 'trackView' | 'trackActivity'> => ({
  trackView: async (call) => {
    const { workspace, body, request, key } = call
    const { view_id: given, view_duration_seconds: seconds } = body
    if (given !== undefined && !isUuid(given))
      throw new CairnError('invalid', 'view_id is a UUID.', { errors: [{ path: '/view_id', message: 'must be a UUID' }] })
    const viewId = given?.toLowerCase() ?? requestId(workspace.id, body, request.headers) ?? uuidv7(deps.clock.now())
    const name = entityOf(workspace.id, call.params)
    const known = await isKnown(deps.db, name)
    // What waits for its entity is taken at another time than it was told: its duration is told apart, so that the last one told counts.
    const apart = given !== undefined && !known
    const timed = seconds === undefined || apart ? {} : { duration_ms: Math.round(seconds * 1_000) }
    const isWhole = given === undefined
    const taken = await take(deps, call, { name, known, eventId: viewId, action: 'viewed', more: timed, isWhole })
    if ('disabled' in taken) return taken
    // The event of a view that was told before is known already: this is how its duration arrives.
    if (given !== undefined && seconds !== undefined) {
      const line = plainPayload(kinds.viewDuration, {
        workspaceId: workspace.id,
        receivedAt: deps.clock.now(),
        keyId: key.keyId,
        tracker: '',
        source: 'api',
        id: viewId,
        data: { entity_type: name.entityType, entity_id: name.entityId, user_id: userOf(call, body.user_id), seconds },
      })
      const position = await deps.record(workspace.id, line)
      void call.reply.header('X-Cairn-Position', formatPosition(deps.node, position))
    }
    if (!taken.known) throw noSuch(name)
    return { success: true, message: `${titled(name)} view tracked`, view_id: viewId }
  },

  trackActivity: async (call) => {
    const { workspace, body, request } = call
    const eventId = requestId(workspace.id, body, request.headers) ?? uuidv7(deps.clock.now())
    const name = entityOf(workspace.id, call.params)
    const known = await isKnown(deps.db, name)
    const taken = await take(deps, call, { name, known, eventId, action: body.action ?? 'active', more: {}, isWhole: true })
    if ('disabled' in taken) return taken
    if (!taken.known) throw noSuch(name)
    return { success: true, message: 'Activity tracked', event_id: eventId }
  },
})

interface Taking {
  name: EntityName
  known: boolean
  eventId: string
  action: string
  /** Fields of the event besides. */
  more: { duration_ms?: number }
  /** Whether no duration is told later. */
  isWhole: boolean
}

type Taken = { success: true; disabled: true; reason: Reason } | { known: boolean }

/** Of an entity that is not known the event is put into quarantine. Throws `invalid` for an event that is none, `conflict` where its id is another's. */
async function take(deps: ViewDeps, call: Call<'trackView' | 'trackActivity'>, { name, known, eventId, action, more, isWhole }: Taking): Promise<Taken> {
  const { workspace, body } = call
  const { session_id, metadata, occurred_at, timestamp, sent_at } = body
  const event = {
    event_type: `${name.entityType}_${action}`,
    event_category: name.entityType,
    event_action: action,
    user_id: userOf(call, body.user_id),
    session_id: session_id ?? call.person?.sessionId,
    metadata,
    entity_type: name.entityType,
    entity_id: name.entityId,
    timestamp: occurred_at ?? timestamp,
    sent_at,
    ...more,
  }
  const outcome = await deps.intake.take([event], deps.sender(call), {
    ids: [eventId],
    ...(known ? {} : { refuse: () => ({ step: 'knowEntity', reason: 'unknown_entity' as const, message: `There is no ${name.entityType} with this id.` }) }),
  })
  void call.reply.header('X-Cairn-Position', formatPosition(deps.node, outcome.position))
  const [notRecorded] = outcome.notRecorded
  if (notRecorded) return { success: true, disabled: true, reason: notRecorded.reason }
  const drop = outcome.rejected[0]?.drop
  if (drop?.reason === 'unknown_entity') {
    deps.waiting.note(workspace.id)
    // It may have appeared while the event was put aside, and then nobody else takes what waits for it.
    const appeared = await isKnown(deps.db, name)
    if (appeared) await deps.waiting.replay(workspace, [name])
    return { known: appeared }
  }
  if (drop) throw new CairnError('invalid', drop.message, { reason: drop.reason, ...(drop.errors ? { errors: drop.errors } : {}) })
  await deps.repeated.check(workspace.id, {
    id: eventId,
    at: momentSaid(body, deps.clock.now()),
    deed: { eventType: event.event_type, ...name, userId: plainText(event.user_id), durationMs: isWhole ? (more.duration_ms ?? null) : undefined },
    isRepeated: outcome.repeated.length > 0,
  })
  return { known: true }
}
