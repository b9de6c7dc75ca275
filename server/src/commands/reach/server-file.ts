import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, markOf, type ProcessMark } from '../../store/engine/lock.ts'

/**
 * Where the running server of a data folder is, for commands on the same machine: `<data>/run/server.json`, readable by its user only, since
 * it holds the token that opens every workspace. Written once the server listens, removed when it stops. A kill leaves it behind; the
 * process it names is then dead, and the file is as good as absent.
 */
export interface RunningServer extends ProcessMark {
  url: string
  token: string
  /** A command without the server's DATABASE_URL would otherwise look into another catalog. */
  catalog: 'sqlite' | 'postgres'
}

const fileIn = (dataDir: string): string => join(dataDir, 'run', 'server.json')

/** Returns what takes it back. */
export function announce(dataDir: string, { address, token, catalog }: { address: string; token: string; catalog: RunningServer['catalog'] }): () => void {
  const file = fileIn(dataDir)
  const self: RunningServer = { ...(markOf(process.pid) ?? { pid: process.pid, born: '' }), url: fromHere(address), token, catalog }
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 })
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, JSON.stringify(self), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return () => {
    if (read(file)?.pid === process.pid) rmSync(file, { force: true })
  }
}

/** The server that runs on this data folder, if one does. */
export function findServer(dataDir: string): RunningServer | undefined {
  const server = read(fileIn(dataDir))
  return server && isAlive(server) ? server : undefined
}

/** An address that listens everywhere is reached by loopback. */
const fromHere = (address: string): string => address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

function read(file: string): RunningServer | undefined {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<RunningServer>
    return typeof found.pid === 'number' && typeof found.url === 'string' && typeof found.token === 'string' ? (found as RunningServer) : undefined
  } catch {
    return undefined
  }
}
