import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { listImports } from '../../catalog/imports.ts'
import type { Catalog } from '../../catalog/db.ts'
import type { Workspace } from '../../catalog/workspaces.ts'
import { Failed } from '../terminal/failure.ts'
import type { Mapping } from '../import/mapping.ts'

/**
 * Runs `cairn import` in a process of its own, with its own server and engine in it, and kills it (SIGKILL) once a third of the rows are
 * acknowledged. Returns the row it had got to. The data folder holds what such a death leaves behind.
 */
export async function importAndKill(
  { dataDir, catalog, workspace }: { dataDir: string; catalog: Catalog; workspace: Workspace },
  { file, mapping, rows }: { file: string; mapping: Mapping; rows: number },
): Promise<number> {
  const mappingFile = join(dataDir, `${workspace.slug}.mapping.json`)
  if (!existsSync(mappingFile)) writeFileSync(mappingFile, JSON.stringify(mapping))
  const batch = Math.min(1_000, Math.max(1, Math.ceil(rows / SMALLEST_SHARE)))
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'import',
      file,
      '--workspace',
      workspace.slug,
      '--mapping',
      mappingFile,
      '--batch',
      String(batch),
      '--json',
    ],
    {
      // Nothing of this environment: its settings are for other data.
      env: { CAIRN_DATA_DIR: dataDir, PATH: process.execPath, CAIRN_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('exit', () => resolve()))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    while (child.exitCode === null && child.signalCode === null) {
      if (((await progressOf(catalog, workspace)) ?? 0) >= rows / 3) break
      await Promise.race([sleep(LOOK_MS), ended])
    }
    if (child.exitCode !== null) throw new Failed(`The import ended before it could be killed (exit code ${child.exitCode}). ${said.trim()}`)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  return (await progressOf(catalog, workspace)) ?? 0
}

/** Of the rows, so that there is a middle to kill in. */
const SMALLEST_SHARE = 40
const LOOK_MS = 10

const progressOf = async (catalog: Catalog, { id }: Workspace): Promise<number | undefined> =>
  (await listImports(catalog.db, { workspaceId: id, limit: 1 }))[0]?.rowsDone
