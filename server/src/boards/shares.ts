import { hash, randomBytes } from 'node:crypto'
import type { Contents, Shared, Widget } from '@cairn/wire/api/boards'
import { onBoard, type Chosen } from '@cairn/wire/questions/on-board'
import type { Question } from '@cairn/wire/questions/question'
import type { Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import { iso } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogDb, Schema } from '../catalog/schema.ts'
import { readSaved, type Asking } from './saved.ts'

/**
 * Links by which people without an account see one dashboard. A link holds 256 random bits and is shown once; the catalog keeps their SHA-256. It
 * holds until it expires or is revoked, or whoever made it may make none any more (`catalog/members.ts`), or the dashboard is gone.
 */
export const createShare = async (
  db: CatalogDb,
  asking: Asking,
  { dashboardId, expiresAt, canEmbed }: { dashboardId: string; expiresAt: number | null; canEmbed: boolean },
): Promise<{ share: object; token: string }> => {
  const { workspaceId, by, now } = asking
  const token = randomBytes(32).toString('base64url')
  return await db.transaction().execute(async (trx) => {
    const dashboard = await readSaved(trx, 'dashboard', asking, dashboardId)
    const row = await trx
      .insertInto('dashboard_shares')
      .values({
        id: uuidv7(now),
        workspace_id: workspaceId,
        dashboard_id: dashboard.id,
        hash: digest(token),
        can_embed: canEmbed ? 1 : 0,
        created_by: by.name,
        created_by_id: by.id,
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await note(trx, {
      workspaceId,
      by,
      action: 'share.created',
      target: dashboard.id,
      details: { id: row.id, can_embed: canEmbed, expires_at: momentOf(expiresAt) },
      now,
    })
    return { share: showShare(row), token }
  })
}

/** Those that hold, newest first. Throws `not_found` where the dashboard is not there. */
export const listShares = async (db: CatalogDb, asking: Asking, dashboardId: string): Promise<object[]> => {
  const { id } = await readSaved(db, 'dashboard', asking, dashboardId)
  const rows = await holding(db, asking.now).where('dashboard_id', '=', id).orderBy('created_at', 'desc').orderBy('id', 'desc').execute()
  return rows.map(showShare)
}

/** Throws `not_found`. */
export const revokeShare = (db: CatalogDb, asking: Asking, { dashboardId, id }: { dashboardId: string; id: string }): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const { workspaceId, by, now } = asking
    const dashboard = await readSaved(trx, 'dashboard', asking, dashboardId)
    const found = (await holding(trx, now).where('dashboard_id', '=', dashboard.id).execute()).find((row) => row.id === id.toLowerCase())
    if (!found) throw new CairnError('not_found', 'This dashboard has no such link, or it holds no more.')
    await trx.updateTable('dashboard_shares').set({ revoked_at: now }).where('id', '=', found.id).execute()
    await note(trx, { workspaceId, by, action: 'share.revoked', target: dashboard.id, details: { id: found.id }, now })
  })

export interface Link {
  id: string
  workspaceId: number
  canEmbed: boolean
  dashboard: Contents['dashboard']
  /** Those that it shows, by their ids. */
  insights: ReadonlyMap<string, Contents['insight']>
  holds: boolean
}

/** What a link shows; undefined where there never was such a link. */
export const followShare = async (db: CatalogDb, { token, now }: { token: string; now: number }): Promise<Link | undefined> => {
  const row = await db
    .selectFrom('dashboard_shares')
    .innerJoin('saved', 'saved.id', 'dashboard_shares.dashboard_id')
    .select(['dashboard_shares.id', 'dashboard_shares.workspace_id', 'can_embed', 'expires_at', 'revoked_at', 'content'])
    .where('hash', '=', digest(token))
    .executeTakeFirst()
  if (!row) return undefined
  const dashboard = JSON.parse(row.content) as Contents['dashboard']
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    canEmbed: row.can_embed === 1,
    dashboard,
    insights: await insightsOf(db, row.workspace_id, dashboard),
    holds: row.revoked_at === null && (row.expires_at === null || row.expires_at > now),
  }
}

/** Of a dashboard what whoever has a link may see: no ids of the workspace, nobody's name, no questions, and no events as they come in. */
export const showShared = ({ dashboard, canEmbed, insights }: Link): Shared => ({
  name: dashboard.name,
  description: dashboard.description,
  filters: dashboard.filters,
  range: dashboard.range,
  compare: dashboard.compare,
  refresh_seconds: dashboard.refresh_seconds,
  can_embed: canEmbed,
  widgets: dashboard.widgets.flatMap(({ id, type, insight_id: insight, title = insights.get(insight ?? '')?.name, chart, text, x, y, w, h }) => {
    if (type === 'live') return []
    const shown = type === 'text' ? ('text' as const) : ('question' as const)
    const given = { ...(title === undefined ? {} : { title }), ...(chart === undefined ? {} : { chart }), ...(text === undefined ? {} : { text }) }
    return [{ id, type: shown, ...given, x, y, w, h }]
  }),
})

/**
 * What a widget asks on behalf of somebody with a link; they choose nothing but the range, and see no SQL. Throws `not_found` for a widget that asks
 * nothing, and `invalid` where the filters of the dashboard cannot be kept.
 */
export function questionOf({ dashboard, insights }: Link, widget: Widget, chosen: Chosen): Question {
  const own = widget.question ?? insights.get(widget.insight_id ?? '')?.question
  if (!own) throw new CairnError('not_found', 'There is no such widget on this dashboard, or it asks nothing.')
  const asked = onBoard(own, dashboard, chosen)
  if (!asked) throw new CairnError('invalid', 'This widget asks in SQL, which the filters of the dashboard do not reach.')
  return { ...asked, explain: false }
}

async function insightsOf(db: CatalogDb, workspaceId: number, { widgets }: Contents['dashboard']): Promise<Link['insights']> {
  const ids = widgets.flatMap(({ insight_id: id }) => id ?? [])
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('saved').select(['id', 'content']).where('workspace_id', '=', workspaceId).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, content }) => [id, JSON.parse(content) as Contents['insight']]))
}

/** 256 random bits cannot be searched: no salt, no slow hash, and nothing to learn from how long a look-up takes. */
const digest = (token: string): string => hash('sha256', token, 'hex')

const holding = (db: CatalogDb, now: number) =>
  db
    .selectFrom('dashboard_shares')
    .selectAll()
    .where('revoked_at', 'is', null)
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', now)]))

const showShare = (row: Selectable<Schema['dashboard_shares']>): object => ({
  id: row.id,
  can_embed: row.can_embed === 1,
  created_by: row.created_by,
  created_at: iso(row.created_at),
  expires_at: momentOf(row.expires_at),
})

const momentOf = (ms: number | null): string | null => (ms === null ? null : iso(ms))
