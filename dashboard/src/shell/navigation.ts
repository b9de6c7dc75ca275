import type { Role } from '@cairn/wire/roles'
import type { Membership } from '../account.tsx'
import type { IconName } from '../ui/icons.tsx'
import { texts } from '../texts/texts.ts'

const t = texts.shell.nav

export interface Entry {
  path: string
  label: string
  icon: IconName
  /** Stands in the bar at the bottom of a phone. */
  inBar?: true
  role?: Role
  /** Folded away where the workspace has none of this type. */
  entityType?: string
}

/** The screens of a workspace, in the order in which they are listed. */
export const navigation: readonly Entry[] = [
  { path: 'overview', label: t.overview, icon: 'overview', inBar: true },
  { path: 'live', label: t.live, icon: 'live', inBar: true },
  { path: 'events', label: t.events, icon: 'events', inBar: true },
  { path: 'people', label: t.people, icon: 'people', inBar: true },
  { path: 'usage', label: t.usage, icon: 'usage' },
  { path: 'sessions', label: t.sessions, icon: 'sessions' },
  { path: 'tasks', label: t.tasks, icon: 'tasks', entityType: 'task' },
  { path: 'projects', label: t.projects, icon: 'projects', entityType: 'project' },
  { path: 'insights', label: t.insights, icon: 'insights' },
  { path: 'dashboards', label: t.dashboards, icon: 'dashboards' },
  { path: 'cohorts', label: t.cohorts, icon: 'cohorts' },
  { path: 'types', label: t.types, icon: 'types' },
  { path: 'quarantine', label: t.quarantine, icon: 'quarantine' },
  { path: 'health', label: t.health, icon: 'health' },
  { path: 'jobs', label: t.jobs, icon: 'jobs' },
  { path: 'settings', label: t.settings, icon: 'settings' },
  { path: 'start', label: t.start, icon: 'start' },
]

/** Those for which the workspace has something to show, and those that are folded away. */
export function foldedFor({ entity_types: types }: Pick<Membership, 'entity_types'>): { used: Entry[]; unused: Entry[] } {
  const isUsed = ({ entityType }: Entry): boolean => entityType === undefined || types.includes(entityType)
  return { used: navigation.filter(isUsed), unused: navigation.filter((entry) => !isUsed(entry)) }
}
