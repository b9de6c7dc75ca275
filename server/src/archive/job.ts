import { DAY } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { Job } from '../jobs/job.ts'
import { deleteWhere } from '../store/delete.ts'
import { bornMsColumn } from '../store/keys.ts'
import { i64, sql, time, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Archive } from './archive.ts'
import { endOfMonth, monthName } from './months.ts'

interface ArchiveJobDeps {
  store: Store
  archive: Archive
  /** Loads what is acknowledged, then runs `work` while nothing is loaded. */
  quiesced: <T>(work: () => Promise<T>) => Promise<T>
}

export const archiveJob = (deps: ArchiveJobDeps): Job => ({
  name: 'events:archive',
  about: 'Moves months that are older than the workspace’s archive age into Parquet files.',
  schedule: '50 3 * * *',
  of: 'workspace',
  run: async ({ workspace, clock, signal }) => {
    if (workspace.archiveDays === null) return { months: 0, events: 0, archive_days: 'never' }
    deps.archive.require()
    return await archiveMonths(deps, workspace, clock.now() - workspace.archiveDays * DAY, signal)
  },
})

/** Month by month, so that what waits to be loaded waits for one of them only. A signal ends it between two. */
async function archiveMonths(
  { store, archive, quiesced }: ArchiveJobDeps,
  { id }: DirectoryWorkspace,
  beforeMs: number,
  signal: AbortSignal,
): Promise<{ months: number; events: number; through: string | null }> {
  const done = { months: 0, events: 0, through: null as string | null }
  for (const month of await quiesced(() => archive.monthsBefore(id, beforeMs))) {
    signal.throwIfAborted()
    const moved = await quiesced(async () => {
      const events = await archive.archive(id, month)
      // The numbers of its events are no longer counted, so what sources reported of theirs must not look lost.
      const before = endOfMonth(month)
      await deleteWhere(
        store,
        'source_ends',
        sql`workspace_id = ${u32(id)} AND (reported_at < ${time(before)} OR ${bornMsColumn('source_id')} < ${i64(before)})`,
      )
      return events
    })
    done.months++
    done.events += moved
    done.through = monthName(month)
  }
  return done
}
