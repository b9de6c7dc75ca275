import type { Migration } from '../migrate.ts'

/**
 * Why: a workspace says whose traffic is its own or a test, so that figures leave it out.
 * Cost: none. Down forgets what was said; events that were marked stay so.
 */
export const internal: Migration = {
  name: '0014_internal',
  up: ["alter table workspaces add column internal text not null default '{}'"],
  down: ['alter table workspaces drop column internal'],
}
