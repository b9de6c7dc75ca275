import type { Directory } from '../catalog/directory.ts'
import type { Persons } from '../store/persons.ts'
import { userKey } from '../store/keys.ts'
import { list, raw, sql, u32, u64s } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** The ids of one person. */
export interface Ids {
  /** The user that the others count to; '' of an anonymous visitor. */
  user_id: string
  /** Users merged with it, not itself. */
  user_ids: string[]
  anonymous_ids: string[]
}

/** Of each kind, of one person. A program that identifies all its visitors as one user does not make an endless answer. */
const MOST_IDS = 1_000

/** By key of the person; people of one id are missing. */
export async function readIds(
  { store, persons }: { store: Store; persons: Persons },
  workspaceId: number,
  roots: readonly string[],
): Promise<Map<string, Ids>> {
  if (roots.length === 0) return new Map()
  const { rows } = await store.query<{ root: string; owner: string; users: string[]; devices: string[] }>(sql`SELECT root, any(root_id) AS owner,
  arraySort(groupUniqArrayIf(${raw(String(MOST_IDS))})(user_id, user_id != '')) AS users, arraySort(groupUniqArrayIf(${raw(String(MOST_IDS))})(anonymous_id, anonymous_id != '')) AS devices
FROM ${raw(store.dialect.database)}.person_links
WHERE workspace_id = ${u32(workspaceId)} AND root IN ${u64s(roots)} AND ${persons.isNewest}
GROUP BY root`)
  return new Map(rows.map(({ root, owner, users, devices }) => [root, { user_id: owner, user_ids: users, anonymous_ids: devices }]))
}

/** Of the person that a user is. */
async function idsOfUser({ store, persons }: { store: Store; persons: Persons }, workspaceId: number, userId: string): Promise<Ids> {
  if (!persons.hasLinks(workspaceId)) return aloneAs(userId)
  const { rows } = await store.query<{ root: string }>(sql`SELECT ${persons.rootOf(workspaceId, userKey(workspaceId, userId))} AS root`)
  const root = rows[0]?.root ?? ''
  return (await readIds({ store, persons }, workspaceId, [root])).get(root) ?? aloneAs(userId)
}

/** All users that are one person with a user, itself among them. */
export async function usersWith(deps: { store: Store; persons: Persons }, workspaceId: number, userId: string): Promise<string[]> {
  const { user_id, user_ids } = await idsOfUser(deps, workspaceId, userId)
  return [...new Set([userId, user_id, ...user_ids])]
}

/** By anonymous id: the person that has identified it; those that nobody has are missing. */
export async function ownersByName(
  { store, persons }: { store: Store; persons: Persons },
  workspaceId: number,
  anonymousIds: readonly string[],
): Promise<Map<string, string>> {
  if (anonymousIds.length === 0 || !persons.hasLinks(workspaceId)) return new Map()
  const { rows } = await store.query<{
    anonymous_id: string
    root_id: string
  }>(sql`SELECT anonymous_id, root_id FROM ${raw(store.dialect.database)}.person_links
WHERE workspace_id = ${u32(workspaceId)} AND person_key IN (SELECT cityHash64(${u32(workspaceId)}, 'a', arrayJoin(${list(anonymousIds)}))) AND ${persons.isNewest}`)
  return new Map(rows.map(({ anonymous_id, root_id }) => [anonymous_id, root_id]))
}

/** A user that nothing is tied to. */
export const aloneAs = (userId: string): Ids => ({ user_id: userId, user_ids: [], anonymous_ids: [] })

/** All users of the people, each with the user it counts to. */
export const usersOf = (people: readonly Ids[]): Map<string, string> =>
  new Map(people.flatMap(({ user_id, user_ids }) => (user_id === '' ? [] : [user_id, ...user_ids].map((id): [string, string] => [id, user_id]))))

/** An opt-out holds for the id it was told of; a person has opted out where one of their ids has. */
export const optedOut = (directory: Pick<Directory, 'isOptedOut'>, workspaceId: number, { user_id, user_ids, anonymous_ids }: Ids): boolean =>
  [user_id, ...user_ids].some((id) => directory.isOptedOut(workspaceId, id)) || anonymous_ids.some((id) => directory.isOptedOut(workspaceId, null, id))

/** Since when a person is recorded without a break, milliseconds: later than any time where one of their ids has opted out. */
export const recordedSince = (directory: Pick<Directory, 'isOptedOut' | 'optedInAt'>, workspaceId: number, ids: Ids): number =>
  optedOut(directory, workspaceId, ids)
    ? Number.POSITIVE_INFINITY
    : Math.max(
        ...[ids.user_id, ...ids.user_ids].map((id) => directory.optedInAt(workspaceId, id)),
        ...ids.anonymous_ids.map((id) => directory.optedInAt(workspaceId, null, id)),
      )
