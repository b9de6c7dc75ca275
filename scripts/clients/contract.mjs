import { EventOutput } from '@cairn/wire/event'
import { Seen } from '@cairn/wire/api/people'
import { answers, Condition, Figure, Filters, Meta, questions, Series, Step } from '@cairn/wire/questions/question'

/**
 * Declarations of packages/query/src/contract.ts without the schemas that they come from: plain TypeScript, so that whoever installs the package needs
 * nothing else. A schema that has a name is written by it.
 */
const named = new Map(
  [
    ['Condition', Condition],
    ['Filters', Filters],
    ['Step', Step],
    ['Series', Series],
    ['Figure', Figure],
    ['Meta', Meta],
  ].map(([name, schema]) => [shapeOf(schema), name]),
)

function shapeOf(schema) {
  return JSON.stringify({ ...schema, description: undefined })
}

const written = (schema) => named.get(shapeOf(schema)) ?? typeOf(schema)
const comment = ({ description }) => (description ? `/** ${description.replaceAll('*/', '* /')} */ ` : '')
const keyOf = (key) => (/^\w+$/.test(key) ? key : JSON.stringify(key))

function typeOf(schema) {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(written).join(' | ')
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'number':
    case 'integer':
      return 'number'
    case 'array':
      return `Array<${written(schema.items)}>`
    case 'object':
      return objectOf(schema)
    case undefined:
      return 'unknown'
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`)
  }
}

function objectOf({ properties, patternProperties, required = [] }) {
  const fields = Object.entries(properties ?? {}).map(([key, value]) => `${comment(value)}${keyOf(key)}${required.includes(key) ? '' : '?'}: ${written(value)}`)
  if (fields.length > 0) return `{ ${fields.join('; ')} }`
  const [values] = Object.values(patternProperties ?? {})
  return values ? `Record<string, ${written(values)}>` : 'Record<string, unknown>'
}

const byKind = (name, table) =>
  `interface ${name} {\n${Object.entries(table)
    .map(([kind, schema]) => `  ${kind}: ${typeOf(schema)}`)
    .join('\n')}\n}`

export const contract = () =>
  [
    `export type Condition = ${typeOf(Condition)}`,
    'export type Filter = Condition | { any: Filter[] } | { all: Filter[] }',
    'type Filters = Filter[]',
    ...Object.entries({ Step, Series, Figure, Meta, StoredEvent: EventOutput }).map(([name, schema]) => `export type ${name} = ${typeOf(schema)}`),
    `export type SeenPerson = ${objectOf({ properties: Seen, required: Object.keys(Seen) })}`,
    byKind('Questions', questions),
    byKind('Answers', answers),
    'export type QuestionKind = keyof Questions',
    'export type QuestionOf<K extends QuestionKind> = Questions[K]',
    'export type Question = Questions[QuestionKind]',
    'export type AnswerTo<K extends QuestionKind> = Answers[K]',
    '',
  ].join('\n')
