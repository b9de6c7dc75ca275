import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { DAY, iso } from '../server/src/base/time.ts'
import { freePort, SECRET_KEY, startServer, temporaryFolder } from '../test/server.ts'
import { fill } from './fill.ts'
import { familyOf, machine, pssMb, rounded } from './measure.ts'

/**
 * A board of 12 widgets that 100 users open within 10 seconds, with 10 different ranges, each widget a request of its own: first while no answer is
 * known, then again. `npm run bench -- board [--events 10000000] [--users 100] [--data <folder>]`
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000000' }, users: { type: 'string', default: '100' }, data: { type: 'string' } },
})
const [events, users] = [Number(values.events), Number(values.users)]
const RANGES = 10
const WITHIN_MS = 10_000

const widgets: readonly object[] = [
  { kind: 'trends', series: [{ any: true }] },
  { kind: 'trends', series: [{ any: true, math: 'unique_users' }] },
  { kind: 'trends', series: [{ any: true, math: 'unique_sessions' }], interval: 'week' },
  { kind: 'trends', series: [{ event: 'page_viewed' }], breakdown: 'url_path' },
  { kind: 'trends', series: [{ event: 'task_viewed', math: 'unique_users' }], breakdown: 'metadata.plan' },
  { kind: 'trends', series: [{ event: 'task_viewed', math: 'p95:duration_ms' }] },
  { kind: 'trends', series: [{ event: 'task_commented' }, { event: 'task_viewed' }], formula: 'A / B' },
  { kind: 'funnel', steps: [{ event: 'page_viewed' }, { event: 'task_viewed' }, { event: 'task_commented' }], window: '7d' },
  { kind: 'retention', start: { event: 'page_viewed' }, return: { event: 'task_viewed' }, interval: 'week', periods: 4 },
  { kind: 'lifecycle', series: [{ event: 'task_viewed' }], interval: 'week' },
  { kind: 'stickiness', series: [{ event: 'page_viewed' }] },
  { kind: 'distribution', series: [{ event: 'task_viewed' }], field: 'duration_ms' },
]

console.log(machine())
const folder = values.data === undefined ? temporaryFolder() : { path: values.data, remove: () => undefined }
const port = await freePort()
const start = () => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
if (!existsSync(join(folder.path, 'store'))) {
  await (await start()).stop()
  await fill(folder.path, events)
}
const server = await start()
const now = Date.now()
const spans = Array.from({ length: RANGES }, (_, i) => ({ from: iso(now - (30 - i) * DAY).slice(0, 10), to: iso(now).slice(0, 10) }))
const pids = (): number[] => {
  const own = familyOf(server.process.pid ?? 0)
  return [...own, ...own.slice(1).flatMap((pid) => familyOf(pid).slice(1))]
}

async function ask(question: object): Promise<{ ms: number; status: number }> {
  const from = performance.now()
  const answer = await fetch(`${server.url}/api/query`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${SECRET_KEY}` },
    body: JSON.stringify({ ...question, timezone: 'UTC' }),
  })
  await answer.arrayBuffer()
  return { ms: performance.now() - from, status: answer.status }
}

async function open(name: string): Promise<void> {
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, pssMb(...pids()))), 250)
  const began = performance.now()
  const boards = await Promise.all(
    Array.from({ length: users }, async (_, user) => {
      await sleep((user / users) * WITHIN_MS)
      const from = performance.now()
      const answers = await Promise.all(widgets.map((widget) => ask({ ...widget, ...spans[user % RANGES] })))
      return { answers, ms: performance.now() - from }
    }),
  )
  clearInterval(watch)
  const answers = boards.flatMap((board) => board.answers)
  const at = (times: readonly number[], share: number): number =>
    rounded(times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)
  const wrong = answers.filter(({ status }) => status !== 200)
  const [each, whole] = [answers.map(({ ms }) => ms), boards.map(({ ms }) => ms)]
  console.log(
    `${name}: ${answers.length} answers in ${rounded((performance.now() - began) / 1_000, 1)} s, ${wrong.length} errors${wrong[0] ? ` (${wrong[0].status})` : ''}; ` +
      `a widget p50 ${at(each, 0.5)} ms, p95 ${at(each, 0.95)} ms, most ${at(each, 1)} ms; a whole board p50 ${at(whole, 0.5)} ms, p95 ${at(whole, 0.95)} ms; server and engine at most ${most} MB`,
  )
}
await open('cold')
await open('warm')
await server.stop()
folder.remove()
