import type { AnswerOf } from '@cairn/wire/api'
import { NONE } from '@cairn/wire/questions/vocabulary'
import { readRange, type Range } from '../analytics/range.ts'
import { iso } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { Call } from '../http/call.ts'
import { i64, raw, sql, u32, type Piece } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { ofType, table } from './engagement.ts'
import { typeOf } from './names.ts'
import { countUnopened } from './unopened.ts'

const DEFAULT_DAYS = 30

/** A type at a glance: what is there now, and what came of the assignments of a range. */
export async function entitySummary(deps: EntityDeps, { workspace, params, query }: Call<'entitySummary'>): Promise<AnswerOf<'entitySummary'>> {
  const entityType = typeOf(params)
  const asked = query.days === undefined && query.from === undefined && query.to === undefined ? { ...query, days: DEFAULT_DAYS } : query
  const range = readRange(asked, { timezone: workspace.timezone, now: deps.clock.now() })
  const [statuses, reasons, opened, unopened] = await Promise.all([
    statusesOf(deps, workspace, entityType),
    reasonsOf(deps, workspace.id, entityType, range),
    openedOf(deps, workspace, entityType, range),
    countUnopened(deps, workspace, entityType),
  ])
  return {
    entity_type: entityType,
    count: sum(statuses),
    by_status: Object.fromEntries(statuses),
    unopened,
    opened,
    rejections: { count: sum(reasons), by_reason: Object.fromEntries(reasons) },
    meta: { from: iso(range.fromMs), to: iso(range.toMs), timezone: range.timezone },
  }
}

type Counted = ReadonlyArray<[name: string, count: number]>
interface Row {
  name: string
  count: string
}

/** What is missing has a name too. */
const named = (column: string): Piece => raw(`if(${column} = '', '${NONE}', ${column})`)
const sum = (counted: Counted): number => counted.reduce((all, [, count]) => all + count, 0)
const counted = (rows: readonly Row[]): Counted => rows.map(({ name, count }) => [name, Number(count)])

async function statusesOf({ store }: EntityDeps, { id }: DirectoryWorkspace, entityType: string): Promise<Counted> {
  const { rows } = await store.query<Row>(sql`SELECT ${named('status')} AS name, count() AS count FROM ${table(store, 'entities')} FINAL
WHERE ${ofType({ workspaceId: id, entityType })} AND deleted = 0 GROUP BY name ORDER BY count DESC, name`)
  return counted(rows)
}

/** Of entities that are deleted now too: they were turned down all the same. */
async function reasonsOf({ store }: Pick<EntityDeps, 'store'>, workspaceId: number, entityType: string, { fromMs, toMs }: Range): Promise<Counted> {
  const { rows } =
    await store.query<Row>(sql`SELECT ${named('a.5')} AS name, count() AS count FROM ${table(store, 'entities')} FINAL ARRAY JOIN assignments AS a
WHERE ${ofType({ workspaceId, entityType })} AND a.4 = 'rejected' AND a.3 >= ${i64(fromMs)} AND a.3 < ${i64(toMs)} GROUP BY name ORDER BY count DESC, name`)
  return counted(rows)
}

export const countRejections = async (deps: Pick<EntityDeps, 'store'>, workspaceId: number, entityType: string, range: Range): Promise<number> =>
  sum(await reasonsOf(deps, workspaceId, entityType, range))

/** Who had looked before they were assigned took no time. */
async function openedOf(
  { store, persons }: EntityDeps,
  { id, trackedSince }: DirectoryWorkspace,
  entityType: string,
  { fromMs, toMs }: Range,
): Promise<{ count: number; median_seconds: number | null }> {
  const of = ofType({ workspaceId: id, entityType })
  const given = sql`SELECT entity_id, a.2 AS assigned_ms, ${persons.rootOf(id, sql`cityHash64(${u32(id)}, 'u', a.1)`)} AS person
  FROM ${table(store, 'entities')} FINAL ARRAY JOIN assignments AS a
  WHERE ${of} AND deleted = 0 AND a.2 >= ${i64(Math.max(fromMs, trackedSince))} AND a.2 < ${i64(toMs)}`
  // Of all who looked at something only those who were given it are grouped: a tenth of the time.
  const { rows } = await store.query<{ count: string; median: number | null }>(sql`SELECT count() AS count,
  quantileExactInclusive(0.5)(greatest(0, seen.first_ms - given.assigned_ms) / 1000) AS median
FROM (${given}) AS given
GLOBAL INNER JOIN (SELECT entity_id, ${persons.column(id)} AS person, toUnixTimestamp64Milli(assumeNotNull(min(first_viewed))) AS first_ms
  FROM ${table(store, 'engagement')} WHERE ${of} AND views > 0 AND (entity_id, person) GLOBAL IN (SELECT entity_id, person FROM (${given}))
  GROUP BY entity_id, person) AS seen
ON seen.entity_id = given.entity_id AND seen.person = given.person`)
  const count = Number(rows[0]?.count ?? 0)
  return { count, median_seconds: count === 0 ? null : (rows[0]?.median ?? null) }
}
