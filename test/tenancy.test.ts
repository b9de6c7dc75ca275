import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { endpoints, type EndpointName } from '@cairn/wire/api'
import type { Endpoint } from '@cairn/wire/endpoint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { boardCases, fillBoards, type KnownBoards } from './tenancy.boards.ts'
import { notFound, ok, paged, type Attempt } from './tenancy.ts'

/** Stands in everything that the first workspace holds; no answer to anybody else may contain it. */
const CANARY = 'canary7f3a91'

/** What somebody in another workspace may have got hold of: names and ids, never contents. */
interface Known extends KnownBoards {
  slug: string
  userId: string
  anonymousId: string
  sessionId: string
  loginId: string
  token: string
  eventId: string
  quarantineId: string
  keyId: string
  memberId: string
  memberSession: string
  invitationId: string
  liveId: string
  eventType: string
  taskId: string
  notificationId: string
  cursors: string[]
  position: string
}

/** What belongs to a person and not to a workspace is nothing for a key. */
const notForKeys = [403]
const asking = { question: { kind: 'trends', range: 'all', series: [{ any: true }] } }

/** Each endpoint, asked with the ids of the first workspace and the key of the second. An endpoint that is new needs its line here. */
const cases = {
  logEvent: (a) => [
    { path: '/api/events/log', body: { event_id: a.eventId, event_type: a.eventType, user_id: a.userId, session_id: a.sessionId }, answers: ok },
  ],
  logBatch: (a) => [{ path: '/api/events/log/batch', body: { events: [{ event_id: a.eventId, event_type: a.eventType, user_id: a.userId }] }, answers: ok }],
  listEvents: (a) => [
    ...paged('/api/events?days=30', a.cursors),
    { path: `/api/events?user_id=${a.userId}`, answers: ok },
    { path: `/api/events?session_id=${a.sessionId}`, answers: ok },
    { path: `/api/events?metadata.secret=${CANARY.slice(0, 6)}`, answers: ok },
  ],
  exportEvents: (a) => [
    { path: '/api/events/export', answers: ok },
    { path: `/api/events/export?user_id=${a.userId}&format=csv`, answers: ok },
  ],
  analytics: (a) => [
    { path: '/api/events/analytics', answers: ok },
    { path: `/api/events/analytics?user_email=${a.userId}`, answers: ok },
  ],
  findSessions: (a) => [
    ...paged('/api/sessions?days=30', a.cursors),
    { path: `/api/sessions?user_id=${a.userId}`, answers: ok },
    { path: '/api/sessions?active=true', answers: ok },
  ],
  getSession: (a) => [{ path: `/api/sessions/${a.sessionId}`, answers: [200, 404] }],
  startSession: (a) => [
    { path: '/api/sessions/start', body: { user_id: a.userId, session_token: a.token }, answers: ok },
    { path: '/api/sessions/start', body: { user_id: a.userId, event_id: a.eventId }, answers: ok },
  ],
  noteActivity: (a) => [a.loginId, a.token].map((id) => ({ path: `/api/sessions/${id}/activity`, body: {}, answers: [200, 404] })),
  finishSession: (a) => [a.loginId, a.token].map((id) => ({ path: `/api/sessions/${id}/end`, body: {}, answers: [200, 404] })),
  sessionSummary: () => [{ path: '/api/sessions/summary?days=30', answers: ok }],
  usage: () => [{ path: '/api/usage', answers: ok }],
  usageByPerson: (a) => paged('/api/usage/people?days=30', a.cursors),
  userUsage: () => [{ path: '/api/users/ada/usage', answers: ok }],
  sessionEvents: (a) => [{ path: `/api/events/session/${a.sessionId}`, answers: [200, 404] }],
  cleanup: (a) => [
    { path: `/api/events/cleanup?older_than_days=0&user_id=${a.userId}`, answers: ok },
    { path: '/api/events/cleanup?older_than_days=1', answers: ok },
  ],
  listTypes: () => [{ path: '/api/events/types', answers: ok }],
  declareType: (a) => [{ path: `/api/events/types/${a.eventType}`, body: { owner: 'mallory' }, answers: ok }],
  undeclareType: (a) => [{ path: `/api/events/types/${a.eventType}`, answers: [200, 404] }],
  listQuarantine: (a) => paged('/api/events/quarantine?status=all', a.cursors),
  replayQuarantine: (a) => [
    { path: '/api/events/quarantine/replay', body: { quarantine_ids: [a.quarantineId] }, answers: ok },
    { path: '/api/events/quarantine/replay', body: {}, answers: ok },
  ],
  ledger: () => [
    { path: '/api/ledger', answers: ok },
    { path: '/api/ledger?by=hour', answers: ok },
  ],
  identify: (a) => [{ path: '/api/people/identify', body: { user_id: a.userId, anonymous_id: a.anonymousId, traits: { name: 'mallory' } }, answers: ok }],
  alias: (a) => [{ path: '/api/people/alias', body: { user_id: a.userId, anonymous_id: a.anonymousId }, answers: ok }],
  merge: (a) => [{ path: '/api/people/merge', body: { user_id: a.userId, other_id: 'mallory' }, answers: ok }],
  unmerge: (a) => [{ path: '/api/people/unmerge', body: { user_id: a.userId, other_id: 'mallory' }, answers: ok }],
  optOut: (a) => [{ path: '/api/people/opt-out', body: { user_id: a.userId, anonymous_id: a.anonymousId }, answers: ok }],
  optIn: (a) => [{ path: '/api/people/opt-in', body: { user_id: a.userId }, answers: ok }],
  listPeople: (a) => paged('/api/people?days=30', a.cursors),
  getPerson: (a) => [
    { path: `/api/people/${a.userId}`, answers: notFound },
    { path: `/api/people/${a.anonymousId}`, answers: notFound },
  ],
  getWorkspace: () => [{ path: '/api/workspace', answers: ok }],
  setWorkspace: (a) => [
    { path: '/api/workspace', body: { name: 'mallory', streams_off: ['events'] }, answers: ok },
    { path: '/api/workspace', body: { id: 1, slug: a.slug, streams_off: [] }, answers: [200, 422] },
  ],
  listKeys: () => [{ path: '/api/keys', answers: ok }],
  createKey: () => [{ path: '/api/keys', body: { kind: 'secret', name: 'mallory' }, answers: ok }],
  revokeKey: (a) => [{ path: `/api/keys/${a.keyId}`, answers: notFound }],
  listMembers: () => [{ path: '/api/members', answers: ok }],
  setMember: (a) => [{ path: `/api/members/${a.memberId}`, body: { role: 'viewer' }, answers: notFound }],
  removeMember: (a) => [{ path: `/api/members/${a.memberId}`, answers: notFound }],
  listInvitations: () => [{ path: '/api/invitations', answers: ok }],
  createInvitation: () => [{ path: '/api/invitations', body: { role: 'viewer', email: 'mallory@example.com' }, answers: ok }],
  revokeInvitation: (a) => [{ path: `/api/invitations/${a.invitationId}`, answers: notFound }],
  listAudit: (a) => paged('/api/audit?limit=1000', a.cursors),
  getSetup: () => [{ path: '/api/setup', answers: ok }],
  setUp: () => [{ path: '/api/setup', body: { token: 'x', name: 'Mallory', email: 'mallory@example.com', password: 'a long password' }, answers: [409] }],
  signIn: () => [{ path: '/api/auth/sign-in/email', body: { email: 'mallory@example.com', password: 'x' }, answers: [401, 429] }],
  signOut: () => [{ path: '/api/auth/sign-out', answers: ok }],
  readInvitation: (a) => [{ path: '/api/invitations/read', body: { token: a.invitationId }, answers: notFound }],
  acceptInvitation: (a) => [
    { path: '/api/invitations/accept', body: { token: a.invitationId, name: 'M', email: 'm@example.com', password: 'a long password' }, answers: notFound },
  ],
  getAccount: () => [{ path: '/api/account', answers: notForKeys }],
  setAccount: () => [{ path: '/api/account', body: { name: 'Mallory' }, answers: notForKeys }],
  setPassword: () => [{ path: '/api/account/password', body: { current_password: 'x', new_password: 'a long password' }, answers: notForKeys }],
  listSessions: () => [{ path: '/api/account/sessions', answers: notForKeys }],
  endSession: (a) => [{ path: `/api/account/sessions/${a.memberSession}`, answers: notForKeys }],
  createWorkspace: (a) => [{ path: '/api/workspaces', body: { name: 'Mallory', slug: a.slug }, answers: notForKeys }],
  getDemo: () => [{ path: '/api/demo', answers: notForKeys }],
  loadDemo: () => [{ path: '/api/demo', answers: notForKeys }],
  removeDemo: () => [{ path: '/api/demo', answers: notForKeys }],
  listJobs: () => [{ path: '/api/jobs', answers: ok }],
  listJobRuns: () => [{ path: '/api/jobs/events:sweep/runs', answers: ok }],
  runJob: () => [{ path: '/api/jobs/events:sweep/run', answers: [200, 409] }],
  putEntity: (a) => [{ path: `/api/entities/task/${a.taskId}`, body: { attributes: { title: 'mallory' }, assignees: ['mallory'] }, answers: ok }],
  putEntities: (a) => [{ path: '/api/entities/batch', body: { entities: [{ entity_type: 'other', entity_id: a.taskId }] }, answers: ok }],
  patchEntity: (a) => [{ path: `/api/tasks/${a.taskId}`, body: { attributes: { title: 'mallory' } }, answers: [200, 404] }],
  query: (a) => [
    { path: '/api/query', body: { kind: 'trends', range: 'all', series: [{ any: true }], breakdown: 'metadata.canary' }, answers: ok },
    { path: '/api/query', body: { kind: 'trends', range: 'all', series: [{ any: true }], breakdown: 'person.name' }, answers: ok },
    {
      path: '/api/query',
      body: { kind: 'trends', range: 'all', series: [{ any: true }], breakdown: 'entity.title', filters: [{ field: 'entity_id', op: 'eq', value: a.taskId }] },
      answers: ok,
    },
    { path: '/api/query', body: { kind: 'trends', range: 'all', series: [{ any: true }], breakdown: 'session.entry_path' }, answers: ok },
  ],
  queryPeople: (a) => [asking, ...a.cursors.map((cursor) => ({ ...asking, cursor }))].map((body) => ({ path: '/api/query/people', body, answers: [200, 422] })),
  queryEvents: (a) => [asking, ...a.cursors.map((cursor) => ({ ...asking, cursor }))].map((body) => ({ path: '/api/query/events', body, answers: [200, 422] })),
  getEntity: (a) => [{ path: `/api/tasks/${a.taskId}`, answers: [200, 404] }],
  deleteEntity: (a) => [{ path: `/api/tasks/${a.taskId}`, answers: [200, 404] }],
  listEntities: (a) => paged('/api/tasks?limit=1000', a.cursors),
  entitySummary: () => [{ path: '/api/tasks/summary', answers: ok }],
  assign: (a) => [{ path: `/api/tasks/${a.taskId}/assignees/mallory`, body: {}, answers: [200, 404] }],
  unassign: (a) => [{ path: `/api/tasks/${a.taskId}/assignees/${a.userId}`, answers: [200, 404] }],
  trackView: (a) => [{ path: `/api/entities/order/${a.taskId}/track-view`, body: { user_id: a.userId }, answers: ok }],
  trackActivity: (a) => [{ path: `/api/entities/order/${a.taskId}/activity`, body: { user_id: a.userId }, answers: ok }],
  reject: (a) => [{ path: `/api/tasks/${a.taskId}/reject`, body: { user_id: a.userId, reason: 'other' }, answers: [404, 409] }],
  listRejections: (a) => [{ path: `/api/tasks/${a.taskId}/rejections`, answers: [200, 404] }],
  userRejections: (a) => [{ path: `/api/users/${a.userId}/rejections`, answers: ok }],
  engagement: (a) => [{ path: `/api/tasks/${a.taskId}/engagement`, answers: [200, 404] }],
  unopened: (a) => paged('/api/tasks/unopened?older_than_hours=0', a.cursors),
  hasViewed: (a) => [{ path: `/api/users/${a.userId}/has-viewed?entity_id=${a.taskId}`, answers: [200, 404] }],
  commentTrend: (a) => [{ path: `/api/tasks/${a.taskId}/comments/trend`, answers: [200, 404] }],
  durations: () => [{ path: '/api/tasks/durations?from=start_date&to=end_date&by=title', answers: ok }],
  transitions: () => [{ path: '/api/tasks/transitions?field=title&repeats=true', answers: ok }],
  listBaselines: () => [{ path: '/api/baselines', answers: ok }],
  listAgainstBaseline: (a) => paged('/api/projects/against-baseline?limit=1000', a.cursors),
  againstBaseline: (a) => [{ path: `/api/projects/${a.taskId}/against-baseline`, answers: notFound }],
  listNotifications: (a) => paged(`/api/notifications?user_id=${a.userId}`, a.cursors),
  readNotification: (a) => [{ path: `/api/notifications/${a.notificationId}/read`, body: {}, answers: notFound }],
  ...boardCases,
  refusals: () => [{ path: '/api/refusals', answers: ok }],
  system: () => [{ path: '/api/system', answers: ok }],
  listLiveConnections: () => [{ path: '/api/live/connections', answers: ok }],
  closeLiveConnection: (a) => [{ path: `/api/live/connections/${a.liveId}`, answers: notFound }],
  trackingHealth: () => [{ path: '/api/health/tracking', answers: ok }],
  readiness: () => [{ path: '/api/health/readiness', answers: ok }],
  health: () => [{ path: '/api/health', answers: ok }],
  ready: () => [{ path: '/api/ready', answers: ok }],
  metrics: () => [{ path: '/api/metrics', answers: ok }],
} satisfies Record<EndpointName, (a: Known) => Attempt[]>

const names = Object.keys(endpoints) as EndpointName[]
/** Reading first: what the second workspace writes itself with the ids of the first is its own. */
const order: Endpoint['access'][] = ['open', 'local', 'user', 'read', 'collect', 'person', 'manage']
const inOrder = names.toSorted((x, y) => order.indexOf(endpoints[x].access) - order.indexOf(endpoints[y].access))

let cairn: TestCairn
let first: TestWorkspace
let second: TestWorkspace
let known: Known
let live: WebSocket | undefined
beforeAll(async () => {
  cairn = await startCairn()
  first = await cairn.workspace({ name: `First ${CANARY}` })
  second = await cairn.workspace()
  known = await fillFirst()
})
afterAll(async () => {
  live?.terminate()
  await cairn.close()
})

async function call(endpoint: Endpoint, { path, body }: Attempt, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const response = await fetch(cairn.url + path, {
    method: endpoint.method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}
const bearer = (key: string): Record<string, string> => ({ Authorization: `Bearer ${key}` })

/** Something in every place where a workspace keeps something. */
async function fillFirst(): Promise<Known> {
  const ids = { userId: 'ada', anonymousId: 'anon-ada', sessionId: 'session-ada', eventId: randomUUID(), eventType: 'order_paid' }
  const event = (more: object): object => ({
    event_type: ids.eventType,
    user_id: ids.userId,
    session_id: ids.sessionId,
    metadata: { secret: CANARY, [CANARY]: 1 },
    context: { page: { url: `https://x.example/${CANARY}` } },
    ...more,
  })
  const token = `${CANARY}-${randomUUID()}`
  const login = await first.call('POST', '/api/sessions/start', { user_id: ids.userId, session_token: token, user_agent: CANARY, referrer: CANARY })
  const sent = await first.post('/api/events/log/batch', {
    events: [
      event({ event_id: ids.eventId }),
      event({ anonymous_id: ids.anonymousId, entity_type: 'order', entity_id: CANARY }),
      event({ event_type: `${CANARY}_seen`, user_id: CANARY }),
      event({ user_id: undefined, anonymous_id: ids.anonymousId }),
      event({ event_type: 5 }),
    ],
  })
  expect(sent.body).toMatchObject({ accepted: 4 })
  expect((await first.post('/api/people/identify', { user_id: ids.userId, anonymous_id: ids.anonymousId, traits: { name: CANARY } })).status).toBe(200)
  expect((await first.call('PUT', `/api/events/types/${ids.eventType}`, { owner: CANARY, description: CANARY })).status).toBe(200)
  const key = await first.call('POST', '/api/keys', { kind: 'write', name: CANARY })
  await first.post('/api/events/log', { event_type: 6, [CANARY]: 1 })
  const { quarantine, next_cursor: quarantineCursor } = await first.get<{ quarantine: Array<{ quarantine_id: string }>; next_cursor: string }>(
    '/api/events/quarantine?limit=1',
  )
  const { next_cursor: eventCursor } = await first.get<{ next_cursor: string }>('/api/events?limit=1')
  const { next_cursor: peopleCursor } = await first.get<{ next_cursor: string }>('/api/people?limit=1')
  expect([quarantineCursor, eventCursor, peopleCursor].every((cursor) => typeof cursor === 'string')).toBe(true)
  const taskId = 'first-task'
  for (const id of [taskId, 'second-task'])
    await first.call('PUT', `/api/tasks/${id}`, {
      attributes: { title: CANARY, created_by: ids.userId, status: CANARY },
      assignees: ['mole', CANARY, ids.userId],
    })
  await first.call('POST', `/api/tasks/${taskId}/reject`, { user_id: 'mole', reason: CANARY })
  await first.call('POST', '/api/tasks/second-task/reject', { user_id: 'mole', reason: CANARY })
  const notified = await first.get<{ notifications: Array<{ id: string }>; next_cursor: string }>(`/api/notifications?user_id=${ids.userId}&limit=1`)
  const tasks = await first.get<{ next_cursor: string }>('/api/tasks?limit=1')
  expect(typeof tasks.next_cursor).toBe('string')
  const { savedCursor, ...boards } = await fillBoards(first, CANARY)
  const member = await cairn.user({ workspace: first, role: 'owner', email: `${CANARY}@example.com` })
  const { sessions } = await member.get<{ sessions: Array<{ id: string }> }>('/api/account/sessions')
  const invitation = await member.post('/api/invitations', { role: 'viewer', email: `invited-${CANARY}@example.com` })
  const { next_cursor: auditCursor } = await first.get<{ next_cursor: string }>('/api/audit?limit=1')
  live = new WebSocket(`${cairn.url.replace('http', 'ws')}/api/live`, { headers: bearer(first.secretKey) })
  await once(live, 'open')
  const { connections } = await first.get<{ connections: Array<{ id: string }> }>('/api/live/connections')
  return {
    ...ids,
    slug: first.slug,
    loginId: String(login.body['session_id']),
    token,
    quarantineId: quarantine[0]?.quarantine_id ?? '',
    keyId: String(key.body['id']),
    memberId: member.id,
    memberSession: sessions[0]?.id ?? '',
    invitationId: String(invitation.body['id']),
    liveId: connections[0]?.id ?? '',
    taskId,
    notificationId: notified.notifications[0]?.id ?? '',
    ...boards,
    cursors: [quarantineCursor, eventCursor, peopleCursor, auditCursor, notified.next_cursor, tasks.next_cursor, savedCursor],
    position: sent.headers.get('x-cairn-position') ?? '',
  }
}

/** Everything that can be read of the first workspace, as its own secret key sees it. */
async function wholeFirst(): Promise<Record<string, unknown>> {
  const paths = [
    '/api/events?days=30&limit=1000',
    '/api/events/analytics',
    '/api/events/types',
    '/api/events/quarantine?status=all',
    `/api/events/session/${known.sessionId}`,
    `/api/sessions/${known.loginId}`,
    '/api/sessions?days=30',
    '/api/people?days=30',
    `/api/people/${known.userId}`,
    `/api/tasks/${known.taskId}`,
    `/api/tasks/${known.taskId}/engagement`,
    '/api/tasks',
    `/api/notifications?user_id=${known.userId}`,
    '/api/insights',
    '/api/cohorts',
    '/api/annotations',
    `/api/dashboards/${known.saved.dashboards}`,
    `/api/dashboards/${known.saved.dashboards}/shares`,
    '/api/workspace',
    '/api/keys',
    '/api/members',
    '/api/invitations',
    '/api/audit',
    '/api/live/connections',
    '/api/ledger?by=total',
  ]
  const whole: Record<string, unknown> = {}
  for (const path of paths) whole[path] = await first.get(path)
  return JSON.parse(
    JSON.stringify(whole, (name, value: unknown) =>
      name === 'last_used_at' || name === 'fresh_to' || name === 'sent' || name === 'hours_since_activity' ? null : value,
    ),
  ) as Record<string, unknown>
}

test('every endpoint of the table has a case here', () => {
  expect(Object.keys(cases).toSorted()).toEqual(names.toSorted())
})

test('the first workspace sees its own: the canary is in every answer that could hold it', async () => {
  const whole = await wholeFirst()
  const without = Object.entries(whole).filter(([, answer]) => !JSON.stringify(answer).includes(CANARY))
  expect(without.map(([path]) => path)).toEqual([`/api/dashboards/${known.saved.dashboards}/shares`, '/api/live/connections', '/api/ledger?by=total'])
})

describe('the key of another workspace', () => {
  test('gets nothing of the first one by any endpoint, with its ids, cursors, name and position, and changes nothing in it', async () => {
    const before = await wholeFirst()
    const wrong: string[] = []
    const askings: Array<Record<string, string>> = [{}, { 'X-Cairn-Workspace': known.slug, 'X-Cairn-Position': known.position }]
    for (const headers of askings) {
      for (const name of inOrder) {
        const endpoint: Endpoint = endpoints[name]
        for (const attempt of cases[name](known)) {
          const { status, text } = await call(endpoint, attempt, { ...bearer(second.secretKey), ...headers })
          if (!attempt.answers.includes(status)) wrong.push(`${endpoint.method} ${attempt.path} answered ${status}: ${text.slice(0, 300)}`)
          if (text.includes(CANARY)) wrong.push(`${endpoint.method} ${attempt.path} shows the first workspace: ${text.slice(0, 300)}`)
        }
      }
      await second.call('PATCH', '/api/workspace', { streams_off: [] })
    }
    expect(wrong).toEqual([])
    expect(await wholeFirst()).toEqual(before)
  })

  test('finds none of the first one’s events before it has sent any itself', async () => {
    const third = await cairn.workspace()
    expect(await third.get('/api/events?days=30')).toMatchObject({ events: [], next_cursor: null })
    expect(await third.get('/api/people?days=30')).toMatchObject({ people: [] })
    expect(await third.get('/api/events/quarantine?status=all')).toMatchObject({ quarantine: [] })
    expect(await third.get('/api/events/types')).toMatchObject({ types: [] })
    expect(await third.get('/api/events/analytics')).toMatchObject({ total_events: 0, active_users: 0, sessions: 0 })
    expect(await third.get('/api/ledger?by=total')).toMatchObject({ lines: [], total: { received: 0, stored: 0 } })
    expect((await third.get<{ keys: unknown[] }>('/api/keys')).keys).toHaveLength(2)
    expect((await third.call('POST', '/api/events/quarantine/replay', { quarantine_ids: [known.quarantineId] })).body).toMatchObject({ replayed: 0 })
    expect((await third.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')).body).toMatchObject({ deleted: 0 })
  })
})

describe('a member of another workspace', () => {
  const withBody = ({ body, ...attempt }: Attempt, { method }: Endpoint): Attempt => ({ ...attempt, ...(method === 'GET' ? {} : { body: body ?? {} }) })

  test.each(['viewer', 'owner'] as const)(
    'as %s there gets nothing of the first one, whose name is to them that of none, and changes nothing in it',
    async (role) => {
      const stranger = await cairn.user({ workspace: second, role })
      const before = await wholeFirst()
      const session = { Cookie: stranger.cookie, Origin: cairn.url }
      const wrong: string[] = []
      const ofWorkspaces = inOrder.filter((name) => ['read', 'collect', 'person', 'manage'].includes(endpoints[name].access))
      for (const name of ofWorkspaces) {
        for (const attempt of cases[name](known)) {
          const asked = withBody(attempt, endpoints[name])
          const theirs = await call(endpoints[name], asked, { ...session, 'X-Cairn-Workspace': known.slug })
          const none = await call(endpoints[name], asked, { ...session, 'X-Cairn-Workspace': 'there-is-none' })
          if (theirs.status !== 404 || none.status !== 404 || theirs.text !== none.text)
            wrong.push(`${name} ${asked.path}: ${theirs.status} ${theirs.text.slice(0, 200)}`)
        }
      }
      const own: Array<[EndpointName, Attempt]> = [
        ['getAccount', { path: '/api/account', answers: ok }],
        ['listSessions', { path: '/api/account/sessions', answers: ok }],
        ['endSession', { path: `/api/account/sessions/${known.memberSession}`, answers: notFound }],
        ['createWorkspace', { path: '/api/workspaces', body: { name: 'x', slug: known.slug }, answers: [role === 'owner' ? 409 : 403] }],
        ['getDemo', { path: '/api/demo', answers: ok }],
        ['refusals', { path: '/api/refusals', answers: ok }],
        ['listMembers', { path: '/api/members', answers: ok }],
      ]
      for (const [name, attempt] of own) {
        const { status, text } = await call(endpoints[name], withBody(attempt, endpoints[name]), session)
        if (!attempt.answers.includes(status) || text.includes(CANARY)) wrong.push(`${name} ${attempt.path}: ${status} ${text.slice(0, 200)}`)
      }
      expect(wrong).toEqual([])
      expect(await wholeFirst()).toEqual(before)
    },
  )

  test('opens no live connection to it', async () => {
    const stranger = await cairn.user({ workspace: second, role: 'owner' })
    const socket = new WebSocket(`${cairn.url.replace('http', 'ws')}/api/live?workspace=${known.slug}`, {
      headers: { Cookie: stranger.cookie, Origin: cairn.url },
    })
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(answer.statusCode).toBe(404)
  })
})

describe('who may call', () => {
  const statusOf = async (name: EndpointName, headers: Record<string, string>): Promise<number> => {
    const [attempt] = cases[name](known)
    if (!attempt) throw new Error(`no case for ${name}`)
    return (await call(endpoints[name], attempt, headers)).status
  }
  const answersOf = (name: EndpointName): number[] => cases[name](known).flatMap(({ answers }) => answers)
  /** From another machine, as a proxy says. */
  const elsewhere = { 'X-Forwarded-For': '203.0.113.7' }

  test.each(names)('%s: a write key reads and manages nothing', async (name) => {
    const { access, writeKey }: Endpoint = endpoints[name]
    const status = await statusOf(name, { ...bearer(second.writeKey), ...elsewhere })
    if (writeKey) expect(answersOf(name)).toContain(status)
    else if (access === 'collect') expect([200, 422]).toContain(status)
    else expect(access === 'open' ? answersOf(name) : [403]).toContain(status)
  })

  test.each(names)('%s: no key, an unknown key, and one that is no longer valid are 401 wherever a key is needed', async (name) => {
    const { access } = endpoints[name]
    const made = await second.call('POST', '/api/keys', { kind: 'secret', name: 'short-lived' })
    expect((await second.call('DELETE', `/api/keys/${String(made.body['id'])}`)).status).toBe(200)
    for (const headers of [
      {},
      bearer('unknown_key_0123456789'),
      bearer(String(made.body['key'])),
      { Authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
    ]) {
      expect(access === 'open' ? answersOf(name) : [401]).toContain(await statusOf(name, { ...elsewhere, ...headers }))
    }
  })

  test('a write key that may add does so in its own workspace only, also where it stands in the address or the body', async () => {
    const before = await wholeFirst()
    const event = { event_type: 'a', user_id: known.userId }
    for (const [path, body] of [
      [`/api/events/log?write_key=${second.writeKey}`, event],
      ['/api/events/log', { ...event, write_key: second.writeKey }],
    ] as const) {
      expect((await call(endpoints.logEvent, { path, body, answers: ok }, {})).status).toBe(200)
    }
    expect(await wholeFirst()).toEqual(before)
  })
})
