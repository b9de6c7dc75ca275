import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from '@cairn/node'
import { trackActivity as trackExpress } from '@cairn/node/express'
import { trackActivity as trackFastify } from '@cairn/node/fastify'
import express from 'express'
import { fastify } from 'fastify'
import { freePort, startServer, temporaryFolder, WRITE_KEY } from '../test/server.ts'
import { machine, median, pssMb, rounded } from './measure.ts'

/**
 * What `@cairn/node` costs its host: the same Express and Fastify route twice without it and once with `trackActivity`, while Cairn takes everything,
 * while nothing listens there, and while Cairn takes connections and never answers; each host a process of its own, four requests at a time to one
 * after the other, so that all see the same machine. Then 3.6 million calls of `track` while Cairn is down: an hour at a thousand a second.
 * `npm run bench -- node [--requests 40000] [--calls 3600000]`
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '40000' },
    calls: { type: 'string', default: '3600000' },
    /** Of a process that the bench starts itself: which framework it serves. */
    serve: { type: 'string' },
    to: { type: 'string', default: '' },
  },
})
const TOGETHER = 4
const PAUSE_MS = 1
const PARTS = 10

const task = (id: string): object => ({ id, title: 'Write it down', state: 'open', tags: Array.from({ length: 20 }, (_, n) => `tag ${n}`), at: new Date() })
const user = (): string => 'ada'

/** Prints its port. */
async function serve(framework: string, to: string): Promise<void> {
  const client = to === '' ? undefined : createClient({ writeKey: WRITE_KEY, host: to })
  const say = (port: number): void => console.log(port)
  if (framework === 'Express') {
    const app = express()
    if (client) app.use(trackExpress({ client, user }))
    app.get('/tasks/:id', (request, response) => void response.json(task(request.params.id)))
    const server = app.listen(0, '127.0.0.1', () => say((server.address() as AddressInfo).port))
  } else {
    const app = fastify()
    if (client) await app.register(trackFastify({ client, user }))
    app.get<{ Params: { id: string } }>('/tasks/:id', (request, reply) => reply.send(task(request.params.id)))
    await app.listen({ port: 0, host: '127.0.0.1' })
    say((app.server.address() as AddressInfo).port)
  }
}

interface Variant {
  name: string
  port: string
  pid: number
  agent: Agent
  latencies: number[]
}
const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/** Milliseconds of so many requests at once: the later ones wait for what the earlier ones left to do. */
const askTogether = ({ port, agent }: Variant): Promise<number[]> =>
  Promise.all(
    Array.from(
      { length: TOGETHER },
      () =>
        new Promise<number>((resolve, reject) => {
          const from = performance.now()
          request({ port, host: '127.0.0.1', path: '/tasks/42', agent }, (response) => {
            response.resume().on('end', () => resolve(performance.now() - from))
          })
            .on('error', reject)
            .end()
        }),
    ),
  )

interface Away {
  to: string
  end: () => Promise<void> | void
}
const cairns: Record<string, () => Promise<Away>> = {
  async up() {
    const folder = temporaryFolder()
    const cairn = await startServer({ dataDir: folder.path, port: await freePort(), env: { CAIRN_LOG_LEVEL: 'error' } })
    return { to: cairn.url, end: () => cairn.stop().then(() => folder.remove()) }
  },
  down: async () => ({ to: `http://127.0.0.1:${await freePort()}`, end: () => undefined }),
  async silent() {
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    return { to: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, end: () => void silent.close() }
  },
}

/** Three hosts beside each other: two without Cairn, whose difference is that of the machine, and one with it. */
async function compare(framework: string, state: string): Promise<void> {
  const cairn = await (cairns[state] as () => Promise<Away>)()
  const children: ChildProcess[] = []
  const variants: Variant[] = []
  for (const [name, to] of [
    ['without', ''],
    ['without, again', ''],
    [`with, Cairn ${state}`, cairn.to],
  ] as const) {
    const child = start(framework, to)
    children.push(child)
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    variants.push({ name, latencies: [], port: port.toString().trim(), pid: child.pid ?? 0, agent: new Agent({ keepAlive: true, maxSockets: TOGETHER }) })
  }
  const turns = Number(values.requests) / TOGETHER
  for (let n = 0; n < turns / 10; n++) for (const variant of variants) await askTogether(variant)
  for (let n = 0; n < turns; n++) {
    // Each in its turn, every time from another one on.
    for (let i = 0; i < variants.length; i++) {
      const variant = variants[(n + i) % variants.length]
      if (variant) variant.latencies.push(...(await askTogether(variant)))
    }
    await sleep(PAUSE_MS)
  }
  const memory = variants.map(({ pid }) => pssMb(pid))
  for (const child of children) child.kill()
  for (const { agent } of variants) agent.destroy()
  await cairn.end()

  const part = Math.ceil(Number(values.requests) / PARTS)
  const base = variants[0]?.latencies ?? []
  for (const [i, { name, latencies }] of variants.entries()) {
    const more = Array.from({ length: PARTS }, (_, n) => [latencies, base].map((all) => p99(all.slice(n * part, (n + 1) * part)))).map(
      ([own = 0, other = 0]) => own - other,
    )
    const sorted = latencies.toSorted((a, b) => a - b)
    console.log(
      `${framework} ${name}: p50 ${rounded(at(sorted, 0.5), 3)} ms, p99 ${rounded(p99(latencies), 3)} ms, ${memory[i]} MB` +
        (i === 0
          ? ` (${sorted.length} requests)`
          : `; p99 ${signed(p99(latencies) - p99(base))} ms against without, median of ${PARTS} parts ${signed(median(more))} ms (${signed(Math.min(...more))} to ${signed(Math.max(...more))})`),
    )
  }
}

const p99 = (values: readonly number[]): number =>
  at(
    values.toSorted((a, b) => a - b),
    0.99,
  )
const signed = (value: number): string => `${value < 0 ? '' : '+'}${rounded(value, 3)}`
const rssMb = (): number => process.memoryUsage.rss() / 2 ** 20
/** As much as a busy host keeps alive at any time: what outlives a young collection makes V8 take more memory, whoever it belongs to. */
const ALIVE = 1_000

interface Counted {
  before: number
  after: number
  most: number
  queue: number
  microseconds: number
}

/** A host that does its own work with every call, and tells what it took of memory. */
async function count(calls: number, to: string): Promise<Counted> {
  const alive: string[] = []
  const work = (n: number): void => void (alive[n % ALIVE] = JSON.stringify(task(String(n))))
  for (let n = 0; n < 100_000; n++) {
    work(n)
    if (n % 100 === 0) await turn()
  }
  const counted: Counted = { before: rssMb(), after: 0, most: 0, queue: 0, microseconds: 0 }
  const client = to === '' ? undefined : createClient({ writeKey: WRITE_KEY, host: to })
  let inCalls = 0
  for (let n = 0; n < calls; n += 100) {
    for (let i = n; i < n + 100; i++) work(i)
    const from = performance.now()
    for (let i = n; i < n + 100; i++)
      client?.track('task_viewed', {
        userId: `user_${i % 20_000}`,
        entityType: 'task',
        entityId: i,
        metadata: { plan: 'pro', path: `/tasks/${i}` },
        durationMs: 12,
      })
    inCalls += performance.now() - from
    await turn()
    counted.most = Math.max(counted.most, rssMb())
    counted.queue = Math.max(counted.queue, client?.queueSize ?? 0)
  }
  counted.after = rssMb()
  counted.microseconds = (inCalls / calls) * 1_000
  await client?.shutdown(0)
  return counted
}

async function compareCounts(): Promise<void> {
  const one = async (to: string): Promise<Counted> => {
    const child = start('calls', to)
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    await once(child, 'exit')
    return JSON.parse(line.toString()) as Counted
  }
  const without = await one('')
  const down = await one(`http://127.0.0.1:${await freePort()}`)
  const tell = ({ before, after, most }: Counted): string => `${rounded(before, 1)} MB before, ${rounded(after, 1)} MB after, at most ${rounded(most, 1)} MB`
  console.log(
    `${values.calls} calls of track, Cairn down: ${rounded(down.microseconds, 1)} µs each, queue at most ${down.queue} events; RSS ${tell(down)}; ` +
      `of the same host without: ${tell(without)}; Cairn's share ${rounded(down.after - down.before - (without.after - without.before), 1)} MB`,
  )
}

const start = (what: string, to: string) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', import.meta.filename, '--serve', what, '--to', to, '--calls', values.calls], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

if (values.serve === undefined) {
  console.log(machine())
  await compareCounts()
  for (const state of Object.keys(cairns)) for (const framework of ['Express', 'Fastify']) await compare(framework, state)
} else if (values.serve === 'calls') console.log(JSON.stringify(await count(Number(values.calls), values.to)))
else await serve(values.serve, values.to)
