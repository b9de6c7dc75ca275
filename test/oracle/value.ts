import { column, orderInSession, type Event, type Json, type World } from './event.ts'
import { personOf, personOfUser } from './people.ts'

export type Value = string | number | boolean

/** Of a field of an event; undefined where it is missing. Bots' events are of a session only where bots are asked for. */
export function valueOf(world: World, event: Event, field: string, includeBots = false): Value | undefined {
  if (field === 'duration_ms') return event.duration_ms
  const dot = field.indexOf('.')
  if (dot < 0) return column(event, field) || undefined
  const path = field.slice(dot + 1)
  switch (field.slice(0, dot)) {
    case 'metadata':
      return at(event.metadata, path)
    case 'context':
      return at(event.context, path)
    case 'person':
      return at(traitsOf(world, personOf(world, event)), path)
    case 'entity': {
      const found = world.entities.find(({ type, id }) => type === column(event, 'entity_type') && id === column(event, 'entity_id'))
      return found && at(found.attributes, path)
    }
    case 'session':
      return ofSession(world, column(event, 'session_id'), path, includeBots)
    default:
      throw new Error(`There is no field ${field}.`)
  }
}

/** Numbers and booleans by their text. */
export const textOf = (value: Value): string => String(value)

/** Of numbers, and of texts that are numbers. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined
}

/** What stands for a value in a breakdown. */
export const shown = (value: Value | undefined): string => (value === undefined ? '(none)' : textOf(value))

/** The keys one inside the other, or the whole path as one key. */
function at(json: Json, path: string): Value | undefined {
  const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
  let value: unknown = json
  for (const key of path.split('.')) value = isJson(value) ? value[key] : undefined
  value ??= json[path]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

/** Later over earlier, name by name; null takes a trait away. */
function traitsOf(world: World, person: string): Json {
  const traits: Record<string, unknown> = {}
  for (const fact of world.facts.toSorted((a, b) => a.at - b.at)) {
    if (fact.fact === 'identify' && personOfUser(world, fact.user) === person) Object.assign(traits, fact.traits)
  }
  return traits
}

function ofSession({ events }: World, session: string, name: string, includeBots: boolean): Value | undefined {
  if (session === '') return undefined
  const own = events.filter((event) => column(event, 'session_id') === session && (includeBots || !event.isBot)).toSorted(orderInSession)
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last) return undefined
  const paths = own.map((event) => column(event, 'url_path')).filter((path) => path !== '')
  switch (name) {
    case 'events':
      return own.length
    case 'page_views':
      return own.filter((event) => ['page_viewed', 'page_view'].includes(column(event, 'event_type'))).length
    case 'duration_seconds':
      return (last.at - first.at) / 1_000
    case 'entry_path':
      return paths[0]
    case 'exit_path':
      return paths.at(-1)
    default:
      throw new Error(`There is no session.${name}.`)
  }
}
