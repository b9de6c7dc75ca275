import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Store } from '../server/src/store/store.ts'
import { startPostgres, type TestPostgres } from '../test/postgres.ts'
import { rounded } from './measure.ts'

/**
 * The events of workspace 1 in a Postgres of their own, as those keep them who build this upon it: one wide table, JSONB for what has no column, an
 * index for each of time, type, person and session.
 */
const TABLE = `CREATE TABLE events (
  workspace_id int NOT NULL, event_id uuid NOT NULL, event_type text NOT NULL, event_category text NOT NULL, user_id text NOT NULL, session_id text NOT NULL,
  entity_id text NOT NULL, url_path text NOT NULL, device_type text NOT NULL, duration_ms int, is_bot boolean NOT NULL, metadata jsonb NOT NULL, created_at timestamptz NOT NULL)`
const INDEXES = [
  'ALTER TABLE events ADD PRIMARY KEY (event_id)',
  'CREATE INDEX ON events (workspace_id, created_at)',
  'CREATE INDEX ON events (workspace_id, event_type, created_at)',
  'CREATE INDEX ON events (workspace_id, user_id, created_at)',
  'CREATE INDEX ON events (workspace_id, session_id, created_at)',
  'VACUUM ANALYZE events',
]
const SETTINGS = ['shared_buffers=4GB', 'work_mem=128MB', 'maintenance_work_mem=1GB', 'max_wal_size=8GB', 'timezone=UTC']

export interface Peer {
  /** Milliseconds of a question in which `{rows}` and `{rows:alias}` stand for the workspace, the span and no bots. */
  ask(text: string, span: { from: string; to: string }): Promise<number>
  stop(): Promise<void>
}

export async function startPeer(store: Store): Promise<Peer> {
  const postgres = await startPostgres({ settings: SETTINGS })
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  const began = performance.now()
  await client.query(TABLE)
  await copy(store, postgres)
  const copied = performance.now()
  for (const statement of INDEXES) await client.query(statement)
  const { rows } = await client.query<{ events: string; bytes: string }>("SELECT count(*) AS events, pg_total_relation_size('events') AS bytes FROM events")
  const [events, bytes] = [Number(rows[0]?.events), Number(rows[0]?.bytes)]
  console.log(
    `Postgres: ${events} events copied in ${rounded((copied - began) / 1_000)} s, indexes in ${rounded((performance.now() - copied) / 1_000)} s, ${rounded(bytes / events)} bytes an event`,
  )
  await sleep(2_000)
  return {
    ask: async (text, { from, to }) => {
      const rowsOf = (alias: string): string =>
        `${alias}workspace_id = 1 AND NOT ${alias}is_bot AND ${alias}created_at >= '${from}' AND ${alias}created_at < '${to}'`
      const started = performance.now()
      await client.query(text.replaceAll('{rows}', rowsOf('')).replaceAll(/\{rows:(\w+)\}/g, (_, alias: string) => rowsOf(`${alias}.`)))
      return performance.now() - started
    },
    stop: async () => {
      await client.end()
      await postgres.stop()
    },
  }
}

async function copy(store: Store, { psql: path, url }: TestPostgres): Promise<void> {
  const psql = spawn(path, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', 'COPY events FROM STDIN', url], { stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = once(psql, 'exit')
  const lines = store.stream<{ line: string }>(
    {
      text: `SELECT concatWithSeparator('\\t', toString(workspace_id), toString(event_id), event_type, event_category, user_id, session_id, entity_id, url_path, device_type,
  ifNull(toString(duration_ms), '\\\\N'), toString(is_bot), toString(event_metadata), toString(event_timestamp)) AS line FROM cairn.events WHERE workspace_id = 1`,
      params: {},
    },
    { timeoutMs: 3_600_000 },
  )
  for await (const rows of lines) {
    if (!psql.stdin.write(rows.map(({ line }) => `${line}\n`).join(''))) await once(psql.stdin, 'drain')
  }
  psql.stdin.end()
  const [code] = (await ended) as [number]
  if (code !== 0) throw new Error(`psql ended with ${code}`)
}
