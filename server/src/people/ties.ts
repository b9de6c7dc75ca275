import { list, raw, sql, u32, type Piece } from '../store/sql.ts'
import type { CallOptions, Store } from '../store/store.ts'

/**
 * What the facts say of some thousand ids: to whom an anonymous id belongs, who is merged with whom.
 * One fact comes before another by when it was told, then when it arrived, then its id: the same on every machine, in whatever order
 * they load.
 */
export const order = raw('(told_at, received_at, fact_id)')

const facts = (store: Store): Piece => raw(`${store.dialect.database}.person_facts`)
const tying = raw("fact IN ('identify', 'alias') AND anonymous_id != ''")

export interface Owned {
  anonymous_id: string
  /** The first user that identified it. */
  owner: string
}

export const ownersOf = async (store: Store, workspaceId: number, anonymousIds: readonly string[], options?: CallOptions): Promise<Owned[]> => {
  if (anonymousIds.length === 0) return []
  const { rows } = await store.query<Owned>(
    sql`SELECT anonymous_id, argMin(user_id, ${order}) AS owner FROM ${facts(store)}
WHERE workspace_id = ${u32(workspaceId)} AND ${tying} AND anonymous_id IN ${list(anonymousIds)}
GROUP BY anonymous_id`,
    options,
  )
  return rows
}

/** Anonymous ids that one of the users identified first. */
export const ownedBy = async (store: Store, workspaceId: number, userIds: readonly string[], options?: CallOptions): Promise<Owned[]> => {
  const { rows } = await store.query<Owned>(
    sql`SELECT anonymous_id, argMin(user_id, ${order}) AS owner FROM ${facts(store)}
WHERE workspace_id = ${u32(workspaceId)} AND ${tying}
  AND anonymous_id IN (SELECT anonymous_id FROM ${facts(store)} WHERE workspace_id = ${u32(workspaceId)} AND ${tying} AND user_id IN ${list(userIds)})
GROUP BY anonymous_id
HAVING owner IN ${list(userIds)}`,
    options,
  )
  return rows
}

/** Query: merges that name one of the users and were not taken back. Two users are the same pair either way round; the last fact about it counts. */
export const mergesOf = (store: Store, workspaceId: number, userIds: readonly string[]): Piece =>
  sql`SELECT last.1 AS user_id, last.2 AS other_id
FROM (
  SELECT argMax((user_id, other_id, fact), ${order}) AS last FROM ${facts(store)}
  WHERE workspace_id = ${u32(workspaceId)} AND fact IN ('merge', 'unmerge') AND (user_id IN ${list(userIds)} OR other_id IN ${list(userIds)})
  GROUP BY least(user_id, other_id), greatest(user_id, other_id))
WHERE last.3 = 'merge'`
