import type { Migration } from '../migrate.ts'

/**
 * Why: which due time of each job is done and who is at it (`job_leases`), and what became of each run (`job_runs`), so that a cluster runs a
 * due time once and a node that died lets it go. `workspace_id` null: a job of the whole server.
 * Cost: none, the tables are new; a row for each job and workspace, and 200 runs of each. Down forgets all runs: each job is due again at its
 * next time.
 */
export const jobs: Migration = {
  name: '0008_jobs',
  up: [
    `create table job_leases (
      job text not null,
      workspace_id bigint references workspaces (id),
      last_due_at bigint not null,
      run_id text,
      node text,
      leased_until bigint
    )`,
    `create unique index job_leases_of_workspace on job_leases (job, workspace_id) where workspace_id is not null`,
    `create unique index job_leases_of_server on job_leases (job) where workspace_id is null`,
    `create table job_runs (
      id text not null primary key,
      job text not null,
      workspace_id bigint references workspaces (id),
      due_at bigint,
      node text not null,
      started_at bigint not null,
      finished_at bigint,
      state text not null check (state in ('running', 'done', 'failed', 'cut_off')),
      result text,
      message text
    )`,
    `create unique index job_runs_of_workspace on job_runs (job, workspace_id, due_at) where workspace_id is not null`,
    `create unique index job_runs_of_server on job_runs (job, due_at) where workspace_id is null`,
    `create index job_runs_by_time on job_runs (job, workspace_id, id)`,
    `create index job_runs_by_state on job_runs (state)`,
  ],
  down: ['drop table job_runs', 'drop table job_leases'],
}
