import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import { DAY, iso } from '../server/src/base/time.ts'
import { compose, type Cairn } from '../server/src/compose.ts'
import { SECRET_KEY, temporaryFolder } from '../test/server.ts'
import { fill } from './fill.ts'
import { machine, median, processorMs, rounded } from './measure.ts'
import { startPeer } from './peer.ts'
import { cases, type Case } from './question-cases.ts'

/**
 * Each kind of question over 30 of 60 days of one workspace, by `POST /api/query` and by SQL written by hand for the same tables, in turns in
 * one run; no answer is given twice. Processor time is the engine's, and holds on a busy machine too. With `--peer` the same events are asked on a Postgres too.
 * `npm run bench -- questions [--events 10000000] [--runs 9] [--data <folder>] [--only <part of a name>] [--peer]`
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '9' },
    /** A folder that is filled once and used again. */
    data: { type: 'string' },
    only: { type: 'string', default: '' },
    peer: { type: 'boolean', default: false },
  },
})
const [events, runs] = [Number(values.events), Number(values.runs)]

console.log(machine())
const folder = values.data === undefined ? temporaryFolder() : { path: values.data, remove: () => undefined }
const start = (): Promise<Cairn> =>
  compose(readConfig({ CAIRN_DATA_DIR: folder.path, PORT: '0', CAIRN_SECRET_KEY: SECRET_KEY }), { log: makeLog('error'), clock: { now: () => Date.now() } })
if (!existsSync(join(folder.path, 'store'))) {
  await (await start()).close()
  const from = performance.now()
  await fill(folder.path, events)
  console.log(`${events} events filled in ${rounded((performance.now() - from) / 1_000)} s`)
}
const cairn = await start()
const url = await cairn.listen()
const { store } = cairn.store
const peer = values.peer ? await startPeer(store) : undefined

/** Thirty days up to now; a second less each time, so that no answer is known. */
let asked = 0
const span = (): { from: string; to: string } => ({ from: iso(Date.now() - 30 * DAY + ++asked * 1_000), to: iso(Date.now()) })

async function ask(question: object): Promise<number> {
  const from = performance.now()
  const answer = await fetch(`${url}/api/query`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${SECRET_KEY}` },
    body: JSON.stringify({ ...question, ...span(), timezone: 'UTC' }),
  })
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${body}`)
  return performance.now() - from
}
async function askByHand(text: string): Promise<number> {
  const { from, to } = span()
  const rows = `workspace_id = 1 AND NOT is_bot AND NOT is_internal AND event_timestamp >= parseDateTime64BestEffort('${from}', 3, 'UTC') AND event_timestamp < parseDateTime64BestEffort('${to}', 3, 'UTC')`
  const started = performance.now()
  const isAnswered = await store.query({ text: text.replaceAll('{rows}', rows), params: {} }).then(
    () => true,
    () => false,
  )
  // Beyond the memory that a query may take.
  return isAnswered ? performance.now() - started : Number.NaN
}
/** The most memory that one query of a question took, in MB, as the engine itself says it while the question is asked once more. */
async function peakMb(question: object): Promise<number> {
  let most = 0
  const asking = { is: true }
  const watch = (async () => {
    while (asking.is) {
      const { rows } = await store.query<{ bytes: string }>({
        text: "SELECT max(peak_memory_usage) AS bytes FROM system.processes WHERE query NOT LIKE '%system.processes%'",
        params: {},
      })
      most = Math.max(most, Number(rows[0]?.bytes ?? 0))
    }
  })()
  await ask(question)
  asking.is = false
  await watch
  return most / 2 ** 20
}
const p95 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * 0.95))] ?? 0

async function hold({ name, question, byHand, peer: theirSql, bound }: Case): Promise<void> {
  await ask(question)
  const own: number[] = []
  const hand: number[] = []
  const theirs: number[] = []
  const taken: number[] = []
  const processor = (): number => processorMs(cairn.store.engine?.status().pid ?? process.pid)
  for (let i = 0; i < runs; i++) {
    const before = processor()
    own.push(await ask(question))
    taken.push(processor() - before)
    if (byHand !== undefined) hand.push(await askByHand(byHand))
    if (peer !== undefined && theirSql !== undefined && i < 3) theirs.push(await peer.ask(theirSql, span()))
  }
  const beside =
    byHand === undefined
      ? ''
      : hand.includes(Number.NaN)
        ? '; by hand refused for memory'
        : `; by hand ${rounded(median(hand))} ms: ${rounded(median(own) / median(hand), 2)} times, ${rounded(median(own) - median(hand))} ms more`
  const besidePeer = theirs.length === 0 ? '' : `; Postgres ${rounded(median(theirs))} ms: ${rounded(median(theirs) / median(own))} times`
  console.log(
    `  ${name}: median ${rounded(median(own))} ms, p95 ${rounded(p95(own))} ms (asked for ${bound[events > 3e7 ? 1 : 0]}), ${median(taken)} ms of processor time (least ${Math.min(...taken)}), at most ${rounded(await peakMb(question))} MB a query${beside}${besidePeer}`,
  )
}
for (const one of cases.filter(({ name }) => name.includes(values.only)))
  await hold(one).catch((error: unknown) => console.log(`  ${one.name}: ${error instanceof Error ? error.message : String(error)}`))
await peer?.stop()
await cairn.close()
folder.remove()
