import { pino, type Logger } from 'pino'

export type Log = Logger

/** Longer texts are cut: a database's error repeats the statement, and with it whatever people sent. */
const MAX_TEXT = 300
const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} …` : text)

interface Told {
  type: string
  message: string
  code?: string
  stack?: string
  cause?: Told
}

/** An error with where it arose and what caused it. */
function tellError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const told: Told = { type: error.name, message: cut(error.message) }
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) told.code = String(error.code)
  const frames = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
  if (frames && frames.length > 0) told.stack = frames.map((line) => line.trim()).join(' < ')
  if (error.cause instanceof Error) told.cause = tellError(error.cause) as Told
  return told
}

/**
 * Structured log lines on stderr. Keys, tokens and passwords are redacted here as a second wall: callers are not to pass them.
 * Addresses are never logged: no raw IP may reach a disk.
 */
export const makeLog = (level: string): Log =>
  pino(
    {
      level,
      base: undefined,
      serializers: { err: tellError },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['*.authorization', '*.key', '*.write_key', '*.password', '*.token'], censor: '[redacted]' },
    },
    pino.destination(2),
  )
