import type { Why } from '../catalog/schema.ts'

/** Something said about who is assigned. `set`: these and nobody else. */
export interface AssignmentChange {
  /** Milliseconds. */
  at: number
  change: 'set' | 'add' | 'remove'
  userIds: readonly string[]
  why: Why
  reason?: string | null
  note?: string | null
}

/** From when to when somebody was assigned; `unassignedAt` is null while they are. */
export interface Assignment {
  userId: string
  assignedAt: number
  unassignedAt: number | null
  why: Why | null
  reason: string | null
  note: string | null
}

/**
 * Who was assigned from when to when: a function of what was said, in the order of its time and not of its arrival, so that history may come
 * late and an older saying never overrides a newer one. Changes of one millisecond count in the order given. Oldest assignment first.
 */
export function assignmentsOf(changes: readonly AssignmentChange[]): Assignment[] {
  const all: Assignment[] = []
  const open = new Map<string, Assignment>()
  const end = (userId: string, { at, why, reason, note }: AssignmentChange): void => {
    const assignment = open.get(userId)
    if (!assignment) return
    open.delete(userId)
    Object.assign(assignment, { unassignedAt: at, why, reason: reason ?? null, note: note ?? null })
  }
  for (const change of changes.toSorted((a, b) => a.at - b.at)) {
    if (change.change !== 'add') {
      const gone = change.change === 'set' ? [...open.keys()].filter((userId) => !change.userIds.includes(userId)) : change.userIds
      for (const userId of gone) end(userId, change)
    }
    if (change.change === 'remove') continue
    for (const userId of change.userIds) {
      if (open.has(userId)) continue
      const assignment: Assignment = { userId, assignedAt: change.at, unassignedAt: null, why: null, reason: null, note: null }
      open.set(userId, assignment)
      all.push(assignment)
    }
  }
  return all
}
