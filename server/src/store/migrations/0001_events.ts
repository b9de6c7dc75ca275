import type { Migration } from '../migrate.ts'

/**
 * The event log, what is refused, the delivery ledger and the catalogue of event types.
 * Costs nothing on an empty store; on a full one `up` is a no-op, `down` drops everything that was collected.
 *
 * Sort order (workspace, type, day, person): measured 1.15 to 3.8 times faster than (workspace, time) on trends, funnels and percentiles
 * at 10 and 100 million events; the live tail is the loser and is served with a bound on the day.
 * `event_metadata` and `context_snapshot` keep what was sent, to the letter. `metadata` is the same as bounded JSON, for reading by path:
 * with the default of 1,024 dynamic paths one workspace with many keys slows the load to 12,600 rows a second.
 */
const id = 'LowCardinality(String)'
const time = "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"
/** Read by every question: T64 is a fifth smaller than Delta with ZSTD here, and read four times faster (10 million events: 19 against 83 ms). */
const packed = "DateTime64(3, 'UTC') CODEC(T64)"

export const events: Migration = {
  name: '0001_events',
  up: (d) => [
    ...d.createTable({
      name: 'events',
      columns: `
  workspace_id UInt32, event_id UUID, event_type ${id}, event_category ${id}, event_action ${id},
  user_id String, anonymous_id String, person_key UInt64, session_id String, session_key UInt64,
  entity_type ${id}, entity_id String,
  event_metadata String CODEC(ZSTD(1)), metadata JSON(max_dynamic_paths = 16), context_snapshot String CODEC(ZSTD(1)),
  device_type ${id}, duration_ms Nullable(UInt64), event_timestamp ${packed}, received_at ${packed},
  seq Nullable(UInt64), source_id ${id},
  browser ${id}, os ${id}, country ${id}, is_bot Bool,
  url_path String, referrer_domain ${id}, utm_source ${id}, utm_medium ${id}, utm_campaign ${id}, utm_term ${id}, utm_content ${id}, channel ${id},
  key_id ${id}, tracker ${id}, source ${id}, is_new_type Bool,
  INDEX by_session session_key TYPE bloom_filter(0.01) GRANULARITY 1`,
      engine: 'MergeTree',
      partitionBy: 'toYYYYMM(event_timestamp)',
      orderBy: '(workspace_id, event_type, toDate(event_timestamp), person_key, event_timestamp)',
      shardBy: 'cityHash64(workspace_id, person_key)',
    }),
    ...d.createTable({
      name: 'quarantine',
      columns: `
  workspace_id UInt32, quarantine_id UUID, event_id String, event_type String, received_at ${time}, key_id ${id}, tracker ${id}, source ${id},
  step ${id}, code ${id}, message String, event String CODEC(ZSTD(1)), headers String, status ${id}, version UInt64`,
      engine: 'ReplacingMergeTree',
      engineArguments: 'version',
      orderBy: '(workspace_id, quarantine_id)',
      shardBy: 'cityHash64(workspace_id, quarantine_id)',
    }),
    ...d.createTable({
      name: 'ledger',
      columns: `workspace_id UInt32, hour DateTime('UTC'), key_id ${id}, tracker ${id}, source ${id}, outcome ${id}, reason ${id}, events UInt64`,
      engine: 'SummingMergeTree',
      engineArguments: 'events',
      orderBy: '(workspace_id, hour, key_id, tracker, source, outcome, reason)',
      shardBy: 'cityHash64(workspace_id, hour)',
    }),
    // What reached the table counts as stored, in the same insert and under the same deduplication token as the rows themselves.
    ...d.createView({
      name: 'ledger_stored',
      to: 'ledger',
      from: 'events',
      select: `SELECT workspace_id, toStartOfHour(toDateTime(received_at, 'UTC')) AS hour, key_id, tracker, source, 'stored' AS outcome, '' AS reason, count() AS events
  FROM {from} GROUP BY workspace_id, hour, key_id, tracker, source`,
    }),
    ...d.createTable({
      name: 'event_types',
      columns: `
  workspace_id UInt32, event_type ${id}, event_category ${id},
  first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')), last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')), events SimpleAggregateFunction(sum, UInt64)`,
      engine: 'AggregatingMergeTree',
      orderBy: '(workspace_id, event_type, event_category)',
      shardBy: 'cityHash64(workspace_id, event_type)',
    }),
    ...d.createView({
      name: 'event_types_seen',
      to: 'event_types',
      from: 'events',
      select: `SELECT workspace_id, event_type, event_category, min(event_timestamp) AS first_seen, max(event_timestamp) AS last_seen, count() AS events
  FROM {from} GROUP BY workspace_id, event_type, event_category`,
    }),
    // One row for each property path when it is first seen with a new JSON type; the example is the value it came with.
    ...d.createTable({
      name: 'event_properties',
      columns: `workspace_id UInt32, event_type ${id}, path String, value_type ${id}, example String, person_key UInt64, event_timestamp ${time}, seen_at ${time}`,
      engine: 'ReplacingMergeTree',
      engineArguments: 'seen_at',
      orderBy: '(workspace_id, event_type, path, value_type)',
      shardBy: 'cityHash64(workspace_id, event_type)',
    }),
    // What hosts told about people, append-only: identify, alias, merge, unmerge. The rules that read it are in people/.
    ...d.createTable({
      name: 'person_facts',
      columns: `
  workspace_id UInt32, fact_id UUID, fact ${id}, user_id String, anonymous_id String, other_id String, traits String CODEC(ZSTD(1)),
  told_at ${time}, received_at ${time}, key_id ${id}`,
      engine: 'MergeTree',
      orderBy: '(workspace_id, user_id, anonymous_id, told_at)',
      shardBy: 'cityHash64(workspace_id, user_id)',
    }),
  ],
  down: (d) => [
    ...['ledger_stored', 'event_types_seen'].flatMap((v) => d.dropView(v)),
    ...['events', 'quarantine', 'ledger', 'event_types', 'event_properties', 'person_facts'].flatMap((t) => d.dropTable(t)),
  ],
}
