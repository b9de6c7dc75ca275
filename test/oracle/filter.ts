import type { CohortDefinition } from '@cairn/wire/api/cohort'
import type { Filter, Step } from '@cairn/wire/questions/question'
import { column, known, type Event, type World } from './event.ts'
import { isInternal, personOf } from './people.ts'
import type { Span } from './range.ts'
import { numberOf, textOf, valueOf, type Value } from './value.ts'
import { DAY } from './zone.ts'

export interface Asked {
  world: World
  includeBots: boolean
  includeInternal: boolean
  /** Whether somebody is of the sample. */
  isSampled: (person: string) => boolean
  filters: readonly Filter[]
}
export const askedOf = (world: World, { include_bots = false, include_internal = false, filters = [], sample = 1 }: Common): Asked => ({
  world,
  includeBots: include_bots,
  includeInternal: include_internal,
  isSampled: sample === 1 ? () => true : (person) => world.sampled.get(sample)?.has(person) === true,
  filters,
})
interface Common {
  include_bots?: boolean | undefined
  include_internal?: boolean | undefined
  filters?: Filter[] | undefined
  sample?: number | undefined
}

/** Events that the question looks at, whenever they were. */
export const looked = (asked: Asked): Event[] =>
  asked.world.events.filter(
    (event) =>
      (asked.includeBots || !event.isBot) &&
      (asked.includeInternal || !isInternal(asked.world, event)) &&
      asked.isSampled(personOf(asked.world, event)) &&
      asked.filters.every((filter) => holds(asked, event, filter)),
  )

export const within = (events: readonly Event[], { from, to }: Span): Event[] => events.filter(({ at }) => at >= from && at < to)

export function fits(asked: Asked, event: Event, step: Step): boolean {
  if (step.event !== undefined && column(event, 'event_type') !== step.event) return false
  if (step.category !== undefined && column(event, 'event_category') !== step.category) return false
  return (step.filters ?? []).every((filter) => holds(asked, event, filter))
}

export const labelOf = ({ label, event, category }: Step): string => label ?? event ?? category ?? 'Any event'

export const fieldOf = (asked: Asked, event: Event, field: string): Value | undefined =>
  field.startsWith('cohort.') ? isMember(asked.world, personOf(asked.world, event), field.slice(7)) : valueOf(asked.world, event, field, asked.includeBots)

function holds(asked: Asked, event: Event, filter: Filter): boolean {
  if ('any' in filter) return filter.any.some((inner) => holds(asked, event, inner))
  if ('all' in filter) return filter.all.every((inner) => holds(asked, event, inner))
  const value = fieldOf(asked, event, filter.field ?? '')
  const text = value === undefined ? undefined : textOf(value)
  const given = filter.value
  const one = String(given)
  const list = Array.isArray(given) ? given : []
  switch (filter.op) {
    case 'eq':
      return text === one
    case 'neq':
      return text !== one
    case 'in':
      return list.some((each) => text === String(each))
    case 'not_in':
      return !list.some((each) => text === String(each))
    case 'contains':
      return text?.toLowerCase().includes(one.toLowerCase()) ?? false
    case 'not_contains':
      return !(text?.toLowerCase().includes(one.toLowerCase()) ?? false)
    case 'starts_with':
      return text?.startsWith(one) ?? false
    case 'ends_with':
      return text?.endsWith(one) ?? false
    case 'regex':
      return text !== undefined && new RegExp(one, 'su').test(text)
    case 'exists':
      return text !== undefined
    case 'not_exists':
      return text === undefined
    case 'gt':
      return compared(value, given, (a, b) => a > b)
    case 'gte':
      return compared(value, given, (a, b) => a >= b)
    case 'lt':
      return compared(value, given, (a, b) => a < b)
    case 'lte':
      return compared(value, given, (a, b) => a <= b)
    case 'between':
      return compared(value, list[0], (a, b) => a >= b) && compared(value, list[1], (a, b) => a <= b)
    case 'in_cohort':
      return isMember(asked.world, personOf(asked.world, event), one)
    case 'not_in_cohort':
      return !isMember(asked.world, personOf(asked.world, event), one)
    default:
      throw new Error(`The oracle does not know ${String(filter.op)}.`)
  }
}

type Rules = CohortDefinition | Extract<CohortDefinition, { all: unknown }>['all'][number]

/** Whether somebody, of whom there are events, is in the cohort now; of a static one, whether any of those is who were it then. */
function isMember(world: World, person: string, name: string): boolean {
  const cohort = world.cohorts[Number(name.replace('cohort ', ''))]
  if (cohort === undefined) return false
  if (cohort.type === 'live') return isNow(world, person, cohort.definition)
  const then = known(world)
  return then.events.some((event) => personOf(world, event) === person && isNow(then, personOf(then, event), cohort.definition))
}

function isNow(world: World, person: string, definition: CohortDefinition): boolean {
  const asked = askedOf(world, {})
  const own = looked(asked).filter((event) => personOf(world, event) === person)
  return own.length > 0 && isOf(asked, own, definition)
}

function isOf(asked: Asked, own: readonly Event[], rules: Rules): boolean {
  if ('any' in rules) return (rules.any as Rules[]).some((rule) => isOf(asked, own, rule))
  if ('all' in rules) return (rules.all as Rules[]).every((rule) => isOf(asked, own, rule))
  if ('trait' in rules) return own.some((event) => holds(asked, event, { field: `person.${rules.trait}`, op: rules.op, value: rules.value }))
  const since = rules.within_days === undefined ? -Infinity : asked.world.now - rules.within_days * DAY
  const count = (step: Step): number => own.filter((event) => event.at >= since && fits(asked, event, step)).length
  if ('did_not' in rules) return count(rules.did_not) === 0
  return count(rules.did) >= (rules.at_least ?? 1) && count(rules.did) <= (rules.at_most ?? Infinity)
}

function compared(value: Value | undefined, given: unknown, test: (a: number, b: number) => boolean): boolean {
  const number = numberOf(value)
  return number !== undefined && test(number, Number(given))
}
