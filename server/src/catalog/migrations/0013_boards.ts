import type { Migration } from '../migrate.ts'

/**
 * Why: what analysts save: insights, cohorts, annotations, dashboards with their widgets; how each was before; links by which others see a dashboard.
 * Cost: none. Down removes all of it.
 */
export const boards: Migration = {
  name: '0013_boards',
  up: [
    `create table saved (
      id text not null primary key,
      workspace_id bigint not null references workspaces (id),
      kind text not null check (kind in ('insight', 'cohort', 'annotation', 'dashboard')),
      folded_name text not null,
      private integer not null check (private in (0, 1)),
      starts_at bigint,
      ends_at bigint,
      content text not null,
      version integer not null,
      created_by text not null,
      created_by_id text not null,
      created_at bigint not null,
      updated_by text not null,
      updated_at bigint not null
    )`,
    `create index saved_by_change on saved (workspace_id, kind, updated_at, id)`,
    `create table saved_versions (
      saved_id text not null references saved (id),
      version integer not null,
      workspace_id bigint not null references workspaces (id),
      content text not null,
      updated_by text not null,
      updated_at bigint not null,
      primary key (saved_id, version)
    )`,
    `create index saved_versions_by_workspace on saved_versions (workspace_id)`,
    `create table dashboard_shares (
      id text not null primary key,
      workspace_id bigint not null references workspaces (id),
      dashboard_id text not null references saved (id),
      hash text not null unique,
      can_embed integer not null check (can_embed in (0, 1)),
      created_by text not null,
      created_by_id text not null,
      created_at bigint not null,
      expires_at bigint,
      revoked_at bigint
    )`,
    `create index dashboard_shares_by_dashboard on dashboard_shares (dashboard_id)`,
  ],
  down: ['drop table dashboard_shares', 'drop table saved_versions', 'drop table saved'],
}
