import type { Role } from '@cairn/wire/roles'
import { insertUser, withHash } from '../server/src/accounts/users.ts'
import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import type { Clock } from '../server/src/base/time.ts'
import { createKey } from '../server/src/catalog/keys.ts'
import { insertMember } from '../server/src/catalog/members.ts'
import { change } from '../server/src/catalog/version.ts'
import { createWorkspace, type WorkspaceSettings } from '../server/src/catalog/workspaces.ts'
import { compose, type Cairn, type ComposeDeps } from '../server/src/compose.ts'
import { temporaryFolder } from './server.ts'

/** A whole Cairn in this process, on a real engine and catalog, with the clock in the test's hand. One for each file; a workspace for each test. */
export interface TestCairn extends Cairn {
  url: string
  dataDir: string
  clock: Clock & { advance(ms: number): void }
  workspace(settings?: WorkspaceSettings): Promise<TestWorkspace>
  /** Somebody with an account and a session, made for this test; a member of `workspace` where it is given. */
  user(of?: { workspace?: TestWorkspace; role?: Role; email?: string }): Promise<TestUser>
}

/** Asks with the session cookie, as a page of Cairn does; in the workspace of `user()` unless a header names another. */
export interface TestUser {
  id: string
  email: string
  password: string
  cookie: string
  get<T = Record<string, unknown>>(path: string, headers?: Record<string, string>): Promise<T>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface TestWorkspace {
  id: number
  slug: string
  writeKey: string
  secretKey: string
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  get<T = Record<string, unknown>>(path: string): Promise<T>
  call(method: string, path: string, body?: unknown): Promise<Answer>
}

export interface Answer {
  status: number
  body: Record<string, unknown>
  headers: Headers
}

export async function startCairn(env: Record<string, string> = {}, deps: Pick<ComposeDeps, 'rowsAtOnce'> = {}): Promise<TestCairn> {
  const folder = temporaryFolder()
  let offset = 0
  const clock = { now: () => Date.now() + offset, advance: (ms: number) => (offset += ms) }
  const cairn = await compose(readConfig({ CAIRN_DATA_DIR: folder.path, PORT: '0', ...env }), {
    log: makeLog(process.env['TEST_LOG'] ?? 'silent'),
    clock,
    ...deps,
  })
  const url = await cairn.listen()
  let made = 0
  let people = 0
  const workspace = async (settings: WorkspaceSettings = {}): Promise<TestWorkspace> => {
    const { id, slug } = await createWorkspace(cairn.catalog.db, { slug: `test-${++made}`, name: `Test ${made}`, ...settings })
    const { plain: writeKey } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'write', name: 'write' })
    const { plain: secretKey } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'secret', name: 'secret' })
    await cairn.directory.refresh()
    return {
      id,
      slug,
      writeKey,
      secretKey,
      post: (path, body, headers = {}) =>
        ask(url + path, {
          method: 'POST',
          headers: { Authorization: `Bearer ${writeKey}`, 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify(body),
        }),
      get: async <T>(path: string) => {
        const answer = await askFresh(url + path, { headers: { Authorization: `Bearer ${secretKey}` } })
        if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
        return answer.body as T
      },
      call: (method, path, body) =>
        ask(url + path, {
          method,
          headers: { Authorization: `Bearer ${secretKey}`, 'Content-Type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
    }
  }
  const user: TestCairn['user'] = async ({ workspace: in_, role = 'owner', email = `person-${++people}@example.com` } = {}) => {
    const hashed = await withHash({ name: email.split('@')[0] ?? '', email, password: PASSWORD })
    const made = await change(cairn.catalog.db, async (trx) => {
      const answer = await insertUser(trx, { ...hashed, now: clock.now() })
      if (in_) await insertMember(trx, { workspaceId: in_.id, userId: answer.id, role })
      return { answer, told: [] }
    })
    await cairn.directory.refresh()
    return { ...made, password: PASSWORD, ...(await signIn(url, { email: made.email, password: PASSWORD, workspace: in_?.slug })) }
  }
  const close = async (): Promise<void> => {
    await cairn.close()
    folder.remove()
  }
  return { ...cairn, url, dataDir: folder.path, clock, workspace, user, close }
}

export const PASSWORD = 'correct horse battery staple'

export async function signIn(
  url: string,
  { email, password, workspace }: { email: string; password: string; workspace?: string | undefined },
): Promise<Omit<TestUser, 'id' | 'email' | 'password'>> {
  const signedIn = await ask(`${url}/api/auth/sign-in/email`, { method: 'POST', body: JSON.stringify({ email, password }) })
  if (signedIn.status !== 200) throw new Error(`signing in answered ${signedIn.status}: ${JSON.stringify(signedIn.body)}`)
  const cookie = cookieOf(signedIn)
  const own = { Cookie: cookie, Origin: url, ...(workspace === undefined ? {} : { 'X-Cairn-Workspace': workspace }) }
  const call: TestUser['call'] = (method, path, body, headers = {}) =>
    ask(url + path, { method, headers: { ...own, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return {
    cookie,
    call,
    post: (path, body, headers) => call('POST', path, body, headers),
    get: async <T>(path: string, headers?: Record<string, string>) => {
      const answer = await call('GET', path, undefined, headers)
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      return answer.body as T
    },
  }
}

/** What a browser sends back of an answer's Set-Cookie. */
export const cookieOf = ({ headers }: Pick<Answer, 'headers'>): string =>
  headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

/** A busy machine may answer before it has loaded what was written, and says so: then it is asked again. */
async function askFresh(url: string, init: RequestInit): Promise<Answer> {
  for (let asked = 1; ; asked++) {
    const answer = await ask(url, init)
    if (!answer.headers.has('x-cairn-stale') || asked === MOST_ASKED) return answer
  }
}
const MOST_ASKED = 15

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, body: (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>, headers: response.headers }
}
