import type { Contents } from '@cairn/wire/api/boards'
import { sql, type Selectable } from 'kysely'
import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { CairnError } from '../base/errors.ts'
import { isUuid, uuidv7 } from '../base/ids.ts'
import { iso } from '../base/time.ts'
import { note, type Actor } from '../catalog/audit.ts'
import type { CatalogDb, CatalogTransaction, Schema } from '../catalog/schema.ts'

/**
 * What analysts save, whatever its kind: a content, its version, and how it was before. Each change raises the version by one, keeps the content
 * as it then is, and has a line in the log of changes; one that changes nothing does none of it. A private dashboard is to all but its maker as
 * if it were not there, and the log names it by its id.
 */
export type Kind = Schema['saved']['kind']

export interface Saved<K extends Kind> {
  id: string
  content: Contents[K]
  version: number
  createdBy: string
  createdById: string
  createdAt: number
  updatedBy: string
  updatedAt: number
}

/** Who asks, in which workspace, and when. */
export interface Asking {
  workspaceId: number
  by: Actor
  now: number
}

/** Content that is made in the transaction that saves it, so that what it refers to is there. */
type Make<K extends Kind> = (trx: CatalogTransaction) => Contents[K] | Promise<Contents[K]>
type Remake<K extends Kind> = (before: Saved<K>, trx: CatalogTransaction) => Contents[K] | Promise<Contents[K]>

/** Of each thing; a layout is saved with every move. */
export const VERSIONS_KEPT = 100
/** With all versions of it, 25 MB at most. */
const MOST_BYTES = 256 * 1_024

export const createSaved = <K extends Kind>(db: CatalogDb, kind: K, asking: Asking, make: Make<K>, id = uuidv7(asking.now)): Promise<Saved<K>> =>
  inTurn(db, asking, async (trx) => {
    const { workspaceId, by, now } = asking
    const content = await make(trx)
    const row = await trx
      .insertInto('saved')
      .values({
        id,
        workspace_id: workspaceId,
        kind,
        ...columnsOf(content),
        version: 1,
        created_by: by.name,
        created_by_id: by.id,
        created_at: now,
        updated_by: by.name,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await keepVersion(trx, row)
    const saved = toSaved<K>(row)
    await noteSaved(trx, kind, 'created', saved, asking)
    return saved
  })

/** Throws `not_found`. */
export const readSaved = async <K extends Kind>(db: CatalogDb | CatalogTransaction, kind: K, asking: Asking, id: string): Promise<Saved<K>> => {
  const row = isUuid(id) ? await visible(db, kind, asking).where('id', '=', id.toLowerCase()).executeTakeFirst() : undefined
  if (!row) throw new CairnError('not_found', `There is no such ${kind} in this workspace.`)
  return toSaved<K>(row)
}

/** Whoever asks, of a kind that nobody has for themselves alone; undefined where there is none. */
export const savedOf = async <K extends Exclude<Kind, 'dashboard'>>(db: CatalogDb, kind: K, workspaceId: number, id: string): Promise<Saved<K> | undefined> => {
  const found = db.selectFrom('saved').selectAll().where('workspace_id', '=', workspaceId).where('kind', '=', kind)
  const row = isUuid(id) ? await found.where('id', '=', id.toLowerCase()).executeTakeFirst() : undefined
  return row && toSaved<K>(row)
}

export interface Page {
  limit?: number
  cursor?: string
  search?: string
}

/** Latest change first; annotations latest first. Those of `during` touch it, milliseconds, its end exclusive. */
export const listSaved = async <K extends Kind>(
  db: CatalogDb,
  kind: K,
  asking: Asking,
  { limit = DEFAULT_LIMIT, cursor, search = '', during = {} }: Page & { during?: { fromMs?: number | undefined; toMs?: number | undefined } },
): Promise<{ page: Saved<K>[]; next_cursor: string | null }> => {
  const after = readCursor(cursor, 'uuid')
  const time = kind === 'annotation' ? 'starts_at' : 'updated_at'
  let rows = visible(db, kind, asking)
  if (search !== '') rows = rows.where(sql<boolean>`folded_name like ${`%${fold(search).replaceAll(/[!%_]/g, '!$&')}%`} escape '!'`)
  if (during.fromMs !== undefined) rows = rows.where(sql<boolean>`coalesce(ends_at, starts_at) >= ${during.fromMs}`)
  if (during.toMs !== undefined) rows = rows.where('starts_at', '<', during.toMs)
  if (after) rows = rows.where((row) => row(row.refTuple(time, 'id'), '<', row.tuple(after.ms, after.key)))
  const found = await rows
    .orderBy(time, 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return { page: page.map((row) => toSaved<K>(row)), next_cursor: last ? writeCursor({ ms: Number(last[time]), key: last.id }) : null }
}

/**
 * Throws `not_found`; `conflict` with the newer one where `version` is given and is not the newest; `forbidden` where somebody else's dashboard
 * would become private.
 */
export const changeSaved = <K extends Kind>(
  db: CatalogDb,
  kind: K,
  asking: Asking,
  { id, version, to }: { id: string; version?: number; to: Remake<K> },
): Promise<Saved<K>> =>
  inTurn(db, asking, async (trx) => {
    const before = await readSaved(trx, kind, asking, id)
    if (version !== undefined) refuseOlder(version, showSaved(before))
    return await rewrite(trx, kind, asking, before, await to(before, trx))
  })

/** The same, inside of a transaction that holds its turn. */
export async function rewrite<K extends Kind>(trx: CatalogTransaction, kind: K, asking: Asking, before: Saved<K>, content: Contents[K]): Promise<Saved<K>> {
  const { by, now } = asking
  const changed = Object.keys({ ...before.content, ...content }).filter(
    (name) => JSON.stringify(Reflect.get(before.content, name)) !== JSON.stringify(Reflect.get(content, name)),
  )
  if (changed.length === 0) return before
  if (isPrivate(content) && !isPrivate(before.content) && by.id !== before.createdById)
    throw new CairnError('forbidden', 'Only who made a dashboard makes it private.')
  const row = await trx
    .updateTable('saved')
    .set({ ...columnsOf(content), version: before.version + 1, updated_by: by.name, updated_at: now })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await keepVersion(trx, row)
  const saved = toSaved<K>(row)
  await noteSaved(trx, kind, 'changed', saved, asking, { changed })
  return saved
}

/** Throws `not_found`. `first` is done in the same transaction, before it. */
export const removeSaved = <K extends Kind>(
  db: CatalogDb,
  kind: K,
  asking: Asking,
  id: string,
  first: (saved: Saved<K>, trx: CatalogTransaction) => Promise<void> = async () => undefined,
): Promise<void> =>
  inTurn(db, asking, async (trx) => {
    const saved = await readSaved(trx, kind, asking, id)
    await first(saved, trx)
    await trx.deleteFrom('dashboard_shares').where('dashboard_id', '=', saved.id).execute()
    await trx.deleteFrom('saved_versions').where('saved_id', '=', saved.id).execute()
    await trx.deleteFrom('saved').where('id', '=', saved.id).execute()
    await noteSaved(trx, kind, 'removed', saved, asking)
  })

/** Newest first. Throws `not_found`. */
export const listVersions = async <K extends Kind>(
  db: CatalogDb,
  kind: K,
  asking: Asking,
  id: string,
  { limit = DEFAULT_LIMIT, cursor }: Page = {},
): Promise<{ page: Saved<K>[]; next_cursor: string | null }> => {
  const saved = await readSaved(db, kind, asking, id)
  const after = readCursor(cursor, 'number')
  let rows = db.selectFrom('saved_versions').selectAll().where('saved_id', '=', saved.id)
  if (after) rows = rows.where('version', '<', after.ms)
  const found = await rows
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute()
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return {
    page: page.map(({ content, version, updated_by: updatedBy, updated_at: updatedAt }) => ({
      ...saved,
      content: JSON.parse(content) as Contents[K],
      version,
      updatedBy,
      updatedAt,
    })),
    next_cursor: last ? writeCursor({ ms: last.version, key: '0' }) : null,
  }
}

/** As the API answers it. */
export const showSaved = <K extends Kind>({ id, content, ...saved }: Saved<K>) => ({ id, ...content, ...showLife(saved) })

const showLife = (saved: Pick<Saved<Kind>, 'version' | 'createdBy' | 'createdAt' | 'updatedBy' | 'updatedAt'>) => ({
  version: saved.version,
  created_by: saved.createdBy,
  created_at: iso(saved.createdAt),
  updated_by: saved.updatedBy,
  updated_at: iso(saved.updatedAt),
})

/** Throws `conflict` with the newer one. */
export function refuseOlder(version: number, newer: { version: number; updated_by: string }): void {
  if (version === newer.version) return
  throw new CairnError('conflict', `You read version ${version}; the newest is ${newer.version}, by ${newer.updated_by}. Look at it and try again.`, { newer })
}

/** Dashboards in which this id stands, whoever may see them. */
export const dashboardsWith = async (trx: CatalogTransaction, { workspaceId }: Asking, id: string): Promise<Saved<'dashboard'>[]> =>
  (
    await trx
      .selectFrom('saved')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', 'dashboard')
      .where('content', 'like', `%"${id}"%`)
      .execute()
  ).map((row) => toSaved<'dashboard'>(row))

/** Writes of one workspace one after the other: what one refers to is not removed by another. Throws `not_found` where the workspace is gone. */
const inTurn = <T>(db: CatalogDb, { workspaceId }: Asking, write: (trx: CatalogTransaction) => Promise<T>): Promise<T> =>
  db.transaction().execute(async (trx) => {
    const turn = await trx
      .updateTable('workspaces')
      .set((row) => ({ updated_at: row.ref('updated_at') }))
      .where('id', '=', workspaceId)
      .returning('id')
      .executeTakeFirst()
    if (!turn) throw new CairnError('not_found', 'There is no such workspace.')
    return await write(trx)
  })

const DEFAULT_LIMIT = 50

const visible = (db: CatalogDb | CatalogTransaction, kind: Kind, { workspaceId, by }: Asking) =>
  db
    .selectFrom('saved')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .where((row) => row.or([row('private', '=', 0), row('created_by_id', '=', by.id)]))

const keepVersion = async (trx: CatalogTransaction, row: Selectable<Schema['saved']>): Promise<void> => {
  const { id: saved_id, version, workspace_id, content, updated_by, updated_at } = row
  await trx.insertInto('saved_versions').values({ saved_id, version, workspace_id, content, updated_by, updated_at }).execute()
  await trx
    .deleteFrom('saved_versions')
    .where('saved_id', '=', saved_id)
    .where('version', '<=', version - VERSIONS_KEPT)
    .execute()
}

const noteSaved = <K extends Kind>(
  trx: CatalogTransaction,
  kind: K,
  done: string,
  { id, content, version }: Saved<K>,
  { workspaceId, by, now }: Asking,
  details: object = {},
): Promise<void> =>
  note(trx, {
    workspaceId,
    by,
    action: `${kind}.${done}`,
    target: isPrivate(content) ? id : content.name,
    details: { id, version, ...details },
    now,
  })

const isPrivate = (content: Contents[Kind]): boolean => 'visibility' in content && content.visibility === 'private'

/** In JavaScript, since SQLite folds ASCII only. Postgres takes no NUL. */
const fold = (text: string): string => text.replaceAll('\0', '').toLowerCase()

/** Throws `too_large`. */
function columnsOf(content: Contents[Kind]): Pick<Schema['saved'], 'folded_name' | 'private' | 'starts_at' | 'ends_at' | 'content'> {
  const json = JSON.stringify(content)
  if (Buffer.byteLength(json) > MOST_BYTES) throw new CairnError('too_large', `This is over ${MOST_BYTES / 1_024} KB; save less in one.`)
  return {
    folded_name: fold(content.name),
    private: isPrivate(content) ? 1 : 0,
    starts_at: 'at' in content ? Date.parse(content.at) : null,
    ends_at: 'until' in content && content.until !== null ? Date.parse(content.until) : null,
    content: json,
  }
}

const toSaved = <K extends Kind>(row: Selectable<Schema['saved']>): Saved<K> => ({
  id: row.id,
  content: JSON.parse(row.content) as Contents[K],
  version: row.version,
  createdBy: row.created_by,
  createdById: row.created_by_id,
  createdAt: row.created_at,
  updatedBy: row.updated_by,
  updatedAt: row.updated_at,
})
