import type { EventOutput } from '@cairn/wire/event'
import type { Archive } from '../archive/archive.ts'
import { DAY, type Clock } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Handlers } from '../http/call.ts'
import { empty, raw, sql, time, u32, uuid, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readCursor, writeCursor, type Cursor } from './cursor.ts'
import { exportEvents } from './export.ts'
import { readRange } from './range.ts'
import { selected, toMs, toOutput, type StoredEvent } from './stored.ts'
import { eventsWhere, isSelective, type WhereDeps } from './where.ts'

export interface EventRoutesDeps extends WhereDeps {
  store: Store
  db: CatalogDb
  archive: Pick<Archive, 'everywhere'>
  clock: Clock
}

export const eventRoutes = (deps: EventRoutesDeps): Pick<Handlers, 'listEvents' | 'exportEvents'> => ({
  listEvents: async (call) => {
    const range = readRange(call.query, { timezone: call.workspace.timezone, now: deps.clock.now() })
    const archived = call.query.include_archived === true
    const found = async (span: Span, after: Piece | undefined): Promise<Piece> => {
      const where = eventsWhere(deps, call, span)
      if (archived) return sql`${await deps.archive.everywhere(call.workspace.id, span)} ${where}${after ? sql` AND ${after}` : empty}`
      return sql`${raw(deps.store.dialect.database)}.events ${where}${after ? sql` WHERE ${after}` : empty}`
    }
    const { limit = DEFAULT_LIMIT, cursor } = call.query as PageQuery
    return await newest(deps, { range, found, limit, cursor: readCursor(cursor, 'uuid'), firstDays: isSelective(call.query) ? SELECTIVE_DAYS : 1 })
  },
  exportEvents: (call) => exportEvents(deps, call),
})

const DEFAULT_LIMIT = 50
/** One person or thing seldom fills a page in a day, and three cost little more (10 million events: 20 against 33 ms). */
const SELECTIVE_DAYS = 3
/** Checked by the endpoint's schema. */
interface PageQuery {
  limit?: number
  cursor?: string
}

interface Span {
  fromMs: number
  toMs: number
}

interface Page {
  range: Span
  /** What stands after FROM: the events of a span, after the cursor. */
  found: (span: Span, after: Piece | undefined) => Promise<Piece>
  limit: number
  cursor: Cursor | undefined
  firstDays: number
}

/**
 * The newest events first. The table is sorted by type and day, not by time, so the newest of a long range would mean reading the times of
 * all of it: the newest days are asked first, and older ones only while the page is not full.
 */
async function newest(
  { store, clock }: EventRoutesDeps,
  { range, found, limit, cursor, firstDays }: Page,
): Promise<{ events: EventOutput[]; next_cursor: string | null }> {
  const top = Math.min(range.toMs, cursor ? cursor.ms + 1 : range.toMs)
  const rows: StoredEvent[] = []
  let end = top
  let days = firstDays
  while (end > range.fromMs && rows.length <= limit) {
    // The table keeps days together: a part of a day costs as much as the day. Little lies ahead of now: the first span begins from there.
    const start = Math.floor(Math.min(end - 1, clock.now()) / DAY) * DAY - (days - 1) * DAY
    const span = { fromMs: Math.max(range.fromMs, start), toMs: end }
    const after = cursor ? sql`(event_timestamp, event_id) < (${time(cursor.ms)}, ${uuid(cursor.key)})` : undefined
    const page = await store.query<StoredEvent>(
      sql`SELECT ${selected}
FROM ${await found(span, after)}
ORDER BY event_timestamp DESC, event_id DESC
LIMIT ${u32(limit + 1 - rows.length)}`,
      { settings: wideRows },
    )
    rows.push(...page.rows)
    end = span.fromMs
    days = nextDays(days, { missing: limit + 1 - rows.length, found: rows.length, spanDays: (Math.min(top, clock.now()) - end) / DAY })
  }
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { events: rows.slice(0, limit).map(toOutput), next_cursor: last ? writeCursor({ ms: toMs(last.event_timestamp), key: last.event_id }) : null }
}

/** At most eight times as many days as before, so that a filter that matches little costs few queries. */
const WIDER = 8
/** Days differ: a third more than the days so far let expect, rather than a third query. */
const MARGIN = 1.3

/** How many days to ask next: as many as fill the page if they are like those before. */
function nextDays(days: number, { missing, found, spanDays }: { missing: number; found: number; spanDays: number }): number {
  const enough = found === 0 ? Number.POSITIVE_INFINITY : Math.ceil((missing / found) * spanDays * MARGIN)
  return Math.max(1, Math.min(days * WIDER, enough))
}

/** Reads the wide columns only of rows that are answered, for every page size; the engine's own limit for it is lower. */
export const wideRows = { query_plan_optimize_lazy_materialization: 1, query_plan_max_limit_for_lazy_materialization: 1_001 }
