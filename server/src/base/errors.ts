/**
 * Every error a caller can meet: status and what to do about it. One catalogue, so that answers, docs and tests agree.
 * Anything that is not a CairnError becomes `internal` at the edge, with its text withheld and a request id instead.
 */
export const catalogue = {
  malformed: { status: 400, hint: 'Send a JSON body of the shape given in /api/docs.' },
  unauthorized: { status: 401, hint: 'Send "Authorization: Bearer <key>" with a key of this workspace, or sign in.' },
  forbidden: { status: 403, hint: 'Use a key of the right kind (a write key adds data, a secret key also reads), or ask for a larger role.' },
  not_found: { status: 404, hint: 'Check the path and the id.' },
  conflict: { status: 409, hint: 'Read the current state and try again.' },
  too_large: { status: 413, hint: 'Send less in one request.' },
  unsupported_encoding: { status: 415, hint: 'Send gzip, deflate, br or plain bodies.' },
  invalid: { status: 422, hint: 'Correct the fields named in errors.' },
  too_many_requests: { status: 429, hint: 'Wait for the seconds given in Retry-After.' },
  internal: { status: 500, hint: 'Look into the log for the request id given.' },
  overloaded: { status: 503, hint: 'Send the same events again after the seconds given in Retry-After.' },
  unavailable: { status: 503, hint: 'Look at /api/health for the part that is down, and try again.' },
  query_too_heavy: { status: 503, hint: 'Ask for a shorter range.' },
} as const satisfies Record<string, { status: number; hint: string }>

export type ErrorCode = keyof typeof catalogue
export interface FieldError {
  path: string
  message: string
}

interface Options extends ErrorOptions {
  errors?: readonly FieldError[]
  retryAfterSeconds?: number
  /** A narrower word than the code, from another table: why an event was refused. Shown in the code's place. */
  reason?: string
  /** Of a conflict: what is there now. Shown. */
  newer?: object
}

/** A fault of the caller or of the machine. `message` says what to do and names no path, SQL or secret: it is shown to callers. */
export class CairnError extends Error {
  readonly code: ErrorCode
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly reason: string | undefined
  readonly newer: object | undefined

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, options)
    this.name = 'CairnError'
    this.code = code
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
    this.reason = options.reason
    this.newer = options.newer
  }
}
