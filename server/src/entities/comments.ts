import { dayNames, readRange } from '../analytics/range.ts'
import type { Call } from '../http/call.ts'
import { inDays } from '../store/keys.ts'
import { sql, str } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { of, table } from './engagement.ts'
import { isKnown } from './known.ts'
import { entityOf, noSuch } from './names.ts'

const DEFAULT_DAYS = 30

/** Events whose action is `commented`, by day of the zone; days without one are there too. */
export async function commentTrend({ db, store, clock }: EntityDeps, { workspace, params, query }: Call<'commentTrend'>): Promise<object> {
  const asked = query.days === undefined && query.from === undefined && query.to === undefined ? { ...query, days: DEFAULT_DAYS } : query
  const range = readRange(asked, { timezone: workspace.timezone, now: clock.now() })
  const name = entityOf(workspace.id, params)
  if (!(await isKnown(db, name))) throw noSuch(name)
  const { rows } = await store.query<{
    day: string
    comments: string
  }>(sql`SELECT toDate32(event_timestamp, ${str(range.storeTimezone)}) AS day, count() AS comments
FROM ${table(store, 'events')}
WHERE ${of(name)} AND event_action = 'commented' AND NOT is_bot AND ${inDays(range)}
GROUP BY day`)
  const counted = new Map(rows.map(({ day, comments }) => [day, Number(comments)]))
  const byDay = dayNames(range).map((day): [string, number] => [day, counted.get(day) ?? 0])
  return { total: byDay.reduce((sum, [, count]) => sum + count, 0), comments_by_day: Object.fromEntries(byDay) }
}
