import type { EventOutput } from '@cairn/wire/event'
import { DAY, type Clock } from '../base/time.ts'
import type { Handlers } from '../http/call.ts'
import type { Properties } from '../ingest/properties.ts'
import { empty, raw, sql, time, u32, uuid, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readCursor, writeCursor, type Cursor } from './cursor.ts'
import { exportEvents } from './export.ts'
import { readRange } from './range.ts'
import { readSession } from './session.ts'
import { selected, toMs, toOutput, type StoredEvent } from './stored.ts'
import { eventsWhere } from './where.ts'

export interface EventRoutesDeps {
  store: Store
  clock: Clock
  properties: Pick<Properties, 'knows'>
}

export const eventRoutes = (deps: EventRoutesDeps): Pick<Handlers, 'listEvents' | 'sessionEvents' | 'exportEvents'> => ({
  listEvents: async (call) => {
    const range = readRange(call.query, { timezone: call.workspace.timezone, now: deps.clock.now() })
    const where = (span: { fromMs: number; toMs: number }): Piece => eventsWhere(deps, call, span)
    const { limit = DEFAULT_LIMIT, cursor } = call.query as PageQuery
    return await newest(deps, { range, where, limit, cursor: readCursor(cursor, 'uuid') })
  },
  sessionEvents: (call) => readSession(deps, call),
  exportEvents: (call) => exportEvents(deps, call),
})

const DEFAULT_LIMIT = 50
/** Checked by the endpoint's schema. */
interface PageQuery {
  limit?: number
  cursor?: string
}

interface Page {
  range: { fromMs: number; toMs: number }
  where: (span: { fromMs: number; toMs: number }) => Piece
  limit: number
  cursor: Cursor | undefined
}

/**
 * The newest events first. The table is sorted by type and day, not by time, so the newest of a long range would mean reading the times of
 * all of it: the newest days are asked first, and older ones only while the page is not full.
 */
async function newest(
  { store, clock }: EventRoutesDeps,
  { range, where, limit, cursor }: Page,
): Promise<{ events: EventOutput[]; next_cursor: string | null }> {
  const top = Math.min(range.toMs, cursor ? cursor.ms + 1 : range.toMs)
  const rows: StoredEvent[] = []
  for (const span of spans(range.fromMs, top, clock.now())) {
    const after = cursor ? sql` WHERE (event_timestamp, event_id) < (${time(cursor.ms)}, ${uuid(cursor.key)})` : empty
    const found = await store.query<StoredEvent>(
      sql`SELECT ${selected}
FROM ${raw(store.dialect.database)}.events
${where(span)}${after}
ORDER BY event_timestamp DESC, event_id DESC
LIMIT ${u32(limit + 1 - rows.length)}`,
      { settings: wideRows },
    )
    rows.push(...found.rows)
    if (rows.length > limit) break
  }
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { events: rows.slice(0, limit).map(toOutput), next_cursor: last ? writeCursor({ ms: toMs(last.event_timestamp), key: last.event_id }) : null }
}

/** Reads the wide columns only of rows that are answered, for every page size; the engine's own limit for it is lower. */
const wideRows = { query_plan_optimize_lazy_materialization: 1, query_plan_max_limit_for_lazy_materialization: 1_001 }

/** The table keeps days together, so a part of a day costs as much as the day. */
const FIRST_SPAN_DAYS = 1
const WIDER = 8

/** The range from its end backwards, each span eight times as long as the one before: a filter that matches little costs few queries. */
function* spans(fromMs: number, toMs: number, now: number): Iterable<{ fromMs: number; toMs: number }> {
  let end = toMs
  // Little lies ahead of now: the first span begins from there.
  let start = Math.floor(Math.min(toMs - 1, now) / DAY) * DAY
  for (let days = FIRST_SPAN_DAYS; end > fromMs; days *= WIDER) {
    yield { fromMs: Math.max(fromMs, start), toMs: end }
    end = Math.min(end, start)
    start = end - days * WIDER * DAY
  }
}
