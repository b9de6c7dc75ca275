import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn } from '../cairn.ts'
import { eventually } from '../server.ts'
import { eventsOf, line, SETTLED, startExample, type Told, visitor } from './example.ts'

/** The examples whose packages this repository has: started by their one command, used as by a person, and asked for in Cairn's API. */
let cairn: TestCairn
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
  cairn = await startCairn()
})
afterAll(async () => {
  await browser.close()
  await cairn.close()
})

/** At the width of a phone nothing has to be scrolled sideways. */
async function fitsPhone(page: Page, urls: readonly string[]): Promise<void> {
  await page.setViewportSize({ width: 375, height: 800 })
  for (const url of urls) {
    await page.goto(url)
    expect([url, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([url, 375])
  }
}

/** A way to a server that can be shut, as if the server were stopped, and opened again under the same address. */
async function wayTo(target: string): Promise<{ url: string; shut: () => void; open: () => Promise<void> }> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  const listen = async (at: number): Promise<number> => {
    await once(server.listen(at, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const own = await listen(0)
  const shut = (): void => {
    if (server.listening) server.close()
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${own}`,
    shut,
    open: async () => void (await listen(own)),
  }
}

const sessions = (events: readonly Told[]): number => new Set(events.map(({ session_id }) => session_id)).size

test('script tag: nothing before consent, then pages, named clicks, a search and who subscribed, in one session', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const example = await startExample('script-tag', { cairn, workspace, packages: 'here' })
  onTestFinished(example.stop)
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())

  await page.goto(example.url, SETTLED)
  await page.getByLabel('Search plants').fill('fern')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.waitForFunction('typeof cairn.flush === "function"')
  expect(await page.evaluate('localStorage.getItem("cairn")')).toBeNull()
  expect(await workspace.get('/api/events')).toMatchObject({ events: [] })

  // What records by itself is loaded with the yes.
  const loaded = page.waitForResponse(/pageviews/)
  await page.getByRole('button', { name: 'Yes' }).click()
  await loaded
  await page.waitForFunction('cairn.queueSize >= 2')
  await page.getByRole('link', { name: 'Plans' }).click()
  await page.waitForURL('**/plans.html', SETTLED)
  await page.getByRole('button', { name: 'Choose Sill' }).click()
  await page.getByLabel('E-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Subscribe' }).click()
  await page.evaluate('cairn.flush()')

  const events = (await eventsOf(workspace, ['subscription_started'])).filter(({ event_type }) => !/element_clicked|web_vital/.test(event_type))
  expect(events.map(line)).toEqual([
    'search_performed by nobody',
    'page_viewed page// by nobody',
    'page_viewed page//plans.html by nobody',
    'plan_chosen by nobody',
    'subscription_started subscription/monthly by ada@example.com',
  ])
  expect(events.find(({ event_type }) => event_type === 'plan_chosen')?.event_metadata).toMatchObject({ plan: 'sill' })
  expect(sessions(events)).toBe(1)
  expect(faults).toEqual([])
  await fitsPhone(page, [example.url, `${example.url}/plans.html`])
})

test('script tag: who says no is not recorded, on later pages neither', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const example = await startExample('script-tag', { cairn, workspace, packages: 'here' })
  onTestFinished(example.stop)
  const { page, context } = await visitor(browser)
  onTestFinished(() => context.close())
  await page.goto(example.url, SETTLED)
  await page.getByRole('button', { name: 'No', exact: true }).click()
  await page.getByRole('link', { name: 'Plans' }).click()
  await page.waitForFunction('typeof cairn.flush === "function"')
  await page.getByRole('button', { name: 'Choose Jungle' }).click()
  await page.evaluate('cairn.flush()')
  expect(await workspace.get('/api/events')).toMatchObject({ events: [] })
  expect(await page.getByRole('complementary').isVisible()).toBe(false)
})

test.each([
  {
    name: 'express',
    act: ['Done'],
    entity: 'task/1',
    types: ['task_list_opened', 'task_completed'],
    requests: ['POST /api/sign-in', 'GET /api/tasks', 'POST /api/tasks/:id/complete', 'GET /api/tasks'],
  },
  {
    name: 'fastify',
    act: ['Call', 'Sold'],
    entity: 'call/1',
    types: ['call_started', 'call_completed'],
    requests: ['POST /api/sign-in', 'GET /api/calls', 'POST /api/calls/:id/outcome', 'GET /api/calls'],
  },
])('$name: page, requests and the server’s own events are one person’s in one session', async ({ name, act, entity, types, requests }) => {
  const workspace = await cairn.workspace()
  const example = await startExample(name, { cairn, workspace, packages: 'here' })
  const { page, context, faults } = await visitor(browser)
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  try {
    await page.goto(example.url, SETTLED)
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Sign in' }).click()
    for (const button of act) await page.getByRole('listitem').first().getByRole('button', { name: button }).click()
    await page.locator('.done').waitFor()
    await page.evaluate('cairn.flush()')
    await page.setViewportSize({ width: 375, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
  } finally {
    await context.close()
    // Delivers what is left.
    await example.stop()
  }
  const events = await eventsOf(workspace, ['page_viewed', 'request_completed', ...types])
  const ofRequests = events.filter(({ event_type }) => event_type === 'request_completed')
  expect(ofRequests.map(({ event_metadata: { method, route } }) => `${String(method)} ${String(route)}`)).toEqual(requests)
  for (const { duration_ms, event_metadata, user_id, device_type } of ofRequests)
    expect([typeof duration_ms, event_metadata['status'], user_id, device_type]).toEqual(['number', 200, 'ada', 'server'])
  expect(events.map(line)).toEqual(expect.arrayContaining(['page_viewed page// by nobody', `request_completed ${entity} by ada`]))
  const completed = events.find(({ event_type }) => event_type === types[1])
  expect(completed && [line(completed), completed.device_type]).toEqual([`${types[1]} ${entity} by ada`, 'server'])
  expect(sessions(events)).toBe(1)
  // Scripts, parts and events: all from the page's own origin.
  expect(new Set(asked)).toEqual(new Set([example.url]))
  expect(faults).toEqual([])
})

test('vendor tasks: views, a rejection, comments and log-ins are told, and what happened while Cairn was away once it is back', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const way = await wayTo(cairn.url)
  onTestFinished(way.shut)
  const example = await startExample('vendor-tasks', { cairn, workspace, packages: 'here', env: { CAIRN_URL: way.url } })
  onTestFinished(example.stop)
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  const logIn = async (name: string): Promise<void> => {
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill('trade')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: 'Your tasks' }).waitFor()
  }
  const logOut = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Who is working today?' }).waitFor()
  }
  await page.goto(example.url, SETTLED)
  await logIn('Ada')
  await page.getByRole('link', { name: 'Paint the fence' }).click()
  await page.getByLabel('Reason').selectOption('No time')
  await page.getByLabel('Note').fill('In Hamburg until Friday')
  await page.getByRole('button', { name: 'Turn down' }).click()
  await page.getByRole('link', { name: 'Hang the lamps' }).click()
  await page.getByLabel('Comment', { exact: true }).fill('The ladder is there.')
  await page.getByRole('button', { name: 'Comment' }).click()
  await page.getByText('The ladder is there.').waitFor()
  await page.getByRole('button', { name: 'Complete' }).click()
  await page.getByText('completed').waitFor()
  await fitsPhone(page, [example.url, `${example.url}/tasks/2`])
  await logOut()
  await eventsOf(workspace, ['task_viewed', 'task_commented', 'task_completed', 'task_rejected', 'request_completed'])

  await logIn('Carol')
  await page.getByText('not opened by ada').waitFor()
  await page.getByText('ada turned down Paint the fence: In Hamburg until Friday').waitFor()
  await page.getByRole('button', { name: 'Read' }).click()
  await logOut()

  await eventually(
    () => workspace.get<{ notifications: unknown[] }>('/api/notifications?user_id=carol&unread=true'),
    ({ notifications }) => notifications.length === 0,
  )
  expect(faults).toEqual([])
  way.shut()
  await logIn('Bob')
  await logOut()
  await way.open()
  const told = await eventually(
    () => workspace.get<{ sessions: Array<{ session_id: string; end_reason: string | null }> }>('/api/sessions?kind=login'),
    ({ sessions }) => sessions.filter(({ end_reason }) => end_reason === 'logout').length === 3,
  )
  expect(told).toMatchObject({ sessions: [{ user_id: 'bob' }, { user_id: 'carol' }, { user_id: 'ada', device_type: 'desktop' }] })
  expect(await workspace.get('/api/tasks/1/engagement')).toMatchObject({
    engagement: [
      { user_id: 'ada', view_count: 1, reason: 'too_busy' },
      { user_id: 'bob', view_count: 0, reason: null },
    ],
    viewed_by: ['ada'],
    not_viewed_by: ['bob'],
  })
  expect(await workspace.get('/api/tasks/2/engagement')).toMatchObject({ engagement: [{ user_id: 'ada', comments: 1 }, {}] })
  expect(await workspace.get('/api/tasks/2')).toMatchObject({ attributes: { status: 'completed' }, assignees: ['ada', 'bob'] })
  expect(await workspace.get('/api/users/ada/rejections?days=30')).toMatchObject({
    count: 1,
    by_reason: { too_busy: 1 },
    rejections: [{ title: 'Paint the fence', rejection_note: 'In Hamburg until Friday' }],
  })
  expect(await workspace.get('/api/notifications?user_id=carol')).toMatchObject({ notifications: [{ kind: 'task_rejected', entity_id: '1' }] })
  const { session } = await workspace.get<{ session: { types: object } }>(`/api/sessions/${told.sessions[2]?.session_id}`)
  expect(session.types).toMatchObject({ task_commented: 1, task_completed: 1, task_rejected: 1 })
})

test('work assistant: rendered by the server, taken over without a fault, and every component’s events once', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  // React for development: StrictMode renders and runs effects twice, and says where server and browser differ.
  const example = await startExample('work-assistant', { cairn, workspace, packages: 'here', env: { NODE_ENV: 'development' } })
  onTestFinished(example.stop)
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  const rendered = await (await fetch(`${example.url}/projects`, { headers: { Cookie: 'user=Ada' } })).text()
  expect(rendered).toMatch(/Spring offer[^]*<\/html>/)
  expect(rendered).toContain('Sign out')

  await page.goto(example.url, SETTLED)
  await page.getByRole('button', { name: 'Keep it free' }).click()
  await page.getByRole('button', { name: 'Sign in as Ada' }).click()
  await page.getByLabel('Answer every client within a day').check()
  await page.getByLabel('What are you at?').fill('the spring offer')
  await page.getByRole('button', { name: 'Tell the team' }).click()

  await page.getByRole('button', { name: 'Plan my week' }).click()
  await page.getByRole('button', { name: 'Not now' }).click()
  await page.getByRole('button', { name: 'Plan my week' }).click()
  for (const button of ['Next', 'Next', 'Make the plan']) {
    await page.getByRole('dialog').getByRole('textbox').fill('Tuesday')
    await page.getByRole('button', { name: button }).click()
  }

  await page.getByRole('link', { name: 'Projects' }).click()
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByLabel('Name').fill('Bernoulli numbers')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('button', { name: 'Bernoulli numbers' }).click()
  await page.getByLabel('First step').check()
  await page.getByLabel('Search projects').fill('website')
  await page.getByLabel('Search projects').press('Enter')

  await page.getByRole('link', { name: 'E-mail' }).click()
  await page.getByRole('button', { name: /Your notes/ }).click()
  await page.getByRole('button', { name: 'Thank them' }).click()
  await page.getByRole('button', { name: /Street musicians/ }).click()
  await page.getByRole('button', { name: 'Archive' }).click()

  await page.getByRole('link', { name: 'Calendar' }).click()
  await page.getByRole('button', { name: 'month' }).click()
  await page.getByRole('button', { name: 'Tea with Mary' }).click()
  await page.getByRole('button', { name: 'Keep Friday free' }).click()
  await page.reload()
  await page.getByRole('heading', { name: 'Calendar' }).waitFor()
  await page.getByRole('button', { name: 'Sign out Ada' }).click()
  await page.getByRole('link', { name: 'Today' }).click()
  await page.getByRole('heading', { name: 'Good morning' }).waitFor()
  await page.goto('about:blank')

  await expect
    .poll(async () => (await eventsOf(workspace, [])).map(line), { timeout: 60_000 })
    .toEqual([
      'page_viewed page// by nobody',
      'ai_suggestion_accepted suggestion/quiet-morning by nobody',
      'goal_completed goal/2 by ada',
      'standup_completed by ada',
      'ai_wizard_started wizard/week by ada',
      'ai_wizard_started wizard/week by ada',
      'ai_wizard_completed wizard/week by ada',
      'page_viewed page//projects by ada',
      'modal_opened modal/new-project by ada',
      'project_created project/3 by ada',
      'project_opened project/3 by ada',
      'project_subtask_completed project/3 by ada',
      'project_completed project/3 by ada',
      'search_performed by ada',
      'page_viewed page//mail by ada',
      'email_opened email/m2 by ada',
      'email_replied email/m2 by ada',
      'email_read email/m2 by ada',
      'email_opened email/m3 by ada',
      'email_archived email/m3 by ada',
      'email_read email/m3 by ada',
      'page_viewed page//calendar by ada',
      'calendar_view_changed by ada',
      'calendar_event_opened calendar_event/c2 by ada',
      'calendar_event_created calendar_event/c3 by ada',
      'page_viewed page//calendar by ada',
      'page_viewed page// by nobody',
    ])
  const events = await eventsOf(workspace, [])
  const timed = events.filter(({ duration_ms }) => duration_ms !== null)
  expect(timed.map(({ event_type }) => event_type)).toEqual(['ai_wizard_completed', 'email_read', 'email_read'])
  expect(timed[0]?.event_metadata).toEqual({ answers: 3 })
  // Somebody else after the log-out, with a session of their own.
  const last = events.at(-1)
  expect(sessions(events.slice(0, -1))).toBe(1)
  expect(events.slice(0, -1).map(({ anonymous_id }) => anonymous_id)).not.toContain(last?.anonymous_id)
  expect(sessions(events)).toBe(2)
  expect(faults).toEqual([])
  await fitsPhone(
    page,
    ['/', '/projects', '/mail', '/calendar'].map((path) => example.url + path),
  )
})
