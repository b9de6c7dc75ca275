import { randomUUID } from 'node:crypto'
import type { Archive } from '../archive/archive.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import type { Properties } from '../ingest/properties.ts'
import type { Links } from '../people/links.ts'
import { atOnce, deleteWhere } from '../store/delete.ts'
import { bornMsColumn, personKeyColumn, userKey } from '../store/keys.ts'
import type { Persons } from '../store/persons.ts'
import { recountEngagement } from '../store/migrations/0006_entities.ts'
import { empty, i64, raw, sql, str, time, u32, uuid, type Piece } from '../store/sql.ts'
import { insertOnce, type Store } from '../store/store.ts'
import { rebuildTouched, touchSessions } from '../sessions/rebuild.ts'
import { isRefusal, rederiveProperties } from './rederive.ts'

/**
 * Deletes events, and whatever was made of them: a view does not follow a DELETE, so each derived table is made right here.
 *
 *   events, quarantine     rows that match are deleted; they are gone from every read when the answer is given
 *   cohort_members         deleted where all of one person goes: who belongs to a static cohort stays, whatever becomes of events
 *   person_facts, _links   deleted where all of one person goes; what others told of their devices stays, and holds then
 *   sessions, gap_sessions made again of the events that are left
 *   session_records        deleted with their person, or with their time
 *   source_ends            deleted with events of their source: what was deleted must not look lost
 *   archived months        files are written again without the rows
 *   rolled_up              deleted where all that is older goes: nobody is named there
 *   event_types            counted again for the workspace, of events, archived months and rolled_up
 *   engagement             counted again of events and archived months, for the person or for all
 *   view_durations         deleted where all of one person goes; of views that went otherwise they count nowhere
 *   entities, _changes     rows that name a person of whom all goes; what is left of the entities was said anew before (person.ts)
 *   event_properties       a row whose example was deleted gets one from an event that is left, or goes; also where none can be found
 *   ledger                 stays: what was stored was stored
 *   segments kept for live are let go whole
 *
 * In this order: first the person's own rows, wherever they are; the step that depends on what people sent is the last, and cannot keep one
 * from ending. The deletion is written down first (`deletions`) and struck out last. Every step may be repeated, so one that was cut off
 * anywhere is repaired by doing it again: `resumeDeletions` at the start, or the next cleanup of that workspace; `overdue` counts those that
 * wait for it. Nothing is loaded meanwhile, and what was acknowledged before is loaded first. Deleted rows are out of every read at once, but in the files until they are merged or swept (`sweep.ts`).
 */
export interface CleanupDeps {
  store: Store
  persons: Persons
  links: Pick<Links, 'followAgain'>
  clock: Clock
  archive: Pick<Archive, 'deleteWhere' | 'everywhere'>
  properties: Pick<Properties, 'forget'>
  /** Told what was left out of a deletion that went on. */
  log?: Pick<Log, 'warn'>
  /** Loads what is acknowledged, then runs `work` while nothing is loaded. */
  quiesced<T>(work: () => Promise<T>): Promise<T>
  /** Copies of events that are kept for live. */
  letGo(): Promise<void>
}

export interface Doomed {
  workspaceId: number
  /** Of the person that this user is only: of all users merged with it, and of their anonymous ids. */
  userId?: string | undefined
  /** Events before this moment only; all of them, future ones too, where absent. */
  beforeMs?: number | undefined
}

/** Returns the number of events deleted. */
export const deleteEvents = (deps: CleanupDeps, doomed: Doomed): Promise<number> =>
  deps.quiesced(async () => {
    const earlier = await pending(deps.store, doomed.workspaceId)
    const deletion = await writeDown(deps, doomed)
    // What keeps an earlier one from ending need not keep this one.
    for (const { error } of await finishAll(deps, earlier)) deps.log?.warn({ err: error }, 'an earlier deletion of this workspace could not be finished')
    return await finish(deps, deletion)
  })

/** Does again what a crash cut off; to be called before requests are taken. Returns how many deletions that were; throws where one failed, after all. */
export async function resumeDeletions(deps: CleanupDeps): Promise<number> {
  const left = await pending(deps.store)
  if (left.length === 0) return 0
  const [failed] = await deps.quiesced(() => finishAll(deps, left))
  if (failed) throw failed.error
  return left.length
}

/** A deletion that takes longer is stuck, or of very much. */
const OVERDUE_MS = 60_000

/** Deletions that were asked for over a minute ago and are not done. */
export async function overdue(store: Store, now: number, signal?: AbortSignal): Promise<number> {
  const { rows } = await store.query<{ deletions: number }>(
    sql`SELECT toFloat64(uniqExact(deletion_id)) AS deletions FROM ${raw(store.dialect.database)}.deletions WHERE asked_at < ${time(now - OVERDUE_MS)}`,
    { lane: 'admin', timeoutMs: 10_000, ...(signal ? { signal } : {}) },
  )
  return rows[0]?.deletions ?? 0
}

interface Deletion {
  deletion_id: string
  workspace_id: number
  /** Whether it is of one person. */
  personal: boolean | number
  before_ms: string | null
}

const pending = async (store: Store, workspaceId?: number): Promise<Deletion[]> =>
  (
    await store.query<Deletion>(
      sql`SELECT deletion_id, workspace_id, max(user_id != '') AS personal, before_ms FROM ${raw(store.dialect.database)}.deletions ${workspaceId === undefined ? empty : sql`WHERE workspace_id = ${u32(workspaceId)}`}
GROUP BY deletion_id, workspace_id, before_ms ORDER BY min(asked_at)`,
    )
  ).rows

/** A row for each id of the person, in one insert; they are the ids of this moment. */
async function writeDown({ store, persons, clock }: CleanupDeps, { workspaceId, userId, beforeMs }: Doomed): Promise<Deletion> {
  const deletion: Deletion = {
    deletion_id: randomUUID(),
    workspace_id: workspaceId,
    personal: userId !== undefined,
    before_ms: beforeMs === undefined ? null : String(beforeMs),
  }
  await store.command(
    sql`INSERT INTO ${raw(store.dialect.database)}.deletions (deletion_id, workspace_id, user_id, person_key, before_ms, asked_at)
SELECT ${uuid(deletion.deletion_id)}, ${u32(workspaceId)}, ${str(userId ?? '')}, person_key, ${beforeMs === undefined ? raw('NULL') : i64(beforeMs)}, ${time(clock.now())}
FROM (${userId === undefined ? sql`SELECT toUInt64(0) AS person_key` : persons.keysOf(workspaceId, userKey(workspaceId, userId))})`,
    { settings: insertOnce() },
  )
  return deletion
}

/** Each is tried; returns what failed. */
async function finishAll(deps: CleanupDeps, deletions: readonly Deletion[]): Promise<Array<{ error: unknown }>> {
  const failed: Array<{ error: unknown }> = []
  for (const deletion of deletions) {
    try {
      await finish(deps, deletion)
    } catch (error) {
      failed.push({ error })
    }
  }
  return failed
}

async function finish(deps: CleanupDeps, deletion: Deletion): Promise<number> {
  const { store, properties } = deps
  const doomed = matching(store, deletion)
  try {
    // First, since it is the events that tell whose sources they are.
    await deleteWhere(store, 'source_ends', ended(store, deletion))
    const touched = { deletionId: deletion.deletion_id, workspaceId: deletion.workspace_id }
    const persons = deletion.personal && deletion.before_ms === null ? chosen(store, deletion) : undefined
    await touchSessions(store, touched, { events: await deps.archive.everywhere(deletion.workspace_id), where: doomed, persons })
    const deleted = await deleteWhere(store, 'events', doomed)
    const archived = await deps.archive.deleteWhere(deletion.workspace_id, doomed)
    await rebuildTouched(store, touched)
    if (deletion.personal)
      await deleteWhere(store, 'gap_touched', sql`workspace_id = ${u32(deletion.workspace_id)} AND person_key IN ${chosen(store, deletion)}`)
    await deleteWhere(store, 'session_records', recorded(store, deletion))
    if (!deletion.personal) await deleteWhere(store, 'rolled_up', sql`workspace_id = ${u32(deletion.workspace_id)}${before(deletion, 'last_seen')}`)
    await deleteWhere(store, 'quarantine', quarantined(store, deletion))
    if (deletion.personal && deletion.before_ms === null) {
      await deleteWhere(store, 'view_durations', sql`workspace_id = ${u32(deletion.workspace_id)} AND person_key IN ${chosen(store, deletion)}`)
      await deleteWhere(store, 'entities', naming(store, deletion))
      await deleteWhere(store, 'entity_changes', namingAsMaker(store, deletion))
      await deleteWhere(store, 'cohort_members', sql`workspace_id = ${u32(deletion.workspace_id)} AND person_key IN ${chosen(store, deletion)}`)
      await forgetTold(deps, deletion)
    }
    await recountTypes(deps, deletion.workspace_id)
    await recountEngaged(deps, deletion)
    try {
      await rederiveProperties(deps, deletion.workspace_id, doomed)
    } catch (error) {
      if (!isRefusal(error)) throw error
      deps.log?.warn(
        { err: error, workspace: deletion.workspace_id },
        'no examples found anew for properties whose example was deleted; the next event brings them back',
      )
    }
    await deleteWhere(store, 'event_properties', doomed)
    await deps.letGo()
    await store.command(store.dialect.alter('deletions', `DROP PARTITION '${deletion.deletion_id}'`), { settings: atOnce })
    return deleted + archived
  } finally {
    properties.forget()
  }
}

/** A device that somebody else identified later than the person who goes is theirs from now on. */
async function forgetTold({ store, links }: CleanupDeps, deletion: Deletion): Promise<void> {
  await deleteWhere(store, 'person_facts', told(store, deletion))
  await deleteWhere(store, 'person_links', linked(store, deletion))
  const { rows } = await store.query<{ anonymous_id: string }>(
    sql`SELECT DISTINCT anonymous_id FROM ${raw(store.dialect.database)}.person_facts
WHERE workspace_id = ${u32(deletion.workspace_id)} AND anonymous_id != '' AND ${keyOf("''", 'anonymous_id')} IN ${chosen(store, deletion)}`,
  )
  await links.followAgain(
    deletion.workspace_id,
    rows.map((row) => row.anonymous_id),
  )
}

async function recountTypes({ store, archive }: CleanupDeps, workspaceId: number): Promise<void> {
  const database = raw(store.dialect.database)
  const { text, params } = sql`workspace_id = ${u32(workspaceId)}`
  await store.command({ text: store.dialect.deleteFrom('event_types', text), params }, { settings: atOnce })
  await store.command(
    sql`INSERT INTO ${database}.event_types (workspace_id, event_type, event_category, first_seen, last_seen, events)
SELECT workspace_id, event_type, event_category, min(event_timestamp), max(event_timestamp), count()
FROM ${await archive.everywhere(workspaceId)}
GROUP BY workspace_id, event_type, event_category
UNION ALL
SELECT workspace_id, event_type, event_category, min(first_seen), max(last_seen), sum(events)
FROM ${database}.rolled_up WHERE workspace_id = ${u32(workspaceId)}
GROUP BY workspace_id, event_type, event_category`,
    { settings: insertOnce() },
  )
}

/** Of one person only theirs: what is left of others' events that are gone stays. */
async function recountEngaged({ store, archive }: CleanupDeps, deletion: Deletion): Promise<void> {
  const whose = sql`workspace_id = ${u32(deletion.workspace_id)}${deletion.personal ? sql` AND person_key IN ${chosen(store, deletion)}` : empty}`
  await deleteWhere(store, 'engagement', whose)
  await store.command(recountEngagement(store.dialect, await archive.everywhere(deletion.workspace_id), whose), { settings: insertOnce() })
}

/** Events, and properties whose example came from one. */
const matching = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)}${before(deletion, 'event_timestamp')}${deletion.personal ? sql` AND person_key IN ${chosen(store, deletion)}` : empty}`

const recorded = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)}${before(deletion, 'at')}${deletion.personal ? sql` AND person_key IN ${chosen(store, deletion)}` : empty}`

/** A refused event was never stored under a person; whose it is stands in its text. */
const quarantined = (store: Store, deletion: Deletion): Piece => {
  const userId = "if(JSONExtractString(event, 'user_id') != '', JSONExtractString(event, 'user_id'), JSONExtractString(event, 'user_email'))"
  return sql`workspace_id = ${u32(deletion.workspace_id)}${before(deletion, 'received_at')}${deletion.personal ? sql` AND ${keyOf(userId, "JSONExtractString(event, 'anonymous_id')")} IN ${chosen(store, deletion)}` : empty}`
}

const told = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)} AND (${keyOf('user_id', "''")} IN ${chosen(store, deletion)} OR other_id != '' AND ${keyOf('other_id', "''")} IN ${chosen(store, deletion)})`

/** Versions that are no longer the newest too. */
const linked = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)} AND (person_key IN ${chosen(store, deletion)} OR root IN ${chosen(store, deletion)})`

/** Entities to which they were assigned, or which they made. */
const naming = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)} AND (${keyOf('created_by', "''")} IN ${chosen(store, deletion)}
  OR hasAny(arrayMap(a -> ${keyOf('a.1', "''")}, assignments), (SELECT groupArray(person_key) FROM ${chosen(store, deletion)})))`

const namingAsMaker = (store: Store, deletion: Deletion): Piece =>
  sql`workspace_id = ${u32(deletion.workspace_id)} AND field = 'created_by' AND ${keyOf("if(JSONType(value) = 'String', JSONExtractString(value), value)", "''")} IN ${chosen(store, deletion)}`

/** Of one person's events their sources; else what was born or reported before the moment. */
const ended = (store: Store, deletion: Deletion): Piece => {
  const workspace = sql`workspace_id = ${u32(deletion.workspace_id)}`
  if (deletion.personal)
    return sql`${workspace} AND source_id IN (SELECT source_id FROM ${raw(store.dialect.database)}.events WHERE ${matching(store, deletion)} AND source_id != '')`
  if (deletion.before_ms === null) return workspace
  const moment = Number(deletion.before_ms)
  return sql`${workspace} AND (reported_at < ${time(moment)} OR ${bornMsColumn('source_id')} < ${i64(moment)})`
}

const before = ({ before_ms }: Deletion, column: string): Piece => (before_ms === null ? empty : sql` AND ${raw(column)} < ${time(Number(before_ms))}`)
const keyOf = (userId: string, anonymousId: string): Piece => raw(personKeyColumn(userId, anonymousId))
const chosen = (store: Store, { deletion_id }: Deletion): Piece =>
  sql`(SELECT person_key FROM ${raw(store.dialect.database)}.deletions WHERE deletion_id = ${uuid(deletion_id)})`
