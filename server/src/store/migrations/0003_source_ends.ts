import type { Migration } from '../migrate.ts'

/**
 * How far tabs and processes that are gone had numbered, as those that came after them report: the tail that one of them never delivered is
 * known by nothing else. One row for each number reported, with the first report of it, so that a repetition moves nothing to a later day.
 * Costs nothing.
 */
export const sourceEnds: Migration = {
  name: '0003_source_ends',
  up: (d) =>
    d.createTable({
      name: 'source_ends',
      columns: `
  workspace_id UInt32, source_id String, seq UInt64,
  tracker SimpleAggregateFunction(max, String), reported_at SimpleAggregateFunction(min, DateTime64(3, 'UTC'))`,
      engine: 'AggregatingMergeTree',
      orderBy: '(workspace_id, source_id, seq)',
      shardBy: 'cityHash64(workspace_id, source_id)',
    }),
  down: (d) => d.dropTable('source_ends'),
}
