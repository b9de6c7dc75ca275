import type { Filter, Question, Step } from '@cairn/wire/questions/question'
import { Filters, questionSchema } from '@cairn/wire/questions/question'
import { cohortDefinitionSchema, type CohortDefinition } from '@cairn/wire/api/cohort'
import type { TSchema } from 'typebox'
import { CairnError, type FieldError } from '../base/errors.ts'
import { makeFinder, type Finder } from '../http/check.ts'

/** What is wrong with questions, filters and definitions that stand in other bodies. Errors have their path below the value. */
export interface Within {
  question(value: Question): FieldError[]
  filters(value: readonly Filter[]): FieldError[]
  definition(value: CohortDefinition): FieldError[]
}

export const makeWithin = (): Within => {
  const question = whenUsed(questionSchema)
  const filters = whenUsed(Filters)
  const definition = whenUsed(cohortDefinitionSchema)
  return {
    question,
    filters,
    definition: (value) => {
      const wrong = definition(value)
      return wrong.length > 0 ? wrong : rulesIn(value).flatMap(wrongInRule)
    },
  }
}

/** Throws `invalid` where there are any. */
export function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  throw new CairnError('invalid', `The body is not valid. ${errors.map((e) => `${e.path.slice(1)} ${e.message}`).join('; ')}.`, { errors })
}

export const below = (path: string, errors: readonly FieldError[]): FieldError[] =>
  errors.map((error) => ({ ...error, path: `${path}${error.path === '/' ? '' : error.path}` }))

/** Compiling one takes a tenth of a second: it is done when it is first needed. */
const whenUsed = (schema: TSchema): Finder => {
  let find: Finder | undefined
  return (value) => (find ??= makeFinder(schema))(value)
}

const rulesIn = (definition: CohortDefinition): Array<{ rule: object; path: string }> => {
  const list = (rules: readonly object[], path: string): Array<{ rule: object; path: string }> =>
    rules.flatMap((rule, index) => {
      const group = groupOf(rule)
      return group ? list(group.rules, `${path}/${index}/${group.name}`) : [{ rule, path: `${path}/${index}` }]
    })
  const { rules, name } = groupOf(definition) ?? { rules: [], name: '' }
  return list(rules, `/${name}`)
}
const groupOf = (rule: object): { name: string; rules: readonly object[] } | undefined => {
  if ('all' in rule) return { name: 'all', rules: rule.all as object[] }
  return 'any' in rule ? { name: 'any', rules: rule.any as object[] } : undefined
}

/** What the schema cannot say. */
function wrongInRule({ rule, path }: { rule: { did?: Step; did_not?: Step; at_least?: number; at_most?: number }; path: string }): FieldError[] {
  const { did, did_not: not, at_least: least = 1, at_most: most } = rule
  const step = did ?? not
  const named = step === undefined ? 1 : [step.event, step.category, step.any].filter((one) => one !== undefined).length
  return [
    ...(named === 1 ? [] : [{ path: `${path}/${did === undefined ? 'did_not' : 'did'}`, message: 'must name one of event, category and any' }]),
    ...(most === undefined || least <= most ? [] : [{ path: `${path}/at_most`, message: 'must be at_least or more' }]),
  ]
}
