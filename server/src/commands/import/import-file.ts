import { iso } from '../../base/time.ts'
import { advanceImport, beginImport, type ImportKey } from '../../catalog/imports.ts'
import type { Catalog } from '../../catalog/db.ts'
import type { Workspace } from '../../catalog/workspaces.ts'
import type { Api } from '../reach/api.ts'
import { Failed } from '../terminal/failure.ts'
import { number, progress } from '../terminal/progress.ts'
import { makeMapRow, mappingSha256, type Mapping } from './mapping.ts'
import { fileSha256, openRows, type Format, type OpenRows } from './rows.ts'
import { sendRows, type Sent } from './send.ts'
import { surveyRows, type Survey } from './survey.ts'

/**
 * One file into one workspace, exactly once: the import is known by the digests of the file and of its mapping, its progress is in the
 * catalog, and each row has an id that follows from both, so that going on after a kill, or beginning again, adds nothing that is there.
 */
export interface ImportDeps {
  catalog: Catalog
  api: Api
  workspace: Workspace
  now: number
}

export interface ImportRequest {
  file: string
  format: Format
  mapping: Mapping
  batchRows: number
  /** Sends all rows although an earlier import ended. */
  again: boolean
  quiet: boolean
  signal?: AbortSignal | undefined
}

export interface ImportReport extends Sent {
  file: string
  workspace: string
  rowsTotal: number
  /** Rows that earlier runs had done. */
  resumedAfter: number
  /** When an earlier run ended the import: then nothing was sent. */
  finishedBefore: number | undefined
  /** false where it was stopped; the same call goes on from there. */
  finished: boolean
  survey: Survey | undefined
  seconds: number
}

/** What a file would give, without sending anything. */
export async function surveyFile(deps: Pick<ImportDeps, 'workspace' | 'now'>, request: ImportRequest, after = 0): Promise<Survey> {
  return (await prepare(deps, request)).survey(after)
}

export async function importFile(deps: ImportDeps, request: ImportRequest): Promise<ImportReport> {
  const { catalog, workspace, api } = deps
  const { file, signal } = request
  const began = performance.now()
  const prepared = await prepare(deps, request)
  const { key } = prepared
  const before = await beginImport(catalog.db, key)
  const report = (rest: Partial<ImportReport>): ImportReport => ({
    file,
    workspace: workspace.slug,
    rowsTotal: before.rowsTotal ?? 0,
    resumedAfter: 0,
    finishedBefore: undefined,
    finished: true,
    survey: undefined,
    ...nothingSent,
    seconds: (performance.now() - began) / 1_000,
    ...rest,
  })
  if (before.finishedAt !== null && !request.again) return report({ finishedBefore: before.finishedAt })

  const after = before.finishedAt === null && !request.again ? before.rowsDone : 0
  const survey = await prepared.survey(after)
  refuse(survey, workspace, file)
  await beginImport(catalog.db, { ...key, rowsTotal: survey.rows })
  const bar = progress({ what: 'rows', label: file, total: survey.rows, from: after, quiet: request.quiet })
  const saver = saving((rowsDone) => advanceImport(catalog.db, { ...key, rowsDone }))
  const { mapRow, rows } = await prepared.open()
  try {
    const acknowledged = (row: number): void => {
      bar.at(row)
      saver.save(row)
    }
    const sent = await sendRows(rows, { api, mapRow, after, batchRows: request.batchRows, acknowledged, signal })
    await saver.end()
    const finished = signal?.aborted !== true
    if (finished) await advanceImport(catalog.db, { ...key, rowsDone: survey.rows, finished: true })
    return report({ ...sent, rowsTotal: survey.rows, resumedAfter: after, survey, finished })
  } finally {
    await saver.end().catch(() => undefined)
    bar.end()
  }
}

const nothingSent: Sent = { rows: 0, accepted: 0, rejected: 0, firstRejected: [], notRecorded: {} }

interface Prepared {
  key: ImportKey
  open(): Promise<OpenRows & { mapRow: ReturnType<typeof makeMapRow> }>
  survey(after: number): Promise<Survey>
}

async function prepare({ workspace, now }: Pick<ImportDeps, 'workspace' | 'now'>, { file, format, mapping, quiet, signal }: ImportRequest): Promise<Prepared> {
  const { sha256 } = await fileSha256(file)
  const open = async (): ReturnType<Prepared['open']> => {
    const opened = await openRows({ file, format, delimiter: mapping.delimiter })
    return { ...opened, mapRow: makeMapRow(mapping, opened.columns, { workspace: workspace.slug, fileSha256: sha256 }) }
  }
  return {
    key: { workspaceId: workspace.id, fileSha256: sha256, mappingSha256: mappingSha256(mapping) },
    open,
    survey: async (after) => {
      const { rows, mapRow } = await open()
      const bar = progress({ what: 'rows', label: `${file} reading`, quiet })
      try {
        return await surveyRows(rows, { mapRow, workspace, now, after, at: bar.at, signal })
      } finally {
        bar.end()
      }
    },
  }
}

/** Stops before the first row what cannot end well. */
function refuse({ rows, bad, firstBad, tooOld, oldestTooOld }: Survey, workspace: Workspace, file: string): void {
  if (workspace.streamsOff.includes('events'))
    throw new Failed(`The events stream of workspace "${workspace.slug}" is switched off: nothing would be recorded. Switch it on first.`)
  if (tooOld > 0) {
    const oldest = oldestTooOld ? ` The oldest is row ${number(oldestTooOld.row)} (line ${number(oldestTooOld.line)}) of ${iso(oldestTooOld.at)}.` : ''
    throw new Failed(
      `${number(tooOld)} of ${number(rows)} rows of ${file} are older than the ${workspace.retentionDays} days that workspace "${workspace.slug}" keeps.${oldest} Nothing was imported. Keep them with: cairn workspace set ${workspace.slug} --retention forever`,
    )
  }
  const [first] = firstBad
  if (rows > 0 && bad === rows && first)
    throw new Failed(
      `No row of ${file} can be read as an event; row ${first.row} (line ${first.line}): ${first.reason}. Nothing was imported. Look at the mapping, and at --dry-run.`,
    )
}

/** Saves the newest mark, one write at a time; a slow catalog skips marks rather than holding the import up. */
function saving(write: (row: number) => Promise<unknown>): { save(row: number): void; end(): Promise<void> } {
  let newest = 0
  let saved = 0
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (saved < newest) {
      const row = newest
      await write(row)
      saved = row
    }
  }
  const begin = (): void => {
    running ??= run().finally(() => (running = undefined))
    // What goes wrong is told by `end`, which waits for the same promise or tries again.
    running.catch(() => undefined)
  }
  return {
    save: (row) => {
      newest = Math.max(newest, row)
      begin()
    },
    end: async () => {
      await running?.catch(() => undefined)
      await run()
    },
  }
}
