import { readConfig } from '../server/src/base/config.ts'
import { makeLog } from '../server/src/base/log.ts'
import type { Clock } from '../server/src/base/time.ts'
import { createKey } from '../server/src/catalog/keys.ts'
import { createWorkspace, type WorkspaceSettings } from '../server/src/catalog/workspaces.ts'
import { compose, type Cairn } from '../server/src/compose.ts'
import { temporaryFolder } from './server.ts'

/** A whole Cairn in this process, on a real engine and catalog, with the clock in the test's hand. One for each file; a workspace for each test. */
export interface TestCairn extends Cairn {
  url: string
  dataDir: string
  clock: Clock & { advance(ms: number): void }
  workspace(settings?: WorkspaceSettings): Promise<TestWorkspace>
}

export interface TestWorkspace {
  id: number
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

export async function startCairn(env: Record<string, string> = {}): Promise<TestCairn> {
  const folder = temporaryFolder()
  let offset = 0
  const clock = { now: () => Date.now() + offset, advance: (ms: number) => (offset += ms) }
  const cairn = await compose(readConfig({ CAIRN_DATA_DIR: folder.path, PORT: '0', ...env }), { log: makeLog(process.env['TEST_LOG'] ?? 'silent'), clock })
  const url = await cairn.listen()
  let made = 0
  const workspace = async (settings: WorkspaceSettings = {}): Promise<TestWorkspace> => {
    const { id } = await createWorkspace(cairn.catalog.db, { slug: `test-${++made}`, name: `Test ${made}`, ...settings })
    const { plain: writeKey } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'write', name: 'write' })
    const { plain: secretKey } = await createKey(cairn.catalog.db, { workspaceId: id, kind: 'secret', name: 'secret' })
    await cairn.directory.refresh()
    return {
      id,
      writeKey,
      secretKey,
      post: (path, body, headers = {}) =>
        ask(url + path, {
          method: 'POST',
          headers: { Authorization: `Bearer ${writeKey}`, 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify(body),
        }),
      get: async <T>(path: string) => {
        const answer = await ask(url + path, { headers: { Authorization: `Bearer ${secretKey}` } })
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
  const close = async (): Promise<void> => {
    await cairn.close()
    folder.remove()
  }
  return { ...cairn, url, dataDir: folder.path, clock, workspace, close }
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, body: (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>, headers: response.headers }
}
