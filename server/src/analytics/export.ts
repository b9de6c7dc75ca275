import { Readable } from 'node:stream'
import { HOUR, type Clock } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call } from '../http/call.ts'
import { raw, sql, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readRange, type Range } from './range.ts'
import { columns, selected, toIso, toOutput, type StoredEvent } from './stored.ts'
import { eventsWhere, type WhereDeps } from './where.ts'
import { formatDay } from './zone.ts'

/**
 * All events of a range, oldest first, as a stream. Sorting a long range at once would take its size in memory: hours are counted first,
 * and then asked in slices of about 20,000 events, each sorted by itself. A slice is fetched ahead of a slow reader up to 8 MB, so that
 * only an unusual one holds a query slot while the reader takes its time. A fault in the middle breaks the answer off; a whole one ends properly.
 */
const SLICE_EVENTS = 20_000
const AHEAD_BYTES = 8 * 1024 * 1024
/** For a slice of large events and a slow reader; the answer as a whole has no limit. */
const SLICE_TIMEOUT_MS = 600_000

interface ExportDeps extends WhereDeps {
  store: Store
  db: CatalogDb
  clock: Clock
}

export async function exportEvents(deps: ExportDeps, call: Call<'exportEvents'>): Promise<Readable> {
  const range = readRange(call.query, { timezone: call.workspace.timezone, now: deps.clock.now() })
  const where = (span: Pick<Range, 'fromMs' | 'toMs'>): Piece => eventsWhere(deps, call, span)
  await note(deps.db, {
    workspaceId: call.workspace.id,
    by: call.by,
    action: 'events.exported',
    target: `${formatDay(range.firstDay)} to ${formatDay(range.lastDay)}`,
    details: { ...call.query },
    now: deps.clock.now(),
  })
  const slices = await slicesOf(deps.store, range, where)
  const csv = (call.query as { format?: 'jsonl' | 'csv' }).format === 'csv'
  const name = `events-${call.workspace.slug}-${formatDay(range.firstDay)}-${formatDay(range.lastDay)}.${csv ? 'csv' : 'jsonl'}`
  void call.reply.type(csv ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8').header('Content-Disposition', `attachment; filename="${name}"`)
  return Readable.from(lines(deps.store, slices, where, csv ? csvLine : jsonLine, csv ? `${columns.join(',')}\r\n` : ''), { objectMode: false })
}

/** Spans that hold events, neighbouring hours together until there are enough. */
async function slicesOf(store: Store, range: Range, where: (span: Range) => Piece): Promise<{ fromMs: number; toMs: number }[]> {
  const { rows } = await store.query<{ hour: string; events: string }>(
    sql`SELECT toInt64(floor(toUnixTimestamp64Milli(event_timestamp) / ${raw(String(HOUR))})) AS hour, count() AS events
FROM ${raw(store.dialect.database)}.events ${where(range)}
GROUP BY hour ORDER BY hour`,
  )
  const slices: { fromMs: number; toMs: number; events: number }[] = []
  for (const row of rows) {
    const [hour, events] = [Number(row.hour), Number(row.events)]
    const last = slices.at(-1)
    const toMs = Math.min(range.toMs, (hour + 1) * HOUR)
    if (last && last.events + events <= SLICE_EVENTS) {
      last.toMs = toMs
      last.events += events
    } else slices.push({ fromMs: Math.max(range.fromMs, hour * HOUR), toMs, events })
  }
  return slices
}

async function* lines(
  store: Store,
  slices: readonly { fromMs: number; toMs: number }[],
  where: (span: { fromMs: number; toMs: number }) => Piece,
  line: (row: StoredEvent) => string,
  head: string,
): AsyncGenerator<string> {
  let ahead = head
  for (const span of slices) {
    const slice = store.stream<StoredEvent>(
      sql`SELECT ${selected} FROM ${raw(store.dialect.database)}.events ${where(span)} ORDER BY event_timestamp, ifNull(seq, 0), received_at, event_id`,
      { timeoutMs: SLICE_TIMEOUT_MS },
    )
    for await (const rows of slice) {
      for (const row of rows) ahead += line(row)
      if (ahead.length < AHEAD_BYTES) continue
      yield ahead
      ahead = ''
    }
    if (ahead !== '') yield ahead
    ahead = ''
  }
  if (ahead !== '') yield ahead
}

const jsonLine = (row: StoredEvent): string => `${JSON.stringify(toOutput(row))}\n`

/** RFC 4180. JSON stays text in one field, absent values are empty. */
const csvLine = (row: StoredEvent): string =>
  `${columns.map((name) => csvField(name.endsWith('_at') || name === 'event_timestamp' ? toIso(String(row[name])) : row[name])).join(',')}\r\n`

function csvField(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
