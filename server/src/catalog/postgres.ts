import { PostgresDialect } from 'kysely'
import type { Dialect, PostgresPool, PostgresPoolClient } from 'kysely'
import { DatabaseError, Pool, types, type PoolClient } from 'pg'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

/**
 * Kysely on a Postgres pool whose every wait has an end, so that a locked or unreachable catalog is an `unavailable` within 2 s.
 * Faults of the machine are told apart from faults of a statement here, once; the domain functions see only the second kind.
 * A connection whose state is unknown (lost, or silent past its time) is never given back to the pool.
 */
export interface PostgresOptions {
  url: string
  log: Log
  /** Longest wait for a connection, and for one statement. null: statements may take as long as they need, locks 10 s (migrations). */
  patienceMs: number | null
}

export const postgresDialect = (options: PostgresOptions): Dialect => new PostgresDialect({ pool: () => Promise.resolve(patientPool(options)) })

/** 10 connections serve the set-up routes of a node; the way in uses none. */
const POOL_SIZE = 10

const patientPool = ({ url, log, patienceMs }: PostgresOptions): PostgresPool => {
  const pool = new Pool({
    connectionString: url,
    application_name: 'cairn',
    max: patienceMs === null ? 1 : POOL_SIZE,
    connectionTimeoutMillis: 2_000,
    // The server gives up first and says why; the client's own limit is for a server that no longer answers.
    ...(patienceMs === null
      ? { lock_timeout: 10_000 }
      : { statement_timeout: patienceMs - 200, query_timeout: patienceMs, idle_in_transaction_session_timeout: 30_000 }),
    keepAlive: true,
    types: { getTypeParser },
  })
  pool.on('error', (error) => log.warn({ err: error }, 'the catalog lost an idle Postgres connection'))
  return {
    options: {},
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw unreachable(error)
      })
      return patientClient(client)
    },
  }
}

/** bigint arrives as text by default; times in milliseconds, ids and counts are all below 2^53. */
const getTypeParser: typeof types.getTypeParser = (...of: Parameters<typeof types.getTypeParser>) =>
  of[0] === types.builtins.INT8 ? Number : types.getTypeParser(...of)

const patientClient = (client: PoolClient): PostgresPoolClient => {
  let lost: CairnError | undefined
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (lost) throw lost
    try {
      return await client.query(sql, [...parameters])
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw (lost = unreachable(error))
      const reason = reasonOf(error.code ?? '')
      if (reason === undefined) throw error
      const unavailable = new CairnError('unavailable', reason, { cause: error, retryAfterSeconds: 2 })
      if (error.code?.startsWith('57P')) lost = unavailable
      throw unavailable
    }
  }
  // Kysely also knows a cursor form of `query`, which it uses only where a cursor class is given; none is.
  return { query: query as PostgresPoolClient['query'], release: (destroy) => client.release(destroy === true || lost !== undefined) }
}

const unreachable = (cause: unknown): CairnError =>
  new CairnError('unavailable', 'The catalog (Postgres) cannot be reached. Try again in a few seconds.', { cause, retryAfterSeconds: 2 })

/** SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) that tell of the machine or of other sessions. */
const reasonOf = (sqlState: string): string | undefined => {
  if (['57014', '55P03', '40001', '40P01'].includes(sqlState)) return 'The catalog (Postgres) is locked by another session. Try again in a few seconds.'
  if (sqlState === '25006') return 'The catalog (Postgres) is read-only. DATABASE_URL must name the primary server.'
  if (/^(08|53|57P|58|XX)/.test(sqlState)) return 'The catalog (Postgres) cannot serve right now. Look at its log, and try again in a few seconds.'
  return undefined
}
