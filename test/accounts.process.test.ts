import { expect, onTestFinished, test } from 'vitest'
import { ask, cookieOf, PASSWORD, type Answer } from './cairn.ts'
import { cairn, run } from './commands.ts'
import { freePort, startServer, temporaryFolder, type Server } from './server.ts'

/** Accounts over the life of real processes: starts, restarts, and the command line beside a running server. */
const folder = (): string => {
  const made = temporaryFolder()
  onTestFinished(() => made.remove())
  return made.path
}
/** Real processes, and several of them, on a machine that does other things too. */
const PATIENCE_MS = 180_000
const start = async (dataDir: string, env: Record<string, string> = {}): Promise<Server> => {
  const server = await startServer({ dataDir, port: await freePort(), env: { CAIRN_LOG_LEVEL: 'trace', ...env } })
  onTestFinished(() => server.kill())
  return server
}
const post = (server: Server, path: string, body: unknown): Promise<Answer> => ask(server.url + path, { method: 'POST', body: JSON.stringify(body) })
const signIn = (server: Server, password: string, email = 'ada@example.com'): Promise<Answer> => post(server, '/api/auth/sign-in/email', { email, password })

test(
  'the start prints a link that makes the first user; it holds for that start only, sessions and waits outlive it, and no secret is logged',
  async () => {
    const dataDir = folder()
    const first = await start(dataDir)
    const token = /\/setup#token=([\w-]{43})\n/.exec(first.output())?.[1] ?? ''
    expect(first.output()).not.toContain('#key=')
    await first.stop()

    const second = await start(dataDir)
    const body = { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD }
    expect((await post(second, '/api/setup', body)).status).toBe(403)
    const link = /http\S+\/setup#token=([\w-]{43})\n/.exec(second.output())
    expect(link?.[0]).toContain(`http://localhost:${new URL(second.url).port}/setup`)
    const made = await post(second, '/api/setup', { ...body, token: link?.[1] })
    expect(made.status).toBe(200)
    const cookie = cookieOf(made)
    for (let n = 0; n < 5; n++) expect((await signIn(second, 'wrong password of ada')).status).toBe(401)
    expect((await signIn(second, PASSWORD)).status).toBe(429)
    await second.kill()

    const third = await start(dataDir)
    expect(third.output()).toContain(`Cairn is ready: http://localhost:${new URL(third.url).port}/\n`)
    expect(third.output()).not.toContain('token')
    expect((await signIn(third, PASSWORD)).status).toBe(429)
    expect((await ask(`${third.url}/api/account`, { headers: { Cookie: cookie } })).body).toMatchObject({ user: { email: 'ada@example.com' } })

    const reset = await cairn(dataDir, 'users', 'reset-password', 'Ada@example.com')
    expect([reset.code, reset.err]).toEqual([0, ''])
    const password = reset.out.split('\n')[0] ?? ''
    expect(password).toMatch(/^[\w-]{20}$/)
    expect((await ask(`${third.url}/api/account`, { headers: { Cookie: cookie } })).status).toBe(401)
    expect((await signIn(third, PASSWORD)).status).toBe(401)
    expect((await signIn(third, password)).status).toBe(200)
    await third.stop()
    const printed = [first, second, third].map((server) => server.output()).join('')
    for (const secret of [PASSWORD, password, 'wrong password of ada', cookie.split('=')[1] ?? 'x', 'ada@example.com']) expect(printed).not.toContain(secret)
  },
  PATIENCE_MS,
)

test(
  'the environment names the first user: both or neither, of a fair length; later starts change nothing',
  async () => {
    const dataDir = folder()
    const startWith = (env: Record<string, string>) => run(dataDir, ['start'], { PORT: '0', ...env }).ended
    const half = await startWith({ CAIRN_ADMIN_EMAIL: 'ada@example.com' })
    expect([half.code, half.err]).toEqual([1, 'CAIRN_ADMIN_EMAIL and CAIRN_ADMIN_PASSWORD belong together: set both, or none\n'])
    const short = await startWith({ CAIRN_ADMIN_EMAIL: 'ada', CAIRN_ADMIN_PASSWORD: 'hunter2' })
    expect(short.err).toContain('CAIRN_ADMIN_EMAIL (is "ada") must be an e-mail address')
    expect(short.err).toContain('CAIRN_ADMIN_PASSWORD must be 10 to 128 characters')
    expect(short.err).not.toContain('hunter2')

    const first = await start(dataDir, { CAIRN_ADMIN_EMAIL: 'Ada@Example.com', CAIRN_ADMIN_PASSWORD: PASSWORD })
    expect(first.output()).not.toContain('/setup')
    expect((await signIn(first, PASSWORD)).body).toMatchObject({ workspaces: [{ slug: 'default', role: 'owner' }] })
    await first.stop()
    const second = await start(dataDir, { CAIRN_ADMIN_EMAIL: 'eve@example.com', CAIRN_ADMIN_PASSWORD: 'another long password' })
    expect((await signIn(second, 'another long password', 'eve@example.com')).status).toBe(401)
    expect((await signIn(second, PASSWORD)).status).toBe(200)

    const made = await cairn(dataDir, 'workspace', 'create', 'acme', '--owner', 'ada@example.com', '--json')
    expect([made.code, made.json()['slug']]).toEqual([0, 'acme'])
    const nobody = await cairn(dataDir, 'workspace', 'create', 'other', '--owner', 'nobody@example.com')
    expect([nobody.code, nobody.err]).toEqual([1, 'There is no user nobody@example.com. `cairn users list` shows those there are.\n'])
    const listed = await cairn(dataDir, 'users', 'list', '--json')
    expect(listed.json()).toEqual({
      users: [
        {
          id: expect.any(String) as string,
          email: 'ada@example.com',
          name: 'Ada',
          created_at: expect.any(String) as string,
          workspaces: [
            { slug: 'default', role: 'owner' },
            { slug: 'acme', role: 'owner' },
          ],
        },
      ],
    })
    expect((await cairn(dataDir, 'users', 'list')).out).toMatch(/ada@example\.com {2}\d{4}-\d\d-\d\d {2}default \(owner\), acme \(owner\) {2}Ada\n/)
    expect((await cairn(dataDir, 'users', 'reset-password')).code).toBe(2)
    expect((await cairn(dataDir, 'users', 'reset-password', 'nobody@example.com')).code).toBe(1)
    expect((await cairn(dataDir, 'users', '--help')).out).toContain('cairn users reset-password ada@example.com')
  },
  PATIENCE_MS,
)
