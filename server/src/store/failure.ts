import { ClickHouseError } from '@clickhouse/client'
import { CairnError } from '../base/errors.ts'

/** What ClickHouse refused; `clickhouseCode` is its number (27, 60, …). Becomes `internal` at the edge, so that neither SQL nor data is shown. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly clickhouseCode: number | undefined

  constructor(message: string, options: { clickhouseCode?: number; cause: unknown }) {
    super(message, { cause: options.cause })
    this.clickhouseCode = options.clickhouseCode
  }
}

/** Time, rows, bytes or memory beyond the limit of one query: MEMORY_LIMIT_EXCEEDED, TIMEOUT_EXCEEDED, TOO_SLOW, TOO_MANY_ROWS(_OR_BYTES), TOO_MANY_BYTES, SET_SIZE_LIMIT_EXCEEDED. */
const heavy = new Set([241, 159, 160, 158, 307, 396, 191])
/** TOO_MANY_SIMULTANEOUS_QUERIES, TOO_MANY_PARTS. */
const busy = new Set([202, 252])
/** SOCKET_TIMEOUT, NETWORK_ERROR, NO_ZOOKEEPER, TABLE_IS_READ_ONLY, NOT_ENOUGH_SPACE, ALL_CONNECTION_TRIES_FAILED, KEEPER_EXCEPTION, UNKNOWN_STATUS_OF_INSERT, ABORTED. */
const away = new Set([209, 210, 225, 242, 243, 279, 999, 319, 236])

const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'EACCES',
  'ENETUNREACH',
])

const MEMORY_LIMIT_EXCEEDED = 241
/** Of what `storeFailure` made: less at a time may be answered. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof CairnError && error.cause instanceof ClickHouseError && Number(error.cause.code) === MEMORY_LIMIT_EXCEEDED

/** Turns whatever the client threw into the error Cairn's callers know; an error of ours passes unchanged. */
export function storeFailure(error: unknown): Error {
  if (error instanceof CairnError || error instanceof StoreError) return error
  if (error instanceof ClickHouseError) {
    const code = Number(error.code)
    if (heavy.has(code)) return new CairnError('query_too_heavy', 'The question took more time or memory than one query may.', { cause: error })
    if (busy.has(code)) return new CairnError('overloaded', 'The event store has more to do than it can queue.', { cause: error, retryAfterSeconds: 5 })
    if (away.has(code)) return new CairnError('unavailable', 'The event store does not answer.', { cause: error, retryAfterSeconds: 5 })
    return new StoreError(`the event store refused a statement: ${error.type ?? 'UNKNOWN'} (code ${error.code})`, {
      clickhouseCode: code,
      cause: error,
    })
  }
  if (
    error instanceof Error &&
    (socketErrors.has(String((error as NodeJS.ErrnoException).code)) || /Timeout error|socket hang up|aborted/i.test(error.message))
  )
    return new CairnError('unavailable', 'The event store does not answer.', { cause: error, retryAfterSeconds: 5 })
  return new StoreError('the event store failed', { cause: error })
}
