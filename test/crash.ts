import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, type Server } from './server.ts'

export interface Ledger {
  total: Record<'received' | 'accepted' | 'stored' | 'deduplicated' | 'pending' | 'damaged' | 'quarantined' | 'not_recorded' | 'gap', number>
}

export interface CrashResult {
  kills: { server: number; engine: number; both: number }
  acknowledged: number
  stored: number
  distinct: number
  missing: string[]
  twice: string[]
  ledger: Ledger['total']
  longestOutageMs: number
}

/** The engine may be gone already, from the kill before: then this kill meets a restart. */
function killEngine(server: Server): void {
  try {
    process.kill(server.enginePid(), 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const CLIENTS = 4

/**
 * Clients send batches and send each again until it is acknowledged, while server, engine or both are killed with SIGKILL at random
 * moments; then everything that was acknowledged is looked for. Batches span three months, so that a segment makes three parts.
 */
export async function crashLoop(kills: number, { batch, pauseMs }: { batch: number; pauseMs: number }): Promise<CrashResult> {
  const random = Math.random
  const folder = temporaryFolder()
  const port = await freePort()
  const start = (): Promise<Server> => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
  let server = await start()
  const acknowledged = new Set<string>()
  let stop = false
  const client = async (): Promise<void> => {
    while (!stop) {
      const events = Array.from({ length: batch }, (_, i) => ({
        event_id: randomUUID(),
        event_type: `crash_type${i % 5}`,
        user_id: `user${i}`,
        session_id: `session${i % 9}`,
        metadata: { i },
        timestamp: new Date(Date.now() - (i % 3) * 31 * 86_400_000).toISOString(),
      }))
      for (;;) {
        try {
          const response = await send(server.url, '/api/events/log/batch', { events })
          if (response.status === 200) {
            for (const event of events) acknowledged.add(event.event_id)
            break
          }
          if (response.status !== 503) throw new Error(`batch answered ${response.status}: ${await response.text()}`)
        } catch (error) {
          if (error instanceof Error && error.message.startsWith('batch answered')) throw error
        }
        await sleep(20)
      }
      await sleep(pauseMs)
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, client))
  const counts = { server: 0, engine: 0, both: 0 }
  let longestOutageMs = 0
  for (let n = 0; n < kills; n++) {
    await sleep(100 + random() * 900)
    const what = random()
    const from = performance.now()
    if (what < 0.4) {
      counts.engine++
      killEngine(server)
      await sleep(random() * 500)
      continue
    }
    if (what < 0.6) {
      counts.both++
      killEngine(server)
    } else counts.server++
    await server.kill()
    server = await start()
    longestOutageMs = Math.max(longestOutageMs, performance.now() - from)
  }
  stop = true
  await clients
  const { total } = await eventually(
    () => read<Ledger>(server.url, '/api/ledger?by=total'),
    (l) => l.total.pending === 0,
    60_000,
  )
  const stored = new Map<string, number>()
  for await (const id of storedIds(server.url)) stored.set(id, (stored.get(id) ?? 0) + 1)
  await server.stop()
  folder.remove()
  return {
    kills: counts,
    acknowledged: acknowledged.size,
    stored: [...stored.values()].reduce((a, b) => a + b, 0),
    distinct: stored.size,
    missing: [...acknowledged].filter((id) => !stored.has(id)),
    twice: [...stored].filter(([, n]) => n > 1).map(([id]) => id),
    ledger: total,
    longestOutageMs,
  }
}

/** What of a result must be empty, to be compared whole. */
export const wrongWith = ({ missing, twice, stored, ledger }: CrashResult): object => ({
  missing,
  twice,
  gap: ledger.gap,
  damaged: ledger.damaged,
  uncounted: ledger.stored - stored,
})
export const nothingWrong = { missing: [], twice: [], gap: 0, damaged: 0, uncounted: 0 }

/** Ids of all stored events, read as they come: the long form stores millions. */
async function* storedIds(url: string): AsyncGenerator<string> {
  const response = await fetch(`${url}/api/events/export?days=120&format=csv`, { headers: { Authorization: `Bearer ${SECRET_KEY}` } })
  let rest = ''
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    // The id is the first column; metadata may hold line feeds of its own.
    for (const line of lines) if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22},/.test(line)) yield line.slice(0, 36)
  }
}
