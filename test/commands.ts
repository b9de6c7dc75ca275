import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'

/** The real command line in a process of its own, as `npm run cairn --` starts it. */
const main = resolve(import.meta.dirname, '../server/src/main.ts')

export interface Ran {
  code: number | null
  out: string
  err: string
  /** What it printed, as JSON. */
  json: <T = Record<string, unknown>>() => T
}

export interface Running {
  kill: () => void
  ended: Promise<Ran>
}

export function run(dataDir: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      CAIRN_DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = new Promise<Ran>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      settle({
        code,
        out,
        err,
        json: <T>() => {
          try {
            return JSON.parse(out) as T
          } catch (error) {
            throw new Error(`no JSON (exit code ${code}):\n${out}\n${err}`, { cause: error })
          }
        },
      }),
    )
  })
  return { kill: () => child.kill('SIGKILL'), ended }
}

export const cairn = (dataDir: string, ...args: string[]): Promise<Ran> => run(dataDir, args).ended

/** Waits until an import has acknowledged more than `rows` rows, by the catalog. */
export async function importedRows(dataDir: string, rows: number): Promise<number> {
  for (let i = 0; i < 2_000; i++) {
    const done = readProgress(dataDir)
    if (done > rows) return done
    await sleep(10)
  }
  throw new Error('the import did not get there')
}

function readProgress(dataDir: string): number {
  try {
    using catalog = new DatabaseSync(resolve(dataDir, 'catalog.sqlite'), { readOnly: true })
    return Number(catalog.prepare('SELECT max(rows_done) AS done FROM imports').get()?.['done'] ?? 0)
  } catch {
    // Not made yet.
    return 0
  }
}
