import { catalogue, CairnError } from '../base/errors.ts'

export interface Problem {
  success: false
  message: string
  code: string
  errors?: readonly { path: string; message: string }[]
  /** What is there now, where somebody else was faster. */
  newer?: object
  request_id?: string
}

/** Any error as what the caller may know of it: status, body, and the seconds to wait. Never a stack, SQL or a path. */
export function problemOf(error: unknown, requestId: string): { status: number; body: Problem; retryAfterSeconds: number | undefined } {
  const known = asCairnError(error)
  if (!known) {
    return {
      status: 500,
      body: { success: false, message: 'Something went wrong in Cairn. The log has more under the request id.', code: 'internal', request_id: requestId },
      retryAfterSeconds: undefined,
    }
  }
  const { status } = catalogue[known.code]
  const body: Problem = { success: false, message: known.message, code: known.reason ?? known.code }
  if (known.errors) body.errors = known.errors
  if (known.newer) body.newer = known.newer
  return { status, body, retryAfterSeconds: known.retryAfterSeconds ?? (status === 503 || status === 429 ? 2 : undefined) }
}

/** Our own errors, and those of the HTTP framework that are the caller's fault. */
export function asCairnError(error: unknown): CairnError | undefined {
  if (error instanceof CairnError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new CairnError('too_large', 'The body is over 1 MB; send fewer events at once.', { cause: error })
  if (code === 'FST_STATIC_FORBIDDEN_PATH') return new CairnError('not_found', 'There is no such file.', { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' || code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH' || code === 'ECONNRESET')
    return new CairnError('malformed', 'The request is cut short or its address is malformed.', { cause: error })
  return undefined
}
