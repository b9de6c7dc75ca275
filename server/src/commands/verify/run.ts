import { join } from 'node:path'
import { iso } from '../../base/time.ts'
import { createWorkspace, type Workspace } from '../../catalog/workspaces.ts'
import { importFile, type ImportReport } from '../import/import-file.ts'
import { formatOf } from '../import/rows.ts'
import type { Reach } from '../reach/reach.ts'
import { messageOf } from '../terminal/failure.ts'
import { duration, number } from '../terminal/progress.ts'
import type { Answer, KnownDataSet } from '../verify-table.ts'
import { makeAsker, nonZero, type Asker } from './asker.ts'
import { difference, distinctIn, otherFiles, type DataSet } from './data-set.ts'

/** One line of the verdict. `not yet`: no request answers it; `unlisted`: the table does not know the key. */
export interface Verdict {
  key: string
  status: 'equal' | 'different' | 'not yet' | 'unlisted'
  /** The request, or what is missing. */
  how: string
  detail: string
}

/** What was imported, and so can be asked. */
export interface Imported {
  rows: number
  seconds: number
  /** Absent where nothing was read, since all of it was in. */
  asker: Asker | undefined
}

const passed = (key: string, how: string, detail = ''): Verdict => ({ key, status: 'equal', how, detail })
export const failed = (key: string, how: string, detail: string): Verdict => ({ key, status: 'different', how, detail })

/** A workspace of the data set's own, that keeps everything and counts days in UTC. */
export async function scratchWorkspace(cairn: Pick<Reach, 'catalog'>, slug: string): Promise<Workspace> {
  return await createWorkspace(cairn.catalog.db, { slug, timezone: 'UTC', retentionDays: null, now: Date.now() })
}

/** Imports the set's files and answers what they span. `again` sends what was imported before. */
export async function importSet(
  cairn: Reach,
  { set, known, slug, quiet, again = false, signal }: Wanted,
): Promise<{ reports: ImportReport[]; imported: Imported }> {
  const workspace = await cairn.workspace(slug)
  const reports: ImportReport[] = []
  for (const { file, mapping } of known.files) {
    const path = join(set.folder, file)
    reports.push(
      await importFile(
        { catalog: cairn.catalog, api: cairn.api(slug), workspace, now: Date.now() },
        { file: path, format: formatOf(path), mapping, batchRows: 1_000, again, quiet, signal },
      ),
    )
    signal?.throwIfAborted()
  }
  if (known.entities && !again && reports.some((report) => report.finishedBefore === undefined))
    await known.entities.tell(cairn.api(slug), join(set.folder, known.entities.file))
  const moments = reports.flatMap(({ survey }) => [survey?.earliest, survey?.latest].filter((at) => at !== undefined))
  const day = (ms: number): string => iso(ms).slice(0, 10)
  return {
    reports,
    imported: {
      rows: reports.reduce((sum, { rowsTotal }) => sum + rowsTotal, 0),
      seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
      asker: moments.length === 0 ? undefined : makeAsker(cairn.api(slug), { from: day(Math.min(...moments)), to: day(Math.max(...moments)) }),
    },
  }
}

export interface Wanted {
  set: DataSet
  known: KnownDataSet
  slug: string
  quiet: boolean
  again?: boolean
  signal?: AbortSignal | undefined
}

export async function verifyFiles(set: DataSet): Promise<Verdict> {
  const { checked, wrong } = await otherFiles(set)
  const key = 'files (SHA-256)'
  return wrong.length === 0
    ? passed(key, 'read from disk', checked.join(', '))
    : failed(key, 'read from disk', `not the file that truth.json is about: ${wrong.join(', ')}`)
}

export const verifyImport = ({ rows, seconds }: Imported, reports: readonly ImportReport[]): Verdict => {
  const key = 'every row accepted'
  const bad = reports.find((report) => report.accepted !== report.rows || report.rows !== report.rowsTotal)
  const speed = `${number(rows)} rows in ${duration(seconds)}, ${number(Math.round(rows / Math.max(seconds, 0.001)))} rows/s`
  return bad
    ? failed(
        key,
        'cairn import',
        `${number(bad.accepted)} of ${number(bad.rowsTotal)}; first refused: ${JSON.stringify(bad.firstRejected[0] ?? bad.notRecorded)}`,
      )
    : passed(key, 'cairn import', speed)
}

/** A figure that is known from elsewhere, and what answers it; `undefined`: the table does not know the key. */
export interface Expected {
  key: string
  value: unknown
  answer: Answer | undefined
}

/** Every key of truth.json, and what is counted in the files besides. */
export async function expectedOf(set: DataSet, known: KnownDataSet): Promise<Expected[]> {
  const expected: Expected[] = Object.entries(set.truth).map(([key, value]) => ({ key, value, answer: known.answers[key] }))
  for (const { key, file, column, answer } of known.distinct) {
    const mapping = known.files.find((entry) => entry.file === file)?.mapping
    if (mapping) expected.push({ key, value: await distinctIn(join(set.folder, file), column, mapping), answer })
  }
  return expected
}

export async function verifyAnswers(expected: readonly Expected[], asker: Asker | undefined): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const { key, value, answer } of expected) {
    verdicts.push(answer ? await verdictOf(key, answer, value, asker) : { key, status: 'unlisted', how: 'verify-table.ts does not list this key', detail: '' })
  }
  return verdicts
}

async function verdictOf(key: string, answer: Answer, expected: unknown, asker: Asker | undefined): Promise<Verdict> {
  if ('notYet' in answer) return { key, status: 'not yet', how: answer.notYet, detail: '' }
  if (!asker) return failed(key, answer.request, 'nothing was imported')
  try {
    const got = await answer.ask(asker)
    const found = difference(expected, got)
    return found === undefined ? passed(key, answer.request, shown(got)) : failed(key, answer.request, found)
  } catch (error) {
    return failed(key, answer.request, messageOf(error))
  }
}

function shown(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? number(value) : value.toFixed(4)
  if (typeof value === 'object' && value !== null) return `${number(Object.keys(value).length)} values`
  return String(value)
}

/** Imports everything once more: first as anybody would, which has nothing to do, then with all rows sent again. */
export async function verifyTwice(cairn: Reach, wanted: Wanted): Promise<Verdict> {
  const key = 'a second import adds nothing'
  const how = 'cairn import, then --again'
  const before = await figures(cairn, wanted.slug)
  const first = await importSet(cairn, wanted)
  if (first.reports.some((report) => report.finishedBefore === undefined)) return failed(key, how, 'the second import was not recognised')
  const again = await importSet(cairn, { ...wanted, again: true })
  const found = difference(before, await figures(cairn, wanted.slug))
  const sent = again.reports.reduce((sum, { rows }) => sum + rows, 0)
  return found === undefined ? passed(key, how, `${number(sent)} rows sent again, none added`) : failed(key, how, found)
}

/** Goes on with an import that was killed after `row`, and asks everything again. */
export async function verifyResumed(cairn: Reach, wanted: Wanted, { row, expected }: { row: number; expected: readonly Expected[] }): Promise<Verdict> {
  const key = 'killed and resumed'
  const how = 'cairn import, kill -9, cairn import'
  const { reports, imported } = await importSet(cairn, wanted)
  const resumedAfter = reports[0]?.resumedAfter ?? 0
  if (resumedAfter === 0 || resumedAfter >= imported.rows)
    return failed(key, how, `killed after row ${number(row)}, but went on after row ${number(resumedAfter)} of ${number(imported.rows)}`)
  const answers = await verifyAnswers(expected, imported.asker)
  const wrong = answers.filter(({ status }) => status === 'different')
  if (wrong.length > 0)
    return failed(key, how, `killed after row ${number(row)}; then ${wrong.map((verdict) => `${verdict.key}: ${verdict.detail}`).join('; ')}`)
  const equal = answers.filter(({ status }) => status === 'equal').length
  return passed(key, how, `killed after row ${number(row)} of ${number(imported.rows)}, went on from there; ${equal} figures equal`)
}

/** Everything that a second import could have changed. */
async function figures(cairn: Reach, slug: string): Promise<object> {
  const api = cairn.api(slug)
  const range = { from: '1900-01-02', to: iso(Date.now()).slice(0, 10), include_bots: true }
  const { types } = await api.get<{ types: Array<{ event_type: string; count: number }> }>('/api/events/types')
  const { total } = await api.get<{ total: Record<string, number> }>('/api/ledger', { days: 2, by: 'total' })
  const { total_events, active_users, events_by_day } = await api.get<{ total_events: number; active_users: number; events_by_day: Record<string, number> }>(
    '/api/events/analytics',
    range,
  )
  return {
    total_events,
    active_users,
    events_by_day: nonZero(events_by_day),
    types: Object.fromEntries(types.map((t) => [t.event_type, t.count])),
    stored: total['stored'],
    quarantined: total['quarantined'],
    gap: total['gap'],
  }
}
