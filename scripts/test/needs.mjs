import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fail, say } from '../ready.mjs'

/**
 * The programs of the system that the tests start themselves, on ports and folders of their own: no service needs to run.
 * The folders in which they were found are added to the PATH that the tests see, so that a test just starts `postgres`.
 */
const needs = [
  {
    // Without the windows that nobody sees it takes two thirds of the processor time.
    programs: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    apt: 'chromium-headless-shell',
    dnf: 'chromium',
    brew: '--cask chromium',
  },
  { programs: ['redis-server', 'valkey-server'], apt: 'redis-server', dnf: 'redis', brew: 'redis' },
  { programs: ['postgres'], and: ['initdb', 'pg_ctl'], apt: 'postgresql', dnf: 'postgresql-server', brew: 'postgresql@17' },
]

/** Returns the PATH for the tests; installs what is missing where that is safe (root on Debian or Ubuntu), otherwise ends with the command that does. */
export function ensureNeeds() {
  let missing = needs.filter((need) => find(need) === undefined)
  if (missing.length > 0) {
    if (process.getuid?.() !== 0 || !isDebian()) fail(`The tests need ${names(missing)}. Install with:\n  ${installCommand(missing)}`)
    aptInstall(missing)
    missing = missing.filter((need) => find(need) === undefined)
    if (missing.length > 0) {
      fail(
        `${names(missing)} cannot be found after the installation. On Ubuntu, chromium is a snap that does not run in a container: install Google Chrome's .deb instead.`,
      )
    }
  }
  const path = process.env.PATH ?? ''
  const added = needs.map(find).filter((folder) => !path.split(delimiter).includes(folder))
  return [...new Set(added), path].join(delimiter)
}

function aptInstall(missing) {
  say(`Installing for the tests: ${names(missing)} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-y', '-q', '--no-install-recommends', ...missing.map(({ apt }) => apt)],
  ]) {
    const { status, stdout, stderr, error } = spawnSync('apt-get', args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    })
    if (status === 0) continue
    const last = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-20).join('\n')
    fail(`apt-get ${args.join(' ')} failed${error ? `: ${error.message}` : ''}\n\n${last}\n\nMake it work, or install them in another way: ${names(missing)}.`)
  }
}

function installCommand(missing) {
  const packages = (kind) => missing.map((need) => need[kind]).join(' ')
  if (process.platform === 'darwin') return missing.map(({ brew }) => `brew install ${brew}`).join(' && ')
  if (isDebian()) return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages('apt')}`
  return `sudo dnf install -y ${packages('dnf')}   (or your system's packages of the same kind)`
}

/** The folder that holds one of a need's programs. */
function find({ programs, and = [] }) {
  return folders().find((folder) => programs.some((program) => executable(folder, program)) && and.every((program) => executable(folder, program)))
}

/** The PATH, then where Debian and Homebrew keep Postgres, newest first. */
function folders() {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const debian = list('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
  const brew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((opt) =>
    list(opt)
      .filter((name) => name.startsWith('postgresql@'))
      .map((name) => join(opt, name, 'bin')),
  )
  return [...path, ...debian, ...brew]
}

const list = (folder) => {
  try {
    return readdirSync(folder).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  } catch {
    return []
  }
}

function executable(folder, program) {
  try {
    accessSync(join(folder, program), constants.X_OK)
    return statSync(join(folder, program)).isFile()
  } catch {
    return false
  }
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

const names = (missing) => missing.map(({ apt }) => apt).join(', ')
