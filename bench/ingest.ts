import { copyFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { eventually, freePort, read, SECRET_KEY, startServer, temporaryFolder, WRITE_KEY, type Server } from '../test/server.ts'
import { makeLog } from '../server/src/base/log.ts'
import { Loader } from '../server/src/ingest/loader.ts'
import { openStoreIn } from './fill.ts'
import { familyOf, load, machine, median, noOpServer, pssMb, rounded, type LoadResult } from './measure.ts'

/**
 * Durable ingest: batches of 100 events and single events, each acknowledged only after its sync; then how long until all of it can be
 * queried, and what memory it took. The limits of the machine are measured in the same run: HTTP without work with the same bodies, and the
 * engine loading the same rows with nothing beside it.
 * `npm run bench -- ingest [--seconds 60] [--runs 3] [--rate 60000]`: with a rate, batches only, at so many events a second
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, runs: { type: 'string', default: '3' }, rate: { type: 'string', default: '0' } },
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)

interface Ledger {
  total: { stored: number; pending: number; gap: number }
}

async function oneRun(
  perRequest: number,
  connections: number,
): Promise<{
  result: LoadResult
  noOp: LoadResult
  queryableMs: number
  idleMb: number
  peakMb: number
  gap: number
  lost: number
  engineRowsPerSecond: number
}> {
  const noOpTarget = await noOpServer()
  const noOp = await load(noOpTarget.url, 'none', { perRequest, connections, seconds: Math.min(5, seconds) })
  noOpTarget.stop()
  const folder = temporaryFolder()
  const server = await startServer({ dataDir: folder.path, port: await freePort(), env: { CAIRN_LOG_LEVEL: 'error' } })
  const pids = familyOf(server.process.pid ?? 0)
  const idleMb = pssMb(...pids)
  let peakMb = 0
  const watch = setInterval(() => (peakMb = Math.max(peakMb, pssMb(...pids))), 500)
  const result = await load(server.url, WRITE_KEY, { perRequest, connections, seconds, rate })
  clearInterval(watch)
  const endedAt = performance.now()
  const { total } = await eventually(
    () => read<Ledger>(server.url, '/api/ledger?by=total', SECRET_KEY),
    (l) => l.total.stored >= result.events,
    120_000,
  )
  const queryableMs = performance.now() - endedAt
  const segment = await captureSegment(server, folder.path, perRequest, connections)
  await server.stop()
  const engineRowsPerSecond = await loadAlone(segment)
  folder.remove()
  return { engineRowsPerSecond, result, noOp, queryableMs, idleMb, peakMb, gap: total.gap, lost: result.events - total.stored }
}

/** A sealed segment of the very rows: the engine is held for a moment, so that one stays in the journal. */
async function captureSegment(server: Server, dataDir: string, perRequest: number, connections: number): Promise<string> {
  const engine = server.enginePid()
  process.kill(engine, 'SIGSTOP')
  try {
    await load(server.url, WRITE_KEY, { perRequest, connections, seconds: 3 })
    const segments = join(dataDir, 'journal/segments')
    const largest = readdirSync(segments)
      .filter((name) => name.endsWith('.tsv'))
      .toSorted((a, b) => statSync(join(segments, b)).size - statSync(join(segments, a)).size)[0]
    if (largest === undefined) throw new Error('no segment was sealed')
    const copy = join(dataDir, 'captured.tsv')
    copyFileSync(join(segments, largest), copy)
    return copy
  } finally {
    process.kill(engine, 'SIGCONT')
  }
}

/** Rows a second that the engine takes of this segment, loaded eight times over into an empty store, with nothing beside it. */
async function loadAlone(path: string): Promise<number> {
  const folder = temporaryFolder()
  const { store, close } = await openStoreIn(folder.path)
  const log = makeLog('error')
  const loader = new Loader({ store, dir: join(folder.path, 'work'), log, node: 'bench', afterLoad: [] })
  const bytes = statSync(path).size
  const from = performance.now()
  for (let number = 1; number <= 8; number++) await loader.load({ number, path, bytes, lastSeq: number, receipts: [], ids: 0 }, new AbortController().signal)
  const rows = loader.loadedEvents
  const elapsed = performance.now() - from
  await close()
  folder.remove()
  return (rows / elapsed) * 1_000
}

console.log(machine())
for (const [name, perRequest, connections] of [
  ['batches of 100', 100, 16],
  ['single events', 1, 32],
] as const) {
  if (rate > 0 && perRequest === 1) continue
  const runs = []
  for (let i = 0; i < Number(values.runs); i++) {
    const run = await oneRun(perRequest, connections)
    runs.push(run)
    const { result } = run
    console.log(
      `${name}: ${rounded(result.events / result.seconds)} events/s (${rounded(result.requests / result.seconds)} requests/s, ${result.bytesPerEvent} bytes an event), acknowledged p50 ${result.p50} ms, p99 ${result.p99} ms, max ${result.max} ms; ` +
        `queryable ${rounded(run.queryableMs)} ms after the end; idle ${run.idleMb} MB, peak ${run.peakMb} MB; no-op HTTP ${rounded(run.noOp.requests / run.noOp.seconds)} requests/s (ratio ${rounded(result.requests / result.seconds / (run.noOp.requests / run.noOp.seconds), 2)}), engine alone ${rounded(run.engineRowsPerSecond)} rows/s (ratio ${rounded(result.events / result.seconds / run.engineRowsPerSecond, 2)}); ` +
        `statuses ${JSON.stringify(result.statuses)}, lost ${run.lost}, gap ${run.gap}`,
    )
  }
  console.log(
    `${name}, median of ${runs.length}: ${rounded(median(runs.map((r) => r.result.events / r.result.seconds)))} events/s, p99 ${median(runs.map((r) => r.result.p99))} ms, queryable after ${rounded(median(runs.map((r) => r.queryableMs)))} ms`,
  )
}
