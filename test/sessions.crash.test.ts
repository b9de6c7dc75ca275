import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, WRITE_KEY } from './server.ts'

const KILLS = 6
const CLIENTS = 3

interface Listed {
  sessions: Array<{ session_id: string; kind: string; end_reason: string | null; started_at: string; events: number }>
}

/** Of each client a person of its own, whose log-ins end each other, and whose events have no session_id. */
test('log-ins and ends leave all of their effects or none, and runs of events stay right, whatever is killed', { timeout: 240_000 }, async () => {
  const folder = temporaryFolder()
  const port = await freePort()
  const start = () => startServer({ dataDir: folder.path, port, env: { CAIRN_LOG_LEVEL: 'error' } })
  let server = await start()
  const started = new Set<string>()
  const ended = new Set<string>()
  const logged = new Set<string>()
  let stop = false
  /** Sends until it is answered. */
  const told = async (path: string, body: object, key: string): Promise<Record<string, unknown>> => {
    for (;;) {
      try {
        const response = await send(server.url, path, body, key)
        if (response.status === 200) return (await response.json()) as Record<string, unknown>
        if (response.status !== 503) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
      } catch (error) {
        if (error instanceof Error && error.message.startsWith(path)) throw error
      }
      await sleep(20)
    }
  }
  const client = async (n: number): Promise<void> => {
    for (let i = 0; !stop; i++) {
      const { session_id: id } = await told('/api/sessions/start', { user_id: `user${n}`, event_id: randomUUID(), single_session: true }, SECRET_KEY)
      started.add(String(id))
      const event_id = randomUUID()
      await told('/api/events/log', { event_id, event_type: 'worked', user_id: `user${n}` }, WRITE_KEY)
      logged.add(event_id)
      if (i % 2 === 0) {
        await told(`/api/sessions/${String(id)}/end`, { event_id: randomUUID() }, SECRET_KEY)
        ended.add(String(id))
      }
      await sleep(30)
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)))
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(300 + Math.random() * 900)
    if (kill % 3 === 2) process.kill(server.enginePid(), 'SIGKILL')
    else {
      await server.kill()
      server = await start()
    }
  }
  stop = true
  await clients
  await eventually(
    () => read<{ total: { pending: number } }>(server.url, '/api/ledger?by=total'),
    ({ total }) => total.pending === 0,
    60_000,
  )
  const { sessions } = await read<Listed>(server.url, '/api/sessions?limit=1000')
  const logins = new Map(sessions.filter(({ kind }) => kind === 'login').map((session) => [session.session_id, session]))
  expect([...started].filter((id) => !logins.has(id))).toEqual([])
  expect([...ended].filter((id) => logins.get(id)?.end_reason !== 'logout')).toEqual([])
  const runs = sessions.filter(({ kind }) => kind === 'web')
  expect(runs.map(({ events }) => events).reduce((sum, events) => sum + events, 0)).toBe(logged.size)
  expect(runs).toHaveLength(CLIENTS)
  await server.stop()
  const catalog = new DatabaseSync(join(folder.path, 'catalog.sqlite'), { readOnly: true })
  const known = catalog.prepare('select session_id, end_reason from login_sessions').all() as Array<{ session_id: string; end_reason: string | null }>
  const waiting = catalog.prepare('select count(*) as rows from outbox').get()
  catalog.close()
  const asPairs = (list: Iterable<{ session_id: string; end_reason: string | null }>): string[] =>
    [...list].map(({ session_id, end_reason }) => `${session_id} ${end_reason}`).toSorted((a, b) => (a < b ? -1 : 1))
  expect(asPairs(known)).toEqual(asPairs(logins.values()))
  expect(waiting).toEqual({ rows: 0 })
  expect(started.size).toBeGreaterThan(10)
  folder.remove()
})
