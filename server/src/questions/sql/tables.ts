import { seenById, toldById } from '../../sessions/describe.ts'
import { foldedById, isOpen, kinds, lengthMs, type Wanted } from '../../sessions/fold.ts'
import { inSpan } from '../../store/keys.ts'
import { empty, join, raw, sql, str, u32, type Piece } from '../../store/sql.ts'
import type { Asked, BaselineRow } from '../asked.ts'
import { MARK } from './cursor.ts'

type Of = Pick<Asked, 'store' | 'persons' | 'workspaceId' | 'database' | 'range' | 'now'> & {
  /** Whether the question names a range; the tables of what happens hold what is in it then. */
  isBounded: boolean
  baselines: readonly BaselineRow[]
  /** Whether the query may read one of these columns; what nobody reads is not joined. */
  reads: (...columns: string[]) => boolean
}
type Columns = Readonly<Record<string, string | Piece>>
interface Table {
  columns: (of: Of) => Columns
  /** What they are taken from, from FROM on. */
  from: (of: Of) => Piece
}

/** The tables of the store with rows of a workspace: whatever a query says, of these it is given those of its own. */
export const guarded = [
  ...['events', 'quarantine', 'ledger', 'event_types', 'event_properties', 'person_facts', 'deletions', 'source_ends', 'person_links', 'sessions'],
  ...['session_details', 'session_records', 'gap_sessions', 'gap_touched', 'sessions_touched', 'entities', 'entity_changes', 'engagement'],
  ...['view_durations', 'rolled_up', 'cohort_members'],
] as const

const table = ({ database }: Of, name: (typeof guarded)[number]): Piece => raw(`${database}.${name}`)
const own = ({ workspaceId }: Of): Piece => sql`workspace_id = ${u32(workspaceId)}`
/** A time on the clock of the question's zone. */
const clock = ({ range }: Of, time: string | Piece): Piece => {
  const value = typeof time === 'string' ? raw(time) : time
  return range.storeTimezone === 'UTC' ? value : sql`toTimeZone(${value}, ${str(range.storeTimezone)})`
}
const ms = (of: Of, value: Piece): Piece => clock(of, sql`fromUnixTimestamp64Milli(${value}, 'UTC')`)
const bounded = ({ isBounded, range }: Of): Piece => (isBounded ? sql` AND ${inSpan(range)}` : empty)
const ofUser = (of: Of, user: string): Piece => of.persons.rootOf(of.workspaceId, sql`cityHash64(${u32(of.workspaceId)}, 'u', ${raw(user)})`)
const same = (...names: string[]): Columns => Object.fromEntries(names.map((name) => [name, name]))

const events: Table = {
  columns: (of) => ({
    ...same('event_id', 'event_type', 'event_category', 'event_action', 'user_id', 'anonymous_id'),
    person_key: of.persons.column(of.workspaceId),
    ...same('session_id', 'entity_type', 'entity_id', 'event_metadata', 'metadata', 'context_snapshot', 'device_type', 'duration_ms'),
    event_timestamp: clock(of, 'event_timestamp'),
    received_at: clock(of, 'received_at'),
    ...same('seq', 'source_id', 'browser', 'os', 'country', 'is_bot', 'is_internal', 'is_new_type', 'url_path', 'referrer_domain', 'channel'),
    ...same('utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'tracker', 'source'),
  }),
  from: (of) => sql`${table(of, 'events')} PREWHERE ${own(of)}${bounded(of)}`,
}

/** Moment and id as one number, which costs less to compare than both. */
const place = raw('bitShiftLeft(toUInt256(toUnixTimestamp64Milli(event_timestamp) + 70368744177664), 128) + toUInt256(reinterpretAsUInt128(event_id))')

/** Who was seen, without bots; traits as they are now, as JSON. */
const people: Table = {
  columns: (of) => ({
    ...same('person_key', 'user_id', 'anonymous_id', 'events', 'sessions'),
    first_seen: clock(of, 'first_seen'),
    last_seen: clock(of, 'last_seen'),
    ...same('device_type', 'browser', 'os', 'country'),
    traits: sql`if(empty(told), '{}', assumeNotNull(told))`,
  }),
  from: (of) => {
    const last = (column: string): Piece => raw(`argMax(${column}, place) AS ${column}`)
    const lastId = (column: string): Piece => raw(`argMaxIf(${column}, place, ${column} != '') AS ${column}`)
    const told = sql`
LEFT JOIN (SELECT person_key, concat('{', arrayStringConcat(arraySort(groupArray(concat(toJSONString(name), ':', value))), ','), '}') AS told FROM (
  SELECT ${ofUser(of, 'user_id')} AS person_key, trait.1 AS name, argMax(trait.2, (told_at, received_at, fact_id)) AS value
  FROM ${table(of, 'person_facts')} ARRAY JOIN JSONExtractKeysAndValuesRaw(traits) AS trait
  WHERE ${own(of)} AND fact = 'identify' AND traits != '' GROUP BY person_key, name) WHERE value != 'null' GROUP BY person_key) AS facts USING (person_key)`
    return sql`(SELECT ${of.persons.column(of.workspaceId)} AS person_key, ${lastId('user_id')}, ${lastId('anonymous_id')}, count() AS events,
  uniqExactIf(session_key, session_key != 0) AS sessions, min(event_timestamp) AS first_seen, max(event_timestamp) AS last_seen,
  ${join(['device_type', 'browser', 'os', 'country'].map(last))}
FROM (SELECT *, ${place} AS place FROM ${table(of, 'events')} PREWHERE ${own(of)} AND NOT is_bot${bounded(of)}) GROUP BY person_key) AS seen${of.reads('traits') ? told : empty}`
  },
}

const ofBoth = ['session_id', 'user_id', 'device_type', 'browser', 'os', 'country']
const ofSeen = ['anonymous_id', 'referrer_domain', 'channel', 'utm_source', 'utm_medium', 'utm_campaign', 'entry_path', 'exit_path']
const ofTold = ['end_reason', 'login_at', 'user_agent']
const word = (name: string): Piece => sql`ifNull(${raw(name)}, '')`
/** Sessions with an id, as they are folded; what is told of them and seen in them beside. */
const sessionsFrom =
  (condition: Piece) =>
  (of: Of): Piece => {
    const wanted: Wanted = { store: of.store, workspaceId: of.workspaceId, now: of.now, bots: false }
    const within = of.isBounded ? raw(` AND start_ms >= ${of.range.fromMs} AND start_ms < ${of.range.toMs}`) : empty
    const seen = of.reads(...ofBoth, ...ofSeen) ? sql`\nLEFT JOIN (${seenById(wanted, empty)}) AS seen ON folded.key = seen.session_key` : empty
    const told = of.reads(...ofBoth, ...ofTold) ? sql`\nLEFT JOIN (${toldById(wanted, empty)}) AS told ON folded.key = told.session_key` : empty
    return sql`(SELECT * FROM (${foldedById(wanted)}) WHERE ${condition}${within}) AS folded${seen}${told}`
  }
const eitherId = sql`if(${word('seen.session_id')} != '', ${word('seen.session_id')}, ${word('told.session_id')})`
const eitherUser = sql`if(${word('told.user_id')} != '', ${word('told.user_id')}, ${word('seen.user_id')})`
const lastActivity = (of: Of): Piece => ms(of, raw('least(active_ms, ended_ms)'))
const endReason = sql`multiIf(${isOpen}, NULL, explicit_end = 1, if(${word('told.end_reason')} = 'replaced', 'replaced', 'logout'), rank = 2, 'stale', 'timeout')`
const deviceOf = (place: number): Piece =>
  sql`if(tupleElement(told.device, 1) != '', tupleElement(told.device, ${raw(String(place))}), arrayElement(seen.device, ${raw(String(place))}))`
const devices = { device_type: deviceOf(1), browser: deviceOf(2), os: deviceOf(3), country: deviceOf(4) }
const durationSeconds = sql`round((${lengthMs}) / 1000)`

const sessions: Table = {
  columns: (of) => ({
    session_id: eitherId,
    kind: sql`arrayElement([${join(kinds.map(str))}], rank + 1)`,
    user_id: eitherUser,
    anonymous_id: word('seen.anonymous_id'),
    started_at: ms(of, raw('start_ms')),
    ended_at: sql`if(${isOpen}, NULL, ${ms(of, raw('ended_ms'))})`,
    end_reason: endReason,
    last_activity_at: lastActivity(of),
    duration_seconds: durationSeconds,
    ...same('events', 'page_views'),
    ...devices,
    referrer_domain: raw('arrayElement(seen.origin, 1)'),
    channel: raw('arrayElement(seen.origin, 2)'),
    utm_source: raw('arrayElement(seen.origin, 3)'),
    utm_medium: raw('arrayElement(seen.origin, 4)'),
    utm_campaign: raw('arrayElement(seen.origin, 5)'),
    entry_path: word('seen.entry'),
    exit_path: word('seen.exit'),
  }),
  from: sessionsFrom(raw('true')),
}

/** Log-ins only. */
const userSessions: Table = {
  columns: (of) => ({
    session_id: eitherId,
    user_id: eitherUser,
    login_at: ms(of, raw('if(ifNull(told.logins, 0) > 0, assumeNotNull(told.login_ms), start_ms)')),
    logout_at: sql`if(explicit_end = 1, ${ms(of, raw('ended_ms'))}, NULL)`,
    ended_at: sql`if(${isOpen}, NULL, ${ms(of, raw('ended_ms'))})`,
    end_reason: endReason,
    last_activity_at: lastActivity(of),
    duration_seconds: durationSeconds,
    user_agent: word('told.user_agent'),
    ...devices,
  }),
  from: sessionsFrom(raw('rank = 2')),
}

const entities: Table = {
  columns: (of) => ({
    ...same('entity_type', 'entity_id', 'title', 'status', 'type', 'project_id', 'client_id', 'created_by'),
    created_at: clock(of, 'created_at'),
    updated_at: clock(of, 'updated_at'),
    ...same('attributes'),
  }),
  from: (of) => sql`${table(of, 'entities')} FINAL WHERE ${own(of)} AND deleted = 0`,
}

const assigned = { user_id: 'a.1', why: "nullIf(a.4, '')", reason: "nullIf(a.5, '')" }
const assignedAt = (of: Of): Piece => ms(of, raw('a.2'))
const unassignedAt = (of: Of): Piece => sql`if(a.3 = 0, NULL, ${ms(of, raw('a.3'))})`
const assignmentsFrom = (of: Of, condition: Piece): Piece => sql`${table(of, 'entities')} FINAL ARRAY JOIN assignments AS a WHERE ${own(of)}${condition}`
const ofTasks = raw(" AND entity_type = 'task'")

const assignments: Table = {
  columns: (of) => ({ ...same('entity_type', 'entity_id'), ...assigned, assigned_at: assignedAt(of), unassigned_at: unassignedAt(of) }),
  from: (of) => assignmentsFrom(of, empty),
}

const taskRejections: Table = {
  columns: (of) => ({ task_id: 'entity_id', user_id: assigned.user_id, reason: assigned.reason, rejected_at: unassignedAt(of) }),
  from: (of) =>
    assignmentsFrom(of, sql`${ofTasks} AND a.4 = 'rejected'${of.isBounded ? raw(` AND a.3 >= ${of.range.fromMs} AND a.3 < ${of.range.toMs}`) : empty}`),
}

/** Every view; of its lengths the one that was told last. */
const taskViews: Table = {
  columns: (of) => ({
    view_id: 'view_id',
    ...same('task_id', 'user_id', 'anonymous_id', 'session_id', 'device_type'),
    viewed_at: clock(of, 'viewed_at'),
    view_duration_seconds: 'seconds',
  }),
  from: (of) => sql`(SELECT event_id AS view_id, entity_id AS task_id, user_id, anonymous_id, session_id, device_type, event_timestamp AS viewed_at
FROM ${table(of, 'events')} PREWHERE ${own(of)}${ofTasks} AND entity_id != '' AND event_action = 'viewed' AND NOT is_bot${bounded(of)}) AS views
LEFT JOIN (SELECT view_id, seconds FROM ${table(of, 'view_durations')} FINAL WHERE ${own(of)}${ofTasks}) AS durations USING (view_id)`,
}

/** Who is assigned now. */
const taskUser: Table = {
  columns: (of) => ({
    ...same('task_id', 'user_id'),
    assigned_at: clock(of, 'assigned_at'),
    first_viewed_at: clock(of, 'first_viewed'),
    last_viewed_at: clock(of, 'last_viewed'),
    view_count: 'ifNull(viewed, 0)',
    last_activity_at: clock(of, 'active_at'),
  }),
  from: (of) => sql`(SELECT entity_id AS task_id, a.1 AS user_id, fromUnixTimestamp64Milli(a.2, 'UTC') AS assigned_at, ${ofUser(of, 'a.1')} AS person
FROM ${assignmentsFrom(of, sql`${ofTasks} AND deleted = 0 AND a.3 = 0`)}) AS given
LEFT JOIN (SELECT entity_id AS task_id, ${of.persons.column(of.workspaceId)} AS person, min(first_viewed) AS first_viewed, max(last_viewed) AS last_viewed, sum(views) AS viewed,
  max(last_activity) AS active_at FROM ${table(of, 'engagement')} WHERE ${own(of)}${ofTasks} GROUP BY task_id, person) AS engaged USING (task_id, person)`,
}

/** What completed projects came to, each time it was calculated. They are the catalog's, and go along with the query. */
const projectMetricsBaseline: Table = {
  columns: (of) => ({
    ...Object.fromEntries(['metric_name', 'project_type', 'client_id', 'task_type', 'metric_value', 'median', 'p25', 'p75'].map((name) => [name, `b.${name}`])),
    standard_deviation: 'b.standard_deviation',
    sample_size: 'b.sample_size',
    calculated_at: ms(of, raw('b.calculated_at')),
  }),
  from: ({ baselines, isBounded, range }) => {
    const texts = 'metric_name String, project_type String, client_id String, task_type String'
    const type = `Array(Tuple(${texts}, metric_value Float64, median Float64, p25 Float64, p75 Float64, standard_deviation Float64, sample_size Int64, calculated_at Int64))`
    const rows = baselines.filter(({ calculated_at: at }) => !isBounded || (at >= range.fromMs && at < range.toMs))
    return sql`(SELECT arrayJoin(JSONExtract(${str(JSON.stringify(rows))}, ${raw(`'${type}'`)})) AS b)`
  },
}

/** By the name under which a query sees them. */
export const tables: Readonly<Record<string, Table>> = {
  events,
  people,
  sessions,
  user_sessions: userSessions,
  entities,
  assignments,
  task_views: taskViews,
  task_rejections: taskRejections,
  task_user: taskUser,
  project_metrics_baseline: projectMetricsBaseline,
}

/** Query: the table of that name, of this workspace alone, its columns by the names that the query was written anew with. */
export function boundTable(of: Of, name: string): Piece {
  const found = tables[name]
  if (!found) throw new Error(`no table ${name} is bound`)
  const columns = Object.entries(found.columns(of))
    .filter(([column]) => of.reads(column))
    .map(([column, value]) => sql`${typeof value === 'string' ? raw(value) : value} AS ${raw(`\`${column}${MARK}\``)}`)
  return sql`(SELECT ${columns.length > 0 ? join(columns) : raw('1')} FROM ${found.from(of)})`
}
