import { DAY, MINUTE } from '../base/time.ts'
import { DAY_MS, GAP_MS } from '../store/migrations/0005_sessions.ts'
import { empty, i64, raw, sql, str, time, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * What a session is, as a function of its records, whatever their order:
 *
 *   start          the earliest of its events and records
 *   end            the earliest `logout` or `replaced`; without one it has ended at its last activity, once that is longer ago than the idle
 *                  limit of its kind, and a newer event opens it again
 *   last activity  the latest event, start or sign of life up to the end
 *   kind           `login` where a log-in was told of, `chat` where a chat was, else `web`
 *
 * One session_id is one session, whatever its gaps. Events without one make a session of their raw id, as long as no gap is over half an hour.
 * A `stale` record says only what follows anyway. Times are milliseconds since 1970; NEVER stands for an end that has not come.
 */
export const NEVER = 2n ** 62n
export const kinds = ['web', 'chat', 'login'] as const
export type Kind = (typeof kinds)[number]
export const endReasons = ['logout', 'replaced', 'timeout', 'stale'] as const

const IDLE_MS = { web: 30 * MINUTE, chat: 30 * MINUTE, login: DAY } as const satisfies Record<Kind, number>
/** Why a session without an explicit end has ended. */
export const idleReason = (kind: Kind): (typeof endReasons)[number] => (kind === 'login' ? 'stale' : 'timeout')

/** One row of what the pieces below select. */
export interface Folded {
  /** Tells sessions of one start apart; of a session with an id it is its session_key. */
  key: string
  start_ms: string
  active_ms: string
  ended_ms: string
  explicit_end: number
  rank: number
  events: string
  page_views: string
  /** 1: of events without a session_id. */
  gap: number
  person_key: string
  is_bot: boolean
}

export interface Wanted {
  store: Store
  workspaceId: number
  now: number
  bots: boolean
  /** Only sessions with an event or a log-in of one of these persons: an array of raw person keys. */
  persons?: Piece | undefined
  /** With a column more, `owners`: the raw keys of whose it is. */
  owners?: true
}

export interface Span {
  fromMs: number
  /** Exclusive. */
  toMs: number
}

/** Query: keys of sessions with an event or a record in the span, first or not; all that started in it are among them. Of `some` sessions only, a query of keys. */
export const keysStartedIn = ({ store, workspaceId, bots }: Wanted, span: Span, some?: Piece): Piece => {
  const database = raw(store.dialect.database)
  const within = (column: string): Piece =>
    sql`workspace_id = ${u32(workspaceId)} AND ${isWithin(column, span)}${some ? sql` AND session_key IN (${some})` : empty}`
  return sql`SELECT session_key FROM ${database}.sessions WHERE ${within('started_at')}${withoutBots(bots)}
    UNION ALL SELECT session_key FROM ${database}.session_records WHERE ${within('at')}`
}

/** Query: keys of sessions that may be under way: with something in them within the longest idle limit. */
export const keysUnderWay = ({ store, workspaceId, now, bots }: Wanted): Piece => {
  const database = raw(store.dialect.database)
  const since = (column: string): Piece => sql`workspace_id = ${u32(workspaceId)} AND ${raw(column)} >= ${time(now - IDLE_MS.login)}`
  return sql`SELECT session_key FROM ${database}.sessions WHERE ${since('last_at')}${withoutBots(bots)}
    UNION ALL SELECT session_key FROM ${database}.session_records WHERE ${since('at')}`
}

/** Query: keys of sessions of a kind that records tell of. */
export const keysOfKind = ({ store, workspaceId }: Wanted, kind: Kind): Piece =>
  sql`SELECT session_key FROM ${raw(store.dialect.database)}.session_records WHERE workspace_id = ${u32(workspaceId)} AND kind = ${str(kind)}`

/** Sessions with an id, of `keys` (a list or a query): all rows of each, whenever they are. */
export function foldedById({ store, workspaceId, now, bots, persons, owners }: Wanted, keys?: Piece): Piece {
  const database = raw(store.dialect.database)
  const ofWorkspace = sql`workspace_id = ${u32(workspaceId)}`
  const ofPersons = persons
    ? sql` AND session_key IN (SELECT session_key FROM ${database}.sessions WHERE ${ofWorkspace}${withoutBots(bots)} AND hasAny(person_keys, ${persons})
    UNION ALL SELECT session_key FROM ${database}.session_records WHERE ${ofWorkspace} AND person_key IN (SELECT arrayJoin(${persons})))`
    : empty
  const only = sql`${keys ? sql` AND session_key IN (${keys})` : empty}${ofPersons}`
  return sql`SELECT session_key AS key, start_ms, greatest(start_ms, told_ms) AS active_ms, ${endedOf(now)} AS ended_ms, end_ms < ${never} AS explicit_end, rank, events, page_views,
  0 AS gap, toUInt64(0) AS person_key, false AS is_bot${owners ? raw(', owners') : empty}
FROM (
  SELECT session_key, min(first) AS start_ms, max(active) AS told_ms, min(ended) AS end_ms, max(ranked) AS rank, sum(counted) AS events, sum(viewed) AS page_views${owners ? raw(', groupUniqArrayArray(owned) AS owners') : empty}
  FROM (
    SELECT session_key, toUnixTimestamp64Milli(started_at) AS first, toUnixTimestamp64Milli(last_at) AS active, ${never} AS ended, toUInt8(0) AS ranked,
      events AS counted, page_views AS viewed${owners ? raw(', person_keys AS owned') : empty}
    FROM ${database}.sessions WHERE ${ofWorkspace}${withoutBots(bots)}${only}
    UNION ALL
    SELECT session_key, toUnixTimestamp64Milli(at), if(${isEnd}, -${never}, toUnixTimestamp64Milli(at)), if(${isEnd}, toUnixTimestamp64Milli(at), ${never}),
      toUInt8(multiIf(kind = 'login', 2, kind = 'chat', 1, 0)), toUInt64(0), toUInt64(0)${owners ? raw(", if(user_id = '', [], [person_key])") : empty}
    FROM ${database}.session_records WHERE ${ofWorkspace} AND record != 'stale'${only}
  )
  GROUP BY session_key)`
}

/**
 * Sessions with an id that started in the span, which may be most of all. They are not grouped: what is there
 * since the start of the span is merged in the order of the table's key (FINAL; PREWHERE comes before it), which takes little memory, and those
 * that began before are left out. Only those that records tell of, or events of bots and of others, are made of several rows.
 */
export function foldedStartedIn(wanted: Wanted, span: Span): Piece {
  const { store, workspaceId, now, bots, owners } = wanted
  const database = raw(store.dialect.database)
  const ofWorkspace = sql`workspace_id = ${u32(workspaceId)}`
  const ofPeople = sql`${ofWorkspace} AND NOT is_bot`
  const since = sql`started_at >= ${time(span.fromMs)}`
  const several = sql`SELECT session_key FROM ${database}.session_records WHERE ${ofWorkspace} AND record != 'stale'${
    bots ? sql` UNION ALL SELECT session_key FROM ${database}.sessions WHERE ${ofWorkspace} AND is_bot` : empty
  }`
  const before = sql`SELECT session_key FROM ${database}.sessions WHERE ${ofPeople} AND started_at < ${time(span.fromMs)}
    AND session_key IN (SELECT session_key FROM ${database}.sessions WHERE ${ofPeople} AND ${since})`
  return sql`SELECT session_key AS key, start_ms, active_ms, ${endedOf(now)} AS ended_ms, 0 AS explicit_end, rank, events, page_views, 0 AS gap, toUInt64(0) AS person_key, false AS is_bot${owners ? raw(', person_keys AS owners') : empty}
FROM (
  SELECT session_key, toUnixTimestamp64Milli(started_at) AS start_ms, toUnixTimestamp64Milli(last_at) AS active_ms, ${never} AS end_ms, toUInt8(0) AS rank, events, page_views${owners ? raw(', person_keys') : empty}
  FROM ${database}.sessions FINAL PREWHERE ${ofPeople} AND ${since} WHERE started_at < ${time(span.toMs)} AND session_key NOT IN (${several} UNION ALL ${before}))
UNION ALL
SELECT * FROM (${foldedById(wanted, keysStartedIn(wanted, span, several))}) WHERE start_ms >= ${i64(span.fromMs)} AND start_ms < ${i64(span.toMs)}`
}

/** Days for which a session without an id is followed over midnights; what goes on for longer without a gap is a program. */
export const CHAIN_DAYS = 31

/**
 * Sessions of events without an id, that started on the UTC days from `fromMs` to `toMs`, and some before. Runs that touch no midnight are
 * sessions as they stand; those of a person that do, on later days too, are joined where there is no gap between them.
 */
export function foldedByGap({ store, workspaceId, now, bots, persons, owners }: Wanted, { fromMs, toMs }: Span, wide = false): Piece {
  const day = (ms: number): Piece => i64(Math.floor(ms / DAY))
  const runs = sql`FROM (
    SELECT person_key, is_bot, user_id, anonymous_id, day, toUnixTimestamp64Milli(began) AS first, toUnixTimestamp64Milli(ended) AS last, counted_events, viewed,
      ${wide ? raw('entry, exit, origin, device') : raw("'' AS entry, '' AS exit, '' AS origin, '' AS device")},
      first < (day * ${dayMs} + ${gapMs}) OR last >= (day * ${dayMs} + ${dayMs} - ${gapMs}) AS edge
    FROM ${raw(store.dialect.database)}.gap_sessions FINAL
    ARRAY JOIN starts AS began, ends AS ended, events AS counted_events, page_views AS viewed${wide ? raw(', entries AS entry, exits AS exit, origins AS origin, devices AS device') : empty}
    WHERE workspace_id = ${u32(workspaceId)} AND day >= ${day(fromMs)} - 1 AND day <= ${day(toMs)} + ${raw(String(CHAIN_DAYS))}${withoutBots(bots)}${persons ? sql` AND person_key IN (SELECT arrayJoin(${persons}))` : empty})`
  return sql`SELECT cityHash64(person_key, start_ms, is_bot) AS key, start_ms, active_ms, ${endedOf(now)} AS ended_ms, 0 AS explicit_end, rank, events, page_views, 1 AS gap, person_key, is_bot${owners ? raw(', [person_key] AS owners') : empty}${
    wide ? raw(', user_id, anonymous_id, entry, exit, origin, device') : empty
  }
FROM (
  SELECT person_key, is_bot, user_id, anonymous_id, first AS start_ms, last AS active_ms, counted_events AS events, viewed AS page_views, entry, exit, origin, device,
    ${never} AS end_ms, toUInt8(0) AS rank
  ${runs} WHERE NOT edge AND day <= ${day(toMs)}
  UNION ALL
  SELECT person_key, is_bot, user_id, anonymous_id, joined[1].1, joined[-1].2, arraySum(joined.3), arraySum(joined.4),
    arrayFirst(path -> path != '', joined.5), arrayLast(path -> path != '', joined.6), joined[1].7, joined[-1].8, ${never}, toUInt8(0)
  FROM (
    SELECT person_key, is_bot, any(user_id) AS user_id, any(anonymous_id) AS anonymous_id,
      arraySort(groupArray((first, last, counted_events, viewed, entry, exit, origin, device))) AS met,
      arraySplit((run, apart) -> apart, met, arrayMap((start, before) -> start - before > ${gapMs}, met.1, arrayPushFront(arrayPopBack(met.2), met[1].1))) AS sessions
    ${runs} WHERE edge GROUP BY person_key, is_bot)
  ARRAY JOIN sessions AS joined)`
}

/** Of queries over these: months of `gap_sessions` have no rows in common; of more keys than this, every part of a table holds some in each of its marks. */
export const foldSettings = { do_not_merge_across_partitions_select_final: 1, use_index_for_in_with_subqueries_max_values: 1_000 }

const never = raw(`toInt64(${NEVER})`)
const dayMs = raw(String(DAY_MS))
const gapMs = raw(String(GAP_MS))
const isWithin = (column: string, { fromMs, toMs }: Span): Piece => sql`${raw(column)} >= ${time(fromMs)} AND ${raw(column)} < ${time(toMs)}`
const isEnd = raw("record IN ('logout', 'replaced')")
const withoutBots = (bots: boolean): Piece => (bots ? empty : sql` AND NOT is_bot`)
const endedOf = (now: number): Piece =>
  sql`multiIf(end_ms < ${never}, end_ms, ${i64(now)} - active_ms > if(rank = 2, ${raw(String(IDLE_MS.login))}, ${raw(String(IDLE_MS.web))}), active_ms, ${never})`
/** From start to end, or to the last activity of a session that is open. */
export const lengthMs = sql`if(ended_ms = ${never}, active_ms, ended_ms) - start_ms`
export const isOpen = sql`ended_ms = ${never}`

export const kindOf = (rank: number): Kind => kinds[rank] ?? 'web'
