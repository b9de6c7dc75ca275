import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, leave, root, run, say } from './ready.mjs'
import { ensureNeeds } from './test/needs.mjs'

// npm test [-- vitest's arguments]; --long runs test/long instead. The last line counts, whatever happened before it.
const args = process.argv.slice(2)
const long = args.includes('--long')
await ensureInstalled()
// Tests that open pages build the screens too (test/browser.ts); before all tests it is done first, so that a failed build is said at once.
if (args.every((arg) => arg.startsWith('-'))) await ensureBuilt()
const path = ensureNeeds()

const tallyFile = join(root, `.cache/tests-${process.pid}.json`)
mkdirSync(join(root, '.cache'), { recursive: true })
const ended = await run(
  [
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...(long ? ['--config', 'scripts/test/long.config.mjs'] : []),
    ...(args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default']),
    `--reporter=${join(root, 'scripts/test/tally.mjs')}`,
    ...args.filter((arg) => arg !== '--long'),
  ],
  { cwd: root, env: { ...process.env, PATH: path, TEST_TALLY: tallyFile } },
)
const tally = readTally()
console.log(`${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''}`)
if (ended.code === 0 && (tally.failed > 0 || tally.passed === 0)) leave({ code: 1, signal: null })
leave(ended)

function readTally() {
  try {
    return JSON.parse(readFileSync(tallyFile, 'utf8'))
  } catch {
    say('Vitest ended before its report.')
    return { passed: 0, failed: 0, skipped: 0 }
  } finally {
    rmSync(tallyFile, { force: true })
  }
}
