import type { Migration } from '../migrate.ts'

/**
 * Who belongs to static cohorts, by every id of theirs that there were events of when the cohort was made: what happens to those events later changes
 * nothing about it, and whoever is merged or parted later stays in.
 * Costs nothing.
 */
export const cohortMembers: Migration = {
  name: '0009_cohort_members',
  up: (d) =>
    d.createTable({
      name: 'cohort_members',
      columns: 'workspace_id UInt32, cohort_id UUID, person_key UInt64',
      engine: 'ReplacingMergeTree',
      orderBy: '(workspace_id, cohort_id, person_key)',
      shardBy: 'cityHash64(workspace_id, person_key)',
    }),
  down: (d) => d.dropTable('cohort_members'),
}
