import type { Archive } from '../archive/archive.ts'
import { iso, type Clock } from '../base/time.ts'
import type { Call, Handlers } from '../http/call.ts'
import { empty, join, raw, sql, str, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { dayNames, readRange, type Range } from './range.ts'
import { withRolledUp } from './rolled-up.ts'
import { readTimeline, type Moment } from './timeline.ts'
import { eventsWhere, takesBots, type WhereDeps } from './where.ts'

export interface ActivityRoutesDeps extends WhereDeps {
  store: Store
  archive: Pick<Archive, 'everywhere'>
  clock: Clock
}

interface Activity {
  total_events: number
  events_by_category: Record<string, number>
  events_by_type: Record<string, number>
  /** The day with most events, of several the earliest; null where there are none. */
  most_active_day: string | null
  /** The event_action of most events, of several the alphabetically first; events without an action have no say. */
  most_common_action: string | null
  /** Every day of the range, also those without events. */
  events_by_day: Record<string, number>
  /** By hour of the day on the zone's clock, 0 to 23. */
  events_by_hour: number[]
  /** By day of the week on that clock, Monday first, and hour. */
  events_by_week_hour: number[][]
  /** Of events that carry duration_ms. */
  avg_duration_ms_by_type: Record<string, number>
  /** Persons with an event. */
  active_users: number
  /** Sessions with an event; events without a session_id count to none. */
  sessions: number
  /** Events of bots in the range; `meta.bots` says whether the other figures count them. */
  bots: number
  /** Events of internal and test traffic in the range, those of bots left out; `meta.internal` says whether the other figures count them. */
  internal: number
  /** Where an interval was asked for. */
  timeline?: Moment[]
  /** `fresh_to`: everything acknowledged up to then is counted. */
  meta: {
    from: string
    to: string
    timezone: string
    exact: true
    bots: 'excluded' | 'included'
    internal: 'excluded' | 'included'
    fresh_to: string
    definition: string
    rolled_up?: { events: number; first_day: string | null; last_day: string | null }
  }
}

export const activityRoutes = (deps: ActivityRoutesDeps): Pick<Handlers, 'analytics'> => ({
  analytics: async (call) => await activity(deps, call),
})

/** What a person (`user_id`) or everybody did in a range; the filters of event lists narrow it. All figures are exact. */
async function activity(deps: ActivityRoutesDeps, call: Pick<Call<'analytics'>, 'workspace' | 'query' | 'paths'>): Promise<Activity> {
  const { store, archive, clock, persons } = deps
  const { id } = call.workspace
  const range = readRange(call.query, { timezone: call.workspace.timezone, now: clock.now() })
  const taken: Taken = { bots: takesBots(call.query), internal: call.query.include_internal === true }
  const askedAt = clock.now()
  const events = call.query.include_archived === true ? await archive.everywhere(id, range) : raw(`${store.dialect.database}.events`)
  const { interval } = call.query
  const person = persons.column(id)
  const [counts, uniques, timeline] = await Promise.all([
    store.query<CountRow>(countsSql(events, eventsWhere(deps, call, range, 'figure'), range.storeTimezone, bucketSecondsOf(range))),
    store.query<Uniques>(uniquesSql(events, eventsWhere(deps, call, range, 'everybody'), person, deps.internal.of(id), taken)),
    interval === undefined
      ? undefined
      : readTimeline(store, {
          range,
          interval,
          events,
          where: eventsWhere(deps, call, range, 'figure'),
          people: persons.count(id, interval === 'week' || interval === 'month'),
        }),
  ])
  const answer = { ...shape(counts.rows, uniques.rows[0], range, taken, askedAt), ...(timeline ? { timeline } : {}) }
  return call.query.include_rolled_up === true ? await withRolledUp(store, call, range, answer) : answer
}

/**
 * Each figure is a grouping set of its own over one pass: grouping by all of them at once makes 15,000 groups a month and keys that do not
 * fit a small table. Time is grouped by quarters of an hour and only then put on the zone's clock, a thousand rows instead of millions
 * (10 million events, 30 days: one group of all 315, sets by day and hour of the zone 149, sets by quarters 108 ms).
 * `which` says to which set a row belongs.
 */
const countsSql = (events: Piece, where: Piece, timezone: string, bucketSeconds: number): Piece => sql`SELECT
  which, if(which = ${raw(String(which.time))}, toDate32(moment, ${str(timezone)}), toDate32('1970-01-01')) AS day, if(which = ${raw(String(which.time))}, toHour(moment, ${str(timezone)}), 0) AS hour,
  event_type, event_category, event_action, sum(counted) AS events, sum(duration_sums) AS duration_sum, sum(duration_counts) AS durations
FROM (
  SELECT grouping(bucket, event_type, event_category, event_action) AS which,
    intDiv(toUnixTimestamp64Milli(event_timestamp) + ${raw(String(SINCE_1900_S * 1_000))}, ${raw(String(bucketSeconds * 1_000))}) AS bucket,
    toDateTime64(toInt64(bucket) * ${raw(String(bucketSeconds))} - ${raw(String(SINCE_1900_S))}, 0, 'UTC') AS moment,
    event_type, event_category, event_action, count() AS counted, sum(duration_ms) AS duration_sums, count(duration_ms) AS duration_counts
  FROM ${events}
  ${where}
  GROUP BY GROUPING SETS ((bucket), (event_type), (event_category), (event_action))
)
GROUP BY which, day, hour, event_type, event_category, event_action`

/** From 1900, where the store's times begin, to 1970: buckets are counted from there, since division rounds towards zero. */
const SINCE_1900_S = 2_208_988_800
/** Every zone has been whole quarters of an hour from UTC since Liberia changed over in 1972. Before, seconds count. */
const QUARTERS_SINCE = Date.UTC(1972, 4, 1)
const bucketSecondsOf = ({ fromMs }: Range): number => (fromMs >= QUARTERS_SINCE ? 900 : 1)

/** A bit is set for each key that the set does not group by; the first key is the highest bit. */
const which = { time: 0b0111, type: 0b1011, category: 0b1101, action: 0b1110 } as const

interface CountRow {
  which: string
  day: string
  hour: number
  event_type: string
  event_category: string
  event_action: string
  events: string
  duration_sum: string | null
  durations: string
}

/** Beside whoever is counted anyway. */
interface Taken {
  bots: boolean
  internal: boolean
}

/** Bots and internal traffic are told apart by the aggregates and not by the condition, since their own numbers are asked too. */
const uniquesSql = (events: Piece, where: Piece, person: Piece, isInternal: Piece, taken: Taken): Piece => {
  const counted = join(
    [...(taken.bots ? [] : [raw('NOT is_bot')]), ...(taken.internal ? [] : [sql`NOT ${isInternal}`]), ...(taken.bots && taken.internal ? [raw('true')] : [])],
    ' AND ',
  )
  return sql`SELECT uniqExactIf(${person}, ${counted}) AS persons, uniqExactIf(session_key, session_key != 0 AND ${counted}) AS sessions, countIf(is_bot) AS bots, countIf(${isInternal}${taken.bots ? empty : raw(' AND NOT is_bot')}) AS internal
FROM ${events}
${where}`
}

interface Uniques {
  persons: string
  sessions: string
  bots: string
  internal: string
}

function shape(rows: readonly CountRow[], uniques: Uniques | undefined, range: Range, taken: Taken, freshTo: number): Activity {
  const of = (set: number): CountRow[] => rows.filter((row) => Number(row.which) === set)
  const days = new Map<string, number>()
  const byHour = hoursOfDay()
  const byWeekHour = Array.from({ length: 7 }, hoursOfDay)
  for (const row of of(which.time)) {
    days.set(row.day, (days.get(row.day) ?? 0) + Number(row.events))
    byHour[row.hour] = (byHour[row.hour] ?? 0) + Number(row.events)
    const hours = byWeekHour[weekdayOf(row.day)]
    if (hours) hours[row.hour] = (hours[row.hour] ?? 0) + Number(row.events)
  }
  const byDay = dayNames(range).map((day): [string, number] => [day, days.get(day) ?? 0])
  const types = of(which.type)
  const byType = mostFirst(types.map((row) => [row.event_type, Number(row.events)]))
  const actions = mostFirst(of(which.action).map((row) => [row.event_action, Number(row.events)])).filter(([action]) => action !== '')
  const averages = new Map(types.filter((row) => row.durations !== '0').map((row) => [row.event_type, Number(row.duration_sum) / Number(row.durations)]))
  return {
    total_events: byType.reduce((sum, [, count]) => sum + count, 0),
    events_by_category: Object.fromEntries(mostFirst(of(which.category).map((row) => [row.event_category, Number(row.events)]))),
    events_by_type: Object.fromEntries(byType),
    most_active_day: mostFirst(byDay.filter(([, count]) => count > 0))[0]?.[0] ?? null,
    most_common_action: actions[0]?.[0] ?? null,
    events_by_day: Object.fromEntries(byDay),
    events_by_hour: byHour,
    events_by_week_hour: byWeekHour,
    avg_duration_ms_by_type: Object.fromEntries(
      byType.flatMap(([type]) => {
        const average = averages.get(type)
        return average === undefined ? [] : [[type, Math.round(average * 100) / 100]]
      }),
    ),
    active_users: Number(uniques?.persons ?? 0),
    sessions: Number(uniques?.sessions ?? 0),
    bots: Number(uniques?.bots ?? 0),
    internal: Number(uniques?.internal ?? 0),
    meta: {
      fresh_to: iso(freshTo),
      from: iso(range.fromMs),
      to: iso(range.toMs),
      timezone: range.timezone,
      exact: true,
      bots: taken.bots ? 'included' : 'excluded',
      internal: taken.internal ? 'included' : 'excluded',
      definition:
        'Events by event_timestamp, from inclusive, to exclusive. active_users: distinct persons, who are what identify and merge made of user_id and anonymous_id. sessions: distinct session_id.',
    },
  }
}

const hoursOfDay = (): number[] => Array.from({ length: 24 }, () => 0)

/** Of a day of the calendar: 0 is Monday. */
const weekdayOf = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7

/** Ties in alphabetical order, by code unit, so that the answer is the same every time. */
const mostFirst = (counts: [string, number][]): [string, number][] => counts.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
