import { exampleOf, isObject, typeOf, type ValueType } from '../ingest/properties.ts'
import { i64, list, raw, sql, str, u32, uuid } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * Examples of property paths that no column can be named by (an empty name, a backtick, a very long one, a null deep inside), from the
 * events' metadata as it was sent: the engine finds the events that hold the name, newest first, and each is walked as when it came in.
 */
interface Sought {
  path: string
  value_type: ValueType
}

interface Example extends Sought {
  example: string
  person_key: string
  event_ms: string
  received_ms: string
}

interface Row {
  event_id: string
  event_metadata: string
  person_key: string
  event_ms: string
  received_ms: string
}

/** An event has up to 32 KB of metadata, and an answer of the store up to 64 MB. */
const PAGE = 500
/** Events that hold a name, but not as that path and type, before it is given up; each name counts its own, so a common one costs no other. */
const MAX_LOOKS = 10_000
/** The end of a name finds it as well; a thousand of them go into one question. */
const MAX_NEEDLE = 100

/** Those found, each with the value of the latest event that has it with that type. Ends: each event read is a look at one of the names. */
export async function findInText(store: Store, workspaceId: number, eventType: string, properties: readonly Sought[]): Promise<Example[]> {
  const sought = new Map(properties.map((p) => [nameOf(p.path, p.value_type), { ...p, needles: needlesOf(p.path), looks: 0 }]))
  const found: Example[] = []
  let last: Row | undefined
  while (sought.size > 0) {
    const needles = [...new Set([...sought.values()].flatMap((one) => one.needles))]
    const after = last ? sql`(toUnixTimestamp64Milli(event_timestamp), event_id) < (${i64(last.event_ms)}, ${uuid(last.event_id)})` : raw('true')
    const { rows } = await store.query<Row>(
      sql`SELECT event_id, event_metadata, toString(person_key) AS person_key, toString(toUnixTimestamp64Milli(event_timestamp)) AS event_ms, toString(toUnixTimestamp64Milli(received_at)) AS received_ms
FROM ${raw(store.dialect.database)}.events
WHERE workspace_id = ${u32(workspaceId)} AND event_type = ${str(eventType)} AND ${after} AND multiSearchAny(event_metadata, ${list(needles)})
ORDER BY event_timestamp DESC, event_id DESC
LIMIT ${u32(PAGE)}`,
      { timeoutMs: SEARCH_TIMEOUT_MS },
    )
    for (const { event_metadata, person_key, event_ms, received_ms } of rows) {
      if (sought.size === 0) break
      eachProperty(JSON.parse(event_metadata), '', (path, value) => {
        const name = nameOf(path, typeOf(value))
        const one = sought.get(name)
        if (!one) return
        sought.delete(name)
        found.push({ path, value_type: one.value_type, example: exampleOf(value), person_key, event_ms, received_ms })
      })
      for (const [name, one] of sought) if (one.needles.some((needle) => event_metadata.includes(needle)) && ++one.looks >= MAX_LOOKS) sought.delete(name)
    }
    last = rows.at(-1)
    if (rows.length < PAGE) break
  }
  return found
}
const SEARCH_TIMEOUT_MS = 600_000

const nameOf = (path: string, type: ValueType): string => `${type} ${path}`

/** Every path with its value, as the catalogue names them: keys joined by dots. */
function eachProperty(json: unknown, prefix: string, visit: (path: string, value: unknown) => void): void {
  if (!isObject(json)) return
  for (const [key, value] of Object.entries(json)) {
    if (isObject(value)) eachProperty(value, `${prefix}${key}.`, visit)
    else visit(prefix + key, value)
  }
}

/**
 * What stands in the JSON text of an event that has the path. Keys may hold dots, so the last of them is what follows the path's last dot, or
 * ends with it. JSON is kept as JSON.stringify writes it.
 */
function needlesOf(path: string): string[] {
  const dot = path.lastIndexOf('.')
  const written = `${JSON.stringify(path.slice(dot + 1)).slice(1)}:`
  return (dot < 0 ? [`"${written}`] : [`"${written}`, `.${written}`]).map(ending)
}

/** Never half of a surrogate pair. */
const ending = (needle: string): string => {
  const cut = needle.slice(-MAX_NEEDLE)
  return cut.isWellFormed() ? cut : cut.slice(1)
}
