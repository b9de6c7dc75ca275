import type { SessionOutput } from '@cairn/wire/api/sessions'
import { iso } from '../base/time.ts'
import { ownersByName } from '../people/ids.ts'
import type { Persons } from '../store/persons.ts'
import { partsOf } from '../store/migrations/0005_sessions.ts'
import { empty, i64, join, raw, sql, u32, u64s, type Piece } from '../store/sql.ts'
import { foldedByGap, foldSettings, idleReason, kindOf, NEVER, type Folded, type Wanted } from './fold.ts'

/** Where, by what and whence: device, browser, os, country; and referrer, channel, utm source, medium and campaign of the first event. */
type Device = readonly [string, string, string, string]
type Origin = readonly [string, string, string, string, string]

interface Told {
  session_key: string
  session_id: string
  logins: number
  login_ms: string
  end_reason: string
  user_id: string
  user_agent: string
  referrer: string
  device: Device
}
interface Seen {
  user_id: string
  anonymous_id: string
  entry: string
  exit: string
  origin: Origin
  device: Device
}

/** Sessions of one page as they are answered, in the order of `rows`, those of visitors who have identified since by their name. What is wide is read of these only. */
export async function describe(wanted: Wanted, persons: Persons, rows: readonly Folded[]): Promise<SessionOutput[]> {
  const sessions = await outputsOf(wanted, rows)
  const visitors = sessions.flatMap(({ user_id, anonymous_id }) => (user_id === null && anonymous_id !== null ? [anonymous_id] : []))
  const owners = await ownersByName({ store: wanted.store, persons }, wanted.workspaceId, [...new Set(visitors)])
  return sessions.map((session) => ({ ...session, user_id: session.user_id ?? owners.get(session.anonymous_id ?? '') ?? null }))
}

async function outputsOf(wanted: Wanted, rows: readonly Folded[]): Promise<SessionOutput[]> {
  const [seen, told, before, gaps] = await Promise.all([seenOf(wanted, rows), toldOf(wanted, rows), lastBeforeEnd(wanted, rows), gapsOf(wanted, rows)])
  return rows.map((row) => {
    if (row.gap === 1) {
      const of = gaps.get(row.key) ?? nothing
      return outputOf(row, { sessionId: gapId(row), seen: of, told: undefined, activeMs: Number(row.active_ms) })
    }
    const records = told.get(row.key)
    const events = seen.get(row.key)
    const activeMs = before.get(row.key) ?? Math.min(Number(row.active_ms), row.explicit_end === 1 ? Number(row.ended_ms) : Infinity)
    return outputOf(row, { sessionId: events?.session_id ?? records?.session_id ?? '', seen: events ?? nothing, told: records, activeMs })
  })
}

const nothing: Seen = { user_id: '', anonymous_id: '', entry: '', exit: '', origin: ['', '', '', '', ''], device: ['', '', '', ''] }

interface Described {
  sessionId: string
  seen: Seen
  told: Told | undefined
  activeMs: number
}

function outputOf(row: Folded, { sessionId, seen, told, activeMs }: Described): SessionOutput {
  const kind = kindOf(row.rank)
  const startMs = Number(row.start_ms)
  const open = BigInt(row.ended_ms) === NEVER
  const endedMs = open ? undefined : Number(row.ended_ms)
  const [device_type, browser, os, country] = told && told.device[0] !== '' ? told.device : seen.device
  const [referrer_domain, channel, utm_source, utm_medium, utm_campaign] = seen.origin
  const web = kind === 'web'
  return {
    session_id: sessionId,
    kind,
    user_id: (told?.user_id ?? '') || seen.user_id || null,
    anonymous_id: seen.anonymous_id || null,
    started_at: iso(startMs),
    ended_at: endedMs === undefined ? null : iso(endedMs),
    end_reason: open ? null : row.explicit_end === 1 ? (told?.end_reason === 'replaced' ? 'replaced' : 'logout') : idleReason(kind),
    active: open,
    login_at: told && told.logins > 0 ? iso(Number(told.login_ms)) : null,
    logout_at: row.explicit_end === 1 && endedMs !== undefined ? iso(endedMs) : null,
    last_activity_at: iso(activeMs),
    duration_seconds: Math.round(((endedMs ?? activeMs) - startMs) / 1_000),
    events: Number(row.events),
    page_views: Number(row.page_views),
    device_type,
    browser,
    os,
    country,
    user_agent: told?.user_agent || null,
    referrer: told?.referrer || null,
    referrer_domain,
    channel,
    utm_source,
    utm_medium,
    utm_campaign,
    entry_path: web ? seen.entry || null : null,
    exit_path: web ? seen.exit || null : null,
  }
}

const withId = (rows: readonly Folded[]): string[] => rows.filter((row) => row.gap === 0).map((row) => row.key)

/** Query: what the events of sessions with an id show of them. `only` is a condition on its rows, beginning with AND. */
export const seenById = ({ store, workspaceId, bots }: Wanted, only: Piece): Piece => sql`SELECT session_key, any(session_id) AS session_id,
  argMaxIfMerge(user) AS user_id, argMaxIfMerge(anonymous) AS anonymous_id, argMinIfMerge(entry) AS entry, argMaxIfMerge(exit) AS exit,
  ${raw(partsOf('argMinMerge(origin)'))} AS origin, ${raw(partsOf('argMaxMerge(device)'))} AS device
FROM ${raw(store.dialect.database)}.session_details WHERE workspace_id = ${u32(workspaceId)}${only}${bots ? empty : sql` AND NOT is_bot`}
GROUP BY session_key`

async function seenOf(wanted: Wanted, rows: readonly Folded[]): Promise<Map<string, Seen & { session_id: string }>> {
  const keys = withId(rows)
  if (keys.length === 0) return new Map()
  const found = await wanted.store.query<Seen & { session_key: string; session_id: string }>(seenById(wanted, sql` AND session_key IN ${u64s(keys)}`))
  return new Map(found.rows.map((row) => [row.session_key, row]))
}

/** Query: what was told of sessions with an id. Of the log-in its first telling counts, of the ends the earliest. */
export const toldById = ({ store, workspaceId }: Wanted, only: Piece): Piece => {
  const login = raw("record = 'started'")
  return sql`SELECT session_key, any(session_id) AS session_id, toFloat64(countIf(${login} AND kind = 'login')) AS logins,
  toUnixTimestamp64Milli(minIf(at, ${login})) AS login_ms, argMinIf(record, (at, record), record IN ('logout', 'replaced')) AS end_reason,
  argMinIf(user_id, (at, record_id), user_id != '') AS user_id, argMinIf(user_agent, (at, record_id), ${login}) AS user_agent, argMinIf(referrer, (at, record_id), ${login}) AS referrer,
  argMinIf(CAST(tuple(device_type, browser, os, country), 'Tuple(String, String, String, String)'), (at, record_id), ${login}) AS device
FROM ${raw(store.dialect.database)}.session_records WHERE workspace_id = ${u32(workspaceId)}${only} AND record != 'stale'
GROUP BY session_key`
}

async function toldOf(wanted: Wanted, rows: readonly Folded[]): Promise<Map<string, Told>> {
  const keys = withId(rows)
  if (keys.length === 0) return new Map()
  const found = await wanted.store.query<Told>(toldById(wanted, sql` AND session_key IN ${u64s(keys)}`))
  return new Map(found.rows.map((row) => [row.session_key, row]))
}

/** The latest event or sign of life up to the explicit end, of the few sessions that have some after it; milliseconds. */
async function lastBeforeEnd({ store, workspaceId, bots }: Wanted, rows: readonly Folded[]): Promise<Map<string, number>> {
  const late = rows.filter((row) => row.explicit_end === 1 && Number(row.active_ms) > Number(row.ended_ms))
  if (late.length === 0) return new Map()
  const database = raw(store.dialect.database)
  const keys = u64s(late.map((row) => row.key))
  const ends = sql`[${join(late.map((row) => i64(row.ended_ms)))}]`
  const of = sql`workspace_id = ${u32(workspaceId)} AND session_key IN ${keys}`
  const { rows: found } = await store.query<{ session_key: string; last_ms: string }>(sql`SELECT session_key, max(at_ms) AS last_ms FROM (
  SELECT session_key, toUnixTimestamp64Milli(event_timestamp) AS at_ms FROM ${database}.events PREWHERE ${of}${bots ? empty : sql` AND NOT is_bot`}
  UNION ALL
  SELECT session_key, toUnixTimestamp64Milli(at) FROM ${database}.session_records WHERE ${of} AND record IN ('started', 'activity'))
WHERE at_ms <= transform(session_key, ${keys}, ${ends}, toInt64(0))
GROUP BY session_key`)
  const known = new Map(found.map((row) => [row.session_key, Number(row.last_ms)]))
  // Nothing up to the end but the end itself.
  return new Map(late.map((row) => [row.key, known.get(row.key) ?? Number(row.start_ms)]))
}

async function gapsOf(wanted: Wanted, rows: readonly Folded[]): Promise<Map<string, Seen>> {
  const gaps = rows.filter((row) => row.gap === 1)
  if (gaps.length === 0) return new Map()
  const starts = gaps.map((row) => Number(row.start_ms))
  const persons = u64s([...new Set(gaps.map((row) => row.person_key))])
  const span = { fromMs: Math.min(...starts), toMs: Math.max(...starts) }
  const { rows: found } = await wanted.store.query<Seen & { key: string }>(
    sql`SELECT toString(key) AS key, user_id, if(user_id = '', anonymous_id, '') AS anonymous_id, entry, exit, origin, device
FROM (${foldedByGap({ ...wanted, persons }, span, true)}) WHERE key IN ${u64s(gaps.map((row) => row.key))}`,
    { settings: foldSettings },
  )
  return new Map(found.map((row) => [row.key, row]))
}

/** Names a session of events without an id: whose it is and when it began, so a late event before its start gives it another name. */
const gapId = ({ person_key, start_ms, is_bot }: Folded): string => `~${person_key}.${start_ms}${is_bot ? '.bot' : ''}`
export const readGapId = (id: string): { person: string; startMs: number; bot: boolean } | undefined => {
  const [, person, start, bot] = /^~(\d{1,20})\.(-?\d{1,14})(\.bot)?$/.exec(id) ?? []
  return person === undefined || start === undefined || BigInt(person) >= 2n ** 64n ? undefined : { person, startMs: Number(start), bot: bot !== undefined }
}
