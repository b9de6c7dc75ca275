import type { Migration } from '../migrate.ts'

/**
 * Why: the first tables: workspaces, their keys and switches, opt-outs, declared taxonomy, imports, and the version that nodes watch.
 * Cost: none, the catalog is empty. Down removes everything that was set up.
 */
export const ground: Migration = {
  name: '0001_ground',
  up: [
    `create table workspaces (
      id {identity},
      slug text not null unique,
      name text not null,
      timezone text not null default 'UTC',
      retention_days integer default 365 check (retention_days > 0),
      streams_off text not null default '[]',
      gpc text not null default 'honour' check (gpc in ('honour', 'ignore')),
      taxonomy_mode text not null default 'open' check (taxonomy_mode in ('open', 'strict')),
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create table keys (
      id text not null primary key,
      workspace_id bigint not null references workspaces (id),
      kind text not null check (kind in ('write', 'secret')),
      name text not null,
      prefix text not null,
      hash text not null unique,
      created_at bigint not null,
      revoked_at bigint,
      last_used_at bigint
    )`,
    `create index keys_by_workspace on keys (workspace_id, created_at)`,
    `create table opt_outs (
      workspace_id bigint not null references workspaces (id),
      kind text not null check (kind in ('u', 'a')),
      person_id text not null,
      opted_out integer not null check (opted_out in (0, 1)),
      at bigint not null,
      source text not null,
      version bigint not null,
      primary key (workspace_id, kind, person_id)
    )`,
    `create index opt_outs_by_version on opt_outs (version, workspace_id, kind, person_id)`,
    `create table taxonomy (
      workspace_id bigint not null references workspaces (id),
      event_type text not null,
      category text,
      required_properties text not null default '[]',
      owner text,
      description text,
      created_at bigint not null,
      updated_at bigint not null,
      primary key (workspace_id, event_type)
    )`,
    `create table imports (
      workspace_id bigint not null references workspaces (id),
      file_sha256 text not null,
      mapping_sha256 text not null,
      rows_done bigint not null default 0,
      rows_total bigint,
      created_at bigint not null,
      updated_at bigint not null,
      finished_at bigint,
      primary key (workspace_id, file_sha256, mapping_sha256)
    )`,
    `create table meta (key text not null primary key, value text not null)`,
    `insert into meta (key, value) values ('version', '1')`,
  ],
  down: ['drop table meta', 'drop table imports', 'drop table taxonomy', 'drop table opt_outs', 'drop table keys', 'drop table workspaces'],
}
