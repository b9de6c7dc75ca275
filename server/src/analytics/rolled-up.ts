import type { AnswerOf } from '@cairn/wire/api'
import { CairnError } from '../base/errors.ts'
import type { Call } from '../http/call.ts'
import { join, raw, sql, str, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Range } from './range.ts'
import { safe, takesBots } from './where.ts'
import { formatDay, readDay, zone } from './zone.ts'

type Activity = AnswerOf<'analytics'>
interface Row {
  on_day: string
  event_type: string
  event_category: string
  is_bot: boolean
  is_internal: boolean
  events: string
}

/** What daily counts know. */
const known = ['event_type', 'event_category', 'entity_type'] as const
const others = ['user_id', 'user_email', 'anonymous_id', 'event_action', 'entity_id', 'session_id', 'device_type', 'interval'] as const

/**
 * Adds the daily counts of events that retention has removed: whole days of the range only, and only to figures that such counts know. Throws
 * `invalid` for filters that they do not.
 */
export async function withRolledUp(
  store: Store,
  { workspace, query, paths }: Pick<Call<'analytics'>, 'workspace' | 'query' | 'paths'>,
  range: Range,
  activity: Activity,
): Promise<Activity> {
  const unknown = [...others.filter((name) => query[name] !== undefined), ...paths.map(({ field, path }) => `${field}.${path}`)]
  if (unknown.length > 0) {
    throw new CairnError('invalid', `Counts of removed events know nothing of ${unknown.join(', ')}. Leave that out, or include_rolled_up.`, {
      errors: unknown.map((name) => ({ path: `/${name}`, message: 'cannot be asked together with include_rolled_up' })),
    })
  }
  const filters = known.flatMap((name) => (query[name] === undefined ? [] : [sql`${raw(name)} = ${str(safe(name, query[name]))}`]))
  const day = (bound: number) => sql`toDate32(${str(formatDay(bound))})`
  const where = join([sql`workspace_id = ${u32(workspace.id)} AND day >= ${day(range.firstDay)} AND day <= ${day(range.lastDay)}`, ...filters], ' AND ')
  const { rows } = await store.query<Row>(
    sql`SELECT toString(day) AS on_day, event_type, event_category, is_bot, is_internal, sum(events) AS events FROM ${raw(store.dialect.database)}.rolled_up WHERE ${where} GROUP BY day, event_type, event_category, is_bot, is_internal ORDER BY day`,
  )
  const place = zone(range.timezone)
  const isWhole = (name: string): boolean => {
    const at = readDay(name) ?? 0
    return place.startOfDay(at) >= range.fromMs && place.startOfDay(at + 1) <= range.toMs
  }
  const found = rows.filter((row) => isWhole(row.on_day))
  const looked = found.filter((row) => !row.is_bot || takesBots(query))
  const counted = looked.filter((row) => !row.is_internal || query.include_internal === true)
  const byDay = added(activity.events_by_day, counted, ({ on_day }) => on_day)
  return {
    ...activity,
    total_events: activity.total_events + sum(counted),
    events_by_category: mostFirst(added(activity.events_by_category, counted, (row) => row.event_category)),
    events_by_type: mostFirst(added(activity.events_by_type, counted, (row) => row.event_type)),
    events_by_day: byDay,
    most_active_day: Object.entries(byDay).reduce<[string | null, number]>((most, [name, events]) => (events > most[1] ? [name, events] : most), [null, 0])[0],
    bots: activity.bots + sum(found.filter((row) => row.is_bot)),
    internal: activity.internal + sum(looked.filter((row) => row.is_internal)),
    meta: { ...activity.meta, rolled_up: { events: sum(counted), first_day: counted[0]?.on_day ?? null, last_day: counted.at(-1)?.on_day ?? null } },
  }
}

const sum = (rows: readonly Row[]): number => rows.reduce((all, { events }) => all + Number(events), 0)

function added(counts: Record<string, number>, rows: readonly Row[], name: (row: Row) => string): Record<string, number> {
  const all = new Map(Object.entries(counts))
  for (const row of rows) all.set(name(row), (all.get(name(row)) ?? 0) + Number(row.events))
  return Object.fromEntries(all)
}

const mostFirst = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)))
