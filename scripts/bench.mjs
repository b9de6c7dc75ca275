import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, fail, leave, root, run, say } from './ready.mjs'

// npm run bench [-- name … [--option …]]: names first; what follows the first option goes to each of them.
const args = process.argv.slice(2)
const firstOption = args.findIndex((arg) => arg.startsWith('-'))
const asked = firstOption === -1 ? args : args.slice(0, firstOption)
const options = firstOption === -1 ? [] : args.slice(firstOption)

const folder = join(root, 'bench')
const benches = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -'.ts'.length))
  .sort()
const unknown = asked.filter((name) => !benches.includes(name))
if (benches.length === 0) fail('There is no bench/*.ts yet.')
if (unknown.length > 0) fail(`No such bench: ${unknown.join(', ')}. There are: ${benches.join(', ')}.`)

await ensureInstalled()
if (asked.length === 0) say(`Benches: ${benches.join(', ')}`)
let failed
for (const name of asked.length === 0 ? benches : asked) {
  say(`— ${name}`)
  const ended = await run(['--disable-warning=ExperimentalWarning', join(folder, `${name}.ts`), ...options])
  if (ended.signal !== null) leave(ended)
  if (ended.code !== 0) failed = ended
}
if (failed !== undefined) leave(failed)
