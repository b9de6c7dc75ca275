import type { Migration } from '../migrate.ts'

/**
 * Deletions under way: whose and what. A DELETE keeps its predicate on disk, so it reads the person from here and never names them; and a
 * deletion that a crash cut off is found here and done again. A row goes, with its bytes, when its deletion is done: each is a partition.
 * Costs nothing.
 */
export const deletions: Migration = {
  name: '0002_deletions',
  up: (d) =>
    d.createTable({
      name: 'deletions',
      columns: `deletion_id UUID, workspace_id UInt32, user_id String, person_key UInt64, before_ms Nullable(Int64), asked_at DateTime64(3, 'UTC')`,
      engine: 'MergeTree',
      partitionBy: 'deletion_id',
      orderBy: '(workspace_id, user_id)',
      shardBy: 'cityHash64(deletion_id)',
    }),
  down: (d) => d.dropTable('deletions'),
}
