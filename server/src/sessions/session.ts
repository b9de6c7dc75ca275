import { selected, toMs, toOutput, type StoredEvent } from '../analytics/stored.ts'
import { safe } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call } from '../http/call.ts'
import { inDays, sessionKey } from '../store/keys.ts'
import { empty, i64, raw, sql, u32, u64, u64s, type Piece } from '../store/sql.ts'
import { describe, readGapId } from './describe.ts'
import { CHAIN_DAYS, foldedByGap, foldedById, foldSettings, type Folded, type Wanted } from './fold.ts'
import type { SessionReadDeps } from './list.ts'
import { findLogin } from './login/login.ts'

/** More events than any person makes in one session; a program that never changes its session id does not make an endless answer. */
const MOST_EVENTS = 10_000

/** By its id, or by the token of a log-in in its place. */
export async function getSession({ db, ...deps }: SessionReadDeps & { db: CatalogDb }, call: Call<'getSession'>): Promise<object> {
  const id = safe('session_id', call.params['id'] ?? '')
  const login = await findLogin(db, call.workspace.id, id)
  return await readSession(deps, call, login?.session_id ?? id)
}

/**
 * A session and its events in order, over all time: `(clock, number in its source, arrival, id)`. At most 10,000 events are listed, the first
 * ones; the summary is of all. Throws `not_found`.
 */
export async function readSession(
  { store, persons, clock }: SessionReadDeps,
  call: Pick<Call<'getSession'>, 'workspace' | 'query'>,
  id: string,
): Promise<object> {
  const sessionId = safe('session_id', id)
  const wanted: Wanted = { store, workspaceId: call.workspace.id, now: clock.now(), bots: call.query.include_bots === true }
  const { row, events } = (await findById(wanted, sessionId)) ?? (await findByGap(wanted, sessionId)) ?? {}
  if (!row || !events) throw new CairnError('not_found', 'There is no such session in this workspace.')
  const from = sql`FROM ${raw(store.dialect.database)}.events PREWHERE workspace_id = ${u32(wanted.workspaceId)} AND ${events}`
  const [[session], listed, types] = await Promise.all([
    describe(wanted, persons, [row]),
    store.query<StoredEvent>(sql`SELECT ${selected} ${from} ORDER BY event_timestamp, ifNull(seq, 0), received_at, event_id LIMIT ${u32(MOST_EVENTS)}`),
    store.query<{ event_type: string; events: string }>(sql`SELECT event_type, count() AS events ${from} GROUP BY event_type ORDER BY events DESC, event_type`),
  ])
  const endMs = row.explicit_end === 1 ? Number(row.ended_ms) : Infinity
  return {
    session: { ...session, types: Object.fromEntries(types.rows.map((type) => [type.event_type, Number(type.events)])) },
    events: listed.rows.map((event) => ({ ...toOutput(event), after_end: toMs(event.event_timestamp) > endMs })),
  }
}

/** The session, and which events are its. */
interface Found {
  row: Folded
  events: Piece
}

async function findById(wanted: Wanted, sessionId: string): Promise<Found | undefined> {
  const key = sessionKey(wanted.workspaceId, sessionId)
  const { rows } = await wanted.store.query<Folded>(foldedById(wanted, key))
  return rows[0] && { row: rows[0], events: sql`session_key = ${key}${wanted.bots ? empty : sql` AND NOT is_bot`}` }
}

/** By the moment it names: a session that a late event made begin earlier is still found by its old name. */
async function findByGap(wanted: Wanted, sessionId: string): Promise<Found | undefined> {
  const named = readGapId(sessionId)
  if (!named || (named.bot && !wanted.bots)) return undefined
  const { person, startMs, bot } = named
  const folded = foldedByGap({ ...wanted, persons: u64s([person]) }, { fromMs: startMs - CHAIN_DAYS * DAY, toMs: startMs })
  const { rows } = await wanted.store.query<Folded>(
    sql`SELECT * FROM (${folded}) WHERE start_ms <= ${i64(startMs)} AND active_ms >= ${i64(startMs)} AND is_bot = ${raw(String(bot))}`,
    { settings: foldSettings },
  )
  const [row] = rows
  if (!row) return undefined
  const span = { fromMs: Number(row.start_ms), toMs: Number(row.active_ms) + 1 }
  return { row, events: sql`session_key = 0 AND person_key = ${u64(person)} AND is_bot = ${raw(String(bot))} AND ${inDays(span)}` }
}
