import { randomUUID } from 'node:crypto'
import { endpoints, type EndpointName } from '@cairn/wire/api'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, PASSWORD, startCairn, type Answer, type TestCairn, type TestUser, type TestWorkspace } from './cairn.ts'
import { watch, type Watching } from './live.ts'
import { eventually } from './server.ts'

/** The table of endpoints says what each answers; here each is asked, and what it answered is held against the table. */
let cairn: TestCairn
let w: TestWorkspace
let owner: TestUser
let other: TestUser
let setUp: Answer
let known: { quarantineId: string; keyId: string; invitationId: string; token: string; sessionId: string; eventId: string }
const watching: Watching[] = []

beforeAll(async () => {
  cairn = await startCairn()
  setUp = await post('/api/setup', {
    token: cairn.setupToken,
    name: 'First',
    email: 'first@example.com',
    password: PASSWORD,
    workspace_name: 'Shop',
    timezone: 'Europe/Berlin',
  })
  w = await cairn.workspace()
  owner = await cairn.user({ workspace: w, role: 'owner' })
  other = await cairn.user({ workspace: w, role: 'viewer' })
  const eventId = randomUUID()
  const event = {
    event_id: eventId,
    event_type: 'order_paid',
    user_id: 'ada',
    anonymous_id: 'visitor',
    session_id: 's1',
    entity_type: 'order',
    entity_id: 7,
    metadata: { plan: 'pro', nested: { deep: [1, null, true] } },
    context: { page: { url: 'https://x.example/a?utm_source=b' } },
    duration_ms: 12,
    seq: 1,
    source_id: 'tab',
    tracker: 'browser/1',
  }
  await w.post('/api/events/log/batch', {
    events: [event, { ...event, event_id: randomUUID(), seq: 4 }, { event_type: 'bare', anonymous_id: 'nobody' }, { event_type: 5 }],
  })
  await w.post('/api/events/log', '[')
  await w.post('/api/people/identify', { user_id: 'ada', anonymous_id: 'visitor', traits: { name: 'Ada', tags: ['a'] } })
  await w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada-old' })
  await w.post('/api/people/opt-out', { user_id: 'silent' })
  await w.call('PUT', '/api/events/types/order_paid', { owner: 'shop', required_properties: ['plan'] })
  const { quarantine } = await w.get<{ quarantine: Array<{ quarantine_id: string }> }>('/api/events/quarantine')
  const key = await w.call('POST', '/api/keys', { kind: 'write', name: 'spare' })
  const invitation = await owner.post('/api/invitations', { role: 'analyst' })
  const url = new URL(String(invitation.body['url']))
  const sessions = await owner.get<{ sessions: Array<{ id: string }> }>('/api/account/sessions')
  known = {
    quarantineId: quarantine[0]?.quarantine_id ?? '',
    keyId: String(key.body['id']),
    invitationId: String((await owner.post('/api/invitations', { role: 'viewer', email: 'somebody@example.com' })).body['id']),
    token: url.hash === '' ? [...url.searchParams.values()].join('') : url.hash.replace(/^#(?:[\w-]+=)?/, ''),
    sessionId: sessions.sessions[0]?.id ?? '',
    eventId,
  }
  const socket = await watch(cairn.url, { Authorization: `Bearer ${w.secretKey}` })
  await socket.subscribe()
  watching.push(socket)
})
afterAll(async () => {
  for (const { socket } of watching) socket.terminate()
  await cairn.close()
})

const post = (path: string, body: unknown): Promise<Answer> => ask(cairn.url + path, { method: 'POST', body: JSON.stringify(body) })
const get = (path: string): Promise<Answer> => w.call('GET', path)

const body = {
  insights: { name: 'A', question: { kind: 'trends', series: [{ event: 'order_paid', math: 'total' }] } },
  cohorts: { name: 'A', type: 'static', definition: { all: [{ did: { event: 'order_paid' } }] } },
  annotations: { name: 'A', at: '2026-03-01T10:00:00Z' },
  dashboards: { template: 'sales', range: { from: '2026-01-01', to: '2026-01-31' }, filters: [{ any: [{ field: 'user_id', op: 'exists' }] }], compare: 'year' },
}
const made = async (plural: keyof typeof body): Promise<string> => `/api/${plural}/${String((await w.call('POST', `/api/${plural}`, body[plural])).body['id'])}`
const widget = async (): Promise<string> => {
  const path = await made('dashboards')
  const { widgets } = await w.get<{ widgets: Array<{ id: string }> }>(path)
  return `${path}/widgets/${widgets[0]?.id}`
}

/** In this order: what takes away comes after what shows it. An endpoint that is new needs its line here. */
const eventIdOfView = randomUUID()
const cases = {
  getSetup: () => [ask(`${cairn.url}/api/setup`)],
  setUp: () => [Promise.resolve(setUp)],
  logEvent: () => [
    w.post('/api/events/log', { event_id: randomUUID(), event_type: 'a', user_id: 'ada' }),
    w.post('/api/events/log', { event_type: 'a', anonymous_id: 'visitor' }, { 'Sec-GPC': '1' }),
  ],
  logBatch: () => [
    w.post('/api/events/log/batch', { events: [{ event_type: 'a', user_id: 'ada' }, { event_type: 5 }], settings: '' }),
    w.post(
      '/api/events/log/batch',
      {
        events: [
          { event_type: 'a', anonymous_id: 'visitor' },
          { event_type: 'a', user_id: 'ada' },
        ],
      },
      { DNT: '1' },
    ),
  ],
  query: () => [
    w.call('POST', '/api/query', {
      kind: 'trends',
      series: [{ any: true, math: 'unique_users' }],
      breakdown: 'event_type',
      compare: 'previous',
      explain: true,
    }),
  ],
  queryPeople: () => [w.call('POST', '/api/query/people', { question: { kind: 'trends', series: [{ any: true }] }, limit: 1 })],
  queryEvents: () => [w.call('POST', '/api/query/events', { question: { kind: 'trends', series: [{ any: true }] }, limit: 1 })],
  listEvents: () => [get('/api/events'), get('/api/events?limit=1')],
  exportEvents: () => [get('/api/events/export?format=csv'), get('/api/events/export?event_type=nothing')],
  analytics: () => [
    get('/api/events/analytics'),
    get('/api/events/analytics?interval=day&include_bots=true'),
    get('/api/events/analytics?user_id=nobody'),
    get('/api/events/analytics?include_rolled_up=true'),
  ],
  sessionEvents: () => [get('/api/events/session/s1')],
  startSession: () => [
    w.call('POST', '/api/sessions/start', { user_id: 'ada', session_token: 'answers' }),
    w.call('POST', '/api/sessions/start', { user_id: 'nobody' }),
  ],
  noteActivity: () => [w.post('/api/sessions/answers/activity', {})],
  finishSession: () => [w.call('POST', '/api/sessions/answers/end', {})],
  findSessions: () => [get('/api/sessions'), get('/api/sessions?active=true&include_bots=true')],
  getSession: () => [get('/api/sessions/s1')],
  sessionSummary: () => [get('/api/sessions/summary'), get('/api/sessions/summary?from=2024-01-01&to=2024-01-02')],
  usage: () => [get('/api/usage'), get('/api/usage?from=2024-01-01&to=2024-01-02&kind=login')],
  usageByPerson: () => [get('/api/usage/people'), get('/api/usage/people?order=last_activity&limit=1')],
  userUsage: () => [get('/api/users/ada/usage'), get('/api/users/nobody/usage')],
  listTypes: () => [get('/api/events/types')],
  declareType: () => [w.call('PUT', '/api/events/types/bare', { description: 'Nothing on it.' })],
  undeclareType: () => [w.call('DELETE', '/api/events/types/bare')],
  listQuarantine: () => [get('/api/events/quarantine')],
  replayQuarantine: () => [w.call('POST', '/api/events/quarantine/replay', { quarantine_ids: [known.quarantineId] })],
  identify: () => [w.post('/api/people/identify', { user_id: 'bob' }), w.post('/api/people/identify', { user_id: 'silent' })],
  alias: () => [w.post('/api/people/alias', { user_id: 'bob', anonymous_id: 'visitor-b' })],
  merge: () => [w.call('POST', '/api/people/merge', { user_id: 'ada', other_id: 'ada-2' })],
  unmerge: () => [w.call('POST', '/api/people/unmerge', { user_id: 'ada', other_id: 'ada-2' })],
  listPeople: () => [get('/api/people'), get('/api/people?search=ada'), get('/api/people?limit=1')],
  getPerson: () => [get('/api/people/ada'), get('/api/people/nobody'), get('/api/people/bob')],
  optOut: () => [w.post('/api/people/opt-out', { user_id: 'carol' })],
  optIn: () => [w.post('/api/people/opt-in', { user_id: 'carol' })],
  cleanup: () => [w.call('DELETE', '/api/events/cleanup?older_than_days=1')],
  getWorkspace: () => [get('/api/workspace')],
  setWorkspace: () => [w.call('PATCH', '/api/workspace', { retention_days: 90 }), w.call('PATCH', '/api/workspace', { retention_days: 'forever' })],
  listKeys: () => [get('/api/keys')],
  createKey: () => [w.call('POST', '/api/keys', { kind: 'secret', name: 'another' })],
  revokeKey: () => [w.call('DELETE', `/api/keys/${known.keyId}`)],
  listMembers: () => [get('/api/members')],
  setMember: () => [owner.call('PATCH', `/api/members/${other.id}`, { role: 'analyst' })],
  removeMember: () => [owner.call('DELETE', `/api/members/${other.id}`)],
  listInvitations: () => [get('/api/invitations')],
  createInvitation: () => [owner.post('/api/invitations', { role: 'viewer' })],
  readInvitation: () => [post('/api/invitations/read', { token: known.token })],
  acceptInvitation: () => [post('/api/invitations/accept', { token: known.token, name: 'Joined', email: 'joined@example.com', password: PASSWORD })],
  revokeInvitation: () => [owner.call('DELETE', `/api/invitations/${known.invitationId}`)],
  listAudit: () => [get('/api/audit'), get('/api/audit?limit=1')],
  signIn: () => [post('/api/auth/sign-in/email', { email: owner.email, password: PASSWORD })],
  getAccount: () => [owner.call('GET', '/api/account')],
  setAccount: () => [owner.call('PATCH', '/api/account', { name: 'Renamed' })],
  createWorkspace: () => [owner.post('/api/workspaces', { name: 'Another one' })],
  listSessions: () => [owner.call('GET', '/api/account/sessions')],
  setPassword: () => [owner.post('/api/account/password', { current_password: PASSWORD, new_password: `${PASSWORD} 2` })],
  ledger: () => [get('/api/ledger'), get('/api/ledger?by=hour'), get('/api/ledger?by=total')],
  refusals: () => [get('/api/refusals'), owner.call('GET', '/api/refusals')],
  system: () => [get('/api/system')],
  listLiveConnections: () => [get('/api/live/connections')],
  closeLiveConnection: async () => {
    const { connections } = await w.get<{ connections: Array<{ id: string }> }>('/api/live/connections')
    return [await w.call('DELETE', `/api/live/connections/${connections[0]?.id}`)]
  },
  getDemo: () => [owner.call('GET', '/api/demo')],
  loadDemo: () => [owner.post('/api/demo', {})],
  removeDemo: async () => {
    await eventually(
      () => owner.get<{ state: string }>('/api/demo'),
      ({ state }) => state === 'ready',
      100_000,
    )
    return [await owner.call('DELETE', '/api/demo')]
  },
  runJob: () => [w.call('POST', '/api/jobs/events:sweep/run?wait=true')],
  listJobs: () => [get('/api/jobs')],
  listJobRuns: () => [get('/api/jobs/events:sweep/runs')],
  putEntity: () => [
    w.call('PUT', '/api/entities/task/t1', {
      attributes: { title: 'A', created_by: 'carol', start_date: '2026-01-01', end_date: '2026-01-03' },
      assignees: ['ada', 'bob'],
    }),
  ],
  patchEntity: () => [w.call('PATCH', '/api/tasks/t1', { attributes: { status: 'open', title: null } })],
  getEntity: () => [w.call('GET', '/api/tasks/t1')],
  putEntities: () => [
    w.call('POST', '/api/entities/batch', { entities: [{ entity_type: 'task', entity_id: 2, assignees: ['ada'] }, { entity_type: 'task' }] }),
  ],
  listEntities: () => [w.call('GET', '/api/tasks?limit=1'), w.call('GET', '/api/entities/project')],
  entitySummary: () => [w.call('GET', '/api/tasks/summary'), w.call('GET', '/api/entities/project/summary?days=7')],
  assign: () => [w.call('PUT', '/api/tasks/t1/assignees/dan', {})],
  unassign: () => [w.call('DELETE', '/api/tasks/t1/assignees/dan')],
  trackView: () => [
    w.post('/api/tasks/t1/track-view', { user_id: 'ada', view_duration_seconds: 3, view_id: eventIdOfView }),
    w.post('/api/tasks/t1/track-view', { user_id: 'silent' }),
  ],
  trackActivity: () => [w.post('/api/tasks/t1/activity', { user_id: 'ada', action: 'commented' }), w.post('/api/tasks/t1/activity', { user_id: 'silent' })],
  reject: () => [w.call('POST', '/api/tasks/t1/reject', { user_id: 'bob', reason: 'workload', rejection_note: 'no time' })],
  listRejections: () => [w.call('GET', '/api/tasks/t1/rejections')],
  userRejections: () => [w.call('GET', '/api/users/bob/rejections?days=30')],
  engagement: () => [w.call('GET', '/api/tasks/t1/engagement')],
  unopened: () => [w.call('GET', '/api/tasks/unopened?older_than_hours=0&limit=1')],
  hasViewed: () => [w.call('GET', '/api/users/ada/has-viewed?entity_type=task&entity_id=t1'), w.call('GET', '/api/users/nobody/has-viewed?entity_id=t1')],
  commentTrend: () => [w.call('GET', '/api/tasks/t1/comments/trend?days=3')],
  durations: () => [w.call('GET', '/api/tasks/durations?from=start_date&to=end_date&by=status')],
  transitions: () => [w.call('GET', '/api/tasks/transitions')],
  listBaselines: async () => {
    await w.call('PUT', '/api/entities/project/p1', { attributes: { status: 'completed', start_date: '2026-01-01', end_date: '2026-01-03' } })
    await w.call('POST', '/api/jobs/projects:calculate-baselines/run?wait=true')
    return [await w.call('GET', '/api/baselines'), await w.call('GET', '/api/baselines?project_type=x&history=true')]
  },
  listAgainstBaseline: () => [w.call('GET', '/api/projects/against-baseline?limit=1'), w.call('GET', '/api/projects/against-baseline?search=none')],
  againstBaseline: () => [w.call('GET', '/api/projects/p1/against-baseline')],
  listNotifications: () => [w.call('GET', '/api/notifications?user_id=carol&unread=true')],
  readNotification: async () => {
    const { notifications } = await w.get<{ notifications: Array<{ id: string }> }>('/api/notifications?user_id=carol')
    return [await w.call('POST', `/api/notifications/${notifications[0]?.id}/read`, {})]
  },
  deleteEntity: () => [w.call('DELETE', '/api/tasks/t1')],
  createInsight: () => [w.call('POST', '/api/insights', body.insights)],
  listInsights: () => [get('/api/insights'), get('/api/insights?limit=1')],
  getInsight: async () => [await get(await made('insights'))],
  putInsight: async () => [await w.call('PUT', await made('insights'), { ...body.insights, version: 1 })],
  insightVersions: async () => [await get(`${await made('insights')}/versions`)],
  deleteInsight: async () => [await w.call('DELETE', await made('insights'))],
  createCohort: () => [w.call('POST', '/api/cohorts', body.cohorts)],
  listCohorts: () => [get('/api/cohorts'), get('/api/cohorts?limit=1')],
  getCohort: async () => [await get(await made('cohorts'))],
  putCohort: async () => [await w.call('PUT', await made('cohorts'), { ...body.cohorts, version: 1 })],
  cohortVersions: async () => [await get(`${await made('cohorts')}/versions`)],
  deleteCohort: async () => [await w.call('DELETE', await made('cohorts'))],
  createAnnotation: () => [w.call('POST', '/api/annotations', body.annotations)],
  listAnnotations: () => [get('/api/annotations'), get('/api/annotations?limit=1')],
  getAnnotation: async () => [await get(await made('annotations'))],
  putAnnotation: async () => [await w.call('PUT', await made('annotations'), { ...body.annotations, version: 1 })],
  annotationVersions: async () => [await get(`${await made('annotations')}/versions`)],
  deleteAnnotation: async () => [await w.call('DELETE', await made('annotations'))],
  createDashboard: () => [w.call('POST', '/api/dashboards', body.dashboards)],
  listDashboards: () => [get('/api/dashboards'), get('/api/dashboards?limit=1')],
  getDashboard: async () => [await get(await made('dashboards'))],
  putDashboard: async () => [await w.call('PUT', await made('dashboards'), { name: 'A', version: 1 })],
  dashboardVersions: async () => [await get(`${await made('dashboards')}/versions`)],
  deleteDashboard: async () => [await w.call('DELETE', await made('dashboards'))],
  listTemplates: () => [get('/api/dashboards/templates')],
  listWidgets: async () => [await get(`${await made('dashboards')}/widgets`)],
  addWidget: async () => [await w.call('POST', `${await made('dashboards')}/widgets`, { type: 'text', text: 'A' })],
  getWidget: async () => [await get(await widget())],
  putWidget: async () => [await w.call('PUT', await widget(), { type: 'live', version: 1 })],
  deleteWidget: async () => [await w.call('DELETE', await widget())],
  widgetVersions: async () => [await get(`${await widget()}/versions`)],
  putLayout: async () => [await w.call('PUT', `${await made('dashboards')}/layout`, { version: 1, layout: [] })],
  createShare: async () => [await w.call('POST', `${await made('dashboards')}/shares`, { expires_at: '2200-01-01T00:00:00Z' })],
  listShares: async () => {
    const path = `${await made('dashboards')}/shares`
    await w.call('POST', path, {})
    return [await get(path)]
  },
  revokeShare: async () => {
    const path = `${await made('dashboards')}/shares`
    return [await w.call('DELETE', `${path}/${String((await w.call('POST', path, {})).body['id'])}`)]
  },
  readShared: async () => {
    const { token } = (await w.call('POST', `${await made('dashboards')}/shares`, {})).body
    return [await ask(`${cairn.url}/api/shared/${String(token)}`)]
  },
  askShared: async () => {
    const path = await made('dashboards')
    const { widgets } = await w.get<{ widgets: Array<{ id: string }> }>(path)
    const { token } = (await w.call('POST', `${path}/shares`, {})).body
    return [await post(`/api/shared/${String(token)}/widgets/${widgets[0]?.id}`, { range: '30d' })]
  },
  trackingHealth: () => [w.call('GET', '/api/health/tracking')],
  readiness: () => [w.call('GET', '/api/health/readiness')],
  health: () => [ask(`${cairn.url}/api/health`)],
  ready: () => [ask(`${cairn.url}/api/ready`)],
  metrics: () => [ask(`${cairn.url}/api/metrics`)],
  endSession: () => [owner.call('DELETE', `/api/account/sessions/${known.sessionId}`)],
  signOut: () => [owner.post('/api/auth/sign-out', {})],
} satisfies Record<EndpointName, () => Array<Promise<Answer>> | Promise<Answer[]>>

/** The same schema, refusing fields that it does not name: an answer has nothing that is not written down. */
function closed(schema: TSchema): TSchema {
  const inside = Object.fromEntries(
    Object.entries(schema).map(([name, value]: [string, unknown]) => {
      if (name === 'properties') return [name, Object.fromEntries(Object.entries(value as Record<string, TSchema>).map(([key, of]) => [key, closed(of)]))]
      if (name === 'items') return [name, closed(value as TSchema)]
      if (name === 'anyOf') return [name, (value as TSchema[]).map(closed)]
      return [name, value]
    }),
  )
  const named = 'properties' in inside && Object.keys(inside['properties'] as object).length > 0 && !('additionalProperties' in inside)
  return { ...inside, ...(named ? { additionalProperties: false } : {}) }
}

test('every endpoint of the table has a case here', () => {
  expect(Object.keys(cases).toSorted()).toEqual(Object.keys(endpoints).toSorted())
})

test('the documentation names the cookie that signing in sets', async () => {
  const { headers } = await post('/api/auth/sign-in/email', { email: owner.email, password: PASSWORD })
  const { body } = await ask(`${cairn.url}/api/openapi.json`)
  const { securitySchemes } = body['components'] as { securitySchemes: { session: { name: string } } }
  expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([securitySchemes.session.name])
})

test.each(Object.keys(cases) as EndpointName[])('%s answers what the table says, and no field more', async (name) => {
  const check = Compile(closed(endpoints[name].answer))
  for (const answer of await cases[name]()) {
    const { status, body, headers } = await answer
    // Any read may say that it is behind.
    if (headers.has('x-cairn-stale')) {
      const { stale: _, lag_ms: _ms, ...meta } = body['meta'] as Record<string, unknown>
      if (Object.keys(meta).length > 0) body['meta'] = meta
      else delete body['meta']
    }
    const value = (endpoints[name].answer as { type?: string }).type === 'string' ? body['text'] : body
    expect([status, status === 200 ? [] : body]).toEqual([200, []])
    expect(
      check.Errors(value).map(({ instancePath, message }) => `${instancePath} ${message}`),
      JSON.stringify(value),
    ).toEqual([])
  }
})
