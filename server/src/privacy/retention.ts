import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import { zone } from '../analytics/zone.ts'
import type { Archive } from '../archive/archive.ts'
import { monthName } from '../archive/months.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb, Schema } from '../catalog/schema.ts'
import type { Properties } from '../ingest/properties.ts'
import type { Job } from '../jobs/job.ts'
import { deleteWhere } from '../store/delete.ts'
import type { Internal } from '../store/internal.ts'
import { bornMsColumn } from '../store/keys.ts'
import { i64, raw, sql, str, time, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { rederiveProperties } from './rederive.ts'

/**
 * Removes events that are older than their workspace keeps them: whole days of its time zone, from the store, from the archive and from
 * quarantine, with the values of theirs that stand as examples in the catalogue of types. What was counted of them stays: projections, the
 * catalogue's counts, the ledger, and daily counts by type and entity type (`rolled_up`), which are written first.
 *
 * The retention is noted in the catalog under an id before anything is done, and struck out last. The counts go in under a token of that id,
 * which the store takes once; everything else may be repeated. So one that was cut off is finished by the next, with the same end.
 */
export interface RetentionDeps {
  store: Store
  db: CatalogDb
  archive: Archive
  internal: Internal
  properties: Pick<Properties, 'forget'>
  /** Loads what is acknowledged, then runs `work` while nothing is loaded. */
  quiesced<T>(work: () => Promise<T>): Promise<T>
}

type Retention = Selectable<Schema['retentions']>
type Removed = Record<'events' | 'archived' | 'quarantined', number>

export const retentionJob = (deps: RetentionDeps): Job => ({
  name: 'events:retention',
  about: 'Removes events that are older than the workspace keeps them; daily counts of them stay.',
  schedule: '30 3 * * *',
  of: 'workspace',
  run: async ({ workspace, clock }) => {
    const before = oldestKept(workspace, clock.now())
    const removed = await deps.quiesced(async () => {
      const cut = await deps.db.selectFrom('retentions').selectAll().where('workspace_id', '=', workspace.id).executeTakeFirst()
      const earlier = cut ? await finish(deps, cut) : nothing
      if (before === null || !(await isAnyBefore(deps, workspace.id, before))) return earlier
      return sum(earlier, await finish(deps, await writeDown(deps, workspace, before, clock.now())))
    })
    return { ...removed, before: before === null ? null : new Date(before).toISOString() }
  },
})

const nothing: Removed = { events: 0, archived: 0, quarantined: 0 }
const sum = (a: Removed, b: Removed): Removed => ({
  events: a.events + b.events,
  archived: a.archived + b.archived,
  quarantined: a.quarantined + b.quarantined,
})

/** Start of the first day that is kept; null where all are. */
function oldestKept({ retentionDays, timezone }: DirectoryWorkspace, now: number): number | null {
  if (retentionDays === null) return null
  const place = zone(timezone)
  return place.startOfDay(place.dayAt(now) - retentionDays)
}

async function isAnyBefore({ store, archive }: RetentionDeps, workspaceId: number, beforeMs: number): Promise<boolean> {
  const database = raw(store.dialect.database)
  const where = sql`workspace_id = ${u32(workspaceId)}`
  const events = await archive.everywhere(workspaceId, { fromMs: FIRST_MS, toMs: beforeMs })
  const { rows } = await store.query(sql`SELECT 1 FROM (
  SELECT 1 FROM ${events} WHERE event_timestamp < ${time(beforeMs)} LIMIT 1
  UNION ALL SELECT 1 FROM ${database}.quarantine WHERE ${where} AND received_at < ${time(beforeMs)} LIMIT 1)`)
  return rows.length > 0
}
const FIRST_MS = Date.UTC(1900, 0, 1)

async function writeDown({ db }: RetentionDeps, { id, timezone }: DirectoryWorkspace, beforeMs: number, now: number): Promise<Retention> {
  const retention: Retention = { workspace_id: id, retention_id: randomUUID(), before_ms: beforeMs, timezone, asked_at: now }
  await db.insertInto('retentions').values(retention).execute()
  return retention
}

async function finish(deps: RetentionDeps, retention: Retention): Promise<Removed> {
  const { store, db, archive, properties } = deps
  const { workspace_id: workspaceId, before_ms: beforeMs } = retention
  const workspace = sql`workspace_id = ${u32(workspaceId)}`
  const doomed = sql`${workspace} AND event_timestamp < ${time(beforeMs)}`
  try {
    await rollUp(deps, retention, 'store', sql`SELECT * FROM ${raw(store.dialect.database)}.events WHERE ${doomed}`)
    await deleteWhere(store, 'source_ends', sql`${workspace} AND (reported_at < ${time(beforeMs)} OR ${bornMsColumn('source_id')} < ${i64(beforeMs)})`)
    const events = await deleteWhere(store, 'events', doomed)
    const archived = await archive.deleteWhere(workspaceId, doomed, (rows, month) => rollUp(deps, retention, monthName(month), rows))
    const quarantined = await deleteWhere(store, 'quarantine', sql`${workspace} AND received_at < ${time(beforeMs)}`)
    await rederiveProperties(deps, workspaceId, doomed)
    await deleteWhere(store, 'event_properties', doomed)
    await db.deleteFrom('retentions').where('retention_id', '=', retention.retention_id).execute()
    return { events, archived, quarantined }
  } finally {
    properties.forget()
  }
}

/** Once for each retention and place, however often it is called: then rows that are gone already are not missed. */
async function rollUp({ store, internal }: RetentionDeps, { retention_id, workspace_id, timezone }: Retention, place: string, events: Piece): Promise<void> {
  await store.command(
    sql`INSERT INTO ${raw(store.dialect.database)}.rolled_up (workspace_id, day, event_type, event_category, entity_type, is_bot, is_internal, events, durations, duration_ms, first_seen, last_seen)
SELECT workspace_id, toDate32(event_timestamp, ${str(zone(timezone).storeName)}) AS day, event_type, event_category, entity_type, is_bot, ${internal.of(workspace_id)} AS of_internal,
  count(), count(duration_ms), ifNull(sum(duration_ms), 0), min(event_timestamp), max(event_timestamp)
FROM (${events})
GROUP BY workspace_id, day, event_type, event_category, entity_type, is_bot, of_internal`,
    { settings: { ...oneBlock, insert_deduplication_token: `rolled-up-${retention_id}-${place}`, distributed_foreground_insert: 1 } },
  )
}

/** A token holds for a block: the counts go in as one, as those of a repetition would. */
const oneBlock = {
  insert_deduplicate: 1,
  max_insert_threads: 1,
  max_threads: 1,
  max_block_size: 1_048_576,
  max_insert_block_size: 1_048_576,
  min_insert_block_size_rows: 1_048_576,
  min_insert_block_size_bytes: 4_294_967_296,
}
