import type { Migration } from '../migrate.ts'

/**
 * Why: what a workspace asks of its trackers: the share of people whose events browsers send, and when a tracker stops by itself.
 * Cost: none, columns with a default. Down brings every workspace back to the defaults.
 */
export const trackers: Migration = {
  name: '0004_trackers',
  up: [
    `alter table workspaces add column sampling double precision not null default 1 check (sampling >= 0 and sampling <= 1)`,
    `alter table workspaces add column breaker_budget_ms integer not null default 50 check (breaker_budget_ms > 0)`,
    `alter table workspaces add column breaker_failures integer not null default 5 check (breaker_failures > 0)`,
    `alter table workspaces add column breaker_rest_ms integer not null default 60000 check (breaker_rest_ms > 0)`,
  ],
  down: ['breaker_rest_ms', 'breaker_failures', 'breaker_budget_ms', 'sampling'].map((column) => `alter table workspaces drop column ${column}`),
}
