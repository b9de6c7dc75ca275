import type { Role } from '@cairn/wire/roles'
import type { IconName } from '../ui/icons.tsx'
import { texts } from '../texts/texts.ts'

const t = texts.shell.nav

/** The screens of a workspace, in the order in which they are listed. `inBar`: stands in the bar at the bottom of a phone. */
export const navigation: ReadonlyArray<{ path: string; label: string; icon: IconName; inBar?: true; role?: Role }> = [
  { path: 'overview', label: t.overview, icon: 'overview', inBar: true },
  { path: 'live', label: t.live, icon: 'live', inBar: true },
  { path: 'events', label: t.events, icon: 'events', inBar: true },
  { path: 'people', label: t.people, icon: 'people', inBar: true },
  { path: 'sessions', label: t.sessions, icon: 'sessions' },
  { path: 'types', label: t.types, icon: 'types' },
  { path: 'quarantine', label: t.quarantine, icon: 'quarantine' },
  { path: 'health', label: t.health, icon: 'health' },
  { path: 'jobs', label: t.jobs, icon: 'jobs' },
  { path: 'settings', label: t.settings, icon: 'settings' },
  { path: 'start', label: t.start, icon: 'start' },
]
