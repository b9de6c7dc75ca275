import { parseArgs } from 'node:util'
import { eventually, freePort, read, SECRET_KEY, startServer, temporaryFolder, WRITE_KEY } from '../test/server.ts'
import { familyOf, load, machine, median, noOpServer, pssMb, rounded, type LoadResult } from './measure.ts'

/**
 * Durable ingest: batches of 100 events and single events, each acknowledged only after its sync; then how long until all of it can be
 * queried, and what memory it took. The limits of the machine (HTTP without work, the same bodies) are measured in the same run.
 * `npm run bench -- ingest [--seconds 60] [--runs 3]`
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, runs: { type: 'string', default: '3' } } })
const seconds = Number(values.seconds)

interface Ledger {
  total: { stored: number; pending: number; gap: number }
}

async function oneRun(
  perRequest: number,
  connections: number,
): Promise<{ result: LoadResult; noOp: LoadResult; queryableMs: number; idleMb: number; peakMb: number; gap: number; lost: number }> {
  const noOpTarget = await noOpServer()
  const noOp = await load(noOpTarget.url, 'none', { perRequest, connections, seconds: Math.min(5, seconds) })
  noOpTarget.stop()
  const folder = temporaryFolder()
  const server = await startServer({ dataDir: folder.path, port: await freePort(), env: { CAIRN_LOG_LEVEL: 'error' } })
  const pids = familyOf(server.process.pid ?? 0)
  const idleMb = pssMb(...pids)
  let peakMb = 0
  const watch = setInterval(() => (peakMb = Math.max(peakMb, pssMb(...pids))), 500)
  const result = await load(server.url, WRITE_KEY, { perRequest, connections, seconds })
  clearInterval(watch)
  const endedAt = performance.now()
  const { total } = await eventually(
    () => read<Ledger>(server.url, '/api/ledger?by=total', SECRET_KEY),
    (l) => l.total.stored >= result.events,
    120_000,
  )
  const queryableMs = performance.now() - endedAt
  await server.stop()
  folder.remove()
  return { result, noOp, queryableMs, idleMb, peakMb, gap: total.gap, lost: result.events - total.stored }
}

console.log(machine())
for (const [name, perRequest, connections] of [
  ['batches of 100', 100, 16],
  ['single events', 1, 32],
] as const) {
  const runs = []
  for (let i = 0; i < Number(values.runs); i++) {
    const run = await oneRun(perRequest, connections)
    runs.push(run)
    const { result } = run
    console.log(
      `${name}: ${rounded(result.events / result.seconds)} events/s (${rounded(result.requests / result.seconds)} requests/s, ${result.bytesPerEvent} bytes an event), acknowledged p50 ${result.p50} ms, p99 ${result.p99} ms, max ${result.max} ms; ` +
        `queryable ${rounded(run.queryableMs)} ms after the end; idle ${run.idleMb} MB, peak ${run.peakMb} MB; no-op HTTP ${rounded(run.noOp.requests / run.noOp.seconds)} requests/s (ratio ${rounded(result.requests / result.seconds / (run.noOp.requests / run.noOp.seconds), 2)}); ` +
        `statuses ${JSON.stringify(result.statuses)}, lost ${run.lost}, gap ${run.gap}`,
    )
  }
  console.log(
    `${name}, median of ${runs.length}: ${rounded(median(runs.map((r) => r.result.events / r.result.seconds)))} events/s, p99 ${median(runs.map((r) => r.result.p99))} ms, queryable after ${rounded(median(runs.map((r) => r.queryableMs)))} ms`,
  )
}
