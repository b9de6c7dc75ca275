import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Stopped } from './install.mjs'

/**
 * What is built from the sources, and knowing whether that is needed: the screens, and the clients that a running Cairn serves.
 *
 * `.stamp` in the folder of each holds the SHA-256 of everything it is made from, the lock of the packages included. It is removed before the
 * build begins and written when it has ended, so a build killed at any moment is made again in full.
 */
const products = [
  {
    name: 'screens',
    dist: 'dashboard/dist',
    proof: 'index.html',
    sources: ['dashboard', 'packages/wire/src'],
    args: (root) => viteArgs(root),
  },
  {
    name: 'clients',
    dist: 'packages/dist',
    proof: 'cairn-browser.tgz',
    sources: ['packages/browser', 'packages/core', 'packages/node', 'packages/query', 'packages/wire', 'scripts/clients'],
    args: (root) => [join(root, 'scripts/clients/build.mjs')],
  },
]
const stampOf = (root, { dist }) => join(root, dist, '.stamp')

export const areBuilt = (root) => products.every((product) => isBuilt(root, product))

function isBuilt(root, product) {
  try {
    return readFileSync(stampOf(root, product), 'utf8') === sourceHash(root, product) && existsSync(join(root, product.dist, product.proof))
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

/** Builds with this Node what is missing; `onChild(pid)` learns of each process. Throws an Error whose message holds the last lines and the remedy, or Stopped. */
export async function build(root, node, onChild) {
  for (const product of products) if (!isBuilt(root, product)) await buildOne(root, product, node, onChild)
}

async function buildOne(root, product, node, onChild) {
  const { dist, name } = product
  const stamp = sourceHash(root, product)
  mkdirSync(join(root, dist), { recursive: true })
  rmSync(stampOf(root, product), { force: true })
  // Vitest's NODE_ENV would build React as it is for development: half again as large, and asking for everything twice.
  // A group of its own, as the lock ends what a dead holder left behind.
  const child = spawn(node, product.args(root), {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, NODE_ENV: 'production' },
  })
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
  if (code !== 0) throw new Error(`The ${name} could not be built:\n\n${last}\n\n${remedy(last, product)}`)
  writeFileSync(`${stampOf(root, product)}.new`, stamp)
  renameSync(`${stampOf(root, product)}.new`, stampOf(root, product))
}

export const viteArgs = (root) => [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'dashboard'), '--logLevel', 'warn']

function sourceHash(root, { sources }) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', ...sources.flatMap((folder) => list(root, folder))]) {
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
      if (entry.isDirectory()) return entry.name === 'node_modules' || products.some(({ dist }) => path === dist) ? [] : list(root, path)
      return entry.isFile() && !/\.test\.tsx?$/.test(entry.name) ? [path] : []
    })
}

function remedy(text, { dist, sources }) {
  if (/ENOSPC/.test(text)) return 'The disk is full: make room and start again.'
  if (/EACCES|EPERM|EROFS/.test(text)) return `The folder ${dist} cannot be written by this user. Check who owns it, and start again.`
  return `Undo local changes to ${sources.join(', ')}, or mend what the lines above name, and start again. Without any changes, delete node_modules first.`
}
