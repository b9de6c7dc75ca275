import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { dayNames, type Range } from '../analytics/range.ts'
import { iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { readIds, usersOf } from '../people/ids.ts'
import { readTraits } from '../people/traits.ts'
import { empty, i64, raw, sql, str, time, u32, u64, u64s, type Piece } from '../store/sql.ts'
import { foldedByGap, foldedById, foldedStartedIn, foldSettings, isOpen, keysOfKind, kinds, type Wanted } from './fold.ts'
import type { SessionReadDeps } from './list.ts'
import { rangeOfUsage, weekdayOf } from './usage.ts'

/**
 * How much people use the product, of the sessions that started in the range: of each person log-ins where there are any, else all. Time of
 * several at once counts once. A person is present in every hour of the zone's clock that a session of theirs touches, up to the range's end.
 */
export async function readPlatformUsage(deps: SessionReadDeps, call: Call<'usage'>): Promise<object> {
  const now = deps.clock.now()
  const range = rangeOfUsage(call, now)
  const owned = ownedBy(deps, call, range)
  // Two passes, side by side: one alone would keep the hours of every person.
  const [totals, presences] = await Promise.all([
    deps.store.query<Total>(
      sql`SELECT count() AS people, sum(length_ms) AS length_sum, quantileExactInclusive(0.5)(length_ms) AS length_median
FROM (SELECT person, intervalLengthSum(start_ms, end_ms) AS length_ms FROM (${owned}) GROUP BY person)`,
      { settings: foldSettings },
    ),
    deps.store.query<Presence>(
      sql`SELECT grouping(day) = 0 AS of_day, hour, day, uniqExact(person) AS people
FROM (SELECT person, arrayJoin(clock_hours) AS hour, toInt32(floor(hour / 24)) AS day FROM (${owned}))
GROUP BY GROUPING SETS ((hour), (day))`,
      { settings: foldSettings },
    ),
  ])
  return {
    ...shape(totals.rows[0], presences.rows, range),
    meta: {
      from: iso(range.fromMs),
      to: iso(range.toMs),
      timezone: range.timezone,
      exact: true,
      bots: call.query.include_bots === true ? 'included' : 'excluded',
      fresh_to: iso(now),
      definition:
        'Sessions by their start, from inclusive, to exclusive; of each person log-ins where there are any, else all. Time of several at once counts once. A person is present in each hour that a session of theirs touches.',
    },
  }
}

interface Total {
  people: string
  length_sum: string
  length_median: number
}
/** Of an hour, or of a day. */
interface Presence {
  of_day: number
  hour: number
  day: number
  people: string
}

function shape(total: Total | undefined, presences: readonly Presence[], range: Range): object {
  const people = Number(total?.people ?? 0)
  const days = new Map(presences.flatMap((row) => (row.of_day ? [[row.day, Number(row.people)]] : [])))
  const byHour = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  for (const row of presences) {
    if (row.of_day) continue
    const hours = byHour[weekdayOf(Math.floor(row.hour / 24))]
    const at = ((row.hour % 24) + 24) % 24
    if (hours) hours[at] = (hours[at] ?? 0) + Number(row.people)
  }
  const seconds = Number(total?.length_sum ?? 0) / 1_000
  return {
    people,
    seconds,
    seconds_per_person: { mean: people === 0 ? null : seconds / people, median: people === 0 || !total ? null : total.length_median / 1_000 },
    people_by_day: Object.fromEntries(dayNames(range).map((name, i) => [name, days.get(range.firstDay + i) ?? 0])),
    people_by_hour: byHour,
  }
}

const DEFAULT_LIMIT = 50
const orders = { time: 'toInt64(length_ms)', sessions: 'toInt64(sessions)', last_activity: 'last_ms' } as const

/** The same, person by person, most first. */
export async function readUsageByPerson(deps: SessionReadDeps, call: Call<'usageByPerson'>): Promise<object> {
  const { workspace, query } = call
  const range = rangeOfUsage(call, deps.clock.now())
  const limit = query.limit ?? DEFAULT_LIMIT
  const cursor = readCursor(query.cursor, 'number')
  const { rows } = await deps.store.query<PersonRow>(
    sql`SELECT toString(person_key) AS person, ${raw(orders[query.order ?? 'time'])} AS rank_by, sessions, logged_in, length_ms, day_count, last_ms, login_ms
FROM (
  SELECT person AS person_key, max(rank) = 2 AS logged_in, count() AS sessions, intervalLengthSum(start_ms, end_ms) AS length_ms,
    length(arrayDistinct(groupArrayArray(clock_days))) AS day_count, max(active_ms) AS last_ms, max(start_ms) AS login_ms
  FROM (SELECT *, arrayDistinct(arrayMap(hour -> toInt32(floor(hour / 24)), clock_hours)) AS clock_days FROM (${ownedBy(deps, call, range)}))
  GROUP BY person)
${cursor ? sql`WHERE (rank_by, person_key) < (${i64(cursor.ms)}, ${u64(cursor.key)})` : empty}
ORDER BY rank_by DESC, person_key DESC
LIMIT ${u32(limit + 1)}`,
    { settings: foldSettings },
  )
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    people: await named(deps, workspace.id, range, shown),
    next_cursor: last ? writeCursor({ ms: Number(last.rank_by), key: last.person }) : null,
  }
}

interface PersonRow {
  person: string
  rank_by: string
  sessions: string
  logged_in: number
  length_ms: string
  day_count: string
  last_ms: string
  login_ms: string
}

const HOUR_MS = 3_600_000

/**
 * Query: a row for each session that counts and each person whose it is. `clock_hours` are the hours of the zone's clock that it touches, counted
 * since 1970.
 */
function ownedBy({ store, persons, clock }: SessionReadDeps, { workspace, query }: Call<'usage'> | Call<'usageByPerson'>, range: Range): Piece {
  const wanted: Wanted = { store, workspaceId: workspace.id, now: clock.now(), bots: query.include_bots === true, owners: true }
  const startedIn = sql`start_ms >= ${i64(range.fromMs)} AND start_ms < ${i64(range.toMs)}`
  const person = persons.rootOf(workspace.id, raw('owner'))
  const loggedIn = sql`SELECT ${person} FROM (${foldedById(wanted, keysOfKind(wanted, 'login'))}) ARRAY JOIN owners AS owner WHERE ${startedIn}`
  const counts = query.kind === undefined ? sql`rank = 2 OR person NOT IN (${loggedIn})` : sql`rank = ${u32(kinds.indexOf(query.kind))}`
  const zone = str(range.storeTimezone)
  const moment = raw("fromUnixTimestamp64Milli(ms, 'UTC')")
  const moments = sql`arrayMap(step -> least(start_ms + step * ${raw(String(HOUR_MS))}, seen_ms), range(toUInt64(intDiv(seen_ms - start_ms, ${raw(String(HOUR_MS))}) + 2)))`
  return sql`SELECT ${person} AS person, rank, start_ms, active_ms, end_ms, clock_hours
FROM (
  SELECT owners, rank, start_ms, active_ms, if(${isOpen}, active_ms, ended_ms) AS end_ms, greatest(start_ms, least(end_ms, ${i64(range.toMs - 1)})) AS seen_ms,
    arrayDistinct(arrayMap(ms -> toInt32(toDate32(${moment}, ${zone})) * 24 + toInt32(toHour(${moment}, ${zone})), ${moments})) AS clock_hours
  FROM (${foldedStartedIn(wanted, range)} UNION ALL ${foldedByGap(wanted, range)})
  WHERE ${startedIn})
ARRAY JOIN owners AS owner
WHERE ${counts}`
}

/** With their ids and traits, in the order of `rows`. */
async function named({ store, persons }: SessionReadDeps, workspaceId: number, range: Range, rows: readonly PersonRow[]): Promise<object[]> {
  const keys = rows.map(({ person }) => person)
  const [seen, ids] = await Promise.all([
    namesOf({ store, persons }, workspaceId, range, keys),
    persons.hasLinks(workspaceId) ? readIds({ store, persons }, workspaceId, keys) : undefined,
  ])
  const userOf = (person: string): string => ids?.get(person)?.user_id || seen.get(person)?.user_id || ''
  const tied = keys.map((person) => ({ user_ids: [], anonymous_ids: [], ...ids?.get(person), user_id: userOf(person) }))
  const traits = await readTraits(store, workspaceId, usersOf(tied))
  return rows.map(({ person, sessions, logged_in, length_ms, day_count, last_ms, login_ms }) => {
    const user = userOf(person)
    return {
      user_id: user || null,
      anonymous_id: user === '' ? seen.get(person)?.anonymous_id || null : null,
      traits: traits.get(user) ?? {},
      sessions: Number(sessions),
      counted: logged_in ? 'login' : 'all',
      seconds: Number(length_ms) / 1_000,
      active_days: Number(day_count),
      last_login_at: logged_in ? iso(Number(login_ms)) : null,
      last_activity_at: iso(Number(last_ms)),
    }
  })
}

interface Names {
  person: string
  user_id: string
  anonymous_id: string
}

/** By key of the person, of what they did since the range began. */
async function namesOf(
  { store, persons }: Pick<SessionReadDeps, 'store' | 'persons'>,
  workspaceId: number,
  range: Range,
  keys: readonly string[],
): Promise<Map<string, Names>> {
  if (keys.length === 0) return new Map()
  const database = raw(store.dialect.database)
  const person = persons.column(workspaceId)
  const of = (column: string): Piece => sql`workspace_id = ${u32(workspaceId)} AND ${person} IN ${u64s(keys)} AND ${raw(column)} >= ${time(range.fromMs)}`
  const { rows } = await store.query<Names>(sql`SELECT toString(who) AS person, max(user_id) AS user_id, max(anonymous_id) AS anonymous_id FROM (
  SELECT ${person} AS who, user_id, anonymous_id FROM ${database}.events PREWHERE ${of('event_timestamp')}
  UNION ALL SELECT ${person} AS who, user_id, '' FROM ${database}.session_records WHERE ${of('at')})
GROUP BY who`)
  return new Map(rows.map((row) => [row.person, row]))
}
