import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stopped, engineName, install, isInstalled, lockCarriesEngine, nodeBinary } from './ready/install.mjs'
import { withLock } from './ready/lock.mjs'
import { machineProblem, major } from './ready/machine.mjs'
import { areBuilt, build } from './ready/built.mjs'

/**
 * What every command of this repository does before it can do anything: see that the machine is fit, that the packages are
 * there, and run Node 24, which comes as one of those packages. Plain JavaScript without dependencies for Node 20 and newer,
 * because it is what runs first after a clone.
 */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Folder the user called from; npm changes to the package's own and leaves the first in INIT_CWD. */
export const userFolder = process.env.INIT_CWD && process.env.npm_lifecycle_event && process.cwd() === root ? process.env.INIT_CWD : process.cwd()

/** Returns when node_modules is what package-lock.json says, installing it if need be; ends the process with a message where that cannot be. */
export async function ensureInstalled() {
  const problem = machineProblem()
  if (problem !== undefined) fail(problem)
  if (isInstalled(root)) return
  if (nodeBinary(root) === undefined && major(process.versions.node) < 24) fail(ownNodeAsked)
  if (!lockCarriesEngine(root) && !process.env.CLICKHOUSE_URL) {
    fail(
      `This release carries no embedded event engine for ${process.platform}-${process.arch} (${engineName}). Use a ClickHouse server by setting CLICKHOUSE_URL.`,
    )
  }
  await once({
    lock: 'install',
    doing: "installing Cairn's packages",
    done: () => isInstalled(root),
    work: async (child) => {
      const began = Date.now()
      say("Installing Cairn's packages (1 GB on disk; a minute or a few) …")
      await install(root, child, say)
      say(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`)
    },
  })
}

/** Returns when screens and clients are those of the sources, building them if need be; ends the process with a message where that cannot be. */
export async function ensureBuilt() {
  if (areBuilt(root)) return
  await once({
    lock: 'build',
    doing: 'building screens and clients',
    done: () => areBuilt(root),
    work: async (child) => {
      say('Building screens and clients (some seconds) …')
      await build(root, node24(), child)
    },
  })
}

/** Work that all processes of this folder do once: whoever finds it under way waits for its end. */
async function once({ lock, doing, done, work }) {
  try {
    await withLock(
      join(root, `.cache/${lock}.lock`),
      (pid) => say(`Waiting for process ${pid}, which is ${doing}.`),
      async ({ child }) => {
        if (!done()) await work(child)
      },
    )
  } catch (error) {
    if (!(error instanceof Stopped)) fail(error.message)
    say(error.message)
    leave({ code: null, signal: error.signal })
    await new Promise(() => {})
  }
}

/** Path of a Node that is 24 or newer. */
export function node24() {
  const binary = nodeBinary(root)
  if (binary !== undefined && existsSync(binary)) return binary
  if (major(process.versions.node) >= 24) return process.execPath
  return fail(binary === undefined ? ownNodeAsked : `Node 24 is missing (${binary}). Delete node_modules and start again.`)
}
const ownNodeAsked = `npm has no Node 24 package for ${process.platform}-${process.arch}, so your own Node must be 24 or newer; this is ${process.versions.node}. Install it from https://nodejs.org or with "brew install node@24".`

/**
 * Runs Node 24 with these arguments, on this terminal, and resolves to how it ended. SIGTERM and SIGINT are passed on; the
 * child is ended when this process is.
 */
export function run(args, { cwd = userFolder, env = process.env } = {}) {
  const child = spawn(node24(), ['--import', new URL('./ready/tether.mjs', import.meta.url).href, ...args], {
    cwd,
    // What Node makes of the sources is kept: a second start spends half the time on it.
    env: { NODE_COMPILE_CACHE: join(root, '.cache/node'), ...env, LAUNCHER_TETHER: String(process.pid) },
    // Nothing is written to the fourth; that it closes is the message.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  })
  const last = { SIGINT: 0, SIGTERM: 0 }
  const pass = (signal) => {
    // Ctrl-C reaches the whole foreground group, the child included; a second SIGINT might be read as "at once".
    if (signal === 'SIGINT' && inForeground()) return
    // npm passes on what was sent to the whole group as well: within a second it is the same wish.
    if (Date.now() - last[signal] < 1000) return
    last[signal] = Date.now()
    child.kill(signal)
  }
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  // npm cannot pass on a SIGKILL; that its script has another parent tells.
  const parent = process.ppid
  const orphaned = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) pass('SIGTERM')
  }, 1000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearInterval(orphaned)
      process.removeListener('SIGINT', pass)
      process.removeListener('SIGTERM', pass)
      resolve({ code, signal })
    })
  })
}

/** Ends this process as a child ended. */
export function leave({ code, signal }) {
  if (signal === null) process.exit(code)
  process.kill(process.pid, signal)
}

/** Runs a subcommand of Cairn itself. The data folder lies beside this package, wherever the user calls from. */
export async function cairn(args, nodeArgs = []) {
  await ensureInstalled()
  if (args[0] === 'start' && !nodeArgs.includes('--watch')) await ensureBuilt()
  const env = { ...process.env, CAIRN_DATA_DIR: process.env.CAIRN_DATA_DIR || join(root, 'data') }
  leave(await run([...nodeArgs, '--disable-warning=ExperimentalWarning', join(root, 'server/src/main.ts'), ...args], { env }))
}

export const say = (line) => void process.stderr.write(`${line}\n`)

export function fail(message) {
  say(message)
  process.exit(1)
}

function inForeground() {
  try {
    // After the name in parentheses: state, parent, group, session, terminal, the terminal's foreground group.
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  }
}
