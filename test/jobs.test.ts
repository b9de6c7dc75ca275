import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY } from '../server/src/base/time.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

type Json = Record<string, unknown>

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

const SWEEP = 'events:sweep'
const jobOf = async (w: TestWorkspace, name = SWEEP): Promise<Json> => {
  const { jobs } = await w.get<{ jobs: Json[] }>('/api/jobs')
  const found = jobs.find((job) => job['name'] === name)
  if (!found) throw new Error(`${name} is not listed`)
  return found
}

describe('jobs', () => {
  test('are listed with schedule, zone, last and next run, and run when somebody asks, whichever way the name is written', async () => {
    const w = await cairn.workspace({ timezone: 'Asia/Kathmandu' })
    expect(await jobOf(w)).toMatchObject({ of: 'server', schedule: '30 4 * * *', timezone: 'UTC', running: false })
    for (const name of [SWEEP, encodeURIComponent(SWEEP)]) {
      const { status, body } = await w.call('POST', `/api/jobs/${name}/run?wait=true`)
      expect([status, body]).toMatchObject([
        200,
        { success: true, run: { state: 'done', due_at: null, message: null, result: { partitions: expect.any(Number) as number } } },
      ])
      const { runs } = await w.get<{ runs: Json[] }>(`/api/jobs/${name}/runs`)
      expect(runs[0]).toEqual(body['run'])
      expect(await jobOf(w)).toMatchObject({ last_run: body['run'], next_run_at: expect.stringMatching(/T04:30:00.000Z$/) as string })
    }
    const { runs, next_cursor } = await w.get<{ runs: Json[]; next_cursor: string }>(`/api/jobs/${SWEEP}/runs?limit=1`)
    expect(runs).toHaveLength(1)
    expect((await w.get<{ runs: Json[] }>(`/api/jobs/${SWEEP}/runs?limit=1&cursor=${next_cursor}`)).runs[0]?.['id']).not.toBe(runs[0]?.['id'])
    expect((await w.call('GET', `/api/jobs/${SWEEP}/runs?cursor=x`)).status).toBe(422)
    const page = readFileSync(new URL('../docs/jobs.md', import.meta.url), 'utf8')
    const { jobs } = await w.get<{ jobs: Array<{ name: string }> }>('/api/jobs')
    expect([...page.matchAll(/^\| `(\S+)` \|/gm)].map(([, name = '']) => name).toSorted()).toEqual(jobs.map(({ name }) => name).toSorted())
  })

  test('that are not there are 404, and whoever runs one is told of in the log of changes', async () => {
    const w = await cairn.workspace()
    for (const [method, path] of [
      ['POST', 'no:job/run'],
      ['GET', 'no:job/runs'],
    ] as const)
      expect(await w.call(method, `/api/jobs/${path}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    await w.call('POST', `/api/jobs/${SWEEP}/run?wait=true`)
    expect((await w.get<{ entries: Json[] }>('/api/audit?action=job.run')).entries).toMatchObject([{ target: SWEEP }])
  })

  test('are run by admins and seen by everybody of the workspace', async () => {
    const w = await cairn.workspace()
    const [viewer, analyst, admin] = [
      await cairn.user({ workspace: w, role: 'viewer' }),
      await cairn.user({ workspace: w, role: 'analyst' }),
      await cairn.user({ workspace: w, role: 'admin' }),
    ]
    expect((await viewer.get<{ jobs: Json[] }>('/api/jobs')).jobs.length).toBeGreaterThan(0)
    for (const user of [viewer, analyst]) expect((await user.post(`/api/jobs/${SWEEP}/run`, {})).status).toBe(403)
    expect((await admin.post(`/api/jobs/${SWEEP}/run?wait=true`, {})).status).toBe(200)
  })

  test('stand in health, with when the last one ran', async () => {
    const w = await cairn.workspace()
    await w.call('POST', `/api/jobs/${SWEEP}/run?wait=true`)
    await cairn.scheduler.look()
    const { parts } = await w.get<{ parts: Record<string, Json> }>('/api/health')
    expect(parts['jobs']).toEqual({ status: 'ok', lag_ms: 0, running: 0, last_run_at: expect.any(String) as string, failing: [] })
  })
})

describe('two servers on one Postgres', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())

  test('run each due time once', async () => {
    const DATABASE_URL = await postgres.database()
    const [a, b] = [await startCairn({ DATABASE_URL }), await startCairn({ DATABASE_URL })]
    try {
      const w = await a.workspace()
      await a.scheduler.look()
      await Promise.all([a, b].map((one) => one.scheduler.settled()))
      for (let day = 0; day < 3; day++) {
        for (const { clock } of [a, b]) clock.advance(DAY)
        do {
          await Promise.all([a, b].map((one) => one.scheduler.look()))
          await Promise.all([a, b].map((one) => one.scheduler.settled()))
          // As many are begun at once as there is room for.
        } while ([a, b].some(({ scheduler: { standing } }) => standing.lateMs > 0 || standing.running > 0))
      }
      const { runs } = await w.get<{ runs: Json[] }>(`/api/jobs/${SWEEP}/runs`)
      expect(runs.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
      expect(new Set(runs.map(({ due_at }) => due_at)).size).toBe(3)
    } finally {
      await Promise.all([a.close(), b.close()])
    }
  })
})
