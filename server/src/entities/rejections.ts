import { NONE } from '@cairn/wire/questions/vocabulary'
import type { Selectable } from 'kysely'
import { readRange } from '../analytics/range.ts'
import { safe } from '../analytics/where.ts'
import { iso } from '../base/time.ts'
import type { Schema } from '../catalog/schema.ts'
import type { Call } from '../http/call.ts'
import { usersWith } from '../people/ids.ts'
import type { EntityDeps } from './deps.ts'
import { isKnown } from './known.ts'
import { columns, entityOf, noSuch } from './names.ts'

const DEFAULT_DAYS = 30
/** The list ends there; counts do not. */
const MOST = 1_000

type Row = Pick<Selectable<Schema['assignments']>, 'entity_type' | 'entity_id' | 'user_id' | 'unassigned_at' | 'reason' | 'note'> & { attributes: string }

const rejected = (db: EntityDeps['db'], workspaceId: number) =>
  db
    .selectFrom('assignments')
    .innerJoin('entities', (join) =>
      join
        .onRef('entities.workspace_id', '=', 'assignments.workspace_id')
        .onRef('entities.entity_type', '=', 'assignments.entity_type')
        .onRef('entities.entity_id', '=', 'assignments.entity_id'),
    )
    .select([
      'assignments.entity_type',
      'assignments.entity_id',
      'assignments.user_id',
      'assignments.unassigned_at',
      'assignments.reason',
      'assignments.note',
      'entities.attributes',
    ])
    .where('assignments.workspace_id', '=', workspaceId)
    .where('assignments.why', '=', 'rejected')
    .orderBy('assignments.unassigned_at', 'desc')
    .orderBy('assignments.entity_id')
    .limit(MOST)

const show = (row: Row): object => {
  const { title } = JSON.parse(row.attributes) as { title?: unknown }
  return {
    entity_type: row.entity_type,
    entity_id: row.entity_id,
    title: typeof title === 'string' ? title : null,
    user_id: row.user_id,
    reason: row.reason,
    rejection_note: row.note,
    rejected_at: iso(row.unassigned_at ?? 0),
  }
}

/** Of one entity. */
export async function entityRejections({ db }: EntityDeps, { workspace, params }: Call<'listRejections'>): Promise<object> {
  const entity = entityOf(workspace.id, params)
  if (!(await isKnown(db, entity))) throw noSuch(entity)
  const name = columns(entity)
  const rows = await rejected(db, workspace.id)
    .where('assignments.entity_type', '=', name.entity_type)
    .where('assignments.entity_id', '=', name.entity_id)
    .execute()
  return { rejections: rows.map(show), next_cursor: null }
}

/** Of one person, whichever of their users turned it down, counted by reason; without a reason they count under `(none)`. */
export async function userRejections({ db, store, persons, clock }: EntityDeps, { workspace, params, query }: Call<'userRejections'>): Promise<object> {
  const asked = query.days === undefined && query.from === undefined && query.to === undefined ? { ...query, days: DEFAULT_DAYS } : query
  const { fromMs, toMs } = readRange(asked, { timezone: workspace.timezone, now: clock.now() })
  const userId = params['user_id'] ?? ''
  const users = await usersWith({ store, persons }, workspace.id, safe('user_id', userId))
  const counted = await db
    .selectFrom('assignments')
    .select((row) => ['reason', row.fn.countAll<number>().as('count')])
    .where('workspace_id', '=', workspace.id)
    .where('user_id', 'in', users)
    .where('entity_type', '=', query.entity_type ?? 'task')
    .where('why', '=', 'rejected')
    .where('unassigned_at', '>=', fromMs)
    .where('unassigned_at', '<', toMs)
    .groupBy('reason')
    .execute()
  const rows = await rejected(db, workspace.id)
    .where('assignments.user_id', 'in', users)
    .where('assignments.entity_type', '=', query.entity_type ?? 'task')
    .where('assignments.unassigned_at', '>=', fromMs)
    .where('assignments.unassigned_at', '<', toMs)
    .execute()
  const counts = new Map<string, number>()
  for (const { reason, count } of counted) counts.set(reason || NONE, (counts.get(reason || NONE) ?? 0) + count)
  const byReason = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return {
    user_id: userId,
    count: byReason.reduce((sum, [, count]) => sum + count, 0),
    by_reason: Object.fromEntries(byReason),
    rejections: rows.map(show),
    next_cursor: null,
  }
}
