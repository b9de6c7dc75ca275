import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, fail, node24, root } from './ready.mjs'

// npm run check [-- name …]. Each tool says something only when it fails. Two at a time: two cores are the size CI has.
const types = ['typescript/bin/tsc', '--noEmit', '--pretty', 'false']
const tools = {
  format: [['oxfmt/bin/oxfmt', '--check']],
  lint: [['oxlint/bin/oxlint', '--type-aware']],
  unused: [['knip/bin/knip.js', '--no-progress', '--no-config-hints']],
  // The screens and the browser tracker know other globals.
  types: [types, [...types, '--project', 'dashboard'], [...types, '--project', 'packages/browser']],
}
const remedies = { format: 'npm run format' }

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in tools))
if (unknown.length > 0) fail(`No such check: ${unknown.join(', ')}. There are: ${Object.keys(tools).join(', ')}.`)

await ensureInstalled()
const waiting = asked.length > 0 ? asked : Object.keys(tools)
let failures = 0
const lane = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now()
    const ended = []
    for (const command of tools[name]) ended.push(await runTool(command))
    const code = Math.max(...ended.map((tool) => tool.code ?? 1))
    const output = ended.map((tool) => tool.output).join('')
    const took = `${name} ${((performance.now() - began) / 1000).toFixed(1)} s`
    if (code === 0) {
      console.log(`ok ${took}`)
      continue
    }
    failures += 1
    console.log(`${output.trimEnd()}\nFAILED ${took}${name in remedies ? ` (${remedies[name]} repairs it)` : ''}`)
  }
}
await Promise.all([lane(), lane()])
process.exitCode = failures === 0 ? 0 : 1

function runTool([script, ...args]) {
  const child = spawn(node24(), [join(root, 'node_modules', script), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => output.push(text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: output.join('') }))
  })
}
