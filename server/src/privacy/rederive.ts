import { jsonPath } from '../analytics/where.ts'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { isAddressable, type ValueType } from '../ingest/properties.ts'
import { StoreError } from '../store/failure.ts'
import { join, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import { insertOnce, type Store } from '../store/store.ts'
import { findInText } from './text-examples.ts'

interface Property {
  event_type: string
  path: string
  value_type: ValueType
}

/** Columns of one query; each is read of every event of the type. */
const BATCH = 40
/** A path stands some seven times in a query, which the engine reads up to 256 KB. */
const BATCH_CHARACTERS = 8_000
const MAX_EXAMPLE = 200

interface RederiveDeps {
  store: Store
  log?: Pick<Log, 'warn'>
}

/**
 * For every catalogued property whose example comes from an event that matches `doomed` (and is deleted by now): a new row with the value of
 * the latest event that is left and has the path with that type of value; none where there is no such event. The old rows stay for the caller
 * to delete: while they are there this can be done again. A property that the store cannot find again is left out, and comes back with the
 * next event that has it.
 */
export async function rederiveProperties({ store, log }: RederiveDeps, workspaceId: number, doomed: Piece): Promise<void> {
  const { rows } = await store.query<Property>(
    sql`SELECT event_type, path, value_type FROM ${raw(store.dialect.database)}.event_properties FINAL WHERE ${doomed} ORDER BY event_type, path, value_type`,
  )
  for (const [eventType, properties] of Map.groupBy(rows, (row) => row.event_type)) {
    const byText = properties.filter((property) => !isInColumn(property))
    for (const batch of batches(properties.filter(isInColumn))) {
      try {
        await store.command(insertFound(store, workspaceId, eventType, batch), { settings: insertOnce() })
      } catch (error) {
        if (!isRefusal(error)) throw error
        byText.push(...batch)
      }
    }
    for (const batch of batches(byText)) {
      try {
        await insertFoundInText(store, workspaceId, eventType, batch)
      } catch (error) {
        if (!isRefusal(error)) throw error
        log?.warn(
          { err: error, workspace: workspaceId, properties: batch.length },
          'no examples found anew for these properties; the next event brings them back',
        )
      }
    }
  }
}

/** Whether the fault is the statement's, and would be there the next time: anything else is waited out. */
export const isRefusal = (error: unknown): boolean =>
  (error instanceof StoreError && error.clickhouseCode !== undefined) ||
  (error instanceof CairnError && error.code === 'query_too_heavy') ||
  error instanceof RangeError

/** Nulls and lists are read from the text in two readings of the path; with more than one dot there are others. */
const isInColumn = ({ path, value_type }: Property): boolean =>
  isAddressable(path) && ((value_type !== 'null' && value_type !== 'array') || path.split('.').length <= 2)

function batches(properties: readonly Property[]): Property[][] {
  const all: Property[][] = []
  let characters = Infinity
  for (const property of properties) {
    characters += property.path.length
    if (characters > BATCH_CHARACTERS || all.at(-1)?.length === BATCH) {
      all.push([])
      characters = property.path.length
    }
    all.at(-1)?.push(property)
  }
  return all
}

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

/** The rows go in as one JSON text, in which any path can be written. */
async function insertFoundInText(store: Store, workspaceId: number, eventType: string, properties: readonly Property[]): Promise<void> {
  const found = await findInText(store, workspaceId, eventType, properties)
  if (found.length === 0) return
  const rows = JSON.stringify(found.map((f) => [f.path, f.value_type, f.example, f.person_key, f.event_ms, f.received_ms]))
  await store.command(
    sql`INSERT INTO ${raw(store.dialect.database)}.event_properties (workspace_id, event_type, path, value_type, example, person_key, event_timestamp, seen_at)
SELECT ${u32(workspaceId)}, ${str(eventType)}, found.1, found.2, found.3, toUInt64(found.4), fromUnixTimestamp64Milli(toInt64(found.5), 'UTC'), fromUnixTimestamp64Milli(toInt64(found.6), 'UTC')
FROM (SELECT arrayJoin(JSONExtract(${str(rows)}, 'Array(Tuple(String, String, String, String, String, String))')) AS found)`,
    { settings: insertOnce() },
  )
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
