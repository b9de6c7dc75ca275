import type { Migration } from '../migrate.ts'

/**
 * Why: whoever was assigned to something while events were switched off may have opened it unseen, and is not blamed once they are on again.
 * Cost: none. Down forgets when that was.
 */
export const eventsSince: Migration = {
  name: '0012_events_since',
  up: ['alter table workspaces add column events_since bigint not null default 0'],
  down: ['alter table workspaces drop column events_since'],
}
