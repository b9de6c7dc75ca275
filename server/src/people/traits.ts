import { toIso } from '../analytics/stored.ts'
import { list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** What hosts told, read back from the facts. Facts are append-only: what holds now follows from their order. */
export type Traits = Record<string, unknown>

/** Different sets of traits of one person that are merged, the latest; a host that tells a counter with each call does not slow the read. */
const MOST_SETS = 1_000

/** By user_id: later traits over earlier ones, key by key; null takes a trait away. Those of whom nothing was told are missing. */
export async function readTraits(store: Store, workspaceId: number, userIds: readonly string[]): Promise<Map<string, Traits>> {
  const merged = new Map<string, Traits>()
  if (userIds.length === 0) return merged
  const { rows } = await store.query<{ user_id: string; traits: string }>(sql`SELECT user_id, traits FROM (
  SELECT user_id, traits, max((told_at, received_at, fact_id)) AS told
  FROM ${raw(store.dialect.database)}.person_facts
  WHERE workspace_id = ${u32(workspaceId)} AND user_id IN ${list(userIds)} AND fact = 'identify' AND traits != ''
  GROUP BY user_id, traits
  ORDER BY told DESC
  LIMIT ${u32(MOST_SETS)} BY user_id)
ORDER BY told`)
  for (const row of rows) {
    const known = merged.get(row.user_id) ?? {}
    for (const [name, value] of Object.entries(JSON.parse(row.traits) as Traits)) {
      if (value === null) delete known[name]
      else known[name] = value
    }
    merged.set(row.user_id, known)
  }
  return merged
}

/**
 * Person keys of users whose trait name or email, as it is now, holds the text, upper and lower case being equal. Null takes a trait
 * away, and reads as empty here.
 */
export const traitHolds = (store: Store, workspaceId: number, text: string): Piece => {
  const now = (trait: string): Piece =>
    sql`positionCaseInsensitiveUTF8(argMaxIf(JSONExtractString(traits, ${raw(`'${trait}'`)}), (told_at, received_at, fact_id), JSONHas(traits, ${raw(`'${trait}'`)})), ${str(text)}) > 0`
  return sql`SELECT cityHash64(${u32(workspaceId)}, 'u', user_id) FROM ${raw(store.dialect.database)}.person_facts
WHERE workspace_id = ${u32(workspaceId)} AND fact = 'identify' AND traits != ''
GROUP BY user_id
HAVING ${now('name')} OR ${now('email')}`
}

export interface Told {
  user_id: string | null
  /** Ids that belong to the user: each to the first user that identified it. */
  anonymous_ids: string[]
  merges: { user_id: string; other_id: string; told_at: string }[]
}

/** Identity as told of a user. Only direct statements, both ways; a merge that was taken back is none. */
export async function readIdentity(store: Store, workspaceId: number, userId: string): Promise<Told> {
  const facts = raw(`${store.dialect.database}.person_facts`)
  const workspace = sql`workspace_id = ${u32(workspaceId)}`
  const [ids, merges] = await Promise.all([
    store.query<{ anonymous_id: string }>(sql`SELECT anonymous_id FROM ${facts}
WHERE ${workspace} AND fact IN ('identify', 'alias')
  AND anonymous_id IN (SELECT anonymous_id FROM ${facts} WHERE ${workspace} AND user_id = ${str(userId)} AND fact IN ('identify', 'alias') AND anonymous_id != '')
GROUP BY anonymous_id
HAVING argMin(user_id, (told_at, received_at, fact_id)) = ${str(userId)}
ORDER BY anonymous_id`),
    store.query<{ user_id: string; other_id: string; at: string }>(sql`SELECT user_id, other_id, max(told_at) AS at FROM ${facts}
WHERE ${workspace} AND fact IN ('merge', 'unmerge') AND (user_id = ${str(userId)} OR other_id = ${str(userId)})
GROUP BY user_id, other_id
HAVING argMax(fact, (told_at, received_at, fact_id)) = 'merge'
ORDER BY at, user_id, other_id`),
  ])
  return {
    user_id: userId,
    anonymous_ids: ids.rows.map((row) => row.anonymous_id),
    merges: merges.rows.map(({ user_id, other_id, at }) => ({ user_id, other_id, told_at: toIso(at) })),
  }
}

/** The user an anonymous id belongs to, if one identified it. */
export async function ownerOf(store: Store, workspaceId: number, anonymousId: string): Promise<string | null> {
  const { rows } = await store.query<{ user_id: string }>(sql`SELECT user_id FROM ${raw(store.dialect.database)}.person_facts
WHERE workspace_id = ${u32(workspaceId)} AND anonymous_id = ${str(anonymousId)} AND fact IN ('identify', 'alias')
ORDER BY told_at, received_at, fact_id
LIMIT 1`)
  return rows[0]?.user_id ?? null
}
