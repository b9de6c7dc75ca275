import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { once } from 'node:events'

/**
 * `npm ci`, and knowing whether it is needed.
 *
 * node_modules/.cairn-stamp holds the SHA-256 of the package-lock.json it was made from, with platform and processor (a folder
 * shared with a container must not be taken for its own). It is removed before npm begins and written when npm has ended, so
 * an install killed at any moment is made again in full. Where someone ran npm themselves, npm's own record of what is
 * installed is compared with the lock and the stamp written from that.
 */
const stampOf = (root) => join(root, 'node_modules/.cairn-stamp')
const npmRecordOf = (root) => join(root, 'node_modules/.package-lock.json')

/** The files of other people's platform packages that nothing works without; undefined where this platform has none. */
export const nodeBinary = (root) =>
  ['linux-x64', 'linux-arm64', 'darwin-x64'].includes(`${process.platform}-${process.arch}`)
    ? join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
    : undefined
export const engineName = `@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`
const engineLibrary = (root) => join(root, 'node_modules', engineName, 'chdb_node.node')

export function isInstalled(root) {
  const binary = nodeBinary(root)
  if (binary !== undefined && !existsSync(binary)) return false
  const lock = readFileSync(join(root, 'package-lock.json'))
  const wanted = stampText(lock)
  let stamp
  try {
    stamp = readFileSync(stampOf(root), 'utf8')
  } catch {
    // Not stamped yet.
  }
  const engineMissing = !existsSync(engineLibrary(root))
  if (stamp === wanted && !engineMissing) return true
  const packages = JSON.parse(lock.toString()).packages
  if (engineMissing && packages[`node_modules/${engineName}`] !== undefined) return false
  if (stamp === wanted) return true
  if (!matchesNpmRecord(root, packages)) return false
  writeFileSync(stampOf(root), wanted)
  return true
}

/** Whether package-lock.json carries the embedded engine for this machine. */
export const lockCarriesEngine = (root) =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[`node_modules/${engineName}`] !== undefined

/** A signal ended the install. */
export class Stopped extends Error {
  constructor(signal) {
    super('Stopped; the next start does it again from the beginning.')
    this.signal = signal
  }
}

/** Runs `npm ci` to its end; `onChild(pid)` learns of the process. Throws an Error whose message holds npm's last lines and the remedy, or Stopped. */
export async function install(root, onChild, progress) {
  const stamp = stampText(readFileSync(join(root, 'package-lock.json')))
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  rmSync(stampOf(root), { force: true })
  rmSync(npmRecordOf(root), { force: true })
  const [command, ...first] = npmCommand(root)
  // Said in full, because a user's .npmrc or NODE_ENV=production may say otherwise. No package here needs an install script.
  const args = ['ci', '--no-fund', '--no-audit', '--no-update-notifier', '--ignore-scripts', '--loglevel=error', '--no-dry-run']
  args.push('--include=dev', '--include=optional', '--install-strategy=hoisted', '--no-engine-strict')
  // A group of its own, so that a shell which stands for npm ends together with it.
  const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const group = child.pid
  if (group !== undefined) onChild(group)
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))

  let stoppedBy
  const stop = (signal) => {
    stoppedBy = signal
    try {
      // Not the signal itself: npm would take seconds to undo what the next install begins anew anyway.
      if (group !== undefined) process.kill(-group, 'SIGKILL')
    } catch {
      // Ended at the same moment.
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stop)
  const began = Date.now()
  const ticker = setInterval(() => progress(`  still at it (${Math.round((Date.now() - began) / 1000)} s)`), 30_000)
  let code
  try {
    ;[code] = await once(child, 'close')
  } catch (error) {
    throw error.code === 'ENOENT'
      ? new Error('npm was not found. It comes with Node: install Node from https://nodejs.org, or your system’s package npm.')
      : error
  } finally {
    clearInterval(ticker)
    for (const signal of signals) process.removeListener(signal, stop)
  }
  if (stoppedBy !== undefined) throw new Stopped(stoppedBy)
  const text = said.join('')
  if (code !== 0) throw new Error(`npm ci failed:\n\n${lastLines(text, 20)}\n\n${remedy(text)}`)
  const binary = nodeBinary(root)
  if (binary !== undefined && !existsSync(binary)) {
    throw new Error(
      `npm ci left out the optional package that holds Node 24 (${binary} is missing). Look for "omit" in "npm config ls" and for the package in your registry.`,
    )
  }
  writeFileSync(`${stampOf(root)}.new`, stamp)
  renameSync(`${stampOf(root)}.new`, stampOf(root))
}

const stampText = (lock) => `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`

/** npm writes its record last, so its presence means that it ended; every package it names must still be there. */
function matchesNpmRecord(root, wanted) {
  let installed
  try {
    installed = JSON.parse(readFileSync(npmRecordOf(root), 'utf8')).packages
  } catch {
    return false
  }
  for (const [path, { version, integrity, optional, devOptional, link }] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue
    const found = installed[path]
    if (found === undefined && !optional && !devOptional) return false
    if (found === undefined) continue
    if (found.version !== version || found.integrity !== integrity || Boolean(found.link) !== Boolean(link)) return false
    if (!existsSync(join(root, path, 'package.json'))) return false
  }
  return Object.keys(installed).every((path) => path in wanted)
}

/** The npm that called us with the Node that ran it (the PATH of an npm script may begin with a Node that is about to be replaced), or the one in the PATH. */
function npmCommand(root) {
  const { npm_execpath: cli, npm_node_execpath: node, PATH = '' } = process.env
  const replaced = join(root, 'node_modules')
  if (cli?.endsWith('npm-cli.js') && node && !node.startsWith(replaced) && existsSync(cli) && existsSync(node)) return [node, cli]
  const found = PATH.split(delimiter)
    .filter((folder) => folder !== '' && !folder.startsWith(replaced))
    .map((folder) => join(folder, 'npm'))
    .find((file) => existsSync(file))
  return [found ?? 'npm']
}

/** npm's errors without its usage help. */
function lastLines(text, count) {
  const lines = text.split(/^npm (?:error|ERR!) (?:Clean install a project|Usage:)/m)[0].split('\n')
  return lines
    .filter((line) => line.replace(/^npm (error|ERR!)/, '').trim() !== '')
    .slice(-count)
    .join('\n')
}

function remedy(text) {
  if (/ENOSPC/.test(text)) return 'The disk is full: Cairn’s packages take 1 GB (with npm’s cache, 1.5 GB). Make room and start again.'
  if (/EUSAGE|not in sync|in sync/.test(text))
    return 'package.json and package-lock.json do not belong together. Undo local changes to them, or run "npm install" if you meant them.'
  if (/EACCES|EPERM|EROFS/.test(text)) return 'This folder (or npm’s cache) cannot be written by this user. Check who owns both, and start again.'
  if (/EINTEGRITY/.test(text))
    return 'A package is not the one that was locked. Run "npm cache clean --force" and start again; if it stays, check your registry or proxy.'
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|network/i.test(text)) {
    return 'The package registry cannot be reached. Check the network, and behind a proxy "npm config set https-proxy …"; then start again.'
  }
  return 'Start again; if it fails in the same way, "npm ci" in Cairn’s folder shows everything npm has to say.'
}
