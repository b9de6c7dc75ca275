import type { Selectable } from 'kysely'
import type { CatalogDb, Schema } from '../catalog/schema.ts'

/** Months that are archived, or about to be, in the catalog. A month is a number, 202601, and begins and ends in UTC, as those of the event table. */
export type Month = Selectable<Schema['archives']>

/** Oldest first. */
export const listMonths = (db: CatalogDb, workspaceId: number): Promise<Month[]> =>
  db.selectFrom('archives').selectAll().where('workspace_id', '=', workspaceId).orderBy('month').execute()

/** Says, before anything is changed, that rows of the month may be in both places. */
export const beginMonth = async (db: CatalogDb, workspaceId: number, month: number, now: number): Promise<void> => {
  await db
    .insertInto('archives')
    .values({ workspace_id: workspaceId, month, state: 'changing', changed_at: now })
    .onConflict((known) => known.columns(['workspace_id', 'month']).doUpdateSet({ state: 'changing', changed_at: now }))
    .execute()
}

export const endMonth = async (
  db: CatalogDb,
  { workspace_id, month, ...found }: Pick<Month, 'workspace_id' | 'month' | 'events' | 'bytes'>,
  now: number,
): Promise<void> => {
  await db
    .updateTable('archives')
    .set({ ...found, state: 'archived', changed_at: now })
    .where('workspace_id', '=', workspace_id)
    .where('month', '=', month)
    .execute()
}

/** What a deletion left of a month; its state stays. */
export const shrinkMonth = async (
  db: CatalogDb,
  { workspace_id, month, ...left }: Pick<Month, 'workspace_id' | 'month' | 'events' | 'bytes'>,
): Promise<void> => {
  await db.updateTable('archives').set(left).where('workspace_id', '=', workspace_id).where('month', '=', month).execute()
}

export const forgetMonth = async (db: CatalogDb, { workspace_id, month }: Pick<Month, 'workspace_id' | 'month'>): Promise<void> => {
  await db.deleteFrom('archives').where('workspace_id', '=', workspace_id).where('month', '=', month).execute()
}

export const monthOf = (ms: number): number => {
  const date = new Date(ms)
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1
}
export const startOfMonth = (month: number): number => Date.UTC(Math.floor(month / 100), (month % 100) - 1, 1)
export const endOfMonth = (month: number): number => Date.UTC(Math.floor(month / 100), month % 100, 1)
/** 2026-01 */
export const monthName = (month: number): string => `${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`
