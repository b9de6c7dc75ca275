import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call } from '../http/call.ts'
import { anonymousKey, userKey } from '../store/keys.ts'
import { sql, u32, type Piece } from '../store/sql.ts'
import { mergesIn, readHistory } from './history.ts'
import { aloneAs, optedOut, readIds, usersOf, type Ids } from './ids.ts'
import { readSeen, toPerson, type Seen, type SeenDeps } from './seen.ts'
import { readTraits } from './traits.ts'

/**
 * One person, over all time, by any of their ids. The id is looked for among users first, then among anonymous ids; known is who was seen, who
 * logged in, was assigned to something or is told something, or of whom something was told that was not taken back.
 */
export async function getPerson(deps: PersonDeps, call: Call<'getPerson'>): Promise<object> {
  const { store, directory } = deps
  const workspaceId = call.workspace.id
  const id = safe('id', call.params['id'] ?? '')
  const user = await readBy(deps, workspaceId, { key: userKey(workspaceId, id), alone: aloneAs(id) })
  const [history, traits] = await Promise.all([readHistory(deps, workspaceId, user.ids), readTraits(store, workspaceId, usersOf([user.ids]))])
  const { ids, seen } = user
  const isTied = ids.user_ids.length > 0 || history.some(({ anonymous_id, user_id }) => anonymous_id !== null && user_id === id)
  if (seen || isTied || traits.size > 0 || (await isToldOf(deps.db, workspaceId, ids))) {
    const identity = { ...ids, user_ids: [ids.user_id, ...ids.user_ids], merges: mergesIn(history), history }
    return { ...seenOf(seen), user_id: ids.user_id, identity, traits: traits.get(ids.user_id) ?? {}, opted_out: optedOut(directory, workspaceId, ids) }
  }
  const visitor = await readBy(deps, workspaceId, { key: anonymousKey(workspaceId, id), alone: { user_id: '', user_ids: [], anonymous_ids: [id] } })
  if (visitor.ids.user_id !== '') return getPerson(deps, { ...call, params: { ...call.params, id: visitor.ids.user_id } })
  if (!visitor.seen) throw new CairnError('not_found', 'Nobody of that user_id or anonymous_id was seen in this workspace.')
  const identity = { user_id: null, user_ids: [], anonymous_ids: [id], merges: [], history: [] }
  return { ...toPerson(visitor.seen), user_id: null, anonymous_id: id, identity, traits: {}, opted_out: optedOut(directory, workspaceId, visitor.ids) }
}

export interface PersonDeps extends Omit<SeenDeps, 'clock'> {
  db: CatalogDb
}

/** Whether the catalog knows one of the users: by a log-in, an assignment or a notification. */
async function isToldOf(db: CatalogDb, workspaceId: number, { user_id, user_ids }: Ids): Promise<boolean> {
  for (const table of ['login_sessions', 'assignments', 'notifications'] as const) {
    const known = await db
      .selectFrom(table)
      .select('user_id')
      .where('workspace_id', '=', workspaceId)
      .where('user_id', 'in', [user_id, ...user_ids])
      .limit(1)
      .executeTakeFirst()
    if (known) return true
  }
  return false
}

/** The person that a key belongs to, and the ids tied to them: `alone` where there are none. */
async function readBy(
  { store, persons }: PersonDeps,
  workspaceId: number,
  { key, alone }: { key: Piece; alone: Ids },
): Promise<{ seen: Seen | undefined; ids: Ids }> {
  const where = sql`workspace_id = ${u32(workspaceId)} AND ${persons.isOf(workspaceId, key)} AND NOT is_bot`
  const seeing = readSeen(store, where, persons.column(workspaceId))
  if (!persons.hasLinks(workspaceId)) return { seen: [...(await seeing).values()][0], ids: alone }
  const [seen, { rows }] = await Promise.all([seeing, store.query<{ root: string }>(sql`SELECT ${persons.rootOf(workspaceId, key)} AS root`)])
  const root = rows[0]?.root ?? ''
  return { seen: seen.get(root), ids: (await readIds({ store, persons }, workspaceId, [root])).get(root) ?? alone }
}

/** Somebody who was only told of has no events. */
const seenOf = (seen: Seen | undefined): object =>
  seen
    ? toPerson(seen)
    : {
        user_id: null,
        anonymous_id: null,
        events: 0,
        sessions: 0,
        first_seen: null,
        last_seen: null,
        device_type: null,
        browser: null,
        os: null,
        country: null,
      }
