import { randomUUID } from 'node:crypto'
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Client, type Fault, type Options } from '@cairn/node'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { lines, readContent } from '../../packages/node/src/spool-file.ts'
import { startCairn } from '../cairn.ts'
import { eventually, temporaryFolder } from '../server.ts'
import { soon, startCollector, status, take, type Collector, type SentEvent } from './collector.ts'
import { startHost } from './host.ts'

/** What the spool holds outlives its process, and arrives once. */
function folder({ onTestFinished }: TestContext): string {
  const made = temporaryFolder()
  onTestFinished(() => made.remove())
  return made.path
}

async function collector({ onTestFinished }: TestContext): Promise<Collector> {
  const made = await startCollector()
  onTestFinished(made.close)
  return made
}

function begin(it: TestContext, host: string, options: Partial<Options>): { client: Client; faults: Fault[] } {
  const faults: Fault[] = []
  const client = createClient({ writeKey: 'key', host, interval: 10, onError: (fault) => faults.push(fault), ...options })
  it.onTestFinished(() => client.shutdown(0))
  return { client, faults }
}

const somebody = { userId: 'ada' }
const typesOf = (c: Collector): string[] => c.events().map((event) => event.event_type)
/** Ids of everything that stands in the spool. */
async function spooled(spool: string): Promise<string[]> {
  const contents = await Promise.all(
    readdirSync(spool)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readContent(join(spool, name))),
  )
  return contents.flatMap(({ records }) => [...records.values()].flat().map(([, text]) => (JSON.parse(text) as SentEvent).event_id))
}

test.each(['process.exit(0)', "throw new Error('nobody catches this')"])(
  'of a process that ends by `%s` right after it tracked, everything arrives with the next',
  async (end) => {
    const made = temporaryFolder()
    onTestFinished(() => made.remove())
    const c = await startCollector()
    onTestFinished(c.close)
    const host = startHost(`
    import { init, track } from '@cairn/node'
    init({ writeKey: 'key', host: '${c.url}', spool: '${made.path}/spool' })
    for (let i = 0; i < 100; i++) track('last_words', { userId: 'ada', metadata: { i } })
    ${end}
  `)
    await host.ended
    expect(c.events()).toEqual([])
    const client = createClient({ writeKey: 'key', host: c.url, interval: 10, spool: `${made.path}/spool` })
    onTestFinished(() => client.shutdown(0))
    await expect.poll(() => new Set(c.events().map(({ event_id: id }) => id)).size).toBe(100)
  },
)

test('of a process that is killed again and again, every event that was written arrives once, on a line that fails', async (it) => {
  const spool = folder(it)
  const cairn = await startCairn()
  it.onTestFinished(() => cairn.close())
  const w = await cairn.workspace()
  const c = await collector(it)
  let turn = 0
  const passOn: Collector['answer'] = ({ url, text }, response) =>
    void fetch(cairn.url + url, { method: 'POST', body: text }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
  // One in three is taken and never answered, one refused.
  c.answer = (request, response) => {
    turn += 1
    if (turn % 3 === 0) return passOn(request, response)
    if (turn % 3 === 1) return status(503)(request, response)
    return void fetch(cairn.url + request.url, { method: 'POST', body: request.text }).then(() => response.destroy())
  }
  const written = new Set<string>()
  const runs = 6
  for (let run = 0; run < runs; run++) {
    const host = startHost(`
      import { init, track } from '@cairn/node'
      init({ writeKey: '${w.writeKey}', host: '${c.url}', spool: '${spool}', interval: 15, batchSize: 20 })
      console.log('begun')
      setInterval(() => { for (let i = 0; i < 3; i++) track('happened', { userId: 'ada', metadata: { run: ${run} } }) }, 2)
    `)
    await eventually(
      async () => host.output(),
      (output) => output.includes('begun'),
    )
    await sleep(20 + 40 * run)
    await host.kill()
    for (const id of await spooled(spool)) written.add(id)
  }
  expect(written.size).toBeGreaterThan(100)
  c.answer = passOn
  const { client } = begin(it, c.url, { writeKey: w.writeKey, spool })
  await eventually(
    async () => [...(await spooled(spool)), client.queueSize],
    (left) => left.length === 1 && left[0] === 0,
  )
  client.track('last', somebody)
  await client.shutdown()
  expect(await spooled(spool)).toEqual([])

  const stored: string[] = []
  for (let cursor = ''; ;) {
    const page = await w.get<{ events: SentEvent[]; next_cursor: string | null }>(`/api/events?limit=1000${cursor}`)
    stored.push(...page.events.map((event) => event.event_id))
    if (page.next_cursor === null) break
    cursor = `&cursor=${page.next_cursor}`
  }
  expect(stored).toHaveLength(new Set(stored).size)
  expect([...written].filter((id) => !stored.includes(id))).toEqual([])
  expect(await w.get('/api/ledger?by=total')).toMatchObject({ total: { stored: stored.length, gap: 0 } })
})

test('what a process leaves is taken over by the next: in order, once though several start, and with its last number', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  c.answer = status(503)
  for (const types of [
    ['a', 'b'],
    ['c', 'd'],
  ]) {
    const { client } = begin(it, c.url, { spool })
    for (const type of types) client.track(type, somebody)
    await client.shutdown()
  }
  expect(await spooled(spool)).toHaveLength(4)
  c.requests.length = 0
  c.answer = take
  const heirs = [begin(it, c.url, { spool, batchSize: 4 }), begin(it, c.url, { spool, batchSize: 4 })]
  await expect.poll(() => c.events().length, soon).toBe(4)
  await Promise.all(heirs.map(({ client }) => client.shutdown()))
  for (const pair of [
    ['a', 'b'],
    ['c', 'd'],
  ])
    expect(typesOf(c).filter((type) => pair.includes(type))).toEqual(pair)
  const last = Object.fromEntries(c.events().map(({ source_id, seq }) => [source_id, seq]))
  const told = c.requests.flatMap(({ body }) => body['ended'] as { source_id: string; seq: number }[])
  // They go with a batch; where none followed, the next process tells them.
  const contents = await Promise.all(readdirSync(spool).map((name) => readContent(join(spool, name))))
  const later = contents.flatMap(({ ended }) => [...ended])
  expect(told.length + later.length).toBe(2)
  expect(Object.fromEntries([...told.map(({ source_id, seq }) => [source_id, seq] as const), ...later])).toEqual(last)
  expect(contents.reduce((sum, { events }) => sum + events, 0)).toBe(0)
})

test('a last number that could not be told is told by the next process', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  const host = startHost(`
    import { init, track, flush } from '@cairn/node'
    init({ writeKey: 'key', host: '${c.url}', spool: '${spool}' })
    track('one', { userId: 'ada' })
    await flush()
    setInterval(() => {}, 1000)
  `)
  await expect.poll(() => readdirSync(spool).map((name) => readFileSync(join(spool, name), 'utf8')), soon).toEqual([expect.stringContaining(' seq 1\n')])
  await expect.poll(() => spooled(spool), soon).toEqual([])
  await host.kill()
  const [{ source_id } = { source_id: '' }] = c.events()
  c.answer = status(503)
  const { client: between } = begin(it, c.url, { spool })
  between.track('two', somebody)
  await expect.poll(() => readdirSync(spool), soon).not.toContain(`${source_id}.jsonl`)
  await expect.poll(() => readdirSync(spool), soon).toHaveLength(1)
  await between.shutdown()
  c.requests.length = 0
  c.answer = take
  const { client } = begin(it, c.url, { spool })
  await expect.poll(() => typesOf(c), soon).toEqual(['two'])
  await client.shutdown()
  expect(c.requests.flatMap(({ body }) => body['ended'])).toEqual([
    { source_id, seq: 1 },
    { source_id: c.events()[0]?.source_id, seq: 1 },
  ])
})

test('a line that was cut, and what is no line at all, cost nothing else', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  c.answer = status(503)
  const { client } = begin(it, c.url, { spool })
  for (const type of ['a', 'b', 'c']) {
    client.track(type, somebody)
    await client.flush()
  }
  await client.shutdown()
  const [name = ''] = readdirSync(spool)
  const file = join(spool, name)
  truncateSync(file, readFileSync(file, 'utf8').lastIndexOf(' kept ') + 100)
  appendFileSync(file, '\n\u0000\u0001garbage\n00000000 kept 9 0 {}\n')
  writeFileSync(join(spool, 'notes.txt'), 'of somebody else')
  c.requests.length = 0
  c.answer = take
  begin(it, c.url, { spool })
  await expect.poll(() => typesOf(c).length, soon).toBeGreaterThanOrEqual(2)
  expect(typesOf(c)).toEqual(['a', 'b'])
  expect(readdirSync(spool)).toContain('notes.txt')
})

test('a living process keeps its file', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  c.answer = () => undefined
  const { client } = begin(it, c.url, { spool })
  client.track('one', somebody)
  await expect.poll(() => spooled(spool), soon).toHaveLength(1)
  const other = await collector(it)
  const { client: second } = begin(it, other.url, { spool })
  second.track('two', somebody)
  await second.flush()
  await sleep(100)
  expect(typesOf(other)).toEqual(['two'])
  expect(readdirSync(spool)).toHaveLength(2)
})

test('what another machine has left is taken over a minute after its last sign of life', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  const text = (type: string): string => JSON.stringify({ event_id: randomUUID(), event_type: type, user_id: 'ada', timestamp: new Date() })
  const leave = (type: string, secondsAgo: number): string => {
    const name = `${randomUUID()}.jsonl`
    const file = join(spool, name)
    writeFileSync(file, lines.owner({ host: 'elsewhere', pid: 1, start: 'then' }) + lines.kept(0, [[0, text(type)]]))
    const at = new Date(Date.now() - secondsAgo * 1_000)
    utimesSync(file, at, at)
    return name
  }
  const alive = leave('alive', 30)
  leave('gone', 90)
  const { client } = begin(it, c.url, { spool })
  await expect.poll(() => typesOf(c), soon).toEqual(['gone'])
  await client.shutdown()
  expect(readdirSync(spool)).toEqual([alive])
})

test('the file stays small while events come and go, and only its owner may read it', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  const { client, faults } = begin(it, c.url, { spool })
  let largest = 0
  for (let round = 0; round < 40; round++) {
    for (let n = 0; n < 250; n++) client.track('happened', { ...somebody, metadata: { text: 'x'.repeat(300) } })
    await client.flush()
    for (const name of readdirSync(spool)) largest = Math.max(largest, statSync(join(spool, name)).size)
  }
  expect(faults).toEqual([])
  expect(largest).toBeLessThan(2 * 1_048_576)
  expect(readdirSync(spool).map((name) => statSync(join(spool, name)).mode & 0o777)).toEqual([0o600])
  await client.shutdown()
  expect(c.events()).toHaveLength(10_000)
})

test('a folder that cannot be written is told once, and memory does', async (it) => {
  const file = join(folder(it), 'file')
  writeFileSync(file, '')
  const c = await collector(it)
  const { client, faults } = begin(it, c.url, { spool: file })
  for (const type of ['a', 'b', 'c']) {
    client.track(type, somebody)
    await client.flush()
  }
  await client.shutdown()
  expect(typesOf(c)).toEqual(['a', 'b', 'c'])
  expect(faults).toEqual([{ code: 'spool_failed', status: 0, message: expect.stringContaining('EEXIST') as string }])
})

test('a disk that is full is told once, and memory does', async (it) => {
  const spool = folder(it)
  const c = await collector(it)
  c.answer = status(503)
  const host = startHost(
    `
    import { init, track, shutdown, queueSize } from '@cairn/node'
    init({ writeKey: 'key', host: '${c.url}', spool: '${spool}', onError: ({ code }) => code === 'spool_failed' && console.log(code) })
    const timer = setInterval(() => { for (let i = 0; i < 20; i++) track('happened', { userId: 'ada' }) }, 5)
    setTimeout(async () => { clearInterval(timer); await shutdown(); console.log(queueSize()) }, 500)
  `,
    { shell: 'ulimit -f 20;' },
  )
  await eventually(
    async () => host.output(),
    (output) => output.includes('spool_failed'),
  )
  c.requests.length = 0
  c.answer = take
  expect(await host.ended).toMatchObject({ code: 0 })
  expect(host.output()).toBe('spool_failed\n0\n')
  const ids = new Set(c.events().map((event) => event.event_id))
  expect(ids.size).toBeGreaterThan(100)
  expect(Math.max(...c.events().map(({ seq }) => seq))).toBe(ids.size)
})
