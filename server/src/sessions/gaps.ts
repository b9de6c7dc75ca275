import type { AfterLoad } from '../ingest/loader.ts'
import { kinds } from '../ingest/record.ts'
import { personKeyColumn } from '../store/keys.ts'
import { DAY_MS, gapsOfEvents } from '../store/migrations/0005_sessions.ts'
import { raw, sql, str } from '../store/sql.ts'
import { insertOnce, type Store } from '../store/store.ts'

/**
 * Keeps `gap_sessions` in step with the events that carry no session_id: after each segment the runs of every person and day it brought such an
 * event of are made again out of the events of that day. Whose they are is written down first (`gap_touched`) and goes last, so that what a
 * crash cut off is done again with the segment. A day with more events always wins over an earlier making of it, so order and repetition do
 * not matter.
 */
export const gapsAfterLoad =
  (store: Store): AfterLoad =>
  async ({ token, events, insertFromEvents }) => {
    if (events === 0) return
    await insertFromEvents(
      'gap_touched',
      (table, source) => `INSERT INTO ${table} (cause, workspace_id, day, date, person_key, is_bot)
SELECT DISTINCT '${token}', workspace_id, toInt32(floor(event_ms / ${DAY_MS})), toDate(fromUnixTimestamp64Milli(event_ms, 'UTC')), ${personKeyColumn('user_id', 'anonymous_id')}, bitAnd(flags, 1) != 0
FROM ${source} WHERE kind = '${kinds.event}' AND session_id = ''`,
    )
    await remakeGaps(store, token)
  }

/** Makes the runs again of whoever `cause` touched, then forgets the cause. Of a day without events nothing is made. */
export async function remakeGaps(store: Store, cause: string): Promise<void> {
  const database = raw(store.dialect.database)
  const touched = sql`FROM ${database}.gap_touched WHERE cause = ${str(cause)}`
  const { rows } = await store.query<{ touched: string }>(sql`SELECT count() AS touched ${touched}`, { lane: 'admin' })
  if (Number(rows[0]?.touched ?? 0) === 0) return
  const where = sql` AND workspace_id IN (SELECT workspace_id ${touched}) AND toDate(event_timestamp) IN (SELECT date ${touched})
      AND (workspace_id, day, person_key, is_bot) IN (SELECT workspace_id, day, person_key, is_bot ${touched})`
  const [before = '', after = ''] = gapsOfEvents('{where}').replace('{from}', `${store.dialect.database}.events`).split('{where}')
  await store.command(
    sql`INSERT INTO ${database}.gap_sessions (workspace_id, day, person_key, is_bot, user_id, anonymous_id, counted, starts, ends, events, page_views, entries, exits, origins, devices)
${raw(before)}${where}${raw(after)}`,
    { lane: 'load', settings: insertOnce() },
  )
  await store.command(store.dialect.alter('gap_touched', `DROP PARTITION '${cause}'`), { lane: 'load' })
}
