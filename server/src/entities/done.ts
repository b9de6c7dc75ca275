import { list, raw, sql, type Piece } from '../store/sql.ts'
import type { Attributes } from './attributes.ts'

/**
 * Whether work is done: its status has the whole word complete or completed in any case ("Incomplete" has not), or is one that the workspace
 * named, or it says when it was completed. One rule, for what is decided here and what is asked of the store.
 */
export const isDone = ({ status, completed_at: completedAt }: Attributes, doneStatuses: readonly string[]): boolean =>
  (completedAt ?? '') !== '' ||
  (typeof status === 'string' && (/\bcompleted?\b/i.test(status) || doneStatuses.some((done) => done.toLowerCase() === status.toLowerCase())))

/** Of rows of `entities`. */
export const doneCondition = (doneStatuses: readonly string[]): Piece => {
  const named = doneStatuses.length === 0 ? raw('false') : sql`lowerUTF8(status) IN ${list(doneStatuses.map((done) => done.toLowerCase()))}`
  return sql`(JSONExtractString(attributes, 'completed_at') != '' OR match(status, '(?i)\\\\bcompleted?\\\\b') OR ${named})`
}
