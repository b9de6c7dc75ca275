import type { Locator, Page } from 'playwright-core'
import { DEMO, EMPTY, settled, type Stage, type Who } from './stage.ts'

/**
 * Every screen, and the states in which it is looked at: by the tests of this folder and by `npm run screens`.
 *
 * - `full`: the demo's month
 * - `empty`: nothing there yet, or nothing found
 * - `waiting`: what it asks for is not answered yet
 * - `failure`: what it asks for is answered with 503
 */
export const states = ['full', 'empty', 'waiting', 'failure'] as const
export type State = (typeof states)[number]

export interface Row {
  /** Of its tests and its pictures. */
  name: string
  /** Title of the page, as the reader hears it first. */
  title: string | RegExp
  path(workspace: string, world: World): string
  states: readonly State[]
  as?: Who
  /** Opens a WebSocket. */
  isLive?: true
  /** What it asks for in state `full`, beside who is signed in: each once, and nothing for later. */
  asks?: readonly string[]
  /** Waited for in state `full`, where it comes after the title. */
  until?(page: Page): Locator
}

/** What addresses name, of the demo and of this run. */
export interface World {
  person: string
  session: string
  task: string
  event: string
  eventAt: string
  invitation: string
  insight: string
  board: string
  cohort: string
  shared: string
}

const below =
  (path: string) =>
  (workspace: string): string =>
    `/w/${workspace}/${path}`

const TRENDS = JSON.stringify({
  kind: 'trends',
  series: [
    {
      event: 'page_viewed',
      math: 'unique_users',
      filters: [
        {
          any: [
            { field: 'device_type', op: 'neq', value: 'bot' },
            { field: 'browser', op: 'exists' },
          ],
        },
      ],
    },
  ],
  breakdown: 'device_type',
})

export const rows: readonly Row[] = [
  { name: 'start', title: /First steps|Waiting|first event/i, path: below('start'), states, isLive: true, asks: ['/api/demo', '/api/events', '/api/refusals'] },
  { name: 'overview', title: 'Overview', path: below('overview?range=30d'), states, asks: ['/api/events/analytics'] },
  { name: 'live', title: 'Live', path: below('live'), states, isLive: true, asks: ['/api/events'] },
  { name: 'events', title: 'Events', path: below('events?range=30d'), states, asks: ['/api/events', '/api/events/analytics'] },
  {
    name: 'event',
    title: 'Events',
    path: (workspace, { event, eventAt }) => `/w/${workspace}/events?range=30d&event=${event}&at=${encodeURIComponent(eventAt)}`,
    states: ['full'],
    until: (page) => page.getByRole('dialog').getByText('Event id'),
    asks: ['/api/events', '/api/events', '/api/events/analytics'],
  },
  { name: 'types', title: 'Event types', path: below('types'), states, asks: ['/api/events/types', '/api/workspace'] },
  { name: 'quarantine', title: 'Quarantine', path: below('quarantine?range=30d'), states, asks: ['/api/events/quarantine', '/api/ledger'] },
  { name: 'people', title: 'People', path: below('people?range=30d'), states, asks: ['/api/people'] },
  {
    name: 'person',
    title: /./,
    path: (workspace, { person }) => `/w/${workspace}/people/${encodeURIComponent(person)}`,
    states,
    asks: ['/api/events', '/api/events/analytics', '/api/people/', '/api/users//usage'],
  },
  { name: 'usage', title: 'Usage', path: below('usage?range=30d'), states, asks: ['/api/sessions/summary', '/api/usage', '/api/usage/people'] },
  {
    name: 'sessions',
    title: 'Sessions',
    path: below('sessions?range=30d'),
    states,
    asks: ['/api/sessions', '/api/sessions/summary'],
  },
  {
    name: 'session',
    title: /./,
    path: (workspace, { session }) => `/w/${workspace}/sessions/${encodeURIComponent(session)}`,
    states,
    until: (page) => page.getByRole('heading', { name: 'Timeline' }),
  },
  {
    name: 'tasks',
    title: 'Tasks',
    path: below('tasks?range=30d'),
    states,
    asks: ['/api/entities/task', '/api/entities/task/summary', '/api/entities/task/unopened', '/api/events/analytics'],
  },
  {
    name: 'task',
    title: /./,
    path: (workspace, { task }) => `/w/${workspace}/tasks/${encodeURIComponent(task)}`,
    states: ['full', 'empty', 'failure'],
    until: (page) => page.getByRole('heading', { name: 'Timeline' }),
    asks: [
      '/api/entities/task/',
      '/api/entities/task//comments/trend',
      '/api/entities/task//engagement',
      '/api/entities/task//rejections',
      '/api/entities/task/durations',
      '/api/entities/task/transitions',
      '/api/events',
    ],
  },
  {
    name: 'projects',
    title: 'Projects',
    path: below('projects?search=Nordlicht'),
    states: ['full', 'empty', 'waiting'],
    asks: ['/api/projects/against-baseline'],
  },
  { name: 'insights', title: 'Insights', path: below('insights'), states, asks: ['/api/insights'] },
  {
    name: 'insight',
    title: /Who comes back|Insights/,
    path: (workspace, { insight }) => `/w/${workspace}/insights/${insight}?range=30d`,
    states: ['full', 'waiting', 'failure'],
    asks: ['/api/events/types', '/api/insights/', 'POST /api/query'],
  },
  { name: 'dashboards', title: 'Dashboards', path: below('dashboards'), states, asks: ['/api/dashboards'] },
  { name: 'cohorts', title: 'Cohorts', path: below('cohorts'), states, asks: ['/api/cohorts'] },
  {
    name: 'cohort',
    title: /Readers|Cohorts/,
    path: (workspace, { cohort }) => `/w/${workspace}/cohorts/${cohort}`,
    states: ['full', 'waiting', 'failure'],
    asks: ['/api/cohorts', '/api/cohorts/', '/api/events/types', 'POST /api/query'],
  },
  { name: 'new-board', title: 'Dashboards', path: below('dashboards?new=1'), states: ['full'], asks: ['/api/dashboards', '/api/dashboards/templates'] },
  {
    name: 'board',
    title: /Everything at a glance|dashboard/i,
    path: (workspace, { board }) => `/w/${workspace}/dashboards/${board}?range=30d&edit=1`,
    states: ['full', 'waiting', 'failure'],
    asks: ['/api/dashboards/', '/api/events', '/api/insights/', ...Array.from({ length: 4 }, () => 'POST /api/query')],
  },
  {
    name: 'shared',
    title: /Everything at a glance|dashboard/i,
    path: (_workspace, { shared }) => `/shared/${shared}?range=30d`,
    states: ['full', 'waiting', 'failure'],
    as: 'nobody',
  },
  { name: 'shared-unknown', title: 'This link does not hold', path: () => '/shared/none', states: ['empty'], as: 'nobody' },
  {
    name: 'explorer',
    title: 'Explore',
    path: below(`insights/new?range=30d&q=${encodeURIComponent(TRENDS)}`),
    states,
    asks: ['/api/annotations', '/api/cohorts', '/api/events/types', 'POST /api/query'],
  },
  {
    name: 'behind-figure',
    title: 'Explore',
    path: below(`insights/new?range=30d&chart=bar&figure=%7B%22series%22%3A0%7D&q=${encodeURIComponent(TRENDS)}`),
    states: ['full'],
    until: (page) => page.getByRole('dialog').getByText(/^[\d,]+ people$/),
    asks: ['/api/annotations', '/api/cohorts', '/api/events/types', 'POST /api/query', 'POST /api/query/people'],
  },
  {
    name: 'health',
    title: 'Health',
    path: below('health?range=30d'),
    states,
    asks: ['/api/health', '/api/health/readiness', '/api/health/tracking', '/api/ledger', '/api/system'],
  },
  { name: 'jobs', title: 'Jobs', path: below('jobs'), states, asks: ['/api/jobs'] },
  {
    name: 'job',
    title: 'Jobs',
    path: below('jobs?job=events:sweep'),
    states: ['full', 'waiting', 'failure'],
    until: (page) => page.getByRole('dialog').getByText('Done').first(),
    asks: ['/api/jobs', '/api/jobs/events%3Asweep/runs'],
  },
  { name: 'settings', title: /./, path: below('settings'), states: ['full', 'waiting', 'failure'], asks: ['/api/demo', '/api/workspace'] },
  { name: 'settings-keys', title: /./, path: below('settings/keys'), states, asks: ['/api/keys'] },
  { name: 'settings-members', title: /./, path: below('settings/members'), states: ['full', 'waiting', 'failure'], asks: ['/api/invitations', '/api/members'] },
  { name: 'settings-privacy', title: /./, path: below('settings/privacy'), states: ['full', 'waiting', 'failure'], asks: ['/api/workspace'] },
  { name: 'settings-audit', title: /./, path: below('settings/audit'), states: ['full', 'waiting', 'failure'], asks: ['/api/audit'] },
  { name: 'account', title: /./, path: () => '/account', states: ['full', 'waiting', 'failure'] },
  { name: 'sign-in', title: /./, path: () => '/sign-in', states: ['full'], as: 'nobody' },
  { name: 'join', title: /./, path: (_workspace, { invitation }) => `/join#token=${invitation}`, states: ['full', 'waiting', 'failure'], as: 'nobody' },
  { name: 'join-unknown', title: /./, path: () => '/join#token=none', states: ['empty'], as: 'nobody' },
  { name: 'setup', title: /./, path: () => '/setup', states: ['empty', 'waiting', 'failure'], as: 'nobody' },
  { name: 'no-page', title: 'There is no such page.', path: () => '/nothing-here', states: ['empty'] },
  { name: 'no-workspace', title: /no such workspace/, path: () => '/w/not-mine/overview', states: ['empty'] },
]

export interface Case {
  row: Row
  state: State
}
export const cases: readonly Case[] = rows.flatMap((row) => row.states.map((state) => ({ row, state })))

export async function worldOf({ call }: Stage): Promise<World> {
  const { body: people } = await call('owner', 'GET', '/api/people?days=30&limit=50', { workspace: DEMO })
  const { body: events } = await call('owner', 'GET', '/api/events?days=30&limit=1', { workspace: DEMO })
  await call('owner', 'POST', '/api/jobs/events:sweep/run?wait=true', { workspace: DEMO })
  const { body: sessions } = await call('owner', 'GET', '/api/sessions?days=30&limit=1&kind=web', { workspace: DEMO })
  // One that was opened, and turned down.
  const { body: rejected } = await call('owner', 'GET', '/api/events?days=30&limit=1&event_type=task_rejected', { workspace: DEMO })
  const { body: invited } = await call('owner', 'POST', '/api/invitations', { workspace: DEMO, body: { role: 'analyst' } })
  const question = { kind: 'retention', start: { any: true }, return: { any: true }, interval: 'week', periods: 4 }
  const { body: insight } = await call('owner', 'POST', '/api/insights', { workspace: DEMO, body: { name: 'Who comes back', question } })
  const { body: board } = await call('owner', 'POST', '/api/dashboards', { workspace: DEMO, body: boardOf(String(insight['id'])) })
  await call('owner', 'POST', '/api/annotations', { workspace: DEMO, body: { name: 'New prices', at: new Date(Date.now() - 12 * 86_400_000).toISOString() } })
  const definition = {
    all: [
      { did: { event: 'page_viewed' }, at_least: 3, within_days: 30 },
      { any: [{ did_not: { event: 'order_placed' } }, { trait: 'plan', op: 'eq', value: 'pro' }] },
    ],
  }
  const { body: cohort } = await call('owner', 'POST', '/api/cohorts', { workspace: DEMO, body: { name: 'Readers', type: 'live', definition } })
  const { body: shared } = await call('owner', 'POST', `/api/dashboards/${String(board['id'])}/shares`, { workspace: DEMO, body: {} })
  const [newest] = events['events'] as Array<{ event_id: string; event_timestamp: string }>
  return {
    // The longest name there is, whoever came last.
    person: (people['people'] as Array<{ user_id: string | null }>).map(({ user_id }) => user_id ?? '').toSorted((a, b) => b.length - a.length)[0] ?? '',
    session: (sessions['sessions'] as Array<{ session_id: string }>)[0]?.session_id ?? '',
    task: (rejected['events'] as Array<{ entity_id: string | null }>)[0]?.entity_id ?? '',
    event: newest?.event_id ?? '',
    eventAt: newest?.event_timestamp ?? '',
    invitation: String(invited['url']).split('token=')[1] ?? '',
    insight: String(insight['id']),
    board: String(board['id']),
    cohort: String(cohort['id']),
    shared: String(shared['token']),
  }
}

/** A dashboard with every type of widget. */
function boardOf(insight: string): object {
  const trends = (event: string, more: object = {}): object => ({ kind: 'trends', series: [{ event }], ...more })
  const at = (x: number, y: number, w: number, h: number): object => ({ x, y, w, h })
  return {
    name: 'Everything at a glance',
    description: 'What the team looks at on Monday.',
    range: '30d',
    widgets: [
      { type: 'question', title: 'Pages read', chart: 'number', question: trends('page_viewed'), ...at(0, 0, 4, 2) },
      { type: 'text', title: 'Read me', text: 'Figures of the last month.\nAsk Ada about the first week.', ...at(8, 0, 4, 2) },
      { type: 'insight', title: 'Who comes back', chart: 'retention', insight_id: insight, ...at(0, 2, 6, 5) },
      {
        type: 'question',
        title: 'Why tasks are rejected',
        chart: 'horizontal_bar',
        question: trends('task_rejected', { breakdown: 'metadata.reason' }),
        ...at(6, 2, 6, 5),
      },
      {
        type: 'question',
        title: 'Way to a quote',
        chart: 'funnel',
        question: { kind: 'funnel', steps: [{ event: 'floorplan_viewed' }, { event: 'option_selected' }, { event: 'quote_requested' }] },
        ...at(0, 7, 6, 4),
      },
      { type: 'live', title: 'Now', ...at(9, 7, 3, 4) },
    ],
  }
}

/** Opens a screen in a state, and returns once it stands. */
export async function show(page: Page, { row, state }: Case, world: World): Promise<void> {
  if (state === 'waiting') await holdReads(page, row)
  if (state === 'failure') await failReads(page, row)
  await page.goto(row.path(state === 'empty' ? EMPTY : DEMO, world))
  if (state === 'waiting') await page.locator('main :is([role=status][aria-label=Loading], [aria-busy=true])').first().waitFor()
  else if (state === 'failure') await page.getByRole('alert').first().waitFor()
  else await settled(page)
  if (state === 'full') await row.until?.(page).first().waitFor()
  // A dialog has its name a moment after it is there.
  await page.locator('[role=dialog]:not([aria-labelledby], [aria-label])').first().waitFor({ state: 'detached' })
}

/** What went wrong beyond what it is about: answers of 503, of 404 where something is looked for that is not there, of 401 to the question who nobody is. */
export function unintended({ row, state }: Case, faults: readonly string[]): string[] {
  const intended = [
    ...(state === 'failure' ? [/^503 /] : []),
    ...(state === 'empty' ? [/^404 /] : []),
    ...(row.as === 'nobody' ? [/^401 GET \/api\/account$/] : []),
  ]
  return faults.filter((fault) => !intended.some((pattern) => pattern.test(fault)))
}

/** Who one is, is answered in every state: without it there is no screen. */
const isScreens = ({ pathname }: URL): boolean => pathname.startsWith('/api/') && pathname !== '/api/account'

async function holdReads(page: Page, { isLive }: Row): Promise<void> {
  // Never answered: it ends with the page.
  await page.route(isScreens, () => undefined)
  if (isLive) await page.routeWebSocket(isScreens, () => undefined)
}

async function failReads(page: Page, { isLive }: Row): Promise<void> {
  const body = { success: false, code: 'unavailable', message: 'The event store does not answer. Try again in a few seconds.' }
  await page.route(isScreens, (route) => route.fulfill({ status: 503, json: body }))
  if (isLive) await page.routeWebSocket(isScreens, (socket) => void socket.close({ code: 1011 }))
}
