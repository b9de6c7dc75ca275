import { sql, type Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import type { CatalogDb, Schema, Timed } from './schema.ts'
import { requireWorkspace } from './workspaces.ts'

/**
 * How far each import got, so that one that was stopped goes on where it was, and one that was done is not done again.
 * A file under another mapping is another import. Nodes hold none of this in memory, so these writes leave the catalog's version alone.
 */
export interface ImportProgress {
  workspaceId: number
  /** Hex digests of the file and of its column mapping. */
  fileSha256: string
  mappingSha256: string
  rowsDone: number
  rowsTotal: number | null
  createdAt: number
  updatedAt: number
  finishedAt: number | null
}

export type ImportKey = Pick<ImportProgress, 'workspaceId' | 'fileSha256' | 'mappingSha256'>

/** Begins an import, or answers how far an earlier run of the same one got. Throws `not_found` for an unknown workspace. */
export const beginImport = (
  db: CatalogDb,
  { rowsTotal = null, now = Date.now(), ...key }: ImportKey & { rowsTotal?: number | null } & Timed,
): Promise<ImportProgress> =>
  db.transaction().execute(async (trx) => {
    await requireWorkspace(trx, key.workspaceId)
    const row = await trx
      .insertInto('imports')
      .values({ ...columns(key), rows_done: 0, rows_total: rowsTotal, created_at: now, updated_at: now, finished_at: null })
      .onConflict((known) =>
        known
          .columns(['workspace_id', 'file_sha256', 'mapping_sha256'])
          .doUpdateSet({ rows_total: sql`coalesce(excluded.rows_total, imports.rows_total)`, updated_at: now }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
    return toProgress(row)
  })

/**
 * `rowsDone` counts from the file's first row and never goes back; `finished` marks all rows as done, the first time it is said.
 * Throws `not_found` where the import was not begun.
 */
export const advanceImport = async (
  db: CatalogDb,
  { rowsDone, finished = false, now = Date.now(), ...key }: ImportKey & { rowsDone: number; finished?: boolean } & Timed,
): Promise<ImportProgress> => {
  const row = await db
    .updateTable('imports')
    .set((column) => ({
      // SQLite's max() of two values is Postgres's greatest(); CASE is both's.
      rows_done: column.case().when('rows_done', '>', rowsDone).then(column.ref('rows_done')).else(column.val(rowsDone)).end(),
      updated_at: now,
      ...(finished && { rows_total: rowsDone, finished_at: column.fn.coalesce('finished_at', column.val(now)) }),
    }))
    .where((known) => known.and(columns(key)))
    .returningAll()
    .executeTakeFirst()
  if (!row) throw new CairnError('not_found', 'This import was not begun.')
  return toProgress(row)
}

export const getImport = async (db: CatalogDb, key: ImportKey): Promise<ImportProgress | undefined> => {
  const row = await db
    .selectFrom('imports')
    .selectAll()
    .where((known) => known.and(columns(key)))
    .executeTakeFirst()
  return row && toProgress(row)
}

/** Latest activity first. */
export const listImports = async (db: CatalogDb, { workspaceId, limit = 50 }: { workspaceId: number; limit?: number }): Promise<ImportProgress[]> =>
  (
    await db
      .selectFrom('imports')
      .selectAll()
      .where('workspace_id', '=', workspaceId)
      .orderBy('updated_at', 'desc')
      .orderBy('file_sha256')
      .limit(limit)
      .execute()
  ).map(toProgress)

const columns = ({ workspaceId, fileSha256, mappingSha256 }: ImportKey) => ({
  workspace_id: workspaceId,
  file_sha256: fileSha256,
  mapping_sha256: mappingSha256,
})

const toProgress = (row: Selectable<Schema['imports']>): ImportProgress => ({
  workspaceId: row.workspace_id,
  fileSha256: row.file_sha256,
  mappingSha256: row.mapping_sha256,
  rowsDone: row.rows_done,
  rowsTotal: row.rows_total,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  finishedAt: row.finished_at,
})
