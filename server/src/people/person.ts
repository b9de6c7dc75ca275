import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import type { Call } from '../http/call.ts'
import { anonymousKey, userKey } from '../store/keys.ts'
import { sql, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readSeen, toPerson, type Seen, type SeenDeps } from './seen.ts'
import { ownerOf, readIdentity, readTraits, type Told } from './told.ts'

/**
 * One person, over all time. The id is looked for among users first, then among anonymous ids; known is who was seen, or of whom something
 * was told. Events count to the id they carry: what an anonymous id did before it was identified is its own, `identity` names the ties.
 */
export async function getPerson({ store, directory }: Omit<SeenDeps, 'clock'>, call: Call<'getPerson'>): Promise<object> {
  const id = safe('id', call.params['id'] ?? '')
  const workspaceId = call.workspace.id
  const [user, told, traits] = await Promise.all([
    seenAs(store, workspaceId, userKey(workspaceId, id)),
    readIdentity(store, workspaceId, id),
    readTraits(store, workspaceId, [id]),
  ])
  if (user || told.anonymous_ids.length > 0 || told.merges.length > 0 || traits.has(id)) {
    const outAs = told.anonymous_ids.some((anonymousId) => directory.isOptedOut(workspaceId, null, anonymousId))
    return { ...seenOf(user), user_id: id, identity: told, traits: traits.get(id) ?? {}, opted_out: outAs || directory.isOptedOut(workspaceId, id) }
  }
  const [anonymous, owner] = await Promise.all([seenAs(store, workspaceId, anonymousKey(workspaceId, id)), ownerOf(store, workspaceId, id)])
  if (!anonymous && owner === null) throw new CairnError('not_found', 'Nobody of that user_id or anonymous_id was seen in this workspace.')
  const identity: Told = { user_id: owner, anonymous_ids: [id], merges: [] }
  return { ...seenOf(anonymous), user_id: null, anonymous_id: id, identity, traits: {}, opted_out: directory.isOptedOut(workspaceId, owner, id) }
}

async function seenAs(store: Store, workspaceId: number, key: Piece): Promise<Seen | undefined> {
  const [seen] = (await readSeen(store, sql`workspace_id = ${u32(workspaceId)} AND person_key = ${key} AND NOT is_bot`)).values()
  return seen
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
