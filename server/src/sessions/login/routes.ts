import type { reasons } from '@cairn/wire/outcome'
import type { DeviceType } from '@cairn/wire/event'
import { CairnError } from '../../base/errors.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Clock } from '../../base/time.ts'
import type { Directory } from '../../catalog/directory.ts'
import type { CatalogDb, CatalogTransaction } from '../../catalog/schema.ts'
import { userOf } from '../../http/auth.ts'
import type { Call, Handlers } from '../../http/call.ts'
import { deviceOf } from '../../ingest/agent.ts'
import { formatPosition } from '../../ingest/freshness.ts'
import { plainText } from '../../ingest/json.ts'
import type { Pipeline } from '../../ingest/pipeline.ts'
import { enqueue, once, requestAsked, requestId } from '../../outbox/outbox.ts'
import type { Relay } from '../../outbox/relay.ts'
import { usersWith } from '../../people/ids.ts'
import type { Persons } from '../../store/persons.ts'
import type { Store } from '../../store/store.ts'
import { endLogin, findLogin, sessionIdOf, startLogin, type Login } from './login.ts'
import { momentTold, recordPayload, type About, type SessionRecord } from './record.ts'

export interface LoginRoutesDeps {
  db: CatalogDb
  directory: Directory
  pipeline: Pipeline
  clock: Clock
  relay: Pick<Relay, 'flush'>
  store: Store
  persons: Persons
}

type Told = Call<'startSession' | 'noteActivity' | 'finishSession'>
type NotRecorded = { success: true; disabled: true; reason: keyof typeof reasons }

/**
 * Log-ins that hosts tell of. Start and end: the catalog decides, and one transaction writes what is now and the record that tells of it, so a
 * kill leaves both or neither. A sign of life changes nothing in the catalog and goes to the journal at once.
 */
export const loginRoutes = (deps: LoginRoutesDeps): Pick<Handlers, 'startSession' | 'noteActivity' | 'finishSession'> => ({
  startSession: async (call) => {
    const { body, workspace, key } = call
    const now = deps.clock.now()
    const userId = plainText(userOf(call, body.user_id ?? body.user_email ?? undefined))
    const skipped = notRecorded(deps, call, userId, body.anonymous_id ?? undefined)
    if (skipped) return skipped
    const at = momentTold(body, workspace, now)
    const id = requestId(workspace.id, body, call.request.headers)
    const told = { workspaceId: workspace.id, keyId: key.keyId, receivedAt: now, kind: 'login' as const }
    const about = aboutOf(body)
    const single = body.single_session ?? (await isSingle(deps.db, workspace.id))
    const start = {
      workspaceId: workspace.id,
      sessionId: id === undefined ? uuidv7(now) : sessionIdOf(workspace.id, id),
      userId,
      users: single ? await usersWith(deps, workspace.id, userId) : [userId],
      token: body.session_token ?? undefined,
      at,
      single,
    }
    const answer = await deps.db.transaction().execute((trx) =>
      once(trx, { workspaceId: workspace.id, id, request: requestAsked(call.request, body), now }, async () => {
        const { sessionId, changes } = await startLogin(trx, start)
        await handOn(
          deps,
          trx,
          changes.map((change) => ({ ...told, ...change, ...(change.record === 'started' ? { about } : {}) })),
        )
        return { success: true, session_id: sessionId }
      }),
    )
    await deps.relay.flush()
    return answer
  },

  noteActivity: async (call) => {
    const { body, workspace, key } = call
    const now = deps.clock.now()
    const login = await loginOf(deps, call)
    const skipped = notRecorded(deps, call, login.user_id)
    if (skipped) return skipped
    const { journal, freshness, node } = deps.pipeline
    const record: SessionRecord = {
      workspaceId: workspace.id,
      id: requestId(workspace.id, body, call.request.headers),
      keyId: key.keyId,
      receivedAt: now,
      record: 'activity',
      kind: 'login',
      sessionId: login.session_id,
      userId: login.user_id,
      at: momentTold(body, workspace, now),
    }
    journal.admit()
    journal.group.add(recordPayload(record))
    const position = await journal.commit()
    freshness.taken(workspace.id, position)
    void call.reply.header('X-Cairn-Position', formatPosition(node, position))
    return { success: true }
  },

  finishSession: async (call) => {
    const { body, workspace, key } = call
    const now = deps.clock.now()
    const { session_id: sessionId } = await loginOf(deps, call)
    const at = momentTold(body, workspace, now)
    const told = { workspaceId: workspace.id, keyId: key.keyId, receivedAt: now, kind: 'login' as const }
    await deps.db.transaction().execute(async (trx) => {
      const login = await findLogin(trx, workspace.id, sessionId)
      const changes = login ? await endLogin(trx, login, { at, record: 'logout' }) : []
      // The catalog is told in any case, so that the token ends; what may not be recorded is not.
      if (login && !notRecorded(deps, call, login.user_id))
        await handOn(
          deps,
          trx,
          changes.map((change) => ({ ...told, ...change })),
        )
    })
    await deps.relay.flush()
    return { success: true }
  },
})

/** Whether a log-in ends the person's others, by the workspace. */
const isSingle = async (db: CatalogDb, workspaceId: number): Promise<boolean> =>
  (await db.selectFrom('workspaces').select('single_session').where('id', '=', workspaceId).executeTakeFirstOrThrow()).single_session === 1

async function handOn({ pipeline: { node } }: LoginRoutesDeps, trx: CatalogTransaction, records: readonly SessionRecord[]): Promise<void> {
  for (const record of records) {
    const { workspaceId, receivedAt: now } = record
    await enqueue(trx, { id: uuidv7(now), workspaceId, node, item: { kind: 'record', line: recordPayload(record) }, now })
  }
}

/** The log-in that the path names, by id or token. Throws `not_found`, and `forbidden` where a person names that of another. */
async function loginOf({ db }: LoginRoutesDeps, { workspace, params, person, body }: Told): Promise<Login> {
  const login = await findLogin(db, workspace.id, plainText(params['id'] ?? ''))
  const named = 'user_id' in body ? body.user_id : undefined
  if (person && ((login && login.user_id !== person.userId) || (named != null && named !== person.userId)))
    throw new CairnError('forbidden', 'The token of a log-in speaks for its own person only.')
  if (!login) throw new CairnError('not_found', 'There is no log-in of this id or token. POST /api/sessions/start begins one.')
  return login
}

function notRecorded({ directory }: LoginRoutesDeps, { workspace }: Told, userId: string, anonymousId?: string): NotRecorded | undefined {
  if (workspace.streamsOff.has('sessions')) return { success: true, disabled: true, reason: 'stream_off' }
  if (directory.isOptedOut(workspace.id, userId, anonymousId)) return { success: true, disabled: true, reason: 'opted_out' }
  return undefined
}

function aboutOf(body: Call<'startSession'>['body']): About {
  const userAgent = body.user_agent ?? ''
  const agent = deviceOf({ given: (body.device_type ?? undefined) as DeviceType | undefined, userAgent })
  // Without a user agent nothing is known of the device: that the host's server made the call says nothing of it.
  const device = userAgent === '' ? (body.device_type ?? '') : agent.device_type
  return { userAgent, referrer: body.referrer ?? '', device, browser: agent.browser, os: agent.os }
}
