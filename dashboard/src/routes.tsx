import type { QueryClient } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { homeOf, rememberWorkspace } from './account.tsx'
import { ApiError, call } from './api/client.ts'
import { ask } from './api/queries.ts'
import { NoPage, RouteFailure } from './shell/no-page.tsx'
import { Shell } from './shell/shell.tsx'
import { parseSearch, stringifySearch, type Url } from './url.ts'

/** Every screen and its address, in one table. A screen is a file of screens/, loaded when it is first opened. */
const screens = {
  start: lazyRouteComponent(() => import('./screens/start.tsx'), 'Start'),
  overview: lazyRouteComponent(() => import('./screens/overview.tsx'), 'Overview'),
  live: lazyRouteComponent(() => import('./screens/live.tsx'), 'Live'),
  events: lazyRouteComponent(() => import('./screens/events.tsx'), 'Events'),
  types: lazyRouteComponent(() => import('./screens/types.tsx'), 'EventTypes'),
  quarantine: lazyRouteComponent(() => import('./screens/quarantine.tsx'), 'Quarantine'),
  people: lazyRouteComponent(() => import('./screens/people.tsx'), 'People'),
  'people/$person': lazyRouteComponent(() => import('./screens/person.tsx'), 'Person'),
  usage: lazyRouteComponent(() => import('./screens/usage.tsx'), 'Usage'),
  sessions: lazyRouteComponent(() => import('./screens/sessions.tsx'), 'Sessions'),
  'sessions/$session': lazyRouteComponent(() => import('./screens/session.tsx'), 'Session'),
  tasks: lazyRouteComponent(() => import('./screens/tasks.tsx'), 'Tasks'),
  'tasks/$task': lazyRouteComponent(() => import('./screens/task.tsx'), 'Task'),
  projects: lazyRouteComponent(() => import('./screens/projects.tsx'), 'Projects'),
  insights: lazyRouteComponent(() => import('./screens/insights.tsx'), 'Insights'),
  'insights/new': lazyRouteComponent(() => import('./screens/explorer.tsx'), 'Explorer'),
  'insights/$insight': lazyRouteComponent(() => import('./screens/insight.tsx'), 'SavedInsight'),
  dashboards: lazyRouteComponent(() => import('./screens/dashboards.tsx'), 'Dashboards'),
  'dashboards/$board': lazyRouteComponent(() => import('./screens/board.tsx'), 'BoardScreen'),
  cohorts: lazyRouteComponent(() => import('./screens/cohorts.tsx'), 'Cohorts'),
  'cohorts/new': lazyRouteComponent(() => import('./screens/cohort.tsx'), 'NewCohort'),
  'cohorts/$cohort': lazyRouteComponent(() => import('./screens/cohort.tsx'), 'CohortScreen'),
  health: lazyRouteComponent(() => import('./screens/health.tsx'), 'Health'),
  jobs: lazyRouteComponent(() => import('./screens/jobs.tsx'), 'Jobs'),
  settings: lazyRouteComponent(() => import('./screens/settings-general.tsx'), 'SettingsGeneral'),
  'settings/keys': lazyRouteComponent(() => import('./screens/settings-keys.tsx'), 'SettingsKeys'),
  'settings/members': lazyRouteComponent(() => import('./screens/settings-members.tsx'), 'SettingsMembers'),
  'settings/privacy': lazyRouteComponent(() => import('./screens/settings-privacy.tsx'), 'SettingsPrivacy'),
  'settings/audit': lazyRouteComponent(() => import('./screens/settings-audit.tsx'), 'SettingsAudit'),
} as const

const searchOf = (search: Record<string, unknown>): Url => search as Url

export const makeRouter = (queries: QueryClient) => {
  const root = createRootRoute({
    component: Outlet,
    notFoundComponent: () => <NoPage />,
    errorComponent: ({ error }) => <RouteFailure error={error as Error} />,
    validateSearch: searchOf,
  })

  /** Throws to the sign-in page where nobody is signed in; elsewhere the account is there without asking again. */
  const signedIn = async (href: string) => {
    try {
      return await queries.ensureQueryData(ask('getAccount'))
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw redirect({ to: '/sign-in', search: href === '/' ? {} : { next: href } })
      throw error
    }
  }

  const home = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: async () => {
      const account = await signedIn('/').catch(async (error: unknown) => {
        if (error instanceof ApiError || !(await call('getSetup')).needed) throw error
        throw redirect({ to: '/setup' })
      })
      const workspace = homeOf(account)
      if (!workspace) throw redirect({ to: '/account' })
      throw redirect({ to: `/w/${workspace.slug}/overview` })
    },
  })
  const page = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) => createRoute({ getParentRoute: () => root, path, component })
  const account = createRoute({
    getParentRoute: () => root,
    path: '/account',
    beforeLoad: ({ location }) => signedIn(location.href),
    component: lazyRouteComponent(() => import('./screens/account.tsx'), 'AccountScreen'),
  })
  const workspace = createRoute({
    getParentRoute: () => root,
    path: '/w/$workspace',
    component: Shell,
    beforeLoad: async ({ location, params }) => {
      const { workspaces } = await signedIn(location.href)
      if (workspaces.some(({ slug }) => slug === params.workspace)) rememberWorkspace(params.workspace)
    },
  })
  const index = createRoute({
    getParentRoute: () => workspace,
    path: '/',
    beforeLoad: ({ params }) => {
      throw redirect({ to: `/w/${params.workspace}/overview` })
    },
  })
  const below = Object.entries(screens).map(([path, component]) =>
    createRoute({ getParentRoute: () => workspace, path: path as keyof typeof screens, component }),
  )

  return createRouter({
    routeTree: root.addChildren([
      home,
      page(
        '/setup',
        lazyRouteComponent(() => import('./screens/setup.tsx'), 'Setup'),
      ),
      page(
        '/sign-in',
        lazyRouteComponent(() => import('./screens/sign-in.tsx'), 'SignIn'),
      ),
      page(
        '/join',
        lazyRouteComponent(() => import('./screens/join.tsx'), 'Join'),
      ),
      page(
        '/shared/$token',
        lazyRouteComponent(() => import('./screens/shared.tsx'), 'SharedBoard'),
      ),
      account,
      workspace.addChildren([index, ...below]),
    ]),
    parseSearch,
    stringifySearch,
    // A screen is fetched when the pointer rests on its link; its data are asked for when it opens.
    defaultPreload: 'intent',
    defaultPendingMs: 300,
    scrollRestoration: true,
  })
}
