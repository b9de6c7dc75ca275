import { parseArgs } from 'node:util'
import { eventually, freePort, read, SECRET_KEY, startServer, temporaryFolder, type Server } from '../test/server.ts'
import { fill } from './fill.ts'
import { familyOf, machine, median, pssMb, rounded, timed } from './measure.ts'

/**
 * Reads at size: workspace analytics, one person's, the first page of filtered lists, restart and memory, on generated events of one
 * workspace over 60 days. `npm run bench -- read [--events 10000000] [--runs 9]`
 */
const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' }, runs: { type: 'string', default: '9' } } })
const events = Number(values.events)

const questions: Array<[name: string, path: string]> = [
  ['workspace analytics, 30 days', '/api/events/analytics?days=30'],
  ['workspace analytics with a timeline by day, 30 days', '/api/events/analytics?days=30&interval=day'],
  ['workspace analytics with a timeline by hour, 30 days', '/api/events/analytics?days=30&interval=hour'],
  ['one person’s analytics, 30 days', '/api/events/analytics?user_id=user_77&days=30'],
  ['first page, newest', '/api/events?days=30'],
  ['first page, one type', '/api/events?days=30&event_type=task_commented'],
  ['first page, one person', '/api/events?days=30&user_id=user_77'],
  ['first page, one entity', '/api/events?days=30&entity_type=project&entity_id=77'],
  ['first page, metadata.plan', '/api/events?days=30&metadata.plan=team'],
  ['one session', '/api/events/session/s_1000077'],
  ['people, first page', '/api/people?days=7'],
  ['people searched for, 30 days', '/api/people?days=30&search=user_77'],
  ['people searched for and not found, 30 days', '/api/people?days=30&search=nobody'],
  ['types', '/api/events/types'],
]

const folder = temporaryFolder()
const port = await freePort()
const start = (): Promise<Server> => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
console.log(machine())
let server = await start()
await server.stop()
const filledFrom = performance.now()
await fill(folder.path, events)
console.log(`${events} events filled in ${rounded((performance.now() - filledFrom) / 1_000)} s`)

const restarts: number[] = []
for (let i = 0; i < 3; i++) {
  const from = performance.now()
  server = await start()
  await eventually(
    () => read<{ status: string }>(server.url, '/api/health'),
    (h) => h.status === 'ok',
    30_000,
  )
  restarts.push(performance.now() - from)
  if (i < 2) await server.stop()
}
console.log(`restart to healthy: ${rounded(median(restarts))} ms (median of 3)`)
const { url } = server
await timed(questions, Number(values.runs), (path) => read(url, path, SECRET_KEY))
await new Promise((resolve) => setTimeout(resolve, 15_000))
console.log(`server and engine idle after these reads: ${pssMb(...familyOf(server.process.pid ?? 0))} MB`)
await server.stop()
folder.remove()
