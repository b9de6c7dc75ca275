import type { Migration } from '../migrate.ts'
import { events } from './0001_events.ts'
import { deletions } from './0002_deletions.ts'
import { sourceEnds } from './0003_source_ends.ts'
import { personLinks } from './0004_person_links.ts'
import { sessionTables } from './0005_sessions.ts'
import { entities } from './0006_entities.ts'
import { rolledUp } from './0007_rolled_up.ts'
import { internal } from './0008_internal.ts'
import { cohortMembers } from './0009_cohort_members.ts'

/** All migrations of the event store, in order. */
export const migrations: readonly Migration[] = [events, deletions, sourceEnds, personLinks, sessionTables, entities, rolledUp, internal, cohortMembers]
