import type { Clock } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { Job, Result } from '../jobs/job.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import { raw, sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { foldedById, isOpen } from './fold.ts'
import { recordPayload } from './login/record.ts'

export interface CloseStaleDeps {
  store: Store
  pipeline: Pick<Pipeline, 'journal' | 'freshness'>
  /** Waits until the store holds what was acknowledged. */
  settle: (workspaceId: number) => Promise<unknown>
}

/** Log-ins without a sign of life for a day, each at its last activity. What a session is does not depend on it: a newer event voids the record. */
export const closeStaleJob = (deps: CloseStaleDeps): Job => ({
  name: 'sessions:close-stale',
  about: 'Notes log-ins that ended without a log-out: a day after their last activity, as ended at it.',
  schedule: '0 2 * * *',
  of: 'workspace',
  run: ({ workspace, clock, signal }) => closeStale(deps, { workspace, clock, signal }),
})

/** Records of one commit. */
const BATCH = 1_000

interface Stale {
  session_id: string
  user_id: string
  active_ms: string
}

/** Safe to stop and to repeat: a log-in whose record is there is left out. */
async function closeStale(
  { store, pipeline, settle }: CloseStaleDeps,
  { workspace, clock, signal }: { workspace: DirectoryWorkspace; clock: Clock; signal: AbortSignal },
): Promise<Result> {
  await settle(workspace.id)
  const now = clock.now()
  const records = sql`${raw(store.dialect.database)}.session_records WHERE workspace_id = ${u32(workspace.id)}`
  const logins = sql`SELECT session_key FROM ${records} AND kind = 'login'`
  const folded = foldedById({ store, workspaceId: workspace.id, now, bots: false }, logins)
  const { rows } = await store.query<Stale>(sql`SELECT any(session_id) AS session_id, any(user_id) AS user_id, any(folded.active_ms) AS active_ms
FROM (SELECT session_key, session_id, user_id FROM ${records} AND record = 'started') AS told
INNER JOIN (SELECT key, active_ms FROM (${folded}) WHERE rank = 2 AND explicit_end = 0 AND NOT (${isOpen})
  AND (key, active_ms) NOT IN (SELECT session_key, toUnixTimestamp64Milli(at) FROM ${records} AND record = 'stale')) AS folded ON folded.key = told.session_key
GROUP BY told.session_key
ORDER BY active_ms`)
  for (let from = 0; from < rows.length; from += BATCH) {
    signal.throwIfAborted()
    const { journal, freshness } = pipeline
    journal.admit()
    for (const { session_id: sessionId, user_id: userId, active_ms } of rows.slice(from, from + BATCH))
      journal.group.add(
        recordPayload({ workspaceId: workspace.id, keyId: 'job', receivedAt: now, record: 'stale', kind: 'login', sessionId, userId, at: Number(active_ms) }),
      )
    freshness.taken(workspace.id, await journal.commit())
  }
  return { closed: rows.length }
}
