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
export function gapsAfterLoad(store: Store): AfterLoad {
  let passed: string[] | undefined
  return async ({ token, events, insertFromEvents }) => {
    if (events === 0) return
    passed ??= await leftBy(store, token)
    await insertFromEvents(
      'gap_touched',
      (table, source) => `INSERT INTO ${table} (cause, workspace_id, day, date, person_key, is_bot)
SELECT DISTINCT '${token}', workspace_id, toInt32(floor(event_ms / ${DAY_MS})), toDate(fromUnixTimestamp64Milli(event_ms, 'UTC')), ${personKeyColumn('user_id', 'anonymous_id')}, bitAnd(flags, 1) != 0
FROM ${source} WHERE kind = '${kinds.event}' AND session_id = ''`,
    )
    await makeRuns(store, token)
    passed.push(token)
    if (passed.length >= MOST_PASSED) await forget(store, passed.splice(0))
  }
}

/** Segments whose causes are let go together: each letting go costs as much as loading a few events. */
const MOST_PASSED = 50

/** What earlier runs of this node wrote down and did not let go. */
async function leftBy(store: Store, token: string): Promise<string[]> {
  const node = token.slice(0, token.lastIndexOf('-') + 1)
  const { rows } = await store.query<{ cause: string }>(
    sql`SELECT DISTINCT cause FROM ${raw(store.dialect.database)}.gap_touched WHERE startsWith(cause, ${str(node)}) AND cause != ${str(token)}`,
    { lane: 'load' },
  )
  return rows.map(({ cause }) => cause)
}

/** Makes the runs again of whoever `cause` touched, then forgets the cause. Of a day without events nothing is made. */
export async function remakeGaps(store: Store, cause: string): Promise<void> {
  await makeRuns(store, cause)
  await forget(store, [cause])
}

const forget = (store: Store, causes: readonly string[]): Promise<void> =>
  store.command(store.dialect.alter('gap_touched', causes.map((cause) => `DROP PARTITION '${cause}'`).join(', ')), { lane: 'load' })

async function makeRuns(store: Store, cause: string): Promise<void> {
  const database = raw(store.dialect.database)
  const touched = sql`FROM ${database}.gap_touched WHERE cause = ${str(cause)}`
  const where = sql` AND workspace_id IN (SELECT workspace_id ${touched}) AND toDate(event_timestamp) IN (SELECT date ${touched})
      AND (workspace_id, day, person_key, is_bot) IN (SELECT workspace_id, day, person_key, is_bot ${touched})`
  const [before = '', after = ''] = gapsOfEvents('{where}').replace('{from}', `${store.dialect.database}.events`).split('{where}')
  await store.command(
    sql`INSERT INTO ${database}.gap_sessions (workspace_id, day, person_key, is_bot, user_id, anonymous_id, counted, starts, ends, events, page_views, entries, exits, origins, devices)
${raw(before)}${where}${raw(after)}`,
    { lane: 'load', settings: insertOnce() },
  )
}
