import { toIso } from '../analytics/stored.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { tellerNames } from '../catalog/tellers.ts'
import { list, raw, sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Ids } from './ids.ts'
import { order } from './ties.ts'

/** What was told of a person's ids, newest first. */
export interface Told {
  fact: 'identify' | 'alias' | 'merge' | 'unmerge'
  user_id: string
  anonymous_id: string | null
  other_id: string | null
  /** Of identify and alias the first time. */
  told_at: string
  /** Name of the key, or e-mail of the user, that told it; null where it is gone. */
  by: string | null
}

interface Merge {
  user_id: string
  other_id: string
  told_at: string
  by: string | null
  taken_back_at: string | null
  taken_back_by: string | null
}

interface Fact {
  fact: Told['fact']
  user_id: string
  anonymous_id: string
  other_id: string
  first_told_at: string
  first_key_id: string
}

/** More than anybody reads; the newest. */
const MOST_FACTS = 500

/**
 * Facts that tie ids of the person, or tried to: an anonymous id that another user identified later is among them. Telling the same of the
 * same ids again is one entry, but for merges, each of which may be taken back.
 */
export async function readHistory(deps: { store: Store; db: CatalogDb }, workspaceId: number, ids: Ids): Promise<Told[]> {
  const { store } = deps
  const users = list([ids.user_id, ...ids.user_ids])
  const { rows } =
    await store.query<Fact>(sql`SELECT fact, user_id, anonymous_id, other_id, min(told_at) AS first_told_at, argMin(key_id, ${order}) AS first_key_id
FROM ${raw(store.dialect.database)}.person_facts
WHERE workspace_id = ${u32(workspaceId)} AND (anonymous_id != '' OR other_id != '')
  AND (user_id IN ${users} OR other_id IN ${users} OR anonymous_id IN ${list(ids.anonymous_ids)})
GROUP BY fact, user_id, anonymous_id, other_id, if(other_id = '', toUUID('00000000-0000-0000-0000-000000000000'), fact_id)
ORDER BY min(${order}) DESC
LIMIT ${u32(MOST_FACTS)}`)
  const names = await tellerNames(deps.db, workspaceId, [...new Set(rows.map((row) => row.first_key_id))])
  return rows.map((row) => ({
    fact: row.fact,
    user_id: row.user_id,
    anonymous_id: row.anonymous_id || null,
    other_id: row.other_id || null,
    told_at: toIso(row.first_told_at),
    by: names.get(row.first_key_id) ?? null,
  }))
}

/** Each pair as it was last merged, and whether that was taken back; newest first. Either way round is the same pair. */
export function mergesIn(history: readonly Told[]): Merge[] {
  const merges = new Map<string, Merge>()
  for (const { fact, user_id, other_id, told_at, by } of history.toReversed()) {
    if (other_id === null) continue
    const pair = JSON.stringify([user_id, other_id].toSorted())
    const last = merges.get(pair)
    merges.delete(pair)
    if (fact === 'merge') merges.set(pair, { user_id, other_id, told_at, by, taken_back_at: null, taken_back_by: null })
    else if (last)
      merges.set(pair, { ...last, taken_back_at: last.taken_back_at ?? told_at, taken_back_by: last.taken_back_at === null ? by : last.taken_back_by })
  }
  return [...merges.values()].toReversed()
}
