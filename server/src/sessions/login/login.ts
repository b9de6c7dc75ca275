import { CairnError } from '../../base/errors.ts'
import { hashKey } from '../../catalog/keys.ts'
import type { CatalogDb, CatalogTransaction, Schema } from '../../catalog/schema.ts'
import type { Person } from '../../http/auth.ts'
import { uuidv8 } from '../../base/ids.ts'
import type { SessionRecord } from './record.ts'

/**
 * Log-ins as the catalog knows them: which there are, whose, and the earliest end that was told of each. What changes is answered as records, for
 * the transaction that changed it to hand on; the order in which calls arrive does not matter. Of a token only its SHA-256 is kept.
 */
export type Login = Schema['login_sessions']
type Change = Pick<SessionRecord, 'record' | 'sessionId' | 'userId' | 'at'>

/** Whose log-in the token names, where no end of it was told. Tokens that two workspaces know name nobody. */
export async function personOf(db: CatalogDb, token: string): Promise<Person | undefined> {
  const found = await db.selectFrom('login_sessions').selectAll().where('token_hash', '=', hashKey(token)).where('ended_at', 'is', null).limit(2).execute()
  const [login] = found
  return login && found.length === 1 ? { workspaceId: login.workspace_id, userId: login.user_id, sessionId: login.session_id } : undefined
}

/** By its id, or by the token in its place. */
export async function findLogin(db: CatalogDb, workspaceId: number, idOrToken: string): Promise<Login | undefined> {
  const logins = db.selectFrom('login_sessions').selectAll().where('workspace_id', '=', workspaceId)
  return (await logins.where('session_id', '=', idOrToken).executeTakeFirst()) ?? (await logins.where('token_hash', '=', hashKey(idOrToken)).executeTakeFirst())
}

export interface Start {
  workspaceId: number
  sessionId: string
  userId: string
  /** With `single`: all users that are this person. */
  users: readonly string[]
  token: string | undefined
  at: number
  single: boolean
}

/**
 * Notes a log-in; one that is known by its id or its token is a repetition and changes nothing. With `single` it ends those of the person that
 * began before it, and is ended by the next one that began after it. Throws `conflict` where the token is another log-in's.
 */
export async function startLogin(trx: CatalogTransaction, start: Start): Promise<{ sessionId: string; changes: Change[] }> {
  const { workspaceId, sessionId, userId, users, token, at, single } = start
  // A write to one row of the workspace: log-ins of one person that come at the same time to two nodes see each other.
  if (single)
    await trx
      .updateTable('workspaces')
      .set((row) => ({ single_session: row.ref('single_session') }))
      .where('id', '=', workspaceId)
      .execute()
  const logins = trx.selectFrom('login_sessions').selectAll().where('workspace_id', '=', workspaceId)
  if (await logins.where('session_id', '=', sessionId).executeTakeFirst()) return { sessionId, changes: [] }
  const tokenHash = token === undefined ? null : hashKey(token)
  const same = tokenHash === null ? undefined : await logins.where('token_hash', '=', tokenHash).executeTakeFirst()
  if (same && same.user_id === userId && same.ended_at === null) return { sessionId: same.session_id, changes: [] }
  if (same) throw new CairnError('conflict', 'This session_token is that of another log-in; make a new one for each.')
  const made = await trx
    .insertInto('login_sessions')
    .values({ workspace_id: workspaceId, session_id: sessionId, user_id: userId, token_hash: tokenHash, started_at: at, ended_at: null, end_reason: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('session_id')
    .executeTakeFirst()
  // Told twice at the same moment: by now the other one is there.
  if (!made) return await startLogin(trx, start)
  const changes: Change[] = [{ record: 'started', sessionId, userId, at }]
  if (!single) return { sessionId, changes }
  const others = await logins.where('user_id', 'in', users).where('session_id', '!=', sessionId).execute()
  for (const other of others.filter(({ started_at }) => started_at <= at)) changes.push(...(await endLogin(trx, other, { at, record: 'replaced' })))
  const later = others.map(({ started_at }) => started_at).filter((startedAt) => startedAt > at)
  if (later.length > 0) {
    const own = await logins.where('session_id', '=', sessionId).executeTakeFirstOrThrow()
    changes.push(...(await endLogin(trx, own, { at: Math.min(...later), record: 'replaced' })))
  }
  return { sessionId, changes }
}

/** The earliest end that is told holds; a later one changes nothing. An end before the start is one at the start. */
export async function endLogin(
  trx: CatalogTransaction,
  { workspace_id, session_id, user_id, started_at, ended_at }: Login,
  { at: told, record }: { at: number; record: 'logout' | 'replaced' },
): Promise<Change[]> {
  const at = Math.max(told, started_at)
  if (ended_at !== null && ended_at <= at) return []
  await trx
    .updateTable('login_sessions')
    .set({ ended_at: at, end_reason: record })
    .where('workspace_id', '=', workspace_id)
    .where('session_id', '=', session_id)
    .execute()
  return [{ record, sessionId: session_id, userId: user_id, at }]
}

/** The same for the same call, so that a repetition starts nothing. */
export const sessionIdOf = (workspaceId: number, callId: string): string => uuidv8('session', workspaceId, callId)
