import type { Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { declareType, listTypes, removeType, type DeclaredType } from '../catalog/taxonomy.ts'
import type { Handlers } from '../http/call.ts'
import { raw, sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { toIso } from './stored.ts'

export interface TypeRoutesDeps {
  store: Store
  db: CatalogDb
  directory: Directory
  clock: Clock
}

/** One event type: as seen, as declared, or both. */
interface ListedType {
  event_type: string
  /** The one that most events carry; the declared one where none was seen. */
  event_category: string | null
  first_seen: string | null
  last_seen: string | null
  /** Stored events, bots too. */
  count: number
  /** Seen, but not among the declared types of a workspace that declares some. */
  is_new: boolean
  declared: { event_category: string | null; required_properties: string[]; owner: string | null; description: string | null } | null
  /** By path; `example` is one value as text, the latest that was noted. */
  properties: { path: string; types: string[]; example: string }[]
}

export const typeRoutes = (deps: TypeRoutesDeps): Pick<Handlers, 'listTypes' | 'declareType' | 'undeclareType'> => ({
  listTypes: async ({ workspace }) => {
    const [declared, seen, properties] = await Promise.all([
      listTypes(deps.db, { workspaceId: workspace.id }),
      readSeen(deps.store, workspace.id),
      readProperties(deps.store, workspace.id),
    ])
    return { types: catalogue(seen, properties, declared), next_cursor: null }
  },

  declareType: async ({ workspace, params, body, by }) => {
    await declareType(deps.db, {
      workspaceId: workspace.id,
      eventType: params['event_type'] ?? '',
      category: body.event_category || null,
      requiredProperties: body.required_properties ?? [],
      owner: body.owner || null,
      description: body.description || null,
      now: deps.clock.now(),
      by,
    })
    await deps.directory.refresh()
    return { success: true }
  },

  undeclareType: async ({ workspace, params, by }) => {
    await removeType(deps.db, { workspaceId: workspace.id, eventType: params['event_type'] ?? '', now: deps.clock.now(), by })
    await deps.directory.refresh()
    return { success: true }
  },
})

interface Seen {
  event_type: string
  event_category: string
  first_seen: string
  last_seen: string
  events: string
}
interface Property {
  event_type: string
  path: string
  types: string[]
  example: string
}

/** Most events first within a type, so that its first row names the category. */
const readSeen = async (store: Store, workspaceId: number): Promise<Seen[]> =>
  (
    await store.query<Seen>(sql`SELECT event_type, event_category, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(events) AS events
FROM ${raw(store.dialect.database)}.event_types
WHERE workspace_id = ${u32(workspaceId)}
GROUP BY event_type, event_category
HAVING events > 0
ORDER BY event_type, events DESC, event_category`)
  ).rows

const readProperties = async (store: Store, workspaceId: number): Promise<Property[]> =>
  (
    await store.query<Property>(sql`SELECT event_type, path, arraySort(groupUniqArray(toString(value_type))) AS types, argMax(example, (seen_at, value_type)) AS example
FROM ${raw(store.dialect.database)}.event_properties FINAL
WHERE workspace_id = ${u32(workspaceId)}
GROUP BY event_type, path
ORDER BY event_type, path`)
  ).rows

function catalogue(seen: readonly Seen[], properties: readonly Property[], declared: readonly DeclaredType[]): ListedType[] {
  const types = new Map<string, ListedType>()
  for (const row of seen) {
    const [first, last] = [toIso(row.first_seen), toIso(row.last_seen)]
    const known = types.get(row.event_type)
    if (known) {
      known.count += Number(row.events)
      if (first < (known.first_seen ?? '')) known.first_seen = first
      if (last > (known.last_seen ?? '')) known.last_seen = last
    } else
      types.set(row.event_type, {
        event_type: row.event_type,
        event_category: row.event_category,
        first_seen: first,
        last_seen: last,
        count: Number(row.events),
        is_new: declared.length > 0,
        declared: null,
        properties: [],
      })
  }
  for (const { eventType, category, requiredProperties, owner, description } of declared) {
    const said = { event_category: category, required_properties: requiredProperties, owner, description }
    const known = types.get(eventType)
    if (known) Object.assign(known, { is_new: false, declared: said })
    else
      types.set(eventType, {
        event_type: eventType,
        event_category: category,
        first_seen: null,
        last_seen: null,
        count: 0,
        is_new: false,
        declared: said,
        properties: [],
      })
  }
  for (const { event_type, ...property } of properties) types.get(event_type)?.properties.push(property)
  return [...types.values()].sort((a, b) => (a.event_type < b.event_type ? -1 : 1))
}
