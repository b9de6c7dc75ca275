export interface FieldError {
  path: string
  message: string
}

interface Problem {
  /** Of HTTP; 0 where there was no answer. */
  status: number
  /** One of docs/errors.md; `unreachable` where there was no answer, `no_cairn` where the answer is none of Cairn’s. */
  code: string
  message: string
  errors?: readonly FieldError[]
  requestId?: string | undefined
  retryAfterSeconds?: number | undefined
}

/** Why a question was not answered. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly status: number
  readonly code: string
  /** What of the question is wrong, by its place in it: `/series/0/event`. */
  readonly errors: readonly FieldError[]
  /** By which the log of Cairn names it. */
  readonly requestId: string | undefined
  /** When to ask again. */
  readonly retryAfterSeconds: number | undefined

  constructor({ status, code, message, errors = [], requestId, retryAfterSeconds }: Problem, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
    this.errors = errors
    this.requestId = requestId
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Of an answer that is none; a proxy in between may have written it. */
export function problemOf({ status, headers }: Pick<Response, 'status' | 'headers'>, text: string): QueryError {
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined
  const { message, code, errors, request_id: requestId } = readObject(text) as { message?: string; code?: string; errors?: FieldError[]; request_id?: string }
  if (typeof message !== 'string' || typeof code !== 'string')
    return new QueryError({ status, code: 'no_cairn', message: `The answer, of status ${status}, is none of Cairn.`, retryAfterSeconds })
  return new QueryError({ status, code, message, errors: Array.isArray(errors) ? errors : [], requestId, retryAfterSeconds })
}

function readObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
