import { parseArgs } from 'node:util'
import { eventually, freePort, read, SECRET_KEY, startServer, temporaryFolder } from '../test/server.ts'
import { fill, openStoreIn } from './fill.ts'
import { machine, timed } from './measure.ts'

/**
 * Sessions at size: lists, summary, one session, a person's usage, on generated events of one workspace over 60 days, with a session_id for five
 * events each; then with none, so that all are parted by gaps. `npm run bench -- sessions [--events 10000000] [--runs 9]`
 */
const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' }, runs: { type: 'string', default: '9' } } })
const events = Number(values.events)

const questions: Array<[name: string, path: string]> = [
  ['sessions, first page, 7 days', '/api/sessions'],
  ['sessions, first page, 30 days', '/api/sessions?days=30'],
  ['sessions under way', '/api/sessions?active=true'],
  ['sessions of one person, 30 days', '/api/sessions?days=30&user_id=user_77'],
  ['log-ins, 30 days', '/api/sessions?days=30&kind=login'],
  ['summary, 7 days', '/api/sessions/summary'],
  ['summary, 30 days', '/api/sessions/summary?days=30'],
  ['one session', `/api/sessions/s_${Math.floor(events / 10)}`],
  ['a person’s usage, 30 days', '/api/users/user_77/usage'],
  ['usage of everybody, 30 days', '/api/usage'],
  ['usage person by person, first page, 30 days', '/api/usage/people'],
]

console.log(machine())
for (const kind of ['with a session_id', 'without'] as const) {
  const folder = temporaryFolder()
  const port = await freePort()
  const start = () => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
  let server = await start()
  await server.stop()
  await fill(folder.path, events)
  if (kind === 'without') await takeSessions(folder.path)
  server = await start()
  await eventually(
    () => read<{ status: string }>(server.url, '/api/health'),
    (health) => health.status === 'ok',
    30_000,
  )
  console.log(`${events} events ${kind}`)
  const asked = questions.filter(([name]) => kind !== 'without' || name !== 'one session')
  const { url } = server
  await timed(asked, Number(values.runs), (path) => read(url, path, SECRET_KEY))
  await server.stop()
  folder.remove()
}

/** The same events without their session_id, and what follows from them made again by the migration itself. */
async function takeSessions(dataDir: string): Promise<void> {
  const { store, close } = await openStoreIn(dataDir)
  await store.command('ALTER TABLE cairn.events DROP INDEX by_session', { settings: { mutations_sync: 2 } })
  await store.command("ALTER TABLE cairn.events UPDATE session_id = '', session_key = 0 WHERE 1", {
    settings: { mutations_sync: 2, max_memory_usage: 4_000_000_000 },
  })
  await store.command('ALTER TABLE cairn.events ADD INDEX by_session session_key TYPE bloom_filter(0.01) GRANULARITY 1')
  const { sessionTables } = await import('../server/src/store/migrations/0005_sessions.ts')
  for (const statement of sessionTables.fill?.(store.dialect) ?? []) await store.command(statement)
  await close()
}
