import { iso } from '../base/time.ts'
import { raw, sql, time, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { readRange } from '../analytics/range.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Clock } from '../base/time.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import { hourOf } from '../ingest/segment.ts'
import { readCapture } from './capture.ts'

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
): Promise<{ lines: LedgerLine[]; total: LedgerLine; passedOver: Row[] }> {
  const { rows, pending } = await readRows(deps, workspaceId, fromMs, toMs)
  const passedOver: Row[] = []
  const lines = new Map<string, LedgerLine>()
  const total = emptyLine()
  const count = (row: Row, onItsWay: boolean): void => {
    // Stands beside the equations: what it counts is counted as not recorded already.
    if (row.outcome === 'passed_over') return void passedOver.push(row)
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
  return { lines: [...lines.values()], total, passedOver }
}

export const ledgerRoutes = (deps: LedgerDeps): Pick<Handlers, 'ledger'> => ({ ledger: (call) => ledger(deps, call) })

/** Lines, their sum, and the capture rate of a range. */
export async function ledger(deps: LedgerDeps, { workspace, query }: Pick<Call<'ledger'>, 'workspace' | 'query'>) {
  const range = readRange(query, { timezone: workspace.timezone, now: deps.clock.now() })
  const by = query.by ?? 'day'
  const dayName = new Intl.DateTimeFormat('en-CA', { timeZone: range.timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const { lines, total, passedOver } = await readLedger(deps, workspace.id, range.fromMs, range.toMs, (hourMs) =>
    by === 'hour' ? { hour: iso(hourMs) } : by === 'day' ? { day: dayName.format(hourMs) } : {},
  )
  const { key_id: _key, tracker: _tracker, source: _source, ...sums } = total
  const {
    emitted,
    missing,
    lines: capture,
  } = await readCapture(
    deps.store,
    workspace.id,
    range,
    passedOver.map(({ hour, tracker, events }) => ({ day: dayName.format(hour * 1_000), tracker, events })),
  )
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
}
