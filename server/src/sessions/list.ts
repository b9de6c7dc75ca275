import { readCursor, writeCursor, type Cursor } from '../analytics/cursor.ts'
import { readRange } from '../analytics/range.ts'
import { safe } from '../analytics/where.ts'
import { DAY, type Clock } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { userKey } from '../store/keys.ts'
import type { Persons } from '../store/persons.ts'
import { i64, join, raw, sql, u32, u64, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { describe } from './describe.ts'
import { CHAIN_DAYS, foldedByGap, foldedById, foldSettings, isOpen, keysOfKind, keysStartedIn, keysUnderWay, kinds, type Folded, type Wanted } from './fold.ts'

export interface SessionReadDeps {
  store: Store
  persons: Persons
  clock: Clock
}

const DEFAULT_LIMIT = 50

/** Sessions that started in the range, the newest first; with `active` and no range, all that are under way. */
export async function listSessions({ store, persons, clock }: SessionReadDeps, call: Call<'findSessions'>): Promise<object> {
  const { workspace, query } = call
  const now = clock.now()
  const range = readRange(query, { timezone: workspace.timezone, now })
  const whenever = query.active === true && query.days === undefined && query.from === undefined && query.to === undefined
  const wanted: Wanted = {
    store,
    workspaceId: workspace.id,
    now,
    bots: query.include_bots === true,
    persons: query.user_id ? keysOfUser(persons, workspace.id, safe('user_id', query.user_id)) : undefined,
  }
  const limit = query.limit ?? DEFAULT_LIMIT
  const asked: Asked = { wanted, query, cursor: readCursor(query.cursor, 'number'), limit: limit + 1 }
  const rows = whenever ? await underWay(asked) : await newest(asked, range)
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { sessions: await describe(wanted, persons, shown), next_cursor: last ? writeCursor({ ms: Number(last.start_ms), key: last.key }) : null }
}

interface Asked {
  wanted: Wanted
  query: Pick<Call<'findSessions'>['query'], 'active' | 'kind'>
  cursor: Cursor | undefined
  limit: number
}
interface Span {
  fromMs: number
  toMs: number
}

const WIDER = 8

/** The newest days first, and older ones only while the page is not full; of one person or kind there are few, and all are read at once. */
async function newest(asked: Asked, range: Span): Promise<Folded[]> {
  const { wanted, query, cursor, limit } = asked
  const few = wanted.persons !== undefined || (query.kind !== undefined && query.kind !== 'web')
  const rows: Folded[] = []
  let end = Math.min(range.toMs, cursor ? cursor.ms + 1 : range.toMs)
  for (let days = few ? Infinity : 1; end > range.fromMs && rows.length < limit; days *= WIDER) {
    const span = { fromMs: Math.max(range.fromMs, Math.floor(Math.min(end - 1, wanted.now) / DAY) * DAY - (days - 1) * DAY), toMs: end }
    const keys = query.kind !== undefined && query.kind !== 'web' ? keysOfKind(wanted, query.kind) : wanted.persons ? undefined : keysStartedIn(wanted, span)
    const within = [sql`start_ms >= ${i64(span.fromMs)}`, sql`start_ms < ${i64(span.toMs)}`]
    rows.push(...(await page({ ...asked, limit: limit - rows.length }, foldedById(wanted, keys), span, within)))
    end = span.fromMs
  }
  return rows
}

const underWay = (asked: Asked): Promise<Folded[]> =>
  page(asked, foldedById(asked.wanted, keysUnderWay(asked.wanted)), { fromMs: asked.wanted.now - CHAIN_DAYS * DAY, toMs: asked.wanted.now + DAY }, [])

async function page({ wanted, query, cursor, limit }: Asked, byId: Piece, span: Span, within: readonly Piece[]): Promise<Folded[]> {
  const conditions = [...within]
  if (query.active !== undefined) conditions.push(query.active ? isOpen : sql`NOT (${isOpen})`)
  if (query.kind !== undefined) conditions.push(sql`rank = ${u32(kinds.indexOf(query.kind))}`)
  if (cursor) conditions.push(sql`(start_ms, key) < (${i64(cursor.ms)}, ${u64(cursor.key)})`)
  const { rows } = await wanted.store.query<Folded>(
    sql`SELECT * FROM (${byId} UNION ALL ${foldedByGap(wanted, span)})
WHERE ${conditions.length > 0 ? join(conditions, ' AND ') : raw('true')}
ORDER BY start_ms DESC, key DESC
LIMIT ${raw(String(limit))}`,
    { settings: foldSettings },
  )
  return rows
}

/** The keys of the person that the user is, as an array. */
export const keysOfUser = (persons: Persons, workspaceId: number, userId: string): Piece => {
  const key = userKey(workspaceId, userId)
  return persons.hasLinks(workspaceId) ? sql`(SELECT groupArray(person_key) FROM (${persons.keysOf(workspaceId, key)}))` : sql`[${key}]`
}
