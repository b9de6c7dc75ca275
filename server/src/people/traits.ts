import type { Persons } from '../store/persons.ts'
import { list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** Traits as hosts told them, read back from the facts. Facts are append-only: what holds now follows from their order. */
export type Traits = Record<string, unknown>

/** Different sets of traits of one person that are merged, the latest; a host that tells a counter with each call does not slow the read. */
const MOST_SETS = 1_000

/**
 * Of people, each of one or several users: `users` says to whom each user_id belongs, and the answer goes by the same names. Later traits over
 * earlier ones, key by key; null takes a trait away. Those of whom nothing was told are missing.
 */
export async function readTraits(store: Store, workspaceId: number, users: ReadonlyMap<string, string>): Promise<Map<string, Traits>> {
  const merged = new Map<string, Traits>()
  if (users.size === 0) return merged
  const { rows } = await store.query<{ user_id: string; traits: string }>(sql`SELECT user_id, traits FROM (
  SELECT user_id, traits, max((told_at, received_at, fact_id)) AS told
  FROM ${raw(store.dialect.database)}.person_facts
  WHERE workspace_id = ${u32(workspaceId)} AND user_id IN ${list([...users.keys()])} AND fact = 'identify' AND traits != ''
  GROUP BY user_id, traits
  ORDER BY told DESC
  LIMIT ${u32(MOST_SETS)} BY user_id)
ORDER BY told`)
  for (const row of rows) {
    const person = users.get(row.user_id) ?? row.user_id
    const known = merged.get(person) ?? {}
    for (const [name, value] of Object.entries(JSON.parse(row.traits) as Traits)) {
      if (value === null) delete known[name]
      else known[name] = value
    }
    merged.set(person, known)
  }
  return merged
}

/**
 * People whose trait name or email, as it is now, holds the text, upper and lower case being equal. Null takes a trait
 * away, and reads as empty here.
 */
export const traitHolds = (store: Store, { workspaceId, persons }: { workspaceId: number; persons: Persons }, text: string): Piece => {
  const now = (trait: string): Piece =>
    sql`positionCaseInsensitiveUTF8(argMaxIf(JSONExtractString(traits, ${raw(`'${trait}'`)}), (told_at, received_at, fact_id), JSONHas(traits, ${raw(`'${trait}'`)})), ${str(text)}) > 0`
  return sql`SELECT ${persons.rootOf(workspaceId, sql`cityHash64(${u32(workspaceId)}, 'u', user_id)`)} AS found FROM ${raw(store.dialect.database)}.person_facts
WHERE workspace_id = ${u32(workspaceId)} AND fact = 'identify' AND traits != ''
GROUP BY found
HAVING ${now('name')} OR ${now('email')}`
}
