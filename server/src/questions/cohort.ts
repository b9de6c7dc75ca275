import type { CohortDefinition } from '@cairn/wire/api/cohort'
import type { Step } from '@cairn/wire/questions/question'
import { DAY } from '../base/time.ts'
import { join, raw, sql, time, u32, type Piece } from '../store/sql.ts'
import { Scope, type Scoped } from './scope.ts'
import { checkSteps } from './step.ts'

type Rules = Extract<CohortDefinition, { all: unknown }>['all']
type Group = Rules[number]
type Rule = Exclude<Group, { any: unknown } | { all: unknown }>

/**
 * Query: the keys of the people in a cohort at `momentMs`, out of those with an event: one pass over the events, each rule an aggregate of a person's rows.
 * Throws `invalid`.
 */
export function membersOf(of: Omit<Scoped, 'filters' | 'cohorts' | 'sample' | 'includeBots'>, definition: CohortDefinition, momentMs: number): Piece {
  const scope = new Scope({ ...of, filters: [], cohorts: new Map(), sample: 1, includeBots: false })
  const holds = conditionOf(scope, definition, momentMs)
  const clause = scope.clause({ fromMs: FIRST_MS, toMs: momentMs + DAY }, needed(definition))
  return sql`SELECT ${scope.person} AS member FROM ${scope.from} ${clause} GROUP BY member HAVING ${holds}`
}

const FIRST_MS = Date.UTC(1900, 0, 2)

function conditionOf(scope: Scope, group: Group | CohortDefinition, momentMs: number): Piece {
  if ('any' in group)
    return sql`(${join(
      (group.any as Group[]).map((one) => conditionOf(scope, one, momentMs)),
      ' OR ',
    )})`
  if ('all' in group)
    return sql`(${join(
      (group.all as Group[]).map((one) => conditionOf(scope, one, momentMs)),
      ' AND ',
    )})`
  return ruleOf(scope, group, momentMs)
}

function ruleOf(scope: Scope, rule: Rule, momentMs: number): Piece {
  if ('trait' in rule) {
    // The same of all rows of a person.
    return sql`max(${scope.filter({ field: `person.${rule.trait}`, op: rule.op, ...(rule.value === undefined ? {} : { value: rule.value }) })})`
  }
  const since = rule.within_days === undefined ? raw('') : sql` AND event_timestamp >= ${time(momentMs - rule.within_days * DAY)}`
  const step = 'did' in rule ? rule.did : rule.did_not
  checkSteps('The step', [step])
  const count = sql`countIf(${scope.step(step)}${since})`
  if (!('did' in rule)) return sql`${count} = 0`
  const { at_least = 1, at_most } = rule
  return sql`(${count} >= ${u32(at_least)}${at_most === undefined ? raw('') : sql` AND ${count} <= ${u32(at_most)}`})`
}

/** Steps whose events suffice: where everybody has done something, those who have done nothing of it need not be looked at. None where all events are. */
function needed(definition: CohortDefinition): Step[] {
  const rules = 'all' in definition ? definition.all : []
  const steps = rules.map((rule) => ('did' in rule ? rule.did : 'did_not' in rule ? rule.did_not : undefined))
  const isPositive = rules.some((rule) => 'did' in rule)
  return isPositive && steps.every((step) => step !== undefined) ? steps : []
}
