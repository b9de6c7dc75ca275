import type { Migration } from '../migrate.ts'

/**
 * Marks events of the makers' own and test traffic, which figures leave out, and keeps their counts apart when retention removes them.
 * Costs nothing: what is stored already is unmarked.
 */
const counted = '(workspace_id, day, event_type, event_category, entity_type, is_bot)'

export const internal: Migration = {
  name: '0008_internal',
  up: (d) => [...d.addColumn('events', 'is_internal Bool'), ...d.addColumn('rolled_up', 'is_internal Bool', counted.replace(')', ', is_internal)'))],
  down: (d) => [...d.dropColumn('events', 'is_internal'), ...d.dropColumn('rolled_up', 'is_internal', counted)],
}
