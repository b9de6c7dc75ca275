import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { SnippetFile } from '../../dashboard/src/screens/start/snippets.ts'
import type { TestCairn, TestWorkspace } from '../cairn.ts'
import { eventually, freePort, temporaryFolder } from '../server.ts'

const root = resolve(import.meta.dirname, '../..')
/** A cold install of the largest takes most of it. */
const START_MS = 300_000

/** An example in a folder of its own, started by `npm start` as its README says. */
export interface Example {
  url: string
  folder: string
  output: () => string
  /** SIGTERM to its whole group, as a terminal that closes sends it, and waits. */
  stop: () => Promise<void>
}

export interface Circumstances {
  cairn: TestCairn
  workspace: TestWorkspace
  packages: 'here' | 'npm'
  env?: Record<string, string>
  /** Of an application that is no example: by their path, with a package.json as the examples have it. */
  files?: Record<string, string>
}

/**
 * `packages: 'here'` lays the packages of this repository and the trackers that the Cairn serves where npm would have put them, so that the start
 * finds all installed and asks no registry; `'npm'` leaves it to the start.
 */
export async function startExample(name: string, { cairn, workspace, packages, env = {}, files }: Circumstances): Promise<Example> {
  const home = temporaryFolder()
  const folder = join(home.path, name)
  cpSync(join(root, 'examples/start.mjs'), join(home.path, 'start.mjs'))
  if (files) write(folder, files)
  else cpSync(join(root, 'examples', name), folder, { recursive: true, filter: (path) => !/\/(node_modules|dist|build|\.next|\.svelte-kit)$/.test(path) })
  if (packages === 'here') await lay(folder, cairn.url)
  const port = await freePort()
  const child = spawn('npm', ['start'], {
    cwd: folder,
    env: {
      ...ownEnvironment(),
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      PORT: String(port),
      CAIRN_URL: cairn.url,
      CAIRN_WRITE_KEY: workspace.writeKey,
      CAIRN_SECRET_KEY: workspace.secretKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const closed = once(child, 'close')
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await closed
    home.remove()
  }
  const url = `http://localhost:${port}`
  const end = performance.now() + START_MS
  for (;;) {
    if (child.exitCode !== null || performance.now() > end) {
      await stop()
      throw new Error(`"npm start" of ${name} did not come up:\n${output}`)
    }
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) break
    await sleep(50)
  }
  return { url, folder, output: () => output, stop }
}

export function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** As the user's own shell has it, without what the launchers of the tests have set. */
const ownEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|CAIRN_|TEST_|LAUNCHER_|VITEST|INIT_CWD$|NODE_ENV$|NODE_COMPILE_CACHE$|NODE$)/.test(name)),
  )

export async function lay(folder: string, cairnUrl: string): Promise<void> {
  const { dependencies = {}, cairn: trackers = [] } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
    cairn?: string[]
  }
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  symlinkSync(join(root, 'node_modules/.bin'), join(modules, '.bin'))
  for (const [name, version] of Object.entries(dependencies)) {
    const own = join(root, 'node_modules', name)
    const here = existsSync(own) ? (JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { version: string }).version : 'none'
    if (here !== version) throw new Error(`${folder} asks for ${name} ${version}, this repository has ${here}: give both one version`)
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(own, join(modules, name))
  }
  for (const tracker of trackers) {
    const response = await fetch(`${cairnUrl}/packages/cairn-${tracker}.tgz`)
    if (!response.ok) throw new Error(await response.text())
    const archive = join(modules, `.cairn-${tracker}.tgz`)
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()))
    const into = join(modules, '@cairn', tracker)
    mkdirSync(into, { recursive: true })
    await promisify(execFile)('tar', ['xzf', archive, '--strip-components=1', '-C', into])
  }
}

/** Of a page that somebody looks at for a moment: what records by itself is loaded when the page has nothing else to load. */
export const SETTLED = { waitUntil: 'networkidle' } as const

/** A browser of one person, whose pages note exceptions, errors of the console and answers that are none. */
export async function visitor(browser: Browser): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } })
  const faults: string[] = []
  context.on('weberror', (error) => faults.push(error.error().message))
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`)
  })
  const page = await context.newPage()
  return { context, page, faults }
}

export interface Told {
  event_type: string
  event_category: string
  user_id: string | null
  anonymous_id: string | null
  session_id: string | null
  entity_type: string | null
  entity_id: string | null
  duration_ms: number | null
  device_type: string
  event_metadata: Record<string, unknown>
}

/** Events of the workspace in the order in which they happened, as soon as all these types are there. */
export async function eventsOf(workspace: TestWorkspace, types: readonly string[]): Promise<Told[]> {
  const { events } = await eventually(
    () => workspace.get<{ events: Told[] }>('/api/events?limit=500'),
    ({ events }) => types.every((type) => events.some((event) => event.event_type === type)),
  )
  return events.toReversed()
}

/** As short as an expectation of many events is readable: `type entity/id by user`. */
export const line = ({ event_type, entity_type, entity_id, user_id }: Told): string =>
  `${event_type}${entity_id ? ` ${entity_type}/${entity_id}` : ''} by ${user_id || 'nobody'}`

/** What a snippet says to write; its command installs what the start of an example installs. */
export const filesOf = (snippet: readonly SnippetFile[]): Record<string, string> =>
  Object.fromEntries(snippet.filter(({ name }) => name !== 'npm').map(({ name, code }) => [name, code]))
