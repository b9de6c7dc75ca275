import type { Log } from '../base/log.ts'
import { raw, sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Json } from './draft.ts'

/**
 * Which property paths each event type has brought, per workspace: the catalogue's source, and the bound on distinct paths.
 * The engine reads metadata by path from a bounded JSON column; a workspace that makes a new key for every event would slow the load of
 * all. Paths over the limit stay in event_metadata as sent, but are not in the column that is read by path.
 * Only a cache: what it does not know is told to the store once more, which keeps one row for each.
 */
const MAX_PATHS = 2_000
/** Event types times paths that are remembered for one workspace; further ones are not catalogued. */
const MAX_ENTRIES = 20_000
const MAX_EXAMPLE = 200

export type ValueType = 'string' | 'number' | 'boolean' | 'array' | 'null'
const bits: Record<ValueType, number> = { string: 1, number: 2, boolean: 4, array: 8, null: 16 }

export interface NewProperty {
  event_type: string
  path: string
  value_type: ValueType
  example: string
}

interface Known {
  /** Types each path has brought, of any event: never fewer than the store holds. */
  paths: Map<string, number>
  types: Map<string, Map<string, number>>
  entries: number
  /** Paths turned away since the start. */
  turnedAway: number
}

/** Longer names would make a query of many paths longer than the engine reads. */
const MAX_ADDRESS = 1_000

/**
 * Whether a path can be a column's name in a query. The engine has no empty name, and takes :` and ^` for syntax even inside quotes (26.x);
 * NUL is in no name that came in lately. Such a path is read from event_metadata.
 */
export const isAddressable = (path: string): boolean => path !== '' && path.length <= MAX_ADDRESS && !path.includes('`') && !path.includes('\0')

export const typeOf = (value: unknown): ValueType =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string'

export const exampleOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_EXAMPLE).toWellFormed()

export class Properties {
  readonly #workspaces = new Map<number, Known>()

  /** Learns the paths of one event's metadata; `fresh` receives what is new. False where some path is over the limit. */
  learn(workspaceId: number, eventType: string, metadata: Json, fresh: NewProperty[]): boolean {
    const known = this.#of(workspaceId)
    let paths = known.types.get(eventType)
    if (!paths) known.types.set(eventType, (paths = new Map()))
    return this.#walk(known, paths, eventType, metadata, '', fresh)
  }

  /** The metadata without the paths over the limit. */
  within(workspaceId: number, metadata: Json, prefix = ''): Json {
    const known = this.#of(workspaceId)
    const kept: Json = {}
    for (const [key, value] of Object.entries(metadata)) {
      const path = prefix + key
      if (isObject(value)) kept[key] = this.within(workspaceId, value, `${path}.`)
      else if (known.paths.has(path)) kept[key] = value
    }
    return kept
  }

  /** What the store knows already, read at start. */
  restore(workspaceId: number, eventType: string, path: string, type: ValueType): void {
    const known = this.#of(workspaceId)
    known.paths.set(path, (known.paths.get(path) ?? 0) | bits[type])
    let paths = known.types.get(eventType)
    if (!paths) known.types.set(eventType, (paths = new Map()))
    if (!paths.has(path)) known.entries++
    paths.set(path, (paths.get(path) ?? 0) | bits[type])
  }

  /** After a failed write or a cleanup: what was learnt may not be in the store. */
  forget(): void {
    for (const known of this.#workspaces.values()) {
      known.types.clear()
      known.entries = 0
    }
  }

  /** Of a workspace that is gone. */
  forgetWorkspace(workspaceId: number): void {
    this.#workspaces.delete(workspaceId)
  }

  /** Whether the path can be read by path; an unknown one may be over the limit. */
  knows(workspaceId: number, path: string): boolean {
    return isAddressable(path) && this.#of(workspaceId).paths.has(path)
  }
  /** The types that values at the path have, of what this node took and found at its start; undefined where there may be others. */
  typesAt(workspaceId: number, path: string): readonly ValueType[] | undefined {
    const { paths, entries } = this.#of(workspaceId)
    const seen = paths.get(path) ?? 0
    return entries >= MAX_ENTRIES || seen === 0 ? undefined : (Object.keys(bits) as ValueType[]).filter((type) => (seen & bits[type]) !== 0)
  }
  turnedAway(workspaceId: number): number {
    return this.#of(workspaceId).turnedAway
  }

  #of(workspaceId: number): Known {
    let known = this.#workspaces.get(workspaceId)
    if (!known) this.#workspaces.set(workspaceId, (known = { paths: new Map(), types: new Map(), entries: 0, turnedAway: 0 }))
    return known
  }

  #walk(known: Known, paths: Map<string, number>, eventType: string, json: Json, prefix: string, fresh: NewProperty[]): boolean {
    let within = true
    for (const key in json) {
      const value = json[key]
      const path = prefix === '' ? key : prefix + key
      if (isObject(value)) {
        within = this.#walk(known, paths, eventType, value, `${path}.`, fresh) && within
        continue
      }
      const type = typeOf(value)
      const seen = paths.get(path) ?? 0
      if ((seen & bits[type]) !== 0) continue
      if (!known.paths.has(path)) {
        if (known.paths.size >= MAX_PATHS) {
          known.turnedAway++
          within = false
          continue
        }
      }
      known.paths.set(path, (known.paths.get(path) ?? 0) | bits[type])
      if (seen === 0 && ++known.entries > MAX_ENTRIES) continue
      paths.set(path, seen | bits[type])
      fresh.push({ event_type: eventType, path, value_type: type, example: exampleOf(value) })
    }
    return within
  }
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the catalogue back at start. Where the store is away the paths are learnt anew, and told to it once more. */
export async function restoreProperties(store: Store, properties: Properties, log: Log): Promise<void> {
  try {
    const { rows } = await store.query<{ workspace_id: number; event_type: string; path: string; value_type: ValueType }>(
      sql`SELECT workspace_id, event_type, path, value_type FROM ${raw(`${store.dialect.database}.event_properties`)} FINAL`,
    )
    for (const row of rows) properties.restore(row.workspace_id, row.event_type, row.path, row.value_type)
  } catch (error) {
    log.warn({ err: error }, 'the catalogue of properties could not be read; it is learnt anew')
  }
}
