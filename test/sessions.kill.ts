import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { atEveryStep } from './kill.ts'
import { eventually, read, SECRET_KEY, send, type Server } from './server.ts'

/** Of a log-out, of a log-in that replaces another, and of the job that notes a stale one: what is there of each. */
export type Ends = `${'all' | 'none'} ${'all' | 'none'} ${'all' | 'none'}`

interface Log {
  token: string
  left: string
  replaced: string
  stale: string
  calls: { end: string; start: string }
}
interface Listed {
  session_id: string
  active: boolean
  started_at: string
  ended_at: string | null
  end_reason: string | null
}

const started = async (server: Server, body: object): Promise<string> => {
  const answer = await send(server.url, '/api/sessions/start', body, SECRET_KEY)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { session_id: string }).session_id
}

const sessionsOf = async ({ url }: Server, user: string): Promise<Listed[]> =>
  (await read<{ sessions: Listed[] }>(url, `/api/sessions?days=10&user_id=${user}`)).sessions

/** The catalog's word on the token, and the store's on the session. */
async function leftOf(server: Server, step: number, { token, left }: Log): Promise<'all' | 'none'> {
  const own = await fetch(`${server.url}/api/notifications`, { headers: { Authorization: `Bearer ${token}` } })
  const sessions = await sessionsOf(server, `ada${step}`)
  if (own.status === 200) {
    expect(sessions).toMatchObject([{ session_id: left, active: true, end_reason: null }])
    return 'none'
  }
  expect(own.status).toBe(401)
  expect(sessions).toMatchObject([{ session_id: left, active: false, end_reason: 'logout' }])
  return 'all'
}

async function replacedOf(server: Server, step: number, { replaced }: Log): Promise<'all' | 'none'> {
  const sessions = await sessionsOf(server, `bob${step}`)
  if (sessions.length === 1) {
    expect(sessions).toMatchObject([{ session_id: replaced, active: true, end_reason: null }])
    return 'none'
  }
  expect(sessions).toMatchObject([
    { active: true, end_reason: null },
    { session_id: replaced, active: false, end_reason: 'replaced' },
  ])
  return 'all'
}

const close = (server: Server): Promise<Response> => send(server.url, '/api/jobs/sessions:close-stale/run?wait=true', {}, SECRET_KEY)

/** What the job still finds to note; the session is stale at its last activity with its record and without. */
async function staleOf(server: Server, step: number, { stale }: Log): Promise<'all' | 'none'> {
  const [session] = await sessionsOf(server, `carol${step}`)
  expect(session).toMatchObject({ session_id: stale, active: false, end_reason: 'stale', ended_at: session?.started_at })
  const { run } = (await (await close(server)).json()) as { run: { state: string; result: { closed: number } } }
  expect(run.state).toBe('done')
  expect([0, 1]).toContain(run.result.closed)
  return run.result.closed === 0 ? 'all' : 'none'
}

/** Somebody logs out, somebody else logs in anew, and the job finds a third: of each nothing up to its commit, from then on everything, once. */
export async function killInSessionEnds(stride: number): Promise<Ends[]> {
  const logs = new Map<number, Log>()
  const logOf = (step: number): Log => {
    const log = logs.get(step)
    if (!log) throw new Error(`step ${step} was not prepared`)
    return log
  }
  const act = async (server: Server, step: number): Promise<Response> => {
    const { left, calls } = logOf(step)
    const ended = await send(server.url, `/api/sessions/${left}/end`, { event_id: calls.end }, SECRET_KEY)
    if (!ended.ok) return ended
    const again = await send(server.url, '/api/sessions/start', { user_id: `bob${step}`, single_session: true, event_id: calls.start }, SECRET_KEY)
    return again.ok ? await close(server) : again
  }
  const endsOf = (server: Server, step: number): Promise<Ends> =>
    eventually(
      async (): Promise<Ends> =>
        `${await leftOf(server, step, logOf(step))} ${await replacedOf(server, step, logOf(step))} ${await staleOf(server, step, logOf(step))}`,
      () => true,
    )
  return await atEveryStep<Ends>(stride, {
    prepare: async (server, step) => {
      const token = randomUUID()
      const ago = new Date(Date.now() - 3 * 86_400_000).toISOString()
      logs.set(step, {
        token,
        left: await started(server, { user_id: `ada${step}`, session_token: token }),
        replaced: await started(server, { user_id: `bob${step}` }),
        stale: await started(server, { user_id: `carol${step}`, occurred_at: ago }),
        calls: { end: randomUUID(), start: randomUUID() },
      })
    },
    act,
    look: async (server, step) => {
      const found = await endsOf(server, step)
      // The answers were not heard: whoever asks again gets them, and nothing happens twice.
      expect((await act(server, step)).status).toBe(200)
      expect(await endsOf(server, step)).toBe('all all all')
      return found
    },
  })
}
