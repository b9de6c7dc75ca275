import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveMessage } from '@cairn/wire/live'
import { WebSocket } from 'ws'
import { freePort, read, SECRET_KEY, send, startServer, temporaryFolder, WRITE_KEY } from '../test/server.ts'
import { load, machine, pssMb, rounded } from './measure.ts'

/**
 * A thousand people watch one node: how long connecting takes, how long after its acknowledgement an event is told, what memory it takes,
 * and what one that watches costs the way in. Clients, load generator, server and engine share the machine.
 * `npm run bench -- live`
 */
const CONNECTIONS = 1_000
const AT_ONCE = 50
const PROBES = 150
const PROBE_EVERY_MS = 97
const BATCHES = 100
const BATCH = 10
const LOAD_SECONDS = 6

interface Client {
  socket: WebSocket
  events: number
}
const told = new Map<string, number[]>()

async function connect(url: string, sampled: boolean): Promise<Client> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/live`, { headers: { Authorization: `Bearer ${SECRET_KEY}` } })
  const client: Client = { socket, events: 0 }
  socket.on('message', (data: Buffer) => {
    const at = performance.now()
    // The others only count: reading a thousand times the same would measure this process.
    if (!sampled) {
      client.events += data.toString('latin1').split('"event_id"').length - 1
      return
    }
    const message = JSON.parse(data.toString()) as LiveMessage
    if (message.type !== 'events') return
    client.events += message.events.length
    for (const { event } of message.events) told.set(event.event_type, [...(told.get(event.event_type) ?? []), at])
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'subscribe', subscription: 'live', stream: 'events' }))
  await once(socket, 'message')
  return client
}

const at = (sorted: readonly number[], share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

console.log(machine())
const folder = temporaryFolder()
const server = await startServer({ dataDir: folder.path, port: await freePort(), env: { CAIRN_LOG_LEVEL: 'error' } })
const pid = server.process.pid ?? 0
const idleMb = pssMb(pid)

const alone = await load(server.url, WRITE_KEY, { perRequest: 100, connections: 16, seconds: LOAD_SECONDS })
const one = await connect(server.url, false)
const watched = await load(server.url, WRITE_KEY, { perRequest: 100, connections: 16, seconds: LOAD_SECONDS })
one.socket.terminate()
console.log(
  `way in, batches of 100: ${rounded(alone.events / alone.seconds)} events/s, p99 ${alone.p99} ms with nobody watching; ${rounded(watched.events / watched.seconds)} events/s, p99 ${watched.p99} ms while one watches all of it`,
)
await sleep(3_000)

const beforeMb = pssMb(pid)
const from = performance.now()
const clients: Client[] = []
while (clients.length < CONNECTIONS) clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => connect(server.url, n === 0)))))
const connectedMs = performance.now() - from
const connectedMb = pssMb(pid)

const acknowledged = new Map<string, number>()
for (let n = 0; n < PROBES; n++) {
  await send(server.url, '/api/events/log', { event_type: `probe${n}`, user_id: 'u' })
  acknowledged.set(`probe${n}`, performance.now())
  await sleep(PROBE_EVERY_MS)
}
await sleep(2_000)
const latencies = [...acknowledged].flatMap(([name, ackedAt]) => (told.get(name) ?? []).map((toldAt) => toldAt - ackedAt)).toSorted((a, b) => a - b)
const sampled = CONNECTIONS / AT_ONCE

let peakMb = connectedMb
const before = clients.reduce((sum, c) => sum + c.events, 0)
const loadFrom = performance.now()
for (let n = 0; n < BATCHES; n++) {
  await send(server.url, '/api/events/log/batch', {
    events: Array.from({ length: BATCH }, () => ({ event_type: 'load', user_id: 'u', metadata: { plan: 'pro' } })),
  })
  if (n % 10 === 0) peakMb = Math.max(peakMb, pssMb(pid))
  await sleep(Math.max(0, loadFrom + (n + 1) * 100 - performance.now()))
}
const tellings = CONNECTIONS * BATCHES * BATCH
const count = (): number => clients.reduce((sum, c) => sum + c.events, 0) - before
for (const end = performance.now() + 15_000; count() < tellings && performance.now() < end;) await sleep(20)
const loadMs = performance.now() - loadFrom
const { parts } = await read<{ parts: { live: { lag_ms: number; connections: number } } }>(server.url, '/api/health')

console.log(
  `${clients.length} connections: opened and subscribed in ${rounded(connectedMs)} ms (${rounded(connectedMs / CONNECTIONS, 1)} ms each); ` +
    `told after the acknowledgement: p50 ${at(latencies, 0.5)} ms, p95 ${at(latencies, 0.95)} ms, max ${at(latencies, 1)} ms (${latencies.length} of ${PROBES * sampled} on ${sampled} connections); ` +
    `${(BATCH * 1_000) / 100} events/s to all of them: ${rounded(count() / (loadMs / 1_000))} events/s told, ${count()} of ${tellings}, lag ${parts.live.lag_ms} ms; ` +
    `server ${idleMb} MB idle, ${beforeMb} MB before, ${connectedMb} MB connected, ${peakMb} MB peak`,
)
for (const { socket } of clients) socket.terminate()
await server.stop()
folder.remove()
process.exit(0)
