import { existsSync } from 'node:fs'
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { raw, sql, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * A month of one workspace as a Parquet file, written and read by the embedded engine. It holds every column of an event but `metadata`, which
 * is the same as `event_metadata`, for reading by path. A file is replaced whole: the new one is written beside it, read back, synced, and takes
 * its name; a crash leaves the one or the other.
 */
const fields = [
  ['workspace_id', 'UInt32'],
  // As text: by the engine's statistics of UUIDs the smallest is larger than the largest, and it then refuses its own file.
  ['event_id', 'String'],
  ['event_type', 'String'],
  ['event_category', 'String'],
  ['event_action', 'String'],
  ['user_id', 'String'],
  ['anonymous_id', 'String'],
  ['person_key', 'UInt64'],
  ['session_id', 'String'],
  ['session_key', 'UInt64'],
  ['entity_type', 'String'],
  ['entity_id', 'String'],
  ['event_metadata', 'String'],
  ['context_snapshot', 'String'],
  ['device_type', 'String'],
  ['duration_ms', 'Nullable(UInt64)'],
  ['event_timestamp', "DateTime64(3, 'UTC')"],
  ['received_at', "DateTime64(3, 'UTC')"],
  ['seq', 'Nullable(UInt64)'],
  ['source_id', 'String'],
  ['browser', 'String'],
  ['os', 'String'],
  ['country', 'String'],
  ['is_bot', 'Bool'],
  ['url_path', 'String'],
  ['referrer_domain', 'String'],
  ['utm_source', 'String'],
  ['utm_medium', 'String'],
  ['utm_campaign', 'String'],
  ['utm_term', 'String'],
  ['utm_content', 'String'],
  ['channel', 'String'],
  ['key_id', 'String'],
  ['tracker', 'String'],
  ['source', 'String'],
  ['is_new_type', 'Bool'],
  // Not in files that were written before there was such a mark.
  ['is_internal', 'Bool'],
] as const
/** Of an archived event, in the order of the event table. */
export const archivedColumns: readonly string[] = fields.map(([name]) => name)
export const columns: Piece = raw(archivedColumns.join(', '))

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const structure = literal(fields.map(([name, type]) => `${name} ${type}`).join(', '))
const tableOf = (path: string): Piece => raw(`file(${literal(path)}, 'Parquet', ${structure})`)

const withId = (id: string): Piece => raw(archivedColumns.map((name) => (name === 'event_id' ? `${id} AS event_id` : name)).join(', '))
const [read, written] = [withId('toUUID(event_id)'), withId('toString(event_id)')]

/** All rows of a file, as a SELECT, as those of the event table. */
export const rowsOf = (path: string): Piece => sql`SELECT * FROM (SELECT ${read} FROM ${tableOf(path)})`

const LONG_MS = 3_600_000
/** Few rows in memory at once, whatever the month holds; a group is what a question can leave out. */
const writing = {
  engine_file_truncate_on_insert: 1,
  output_format_parquet_row_group_size: 50_000,
  output_format_parquet_row_group_size_bytes: 16 * 1024 * 1024,
  output_format_parquet_parallel_encoding: 0,
  max_insert_threads: 1,
  max_threads: 1,
}

/** Writes what `rows` selects, and takes the file's place once it reads back as the same rows. Throws where it does not; then the old file is there as ever. */
export async function replaceFile(store: Store, path: string, rows: Piece): Promise<{ events: number; bytes: number }> {
  const next = `${path}.new`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    const wanted = await digest(store, rows)
    await store.command(sql`INSERT INTO FUNCTION ${tableOf(next)} SELECT ${written} FROM (${rows})`, { settings: writing, timeoutMs: LONG_MS })
    await chmod(next, 0o600)
    const found = await digest(store, rowsOf(next))
    if (!isSame(found, wanted)) throw new Error(`an archive reads back as ${found.events} events instead of ${wanted.events}, or as others`)
    await sync(next)
    await rename(next, path)
    await sync(dirname(path))
    return { events: Number(found.events), bytes: (await stat(path)).size }
  } finally {
    await rm(next, { force: true })
  }
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
  if (existsSync(dirname(path))) await sync(dirname(path))
}

export const hasSameRows = async (store: Store, one: Piece, other: Piece): Promise<boolean> => isSame(await digest(store, one), await digest(store, other))

interface Digest {
  events: string
  sum: string
}
const isSame = (a: Digest, b: Digest): boolean => a.events === b.events && a.sum === b.sum

/** Rows in any order have the same. */
async function digest(store: Store, rows: Piece): Promise<Digest> {
  const { rows: found } = await store.query<{ events: string; sum: string }>(
    sql`SELECT count() AS events, toString(sum(cityHash64(* EXCEPT (duration_ms, seq), toString((duration_ms, seq))))) AS sum FROM (${rows})`,
    { timeoutMs: LONG_MS, lane: 'admin', settings: { max_threads: 1 } },
  )
  return found[0] ?? { events: '0', sum: '0' }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
