import { reasons } from '@cairn/wire/outcome'
import { isUuid, uuidv7, uuidv8 } from '../base/ids.ts'
import { CairnError } from '../base/errors.ts'
import type { Clock } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { Directory } from '../catalog/directory.ts'
import { optIn, optOut } from '../catalog/optouts.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import { formatPosition, type Staleness } from '../ingest/freshness.ts'
import { plainText } from '../ingest/json.ts'
import { momentSaid } from '../ingest/said.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import { kinds, plainPayload } from '../ingest/record.ts'

export interface FactRoutesDeps {
  pipeline: Pipeline
  directory: Directory
  db: CatalogDb
  clock: Clock
  /** Waits until reads of the workspace see its writes; else how far they lag. */
  settle(workspaceId: number, waitMs: number): Promise<Staleness | undefined>
}

type FactName = 'identify' | 'alias' | 'merge' | 'unmerge'
interface Fact {
  fact: FactName
  userId: string
  anonymousId: string
  otherId: string
  traits: string
}

const MAX_TRAITS_BYTES = 32 * 1024
/** A caller waits for an answer longer than a reader; who has it may rely on what they read next. */
const SETTLE_MS = 10_000

/**
 * What hosts tell about people. It goes through the journal like an event and is kept as told, append-only; who belongs together follows
 * from reading it. A write key may tie an anonymous id to one user, never two users to each other: those routes take a secret key.
 */
export const factRoutes = (deps: FactRoutesDeps): Pick<Handlers, 'identify' | 'alias' | 'merge' | 'unmerge' | 'optOut' | 'optIn'> => ({
  identify: async (call) => {
    const { user_id, anonymous_id, traits } = call.body
    const text = traits ? JSON.stringify(traits) : ''
    if (Buffer.byteLength(text) > MAX_TRAITS_BYTES)
      throw new CairnError('invalid', 'traits has at most 32 KB.', { errors: [{ path: '/traits', message: 'at most 32 KB' }] })
    return tell(deps, call, { fact: 'identify', userId: user_id, anonymousId: anonymous_id ?? '', otherId: '', traits: text })
  },
  alias: async (call) => tell(deps, call, { fact: 'alias', userId: call.body.user_id, anonymousId: call.body.anonymous_id, otherId: '', traits: '' }),
  merge: async (call) => tellOfTwo(deps, call, 'merge'),
  unmerge: async (call) => tellOfTwo(deps, call, 'unmerge'),
  optOut: async (call) => decide(deps, call, optOut),
  optIn: async (call) => decide(deps, call, optIn),
})

/** Answers when the two count as told. Where the store is away that is not waited for, and the answer says so: the fact is kept, and holds later. */
async function tellOfTwo(deps: FactRoutesDeps, call: Call<'merge' | 'unmerge'>, fact: FactName): Promise<object> {
  const { user_id, other_id } = call.body
  if (user_id === other_id)
    throw new CairnError('invalid', 'user_id and other_id are the same.', { errors: [{ path: '/other_id', message: 'must differ from user_id' }] })
  momentSaid(call.body as { timestamp?: unknown }, deps.clock.now())
  const action = fact === 'merge' ? 'person.merged' : 'person.unmerged'
  await note(deps.db, { workspaceId: call.workspace.id, by: call.by, action, target: user_id, details: { other_id }, now: deps.clock.now() })
  const answer = await tell(deps, call, { fact, userId: user_id, anonymousId: '', otherId: other_id, traits: '' })
  const stale = await deps.settle(call.workspace.id, SETTLE_MS)
  return stale ? { ...answer, meta: stale } : answer
}

async function tell(deps: FactRoutesDeps, call: Call<'identify' | 'alias' | 'merge' | 'unmerge'>, fact: Fact): Promise<object> {
  const { directory, pipeline, clock } = deps
  const { journal, seen, claims, freshness, node } = pipeline
  const workspaceId = call.workspace.id
  if (directory.isOptedOut(workspaceId, plainText(fact.userId), plainText(fact.anonymousId)))
    return { success: true, disabled: true, reason: 'opted_out' satisfies keyof typeof reasons }
  journal.admit()
  const now = clock.now()
  const body = call.body as Record<string, unknown>
  const told = momentSaid(body, now)
  const id = givenId(call, body)
  // An id that another node confirms meanwhile leaves the fact told twice, within the same moments, which changes nothing.
  const repeated = await claims?.claim(workspaceId, id === undefined || seen.has(workspaceId, id) ? [] : [id])
  const { group } = journal
  if (id === undefined || (repeated?.has(id) !== true && seen.take(workspaceId, id))) {
    if (id !== undefined) {
      group.ids++
      if (claims) group.claimed.push({ workspaceId, eventId: id })
    }
    group.add(
      plainPayload(kinds.fact, {
        workspaceId,
        receivedAt: now,
        keyId: call.key.keyId,
        tracker: '',
        source: 'api',
        id: id ?? uuidv7(now),
        data: {
          fact: fact.fact,
          user_id: plainText(fact.userId),
          anonymous_id: plainText(fact.anonymousId),
          other_id: plainText(fact.otherId),
          traits: fact.traits,
          told_ms: told,
        },
      }),
    )
  }
  const position = await journal.commit()
  freshness.taken(workspaceId, position)
  void call.reply.header('X-Cairn-Position', formatPosition(node, position))
  return { success: true }
}

/** The id under which a repetition is known: event_id, or the header Idempotency-Key. */
function givenId(call: Call<'identify' | 'alias' | 'merge' | 'unmerge'>, body: Record<string, unknown>): string | undefined {
  const id = body['event_id'] ?? call.request.headers['idempotency-key']
  if (typeof id !== 'string' || id === '' || id.length > 255) return undefined
  return isUuid(id) ? id.toLowerCase() : uuidv8('idempotency', call.workspace.id, id)
}

async function decide(deps: FactRoutesDeps, call: Call<'optOut' | 'optIn'>, write: typeof optOut): Promise<object> {
  const { user_id, user_email, anonymous_id } = call.body
  const userId = user_id ?? user_email
  if (userId === undefined && anonymous_id === undefined) {
    throw new CairnError('invalid', 'Name the person by user_id or anonymous_id.', {
      errors: [{ path: '/user_id', message: 'is required where there is no anonymous_id' }],
    })
  }
  await write(deps.db, {
    workspaceId: call.workspace.id,
    source: call.user ? 'screen' : call.key.kind === 'write' ? 'tracker' : 'api',
    ...(userId === undefined ? {} : { userId: plainText(userId) }),
    ...(anonymous_id === undefined ? {} : { anonymousId: plainText(anonymous_id) }),
    now: deps.clock.now(),
    by: call.by,
  })
  await deps.directory.refresh()
  return { success: true }
}
