import { CairnError } from '../base/errors.ts'
import { MINUTE, type Clock } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { sessionKey } from '../store/keys.ts'
import { empty, raw, sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { selected, toIso, toMs, toOutput, type StoredEvent } from './stored.ts'
import { safe } from './where.ts'

/** Without activity for this long, a session has ended at its last activity. */
const IDLE_MS = 30 * MINUTE
/** More events than any person makes in one session; a program that never changes its session id does not make an endless answer. */
const MOST_EVENTS = 10_000

interface Summary {
  events: string
  started_at: string
  last_activity_at: string
  user_id: string
  anonymous_id: string
  device_type: string
  browser: string
  os: string
  country: string
  entry_path: string
  exit_path: string
  types: [string, string][]
}

/**
 * A session and its events in order, over all time: `(clock, number in its source, arrival, id)`. Of what may change in its course the
 * last known counts. At most 10,000 events are listed, the first ones; the summary is of all.
 */
export async function readSession({ store, clock }: { store: Store; clock: Clock }, call: Call<'sessionEvents'>): Promise<object> {
  const sessionId = safe('session_id', call.params['session_id'] ?? '')
  const where = sql`workspace_id = ${u32(call.workspace.id)} AND session_key = ${sessionKey(call.workspace.id, sessionId)}${call.query.include_bots === true ? empty : sql` AND NOT is_bot`}`
  const events = sql`FROM ${raw(store.dialect.database)}.events PREWHERE ${where}`
  const order = raw('(event_timestamp, ifNull(seq, 0), received_at, event_id)')
  const [summary, listed] = await Promise.all([
    store.query<Summary>(sql`SELECT count() AS events, min(event_timestamp) AS started_at, max(event_timestamp) AS last_activity_at,
  argMaxIf(user_id, ${order}, user_id != '') AS user_id, argMaxIf(anonymous_id, ${order}, anonymous_id != '') AS anonymous_id,
  argMax(device_type, ${order}) AS device_type, argMax(browser, ${order}) AS browser, argMax(os, ${order}) AS os, argMax(country, ${order}) AS country,
  argMinIf(url_path, ${order}, url_path != '') AS entry_path, argMaxIf(url_path, ${order}, url_path != '') AS exit_path,
  arraySort(t -> (-toInt64(t.2), t.1), CAST(sumMap(map(toString(event_type), 1)), 'Array(Tuple(String, UInt64))')) AS types
${events}`),
    store.query<StoredEvent>(sql`SELECT ${selected} ${events} ORDER BY ${order} LIMIT ${u32(MOST_EVENTS)}`),
  ])
  const [found] = summary.rows
  if (!found || Number(found.events) === 0) throw new CairnError('not_found', 'There is no such session in this workspace.')
  return { session: sessionOf(sessionId, found, clock.now()), events: listed.rows.map(toOutput) }
}

function sessionOf(sessionId: string, found: Summary, now: number): object {
  const last = toMs(found.last_activity_at)
  return {
    session_id: sessionId,
    user_id: found.user_id || null,
    anonymous_id: found.anonymous_id || null,
    started_at: toIso(found.started_at),
    ended_at: now - last > IDLE_MS ? toIso(found.last_activity_at) : null,
    last_activity_at: toIso(found.last_activity_at),
    duration_seconds: Math.round((last - toMs(found.started_at)) / 1_000),
    events: Number(found.events),
    device_type: found.device_type,
    browser: found.browser,
    os: found.os,
    country: found.country,
    entry_path: found.entry_path || null,
    exit_path: found.exit_path || null,
    types: Object.fromEntries(found.types.map(([type, count]) => [type, Number(count)])),
  }
}
