import { randomUUID } from 'node:crypto'
import { jsonPath } from '../analytics/where.ts'
import type { ValueType } from '../ingest/properties.ts'
import { join, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

interface Property {
  event_type: string
  path: string
  value_type: ValueType
}

/** Columns of one query; each is read of every event of the type. */
const BATCH = 40
const MAX_EXAMPLE = 200

/**
 * For every catalogued property whose example comes from an event that matches `doomed` (and is deleted by now): a new row with the value of
 * the latest event that is left and has the path with that type of value; none where there is no such event. The old rows stay for the caller
 * to delete: while they are there this can be done again.
 */
export async function rederiveProperties(store: Store, workspaceId: number, doomed: Piece): Promise<void> {
  const { rows } = await store.query<Property>(
    sql`SELECT event_type, path, value_type FROM ${raw(store.dialect.database)}.event_properties FINAL WHERE ${doomed} ORDER BY event_type, path, value_type`,
  )
  for (const [eventType, properties] of Map.groupBy(rows, (row) => row.event_type)) {
    for (let i = 0; i < properties.length; i += BATCH)
      await store.command(insertFound(store, workspaceId, eventType, properties.slice(i, i + BATCH)), { settings: insertOnce() })
  }
}

/** Equal rows are no repetition here: without a token of its own the engine would drop a recount that equals an earlier one. */
export const insertOnce = (): Record<string, string | number> => ({ insert_deduplication_token: randomUUID(), distributed_foreground_insert: 1 })

function insertFound(store: Store, workspaceId: number, eventType: string, properties: readonly Property[]): Piece {
  const database = raw(store.dialect.database)
  const found = properties.map(({ path, value_type }) => {
    const { has, text } = valueAt(path, value_type)
    const example = sql`argMaxIf(tuple(substringUTF8(${text}, 1, ${u32(MAX_EXAMPLE)}), person_key, event_timestamp, received_at), event_timestamp, ${has})`
    return sql`tuple(${str(path)}, ${str(value_type)}, ${example}, countIf(${has}))`
  })
  return sql`INSERT INTO ${database}.event_properties (workspace_id, event_type, path, value_type, example, person_key, event_timestamp, seen_at)
SELECT ${u32(workspaceId)}, ${str(eventType)}, found.1, found.2, found.3.1, found.3.2, found.3.3, found.3.4
FROM (SELECT arrayJoin([${join(found)}]) AS found FROM ${database}.events WHERE workspace_id = ${u32(workspaceId)} AND event_type = ${str(eventType)})
WHERE found.4 > 0`
}

/** Whether an event has a value of that type at the path, and the value as text. */
const valueAt = (path: string, type: ValueType): { has: Piece; text: Piece } => readers[type](path, jsonPath('metadata', path))

const readers: Record<ValueType, (path: string, column: Piece) => { has: Piece; text: Piece }> = {
  string: (_, column) => ({ has: sql`dynamicType(${column}) = 'String'`, text: sql`toString(${column})` }),
  number: (_, column) => ({ has: sql`dynamicType(${column}) IN ('Int64', 'UInt64', 'Float64')`, text: sql`toString(${column})` }),
  boolean: (_, column) => ({ has: sql`dynamicType(${column}) = 'Bool'`, text: sql`toString(${column})` }),
  // The JSON column makes the values of a list alike, and keeps no nulls: as they were sent they are in the text.
  array: (path, column) => ({
    has: sql`startsWith(dynamicType(${column}), 'Array')`,
    text: sql`if(JSONHas(event_metadata, ${str(path)}), JSONExtractRaw(event_metadata, ${str(path)}), JSONExtractRaw(event_metadata, ${join(path.split('.').map(str))}))`,
  }),
  null: (path) => {
    const at = (keys: readonly string[]): Piece => sql`JSONType(event_metadata, ${join(keys.map(str))}) = 'Null'`
    return { has: sql`(position(event_metadata, 'null') > 0 AND (${at(path.split('.'))} OR ${at([path])}))`, text: sql`'null'` }
  },
}
