import type { Migration } from '../migrate.ts'

/**
 * Why: people who use Cairn: users with their credentials and sessions (in the shape better-auth writes, which accounts/identity.ts maps to it),
 * members of workspaces, invitations, failed sign-ins, and the log of changes.
 * Cost: none, the tables are new and empty. Down removes all accounts and the log.
 * The log refers to no table: it outlives what it tells of.
 */
export const accounts: Migration = {
  name: '0002_accounts',
  up: [
    `create table users (
      id text not null primary key,
      name text not null,
      email text not null unique,
      email_verified integer not null default 0 check (email_verified in (0, 1)),
      image text,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create table credentials (
      id text not null primary key,
      user_id text not null references users (id) on delete cascade,
      provider_id text not null,
      account_id text not null,
      password text,
      access_token text,
      refresh_token text,
      id_token text,
      access_token_expires_at bigint,
      refresh_token_expires_at bigint,
      scope text,
      created_at bigint not null,
      updated_at bigint not null,
      unique (provider_id, account_id)
    )`,
    `create index credentials_by_user on credentials (user_id)`,
    `create table sessions (
      id text not null primary key,
      user_id text not null references users (id) on delete cascade,
      token text not null unique,
      expires_at bigint not null,
      ip_address text,
      user_agent text,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create index sessions_by_user on sessions (user_id)`,
    `create table members (
      workspace_id bigint not null references workspaces (id) on delete cascade,
      user_id text not null references users (id) on delete cascade,
      role text not null check (role in ('viewer', 'analyst', 'admin', 'owner')),
      joined_at bigint not null,
      primary key (workspace_id, user_id)
    )`,
    `create index members_by_user on members (user_id)`,
    `create table invitations (
      id text not null primary key,
      workspace_id bigint not null references workspaces (id) on delete cascade,
      email text,
      role text not null check (role in ('viewer', 'analyst', 'admin', 'owner')),
      hash text not null unique,
      created_by text not null,
      created_by_id text not null,
      created_at bigint not null,
      expires_at bigint not null,
      accepted_at bigint,
      revoked_at bigint
    )`,
    `create index invitations_by_workspace on invitations (workspace_id, created_at)`,
    `create table sign_in_failures (
      subject text not null primary key,
      failures integer not null,
      first_at bigint not null,
      last_at bigint not null,
      locked_until bigint not null default 0
    )`,
    `create index sign_in_failures_by_time on sign_in_failures (last_at)`,
    `create table audit (
      id {identity},
      workspace_id bigint,
      at bigint not null,
      actor_kind text not null check (actor_kind in ('user', 'key', 'local')),
      actor_id text not null,
      actor text not null,
      action text not null,
      target text not null,
      details text not null,
      origin text not null
    )`,
    `create index audit_by_workspace on audit (workspace_id, id)`,
  ],
  down: [
    'drop table audit',
    'drop table sign_in_failures',
    'drop table invitations',
    'drop table members',
    'drop table sessions',
    'drop table credentials',
    'drop table users',
  ],
}
