import { toIso } from '../analytics/stored.ts'
import { HOUR, iso } from '../base/time.ts'
import type { Call } from '../http/call.ts'
import { userKey } from '../store/keys.ts'
import { list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { aloneAs, readIds, recordedSince, type Ids } from '../people/ids.ts'
import type { Assignment } from './assignments.ts'
import type { EntityDeps } from './deps.ts'
import { readEntity, type EntityName } from './entity.ts'
import { isKnown } from './known.ts'
import { entityOf, noSuch } from './names.ts'

interface Engaged {
  user_id: string
  first_viewed: string | null
  last_viewed: string | null
  views: string
  seconds: number
  last_activity: string
  comments: string
}

/** What each assignee has done with an entity, by their latest assignment, and who of them has not opened it. */
export async function engagement({ db, store, persons, directory, clock }: EntityDeps, call: Call<'engagement'>): Promise<object> {
  const { workspace } = call
  const name = entityOf(workspace.id, call.params)
  if (!(await isKnown(db, name))) throw noSuch(name)
  const latest = new Map<string, Assignment>()
  for (const assignment of (await readEntity(db, name))?.assignments ?? []) latest.set(assignment.userId, assignment)
  const { engaged, idsOf } = await readEngaged({ store, persons }, name, [...latest.keys()])
  const now = clock.now()
  const isViewed = (userId: string): boolean => Number(engaged.get(userId)?.views ?? 0) > 0
  const open = [...latest.values()].filter(({ unassignedAt }) => unassignedAt === null)
  const isTracked = ({ userId, assignedAt }: Assignment): boolean =>
    assignedAt >= Math.max(workspace.trackedSince, recordedSince(directory, workspace.id, idsOf(userId))) && !workspace.streamsOff.has('events')
  const unseen = open.filter(({ userId }) => !isViewed(userId))
  return {
    entity_type: name.entityType,
    entity_id: name.entityId,
    engagement: [...latest.values()].map((assignment) => {
      const { userId, assignedAt, unassignedAt, why, reason } = assignment
      const found = engaged.get(userId)
      return {
        user_id: userId,
        assigned_at: iso(assignedAt),
        unassigned_at: unassignedAt === null ? null : iso(unassignedAt),
        first_viewed_at: found?.first_viewed ? toIso(found.first_viewed) : null,
        last_viewed_at: found?.last_viewed ? toIso(found.last_viewed) : null,
        view_count: Number(found?.views ?? 0),
        view_seconds: found?.seconds ?? 0,
        last_activity_at: found ? toIso(found.last_activity) : null,
        hours_since_activity: found ? hours(now - Date.parse(toIso(found.last_activity))) : null,
        comments: Number(found?.comments ?? 0),
        rejected_at: why === 'rejected' && unassignedAt !== null ? iso(unassignedAt) : null,
        reason: why === 'rejected' ? reason : null,
      }
    }),
    viewed_by: [...engaged].filter(([, { views }]) => Number(views) > 0).map(([userId]) => userId),
    not_viewed_by: unseen.filter(isTracked).map(({ userId }) => userId),
    not_tracked: unseen.filter((assignment) => !isTracked(assignment)).map(({ userId }) => userId),
  }
}

export const hours = (ms: number): number => Math.round((ms / HOUR) * 100) / 100

interface Involved {
  /** By user_id: everybody who did something with it, and of `users` those who did it under another id of theirs. */
  engaged: Map<string, Engaged>
  /** Of `users`. */
  idsOf: (userId: string) => Ids
}

async function readEngaged({ store, persons }: Pick<EntityDeps, 'store' | 'persons'>, name: EntityName, users: readonly string[]): Promise<Involved> {
  const person = persons.column(name.workspaceId)
  const [activity, seconds, people] = await Promise.all([
    store.query<
      Engaged & { person: string }
    >(sql`SELECT toString(${person}) AS person, max(user_id) AS user_id, min(first_viewed) AS first_viewed, max(last_viewed) AS last_viewed,
  sum(views) AS views, max(last_activity) AS last_activity, sum(comments) AS comments
FROM ${table(store, 'engagement')} WHERE ${of(name)} GROUP BY person ORDER BY user_id`),
    store.query<{ person: string; seconds: number }>(
      sql`SELECT toString(${person}) AS person, sum(seconds) AS seconds FROM ${table(store, 'view_durations')} FINAL WHERE ${of(name)} GROUP BY person`,
    ),
    store.query<{ user_id: string; person: string }>(
      sql`SELECT user_id, toString(${persons.rootOf(name.workspaceId, sql`cityHash64(${u32(name.workspaceId)}, 'u', user_id)`)}) AS person FROM (SELECT arrayJoin(${list(users)}) AS user_id)`,
    ),
  ])
  const spent = new Map(seconds.rows.map((row) => [row.person, row.seconds]))
  const byPerson = new Map(activity.rows.map((row) => [row.person, { ...row, seconds: spent.get(row.person) ?? 0 }]))
  const byUser = new Map<string, Engaged>()
  const keyOf = new Map(people.rows.map((row) => [row.user_id, row.person]))
  const assigned = new Set(keyOf.values())
  const tied = persons.hasLinks(name.workspaceId)
    ? await readIds({ store, persons }, name.workspaceId, [...new Set([...byPerson.keys(), ...assigned])])
    : new Map<string, Ids>()
  for (const [key, row] of byPerson) {
    const userId = tied.get(key)?.user_id ?? row.user_id
    if (userId !== '' && !assigned.has(key)) byUser.set(userId, row)
  }
  for (const [userId, key] of keyOf) {
    const found = byPerson.get(key)
    if (found) byUser.set(userId, found)
  }
  return { engaged: byUser, idsOf: (userId) => tied.get(keyOf.get(userId) ?? '') ?? aloneAs(userId) }
}

export const table = (store: Store, name: string): Piece => raw(`${store.dialect.database}.${name}`)
export const of = ({ workspaceId, entityType, entityId }: EntityName): Piece => sql`${ofType({ workspaceId, entityType })} AND entity_id = ${str(entityId)}`
export const ofType = ({ workspaceId, entityType }: Pick<EntityName, 'workspaceId' | 'entityType'>): Piece =>
  sql`workspace_id = ${u32(workspaceId)} AND entity_type = ${str(entityType)}`

/** Whether somebody has ever opened it. */
export async function hasViewed({ db, store, persons }: EntityDeps, { workspace, params, query }: Call<'hasViewed'>): Promise<object> {
  const name = entityOf(workspace.id, { entity_type: query.entity_type ?? 'task', entity_id: query.entity_id })
  if (!(await isKnown(db, name))) throw noSuch(name)
  const { rows } = await store.query<{ first: string | null; views: string }>(
    sql`SELECT min(first_viewed) AS first, sum(views) AS views FROM ${table(store, 'engagement')}
WHERE ${of(name)} AND ${persons.isOf(workspace.id, userKey(workspace.id, params['user_id'] ?? ''))}`,
  )
  const views = Number(rows[0]?.views ?? 0)
  return { has_viewed: views > 0, first_viewed_at: rows[0]?.first ? toIso(rows[0].first) : null, view_count: views }
}
