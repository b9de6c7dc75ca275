import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm start` of every example: installs what its package.json names, and the trackers from the Cairn that runs (`"cairn"` there), then builds
 * and serves. Where all is installed already, nothing is asked of npm.
 */
const { CAIRN_URL = 'http://localhost:4300', CAIRN_WRITE_KEY, PORT = '3000' } = process.env
if (!CAIRN_WRITE_KEY) fail('CAIRN_WRITE_KEY is missing. Cairn shows a write key under First steps: CAIRN_WRITE_KEY=cw_… npm start')

const cairnUrl = CAIRN_URL.replace(/\/$/, '')
const { dependencies = {}, scripts, cairn: trackers = [] } = JSON.parse(readFileSync('package.json', 'utf8'))
const served = await Promise.all(trackers.map(download))
const isInstalled = () =>
  Object.entries(dependencies).every(([name, version]) => versionOf(name) === version) &&
  served.every(({ name, bytes }) => read(`node_modules/.${name}.tgz`)?.equals(bytes))

if (!isInstalled()) {
  rmSync('node_modules/@cairn', { recursive: true, force: true })
  await run('npm', ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', ...served.map(({ url }) => url)])
  for (const { name, bytes } of served) writeFileSync(join('node_modules', `.${name}.tgz`), bytes)
}
if (scripts.build) await run('npm', ['run', '--silent', 'build'])
await run('npm', ['run', '--silent', 'serve'])

async function download(name) {
  const url = `${cairnUrl}/packages/cairn-${name}.tgz`
  try {
    const response = await fetch(url)
    if (!response.ok) fail(await response.text())
    return { name: `cairn-${name}`, url, bytes: Buffer.from(await response.arrayBuffer()) }
  } catch {
    return fail(`No Cairn answers at ${cairnUrl}. Start it with "npm start", or say where it is with CAIRN_URL.`)
  }
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, CAIRN_URL: cairnUrl, PORT } })
  const pass = (signal) => child.kill(signal)
  process.on('SIGTERM', pass).on('SIGINT', pass)
  const [code, signal] = await once(child, 'exit')
  process.off('SIGTERM', pass).off('SIGINT', pass)
  if (code !== 0) process.exit(signal ? 0 : code)
}

function versionOf(name) {
  const manifest = read(`node_modules/${name}/package.json`)
  return manifest && JSON.parse(manifest.toString()).version
}

function read(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
