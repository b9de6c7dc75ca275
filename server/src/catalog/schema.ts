import type { Role } from '@cairn/wire/roles'
import type { Generated, Kysely, Transaction } from 'kysely'
import type { Actor } from './audit.ts'

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
    /** null archives nothing. */
    archive_days: number | null
    /** JSON array of stream names. */
    streams_off: string
    gpc: 'honour' | 'ignore'
    taxonomy_mode: 'open' | 'strict'
    /** Share of people, 0 to 1. */
    sampling: Generated<number>
    breaker_budget_ms: Generated<number>
    breaker_failures: Generated<number>
    breaker_rest_ms: Generated<number>
    /** Whether a log-in ends the person's others. */
    single_session: Generated<0 | 1>
    /** JSON array. */
    done_statuses: Generated<string>
    /** JSON of InternalTraffic. */
    internal: Generated<string>
    /** When the events stream was switched on again; 0 where it never was off. */
    events_since: Generated<number>
    created_at: number
    updated_at: number
  }
  /** Days since 1970 (UTC), at most yesterday's, today's and tomorrow's. */
  visitor_salts: {
    day: number
    salt: string
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
  /** Log-ins that hosts told of. */
  login_sessions: {
    workspace_id: number
    session_id: string
    user_id: string
    /** SHA-256 of the token, hex. The token itself is nowhere. */
    token_hash: string | null
    started_at: number
    /** The earliest end that was told. */
    ended_at: number | null
    end_reason: 'logout' | 'replaced' | null
  }
  meta: {
    key: string
    value: string
  }
  users: {
    id: string
    name: string
    /** Lower case. */
    email: string
    email_verified: 0 | 1
    image: string | null
    created_at: number
    updated_at: number
  }
  /** How a user proves who they are; `password` is argon2id in PHC form. */
  credentials: {
    id: string
    user_id: string
    provider_id: string
    account_id: string
    password: string | null
    access_token: string | null
    refresh_token: string | null
    id_token: string | null
    access_token_expires_at: number | null
    refresh_token_expires_at: number | null
    scope: string | null
    created_at: number
    updated_at: number
  }
  sessions: {
    id: string
    user_id: string
    /** SHA-256 of what the cookie carries, hex. */
    token: string
    expires_at: number
    /** Always null: no address is kept. */
    ip_address: string | null
    /** Name of the browser, not what it sent. */
    user_agent: string | null
    created_at: number
    updated_at: number
  }
  members: {
    workspace_id: number
    user_id: string
    role: Role
    joined_at: number
  }
  invitations: {
    id: string
    workspace_id: number
    /** null: whoever has the link. */
    email: string | null
    role: Role
    /** SHA-256 of the token, hex. The token itself is nowhere. */
    hash: string
    /** E-mail of whoever made it, or name of the key. */
    created_by: string
    created_by_id: string
    created_at: number
    expires_at: number
    accepted_at: number | null
    revoked_at: number | null
  }
  /** What holds back guessing: by account or network, as a keyed hash, since what people type there may be anything. */
  sign_in_failures: {
    subject: string
    failures: number
    first_at: number
    last_at: number
    locked_until: number
  }
  audit: {
    /** In the order of writing. */
    id: Generated<number>
    workspace_id: number | null
    at: number
    actor_kind: 'user' | 'key' | 'local'
    actor_id: string
    actor: string
    action: string
    target: string
    /** JSON object. */
    details: string
    origin: string
  }
  /** The demo workspace; at most one. `loading` without a load that runs: it was cut off. */
  demo: {
    workspace_id: number
    state: 'loading' | 'ready'
    /** Sent in all, once it is ready. */
    events: number
    updated_at: number
  }
  /** One row for each job and workspace; null: of the whole server. Who is at it holds it until `leased_until`, and renews it meanwhile. */
  job_leases: {
    job: string
    workspace_id: number | null
    /** Newest due time that was run; when the job was first known, before the first. */
    last_due_at: number
    run_id: string | null
    node: string | null
    leased_until: number | null
  }
  job_runs: {
    /** UUIDv7, so that ids are in the order of time. */
    id: string
    job: string
    workspace_id: number | null
    /** null: somebody asked for it. */
    due_at: number | null
    node: string
    started_at: number
    finished_at: number | null
    /** cut_off: its node was stopped or died. */
    state: 'running' | 'done' | 'failed' | 'cut_off'
    /** JSON object. */
    result: string | null
    message: string | null
  }
  /** What a transaction has decided and the journal does not hold yet; see outbox/. */
  outbox: {
    /** In the order of writing. */
    seq: Generated<number>
    id: string
    workspace_id: number
    /** Whose journal it goes to. */
    node: string
    /** JSON. */
    item: string
    created_at: number
  }
  /** Answers under the key of their request, for its repetitions. */
  answers: {
    workspace_id: number
    idempotency_key: string
    request: string
    /** JSON. */
    answer: string
    created_at: number
  }
  /** Types that a host has registered: it knows their ids, so an unknown one is an error. */
  entity_types: {
    workspace_id: number
    entity_type: string
    registered_at: number
  }
  entities: {
    workspace_id: number
    entity_type: string
    entity_id: string
    /** JSON object. */
    attributes: string
    /** JSON; see Times in entities/attributes.ts. */
    attribute_times: string
    created_at: number
    updated_at: number
    deleted_at: number | null
    /** Raised by each write. */
    version: number
  }
  /** What was said about who is assigned, in any order. */
  assignment_changes: {
    id: Generated<number>
    workspace_id: number
    entity_type: string
    entity_id: string
    at: number
    change: 'set' | 'add' | 'remove'
    /** JSON array. */
    user_ids: string
    why: Why
    reason: string | null
    note: string | null
  }
  /** From when to when each was assigned; follows from `assignment_changes`. */
  assignments: {
    workspace_id: number
    entity_type: string
    entity_id: string
    /** Within its entity, oldest first. */
    place: number
    user_id: string
    assigned_at: number
    unassigned_at: number | null
    why: Why | null
    reason: string | null
    note: string | null
  }
  /** What completed projects came to, each time it was calculated; '' stands for all. */
  baselines: {
    workspace_id: number
    calculated_at: number
    metric_name: string
    project_type: string
    client_id: string
    task_type: string
    metric_value: number
    median: number
    p25: number
    p75: number
    standard_deviation: number
    sample_size: number
  }
  notifications: {
    id: string
    workspace_id: number
    user_id: string
    kind: 'task_rejected'
    entity_type: string
    entity_id: string
    /** JSON object. */
    data: string
    created_at: number
    read_at: number | null
  }
  /** What analysts save; boards/. */
  saved: {
    /** UUIDv7. */
    id: string
    workspace_id: number
    kind: 'insight' | 'cohort' | 'annotation' | 'dashboard'
    /** Lower case, to search in. */
    folded_name: string
    /** Of a dashboard that is for whoever made it alone. */
    private: 0 | 1
    /** Of an annotation: when it was, and when it was over; null elsewhere. */
    starts_at: number | null
    ends_at: number | null
    /** JSON object. */
    content: string
    /** Raised by each change. */
    version: number
    /** E-mail of the user, name of the key. */
    created_by: string
    created_by_id: string
    created_at: number
    updated_by: string
    updated_at: number
  }
  /** How each was, with how it is now. */
  saved_versions: {
    saved_id: string
    version: number
    workspace_id: number
    /** JSON object. */
    content: string
    updated_by: string
    updated_at: number
  }
  dashboard_shares: {
    id: string
    workspace_id: number
    dashboard_id: string
    /** SHA-256 of the token, hex. The token itself is nowhere. */
    hash: string
    can_embed: 0 | 1
    created_by: string
    created_by_id: string
    created_at: number
    /** null: it holds until it is revoked. */
    expires_at: number | null
    revoked_at: number | null
  }
  /** Months out of the event store, in files; archive/. */
  archives: {
    workspace_id: number
    /** 202601. */
    month: number
    state: 'changing' | 'archived'
    events: Generated<number>
    bytes: Generated<number>
    changed_at: number
  }
  /** Retentions under way; privacy/retention.ts. */
  retentions: {
    workspace_id: number
    retention_id: string
    before_ms: number
    timezone: string
    asked_at: number
  }
  /** Workspaces that are gone from the catalog and perhaps not yet from the event store; refers to no table. */
  removals: {
    workspace_id: number
    slug: string
    asked_at: number
  }
}

/** Why somebody is not assigned any more. */
export type Why = 'rejected' | 'replaced' | 'deleted'

export type CatalogDb = Kysely<Schema>
export type CatalogTransaction = Transaction<Schema>

/** Every write takes the time from its caller's clock, and who does it; without them it is the machine's, and the command line. */
export interface Timed {
  /** Milliseconds since the epoch. */
  now?: number
  by?: Actor
}
