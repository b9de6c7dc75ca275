import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, WRITE_KEY } from '../test/server.ts'
import { fill } from './fill.ts'
import { machine, rounded, timed } from './measure.ts'

/**
 * Tasks at size: what hosts and screens ask of 5,000 tasks with two assignees each, on generated events of one workspace over 60 days; then
 * views told one by one at a steady rate, each acknowledged after its sync. `npm run bench -- entities [--events 1000000] [--runs 9] [--rate 200] [--seconds 20]`
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '9' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
  },
})
const events = Number(values.events)
const TASKS = 5_000
const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
const month = `from=${day(30)}&to=${day(0)}`

const questions: Array<[name: string, path: string]> = [
  ['tasks, first page', '/api/tasks'],
  ['tasks of one assignee', '/api/tasks?assignee=user_77'],
  ['one task', '/api/tasks/77'],
  ['its engagement', '/api/tasks/77/engagement'],
  ['its comments, 30 days', '/api/tasks/77/comments/trend?days=30'],
  ['its rejections', '/api/tasks/77/rejections'],
  ['a person’s rejections', '/api/users/user_77/rejections'],
  ['has viewed', '/api/users/user_77/has-viewed?entity_type=task&entity_id=77'],
  ['unopened', '/api/entities/task/unopened'],
  ['summary', '/api/entities/task/summary'],
  ['durations, 30 days', `/api/entities/task/durations?${month}`],
  ['transitions', '/api/entities/task/transitions'],
  ['notifications', '/api/notifications?user_id=user_77'],
  ['projects against baseline', '/api/projects/against-baseline'],
  ['tracking', '/api/health/tracking'],
  ['readiness', '/api/health/readiness'],
]

console.log(machine())
const folder = temporaryFolder()
const port = await freePort()
const start = () => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
let server = await start()
await server.stop()
await fill(folder.path, events, { entityType: 'task' })
server = await start()
for (let first = 0; first < TASKS; first += 500) {
  const entities = Array.from({ length: 500 }, (_, n) => first + n).flatMap((n) => [
    {
      entity_type: 'task',
      entity_id: String(n),
      attributes: { title: `Task ${n}`, status: ['open', 'in_progress', 'completed'][n % 3], project_id: String(n % 200), created_by: 'user_1' },
      assignees: [`user_${n % 2_000}`, `user_${(n * 7) % 90_000}`],
    },
    ...(n < 200 ? [{ entity_type: 'project', entity_id: String(n), attributes: { title: `Project ${n}`, status: n % 2 ? 'completed' : 'active' } }] : []),
  ])
  const answer = await send(server.url, '/api/entities/batch', { entities }, SECRET_KEY)
  if (answer.status !== 200) throw new Error(`tasks were answered with ${answer.status}: ${await answer.text()}`)
}
await eventually(
  () => read<{ status: string }>(server.url, '/api/health'),
  (health) => health.status === 'ok',
  30_000,
)
console.log(`${events} events, ${TASKS} tasks`)
await timed(questions, Number(values.runs), (path) => read(server.url, path, SECRET_KEY))

// At a rate, not one after the other: what waits while the server is slow counts as slow.
const rate = Number(values.rate)
const took: number[] = []
const refused: number[] = []
const began = performance.now()
const under: Promise<void>[] = []
for (let n = 0; n < rate * Number(values.seconds); n++) {
  const due = began + (n * 1_000) / rate
  const wait = due - performance.now()
  if (wait > 0) await sleep(wait)
  under.push(
    send(server.url, `/api/tasks/${n % TASKS}/track-view`, { user_id: `user_${n % 2_000}` }, WRITE_KEY).then(async (answer) => {
      await answer.arrayBuffer()
      took.push(performance.now() - due)
      if (answer.status !== 200) refused.push(answer.status)
    }),
  )
}
await Promise.all(under)
took.sort((a, b) => a - b)
const at = (share: number): number => rounded(took[Math.floor(took.length * share)] ?? 0, 1)
console.log(`track-view at ${rate} a second: ${took.length} requests, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, ${refused.length} refused`)
await server.stop()
folder.remove()
