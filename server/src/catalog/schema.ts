import type { Generated, Kysely, Transaction } from 'kysely'

/**
 * The catalog's tables as they stand after all migrations, equal on SQLite and Postgres.
 * Times are whole milliseconds since the epoch, flags are 0 or 1, JSON is text: nothing here needs a type that only one of the two has.
 */
export interface Schema {
  workspaces: {
    /** Never given twice, not even after a workspace is gone: events in the store carry it. */
    id: Generated<number>
    slug: string
    name: string
    /** IANA name. */
    timezone: string
    /** null keeps events forever. */
    retention_days: number | null
    /** JSON array of stream names. */
    streams_off: string
    gpc: 'honour' | 'ignore'
    taxonomy_mode: 'open' | 'strict'
    created_at: number
    updated_at: number
  }
  keys: {
    /** Public short name of the key, safe to show and to log. */
    id: string
    workspace_id: number
    kind: 'write' | 'secret'
    name: string
    /** First 8 characters, for people to recognise the key by. */
    prefix: string
    /** SHA-256 of the key, hex. The key itself is nowhere. */
    hash: string
    created_at: number
    revoked_at: number | null
    last_used_at: number | null
  }
  opt_outs: {
    workspace_id: number
    /** 'u': person_id is a user_id; 'a': an anonymous_id. */
    kind: 'u' | 'a'
    person_id: string
    /** 1 while opted out; opting in again sets 0 and keeps the row, so that the consent state has a time and a source, and nodes see the change. */
    opted_out: 0 | 1
    at: number
    source: string
    /** Catalog version that wrote the row: nodes read only rows above the one they know. */
    version: number
  }
  taxonomy: {
    workspace_id: number
    event_type: string
    category: string | null
    /** JSON array of property paths. */
    required_properties: string
    owner: string | null
    description: string | null
    created_at: number
    updated_at: number
  }
  imports: {
    workspace_id: number
    file_sha256: string
    mapping_sha256: string
    rows_done: number
    rows_total: number | null
    created_at: number
    updated_at: number
    finished_at: number | null
  }
  meta: {
    key: string
    value: string
  }
}

export type CatalogDb = Kysely<Schema>
export type CatalogTransaction = Transaction<Schema>

/** Every write takes the time from its caller's clock; without one it is the machine's. */
export interface Timed {
  /** Milliseconds since the epoch. */
  now?: number
}
