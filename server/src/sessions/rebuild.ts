import { DAY_MS, detailsOfEvents, sessionsOfEvents } from '../store/migrations/0005_sessions.ts'
import { empty, raw, sql, str, u32, uuid, type Piece } from '../store/sql.ts'
import { insertOnce, type Store } from '../store/store.ts'
import { remakeGaps } from './gaps.ts'

/**
 * A deletion takes events out of sessions, and what a view made of them does not follow. So the sessions it touches are written down before the
 * events go, and made again of what is left when they are gone. Both may be repeated: what is written down stays until it is done.
 */
export interface Touched {
  deletionId: string
  workspaceId: number
}

export interface Doomed {
  /** What stands after FROM: events of store and archive. */
  events: Piece
  where: Piece
  /** `(SELECT person_key …)` of persons of whom all goes, also what is left of events that are gone. */
  persons?: Piece | undefined
}

/** Of the events that match; to be called before they are deleted. */
export async function touchSessions(store: Store, { deletionId, workspaceId }: Touched, { events, where, persons }: Doomed): Promise<void> {
  const database = raw(store.dialect.database)
  await store.command(
    sql`INSERT INTO ${database}.sessions_touched (deletion_id, workspace_id, session_key)
SELECT DISTINCT ${uuid(deletionId)}, ${u32(workspaceId)}, session_key FROM ${events} WHERE ${where} AND session_key != 0${
      persons
        ? sql`
UNION DISTINCT SELECT ${uuid(deletionId)}, ${u32(workspaceId)}, session_key FROM ${database}.sessions WHERE workspace_id = ${u32(workspaceId)} AND hasAny(person_keys, (SELECT groupArray(person_key) FROM ${persons}))`
        : empty
    }`,
    { settings: insertOnce() },
  )
  await store.command(
    sql`INSERT INTO ${database}.gap_touched (cause, workspace_id, day, date, person_key, is_bot)
SELECT DISTINCT ${str(deletionId)}, ${u32(workspaceId)}, toInt32(floor(toUnixTimestamp64Milli(event_timestamp) / ${raw(String(DAY_MS))})), toDate(event_timestamp), person_key, is_bot
FROM ${events} WHERE ${where} AND session_key = 0${
      persons
        ? sql`
UNION DISTINCT SELECT ${str(deletionId)}, ${u32(workspaceId)}, day, toDate(day), person_key, is_bot FROM ${database}.gap_sessions WHERE workspace_id = ${u32(workspaceId)} AND person_key IN ${persons}`
        : empty
    }`,
    { settings: insertOnce() },
  )
}

/** To be called while nothing is loaded. */
export async function rebuildTouched(store: Store, { deletionId, workspaceId }: Touched): Promise<void> {
  const database = raw(store.dialect.database)
  const atOnce = { lightweight_deletes_sync: 2, mutations_sync: 2 }
  const remove = async (table: string, { text, params }: Piece): Promise<void> =>
    store.command({ text: store.dialect.deleteFrom(table, text), params }, { settings: atOnce })
  const isAny = async (from: Piece): Promise<boolean> => (await store.query(sql`SELECT 1 ${from} LIMIT 1`, { lane: 'admin' })).rows.length > 0

  const sessions = sql`FROM ${database}.sessions_touched WHERE deletion_id = ${uuid(deletionId)}`
  if (await isAny(sessions)) {
    const where = sql`workspace_id = ${u32(workspaceId)} AND session_key IN (SELECT session_key ${sessions})`
    for (const { table, columns, select } of made) {
      await remove(table, where)
      const [before = '', after = ''] = select(' AND {where}').replace('{from}', `${store.dialect.database}.events`).split('{where}')
      await store.command(
        sql`INSERT INTO ${database}.${raw(table)} (${raw(columns)})
${raw(before)}${where}${raw(after)}`,
        { settings: insertOnce() },
      )
    }
    await store.command(store.dialect.alter('sessions_touched', `DROP PARTITION '${deletionId}'`), { settings: { mutations_sync: 2 } })
  }
  const gaps = sql`FROM ${database}.gap_touched WHERE cause = ${str(deletionId)}`
  if (await isAny(gaps)) {
    await remove('gap_sessions', sql`workspace_id = ${u32(workspaceId)} AND (day, person_key, is_bot) IN (SELECT day, person_key, is_bot ${gaps})`)
    await remakeGaps(store, deletionId)
  }
}

const made = [
  { table: 'sessions', columns: 'workspace_id, session_key, is_bot, started_at, last_at, events, page_views, person_keys', select: sessionsOfEvents },
  { table: 'session_details', columns: 'workspace_id, session_key, is_bot, session_id, user, anonymous, device, origin, entry, exit', select: detailsOfEvents },
] as const
