import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Socket paths are cut off by the system at 104 (macOS) to 108 bytes; the engine's stays under 100 whatever the data folder is called. */
const MAX_SOCKET_PATH_BYTES = 100

/** Path of the socket for a data folder: in a folder of the temporary directory that only this user can enter. */
export function socketPath(dataDir: string): string {
  const user = process.getuid?.() ?? 0
  const name = `${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}.sock`
  const folder = [tmpdir(), '/tmp'].map((base) => join(base, `cairn-${user}`)).find((path) => Buffer.byteLength(join(path, name)) < MAX_SOCKET_PATH_BYTES)
  if (folder === undefined) throw new Error('no folder with a path short enough for a socket')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder that belongs to user ${user} with mode 700: it holds the engine's socket. Remove it, or set TMPDIR.`)
  }
  return join(folder, name)
}
