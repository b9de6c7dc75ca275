import { sql, type RawBuilder, type Selectable } from 'kysely'
import { uuidv7 } from '../base/ids.ts'
import { SECOND } from '../base/time.ts'
import type { CatalogDb, CatalogTransaction, Schema } from '../catalog/schema.ts'
import type { Result } from './job.ts'

/**
 * Runs of jobs in the catalog. Whoever holds the lease of a job runs it: a due time is taken by raising `last_due_at` in the same statement
 * that takes the lease, so that of several nodes one does. A lease lasts a minute and is renewed three times in it; whoever finds it expired
 * may take it, and the run that it belonged to was cut off.
 */
export type Run = Selectable<Schema['job_runs']>
export type Outcome = { state: 'done'; result: Result } | { state: 'failed' | 'cut_off'; message: string }

export interface Which {
  job: string
  /** null: of the whole server. */
  workspaceId: number | null
}

const LEASE_MS = 60 * SECOND
export const RENEW_EVERY_MS = LEASE_MS / 3
/** Runs kept of each job and workspace. */
const KEEP_RUNS = 200

export const CUT_OFF = 'Its node was stopped or died while it ran. What it had done stays done.'

/** Makes the job known, where it is not, as having been due just now: what was due before nobody missed. Answers the newest due time that was run. */
export const enrol = async (db: CatalogDb, which: Which, now: number): Promise<number> => {
  const known = await lastDueAt(db, which)
  if (known !== undefined) return known
  await db
    .insertInto('job_leases')
    .values({ job: which.job, workspace_id: which.workspaceId, last_due_at: now })
    .onConflict((row) => row.doNothing())
    .execute()
  return (await lastDueAt(db, which)) ?? now
}

const lastDueAt = async (db: CatalogDb, which: Which): Promise<number | undefined> =>
  (await db.selectFrom('job_leases').select('last_due_at').where(isOf(which)).executeTakeFirst())?.last_due_at

/**
 * Begins a run. `dueAt` null: somebody asked for it. `held`: it runs; `done`: that due time was run, or a later one; `gone`: its workspace is.
 */
export const claim = (
  db: CatalogDb,
  { dueAt, node, now, ...which }: Which & { dueAt: number | null; node: string; now: number },
): Promise<Run | 'held' | 'done' | 'gone'> =>
  db.transaction().execute(async (trx) => {
    const id = uuidv7(now)
    let take = trx
      .updateTable('job_leases')
      .set({ run_id: id, node, leased_until: now + LEASE_MS, ...(dueAt === null ? {} : { last_due_at: dueAt }) })
      .where(isOf(which))
      .where((lease) => lease.or([lease('leased_until', 'is', null), lease('leased_until', '<', now)]))
    // What was run of times to come was run by a clock that was wrong.
    if (dueAt !== null) take = take.where((lease) => lease.or([lease('last_due_at', '<', dueAt), lease('last_due_at', '>', now)]))
    const { numUpdatedRows } = await take.executeTakeFirst()
    if (numUpdatedRows === 0n) {
      const last = await trx.selectFrom('job_leases').select('last_due_at').where(isOf(which)).executeTakeFirst()
      if (!last) return 'gone'
      return dueAt !== null && last.last_due_at >= dueAt && last.last_due_at <= now ? 'done' : 'held'
    }
    await cutOff(trx, now, isOf(which))
    const run = await trx
      .insertInto('job_runs')
      .values({ id, job: which.job, workspace_id: which.workspaceId, due_at: dueAt, node, started_at: now, state: 'running' })
      .onConflict((row) => row.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (run) return run
    await letGo(trx).where('run_id', '=', id).execute()
    return 'done'
  })

/** False: the run was lost, and somebody else may be at it. */
export const renew = async (db: CatalogDb, runId: string, now: number): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('job_leases')
    .set({ leased_until: now + LEASE_MS })
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Ends a run, lets its lease go, and forgets what is older than the last 200 of the job. A run that was lost stays as it is. Answers it as it is now. */
export const finish = (db: CatalogDb, { id, job, workspace_id: workspaceId }: Run, outcome: Outcome, now: number): Promise<Run | undefined> =>
  db.transaction().execute(async (trx) => {
    await trx
      .updateTable('job_runs')
      .set({
        state: outcome.state,
        finished_at: now,
        ...(outcome.state === 'done' ? { result: JSON.stringify(outcome.result) } : { message: outcome.message }),
      })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .execute()
    await letGo(trx).where('run_id', '=', id).execute()
    const [oldest] = await trx
      .selectFrom('job_runs')
      .select('id')
      .where(isOf({ job, workspaceId }))
      .orderBy('id', 'desc')
      .offset(KEEP_RUNS - 1)
      .limit(1)
      .execute()
    if (oldest) await trx.deleteFrom('job_runs').where(isOf({ job, workspaceId })).where('id', '<', oldest.id).where('state', '!=', 'running').execute()
    return await trx.selectFrom('job_runs').selectAll().where('id', '=', id).executeTakeFirst()
  })

/** What this node ran when it ended: it runs nothing now. */
export const letGoOfNode = (db: CatalogDb, node: string, now: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await letGo(trx).where('node', '=', node).execute()
    await cutOff(trx, now, sql<boolean>`node = ${node}`)
  })

/** Leases that were not renewed in time, but for those of `running`, whose node is this one. */
export const letGoExpired = async (db: CatalogDb, running: readonly string[], now: number): Promise<void> => {
  const held = await db.selectFrom('job_leases').select('run_id').where('leased_until', '<', now).execute()
  const expired = held.flatMap(({ run_id: id }) => (id === null || running.includes(id) ? [] : [id]))
  if (expired.length === 0) return
  await db.transaction().execute(async (trx) => {
    await letGo(trx).where('run_id', 'in', expired).where('leased_until', '<', now).execute()
    // One that was renewed since is still held.
    const left = await trx.selectFrom('job_leases').select('run_id').where('run_id', 'in', expired).execute()
    const ended = expired.filter((id) => !left.some(({ run_id }) => run_id === id))
    if (ended.length > 0) await cutOff(trx, now, sql<boolean>`id in (${sql.join(ended)})`)
  })
}

/** The newest run of each job that the workspace sees, by name. */
export const lastRuns = async (db: CatalogDb, workspaceId: number): Promise<Map<string, Run>> => {
  const rows = await db
    .selectFrom('job_runs')
    .selectAll()
    .where('id', 'in', (of) =>
      of
        .selectFrom('job_runs')
        .select((run) => run.fn.max('id').as('id'))
        .where((run) => run.or([run('workspace_id', '=', workspaceId), run('workspace_id', 'is', null)]))
        .groupBy(['job', 'workspace_id']),
    )
    .execute()
  return new Map(rows.map((run) => [run.job, run]))
}

/** Newest first; `before` is the id of the last one of the page before. */
export const listRuns = (db: CatalogDb, { limit, before, ...which }: Which & { limit: number; before?: string | undefined }): Promise<Run[]> => {
  let query = db.selectFrom('job_runs').selectAll().where(isOf(which))
  if (before !== undefined) query = query.where('id', '<', before)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

/** Jobs whose newest run is no success, each with the number of workspaces; and when the last run of any ended. */
export const standing = async (db: CatalogDb): Promise<{ failing: Array<{ job: string; runs: number }>; lastFinishedAt: number | null }> => {
  const failing = await db
    .selectFrom('job_runs as run')
    .select((run) => ['run.job as job', run.fn.countAll<number>().as('runs')])
    .where('run.state', 'in', ['failed', 'cut_off'])
    .where((run) =>
      run.not(
        run.exists(
          run
            .selectFrom('job_runs as later')
            .select('later.id')
            .whereRef('later.job', '=', 'run.job')
            .where(sql<boolean>`coalesce(later.workspace_id, 0) = coalesce(run.workspace_id, 0)`)
            .whereRef('later.id', '>', 'run.id'),
        ),
      ),
    )
    .groupBy('run.job')
    .orderBy('run.job')
    .execute()
  const last = await db
    .selectFrom('job_runs')
    .select((run) => run.fn.max('finished_at').as('at'))
    .executeTakeFirst()
  return { failing: failing.map(({ job, runs }) => ({ job, runs })), lastFinishedAt: last?.at ?? null }
}

const isOf = ({ job, workspaceId }: Which): RawBuilder<boolean> =>
  workspaceId === null ? sql`job = ${job} and workspace_id is null` : sql`job = ${job} and workspace_id = ${workspaceId}`

const letGo = (trx: CatalogTransaction) => trx.updateTable('job_leases').set({ run_id: null, node: null, leased_until: null })

const cutOff = async (trx: CatalogTransaction, now: number, which: RawBuilder<boolean>): Promise<void> => {
  await trx.updateTable('job_runs').set({ state: 'cut_off', finished_at: now, message: CUT_OFF }).where('state', '=', 'running').where(which).execute()
}
