import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Stopped } from './install.mjs'

/**
 * The screens, built from dashboard/ into dashboard/dist, and knowing whether that is needed.
 *
 * dashboard/dist/.stamp holds the SHA-256 of everything they are made from: dashboard/ itself, the contract in packages/wire and the lock of
 * the packages. It is removed before the build begins and written when it has ended, so a build killed at any moment is made again in full.
 */
const dist = (root) => join(root, 'dashboard/dist')
const stampOf = (root) => join(dist(root), '.stamp')

export function areBuilt(root) {
  try {
    return readFileSync(stampOf(root), 'utf8') === sourceHash(root) && existsSync(join(dist(root), 'index.html'))
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

/** Runs the build with this Node to its end; `onChild(pid)` learns of the process. Throws an Error whose message holds the last lines and the remedy, or Stopped. */
export async function build(root, node, onChild) {
  const stamp = sourceHash(root)
  mkdirSync(dist(root), { recursive: true })
  rmSync(stampOf(root), { force: true })
  // Vitest's NODE_ENV would build React as it is for development: half again as large, and asking for everything twice.
  // A group of its own, as the lock ends what a dead holder left behind.
  const child = spawn(node, viteArgs(root), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, NODE_ENV: 'production' } })
  if (child.pid !== undefined) onChild(child.pid)
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  let stoppedBy
  const stop = (signal) => {
    stoppedBy = signal
    child.kill('SIGKILL')
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stop)
  let code
  try {
    ;[code] = await once(child, 'close')
  } finally {
    for (const signal of signals) process.removeListener(signal, stop)
  }
  if (stoppedBy !== undefined) throw new Stopped(stoppedBy)
  const last = stripVTControlCharacters(said.join('')).trimEnd().split('\n').slice(-20).join('\n')
  if (code !== 0) throw new Error(`The screens could not be built:\n\n${last}\n\n${remedy(last)}`)
  writeFileSync(`${stampOf(root)}.new`, stamp)
  renameSync(`${stampOf(root)}.new`, stampOf(root))
}

export const viteArgs = (root) => [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'dashboard'), '--logLevel', 'warn']

function sourceHash(root) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', ...list(root, 'dashboard'), ...list(root, 'packages/wire/src')]) {
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest(),
    )
  }
  return hash.digest('hex')
}

/** Tests lie beside what they test and change nothing of it. */
function list(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return entry.name === 'node_modules' || path === 'dashboard/dist' ? [] : list(root, path)
      return entry.isFile() && !/\.test\.tsx?$/.test(entry.name) ? [path] : []
    })
}

function remedy(text) {
  if (/ENOSPC/.test(text)) return 'The disk is full: make room and start again.'
  if (/EACCES|EPERM|EROFS/.test(text)) return 'The folder dashboard/dist cannot be written by this user. Check who owns it, and start again.'
  return 'Undo local changes to dashboard/ and packages/wire/, or mend what the lines above name, and start again. Without any changes, delete node_modules first.'
}
