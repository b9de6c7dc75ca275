import type { Migration } from '../migrate.ts'

/**
 * Why: log-ins that hosts tell of: which are open, whose they are, and the SHA-256 of the token that names one; and whether a new log-in of a
 * person ends their others.
 * Cost: a row for each log-in. Down forgets them: their tokens stop working, what was recorded of the sessions stays in the event store.
 */
export const loginSessions: Migration = {
  name: '0009_login_sessions',
  up: [
    `create table login_sessions (
      workspace_id bigint not null references workspaces (id),
      session_id text not null,
      user_id text not null,
      token_hash text,
      started_at bigint not null,
      ended_at bigint,
      end_reason text check (end_reason in ('logout', 'replaced')),
      primary key (workspace_id, session_id)
    )`,
    `create unique index login_sessions_by_token on login_sessions (token_hash, workspace_id)`,
    `create index login_sessions_by_user on login_sessions (workspace_id, user_id, ended_at)`,
    `alter table workspaces add column single_session integer not null default 0 check (single_session in (0, 1))`,
  ],
  down: [`alter table workspaces drop column single_session`, `drop table login_sessions`],
}
