import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CairnError } from '../server/src/base/errors.ts'
import { DAY, HOUR, iso, MINUTE } from '../server/src/base/time.ts'
import { createWorkspace, updateWorkspace } from '../server/src/catalog/workspaces.ts'
import type { Job, Result } from '../server/src/jobs/job.ts'
import { listRuns, type Run } from '../server/src/jobs/runs.ts'
import { ready, refused, type Place } from './catalog.place.ts'
import { gate, handClock, LEASE_OVER_MS, sqlitePlace, startNode, type Node } from './jobs.place.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const postgresPlace = async (): Promise<Place> => ({ url: await postgres.database(), file: '', bytes: () => Promise.reject(new Error('not looked at')) })
const places = [
  ['sqlite', sqlitePlace],
  ['postgres', postgresPlace],
] as const

const NIGHTLY = 'test:nightly'
/** A job of workspaces at 02:00 that does what the test says. */
const nightly = (run: (context: { workspace: { id: number }; signal: AbortSignal }) => Promise<Result> = async () => ({ done: true })): Job => ({
  name: NIGHTLY,
  about: '',
  schedule: '0 2 * * *',
  of: 'workspace',
  run,
})
const runsOf = ({ catalog }: Node, workspaceId: number | null, job = NIGHTLY): Promise<Run[]> => listRuns(catalog.db, { job, workspaceId, limit: 1_000 })
const dueTimes = async (node: Node, workspaceId: number): Promise<unknown[]> =>
  (await runsOf(node, workspaceId)).map(({ due_at, state }) => [due_at === null ? null : iso(due_at), state]).toReversed()

async function made(place: Place, { timezone = 'UTC', slug = 'w' } = {}): Promise<{ id: number }> {
  const catalog = await ready(place)
  return await createWorkspace(catalog.db, { slug, timezone })
}
const workspaceOf = ({ directory }: Node, id: number) => {
  const found = directory.workspace(id)
  if (!found) throw new Error('no such workspace')
  return found
}

describe.each(places)('jobs on %s', (_, newPlace) => {
  test.each([
    ['America/New_York', '2026-03-07T12:00:00Z', ['2026-03-08T07:00:00.000Z', '2026-03-09T06:00:00.000Z']],
    ['America/New_York', '2026-10-31T12:00:00Z', ['2026-11-01T07:00:00.000Z', '2026-11-02T07:00:00.000Z']],
    ['Australia/Lord_Howe', '2026-04-04T12:00:00Z', ['2026-04-04T15:30:00.000Z', '2026-04-05T15:30:00.000Z']],
    ['Australia/Lord_Howe', '2026-10-03T12:00:00Z', ['2026-10-03T15:30:00.000Z', '2026-10-04T15:00:00.000Z']],
    ['Asia/Kathmandu', '2026-10-03T12:00:00Z', ['2026-10-03T20:15:00.000Z', '2026-10-04T20:15:00.000Z']],
  ])('in %s from %s on run once a day, also where days are shorter or longer', async (timezone, from, times) => {
    const place = await newPlace()
    const { id } = await made(place, { timezone })
    const clock = handClock(from)
    const node = await startNode(place, { node: 'a', clock, jobs: [nightly()] })
    for (let i = 0; i < 48 * 4; i++, clock.advance(15 * MINUTE)) await node.scheduler.look()
    await node.due()
    expect(await dueTimes(node, id)).toEqual(times.map((time) => [time, 'done']))
  })

  test('miss nothing from before they were known, and catch up once after a time in which nobody was there', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-06-01T12:00:00Z')
    const first = await startNode(place, { node: 'a', clock, jobs: [nightly()] })
    await first.due()
    expect(await dueTimes(first, id)).toEqual([])
    await first.scheduler.stop()
    clock.advance(5 * DAY)
    const second = await startNode(place, { node: 'a', clock, jobs: [nightly()] })
    await second.due()
    await second.due()
    expect(await dueTimes(second, id)).toEqual([['2026-06-06T02:00:00.000Z', 'done']])
    clock.set('2026-06-07T02:00:00Z')
    await second.due()
    expect(await dueTimes(second, id)).toEqual([
      ['2026-06-06T02:00:00.000Z', 'done'],
      ['2026-06-07T02:00:00.000Z', 'done'],
    ])
  })

  test('run a due time on one of two nodes that look at once', async () => {
    const place = await newPlace()
    const ids = [await made(place), await made(place, { slug: 'v' })].map(({ id }) => id)
    const clock = handClock('2026-06-01T12:00:00Z')
    let ran = 0
    const jobs = [nightly(async () => ({ ran: ++ran }))]
    const nodes = [await startNode(place, { node: 'a', clock, jobs }), await startNode(place, { node: 'b', clock, jobs })]
    for (let day = 0; day < 5; day++) {
      await Promise.all(nodes.map((node) => node.due()))
      clock.advance(DAY)
    }
    await Promise.all(nodes.map((node) => node.due()))
    expect(ran).toBe(10)
    const [node] = nodes
    if (!node) throw new Error('no node')
    for (const id of ids) expect(await dueTimes(node, id)).toEqual([2, 3, 4, 5, 6].map((day) => [`2026-06-0${day}T02:00:00.000Z`, 'done']))
  })

  test('never run beside themselves: what is asked for, what is due and another node wait, and what fell due meanwhile is caught up with', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-06-01T12:00:00Z')
    let [now, most] = [0, 0]
    const { passed, open } = gate()
    const job = nightly(async () => {
      most = Math.max(most, ++now)
      await passed
      now--
      return {}
    })
    const [a, b] = [await startNode(place, { node: 'a', clock, jobs: [job] }), await startNode(place, { node: 'b', clock, jobs: [job] })]
    await a.due()
    await a.directory.refresh()
    const { run, ended } = await a.scheduler.run(NIGHTLY, workspaceOf(a, id))
    expect(run).toMatchObject({ state: 'running', due_at: null, node: 'a' })
    expect(await refused(a.scheduler.run(NIGHTLY, workspaceOf(a, id)))).toBe('conflict')
    expect(await refused(b.scheduler.run(NIGHTLY, workspaceOf(b, id)))).toBe('conflict')
    // The lease is not renewed by a clock that jumps; the run goes on all the same on its own node.
    clock.set('2026-06-02T02:00:30Z')
    await a.scheduler.look()
    expect(await dueTimes(a, id)).toEqual([[null, 'running']])
    open()
    expect(await ended).toMatchObject({ state: 'done' })
    await a.due()
    expect(await dueTimes(a, id)).toEqual([
      [null, 'done'],
      ['2026-06-02T02:00:00.000Z', 'done'],
    ])
    expect(most).toBe(1)
  })

  test('that fail keep a message without stack, SQL or path, and run again at the next due time', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-06-01T12:00:00Z')
    const faults = [
      new Error("select * from secrets where path = '/etc/passwd'\n    at somewhere.ts:1"),
      new CairnError('unavailable', 'The event store does not answer.'),
      undefined,
    ]
    const job = nightly(async () => {
      const fault = faults.shift()
      if (fault) throw fault
      return { deleted: 7 }
    })
    const node = await startNode(place, { node: 'a', clock, jobs: [job] })
    await node.due()
    for (let day = 0; day < 3; day++) {
      clock.advance(DAY)
      await node.due()
      expect(node.scheduler.standing).toMatchObject({ running: 0, failing: day < 2 ? [{ job: NIGHTLY, runs: 1 }] : [] })
    }
    expect((await runsOf(node, id)).map(({ state, message, result }) => [state, message, result]).toReversed()).toEqual([
      ['failed', 'Something went wrong in Cairn. The log has more under the id of the run.', null],
      ['failed', 'The event store does not answer.', null],
      ['done', null, '{"deleted":7}'],
    ])
  })

  test('keep the last 200 runs', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-01-01T12:00:00Z')
    let n = 0
    const node = await startNode(place, { node: 'a', clock, jobs: [nightly(async () => ({ n: ++n }))] })
    await node.due()
    for (let day = 0; day < 205; day++) {
      clock.advance(DAY)
      await node.due()
    }
    const runs = await runsOf(node, id)
    expect([runs.length, runs[0]?.result, runs.at(-1)?.result]).toEqual([200, '{"n":205}', '{"n":6}'])
  })

  test('of the whole server run once, in UTC, whatever the workspaces', async () => {
    const place = await newPlace()
    await made(place, { timezone: 'Asia/Kathmandu' })
    await made(place, { slug: 'v' })
    const clock = handClock('2026-06-01T12:00:00Z')
    const node = await startNode(place, {
      node: 'a',
      clock,
      jobs: [{ name: 'test:all', about: '', schedule: '0 2 * * *', of: 'server', run: async () => ({}) }],
    })
    await node.due()
    clock.advance(DAY)
    await node.due()
    expect((await runsOf(node, null, 'test:all')).map(({ due_at }) => due_at)).toEqual([Date.parse('2026-06-02T02:00:00Z')])
  })

  test('follow the time zone of their workspace from when it is changed', async () => {
    const place = await newPlace()
    const { id } = await made(place, { timezone: 'America/New_York' })
    const clock = handClock('2026-06-01T12:00:00Z')
    const node = await startNode(place, { node: 'a', clock, jobs: [nightly()] })
    await node.due()
    await updateWorkspace(node.catalog.db, { id, timezone: 'Asia/Kathmandu' })
    for (let hour = 0; hour < 24; hour++, clock.advance(HOUR)) await node.due()
    expect(await dueTimes(node, id)).toEqual([['2026-06-01T20:15:00.000Z', 'done']])
  })

  test('that a clock far ahead ran early are run again once it is right', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-06-01T12:00:00Z')
    const node = await startNode(place, { node: 'a', clock, jobs: [nightly()] })
    await node.due()
    clock.set('2027-06-01T12:00:00Z')
    await node.due()
    clock.set('2026-06-01T12:10:00Z')
    await node.due()
    clock.set('2026-06-02T02:00:00Z')
    await node.due()
    expect(await dueTimes(node, id)).toContainEqual(['2026-06-02T02:00:00.000Z', 'done'])
  })

  test('of a server that stops are told to end, and count as cut off', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock('2026-06-01T12:00:00Z')
    const job = nightly(({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))))
    const node = await startNode(place, { node: 'a', clock, jobs: [job] })
    await node.directory.refresh()
    const { ended } = await node.scheduler.run(NIGHTLY, workspaceOf(node, id))
    await node.scheduler.stop()
    expect(await ended).toMatchObject({ state: 'cut_off', message: expect.stringContaining('stopped') as string })
  })

  test('of a node that was killed are let go: at once by the same node, after the lease by another', async () => {
    const place = await newPlace()
    const { id } = await made(place)
    const clock = handClock(new Date().toISOString())
    for (const killed of ['a', 'b']) {
      await killedInARun(place, { node: killed, id })
      const other = await startNode(place, { node: killed === 'a' ? 'a' : 'c', clock, jobs: [nightly()] })
      await other.directory.refresh()
      if (killed === 'b') {
        clock.set(Date.now())
        expect(await refused(other.scheduler.run(NIGHTLY, workspaceOf(other, id)))).toBe('conflict')
        clock.advance(LEASE_OVER_MS)
        await other.scheduler.look()
      }
      const [run] = await runsOf(other, id)
      expect(run).toMatchObject({ node: killed, state: 'cut_off', message: expect.stringContaining('What it had done stays done') as string })
      expect(await (await other.scheduler.run(NIGHTLY, workspaceOf(other, id))).ended).toMatchObject({ state: 'done' })
      await other.scheduler.stop()
    }
  })
})

/** Runs the job in a process of its own, and kills that in its middle. */
async function killedInARun(place: Place, { node, id }: { node: string; id: number }): Promise<void> {
  const source = (path: string): string => JSON.stringify(new URL(`../server/src/${path}`, import.meta.url).href)
  const code = `
    import { openCatalog } from ${source('catalog/db.ts')}
    import { Directory } from ${source('catalog/directory.ts')}
    import { Scheduler } from ${source('jobs/scheduler.ts')}
    import { makeLog } from ${source('base/log.ts')}
    const log = makeLog('silent')
    const catalog = await openCatalog({ url: ${JSON.stringify(place.url)}, file: ${JSON.stringify(place.file)}, log })
    const directory = new Directory({ db: catalog.db, log })
    await directory.start()
    const job = { name: ${JSON.stringify(NIGHTLY)}, about: '', schedule: '0 2 * * *', of: 'workspace', run: () => new Promise(() => setInterval(() => {}, 1_000)) }
    const scheduler = new Scheduler({ db: catalog.db, directory, clock: Date, log, node: ${JSON.stringify(node)}, jobs: [job] })
    await scheduler.start({ looks: false })
    await scheduler.run(job.name, directory.workspace(${id}))
    console.log('running')
  `
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const gone = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), gone])
  child.kill('SIGKILL')
  await gone
  expect(child.signalCode).toBe('SIGKILL')
}
