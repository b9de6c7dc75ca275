import { EMAIL } from '@cairn/wire/credentials'
import type { FieldError } from './errors.ts'

interface ValidationError {
  keyword: string
  instancePath: string
  params: object
  message: string
}
interface Params {
  limit?: number
  type?: string
  requiredProperties?: string[]
  allowedValues?: unknown[]
  allowedValue?: string | number
  pattern?: string | RegExp
}

/** The schema validator's findings in words that say what to do: `/reason: at most 255 characters`. One for each field. */
export function describe(errors: readonly ValidationError[]): FieldError[] {
  const found = new Map<string, FieldError>()
  for (const { keyword, instancePath, params, message } of errors) {
    const p = params as Params
    if (keyword === 'required') {
      for (const name of p.requiredProperties ?? []) found.set(`${instancePath}/${name}`, { path: `${instancePath}/${name}`, message: 'is required' })
      continue
    }
    // The branches of a union, and properties that are not known, report for themselves.
    if (keyword === 'anyOf' || keyword === 'additionalProperties') continue
    const before = found.get(instancePath)
    if (!before) found.set(instancePath, { path: instancePath || '/', message: says(keyword, p, message) })
    else if (keyword === 'type' && before.message.startsWith('must be ')) before.message = `${before.message} or ${p.type}`
    else if (keyword === 'const') before.message = `${before.message} or ${String(p.allowedValue)}`
  }
  return [...found.values()]
}

function says(keyword: string, p: Params, message: string): string {
  switch (keyword) {
    case 'maxLength':
      return `at most ${p.limit} characters`
    case 'minLength':
      return 'must not be empty'
    case 'maxItems':
      return `at most ${p.limit} entries`
    case 'minimum':
      return `must be at least ${p.limit}`
    case 'maximum':
      return `must be at most ${p.limit}`
    case 'enum':
      return `must be one of ${(p.allowedValues ?? []).join(', ')}`
    case 'boolean':
      return 'is not known here'
    case 'pattern':
      return String(p.pattern) === EMAIL ? 'must be an e-mail address such as ada@example.com' : 'must be a UUID'
    default:
      return message
  }
}
