import { CairnError } from '../base/errors.ts'
import { isUuid } from '../base/ids.ts'
import { iso, type Clock } from '../base/time.ts'
import { readRange } from '../analytics/range.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Sender } from '../ingest/draft.ts'
import type { Intake } from '../ingest/intake.ts'
import { empty, i64, join, raw, sql, str, time, u32, uuid, uuids, type Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { note } from '../catalog/audit.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'

/**
 * Events that were refused and kept: looked at, and sent through the way in again once the cause is mended. A replay is a new `received` of
 * source `replay`; it keeps the event's id, so doing it twice, or being killed in the middle, stores an event once.
 */
export interface QuarantineDeps {
  store: Store
  db: CatalogDb
  intake: Intake
  clock: Clock
  /** Waits until what was just replayed is in the store. */
  settle(workspaceId: number): Promise<unknown>
}

interface Row {
  quarantine_id: string
  event_id: string
  event_type: string
  received_ms: string
  key_id: string
  tracker: string
  source: string
  code: string
  message: string
  event: string
  headers: string
  status: string
}

const DEFAULT_LIMIT = 50
const DEFAULT_REPLAY = 1_000
/** Events of one replayed batch, as many as a request may hold. */
const REPLAY_BATCH = 1_000

type Condition = ReturnType<typeof sql>
const columns = raw(
  `quarantine_id, event_id, event_type, toString(toUnixTimestamp64Milli(received_at)) AS received_ms, key_id, tracker, source, code, message, event, headers, status`,
)

const select = (store: Store, where: Condition, limit: number): Sql =>
  sql`SELECT ${columns} FROM ${raw(`${store.dialect.database}.quarantine`)} FINAL WHERE ${where} ORDER BY received_at DESC, quarantine_id DESC LIMIT ${raw(String(limit))}`

export const quarantineRoutes = (deps: QuarantineDeps): Pick<Handlers, 'listQuarantine' | 'replayQuarantine'> => ({
  listQuarantine: async ({ workspace, query }: Call<'listQuarantine'>) => {
    const { fromMs, toMs } = readRange(query, { timezone: workspace.timezone, now: deps.clock.now() })
    const limit = query.limit ?? DEFAULT_LIMIT
    const status = query.status ?? 'open'
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor)
    const where = join(
      [
        sql`workspace_id = ${u32(workspace.id)} AND received_at >= ${time(fromMs)} AND received_at < ${time(toMs)}`,
        query.code === undefined ? empty : sql`code = ${str(query.code)}`,
        status === 'all' ? empty : sql`status = ${str(status)}`,
        after ? sql`(received_at, quarantine_id) < (${time(after.receivedMs)}, ${uuid(after.id)})` : empty,
      ].filter((piece) => piece !== empty),
      ' AND ',
    )
    const { rows } = await deps.store.query<Row>(select(deps.store, where, limit + 1))
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      quarantine: page.map(show),
      next_cursor: rows.length > limit && last ? Buffer.from(`${last.received_ms} ${last.quarantine_id}`).toString('base64url') : null,
    }
  },

  replayQuarantine: async ({ workspace, body, key, by }: Call<'replayQuarantine'>) => {
    const ids = body.quarantine_ids
    if (ids?.some((id) => !isUuid(id)))
      throw new CairnError('invalid', 'quarantine_ids are UUIDs.', { errors: [{ path: '/quarantine_ids', message: 'must be UUIDs' }] })
    const where = join(
      [
        sql`workspace_id = ${u32(workspace.id)} AND status = 'open'`,
        ids ? sql`quarantine_id IN ${uuids(ids)}` : empty,
        body.code === undefined ? empty : sql`code = ${str(body.code)}`,
      ].filter((piece) => piece !== empty),
      ' AND ',
    )
    const details = { ...(ids ? { events: ids.length } : {}), ...(body.limit === undefined ? {} : { limit: body.limit }) }
    await note(deps.db, { workspaceId: workspace.id, by, action: 'quarantine.replayed', target: body.code ?? 'all', details, now: deps.clock.now() })
    await deps.settle(workspace.id)
    const { rows } = await deps.store.query<Row>(select(deps.store, where, body.limit ?? DEFAULT_REPLAY))
    return await replay(deps, workspace, rows, key.keyId)
  },
})

/** By id, those that are still open, as sent by whoever sent them; what is refused again is in quarantine anew. */
export async function replayQuarantined(deps: QuarantineDeps, workspace: DirectoryWorkspace, ids: readonly string[]): Promise<void> {
  const where = sql`workspace_id = ${u32(workspace.id)} AND status = 'open' AND quarantine_id IN ${uuids(ids)}`
  const { rows } = await deps.store.query<Row>(select(deps.store, where, ids.length))
  await replay(deps, workspace, rows)
}

async function replay(deps: QuarantineDeps, workspace: DirectoryWorkspace, rows: readonly Row[], keyId?: string) {
  const result = { success: true, replayed: rows.length, accepted: 0, rejected: [] as object[] }
  // Oldest first, as they would have come.
  for (const batch of batchesOf(rows.toReversed())) {
    const outcome = await deps.intake.take(
      batch.map((row) => JSON.parse(row.event) as unknown),
      senderOf(batch[0], workspace, keyId ?? batch[0]?.key_id ?? '', deps.clock.now()),
      { ids: batch.map((row) => (isUuid(row.event_id) ? row.event_id : row.quarantine_id)) },
    )
    result.accepted += outcome.accepted
    for (const { index, drop } of outcome.rejected)
      result.rejected.push({ quarantine_id: batch[index]?.quarantine_id, code: drop.reason, message: drop.message })
    // An event that is refused again is in quarantine anew, under its new reason; the old entry is done with in every case.
    await markReplayed(deps, workspace.id, batch)
  }
  return result
}

const show = (row: Row): object => ({
  quarantine_id: row.quarantine_id,
  event_id: row.event_id,
  event_type: row.event_type,
  received_at: iso(Number(row.received_ms)),
  key_id: row.key_id,
  tracker: row.tracker,
  source: row.source,
  code: row.code,
  message: row.message,
  event: JSON.parse(row.event) as unknown,
  status: row.status,
})

/** Events of one request stay together, since the sender's clock and user agent belong to the request. */
function* batchesOf(rows: readonly Row[]): Iterable<Row[]> {
  let batch: Row[] = []
  for (const row of rows) {
    if (
      batch.length > 0 &&
      (batch[0]?.headers !== row.headers || batch[0]?.tracker !== row.tracker || batch[0]?.key_id !== row.key_id || batch.length >= REPLAY_BATCH)
    ) {
      yield batch
      batch = []
    }
    batch.push(row)
  }
  if (batch.length > 0) yield batch
}

interface Request {
  user_agent: string
  country: string
  sent_at?: number
  received_at: number
  historical: boolean
  /** Absent in what was kept before there was such a thing. */
  visitor?: string
  internal?: boolean
}

/** The request as it was, received now; its time and clock skew are those it had then. */
function senderOf(row: Row | undefined, workspace: DirectoryWorkspace, keyId: string, now: number): Sender {
  const request = JSON.parse(row?.headers ?? '{}') as Request
  return {
    workspace,
    keyId,
    source: 'replay',
    tracker: row?.tracker ?? '',
    userAgent: request.user_agent,
    country: request.country,
    isInternal: request.internal ?? false,
    privacySignal: false,
    receivedAt: now,
    arrivedAt: request.received_at ?? now,
    sentAt: request.sent_at,
    historical: request.historical,
    visitor: request.visitor ?? '',
  }
}

async function markReplayed({ store, clock }: QuarantineDeps, workspaceId: number, batch: readonly Row[]): Promise<void> {
  const table = `${store.dialect.database}.quarantine`
  const ids = batch.map((row) => row.quarantine_id)
  const version = i64(clock.now())
  await store.command(
    sql`INSERT INTO ${raw(table)} (workspace_id, quarantine_id, event_id, event_type, received_at, key_id, tracker, source, step, code, message, event, headers, status, version)
SELECT workspace_id, quarantine_id, event_id, event_type, received_at, key_id, tracker, source, step, code, message, event, headers, 'replayed', ${version}
FROM ${raw(table)} FINAL WHERE workspace_id = ${u32(workspaceId)} AND quarantine_id IN ${uuids(ids)} AND status = 'open'`,
    { settings: { insert_deduplication_token: `replayed-${workspaceId}-${ids[0]}-${ids.length}-${clock.now()}` } },
  )
}

function readCursor(cursor: string): { receivedMs: number; id: string } {
  const [received = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (!/^\d+$/.test(received) || !isUuid(id))
    throw new CairnError('invalid', 'The cursor is not one of ours.', { errors: [{ path: '/cursor', message: 'is not valid' }] })
  return { receivedMs: Number(received), id }
}
