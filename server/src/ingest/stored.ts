import { inDays } from '../store/keys.ts'
import { raw, sql, u32, uuids } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { isUuid } from '../base/ids.ts'
import { readMoment } from './moment.ts'

/**
 * What may be older than the ids that are remembered is looked for in the store: a file may be imported again after a year, and a browser send
 * again after a week what was taken long ago.
 * Looks at the time range of the batch only, since the store is cut by time; answers the places in the batch of those it has.
 * What is acknowledged but not loaded yet is not waited for: its ids are among those of the last day (waiting for it halved the speed).
 */
export async function alreadyStored(store: Store, workspaceId: number, events: readonly unknown[]): Promise<ReadonlySet<number>> {
  const ids: string[] = []
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  const places = new Map<string, number>()
  for (const [index, event] of events.entries()) {
    if (typeof event !== 'object' || event === null) continue
    const { event_id: id, event_timestamp, timestamp, occurred_at } = event as Record<string, unknown>
    const at = readMoment(event_timestamp ?? timestamp ?? occurred_at)
    if (typeof id !== 'string' || !isUuid(id) || typeof at !== 'number') continue
    ids.push(id.toLowerCase())
    places.set(id.toLowerCase(), index)
    from = Math.min(from, at)
    to = Math.max(to, at)
  }
  if (ids.length === 0) return new Set()
  const { rows } = await store.query<{ id: string }>(
    sql`SELECT toString(event_id) AS id FROM ${raw(`${store.dialect.database}.events`)}
WHERE workspace_id = ${u32(workspaceId)} AND ${inDays({ fromMs: from, toMs: to + 1 })} AND event_id IN ${uuids(ids)}`,
  )
  const found = new Set<number>()
  for (const row of rows) {
    const place = places.get(row.id)
    if (place !== undefined) found.add(place)
  }
  return found
}
