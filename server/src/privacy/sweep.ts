import type { Job } from '../jobs/job.ts'
import { raw, sql, str } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** Bytes are gone within a day of their deletion. */
export const sweepJob = (store: Store): Job => ({
  name: 'events:sweep',
  about: 'Takes deleted rows out of the files of the event store.',
  schedule: '30 4 * * *',
  of: 'server',
  run: async ({ signal }) => ({ partitions: await sweepDeleted(store, signal) }),
})

/**
 * Takes deleted rows out of the files. A DELETE only marks them, and a month that is no longer written is never merged again by itself.
 * It rewrites every part that holds marked rows (10 million events: 11 s of two cores), so it is for once a day and not for each deletion.
 * Answers when the new parts are there; the engine removes the old ones within 8 minutes. May be stopped and run again at any time.
 * Returns the number of partitions swept.
 */
export async function sweepDeleted(store: Store, signal?: AbortSignal): Promise<number> {
  const { rows } = await store.query<{ table: string; partition_id: string }>(
    sql`SELECT DISTINCT table, partition_id FROM system.parts
WHERE database = ${str(store.dialect.database)} AND active AND has_lightweight_delete
ORDER BY table, partition_id`,
    { lane: 'admin' },
  )
  for (const { table, partition_id } of rows) {
    signal?.throwIfAborted()
    const apply = store.dialect.alter(
      store.dialect.kind === 'cluster' ? table.replace(/_local$/, '') : table,
      `APPLY DELETED MASK IN PARTITION ID '${partition_id.replaceAll("'", '')}'`,
    )
    await store.command(sql`${raw(apply)}`, { settings: { mutations_sync: 2 } })
  }
  return rows.length
}
