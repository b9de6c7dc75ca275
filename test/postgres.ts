import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A private Postgres for tests: a real cluster in a folder of its own, fsync on, reached over a free port or its socket, no password.
 * A small shell watches over it and reads from this process: when the pipe closes, however this process ended (kill -9 too),
 * the shell stops the server and removes the folder. So nothing stays behind, and no other Postgres is touched.
 */
export interface TestPostgres {
  /** postgresql:// over TCP. */
  readonly url: string
  /** Folder of the unix socket. */
  readonly socket: string
  /** Path of its command-line client. */
  readonly psql: string
  /** Process id of the server itself. */
  readonly pid: number
  /** A fresh, empty database; answers its URL. */
  database(): Promise<string>
  stop(): Promise<void>
}

const WATCH = 'trap "" INT TERM HUP; "$@" & server=$!; read -r _; kill -QUIT $server; wait $server; cd /; rm -rf "$CLUSTER"'
const OLDEST = 15
const START_MS = 30_000

/** With settings over those for tests, each as `name=value`. Throws where no Postgres 15 or newer is installed. */
export const startPostgres = async ({ settings: given = [] }: { settings?: readonly string[] } = {}): Promise<TestPostgres> => {
  const bin = findBinaries()
  const folder = await mkdtemp(join(tmpdir(), 'cairn-pg-'))
  const as = asUser()
  if (as) await chown(folder, as.uid, as.gid)
  await chmod(folder, 0o700)
  const data = join(folder, 'data')
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', CLUSTER: folder }
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'], { ...as, cwd: folder, env, stdio: 'ignore' })
  const port = await freePort()
  const settings = [
    `listen_addresses=127.0.0.1`,
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'fsync=on',
    'max_connections=60',
    'shared_buffers=32MB',
    'logging_collector=off',
    ...given,
  ]
  const server = [join(bin, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  // A session of its own: Ctrl-C in the terminal reaches the tests, and the pipe's end reaches the shell.
  const watch = spawn('/bin/sh', ['-c', WATCH, 'sh', ...server], { ...as, cwd: folder, env, detached: true, stdio: ['pipe', 'ignore', 'pipe'] })
  let said = ''
  watch.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)))
  try {
    await ready(bin, port, watch)
  } catch (error) {
    watch.stdin?.end()
    throw new Error(`Postgres did not start: ${said}`, { cause: error })
  }
  let databases = 0
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
  return {
    url,
    socket: folder,
    psql: join(bin, 'psql'),
    pid: Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]),
    database: () => {
      const name = `test_${++databases}`
      execFileSync(join(bin, 'psql'), ['-X', '-q', '-c', `create database ${name}`, url], { env })
      return Promise.resolve(url.replace(/postgres$/, name))
    },
    stop: async () => {
      const gone = watch.exitCode === null ? once(watch, 'exit') : undefined
      watch.stdin?.end()
      await gone
      // The shell has done so already, unless it was killed itself.
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const findBinaries = (): string => {
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionIn(b) - versionIn(a))
  const found = [...debian, ...(process.env['PATH'] ?? '').split(delimiter)].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
  if (found === undefined) throw new Error(`Postgres is not installed: looked for initdb in /usr/lib/postgresql/*/bin and PATH`)
  const version = Number(/(\d+)/.exec(execFileSync(join(found, 'postgres'), ['--version'], { encoding: 'utf8' }))?.[1])
  if (version < OLDEST) throw new Error(`Postgres ${version} in ${found} is too old: ${OLDEST} or newer is needed`)
  return found
}

const versionIn = (folder: string): number => Number(/postgresql\/(\d+)/.exec(folder)?.[1] ?? 0)

/** Postgres refuses to run as root; Debian's package brings a user for it. */
const asUser = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      continue
    }
  }
  throw new Error('Postgres does not run as root, and there is no user postgres or nobody')
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

const ready = async (bin: string, port: number, watch: ChildProcess): Promise<void> => {
  for (const until = Date.now() + START_MS; Date.now() < until; await sleep(100)) {
    if (watch.exitCode !== null) throw new Error(`it ended with ${watch.exitCode}`)
    try {
      execFileSync(join(bin, 'psql'), ['-X', '-q', '-c', 'select 1', `postgresql://postgres@127.0.0.1:${port}/postgres`], { stdio: 'ignore' })
      return
    } catch {
      continue
    }
  }
  throw new Error(`it did not answer within ${START_MS} ms`)
}
