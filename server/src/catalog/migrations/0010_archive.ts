import type { Migration } from '../migrate.ts'

/**
 * Why: after how many days a workspace's months are archived, which months are (`archives`), and the retention that is under way (`retentions`),
 * so that what a crash cut off is found and done again. A month's `state` is `changing` from before its file is written until its rows are out
 * of the event store.
 * Cost: none, the tables are new and the column is empty, which archives nothing. Down forgets the archived months; their files stay.
 */
export const archive: Migration = {
  name: '0010_archive',
  up: [
    `alter table workspaces add column archive_days integer check (archive_days > 0)`,
    `create table archives (
      workspace_id bigint not null references workspaces (id),
      month integer not null,
      state text not null check (state in ('changing', 'archived')),
      events bigint not null default 0,
      bytes bigint not null default 0,
      changed_at bigint not null,
      primary key (workspace_id, month)
    )`,
    `create table retentions (
      workspace_id bigint not null primary key references workspaces (id),
      retention_id text not null,
      before_ms bigint not null,
      timezone text not null,
      asked_at bigint not null
    )`,
  ],
  down: ['drop table retentions', 'drop table archives', 'alter table workspaces drop column archive_days'],
}
