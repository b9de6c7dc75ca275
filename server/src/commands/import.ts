import { existsSync, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { readConfig } from '../base/config.ts'
import { iso } from '../base/time.ts'
import { importFile, surveyFile, type ImportReport, type ImportRequest } from './import/import-file.ts'
import { columnTypes, noMapping, type ColumnType, type Mapping } from './import/mapping.ts'
import { formatOf, type Format } from './import/rows.ts'
import type { Survey } from './import/survey.ts'
import { openCatalogAlone, reach, workspaceNamed } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { WrongCall } from './terminal/failure.ts'
import { stopped } from './terminal/signals.ts'
import { number } from './terminal/progress.ts'
import { note, say, sayJson } from './terminal/table.ts'

interface Options {
  workspace: string
  format?: Format
  mapping?: string
  map: string[]
  set: string[]
  type: string[]
  rest?: 'metadata' | 'context'
  missing: string[]
  timeFormat?: string
  zone?: string
  delimiter?: string
  batch: number
  again?: true
  dryRun?: true
  json?: true
}

const each = (value: string, before: string[]): string[] => [...before, value]
const examples = `
Examples:
  cairn import events.jsonl.gz                          rows that are events already, such as an export
  cairn import views.csv --map user_id=uuid event_timestamp=timestamp --set event_type=page_view --rest metadata
  cairn import tickets.csv.gz --mapping tickets.json --missing '?' --time-format 'D/M/YYYY H:MM' --zone Europe/Berlin
  cairn import tickets.csv.gz --mapping tickets.json --dry-run

A mapping file: {"map":{"user_id":"uuid"},"set":{"event_type":"page_view"},"rest":"metadata","missing":["?"],
"types":{"price":"number"},"time_format":"iso","zone":"UTC"}. Options on the command line go over it.
Without --map, columns called like fields of an event are those fields. The same file with the same mapping is imported once: a call
that was stopped goes on where it was, and one that is repeated adds nothing, equal rows within the file staying as they are.`

export const importCommand = (environment: Environment): Command =>
  new Command('import')
    .description('Import events from CSV or JSON Lines, also compressed by gzip: exactly once, resumable.')
    .argument('<file...>')
    .option('-w, --workspace <slug>', 'workspace to import into', 'default')
    .addOption(new Option('--format <format>', 'where the name does not tell').choices(['csv', 'jsonl']))
    .option('--mapping <file>', 'JSON file with the mapping')
    .option('--map <field=column...>', 'field of the event, metadata.<path> or context.<path>, and its column', each, [])
    .option('--set <field=constant...>', 'field that is the same in every row', each, [])
    .option('--type <column=type...>', `what a column of metadata is: ${columnTypes.join(', ')}`, each, [])
    .addOption(new Option('--rest <field>', 'where columns go that nothing names').choices(['metadata', 'context']))
    .option('--missing <value...>', 'value that means absent, beside the empty one', each, [])
    .option('--time-format <format>', 'iso, epoch_ms, epoch_s or a pattern such as D/M/YYYY H:MM (default: iso)')
    .option('--zone <name>', 'IANA time zone of times without an offset (default: UTC)')
    .option('--delimiter <character>', 'between the fields of a CSV (default: a comma; a tab for .tsv)')
    .option('--batch <rows>', 'rows in one request, at most 1,000', readBatch, 1_000)
    .option('--again', 'send all rows although this import has ended before; rows that are there stay once')
    .option('--dry-run', 'read everything, send nothing, say what would happen')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async (files: string[], options: Options) => {
      const mapping = readMapping(options)
      const { signal, release } = stopped()
      const requests = files.map((file): ImportRequest => {
        if (!existsSync(file)) throw new WrongCall(`There is no file ${file}.`)
        const format = options.format ?? formatOf(file)
        return { file, format, mapping, batchRows: options.batch, again: options.again === true, quiet: options.json === true, signal }
      })
      try {
        await (options.dryRun === true ? dryRun(environment, requests, options) : run(environment, requests, options))
      } finally {
        release()
      }
    })

async function run(environment: Environment, requests: readonly ImportRequest[], { workspace: slug, json }: Options): Promise<void> {
  const cairn = await reach(readConfig(environment))
  try {
    const workspace = await cairn.workspace(slug)
    const reports: ImportReport[] = []
    for (const request of requests) {
      const report = await importFile({ catalog: cairn.catalog, api: cairn.api(slug), workspace, now: Date.now() }, request)
      reports.push(report)
      if (json !== true) tell(report)
      if (!report.finished) break
    }
    if (json === true) sayJson({ imports: reports.map(reportJson) })
    if (reports.some((report) => !report.finished)) process.exitCode = 1
  } finally {
    await cairn.close()
  }
}

function tell(report: ImportReport): void {
  const { file, rowsTotal, finishedBefore, resumedAfter, rows, accepted, rejected, firstRejected, notRecorded, survey, seconds } = report
  if (finishedBefore !== undefined)
    return say(`${file}: imported already on ${iso(finishedBefore)} (${number(rowsTotal)} rows); nothing to do. --again sends all rows again.`)
  if (resumedAfter > 0) say(`${file}: went on after row ${number(resumedAfter)}, where an earlier run was stopped.`)
  const span = survey?.earliest !== undefined && survey.latest !== undefined ? `, from ${iso(survey.earliest)} to ${iso(survey.latest)}` : ''
  say(`${file}: ${number(accepted)} of ${number(rows)} rows accepted into "${report.workspace}" in ${seconds.toFixed(1)} s${span}.`)
  if (rejected > 0) {
    say(`  ${number(rejected)} rows were refused and are kept in quarantine, where they can be looked at and replayed:`)
    for (const { row, line, code, message } of firstRejected) say(`    row ${number(row)} (line ${number(line)}): ${message} [${code}]`)
    if (rejected > firstRejected.length) say(`    … and ${number(rejected - firstRejected.length)} more`)
  }
  for (const [reason, count] of Object.entries(notRecorded)) say(`  ${number(count)} rows were not recorded: ${reason}`)
  if (!report.finished) note(`${file}: stopped. The same command goes on from here.`)
}

const reportJson = ({ survey, finishedBefore, ...report }: ImportReport): object => ({
  file: report.file,
  workspace: report.workspace,
  finished: report.finished,
  finished_before: finishedBefore === undefined ? null : iso(finishedBefore),
  rows_total: report.rowsTotal,
  resumed_after: report.resumedAfter,
  rows_sent: report.rows,
  accepted: report.accepted,
  rejected: report.rejected,
  first_rejected: report.firstRejected,
  not_recorded: report.notRecorded,
  ...(survey ? span(survey) : {}),
  seconds: report.seconds,
})

async function dryRun(environment: Environment, requests: readonly ImportRequest[], { workspace: slug, json }: Options): Promise<void> {
  const catalog = await openCatalogAlone(readConfig(environment))
  try {
    const workspace = await workspaceNamed(catalog, slug)
    for (const request of requests) {
      const survey = await surveyFile({ workspace, now: Date.now() }, request)
      const failing = survey.tooOld > 0 || (survey.rows > 0 && survey.bad === survey.rows)
      if (failing) process.exitCode = 1
      if (json === true) sayJson(surveyJson(request.file, survey))
      else tellSurvey(request.file, survey, workspace.retentionDays)
    }
  } finally {
    await catalog.close()
  }
}

const span = ({ earliest, latest }: Survey): object => ({
  earliest: earliest === undefined ? null : iso(earliest),
  latest: latest === undefined ? null : iso(latest),
})

const surveyJson = (file: string, survey: Survey): object => ({
  file,
  dry_run: true,
  rows_total: survey.rows,
  bad_rows: survey.bad,
  first_bad_rows: survey.firstBad,
  ...span(survey),
  older_than_retention: survey.tooOld,
  first_event: survey.firstEvent ?? null,
})

function tellSurvey(file: string, survey: Survey, retentionDays: number | null): void {
  say(`${file}: ${number(survey.rows)} rows; nothing was sent.`)
  if (survey.earliest !== undefined && survey.latest !== undefined) say(`  Time              ${iso(survey.earliest)} to ${iso(survey.latest)}`)
  say(`  Bad rows          ${number(survey.bad)}${survey.bad > 0 ? ', which would go to quarantine:' : ''}`)
  for (const { row, line, reason } of survey.firstBad) say(`    row ${number(row)} (line ${number(line)}): ${reason}`)
  say(
    `  Too old           ${retentionDays === null ? 'none: the workspace keeps events forever' : `${number(survey.tooOld)} rows older than the ${retentionDays} days that the workspace keeps`}`,
  )
  if (survey.tooOld > 0) say('                    The import would stop before the first row.')
  if (survey.firstEvent) say(`  First event       ${JSON.stringify(survey.firstEvent)}`)
}

function readMapping(options: Options): Mapping {
  const file = options.mapping === undefined ? {} : readMappingFile(options.mapping)
  return {
    map: { ...file.map, ...pairs(options.map, '--map field=column') },
    set: { ...file.set, ...pairs(options.set, '--set field=constant') },
    types: typesOf({ ...file.types, ...pairs(options.type, '--type column=type') }),
    rest: options.rest ?? file.rest ?? noMapping.rest,
    missing: [...new Set([...(file.missing ?? []), ...options.missing])],
    time_format: options.timeFormat ?? file.time_format ?? noMapping.time_format,
    zone: options.zone ?? file.zone ?? noMapping.zone,
    delimiter: options.delimiter ?? file.delimiter ?? noMapping.delimiter,
  }
}

function readMappingFile(path: string): Partial<Mapping> {
  let read: unknown
  try {
    read = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new WrongCall(`The mapping ${path} cannot be read: ${error instanceof Error ? error.message : ''}.`)
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new WrongCall(`The mapping ${path} must be a JSON object.`)
  for (const [name, value] of Object.entries(read)) {
    const example = noMapping[name as keyof Mapping]
    if (example === undefined) throw new WrongCall(`The mapping ${path} has "${name}". It may have: ${Object.keys(noMapping).join(', ')}.`)
    const fits = fitsLike(example, value) && (name !== 'rest' || value === null || value === 'metadata' || value === 'context')
    if (!fits) throw new WrongCall(`In the mapping ${path}, "${name}" is not of the form that --help shows.`)
  }
  return read
}

function fitsLike(example: unknown, value: unknown): boolean {
  if (Array.isArray(example)) return isTexts(value)
  if (typeof example === 'object' && example !== null)
    return typeof value === 'object' && value !== null && !Array.isArray(value) && isTexts(Object.values(value))
  return typeof value === 'string' || (value === null && example === null)
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((entry) => typeof entry === 'string')

function pairs(given: readonly string[], form: string): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new WrongCall(`"${pair}" is not of the form ${form}.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

function typesOf(types: Readonly<Record<string, string>>): Record<string, ColumnType> {
  for (const type of Object.values(types))
    if (!columnTypes.some((known) => known === type)) throw new WrongCall(`"${type}" is no type of a column: ${columnTypes.join(', ')}.`)
  return types as Record<string, ColumnType>
}

function readBatch(value: string): number {
  const rows = Number(value)
  if (!Number.isInteger(rows) || rows < 1 || rows > 1_000) throw new WrongCall('--batch takes 1 to 1,000 rows.')
  return rows
}
