import type { AnswerOf } from '@cairn/wire/api'
import { reasons, type Reason } from '@cairn/wire/outcome'
import { atLeast } from '@cairn/wire/roles'
import { HOUR, iso, type Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import { listKeys } from '../catalog/keys.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import type { Refusals } from '../http/refusals.ts'
import { raw, sql, time, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

export interface RefusalRoutesDeps {
  refusals: Refusals
  store: Store
  db: CatalogDb
  directory: Directory
  clock: Clock
}

type Line = AnswerOf<'refusals'>['refusals'][number]

/**
 * Why events do not arrive: requests refused whole, and events that were taken and then quarantined or not recorded. A request with an unknown
 * key is nobody's: it may be a mistake of this workspace or the key of another, so it is shown to admins who are signed in, and not to keys.
 */
export const refusalRoutes = (deps: RefusalRoutesDeps): Pick<Handlers, 'refusals'> => ({
  refusals: async (call) => {
    const events = await refusedEvents(deps, call.workspace.id)
    const requests = [...deps.refusals.list(call.workspace.id), ...(isAdmin(deps.directory, call) ? deps.refusals.list(undefined) : [])]
    const lines: Line[] = requests.map(({ code, message, remedy, count, lastAt, keyPrefix, origin }) => ({
      ...{ code, message, remedy, count, origin },
      what: 'request',
      last_at: iso(lastAt),
      key_prefix: keyPrefix,
    }))
    return { refusals: [...lines, ...events].sort((a, b) => (a.last_at < b.last_at ? 1 : -1)), next_cursor: null }
  },
})

function isAdmin(directory: Directory, { user, workspace }: Pick<Call<'refusals'>, 'user' | 'workspace'>): boolean {
  const role = user && directory.roleOf(workspace.id, user.id)
  return role !== undefined && atLeast(role, 'admin')
}

interface Row {
  reason: string
  key_id: string
  events: number
  last_ms: number
}

/**
 * Quarantined events have their time; of those not recorded nothing is kept but the count of the hour, so they are of this clock hour and the
 * one before, and `last_at` is the end of the hour, or now.
 */
async function refusedEvents({ store, db, clock }: RefusalRoutesDeps, workspaceId: number): Promise<Line[]> {
  const now = clock.now()
  const database = raw(store.dialect.database)
  const [quarantined, notRecorded, keys] = await Promise.all([
    store.query<Row>(sql`SELECT code AS reason, key_id, toFloat64(count()) AS events, toFloat64(toUnixTimestamp64Milli(max(received_at))) AS last_ms
FROM ${database}.quarantine FINAL
WHERE workspace_id = ${u32(workspaceId)} AND received_at > ${time(now - HOUR)} AND status = 'open'
GROUP BY code, key_id`),
    store.query<Row>(sql`SELECT reason, key_id, toFloat64(sum(events)) AS events, toFloat64(toUnixTimestamp(max(hour))) * 1000 + ${raw(String(HOUR))} AS last_ms
FROM ${database}.ledger
WHERE workspace_id = ${u32(workspaceId)} AND hour >= toStartOfHour(${time(now - HOUR)}) AND outcome = 'not_recorded'
GROUP BY reason, key_id`),
    listKeys(db, { workspaceId }),
  ])
  const prefixes = new Map(keys.map(({ id, prefix }) => [id, prefix]))
  return [...quarantined.rows, ...notRecorded.rows].map(({ reason, key_id, events, last_ms }) => ({
    code: reason,
    message: isReason(reason) ? reasons[reason].means : reason,
    remedy: isReason(reason) ? reasons[reason].remedy : '',
    what: 'event',
    count: events,
    last_at: iso(Math.min(last_ms, now)),
    key_prefix: prefixes.get(key_id) ?? null,
    origin: null,
  }))
}

const isReason = (text: string): text is Reason => Object.hasOwn(reasons, text)
