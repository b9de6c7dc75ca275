import type { Migration } from '../migrate.ts'

/**
 * Why: what past projects came to, with its history, and the statuses by which a workspace knows that work is done.
 * Cost: none. Down forgets calculated baselines; they can be calculated again, as of then.
 */
export const baselines: Migration = {
  name: '0011_baselines',
  up: [
    `alter table workspaces add column done_statuses text not null default '[]'`,
    `create table baselines (
      workspace_id bigint not null references workspaces (id),
      calculated_at bigint not null,
      metric_name text not null,
      project_type text not null,
      client_id text not null,
      task_type text not null,
      metric_value double precision not null,
      median double precision not null,
      p25 double precision not null,
      p75 double precision not null,
      standard_deviation double precision not null,
      sample_size bigint not null,
      primary key (workspace_id, metric_name, project_type, client_id, task_type, calculated_at)
    )`,
  ],
  down: ['drop table baselines', 'alter table workspaces drop column done_statuses'],
}
