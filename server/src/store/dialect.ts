/**
 * The few things that differ between one ClickHouse (embedded or a server) and a cluster, in one place:
 * engine names, the `_local` tables that hold the bytes, where DELETE and ALTER go, and how a segment reaches the loader.
 * Everything else in Cairn is the same SQL on both.
 */
export interface Table {
  name: string
  /** Column definitions and indexes, as they stand between the parentheses of CREATE TABLE. */
  columns: string
  engine: 'MergeTree' | 'SummingMergeTree' | 'AggregatingMergeTree' | 'ReplacingMergeTree'
  /** Arguments of the engine beyond those of replication: the version column, the summed columns. */
  engineArguments?: string
  partitionBy?: string
  orderBy: string
  /** Rows between two marks of the primary key; 8,192 where absent. Fewer where single rows are looked up whose columns are costly to read. */
  granularity?: number
  /** Sharding key on a cluster; rows that are joined or counted together must share it. */
  shardBy: string
}

export interface View {
  name: string
  /** Table that receives the rows. */
  to: string
  /** Body of the SELECT; `{from}` stands for the table that is read. */
  select: string
  from: string
}

/** Rows that every query may look up by key, held in memory by each server; as new as its last reload. */
export interface Dictionary {
  name: string
  /** Definitions of key and attributes, all numbers. */
  columns: string
  key: string
  from: string
  /** The query that fills it; `{from}` stands for the table that is read. */
  select: string
}

/** By which a server reads its own tables for a dictionary. */
export interface Login {
  user: string
  password: string
}

export interface Dialect {
  readonly kind: 'single' | 'cluster'
  readonly database: string
  createDatabase(): string
  createTable(table: Table): string[]
  createView(view: View): string[]
  dropTable(name: string): string[]
  dropView(name: string): string[]
  createDictionary(dictionary: Dictionary): string[]
  dropDictionary(name: string): string[]
  /** Answers when every server has the new rows. */
  reloadDictionary(name: string): string
  /** Table that holds the bytes: the target of DELETE, ALTER, OPTIMIZE and inserts by the loader. */
  local(name: string): string
  /** Lightweight DELETE: rows vanish from every read at once; `where` is SQL with parameters. */
  deleteFrom(name: string, where: string): string
  alter(name: string, action: string): string
  /** `column` is a name and its type without a default; with `orderBy` it joins the table's order. */
  addColumn(name: string, column: string, orderBy?: string): string[]
  /** The column joins the order no more, whose rest is `orderBy`. */
  dropColumn(name: string, column: string, orderBy?: string): string[]
  /** All rows go. */
  truncate(name: string): string
  /** Table function that a load reads from: the engine opens the segment itself, a remote server gets it streamed. */
  readonly segmentSource: 'file' | 'stream'
}

/**
 * Blocks that the deduplication window remembers per table. A segment adds one block per month it touches; 10,000 blocks outlast the
 * 1,000 outstanding segments that back-pressure allows several times over.
 */
const DEDUPLICATION_WINDOW = 10_000
/**
 * Bytes (uncompressed) below which a part keeps its columns in one file. Each column of a wide part takes buffers of its own while it is
 * written: loading 100,000 events over three months took 507 MB and 900 ms with ClickHouse's 10 MB, 201 MB and 610 ms with this.
 * What a segment writes stays below it; what merges make of a day's segments is above it, and wide, as queries like it.
 */
const WIDE_PART_BYTES = 128 * 1024 * 1024

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Read again only when told to: by itself it would be behind what was told, or busy for nothing. Replaced where it is there: its login may have changed. */
const dictionaryDdl = (database: string, on: string, { name, columns, key, select, from }: Dictionary, login: Login | undefined): string => {
  const who = login ? ` USER ${quoted(login.user)} PASSWORD ${quoted(login.password)}` : ''
  return `CREATE OR REPLACE DICTIONARY ${database}.${name}${on} (${columns}) PRIMARY KEY ${key} SOURCE(CLICKHOUSE(QUERY ${quoted(select.replace('{from}', `${database}.${from}`))}${who})) LIFETIME(0) LAYOUT(HASHED())`
}

const ordered = (orderBy: string | undefined): string => (orderBy === undefined ? '' : `, MODIFY ORDER BY ${orderBy}`)
const granularity = ({ granularity: rows }: Table): string => (rows === undefined ? '' : `, index_granularity = ${rows}`)

export const singleDialect = (options: { database?: string; segmentSource: 'file' | 'stream'; login?: Login | undefined }): Dialect => {
  const database = options.database ?? 'cairn'
  // The engine does not fsync by default; a loaded segment is deleted from the journal, so its rows have to be on disk first.
  const settings = `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = ${WIDE_PART_BYTES}`
  return {
    kind: 'single',
    database,
    segmentSource: options.segmentSource,
    createDatabase: () => `CREATE DATABASE IF NOT EXISTS ${database}`,
    createTable: (t) => [
      `CREATE TABLE IF NOT EXISTS ${database}.${t.name} (${t.columns}) ENGINE = ${t.engine}(${t.engineArguments ?? ''})${t.partitionBy ? ` PARTITION BY ${t.partitionBy}` : ''} ORDER BY ${t.orderBy} SETTINGS ${settings}${granularity(t)}`,
    ],
    createView: (v) => [
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.${v.name} TO ${database}.${v.to} AS ${v.select.replace('{from}', `${database}.${v.from}`)}`,
    ],
    dropTable: (name) => [`DROP TABLE IF EXISTS ${database}.${name} SYNC`],
    dropView: (name) => [`DROP VIEW IF EXISTS ${database}.${name} SYNC`],
    createDictionary: (x) => [dictionaryDdl(database, '', x, options.login)],
    dropDictionary: (name) => [`DROP DICTIONARY IF EXISTS ${database}.${name}`],
    reloadDictionary: (name) => `SYSTEM RELOAD DICTIONARY ${database}.${name}`,
    local: (name) => `${database}.${name}`,
    deleteFrom: (name, where) => `DELETE FROM ${database}.${name} WHERE ${where}`,
    alter: (name, action) => `ALTER TABLE ${database}.${name} ${action}`,
    addColumn: (name, column, orderBy) => [`ALTER TABLE ${database}.${name} ADD COLUMN IF NOT EXISTS ${column}${ordered(orderBy)}`],
    dropColumn: (name, column, orderBy) => [
      ...(orderBy === undefined ? [] : [`ALTER TABLE ${database}.${name} MODIFY ORDER BY ${orderBy}`]),
      `ALTER TABLE ${database}.${name} DROP COLUMN IF EXISTS ${column}`,
    ],
    truncate: (name) => `TRUNCATE TABLE ${database}.${name}`,
  }
}

export const clusterDialect = (options: { database?: string; cluster: string; login?: Login | undefined }): Dialect => {
  const database = options.database ?? 'cairn'
  const on = ` ON CLUSTER '${options.cluster}'`
  const settings = `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, min_bytes_for_wide_part = ${WIDE_PART_BYTES}`
  const replicated = (t: Table): string =>
    `Replicated${t.engine}('/clickhouse/tables/{shard}/${database}/{table}', '{replica}'${t.engineArguments ? `, ${t.engineArguments}` : ''})`
  return {
    kind: 'cluster',
    database,
    segmentSource: 'stream',
    createDatabase: () => `CREATE DATABASE IF NOT EXISTS ${database}${on}`,
    createTable: (t) => [
      `CREATE TABLE IF NOT EXISTS ${database}.${t.name}_local${on} (${t.columns}) ENGINE = ${replicated(t)}${t.partitionBy ? ` PARTITION BY ${t.partitionBy}` : ''} ORDER BY ${t.orderBy} SETTINGS ${settings}${granularity(t)}`,
      `CREATE TABLE IF NOT EXISTS ${database}.${t.name}${on} AS ${database}.${t.name}_local ENGINE = Distributed('${options.cluster}', '${database}', '${t.name}_local', ${t.shardBy})`,
    ],
    createView: (v) => [
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.${v.name}${on} TO ${database}.${v.to}_local AS ${v.select.replace('{from}', `${database}.${v.from}_local`)}`,
    ],
    dropTable: (name) => [`DROP TABLE IF EXISTS ${database}.${name}${on} SYNC`, `DROP TABLE IF EXISTS ${database}.${name}_local${on} SYNC`],
    dropView: (name) => [`DROP VIEW IF EXISTS ${database}.${name}${on} SYNC`],
    createDictionary: (x) => [dictionaryDdl(database, on, x, options.login)],
    dropDictionary: (name) => [`DROP DICTIONARY IF EXISTS ${database}.${name}${on}`],
    reloadDictionary: (name) => `SYSTEM RELOAD DICTIONARY${on} ${database}.${name}`,
    local: (name) => `${database}.${name}_local`,
    deleteFrom: (name, where) => `DELETE FROM ${database}.${name}_local${on} WHERE ${where}`,
    alter: (name, action) => `ALTER TABLE ${database}.${name}_local${on} ${action}`,
    addColumn: (name, column, orderBy) => [
      `ALTER TABLE ${database}.${name}_local${on} ADD COLUMN IF NOT EXISTS ${column}${ordered(orderBy)}`,
      `ALTER TABLE ${database}.${name}${on} ADD COLUMN IF NOT EXISTS ${column}`,
    ],
    dropColumn: (name, column, orderBy) => [
      `ALTER TABLE ${database}.${name}${on} DROP COLUMN IF EXISTS ${column}`,
      ...(orderBy === undefined ? [] : [`ALTER TABLE ${database}.${name}_local${on} MODIFY ORDER BY ${orderBy}`]),
      `ALTER TABLE ${database}.${name}_local${on} DROP COLUMN IF EXISTS ${column}`,
    ],
    truncate: (name) => `TRUNCATE TABLE ${database}.${name}_local${on}`,
  }
}
