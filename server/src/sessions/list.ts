import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { readRange } from '../analytics/range.ts'
import { safe } from '../analytics/where.ts'
import { DAY, type Clock } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { userKey } from '../store/keys.ts'
import type { Persons } from '../store/persons.ts'
import { empty, i64, join, raw, sql, u32, u64, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { describe } from './describe.ts'
import { foldedByGap, foldedById, foldSettings, isOpen, kinds, type Folded, type Wanted } from './fold.ts'

export interface SessionReadDeps {
  store: Store
  persons: Persons
  clock: Clock
}

const DEFAULT_LIMIT = 50
/** Active sessions are asked for whenever they began; of events without an id so many days back. */
const ACTIVE_DAYS = 31

/** Sessions that started in the range, the newest first; with `active` and no range, all that are under way. */
export async function listSessions({ store, persons, clock }: SessionReadDeps, call: Call<'findSessions'>): Promise<object> {
  const { workspace, query } = call
  const now = clock.now()
  const range = readRange(query, { timezone: workspace.timezone, now })
  const whenever = query.active === true && query.days === undefined && query.from === undefined && query.to === undefined
  const user = query.user_id
  const wanted: Wanted = {
    store,
    workspaceId: workspace.id,
    now,
    bots: query.include_bots === true,
    persons: user === undefined ? undefined : keysOfUser(persons, workspace.id, safe('user_id', user)),
  }
  const cursor = readCursor(query.cursor, 'number')
  const limit = query.limit ?? DEFAULT_LIMIT
  const conditions: Piece[] = whenever ? [] : [sql`start_ms >= ${i64(range.fromMs)}`, sql`start_ms < ${i64(range.toMs)}`]
  if (query.active !== undefined) conditions.push(query.active ? isOpen : sql`NOT (${isOpen})`)
  if (query.kind !== undefined) conditions.push(sql`rank = ${u32(kinds.indexOf(query.kind))}`)
  if (cursor) conditions.push(sql`(start_ms, key) < (${i64(cursor.ms)}, ${u64(cursor.key)})`)
  const span = whenever ? { fromMs: now - ACTIVE_DAYS * DAY, toMs: now + DAY } : range
  const { rows } = await store.query<Folded>(
    sql`SELECT * FROM (${foldedById(wanted)} UNION ALL ${foldedByGap(wanted, span)})
${conditions.length > 0 ? sql`WHERE ${join(conditions, ' AND ')}` : empty}
ORDER BY start_ms DESC, key DESC
LIMIT ${raw(String(limit + 1))}`,
    { settings: foldSettings },
  )
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { sessions: await describe(wanted, shown), next_cursor: last ? writeCursor({ ms: Number(last.start_ms), key: last.key }) : null }
}

/** The keys of the person that the user is, as an array. */
export const keysOfUser = (persons: Persons, workspaceId: number, userId: string): Piece => {
  const key = userKey(workspaceId, userId)
  return persons.hasLinks(workspaceId) ? sql`(SELECT groupArray(person_key) FROM (${persons.keysOf(workspaceId, key)}))` : sql`[${key}]`
}
