import { readCursor, writeCursor, type Cursor } from '../analytics/cursor.ts'
import { readRange, type Range } from '../analytics/range.ts'
import { toIso, toMs } from '../analytics/stored.ts'
import { safe } from '../analytics/where.ts'
import { DAY, type Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { Call } from '../http/call.ts'
import { inSpan } from '../store/keys.ts'
import type { Persons } from '../store/persons.ts'
import { empty, join, raw, sql, str, time, u32, u64, u64s, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { optedOut, readIds, usersOf } from './ids.ts'
import { readTraits, traitHolds } from './traits.ts'

export interface SeenDeps {
  store: Store
  persons: Persons
  directory: Directory
  clock: Clock
}

/** A person by what the events of a span say; the ids are those of the last event. */
export interface Seen extends Figures, LastEvent {}

interface Figures {
  /** Key of the person. */
  person: string
  events: string
  sessions: string
  first_seen: string
  last_seen: string
}
interface LastEvent {
  person: string
  user_id: string
  anonymous_id: string
  device_type: string
  browser: string
  os: string
  country: string
}

const DEFAULT_LIMIT = 50

/** Who was active in a range, last seen first. Figures are of the range; traits and opt-out are as they are now. */
export async function listPeople({ store, persons, directory, clock }: SeenDeps, call: Call<'listPeople'>): Promise<object> {
  const { workspace, query } = call
  const asked = { workspaceId: workspace.id, persons }
  const range = readRange(query, { timezone: workspace.timezone, now: clock.now() })
  const limit = query.limit ?? DEFAULT_LIMIT
  const bots = query.include_bots === true ? empty : sql` AND NOT is_bot`
  const search = query.search === undefined || query.search === '' ? undefined : safe('search', query.search)
  const cursor = readCursor(query.cursor, 'number')
  const page = await lastSeen(store, { ...asked, range, bots, search, limit: limit + 1, cursor, now: clock.now() })
  const shown = page.slice(0, limit)
  const people = await describePeople({ store, persons, directory }, { ...asked, range, bots, keys: shown.map((row) => row.person) })
  const last = page.length > limit ? shown.at(-1) : undefined
  return { people, next_cursor: last ? writeCursor({ ms: toMs(last.last_seen), key: last.person }) : null }
}

/** As they are listed, in the order of `keys`; those without an event in the range are missing. */
export async function describePeople(
  { store, persons, directory }: Omit<SeenDeps, 'clock'>,
  { workspaceId, keys, range, bots }: Omit<Asked, 'persons'> & { keys: readonly string[] },
): Promise<object[]> {
  const [people, ids] = await Promise.all([
    readPeople(store, { workspaceId, persons, keys, range, bots }),
    persons.hasLinks(workspaceId) ? readIds({ store, persons }, workspaceId, keys) : undefined,
  ])
  const known = people.map((seen) => {
    const tied = ids?.get(seen.person)
    return tied
      ? { seen: { ...seen, user_id: tied.user_id }, tied }
      : { seen, tied: { user_id: seen.user_id, user_ids: [], anonymous_ids: [seen.anonymous_id] } }
  })
  const traits = await readTraits(store, workspaceId, usersOf(known.map(({ tied }) => tied)))
  return known.map(({ seen, tied }) => ({
    ...toPerson(seen),
    traits: traits.get(seen.user_id) ?? {},
    opted_out: optedOut(directory, workspaceId, tied),
  }))
}

/** No id is null; times are ISO. */
export const toPerson = ({ person: _key, ...person }: Seen): object => ({
  ...person,
  user_id: person.user_id || null,
  anonymous_id: person.anonymous_id || null,
  events: Number(person.events),
  sessions: Number(person.sessions),
  first_seen: toIso(person.first_seen),
  last_seen: toIso(person.last_seen),
})

interface Asked {
  workspaceId: number
  persons: Persons
  range: Pick<Range, 'fromMs' | 'toMs'>
  bots: Piece
}
type LastSeen = Pick<Figures, 'person' | 'last_seen'>

/**
 * Keys and times only, of a page. Whoever was active in the newest days was last seen there, so older days are read only while the page is
 * not full; for a later page the days above it are read too, since who was active there is not on it.
 */
async function lastSeen(
  store: Store,
  {
    workspaceId,
    persons,
    range,
    bots,
    search,
    limit,
    cursor,
    now,
  }: Asked & { search: string | undefined; limit: number; cursor: Cursor | undefined; now: number },
): Promise<LastSeen[]> {
  const after = cursor ? sql`HAVING (last_seen, person) < (${time(cursor.ms)}, ${u64(cursor.key)})` : empty
  const named =
    search === undefined
      ? empty
      : sql` AND person IN (${idHolds(store, { workspaceId, persons, range, bots }, search)} UNION ALL ${traitHolds(store, { workspaceId, persons }, search)})`
  // What is searched for may stand in any event of a person: the whole range is read at once.
  let days = search === undefined ? 1 : Number.POSITIVE_INFINITY
  for (;;) {
    const from = Math.max(range.fromMs, Math.floor(Math.min(cursor?.ms ?? now, now, range.toMs) / DAY) * DAY - (days - 1) * DAY)
    const { rows } = await store.query<LastSeen>(sql`SELECT ${persons.column(workspaceId)} AS person, max(event_timestamp) AS last_seen
FROM ${raw(store.dialect.database)}.events
WHERE workspace_id = ${u32(workspaceId)} AND ${inSpan({ fromMs: from, toMs: range.toMs })}${bots}${named}
GROUP BY person
${after}
ORDER BY last_seen DESC, person DESC
LIMIT ${u32(limit)}`)
    if (rows.length === limit || from === range.fromMs) return rows
    days *= WIDER
  }
}
const WIDER = 8

/**
 * People with an id that holds the text, in an event of the span or among the ids tied to them. Found row by row first: put into the groups of all people, the ids would be read and
 * kept of every event (10 million events, 30 days, nobody found: 70 against 410 ms).
 */
const idHolds = (store: Store, { workspaceId, persons, range, bots }: Asked, text: string): Piece => {
  const holds = (column: string): Piece => sql`positionCaseInsensitiveUTF8(${raw(column)}, ${str(text)}) > 0`
  const seen = sql`SELECT ${persons.column(workspaceId)} AS found FROM ${raw(store.dialect.database)}.events
WHERE workspace_id = ${u32(workspaceId)} AND ${inSpan(range)}${bots} AND (${holds('user_id')} OR ${holds('anonymous_id')})
GROUP BY found`
  if (!persons.hasLinks(workspaceId)) return seen
  return sql`${seen} UNION ALL SELECT root FROM ${raw(store.dialect.database)}.person_links
WHERE workspace_id = ${u32(workspaceId)} AND ${persons.isNewest} AND (${holds('user_id')} OR ${holds('anonymous_id')} OR ${holds('root_id')})`
}

/** In the order of `keys`. */
async function readPeople(store: Store, { workspaceId, persons, keys, range, bots }: Asked & { keys: readonly string[] }): Promise<Seen[]> {
  if (keys.length === 0) return []
  const person = persons.column(workspaceId)
  const seen = await readSeen(store, sql`workspace_id = ${u32(workspaceId)} AND ${person} IN ${u64s(keys)}${bots} AND ${inSpan(range)}`, person)
  return keys.flatMap((key) => seen.get(key) ?? [])
}

/**
 * By key of the person, of events that match. Figures need narrow columns only; ids and device are those of the last event, whose time is known by
 * then, so that no text is read of all the others (10 million events, a person with 40,000 of them: 416 → 120 ms).
 */
export async function readSeen(store: Store, where: Piece, person: Piece): Promise<Map<string, Seen>> {
  const events = raw(`${store.dialect.database}.events`)
  const figures = await store.query<Figures>(sql`SELECT ${person} AS person, count() AS events, uniqExactIf(session_key, session_key != 0) AS sessions,
  min(event_timestamp) AS first_seen, max(event_timestamp) AS last_seen
FROM ${events} PREWHERE ${where} GROUP BY person`)
  const times = figures.rows.map((row) => toMs(row.last_seen))
  if (times.length === 0) return new Map()
  const last = await store.query<LastEvent>(sql`SELECT ${person} AS person, user_id, anonymous_id, device_type, browser, os, country
FROM ${events} PREWHERE ${where} AND event_timestamp >= ${time(Math.min(...times))} AND event_timestamp IN (${join([...new Set(times)].map(time))})
ORDER BY event_timestamp DESC, event_id DESC
LIMIT 1 BY person`)
  const figuresOf = new Map(figures.rows.map((row) => [row.person, row]))
  return new Map(
    last.rows.flatMap((row) => {
      const known = figuresOf.get(row.person)
      return known ? [[row.person, { ...row, ...known }]] : []
    }),
  )
}
