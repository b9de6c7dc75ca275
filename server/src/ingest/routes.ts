import { MAX_BATCH_EVENTS } from '@cairn/wire/event'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BlockList } from 'node:net'
import { CairnError } from '../base/errors.ts'
import { isUuid, uuidv8 } from '../base/ids.ts'
import { HOUR, type Clock } from '../base/time.ts'
import type { Call, Handlers } from '../http/call.ts'
import { isWithin } from '../base/networks.ts'
import { clientAddress } from './address.ts'
import type { DailyVisitors } from './daily-visitor.ts'
import type { Sender } from './draft.ts'
import { formatPosition } from './freshness.ts'
import type { Intake, Outcome } from './intake.ts'
import { readMoment } from './moment.ts'
import type { Places } from './place.ts'
import { tidyTracker } from './shape.ts'
import { readSaid } from './source-end.ts'

export interface IngestRoutesDeps {
  intake: Intake
  clock: Clock
  places: Places
  trustedProxies: BlockList
  /** Names this node in positions. */
  node: string
  visitors: DailyVisitors
  /** Which of the ids are in the store already, for imports and late repetitions; see alreadyStored in stored.ts. */
  withoutStored(workspaceId: number, events: readonly unknown[]): Promise<ReadonlySet<number>>
}

export const ingestRoutes = (deps: IngestRoutesDeps): Pick<Handlers, 'logEvent' | 'logBatch'> => ({
  logEvent: async (call) => {
    const body: unknown = call.body
    if (!isObject(body)) throw new CairnError('malformed', 'The body must be one event, a JSON object; several go to /api/events/log/batch.')
    const key = idempotencyKey(call.request)
    const ids = key === undefined ? undefined : [isUuid(key) ? key.toLowerCase() : uuidv8('idempotency', call.workspace.id, key)]
    const outcome = await deps.intake.take([withoutKey(body)], senderOf(deps, call, body, false), { ids })
    tellPosition(deps, call.reply, outcome)
    const drop = outcome.rejected[0]?.drop
    if (drop) throw new CairnError('invalid', drop.message, { reason: drop.reason, ...(drop.errors ? { errors: drop.errors } : {}) })
    const [notRecorded] = outcome.notRecorded
    if (notRecorded) return { success: true, disabled: true, reason: notRecorded.reason }
    return { success: true, event_id: outcome.eventIds[0] }
  },

  logBatch: async (call) => {
    const body: unknown = call.body
    const events: unknown = isObject(body) ? body['events'] : undefined
    if (!isObject(body) || !Array.isArray(events))
      throw new CairnError('malformed', 'The body must be {"events": […]}.', { errors: [{ path: '/events', message: 'must be a list' }] })
    if (events.length > MAX_BATCH_EVENTS) throw new CairnError('too_large', `A batch holds at most ${MAX_BATCH_EVENTS} events; this one has ${events.length}.`)
    const historical = body['historical'] === true
    const { ended, settings, visitor } = readSaid(body)
    const from = senderOf(deps, call, body, historical)
    const sender = visitor ? { ...from, visitor: await deps.visitors.idOf(call.workspace.id, addressOf(deps, call), from.userAgent, from.receivedAt) } : from
    const key = idempotencyKey(call.request)
    const ids = key === undefined ? undefined : events.map((_, i) => uuidv8('idempotency', call.workspace.id, key, i))
    const checked = sender.source === 'import' ? events : settings === undefined ? [] : lateOf(events, sender.receivedAt)
    const stored = checked.length > 0 ? await deps.withoutStored(call.workspace.id, checked) : undefined
    const places = events.flatMap((_, i) => (stored?.has(i) === true ? [] : [i]))
    const outcome = await deps.intake.take(
      places.map((i) => events[i] as unknown),
      sender,
      { ids: ids && places.map((i) => ids[i] ?? ''), ended },
    )
    tellPosition(deps, call.reply, outcome)
    const answer = batchAnswer(atPlaces(outcome, places), events.length, stored?.size ?? 0, call.reply)
    const { trackers } = call.workspace
    return settings === undefined || settings === trackers.version ? answer : { ...answer, settings: trackers }
  },
})

/** The key is the request's, not the event's: kept with a refused event it would be shown to everybody who may look at quarantine. */
function withoutKey(body: Record<string, unknown>): Record<string, unknown> {
  if (!('write_key' in body)) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'write_key'))
}

/** What became of the events that were taken, by their places in the batch as it was sent. */
const atPlaces = (outcome: Outcome, places: readonly number[]): Outcome => ({
  ...outcome,
  rejected: outcome.rejected.map((entry) => ({ ...entry, index: places[entry.index] ?? entry.index })),
  notRecorded: outcome.notRecorded.map((entry) => ({ ...entry, index: places[entry.index] ?? entry.index })),
})

/** 422 where every event was refused; one good event makes it 200. */
function batchAnswer(outcome: Outcome, sent: number, stored: number, reply: FastifyReply): object {
  const rejected = outcome.rejected.map(({ index, drop }) => ({ index, code: drop.reason, message: drop.message }))
  const failed = sent > 0 && rejected.length === sent
  if (failed) void reply.code(422)
  const answer = { success: !failed, accepted: outcome.accepted + stored, rejected }
  if (outcome.notRecorded.length === 0) return answer
  const off = outcome.notRecorded.length === sent && outcome.notRecorded.every((n) => n.reason === 'stream_off')
  return { ...answer, ...(off ? { disabled: true, reason: 'stream_off' } : {}), not_recorded: outcome.notRecorded }
}

const addressOf = (deps: Pick<IngestRoutesDeps, 'trustedProxies'>, { request }: Pick<Call<'logBatch'>, 'request'>): string =>
  clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], deps.trustedProxies)

/**
 * Of a tracker's batch the events that may be older than the ids that are remembered, each in its place: a browser sends again after days what
 * the server took, where it was closed before the answer came.
 */
function lateOf(events: readonly unknown[], now: number): readonly unknown[] {
  const late = events.map((event) => {
    const at = isObject(event) ? readMoment(event['timestamp'] ?? event['event_timestamp'] ?? now) : now
    return typeof at === 'number' && now - at > LATE_MS ? event : undefined
  })
  return late.some((event) => event !== undefined) ? late : []
}
/** Below the 24 hours for which ids are remembered at the least. */
const LATE_MS = 23 * HOUR

/** What a request says about its events. */
export function senderOf(
  deps: Pick<IngestRoutesDeps, 'clock' | 'places' | 'trustedProxies'>,
  call: Pick<Call<'logEvent'>, 'request' | 'key' | 'workspace'>,
  body: Record<string, unknown>,
  historical: boolean,
): Sender {
  const { request, key, workspace } = call
  const header = (name: string): string => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : ''
  }
  const receivedAt = deps.clock.now()
  const source = key.kind === 'secret' && header('x-cairn-source') === 'import' ? 'import' : 'api'
  const address = addressOf(deps, call)
  const sentAt = body['sent_at'] == null ? undefined : readMoment(body['sent_at'])
  // In a batch it is the request's; a single event is judged with it.
  if (typeof sentAt === 'string' && 'events' in body)
    throw new CairnError('malformed', `sent_at ${sentAt}.`, { errors: [{ path: '/sent_at', message: sentAt }] })
  return {
    workspace,
    keyId: key.keyId,
    source,
    tracker: tidyTracker(header('x-cairn-tracker')),
    userAgent: header('user-agent').slice(0, 1_024),
    country: deps.places.country(address),
    // Who imports says nothing of whose the events are.
    isInternal: source === 'api' && isWithin(workspace.internal.addresses, address),
    privacySignal: header('sec-gpc') === '1' || header('dnt') === '1',
    receivedAt,
    arrivedAt: receivedAt,
    sentAt: typeof sentAt === 'number' ? sentAt : undefined,
    historical,
    visitor: '',
  }
}

/** Longer keys than a header should carry are refused rather than cut, since two could become one. */
function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || key === '') return undefined
  if (key.length > 255) throw new CairnError('malformed', 'Idempotency-Key has at most 255 characters.')
  return key
}

const tellPosition = (deps: IngestRoutesDeps, reply: FastifyReply, outcome: Outcome): void =>
  void reply.header('X-Cairn-Position', formatPosition(deps.node, outcome.position))
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
