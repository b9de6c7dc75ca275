import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder, eventually, freePort, read, SECRET_KEY, send, startServer, type Server } from './server.ts'

/** What the tests of faults share: a client that sends until it is acknowledged, what health says, and what is there in the end. */
export interface Part {
  status: 'ok' | 'degraded' | 'down'
  message?: string
  remedy?: string
  damaged_records?: number
  cut_at_start_bytes?: number
}
export interface HealthAnswer {
  code: number
  status: 'ok' | 'degraded' | 'down'
  parts: Record<'journal' | 'loader' | 'store' | 'catalog', Part>
}

export async function healthOf(url: string): Promise<HealthAnswer> {
  const response = await fetch(`${url}/api/health`)
  return { code: response.status, ...((await response.json()) as Omit<HealthAnswer, 'code'>) }
}

/** Health as it is once a part is not ok, however shortly; rejects where that never shows. */
export async function healthNames(url: string, part: keyof HealthAnswer['parts']): Promise<HealthAnswer> {
  const end = performance.now() + 10_000
  for (;;) {
    const health = await healthOf(url)
    if (health.parts[part].status !== 'ok') return health
    if (performance.now() > end) throw new Error(`health did not name ${part} within 10 s: ${JSON.stringify(health)}`)
    await sleep(10)
  }
}
/** 30 s: what is promised after the end of every fault. */
export const healthIsOk = (url: string): Promise<HealthAnswer> =>
  eventually(
    () => healthOf(url),
    (health) => health.code === 200 && health.status === 'ok',
  )

export interface Client {
  /** Ids of events that were acknowledged. */
  acknowledged: Set<string>
  /** Longest time that one request took, answered or not, in milliseconds. */
  slowestMs: number
  /** Requests that were not answered with 200, by status; 0 is a connection that failed. */
  failures: Record<string, number>
  /** Sends on until the batch under way is acknowledged, then ends. */
  stop(): Promise<void>
}

const BATCH = 20

/** Sends a batch every `pauseMs`, and each again until it is acknowledged; the url may change when the server starts anew. */
export function startClient(url: () => string, pauseMs = 20): Client {
  let stopped = false
  const attempt = async (events: unknown[]): Promise<number> => {
    const from = performance.now()
    try {
      const response = await send(url(), '/api/events/log/batch', { events })
      await response.text()
      return response.status
    } catch {
      return 0
    } finally {
      client.slowestMs = Math.max(client.slowestMs, performance.now() - from)
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      const events = Array.from({ length: BATCH }, (_, i) => ({
        event_id: randomUUID(),
        event_type: `fault_${i % 3}`,
        user_id: `user${i}`,
        metadata: { i, text: 'x'.repeat(100) },
      }))
      for (;;) {
        const status = await attempt(events)
        if (status === 200) break
        client.failures[status] = (client.failures[status] ?? 0) + 1
        if (status !== 503 && status !== 0) throw new Error(`a batch was answered ${status}`)
        await sleep(50)
      }
      for (const { event_id } of events) client.acknowledged.add(event_id)
      await sleep(pauseMs)
    }
  }
  const running = run()
  running.catch(() => undefined)
  const client: Client = {
    acknowledged: new Set(),
    slowestMs: 0,
    failures: {},
    stop: () => {
      stopped = true
      return running
    },
  }
  return client
}

export interface Reckoning {
  missing: string[]
  twice: number
  gap: number
  damaged: number
}

/** After everything is loaded: which acknowledged events the store does not have, and what the ledger says. */
export async function reckon(url: string, acknowledged: ReadonlySet<string>): Promise<Reckoning> {
  const { total } = await eventually(
    () => read<{ total: Record<'pending' | 'gap' | 'damaged', number> }>(url, '/api/ledger?by=total'),
    (ledger) => ledger.total.pending === 0,
  )
  const exported = await fetch(`${url}/api/events/export?days=2`, { headers: { Authorization: `Bearer ${SECRET_KEY}` } })
  const ids = (await exported.text()).split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { event_id: string }).event_id]))
  const stored = new Set(ids)
  return { missing: [...acknowledged].filter((id) => !stored.has(id)), twice: ids.length - stored.size, gap: total.gap, damaged: total.damaged }
}
export const nothingLost: Reckoning = { missing: [], twice: 0, gap: 0, damaged: 0 }

/** A server in a folder of its own that can be started again in the same place; cleared away when the test is over. */
export interface Place {
  dataDir: string
  url: string
  server: Server
  start: (env?: Record<string, string>) => Promise<Server>
}

export async function withServer(test: (place: Place) => Promise<void>, env: Record<string, string> = {}, dataDir?: string): Promise<void> {
  const folder = dataDir === undefined ? temporaryFolder() : { path: dataDir, remove: () => undefined }
  const port = await freePort()
  const start = async (more: Record<string, string> = env): Promise<Server> =>
    (place.server = await startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error', ...more } }))
  const place: Place = { dataDir: folder.path, url: `http://127.0.0.1:${port}`, server: undefined as unknown as Server, start }
  try {
    await start()
    await test(place)
  } finally {
    await place.server?.kill()
    folder.remove()
  }
}

export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
