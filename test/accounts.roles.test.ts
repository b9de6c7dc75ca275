import { once } from 'node:events'
import { endpoints, type EndpointName } from '@cairn/wire/api'
import type { Endpoint } from '@cairn/wire/endpoint'
import { atLeast, roles, type Role } from '@cairn/wire/roles'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, PASSWORD, startCairn, type TestCairn, type TestUser, type TestWorkspace } from './cairn.ts'

let cairn: TestCairn
let w: TestWorkspace
const users = {} as Record<Role, TestUser>
let stranger: TestUser
beforeAll(async () => {
  cairn = await startCairn()
  w = await cairn.workspace()
  for (const role of roles) users[role] = await cairn.user({ workspace: w, role })
  stranger = await cairn.user({ email: 'stranger@example.com' })
})
afterAll(() => cairn.close())

const names = Object.keys(endpoints) as EndpointName[]

/** Who may do what, written down apart from the table that decides it: a new endpoint has to be put here. */
const least: Partial<Record<EndpointName, Role>> = {
  ...of('viewer', [
    'listEvents',
    'sessionEvents',
    'exportEvents',
    'analytics',
    'listTypes',
    'listQuarantine',
    'ledger',
    'listPeople',
    'getPerson',
    'query',
    'queryPeople',
    'queryEvents',
  ]),
  ...of('viewer', ['getWorkspace', 'listMembers', 'refusals', 'system', 'listJobs', 'listJobRuns']),
  ...of('analyst', ['logEvent', 'logBatch', 'identify', 'alias', 'merge', 'unmerge', 'declareType', 'undeclareType', 'replayQuarantine']),
  ...of('viewer', ['getEntity', 'listEntities', 'listRejections', 'userRejections', 'engagement', 'unopened', 'hasViewed', 'commentTrend']),
  ...of('viewer', [
    'durations',
    'transitions',
    'listNotifications',
    'listBaselines',
    'listAgainstBaseline',
    'againstBaseline',
    'entitySummary',
    'trackingHealth',
    'readiness',
  ]),
  ...of('analyst', [
    'putEntity',
    'patchEntity',
    'deleteEntity',
    'putEntities',
    'assign',
    'unassign',
    'trackView',
    'trackActivity',
    'reject',
    'readNotification',
  ]),
  ...of('viewer', ['listInsights', 'getInsight', 'insightVersions', 'listCohorts', 'getCohort', 'cohortVersions']),
  ...of('viewer', ['listAnnotations', 'getAnnotation', 'annotationVersions', 'listDashboards', 'getDashboard', 'dashboardVersions']),
  ...of('viewer', ['listTemplates', 'listWidgets', 'getWidget', 'widgetVersions']),
  ...of('analyst', ['createInsight', 'putInsight', 'deleteInsight', 'createCohort', 'putCohort', 'deleteCohort', 'createAnnotation', 'putAnnotation']),
  ...of('analyst', ['deleteAnnotation', 'createDashboard', 'putDashboard', 'deleteDashboard', 'addWidget', 'putWidget', 'deleteWidget', 'putLayout']),
  ...of('analyst', ['listShares', 'createShare', 'revokeShare']),
  ...of('viewer', ['findSessions', 'getSession', 'sessionSummary', 'usage', 'usageByPerson', 'userUsage']),
  ...of('analyst', ['startSession', 'noteActivity', 'finishSession']),
  ...of('admin', ['optOut', 'optIn', 'cleanup', 'setWorkspace', 'listKeys', 'createKey', 'revokeKey', 'setMember', 'removeMember']),
  ...of('admin', ['listInvitations', 'createInvitation', 'revokeInvitation', 'listAudit', 'listLiveConnections', 'closeLiveConnection', 'runJob']),
}
function of(role: Role, endpointNames: EndpointName[]): Partial<Record<EndpointName, Role>> {
  return Object.fromEntries(endpointNames.map((name) => [name, role]))
}
const ofWorkspaces = names.filter((name) => ['read', 'manage', 'collect', 'person'].includes(endpoints[name].access))

describe('roles', () => {
  test('every endpoint of a workspace has its least role here', () => {
    expect(Object.keys(least).toSorted()).toEqual(ofWorkspaces.toSorted())
  })

  test.each(ofWorkspaces)('%s: from its least role on, and for no others', async (name) => {
    const endpoint: Endpoint = endpoints[name]
    const needed = least[name] ?? 'owner'
    const asked = async (user: TestUser): Promise<{ status: number; message: unknown }> => {
      // Without a valid body or id nothing is done where it is allowed.
      const path = endpoint.path.replace(/:\w+/g, 'nothing')
      const { status, body } = await user.call(endpoint.method, path, endpoint.method === 'GET' || endpoint.method === 'DELETE' ? undefined : {}, {
        'X-Cairn-Workspace': w.slug,
      })
      return { status, message: body['message'] }
    }
    for (const role of roles) {
      const { status, message } = await asked(users[role])
      if (atLeast(role, needed)) expect([401, 403]).not.toContain(status)
      else expect({ status, message }).toEqual({ status: 403, message: `This needs the role ${needed}; you are ${role} here.` })
    }
    expect(await asked(stranger)).toEqual({
      status: 404,
      message: 'There is no such workspace, or you are no member of it. GET /api/account lists yours.',
    })
  })

  test('admins neither make nor change nor invite owners, and nobody raises themselves', async () => {
    const here = await cairn.workspace()
    const [owner, admin, viewer] = [
      await cairn.user({ workspace: here, role: 'owner' }),
      await cairn.user({ workspace: here, role: 'admin' }),
      await cairn.user({ workspace: here, role: 'viewer' }),
    ]
    const set = async (by: TestUser, who: TestUser, role: Role): Promise<number> => (await by.call('PATCH', `/api/members/${who.id}`, { role })).status
    expect([await set(admin, admin, 'owner'), await set(admin, viewer, 'owner'), await set(admin, owner, 'viewer')]).toEqual([403, 403, 403])
    expect((await admin.call('DELETE', `/api/members/${owner.id}`)).status).toBe(403)
    expect((await admin.post('/api/invitations', { role: 'owner' })).status).toBe(403)
    expect([await set(viewer, viewer, 'admin'), await set(owner, owner, 'admin')]).toEqual([403, 409])
    expect((await owner.call('DELETE', `/api/members/${owner.id}`)).status).toBe(409)
    expect((await here.call('PATCH', `/api/members/${viewer.id}`, { role: 'owner' })).status).toBe(403)
    expect((await here.call('DELETE', `/api/members/${owner.id}`)).status).toBe(403)
    expect([await set(admin, viewer, 'admin'), await set(owner, viewer, 'owner'), await set(owner, owner, 'viewer')]).toEqual([200, 200, 200])
    expect(await set(owner, viewer, 'viewer')).toBe(403)
    expect((await cairn.user({ workspace: here, role: 'owner' }).then((second) => second.call('DELETE', `/api/members/${viewer.id}`))).status).toBe(200)
    expect((await viewer.call('GET', '/api/workspace')).status).toBe(404)
  })

  test('a key is of no person: what belongs to one is refused, and so is what nobody is signed in for', async () => {
    for (const name of names.filter((n) => endpoints[n].access === 'user')) {
      const { method, path }: Endpoint = endpoints[name]
      const asked = path.replace(/:\w+/g, 'nothing')
      const keyed = await w.call(method, asked, method === 'GET' || method === 'DELETE' ? undefined : {})
      expect(keyed.body).toMatchObject({ code: 'forbidden', message: 'This needs somebody signed in: a key belongs to a workspace, not to a person.' })
      expect((await ask(cairn.url + asked, { method })).body).toMatchObject({ code: 'unauthorized' })
    }
  })

  test('nobody’s word about TLS is believed who is no trusted proxy', async () => {
    const signedIn = await ask(`${cairn.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'X-Forwarded-Proto': 'https' },
      body: JSON.stringify({ email: users.viewer.email, password: PASSWORD }),
    })
    expect(signedIn.headers.getSetCookie()[0]).not.toMatch(/Secure/)
  })
})

type Changing = { [N in EndpointName]: (typeof endpoints)[N]['access'] extends 'manage' ? N : never }[EndpointName] | 'optOut' | 'optIn' | 'exportEvents'
type Ask = (owner: TestUser) => Promise<{ path: string; body?: unknown } & { does: string; target?: string }>

const made = async (owner: TestUser, id: string): Promise<string> => {
  await owner.call('PUT', `/api/tasks/${id}`, { attributes: { created_by: 'creator' }, assignees: ['ada'] })
  return id
}

const bodies = {
  insights: { name: 'A', question: { kind: 'trends', series: [{ event: 'order_paid', math: 'total' }] } },
  cohorts: { name: 'A', type: 'live', definition: { all: [{ did: { event: 'order_paid' } }] } },
  annotations: { name: 'A', at: '2026-03-01T10:00:00Z' },
  dashboards: { name: 'A', widgets: [{ type: 'live' }] },
}
const saved = async (owner: TestUser, plural: keyof typeof bodies): Promise<string> =>
  `/api/${plural}/${String((await owner.post(`/api/${plural}`, bodies[plural])).body['id'])}`
const savedWidget = async (owner: TestUser): Promise<string> => {
  const path = await saved(owner, 'dashboards')
  const { widgets } = await owner.get<{ widgets: Array<{ id: string }> }>(path)
  return `${path}/widgets/${widgets[0]?.id}`
}

/** What changes something, with how to do it for real; a new `manage` endpoint has to be put here. */
const changes: Record<Changing, Ask> = {
  exportEvents: async () => ({ path: '/api/events/export', does: 'events.exported' }),
  cleanup: async () => ({ path: '/api/events/cleanup?older_than_days=0&user_id=ada', does: 'events.deleted', target: 'ada' }),
  declareType: async () => ({ path: '/api/events/types/order_paid', body: { owner: 'shop' }, does: 'type.declared', target: 'order_paid' }),
  undeclareType: async (owner) => {
    await owner.call('PUT', '/api/events/types/short_lived', {})
    return { path: '/api/events/types/short_lived', does: 'type.removed', target: 'short_lived' }
  },
  replayQuarantine: async () => ({ path: '/api/events/quarantine/replay', body: {}, does: 'quarantine.replayed' }),
  merge: async () => ({ path: '/api/people/merge', body: { user_id: 'ada', other_id: 'bob' }, does: 'person.merged', target: 'ada' }),
  unmerge: async () => ({ path: '/api/people/unmerge', body: { user_id: 'ada', other_id: 'bob' }, does: 'person.unmerged', target: 'ada' }),
  optOut: async () => ({ path: '/api/people/opt-out', body: { user_id: 'carol' }, does: 'person.opted_out', target: 'carol' }),
  optIn: async (owner) => {
    await owner.post('/api/people/opt-out', { user_id: 'dan' })
    return { path: '/api/people/opt-in', body: { user_id: 'dan' }, does: 'person.opted_in', target: 'dan' }
  },
  runJob: async () => ({ path: '/api/jobs/events:sweep/run?wait=true', does: 'job.run', target: 'events:sweep' }),
  setWorkspace: async () => ({ path: '/api/workspace', body: { retention_days: 30 }, does: 'workspace.changed', target: w.slug }),
  createKey: async () => ({ path: '/api/keys', body: { kind: 'write', name: 'shop' }, does: 'key.created', target: 'shop' }),
  revokeKey: async (owner) => {
    const { body } = await owner.post('/api/keys', { kind: 'write', name: 'old' })
    return { path: `/api/keys/${String(body['id'])}`, does: 'key.revoked', target: 'old' }
  },
  setMember: async () => {
    const { id, email } = await cairn.user({ workspace: w, role: 'viewer' })
    return { path: `/api/members/${id}`, body: { role: 'analyst' }, does: 'member.changed', target: email }
  },
  removeMember: async () => {
    const { id, email } = await cairn.user({ workspace: w, role: 'viewer' })
    return { path: `/api/members/${id}`, does: 'member.removed', target: email }
  },
  createInvitation: async () => ({
    path: '/api/invitations',
    body: { role: 'viewer', email: 'new@example.com' },
    does: 'invitation.created',
    target: 'new@example.com',
  }),
  revokeInvitation: async (owner) => {
    const { body } = await owner.post('/api/invitations', { role: 'viewer', email: 'gone@example.com' })
    return { path: `/api/invitations/${String(body['id'])}`, does: 'invitation.revoked', target: 'gone@example.com' }
  },
  putEntity: async () => ({ path: '/api/entities/task/by-hand', body: { attributes: { title: 'A' } }, does: 'entity.changed', target: 'task by-hand' }),
  patchEntity: async (owner) => ({
    path: `/api/tasks/${await made(owner, 'patched')}`,
    body: { attributes: { title: 'B' } },
    does: 'entity.changed',
    target: 'task patched',
  }),
  deleteEntity: async (owner) => ({ path: `/api/tasks/${await made(owner, 'deleted')}`, does: 'entity.deleted', target: 'task deleted' }),
  putEntities: async () => ({
    path: '/api/entities/batch',
    body: { entities: [{ entity_type: 'task', entity_id: 'one-of-many' }] },
    does: 'entity.changed',
    target: 'task one-of-many',
  }),
  assign: async (owner) => ({ path: `/api/tasks/${await made(owner, 'assigned')}/assignees/ada`, body: {}, does: 'entity.changed', target: 'task assigned' }),
  unassign: async (owner) => ({ path: `/api/tasks/${await made(owner, 'unassigned')}/assignees/ada`, does: 'entity.changed', target: 'task unassigned' }),
  createInsight: async () => ({ path: '/api/insights', body: bodies.insights, does: 'insight.created', target: 'A' }),
  putInsight: async (owner) => ({
    path: await saved(owner, 'insights'),
    body: { ...bodies.insights, name: 'B', version: 1 },
    does: 'insight.changed',
    target: 'B',
  }),
  deleteInsight: async (owner) => ({ path: await saved(owner, 'insights'), does: 'insight.removed', target: 'A' }),
  createCohort: async () => ({ path: '/api/cohorts', body: bodies.cohorts, does: 'cohort.created', target: 'A' }),
  putCohort: async (owner) => ({
    path: await saved(owner, 'cohorts'),
    body: { ...bodies.cohorts, name: 'B', version: 1 },
    does: 'cohort.changed',
    target: 'B',
  }),
  deleteCohort: async (owner) => ({ path: await saved(owner, 'cohorts'), does: 'cohort.removed', target: 'A' }),
  createAnnotation: async () => ({ path: '/api/annotations', body: bodies.annotations, does: 'annotation.created', target: 'A' }),
  putAnnotation: async (owner) => ({
    path: await saved(owner, 'annotations'),
    body: { ...bodies.annotations, name: 'B', version: 1 },
    does: 'annotation.changed',
    target: 'B',
  }),
  deleteAnnotation: async (owner) => ({ path: await saved(owner, 'annotations'), does: 'annotation.removed', target: 'A' }),
  createDashboard: async () => ({ path: '/api/dashboards', body: bodies.dashboards, does: 'dashboard.created', target: 'A' }),
  putDashboard: async (owner) => ({
    path: await saved(owner, 'dashboards'),
    body: { ...bodies.dashboards, name: 'B', version: 1 },
    does: 'dashboard.changed',
    target: 'B',
  }),
  deleteDashboard: async (owner) => ({ path: await saved(owner, 'dashboards'), does: 'dashboard.removed', target: 'A' }),
  addWidget: async (owner) => ({ path: `${await saved(owner, 'dashboards')}/widgets`, body: { type: 'live' }, does: 'dashboard.changed', target: 'A' }),
  putWidget: async (owner) => ({ path: await savedWidget(owner), body: { type: 'text', text: 'A', version: 1 }, does: 'dashboard.changed', target: 'A' }),
  deleteWidget: async (owner) => ({ path: await savedWidget(owner), does: 'dashboard.changed', target: 'A' }),
  putLayout: async (owner) => {
    const [path, id] = (await savedWidget(owner)).split('/widgets/')
    return { path: `${path}/layout`, body: { version: 1, layout: [{ id, x: 1, y: 1, w: 1, h: 1 }] }, does: 'dashboard.changed', target: 'A' }
  },
  createShare: async (owner) => ({ path: `${await saved(owner, 'dashboards')}/shares`, body: {}, does: 'share.created' }),
  revokeShare: async (owner) => {
    const path = `${await saved(owner, 'dashboards')}/shares`
    return { path: `${path}/${String((await owner.post(path, {})).body['id'])}`, does: 'share.revoked' }
  },
  closeLiveConnection: async (owner) => {
    const socket = new WebSocket(`${cairn.url.replace('http', 'ws')}/api/live`, { headers: { Authorization: `Bearer ${w.secretKey}` } })
    await once(socket, 'open')
    const { connections } = await owner.get<{ connections: Array<{ id: string }> }>('/api/live/connections')
    return { path: `/api/live/connections/${connections[0]?.id}`, does: 'live_connection.closed' }
  },
}

describe('the log of changes', () => {
  interface Line {
    at: string
    actor: string
    actor_kind: string
    action: string
    target: string
    from: string
    details: Record<string, unknown>
  }
  const log = async (query = ''): Promise<Line[]> => (await users.owner.get<{ entries: Line[] }>(`/api/audit?limit=1000${query}`)).entries
  const chrome = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

  test('every endpoint that changes a workspace has a case here', () => {
    const managing = names.filter((name) => endpoints[name].access === 'manage')
    expect(Object.keys(changes).toSorted()).toEqual([...managing, 'optOut', 'optIn', 'exportEvents'].toSorted())
  })

  test.each(Object.keys(changes) as Changing[])('%s: tells who, what, when and from where, once', async (name) => {
    const { path, body, does, target } = await changes[name](users.owner)
    const before = await log()
    const answer = await users.owner.call(endpoints[name].method, path, body, { 'User-Agent': chrome })
    expect(answer.status).toBe(200)
    const after = await log()
    const [entry] = after
    expect(after.length - before.length).toBe(1)
    expect(entry).toMatchObject({
      actor: users.owner.email,
      actor_kind: 'user',
      action: does,
      from: '127.0.0.0/24 Chrome',
      ...(target === undefined ? {} : { target }),
    })
    expect(Math.abs(Date.parse(entry?.at ?? '') - cairn.clock.now())).toBeLessThan(5_000)
  })

  test('tells settings as before and after, keys by name and never themselves, and what a key did as done by that key', async () => {
    const { body } = await w.call('POST', '/api/keys', { kind: 'secret', name: 'backend' })
    await w.call('PATCH', '/api/workspace', { gpc: 'ignore', streams_off: ['chat'] })
    const [changed, created] = await log()
    expect(changed).toMatchObject({
      actor_kind: 'key',
      actor: 'secret',
      details: { gpc: { from: 'honour', to: 'ignore' }, streams_off: { from: [], to: ['chat'] } },
    })
    expect(created).toMatchObject({ action: 'key.created', target: 'backend', details: { id: body['id'], kind: 'secret' } })
    expect(JSON.stringify(await log())).not.toContain(String(body['key']))
    await w.call('PATCH', '/api/workspace', { gpc: 'ignore' })
    expect((await log())[0]).toEqual(changed)
  })

  test('tells sign-ins, refused ones too, in each workspace of the person and in no other; opt-outs by trackers it does not', async () => {
    const elsewhere = await cairn.workspace()
    const person = await cairn.user({ workspace: w, role: 'viewer' })
    const attempt = (password: string) =>
      ask(`${cairn.url}/api/auth/sign-in/email`, { method: 'POST', body: JSON.stringify({ email: person.email, password }) })
    await attempt('wrong')
    await person.post('/api/auth/sign-out', {})
    await w.post('/api/people/opt-out', { user_id: 'of-a-tracker' })
    const actions = (await log(`&actor=${encodeURIComponent(person.email)}`)).map(({ action }) => action)
    expect(actions).toEqual(['session.ended', 'session.refused', 'session.started'])
    expect((await log()).some(({ target }) => target === 'of-a-tracker')).toBe(false)
    const { entries } = await elsewhere.get<{ entries: Line[] }>('/api/audit')
    expect(entries.map(({ action }) => action)).toEqual(['key.created', 'key.created', 'workspace.created'])
  })

  test('is read in pages, newest first, by action', async () => {
    const whole = await log()
    const paged: Line[] = []
    let cursor = ''
    do {
      const page = await users.owner.get<{ entries: Line[]; next_cursor: string | null }>(`/api/audit?limit=7${cursor}`)
      paged.push(...page.entries)
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
    } while (cursor !== '')
    expect(paged).toEqual(whole)
    expect((await log('&action=key.revoked')).map(({ target }) => target)).toEqual(['old'])
    expect((await users.owner.call('GET', '/api/audit?cursor=nonsense')).status).toBe(422)
  })
})
