import { DAY, iso } from '../base/time.ts'
import { raw, sql, str, time, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readRange, type Range } from '../analytics/range.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Clock } from '../base/time.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import { hourOf } from '../ingest/segment.ts'

/**
 * The delivery ledger. Three sources that do not know of each other: receipts (what each request was told), the rows that reached the
 * event table (counted by the table itself), and the journal (what is still on its way). `gap` is what they do not explain; it is 0.
 *
 *     received = accepted + quarantined + not_recorded
 *     accepted = stored + deduplicated + pending + damaged
 */
export interface LedgerLine {
  hour?: string
  day?: string
  key_id: string
  tracker: string
  source: string
  received: number
  accepted: number
  quarantined: number
  not_recorded: number
  stored: number
  deduplicated: number
  pending: number
  damaged: number
  gap: number
  quarantined_by_reason: Record<string, number>
  not_recorded_by_reason: Record<string, number>
}

export interface LedgerDeps {
  store: Store
  pipeline: Pipeline
  clock: Clock
}

interface Row {
  hour: number
  key_id: string
  tracker: string
  source: string
  outcome: string
  reason: string
  events: number
}

const emptyLine = (): LedgerLine => ({
  key_id: '',
  tracker: '',
  source: '',
  received: 0,
  accepted: 0,
  quarantined: 0,
  not_recorded: 0,
  stored: 0,
  deduplicated: 0,
  pending: 0,
  damaged: 0,
  gap: 0,
  quarantined_by_reason: {},
  not_recorded_by_reason: {},
})

/** Rows of the table and receipts that are still on their way, in one snapshot: nothing is loaded between the two looks. */
async function readRows({ store, pipeline }: LedgerDeps, workspaceId: number, fromMs: number, toMs: number): Promise<{ rows: Row[]; pending: Row[] }> {
  return pipeline.paused(async () => {
    const pending: Row[] = []
    for (const r of pipeline.pending) {
      if (r.workspaceId !== workspaceId || r.hour * 1_000 < hourOf(fromMs) * 1_000 || r.hour * 1_000 >= toMs) continue
      pending.push({ hour: r.hour, key_id: r.keyId, tracker: r.tracker, source: r.source, outcome: r.outcome, reason: r.reason, events: r.events })
    }
    const { rows } = await store.query<Row>(
      sql`SELECT toFloat64(toUnixTimestamp(hour)) AS hour, key_id, tracker, source, outcome, reason, toFloat64(sum(events)) AS events
FROM ${raw(`${store.dialect.database}.ledger`)} WHERE workspace_id = ${u32(workspaceId)} AND hour >= toStartOfHour(${time(fromMs)}) AND hour < ${time(toMs)}
GROUP BY workspace_id, hour, key_id, tracker, source, outcome, reason ORDER BY hour, key_id, tracker, source`,
    )
    return { rows, pending }
  })
}

/** Adds a count to its line; a damaged segment's receipts hold `damaged` beside `accepted`, so pending is what is neither. */
function add(line: LedgerLine, row: Row, onItsWay: boolean): void {
  const { events } = row
  switch (row.outcome) {
    case 'received':
      line.received += events
      return
    case 'accepted':
      line.accepted += events
      if (onItsWay) line.pending += events
      return
    case 'deduplicated':
      line.deduplicated += events
      if (onItsWay) line.pending -= events
      return
    case 'quarantined':
      line.quarantined += events
      line.quarantined_by_reason[row.reason] = (line.quarantined_by_reason[row.reason] ?? 0) + events
      return
    case 'not_recorded':
      line.not_recorded += events
      line.not_recorded_by_reason[row.reason] = (line.not_recorded_by_reason[row.reason] ?? 0) + events
      return
    case 'stored':
      line.stored += events
      return
    case 'damaged':
      line.damaged += events
      if (onItsWay) line.pending -= events
  }
}

const gapOf = (l: LedgerLine): number =>
  Math.abs(l.received - l.accepted - l.quarantined - l.not_recorded) + Math.abs(l.accepted - l.stored - l.deduplicated - l.pending - l.damaged)

async function readLedger(
  deps: LedgerDeps,
  workspaceId: number,
  fromMs: number,
  toMs: number,
  name: (hourMs: number) => Partial<LedgerLine>,
): Promise<{ lines: LedgerLine[]; total: LedgerLine }> {
  const { rows, pending } = await readRows(deps, workspaceId, fromMs, toMs)
  const lines = new Map<string, LedgerLine>()
  const total = emptyLine()
  const count = (row: Row, onItsWay: boolean): void => {
    const named = name(row.hour * 1_000)
    const id = JSON.stringify([named.hour ?? named.day ?? '', row.key_id, row.tracker, row.source])
    let line = lines.get(id)
    if (!line) lines.set(id, (line = { ...named, ...emptyLine(), key_id: row.key_id, tracker: row.tracker, source: row.source }))
    add(line, row, onItsWay)
    add(total, row, onItsWay)
  }
  for (const row of rows) count(row, false)
  for (const row of pending) count(row, true)
  for (const line of [...lines.values(), total]) line.gap = gapOf(line)
  return { lines: [...lines.values()], total }
}

/** Emitted but never arrived, by the running numbers of each source: the span of its numbers less the numbers that came. */
async function readMissing(store: Store, workspaceId: number, fromMs: number, toMs: number): Promise<{ emitted: number; missing: number }> {
  const { rows } = await store.query<{ emitted: number; missing: number }>(
    sql`SELECT toFloat64(sum(span)) AS emitted, toFloat64(sum(span) - sum(came)) AS missing
FROM (SELECT max(seq) - min(seq) + 1 AS span, uniqExact(seq) AS came FROM ${raw(`${store.dialect.database}.events`)}
  WHERE workspace_id = ${u32(workspaceId)} AND event_timestamp >= ${time(fromMs - DAY)} AND received_at >= ${time(fromMs)} AND received_at < ${time(toMs)} AND seq IS NOT NULL AND source != 'import'
  GROUP BY tracker, if(source_id != '', source_id, session_id))`,
  )
  return rows[0] ?? { emitted: 0, missing: 0 }
}

export interface CaptureLine {
  day: string
  tracker: string
  emitted: number
  received: number
  missing: number
  rate: number
}

/**
 * The same by day of arrival and tracker. What is missing between the last number of one day and the first of the next counts to the latter;
 * a number that comes on a later day than its neighbours stays missing on theirs.
 */
async function readCapture(store: Store, workspaceId: number, { fromMs, toMs, storeTimezone }: Range): Promise<CaptureLine[]> {
  const { rows } = await store.query<{ day: string; tracker: string; emitted: number; received: number }>(
    sql`SELECT toString(day) AS day, tracker, toFloat64(sum(greatest(came, toInt64(highest) - toInt64(if(days_before = 0, lowest - 1, highest_before))))) AS emitted, toFloat64(sum(came)) AS received
FROM (SELECT *, count() OVER before AS days_before, max(highest) OVER before AS highest_before
  FROM (SELECT toDate32(received_at, ${str(storeTimezone)}) AS day, tracker, if(source_id != '', source_id, session_id) AS numbered_by,
      max(toInt64(seq)) AS highest, min(toInt64(seq)) AS lowest, toInt64(uniqExact(seq)) AS came
    FROM ${raw(`${store.dialect.database}.events`)}
    WHERE workspace_id = ${u32(workspaceId)} AND event_timestamp >= ${time(fromMs - DAY)} AND received_at >= ${time(fromMs)} AND received_at < ${time(toMs)} AND seq IS NOT NULL AND source != 'import'
    GROUP BY day, tracker, numbered_by)
  WINDOW before AS (PARTITION BY tracker, numbered_by ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
GROUP BY day, tracker
ORDER BY day, tracker`,
  )
  return rows.map(({ day, tracker, emitted, received }) => ({ day, tracker, emitted, received, missing: emitted - received, rate: received / emitted }))
}

export const ledgerRoutes = (deps: LedgerDeps): Pick<Handlers, 'ledger'> => ({
  ledger: async ({ workspace, query }: Call<'ledger'>) => {
    const range = readRange(query, { timezone: workspace.timezone, now: deps.clock.now() })
    const by = query.by ?? 'day'
    const dayName = new Intl.DateTimeFormat('en-CA', { timeZone: range.timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
    const { lines, total } = await readLedger(deps, workspace.id, range.fromMs, range.toMs, (hourMs) =>
      by === 'hour' ? { hour: iso(hourMs) } : by === 'day' ? { day: dayName.format(hourMs) } : {},
    )
    const { key_id: _key, tracker: _tracker, source: _source, ...sums } = total
    const [{ emitted, missing }, capture] = await Promise.all([
      readMissing(deps.store, workspace.id, range.fromMs, range.toMs),
      readCapture(deps.store, workspace.id, range),
    ])
    return {
      lines,
      total: { ...sums, missing },
      capture_rate: emitted === 0 ? null : (emitted - missing) / emitted,
      capture,
      meta: {
        from: iso(range.fromMs),
        to: iso(range.toMs),
        timezone: range.timezone,
        exact: true,
        deduplication_window_seconds: Math.floor(deps.pipeline.seen.windowMs / 1_000),
        equations: ['received = accepted + quarantined + not_recorded', 'accepted = stored + deduplicated + pending + damaged'],
      },
    }
  },
})
