import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real Cairn in a process of its own, started as `npm start` starts it, for tests that kill, stop and starve it. */
export const WRITE_KEY = 'test_write_key_0123456789'
export const SECRET_KEY = 'test_secret_key_0123456789'

export interface Server {
  url: string
  process: ChildProcess
  /** Everything it printed. */
  output: () => string
  /** SIGTERM, and waits. */
  stop: () => Promise<void>
  kill: () => Promise<void>
  enginePid: () => number
}

export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

export const temporaryFolder = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'cairn-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) }
}

const main = resolve(import.meta.dirname, '../server/src/main.ts')

/** Starts and waits until /api/health answers; rejects with what it printed where it ends instead. */
export async function startServer(options: { dataDir: string; port: number; env?: Record<string, string>; prefix?: string[] }): Promise<Server> {
  const [command, ...rest] = [...(options.prefix ?? []), process.execPath, '--disable-warning=ExperimentalWarning', main, 'start']
  const child = spawn(command ?? process.execPath, rest, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      CAIRN_DATA_DIR: options.dataDir,
      PORT: String(options.port),
      CAIRN_WRITE_KEY: WRITE_KEY,
      CAIRN_SECRET_KEY: SECRET_KEY,
      CAIRN_LOG_LEVEL: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (output += data.toString()))
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${options.port}`
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Cairn ended at start (${child.exitCode ?? child.signalCode}):\n${output}`)
    try {
      await fetch(`${url}/api/health`)
      break
    } catch {
      await sleep(20)
    }
  }
  return {
    url,
    process: child,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    enginePid: () => {
      const lock = JSON.parse(readFileSync(join(options.dataDir, 'run', 'server.lock'), 'utf8')) as { engine?: { pid: number } }
      if (!lock.engine) throw new Error('no engine in the lock file')
      return lock.engine.pid
    },
  }
}

export const send = (url: string, path: string, body: unknown, key = WRITE_KEY): Promise<Response> =>
  fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` }, body: JSON.stringify(body) })

export async function read<T>(url: string, path: string, key = SECRET_KEY): Promise<T> {
  const response = await fetch(url + path, { headers: { Authorization: `Bearer ${key}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Asks until `check` holds, and says what it saw last where it never does. */
export async function eventually<T>(ask: () => Promise<T>, check: (answer: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const end = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (check(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
    await sleep(100)
  }
}
