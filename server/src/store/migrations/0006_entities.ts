import type { Dialect } from '../dialect.ts'
import type { Migration } from '../migrate.ts'
import { raw, sql, type Piece } from '../sql.ts'

/**
 * The event store's copy of what the catalog decided about entities, and what events tell about them.
 *
 * - `entities` as they are now, each write a newer version of the row; `assignments` are (user, from ms, to ms or 0, why, reason)
 * - `entity_changes` what was said of each attribute, with its time; the JSON text of the value, '' where it was taken away
 * - `engagement` per entity and person, from events that name both; bots are left out
 * - `view_durations` per view, the last one told counts
 *
 * Cost: one row of `engagement` per entity and person of a segment, some 2 µs a row. Up counts once what is stored already (10 million events: 6 s).
 */
const id = 'LowCardinality(String)'
const time = "DateTime64(3, 'UTC')"
const entity = '(workspace_id, entity_type, entity_id)'
const shardBy = 'cityHash64(workspace_id, entity_type, entity_id)'

const viewed = "event_action = 'viewed'"
const engaged = `SELECT workspace_id, entity_type, entity_id, person_key, max(user_id) AS user_id, max(anonymous_id) AS anonymous_id,
  minIf(toNullable(event_timestamp), ${viewed}) AS first_viewed, maxIf(toNullable(event_timestamp), ${viewed}) AS last_viewed, countIf(${viewed}) AS views,
  max(event_timestamp) AS last_activity, countIf(event_action = 'commented') AS comments
FROM {from} WHERE entity_type != '' AND entity_id != '' AND NOT is_bot GROUP BY workspace_id, entity_type, entity_id, person_key`
const timed = `SELECT workspace_id, entity_type, entity_id, event_id AS view_id, person_key, toFloat64(duration_ms) / 1000 AS seconds, toUnixTimestamp64Milli(received_at) AS told
FROM {from} WHERE entity_type != '' AND entity_id != '' AND ${viewed} AND duration_ms IS NOT NULL AND NOT is_bot`

const columnsOf = {
  engagement: 'workspace_id, entity_type, entity_id, person_key, user_id, anonymous_id, first_viewed, last_viewed, views, last_activity, comments',
  view_durations: 'workspace_id, entity_type, entity_id, view_id, person_key, seconds, told',
}
const backfill = (d: Dialect, table: keyof typeof columnsOf, select: string): string =>
  `INSERT INTO ${d.database}.${table} (${columnsOf[table]}) ${select.replace('{from}', `${d.database}.events`)}`

export const entities: Migration = {
  name: '0006_entities',
  up: (d) => [
    ...d.createTable({
      name: 'entities',
      columns: `
  workspace_id UInt32, entity_type ${id}, entity_id String, version UInt64, deleted UInt8, created_at ${time}, updated_at ${time},
  title String, status ${id}, type ${id}, project_id String, client_id String, created_by String, attributes String CODEC(ZSTD(1)),
  assignments Array(Tuple(String, Int64, Int64, String, String))`,
      engine: 'ReplacingMergeTree',
      engineArguments: 'version',
      orderBy: entity,
      shardBy,
    }),
    ...d.createTable({
      name: 'entity_changes',
      columns: `workspace_id UInt32, entity_type ${id}, field ${id}, entity_id String, at ${time}, version UInt64, place UInt32, value String`,
      engine: 'ReplacingMergeTree',
      orderBy: '(workspace_id, entity_type, field, entity_id, at, version, place)',
      shardBy,
    }),
    ...d.createTable({
      name: 'engagement',
      columns: `
  workspace_id UInt32, entity_type ${id}, entity_id String, person_key UInt64,
  user_id SimpleAggregateFunction(max, String), anonymous_id SimpleAggregateFunction(max, String),
  first_viewed SimpleAggregateFunction(min, Nullable(${time})), last_viewed SimpleAggregateFunction(max, Nullable(${time})),
  views SimpleAggregateFunction(sum, UInt64), last_activity SimpleAggregateFunction(max, ${time}), comments SimpleAggregateFunction(sum, UInt64)`,
      engine: 'AggregatingMergeTree',
      orderBy: '(workspace_id, entity_type, entity_id, person_key)',
      shardBy,
    }),
    ...d.createTable({
      name: 'view_durations',
      columns: `workspace_id UInt32, entity_type ${id}, entity_id String, view_id UUID, person_key UInt64, seconds Float64, told Int64`,
      engine: 'ReplacingMergeTree',
      engineArguments: 'told',
      orderBy: '(workspace_id, entity_type, entity_id, view_id)',
      shardBy,
    }),
    ...d.createView({ name: 'engagement_seen', to: 'engagement', from: 'events', select: engaged }),
    ...d.createView({ name: 'view_durations_seen', to: 'view_durations', from: 'events', select: timed }),
  ],
  fill: (d) => [d.truncate('engagement'), d.truncate('view_durations'), backfill(d, 'engagement', engaged), backfill(d, 'view_durations', timed)],
  down: (d) => [
    ...['engagement_seen', 'view_durations_seen'].flatMap((view) => d.dropView(view)),
    ...['entities', 'entity_changes', 'engagement', 'view_durations'].flatMap((table) => d.dropTable(table)),
  ],
}

/** As the view makes it, of those rows of `from` that match. */
export function recountEngagement(d: Dialect, from: Piece, where: Piece): Piece {
  const [head = '', tail = ''] = engaged.split('{from} WHERE ')
  return sql`INSERT INTO ${raw(d.database)}.engagement (${raw(columnsOf.engagement)}) ${raw(head)}${from} WHERE ${where} AND ${raw(tail)}`
}
