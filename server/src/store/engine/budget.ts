import { availableParallelism } from 'node:os'
import type { LaneName, LaneSizes } from './slots.ts'

/**
 * What the engine may take of the memory Cairn plans for. The engine does not enforce a limit over all (max_server_memory_usage is
 * accepted and ignored, measured), only per query: so the budget is slots times memory of one query, plus caches.
 * At the default of 2 GB: 2 slots of 400 MB, 400 MB for a load, about 250 MB for process and library.
 */
export interface Budget {
  lanes: LaneSizes
  queryBytes: number
  loadBytes: number
  cacheBytes: number
  threads: number
}

const MB = 1024 * 1024
/** A segment has a largest size, so a load needs what it needs on any machine: 225 MB for 100,000 rows in 32 MB over 1 to 36 months (measured). */
const LOAD_BYTES = 400 * MB

export function budgetOf(memoryBytes: number): Budget {
  const queryBytes = Math.round(Math.min(Math.max(memoryBytes / 5.12, 150 * MB), 4_000 * MB))
  return {
    lanes: { query: memoryBytes < 768 * MB ? 1 : 2, load: 1, admin: 1 },
    queryBytes,
    loadBytes: Math.max(queryBytes, LOAD_BYTES),
    cacheBytes: Math.round(memoryBytes / 32),
    // More threads need more memory per query; past 8 a query of this size gains little.
    threads: Math.min(availableParallelism(), 8),
  }
}

/** Settings of every statement of a lane unless it brings its own. Spilling begins at a quarter, so that a sort or group ends instead of failing. */
export function laneSettings(budget: Budget): Record<LaneName, Record<string, string>> {
  const settings = (bytes: number, seconds: number): Record<string, string> => ({
    max_memory_usage: String(bytes),
    max_bytes_before_external_group_by: String(Math.round(bytes / 4)),
    max_bytes_before_external_sort: String(Math.round(bytes / 4)),
    max_bytes_ratio_before_external_group_by: '0',
    max_bytes_ratio_before_external_sort: '0',
    max_execution_time: String(seconds),
    // Of archives: the reader decodes ahead up to 4 GB unless told otherwise.
    input_format_parquet_memory_high_watermark: String(Math.round(bytes / 16)),
    input_format_parquet_enable_row_group_prefetch: '0',
    max_threads: String(budget.threads),
  })
  return { query: settings(budget.queryBytes, 60), load: settings(budget.loadBytes, 600), admin: settings(budget.loadBytes, 600) }
}

/**
 * The engine's configuration file. Its defaults are a server's (mark cache 5 GiB, log tables that write all day); here it shares a small
 * machine. Its logger is off: its lines carry statements with their parameters, hence personal data, and with a console it ignores the level.
 * Two threads merge and delete, and sixteen tasks may wait for them: where the places are fewer than the parts that a DELETE touches, each part
 * that finds none waits 100 ms (15 parts: 1,400 ms; with these figures 60).
 */
export function engineConfig(budget: Budget, backupFolder: string, more = ''): string {
  const cache = (share: number): number => Math.round(budget.cacheBytes * share)
  const logs = [
    'query_log',
    'query_thread_log',
    'query_views_log',
    'part_log',
    'trace_log',
    'metric_log',
    'asynchronous_metric_log',
    'text_log',
    'error_log',
    'processors_profile_log',
    'opentelemetry_span_log',
    'crash_log',
    'session_log',
    'background_schedule_pool_log',
  ]
  return `<clickhouse>
  <logger><level>none</level></logger>
  <mark_cache_size>${cache(1)}</mark_cache_size>
  <primary_index_cache_size>${cache(0.5)}</primary_index_cache_size>
  <index_mark_cache_size>${cache(0.25)}</index_mark_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <query_condition_cache_size>${cache(0.25)}</query_condition_cache_size>
  <compiled_expression_cache_size>${cache(0.25)}</compiled_expression_cache_size>
  <vector_similarity_index_cache_size>${cache(1)}</vector_similarity_index_cache_size>
  <text_index_tokens_cache_size>${cache(0.25)}</text_index_tokens_cache_size>
  <text_index_header_cache_size>${cache(0.25)}</text_index_header_cache_size>
  <text_index_postings_cache_size>${cache(0.25)}</text_index_postings_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>8</background_merges_mutations_concurrency_ratio>
  <merge_tree><number_of_free_entries_in_pool_to_execute_mutation>2</number_of_free_entries_in_pool_to_execute_mutation></merge_tree>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <max_thread_pool_size>1000</max_thread_pool_size>
  <max_thread_pool_free_size>16</max_thread_pool_free_size>
  ${logs.map((name) => `<${name} remove="1"/>`).join('')}
  <backups><allowed_path>${escapeXml(backupFolder)}</allowed_path></backups>
  ${more}
</clickhouse>
`
}

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
