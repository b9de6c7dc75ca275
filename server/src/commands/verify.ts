import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { readConfig, type Config } from '../base/config.ts'
import { catalogMigrateUp } from '../catalog/migrate.ts'
import { openCatalogBeside, reachOwn } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { messageOf } from './terminal/failure.ts'
import { number } from './terminal/progress.ts'
import { stopped } from './terminal/signals.ts'
import { say, sayJson } from './terminal/table.ts'
import { knownDataSets, type KnownDataSet } from './verify-table.ts'
import { dataSetsIn, type DataSet } from './verify/data-set.ts'
import { importAndKill } from './verify/killed.ts'
import {
  expectedOf,
  failed,
  importSet,
  verifyResumed,
  scratchWorkspace,
  verifyAnswers,
  verifyFiles,
  verifyImport,
  verifyTwice,
  type Expected,
  type Verdict,
} from './verify/run.ts'

interface Options {
  twice: boolean
  kill: boolean
  json?: true
}
interface Checked {
  name: string
  set: DataSet
  known: KnownDataSet
  expected: Expected[]
  rows: number
  verdicts: Verdict[]
}

const marks = { equal: '✓', different: '✗', 'not yet': '–', unlisted: '✗' } as const
const examples = `
FOLDER holds one folder for each data set: its files, and a truth.json with figures that were computed elsewhere. Every set that Cairn
knows is imported into a scratch Cairn of its own (nothing of your data is touched), the HTTP API is asked, and the answers are compared.
Then everything is imported a second time, and an import is killed in its middle (kill -9 of server, engine and import) and resumed.

✓ equal   ✗ different   – no request answers it yet. Exit code 1 where a figure differs.

Example:
  npm run verify -- ../data`

export const verifyCommand = (environment: Environment): Command =>
  new Command('verify')
    .description('Hold the answers of the API against published data sets with known figures.')
    .argument('<folder>')
    .option('--no-twice', 'leave out the second import')
    .option('--no-kill', 'leave out the import that is killed and resumed')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async (folder: string, options: Options) => {
      const began = performance.now()
      const found = dataSetsIn(folder)
      const scratch = mkdtempSync(join(tmpdir(), 'cairn-verify-'))
      const { signal, release } = stopped()
      try {
        const checked: Checked[] = found.flatMap((set) => {
          const known = 'broken' in set ? undefined : knownDataSets[set.name]
          return known && !('broken' in set) ? [{ name: set.name, set, known, expected: [], rows: 0, verdicts: [] }] : []
        })
        const others = found.filter((set) => !checked.some(({ name }) => name === set.name))
        await verifyOnce(environment, { checked, scratch, signal, ...options })
        if (options.kill) await verifyKilled(environment, { checked, scratch, signal, ...options })
        const seconds = (performance.now() - began) / 1_000
        if (options.json === true) sayJson(asJson(checked, others, seconds))
        else tell(checked, others, seconds)
        if (checked.length === 0 || others.some((set) => 'broken' in set) || checked.some(({ verdicts }) => verdicts.some(isWrong))) process.exitCode = 1
      } finally {
        release()
        rmSync(scratch, { recursive: true, force: true })
      }
    })

interface Plan extends Options {
  checked: readonly Checked[]
  scratch: string
  signal: AbortSignal
}

/** Settings of a scratch Cairn: of the user's, only those about this machine. */
const scratchConfig = ({ CAIRN_MEMORY, CAIRN_LOG_LEVEL }: Environment, dataDir: string): Config =>
  readConfig({ CAIRN_DATA_DIR: dataDir, CAIRN_MEMORY, CAIRN_LOG_LEVEL })

async function verifyOnce(environment: Environment, { checked, scratch, signal, twice, json }: Plan): Promise<void> {
  const cairn = await reachOwn(scratchConfig(environment, join(scratch, 'once')), { scratch: true })
  try {
    for (const one of checked) {
      const { name, set, known, expected, verdicts } = one
      const wanted = { set, known, slug: slugOf(name), quiet: json === true, signal }
      verdicts.push(await verifyFiles(set))
      if (known.files.length === 0) {
        verdicts.push(...(await verifyAnswers(await expectedOf(set, known), undefined)))
        continue
      }
      try {
        await scratchWorkspace(cairn, wanted.slug)
        const { reports, imported } = await importSet(cairn, wanted)
        one.rows = imported.rows
        expected.push(...(await expectedOf(set, known)))
        verdicts.push(verifyImport(imported, reports), ...(await verifyAnswers(expected, imported.asker)))
        if (twice) verdicts.push(await verifyTwice(cairn, wanted))
      } catch (error) {
        signal.throwIfAborted()
        verdicts.push(failed('import', 'cairn import', messageOf(error)))
      }
    }
  } finally {
    await cairn.close()
  }
}

/** In a second data folder: each import is killed by itself, then one server comes back over what all of them left, and resumes. */
async function verifyKilled(environment: Environment, { checked, scratch, signal, json }: Plan): Promise<void> {
  const how = 'cairn import, kill -9, cairn import'
  const importable = checked.filter(({ known, rows }) => known.files.length === 1 && rows > 0)
  const dataDir = join(scratch, 'killed')
  const config = scratchConfig(environment, dataDir)
  mkdirSync(dataDir, { mode: 0o700 })
  const killedAt = new Map<string, number>()
  const catalog = await openCatalogBeside(config, undefined)
  try {
    await catalogMigrateUp(catalog)
    for (const { name, set, known, rows, verdicts } of importable) {
      signal.throwIfAborted()
      const [file] = known.files
      if (!file) continue
      const workspace = await scratchWorkspace({ catalog }, slugOf(name))
      try {
        killedAt.set(name, await importAndKill({ dataDir, catalog, workspace }, { file: join(set.folder, file.file), mapping: file.mapping, rows }))
      } catch (error) {
        verdicts.push(failed('killed and resumed', how, messageOf(error)))
      }
    }
  } finally {
    await catalog.close()
  }
  const cairn = await reachOwn(config, { scratch: true })
  try {
    for (const { name, set, known, expected, verdicts } of importable) {
      const row = killedAt.get(name)
      if (row === undefined) continue
      const wanted = { set, known, slug: slugOf(name), quiet: json === true, signal }
      verdicts.push(await verifyResumed(cairn, wanted, { row, expected }).catch((error: unknown) => failed('killed and resumed', how, messageOf(error))))
    }
  } finally {
    await cairn.close()
  }
}

const slugOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9-]/g, '-')
const isWrong = ({ status }: Verdict): boolean => status === 'different' || status === 'unlisted'

function tell(checked: readonly Checked[], others: ReadonlyArray<DataSet | { name: string; broken: string }>, seconds: number): void {
  const width = Math.max(...checked.flatMap(({ verdicts }) => verdicts.map(({ key }) => key.length)), 0)
  for (const { name, verdicts } of checked) {
    say(`\n${name}`)
    for (const { key, status, how, detail } of verdicts)
      say(`  ${marks[status]} ${key.padEnd(width)}  ${status === 'different' ? `${detail}  (${how})` : detail === '' ? how : `${detail}  (${how})`}`)
  }
  for (const set of others)
    say(`\n${set.name}\n  ${'broken' in set ? `✗ truth.json cannot be read: ${set.broken}` : '? unknown: this data set is not in the table'}`)
  const all = checked.flatMap(({ verdicts }) => verdicts)
  const count = (status: Verdict['status']): string => number(all.filter((verdict) => verdict.status === status).length)
  const wrong = all.filter(isWrong).length
  say(
    `\n${wrong === 0 && checked.length > 0 ? '✓' : '✗'} ${count('equal')} equal, ${number(wrong)} different, ${count('not yet')} not answered yet, ${number(others.length)} unknown data sets; ${seconds.toFixed(0)} s`,
  )
}

const asJson = (checked: readonly Checked[], others: ReadonlyArray<DataSet | { name: string; broken: string }>, seconds: number): object => ({
  ok: checked.length > 0 && checked.every(({ verdicts }) => !verdicts.some(isWrong)),
  data_sets: [
    ...checked.map(({ name, verdicts }) => ({ name, verdicts })),
    ...others.map((set) => ({ name: set.name, ...('broken' in set ? { broken: set.broken } : { unknown: true }) })),
  ],
  seconds,
})
