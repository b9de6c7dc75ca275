import type { Migration } from '../migrate.ts'

/**
 * What is left of events that their workspace's retention has removed: counts by day, type and entity type. Days are those of the workspace's
 * time zone when they were removed; bots are apart. Nobody is named.
 * Costs nothing.
 */
export const rolledUp: Migration = {
  name: '0007_rolled_up',
  up: (d) =>
    d.createTable({
      name: 'rolled_up',
      columns: `
  workspace_id UInt32, day Date32, event_type LowCardinality(String), event_category LowCardinality(String), entity_type LowCardinality(String), is_bot Bool,
  events SimpleAggregateFunction(sum, UInt64), durations SimpleAggregateFunction(sum, UInt64), duration_ms SimpleAggregateFunction(sum, UInt64),
  first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')), last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC'))`,
      engine: 'AggregatingMergeTree',
      orderBy: '(workspace_id, day, event_type, event_category, entity_type, is_bot)',
      shardBy: 'cityHash64(workspace_id, day)',
    }),
  down: (d) => d.dropTable('rolled_up'),
}
