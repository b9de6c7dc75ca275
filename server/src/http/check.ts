import { Compile, type Validator } from 'typebox/compile'
import type { TSchema } from 'typebox'
import { CairnError, type FieldError } from '../base/errors.ts'
import { describe } from '../base/describe.ts'

/** Checks of one endpoint, compiled once. Query parameters come as text and are read as what the schema says. */
export interface Check {
  (value: unknown): void
}

export const makeCheck = (schema: TSchema | undefined, message: string): Check => {
  if (!schema) return () => undefined
  const compiled: Validator = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return
    const errors = describe(compiled.Errors(value))
    throw new CairnError('invalid', `${message} ${errors.map((e) => `${e.path.slice(1) || 'It'} ${e.message}`).join('; ')}.`, { errors })
  }
}

interface ObjectSchema {
  properties?: Record<string, { type?: string }>
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
