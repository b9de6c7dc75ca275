import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cairn, run } from './commands.ts'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder } from './server.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const at = (name: string): string => join(folder.path, name)
/** Two seconds are promised; the machine of the tests is busy. */
const KNOWN_MS = 5_000
const fixtures = resolve(import.meta.dirname, 'fixtures/data-sets')

test('commands talk to the server that runs on the data folder, and leave its store alone', async () => {
  const data = at('running')
  const server = await startServer({ dataDir: data, port: await freePort() })
  try {
    const announced = join(data, 'run', 'server.json')
    expect(statSync(announced).mode & 0o777).toBe(0o600)
    const { token, url } = JSON.parse(readFileSync(announced, 'utf8')) as { token: string; url: string }
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${url}/api/workspace`, { headers: { authorization: `Bearer ${token}`, ...headers } })).status
    expect(await status({})).toBe(200)
    expect(await status({ 'x-cairn-workspace': 'nobody' })).toBe(404)
    expect(await status({ 'x-forwarded-for': '203.0.113.7' })).toBe(401)
    expect(await status({ authorization: `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` })).toBe(401)

    const keyAnswers = async (key: string): Promise<number> =>
      (await fetch(`${server.url}/api/workspace`, { headers: { authorization: `Bearer ${key}` } })).status

    const file = at('today.jsonl')
    const now = Date.now()
    writeFileSync(
      file,
      [1, 2, 3]
        .map((i) => JSON.stringify({ event_type: 'task_viewed', user_email: `u${i}@example.com`, timestamp: new Date(now - i * 1_000).toISOString() }))
        .join('\n'),
    )
    const [imported, doctor, made, up] = await Promise.all([
      cairn(data, 'import', file, '--json'),
      cairn(data, 'doctor', '--json'),
      cairn(data, 'keys', 'create', '--kind', 'secret', '--name', 'reports', '--json'),
      cairn(data, 'migrate', 'up'),
    ])
    expect(imported.json<{ imports: unknown[] }>().imports[0]).toMatchObject({ rows_sent: 3, accepted: 3, finished: true })
    expect((await read<{ events: unknown[] }>(server.url, '/api/events?event_type=task_viewed')).events.length).toBe(3)
    const checks = doctor.json<{ ok: boolean; checks: Array<{ check: string; status: string; says: string }> }>()
    expect(checks.checks.filter(({ status }) => status !== 'ok').map(({ check, status }) => [check, status])).toEqual([['detached parts', 'skipped']])
    expect(checks.ok).toBe(true)
    expect(up.code).toBe(1)
    expect(up.err).toContain('Stop it first')

    const key = made.json<{ key: string; id: string }>()
    expect(
      await eventually(
        () => keyAnswers(key.key),
        (status) => status === 200,
        KNOWN_MS,
      ),
    ).toBe(200)
    const [exported, migrations, revoked] = await Promise.all([
      cairn(data, 'export', '--event-type', 'task_viewed', '--format', 'csv'),
      cairn(data, 'migrate', 'status', '--json'),
      cairn(data, 'keys', 'revoke', key.id),
    ])
    expect(exported.out.trim().split('\r\n').length).toBe(4)
    expect(new Set(migrations.json<{ migrations: Array<{ state: string }> }>().migrations.map(({ state }) => state))).toEqual(new Set(['applied']))
    expect(revoked.code).toBe(0)
    expect(
      await eventually(
        () => keyAnswers(key.key),
        (status) => status === 401,
        KNOWN_MS,
      ),
    ).toBe(401)
    expect((await send(server.url, '/api/events/log', { event_type: 'x', user_id: 'u' }, SECRET_KEY)).status).toBe(200)
    await server.stop()
    expect(existsSync(announced)).toBe(false)
  } finally {
    await server.kill()
  }
})

test('keys, workspaces and migrations are looked after without a server', async () => {
  const data = at('alone')
  const created = await cairn(data, 'workspace', 'create', 'acme', '--timezone', 'europe/berlin', '--retention', '30', '--json')
  expect(created.json()).toMatchObject({ slug: 'acme', timezone: 'Europe/Berlin', retention_days: 30, streams_off: [] })
  const [twice, badZone, badDays, noSlug] = await Promise.all([
    cairn(data, 'workspace', 'create', 'acme'),
    cairn(data, 'workspace', 'set', 'acme', '--timezone', 'Europe/Atlantis'),
    cairn(data, 'workspace', 'set', 'acme', '--retention', 'long'),
    cairn(data, 'keys', 'list', '-w', 'nobody'),
  ])
  expect([twice.code, badZone.code, badDays.code, noSlug.code]).toEqual([1, 1, 2, 1])
  expect(twice.err).toContain('There is a workspace "acme" already')
  expect(noSlug.err).toContain('cairn workspace create nobody')
  expect((await cairn(data, 'workspace', 'list', '--json')).json<{ workspaces: Array<{ slug: string }> }>().workspaces.map(({ slug }) => slug)).toEqual([
    'default',
    'acme',
  ])

  const key = (await cairn(data, 'keys', 'create', '-w', 'acme', '--kind', 'write', '--json')).json<{ key: string; id: string }>()
  const listed = await cairn(data, 'keys', 'list', '-w', 'acme')
  expect(listed.out).toContain(key.id)
  expect(listed.out).not.toContain(key.key)

  const [unsure, status] = [await cairn(data, 'migrate', 'down', '--to', '0'), await cairn(data, 'migrate', 'status', '--json')]
  expect(unsure.code).toBe(2)
  expect(unsure.err).toContain('--yes')
  const states = status.json<{ migrations: Array<{ database: string; name: string; state: string }> }>().migrations
  const ofCatalog = states.filter(({ database }) => database === 'catalog')
  expect(new Set(ofCatalog.map(({ state }) => state))).toEqual(new Set(['applied']))
  const up = (await cairn(data, 'migrate', 'up', '--json')).json<{ catalog: string[]; events: string[] }>()
  expect(up.catalog).toEqual([])
  expect(up.events).toEqual(states.filter(({ database }) => database === 'events').map(({ name }) => name))
  const down = (await cairn(data, 'migrate', 'down', '--to', '0', '--yes', '--json')).json<{ catalog: string[]; events: string[] }>()
  expect(down).toEqual({ catalog: ofCatalog.map(({ name }) => name).toReversed(), events: up.events.toReversed() })
})

test('months are archived by command where the workspace asks for it', async () => {
  const data = at('archive')
  expect((await cairn(data, 'workspace', 'set', 'default', '--archive', '60', '--json')).json()).toMatchObject({ archive_days: 60 })
  const [done, never] = [await cairn(data, 'archive'), await cairn(data, 'workspace', 'set', 'default', '--archive', 'never', '--json')]
  expect([done.code, done.out]).toEqual([0, expect.stringContaining('events:archive is done in')])
  expect(never.json()).toMatchObject({ archive_days: 'never' })
  expect((await cairn(data, 'workspace', 'set', 'default', '--archive', 'soon')).code).toBe(2)
})

test('jobs are listed and run, with the server’s help or a server of the command’s own', async () => {
  const data = at('jobs')
  const listed = await cairn(data, 'jobs', 'list', '--json')
  expect(listed.json<{ jobs: Array<{ name: string }> }>().jobs.map(({ name }) => name)).toContain('events:sweep')
  const [ran, unknown] = [await cairn(data, 'jobs', 'run', 'events:sweep'), await cairn(data, 'jobs', 'run', 'no:job')]
  expect([ran.code, unknown.code]).toEqual([0, 1])
  expect(ran.out).toMatch(/^events:sweep is done in [\d.]+ s: partitions \d+\n$/)
  expect(unknown.err).toContain('There is no such job.')
})

test('the doctor finds a Cairn well, and a data folder that is none', async () => {
  const file = at('a file')
  writeFileSync(file, '')
  const [well, ill] = await Promise.all([cairn(at('doctor'), 'doctor'), cairn(file, 'doctor', '--json')])
  expect(well.out).toContain('All is well')
  expect(well.out).toMatch(/✓ write and read +\d+ ms {2}acknowledged after \d+ ms, read back after \d+ ms, removed/)
  expect(well.code).toBe(0)
  expect(ill.code).toBe(1)
  expect(ill.json<{ checks: object[] }>().checks.at(-1)).toMatchObject({
    check: 'data folder',
    status: 'failed',
    remedy: expect.stringContaining('CAIRN_DATA_DIR'),
  })
})

interface Verified {
  ok: boolean
  data_sets: Array<{ name: string; unknown?: true; verdicts?: Array<{ key: string; status: string; detail: string }> }>
}
const verdictsOf = (answer: Verified): Record<string, string> =>
  Object.fromEntries((answer.data_sets.find(({ verdicts }) => verdicts)?.verdicts ?? []).map(({ key, status }) => [key, status]))

test('verify holds the answers against the truth, imports twice, and resumes an import that it kills', async () => {
  const { code, json } = await cairn(at('verify'), 'verify', fixtures, '--json')
  const answer = json<Verified>()
  expect(verdictsOf(answer)).toEqual({
    'files (SHA-256)': 'equal',
    'every row accepted': 'equal',
    events_total: 'equal',
    users_total: 'equal',
    events_per_day: 'equal',
    unique_users_per_day: 'equal',
    wau_7d_ending_2014_01_22: 'equal',
    top5_urls: 'equal',
    'a second import adds nothing': 'equal',
    'killed and resumed': 'equal',
  })
  expect(answer.data_sets.filter(({ unknown }) => unknown).map(({ name }) => name)).toEqual(['unheard-of'])
  expect(code).toBe(0)
  // A scratch Cairn did the work.
  expect(existsSync(at('verify'))).toBe(false)
})

test('verify fails where the truth says otherwise, and where the table lacks a key', async () => {
  const wrong = at('wrong sets')
  const set = 'wikipedia-reader-sessions'
  cpSync(join(fixtures, set), join(wrong, set), { recursive: true })
  const truth = JSON.parse(readFileSync(join(wrong, set, 'truth.json'), 'utf8')) as { answers: Record<string, { value: unknown }> }
  truth.answers['users_total'] = { value: 49 }
  truth.answers['moon_phase'] = { value: 1 }
  writeFileSync(join(wrong, set, 'truth.json'), JSON.stringify(truth))
  const { ended } = run(at('verify'), ['verify', wrong, '--no-twice', '--no-kill', '--json'])
  const { code, json } = await ended
  const answer = json<Verified>()
  expect(code).toBe(1)
  expect(answer.ok).toBe(false)
  expect(verdictsOf(answer)).toMatchObject({ events_total: 'equal', users_total: 'different', moon_phase: 'unlisted' })
  expect(answer.data_sets[0]?.verdicts?.find(({ key }) => key === 'users_total')?.detail).toBe('expected 49, got 48')
})
