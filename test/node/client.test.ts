import { createClient, EVENT_TYPES, identify, init, queueSize, shutdown, track, trackTimed, type Fault, type Options } from '@cairn/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn, type TestWorkspace } from '../cairn.ts'
import { soon } from './collector.ts'

/** Every call of the tracker, to what Cairn answers about it. */
let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

type Stored = Record<string, unknown>
const eventsOf = async (w: TestWorkspace, query = ''): Promise<Stored[]> => (await w.get<{ events: Stored[] }>(`/api/events?limit=200${query}`)).events

function begin(w: TestWorkspace, options: Partial<Options> = {}) {
  const faults: Fault[] = []
  const client = createClient({ writeKey: w.writeKey, host: cairn.url, onError: (fault) => faults.push(fault), ...options })
  return { client, faults }
}

test('an event arrives with all that was said of it, and what the tracker knows', async () => {
  const w = await cairn.workspace()
  const { client, faults } = begin(w, { context: { app_version: '2.1' } })
  client.register({ region: 'eu' })
  client.track(EVENT_TYPES.TASK_COMPLETED, {
    userId: 7,
    anonymousId: 'a-1',
    sessionId: 's-1',
    entityType: 'task',
    entityId: 42,
    metadata: { plan: 'pro' },
    durationMs: 12.6,
    context: { screen: 'board' },
    timestamp: Date.now() - 60_000,
  })
  await client.shutdown()
  expect(faults).toEqual([])
  expect(await eventsOf(w)).toEqual([
    expect.objectContaining({
      event_type: 'task_completed',
      event_category: 'task',
      event_action: 'completed',
      user_id: '7',
      anonymous_id: 'a-1',
      session_id: 's-1',
      entity_type: 'task',
      entity_id: '42',
      event_metadata: { plan: 'pro' },
      context_snapshot: { app_version: '2.1', region: 'eu', screen: 'board' },
      device_type: 'server',
      duration_ms: 13,
      seq: 1,
    }),
  ])
  expect(await w.get('/api/ledger?by=hour')).toMatchObject({ lines: [{ tracker: expect.stringMatching(/^cairn-node\/\d/) as string, stored: 1 }] })
})

test('page views, batches, groups and what takes time are events too; numbers have no gap', async () => {
  const w = await cairn.workspace()
  const { client } = begin(w)
  const who = { userId: 'ada' }
  client.trackPageView('/pricing', { from: 'mail' }, who)
  client.trackBatch([
    { type: 'one', options: who },
    { type: 'two', options: who },
  ])
  client.group('company', 9, { seats: 3 }, who)
  const timed = client.trackTimed('report_made', { ...who, metadata: { a: 1, b: 1 } })
  timed.complete({ b: 2 })
  timed.complete()
  client.trackTimed('never', who).cancel()
  await client.shutdown()
  const events = (await eventsOf(w)).toSorted((a, b) => Number(a['seq']) - Number(b['seq']))
  expect(events.map((e) => [e['seq'], e['event_type'], e['entity_type'], e['entity_id'], e['event_metadata']])).toEqual([
    [1, 'page_viewed', 'page', '/pricing', { from: 'mail' }],
    [2, 'one', null, null, {}],
    [3, 'two', null, null, {}],
    [4, 'group_identified', 'company', '9', { seats: 3 }],
    [5, 'report_made', null, null, { a: 1, b: 2 }],
  ])
  expect(events[0]).toMatchObject({ event_category: 'navigation' })
  expect(events[4]?.['duration_ms']).toBeGreaterThanOrEqual(0)
})

test('identify tells traits, and that an anonymous id is the user’s', async () => {
  const w = await cairn.workspace()
  const { client, faults } = begin(w)
  client.track('seen', { anonymousId: 'visitor-1' })
  client.identify('ada', { team: 'north' }, { anonymousId: 'visitor-1' })
  await client.shutdown()
  expect(faults).toEqual([])
  expect(await w.get('/api/people/ada')).toMatchObject({ traits: { team: 'north' }, identity: { anonymous_ids: ['visitor-1'] } })
})

test('a secret key may send too', async () => {
  const w = await cairn.workspace()
  const { client, faults } = begin(w, { writeKey: w.secretKey })
  client.track('one', { userId: 'ada' })
  await client.shutdown()
  expect(faults).toEqual([])
  expect(await eventsOf(w)).toHaveLength(1)
})

test('what was called before init is sent after it, at the time of its call; the last init counts', async () => {
  const w = await cairn.workspace()
  track('early', { userId: 'ada' })
  identify('ada', { early: true })
  const timed = trackTimed('slow', { userId: 'ada' })
  expect(queueSize()).toBe(2)
  await new Promise((resolve) => setTimeout(resolve, 60))
  const options = { writeKey: w.writeKey, host: cairn.url }
  init(options)
  track('first', { userId: 'ada' })
  init(options)
  track('second', { userId: 'ada' })
  timed.complete()
  await shutdown()
  await expect.poll(async () => (await eventsOf(w)).length, soon).toBe(4)
  const at = new Map((await eventsOf(w)).map((e) => [e['event_type'], e]))
  const when = (type: string): number => Date.parse(String(at.get(type)?.['event_timestamp']))
  expect(when('first') - when('early')).toBeGreaterThanOrEqual(50)
  expect(at.get('slow')?.['duration_ms']).toBeGreaterThanOrEqual(50)
  expect(await w.get('/api/people/ada')).toMatchObject({ traits: { early: true } })
  track('late', { userId: 'ada' })
  expect(queueSize()).toBe(0)
})

test('wrong input is told and takes no number; nothing throws', async () => {
  const w = await cairn.workspace()
  const { client, faults } = begin(w, {
    beforeSend(event) {
      if (event.event_type === 'secret') return null
      if (event.event_type === 'broken') throw new Error('in the host')
      return { ...event, metadata: { ...event.metadata, scrubbed: true } }
    },
  })
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const wrong = client as unknown as Record<string, (...args: unknown[]) => unknown>
  client.track('nobody', {})
  client.track('', { userId: 'ada' })
  wrong['track']?.()
  wrong['track']?.(null, null)
  wrong['track']?.('ids', { userId: {} })
  wrong['trackBatch']?.(undefined)
  wrong['trackBatch']?.([null])
  wrong['identify']?.()
  wrong['group']?.()
  wrong['trackPageView']?.('/')
  wrong['trackTimed']?.('timed', null)
  wrong['register']?.(undefined)
  client.track('cycle', { userId: 'ada', metadata: cycle })
  client.track('big', { userId: 'ada', metadata: { n: 1n } })
  client.track('when', { userId: 'ada', timestamp: Number.NaN })
  client.track('broken', { userId: 'ada' })
  client.track('secret', { userId: 'ada' })
  client.track('good', { userId: 'ada' })
  await client.shutdown()
  expect(faults).toHaveLength(14)
  expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['not_tracked', 'not_identified']))
  expect(await eventsOf(w)).toEqual([expect.objectContaining({ event_type: 'good', seq: 1, event_metadata: { scrubbed: true } })])
})

test('what the server refuses is told with its words', async () => {
  const w = await cairn.workspace()
  const { client, faults } = begin(w)
  client.track('x'.repeat(201), { userId: 'ada' })
  client.track('good', { userId: 'ada' })
  await client.shutdown()
  expect(faults).toEqual([{ code: 'invalid', status: 200, message: expect.stringContaining('event_type') as string }])
  expect(await eventsOf(w)).toHaveLength(1)
})

test.each([
  ['no options', undefined],
  ['no key', { host: 'http://localhost:1' }],
  ['no address', { writeKey: 'k', host: 'cairn' }],
  ['an address without a scheme', { writeKey: 'k', host: 'localhost:4300' }],
])('with %s nothing is recorded, and nothing throws', async (_, options) => {
  const faults: Fault[] = []
  const client = createClient((options && { ...options, onError: (fault: Fault) => faults.push(fault) }) as Options)
  client.track('one', { userId: 'ada' })
  await client.flush()
  await client.shutdown()
  expect(client.queueSize).toBe(0)
  if (options) expect(faults).toEqual([{ code: 'bad_options', status: 0, message: expect.any(String) as string }])
})

test('a host whose own functions fail is left alone', async () => {
  const w = await cairn.workspace()
  const client = createClient({
    writeKey: w.writeKey,
    host: cairn.url,
    onError() {
      throw new Error('in onError')
    },
    onState() {
      throw new Error('in onState')
    },
  })
  client.track('', {})
  client.track('good', { userId: 'ada' })
  await client.shutdown()
  expect(await eventsOf(w)).toHaveLength(1)
})
