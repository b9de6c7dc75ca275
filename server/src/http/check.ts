import { Compile, type Validator } from 'typebox/compile'
import Type, { type TSchema } from 'typebox'
import { CairnError, type FieldError } from '../base/errors.ts'
import { describe } from '../base/describe.ts'

/** Checks of one endpoint, compiled once. Query parameters come as text and are read as what the schema says. */
export interface Check {
  (value: unknown): void
}

export const makeCheck = (schema: TSchema | undefined, message: string): Check => {
  if (!schema) return () => undefined
  const find = makeFinder(schema)
  return (value) => {
    const errors = find(value)
    if (errors.length > 0) throw new CairnError('invalid', `${message} ${errors.map((e) => `${e.path.slice(1) || 'It'} ${e.message}`).join('; ')}.`, { errors })
  }
}

export type Finder = (value: unknown) => FieldError[]

/**
 * What is wrong with a value. Of bodies of several kinds, whether the whole body or a property is one, only the kind that is meant is held against
 * it, and compiled when it is first meant: all of them take a tenth of a second, which no start has to wait for.
 */
export function makeFinder(schema: TSchema): Finder {
  const kinds = kindsOf(schema)
  if (kinds) return finderByKind(kinds)
  const { properties = {} } = schema as ObjectSchema
  const inner = Object.entries(properties).flatMap(([name, property]): [string, Finder][] =>
    kindsOf(property as TSchema) ? [[name, makeFinder(property as TSchema)]] : [],
  )
  const compiled: Validator = Compile(
    inner.length === 0 ? schema : { ...schema, properties: { ...properties, ...Object.fromEntries(inner.map(([name]) => [name, Type.Unknown()])) } },
  )
  return (value) => {
    const own = compiled.Check(value) ? [] : describe(compiled.Errors(value))
    return inner.reduce((errors, [name, find]) => {
      const property: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
      if (property === undefined) return errors
      return [...errors, ...find(property).map((error) => ({ ...error, path: `/${name}${error.path === '/' ? '' : error.path}` }))]
    }, own)
  }
}

function finderByKind(kinds: ReadonlyMap<string, TSchema>): Finder {
  const finders = new Map<string, Finder>()
  const finderOf = (kind: string): Finder | undefined => {
    const schema = kinds.get(kind)
    const find = finders.get(kind) ?? (schema && makeFinder(schema))
    if (find) finders.set(kind, find)
    return find
  }
  return (value) => {
    const kind: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined
    return finderOf(String(kind))?.(value) ?? [{ path: '/kind', message: `must be one of ${[...kinds.keys()].join(', ')}` }]
  }
}

/** Of a union whose members are told apart by a constant `kind`. */
function kindsOf({ anyOf }: TSchema & { anyOf?: readonly (TSchema & ObjectSchema)[] }): Map<string, TSchema> | undefined {
  const named = (anyOf ?? []).map((schema): [string | undefined, TSchema] => [schema.properties?.['kind']?.const, schema])
  return named.length > 1 && named.every((entry): entry is [string, TSchema] => entry[0] !== undefined) ? new Map(named) : undefined
}

interface ObjectSchema {
  properties?: Record<string, { type?: string; const?: string }>
  required?: readonly string[]
}

/** A null field is an absent field: where it need not be there it is taken out of the body before that is checked. */
export const makeNullDropper = (schema: TSchema | undefined): ((body: unknown) => void) => {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema
  const names = Object.keys(properties).filter((name) => !required.includes(name))
  return (body) => {
    if (typeof body === 'object' && body !== null) for (const name of names) if (Reflect.get(body, name) === null) Reflect.deleteProperty(body, name)
  }
}

type Paths = Array<{ field: 'metadata' | 'context'; path: string; value: string }>

/** Reads a query string by its schema: numbers and yes/no from text, free paths apart, anything unknown refused rather than ignored. */
export const makeQueryReader = (schema: TSchema | undefined): ((raw: Record<string, unknown>) => { query: Record<string, unknown>; paths: Paths }) => {
  const properties = (schema as ObjectSchema | undefined)?.properties ?? {}
  const check = makeCheck(schema, 'The query parameters are not valid.')
  const takesPaths = 'event_type' in properties
  return (raw) => {
    const query: Record<string, unknown> = {}
    const paths: Paths = []
    const unknown: FieldError[] = []
    for (const [name, given] of Object.entries(raw)) {
      const value = Array.isArray(given) ? String(given.at(-1)) : String(given)
      const dot = name.indexOf('.')
      const field = name.slice(0, dot)
      if (name in properties) query[name] = readAs(properties[name]?.type, value)
      else if (takesPaths && (field === 'metadata' || field === 'context') && name.length > dot + 1) paths.push({ field, path: name.slice(dot + 1), value })
      else if (name !== 'write_key' && name !== '_') unknown.push({ path: `/${name}`, message: 'is not known here' })
    }
    if (unknown.length > 0) {
      throw new CairnError(
        'invalid',
        `Unknown query parameter ${unknown.map((u) => u.path.slice(1)).join(', ')}; known are ${Object.keys(properties).join(', ') || 'none'}.`,
        { errors: unknown },
      )
    }
    check(query)
    return { query, paths }
  }
}

function readAs(type: string | undefined, value: string): unknown {
  if (type === 'integer' || type === 'number') return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
  if (type === 'boolean') return value === 'true' || value === '1' || value === '' ? true : value === 'false' || value === '0' ? false : value
  return value
}
