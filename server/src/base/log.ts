import { pino, type Logger } from 'pino'

export type Log = Logger

/**
 * Structured log lines on stderr. Keys, tokens and passwords are redacted here as a second wall: callers are not to pass them.
 * Addresses are never logged: no raw IP may reach a disk.
 */
export const makeLog = (level: string): Log =>
  pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['*.authorization', '*.key', '*.write_key', '*.password', '*.token'], censor: '[redacted]' },
    },
    pino.destination(2),
  )
