import Type, { type Static, type TSchema } from 'typebox'
import { id, o, strict } from '../endpoint.ts'
import { Step } from '../questions/question.ts'
import { operatorNames } from '../questions/vocabulary.ts'

const times = (description: string) => o(Type.Integer({ minimum: 1, maximum: 1_000_000, description }))
const within_days = o(Type.Integer({ minimum: 1, maximum: 36_500, description: 'In so many days up to now; ever, where absent.' }))
const Scalar = Type.Union([Type.String({ maxLength: 4_096 }), Type.Number(), Type.Boolean()])
const Rule = Type.Union([
  Type.Object({ did: Step, at_least: times('Default 1.'), at_most: times('No limit, where absent.'), within_days }, strict),
  Type.Object({ did_not: Step, within_days }, strict),
  Type.Object(
    {
      trait: id('Name of a trait.'),
      op: Type.Enum(operatorNames.filter((name) => name !== 'in_cohort' && name !== 'not_in_cohort')),
      value: o(Type.Union([Scalar, Type.Array(Scalar, { maxItems: 1_000 })])),
    },
    strict,
  ),
])
const orGroups = <T extends TSchema>(of: T) => {
  const several = Type.Array(of, { minItems: 1, maxItems: 50 })
  return Type.Union([of, Type.Object({ any: several }, strict), Type.Object({ all: several }, strict)])
}
const rules = Type.Array(orGroups(Rule), { minItems: 1, maxItems: 50 })

/** Who belongs to a cohort: people of whom all of the rules hold, or any of them. */
export const cohortDefinitionSchema = Type.Union([Type.Object({ all: rules }, strict), Type.Object({ any: rules }, strict)])
export type CohortDefinition = Static<typeof cohortDefinitionSchema>
