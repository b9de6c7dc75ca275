import type { Migration } from '../migrate.ts'

/**
 * Why: which workspace is the demo, and how far it is; and which workspaces are being removed, so that a removal that a crash cut off is
 * found and done again when nothing else knows of the workspace any more.
 * Cost: none, the tables are new and empty. Down makes the demo an ordinary workspace.
 */
export const demo: Migration = {
  name: '0003_demo',
  up: [
    `create table demo (
      workspace_id bigint not null primary key references workspaces (id),
      state text not null check (state in ('loading', 'ready')),
      events bigint not null default 0,
      updated_at bigint not null
    )`,
    `create table removals (
      workspace_id bigint not null primary key,
      slug text not null,
      asked_at bigint not null
    )`,
  ],
  down: ['drop table removals', 'drop table demo'],
}
