import { DAY } from '../base/time.ts'
import { i64, raw, sql, u32, type Piece } from '../store/sql.ts'
import { foldedByGap, foldedById, foldedStartedIn, foldSettings, isOpen, keysUnderWay, kinds, type Kind, type Span, type Wanted } from './fold.ts'

/** How many are under way now: log-ins where the workspace has ever been told of one, else all; of one kind where it is named. */
export async function countUnderWay(wanted: Wanted, kind?: Kind): Promise<number> {
  const { store, workspaceId, now } = wanted
  const hasLogins = sql`(SELECT count() FROM (SELECT 1 FROM ${raw(store.dialect.database)}.session_records WHERE workspace_id = ${u32(workspaceId)} AND kind = 'login' LIMIT 1)) > 0`
  const counted = kind === undefined ? sql`rank = 2 OR NOT ${hasLogins}` : sql`rank = ${u32(kinds.indexOf(kind))}`
  // What is under way has an event or a sign of life of the last day: the days before are of no account.
  return await count(wanted, sql`${foldedById(wanted, keysUnderWay(wanted))} UNION ALL ${foldedByGap(wanted, { fromMs: now - DAY, toMs: now + DAY })}`, [
    isOpen,
    counted,
  ])
}

/** How many of all kinds started in the span. */
export const countStarted = (wanted: Wanted, span: Span): Promise<number> =>
  count(wanted, sql`${foldedStartedIn(wanted, span)} UNION ALL ${foldedByGap(wanted, span)}`, [
    sql`start_ms >= ${i64(span.fromMs)}`,
    sql`start_ms < ${i64(span.toMs)}`,
  ])

async function count({ store }: Wanted, folded: Piece, conditions: readonly [Piece, Piece]): Promise<number> {
  const { rows } = await store.query<{ sessions: string }>(sql`SELECT count() AS sessions FROM (${folded}) WHERE (${conditions[0]}) AND (${conditions[1]})`, {
    settings: foldSettings,
  })
  return Number(rows[0]?.sessions ?? 0)
}
