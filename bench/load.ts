import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/**
 * Load generator, run as a process of its own: `load.ts <url> <key> <events per request> <connections> <seconds> [path] [events a second]`;
 * without a rate each connection sends again once it is answered. At a rate, what waits while the server is slow counts as slow.
 * Raw sockets and requests built beforehand, with only the event ids written anew, so that it takes as little as possible of the two cores
 * that it shares with the server. Prints one JSON line.
 */
const [, , target = '', key = '', perRequest = '1', connections = '8', seconds = '5', path = '/api/events/log', rate = '0'] = process.argv
const url = new URL(target)
const size = Number(perRequest)
/** Between two requests of a connection, in milliseconds. */
const interval = Number(rate) === 0 ? 0 : (size * Number(connections) * 1_000) / Number(rate)
const types = ['page_viewed', 'project_created', 'project_opened', 'task_viewed', 'task_commented', 'email_opened', 'search_performed', 'modal_opened']
const ID = '00000000-0000-7000-8000-000000000000'

const event = (n: number): object => ({
  event_id: ID,
  event_type: types[n % types.length],
  user_id: `user_${(n * 7919) % 20_000}`,
  session_id: `s_${(n * 104_729) % 60_000}`,
  entity_type: 'project',
  entity_id: String((n * 31) % 500),
  metadata: { plan: ['free', 'pro', 'team'][n % 3], value: n % 100, path: `/projects/${n % 500}` },
  timestamp: new Date(Date.now() - (n % 3_600) * 1_000).toISOString(),
  duration_ms: (n * 13) % 900,
})

interface Request {
  bytes: Buffer
  ids: number[]
}
let made = 0
function build(): Request {
  const events = Array.from({ length: size }, () => event(made++))
  const body = JSON.stringify(size === 1 ? events[0] : { events })
  const head = `POST ${path}${size === 1 ? '' : '/batch'} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  const bytes = Buffer.from(head + body)
  const ids: number[] = []
  for (let at = bytes.indexOf(ID); at >= 0; at = bytes.indexOf(ID, at + 1)) ids.push(at)
  return { bytes, ids }
}

const latencies: number[] = []
const statuses: Record<string, number> = {}
let ids = 0
const run = randomBytes(4).toString('hex')
const end = performance.now() + Number(seconds) * 1_000

function drive(socket: Socket, requests: Request[], done: () => void): void {
  let turn = 0
  let sentAt = performance.now() - interval
  let expected = -1
  let received = 0
  const send = (): void => {
    const request = requests[turn++ % requests.length]
    if (!request) return
    for (const at of request.ids) {
      request.bytes.write(run, at, 'latin1')
      request.bytes.write((ids++).toString(16).padStart(12, '0'), at + 24, 'latin1')
    }
    sentAt = interval === 0 ? performance.now() : sentAt + interval
    socket.write(request.bytes)
  }
  socket.on('data', (data: Buffer) => {
    if (expected < 0) {
      const text = data.toString('latin1')
      const status = text.slice(9, 12)
      statuses[status] = (statuses[status] ?? 0) + 1
      const headEnd = text.indexOf('\r\n\r\n')
      expected = headEnd + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
    }
    received += data.length
    if (received < expected) return
    expected = -1
    received = 0
    latencies.push(performance.now() - sentAt)
    if (performance.now() < end) {
      const wait = interval === 0 ? 0 : sentAt + interval - performance.now()
      if (wait > 0) setTimeout(send, wait)
      else send()
    } else {
      socket.end()
      done()
    }
  })
  send()
}

await Promise.all(
  Array.from(
    { length: Number(connections) },
    () =>
      new Promise<void>((resolve, reject) => {
        const requests = Array.from({ length: size === 1 ? 50 : 4 }, build)
        const socket = connect(Number(url.port), url.hostname, () => drive(socket, requests, resolve))
        socket.setNoDelay(true)
        socket.on('error', reject)
      }),
  ),
)
latencies.sort((a, b) => a - b)
const at = (share: number): number => Math.round((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0) * 100) / 100
const requests = latencies.length
console.log(
  JSON.stringify({
    requests,
    events: (statuses['200'] ?? 0) * size,
    seconds: Number(seconds),
    statuses,
    bytesPerEvent: Math.round((build().bytes.length - 150) / size),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    generatorCpuMs: Math.round(process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000),
  }),
)
