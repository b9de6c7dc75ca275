import { randomUUID } from 'node:crypto'
import { endpoints, type Endpoint, type EndpointName } from '@cairn/wire/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** Stands in everything that the first workspace holds; no answer to anybody else may contain it. */
const CANARY = 'canary7f3a91'

/** What somebody in another workspace may have got hold of: names and ids, never contents. */
interface Known {
  slug: string
  userId: string
  anonymousId: string
  sessionId: string
  eventId: string
  quarantineId: string
  keyId: string
  eventType: string
  cursors: string[]
  position: string
}

interface Attempt {
  path: string
  body?: unknown
  /** Statuses of an answer in which the first workspace plays no part; 200 means: and nothing of it is in there. */
  answers: number[]
}

const ok = [200]
const notFound = [404]
const paged = (path: string, cursors: readonly string[]): Attempt[] => [
  { path, answers: ok },
  ...cursors.map((cursor) => ({ path: `${path}&cursor=${encodeURIComponent(cursor)}`, answers: [200, 422] })),
]

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
  health: () => [{ path: '/api/health', answers: ok }],
  ready: () => [{ path: '/api/ready', answers: ok }],
  metrics: () => [{ path: '/api/metrics', answers: ok }],
} satisfies Record<EndpointName, (a: Known) => Attempt[]>

const names = Object.keys(endpoints) as EndpointName[]
/** Reading first: what the second workspace writes itself with the ids of the first is its own. */
const order: Endpoint['access'][] = ['open', 'local', 'read', 'collect', 'manage']
const inOrder = names.toSorted((x, y) => order.indexOf(endpoints[x].access) - order.indexOf(endpoints[y].access))

let cairn: TestCairn
let first: TestWorkspace
let second: TestWorkspace
let known: Known
beforeAll(async () => {
  cairn = await startCairn()
  first = await cairn.workspace({ name: `First ${CANARY}` })
  second = await cairn.workspace()
  known = await fillFirst()
})
afterAll(() => cairn.close())

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
  const { slug } = await first.get<{ slug?: string }>('/api/workspace')
  return {
    ...ids,
    slug: slug ?? cairn.directory.workspace(first.id)?.slug ?? '',
    quarantineId: quarantine[0]?.quarantine_id ?? '',
    keyId: String(key.body['id']),
    cursors: [quarantineCursor, eventCursor, peopleCursor],
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
    '/api/people?days=30',
    `/api/people/${known.userId}`,
    '/api/workspace',
    '/api/keys',
    '/api/ledger?by=total',
  ]
  const whole: Record<string, unknown> = {}
  for (const path of paths) whole[path] = await first.get(path)
  return JSON.parse(JSON.stringify(whole, (name, value: unknown) => (name === 'last_used_at' || name === 'fresh_to' ? null : value))) as Record<string, unknown>
}

test('every endpoint of the table has a case here', () => {
  expect(Object.keys(cases).toSorted()).toEqual(names.toSorted())
})

test('the first workspace sees its own: the canary is in every answer that could hold it', async () => {
  const whole = await wholeFirst()
  const without = Object.entries(whole).filter(([, answer]) => !JSON.stringify(answer).includes(CANARY))
  expect(without.map(([path]) => path)).toEqual(['/api/ledger?by=total'])
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

describe('who may call', () => {
  const statusOf = async (name: EndpointName, headers: Record<string, string>): Promise<number> => {
    const [attempt] = cases[name](known)
    if (!attempt) throw new Error(`no case for ${name}`)
    return (await call(endpoints[name], attempt, headers)).status
  }
  /** From another machine, as a proxy says. */
  const elsewhere = { 'X-Forwarded-For': '203.0.113.7' }

  test.each(names)('%s: a write key reads and manages nothing', async (name) => {
    const { access } = endpoints[name]
    const status = await statusOf(name, { ...bearer(second.writeKey), ...elsewhere })
    if (access === 'read' || access === 'manage' || access === 'local') expect(status).toBe(403)
    else expect([200, 422]).toContain(status)
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
      expect(await statusOf(name, { ...elsewhere, ...headers })).toBe(access === 'open' ? 200 : 401)
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
