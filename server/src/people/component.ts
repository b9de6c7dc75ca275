/** Two users of whom it was last said that they are one person. */
export interface Merged {
  user_id: string
  /** Who was joined to `user_id`. */
  other_id: string
}

/**
 * The user that each of the users counts to, itself where it was merged with nobody.
 *
 * Of those who are one person it is the one who stays: whom no merge joined to another. Several such, or none (a ring), are decided by the
 * order of their ids. So it follows from the merges alone, in whatever order they came.
 */
export function rootsOf(users: Iterable<string>, merges: readonly Merged[]): Map<string, string> {
  const beside = new Map<string, string[]>()
  const tie = (one: string, other: string): void => {
    const known = beside.get(one)
    if (known) known.push(other)
    else beside.set(one, [other])
  }
  const joined = new Set(merges.map(({ other_id }) => other_id))
  for (const { user_id, other_id } of merges) {
    tie(user_id, other_id)
    tie(other_id, user_id)
  }
  const roots = new Map<string, string>()
  for (const user of [...users, ...beside.keys()]) {
    if (roots.has(user)) continue
    const together = new Set([user])
    for (const one of together) for (const other of beside.get(one) ?? []) together.add(other)
    const stays = [...together].filter((one) => !joined.has(one))
    const root = (stays.length > 0 ? stays : [...together]).reduce((first, one) => (one < first ? one : first))
    for (const one of together) roots.set(one, root)
  }
  return roots
}
