import { createWriteStream, renameSync, rmSync, type WriteStream } from 'node:fs'
import { Readable, Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { endpoints } from '@cairn/wire/api'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readConfig } from '../base/config.ts'
import { reach } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { Failed, messageOf, WrongCall } from './terminal/failure.ts'
import { number, progress } from './terminal/progress.ts'
import { stopped } from './terminal/signals.ts'
import { note, sayJson } from './terminal/table.ts'

interface Parameter {
  type?: string
  enum?: readonly string[]
  description?: string
}
/** Every filter of the endpoint is an option of the command. */
const parameters: ReadonlyArray<readonly [name: string, parameter: Parameter]> = Object.entries(
  endpoints.exportEvents.query.properties as Record<string, Parameter>,
).filter(([name]) => name !== 'format')

const examples = `
Examples:
  cairn export --from 2026-01-01 --to 2026-01-31 --out january.jsonl.gz
  cairn export --days 30 --event-type order_placed --where metadata.plan=pro --format csv > orders.csv
  cairn export --from 1970-01-01 --out everything.jsonl

Without a range: the last 7 days. \`cairn import\` takes either format back without a mapping.`

export function exportCommand(environment: Environment): Command {
  const command = new Command('export')
    .description('Write the events of a range as JSON Lines or CSV, oldest first.')
    .option('-w, --workspace <slug>', 'workspace to export from', 'default')
    .option('-o, --out <file>', 'file to write, compressed where it ends in .gz; standard output where absent')
    .addOption(new Option('--format <format>', 'where the name of --out does not tell').choices(['jsonl', 'csv']))
    .option('--where <path=value>', 'metadata.<path>=value or context.<path>=value; may be repeated', readWhere, {})
    .option('--json', 'tell what was written as JSON; needs --out')
  for (const [name, { type, enum: choices, description }] of parameters) {
    const option = new Option(`--${name.replaceAll('_', '-')}${type === 'boolean' ? '' : ' <value>'}`, description ?? '')
    command.addOption(choices ? option.choices(choices) : option)
  }
  return command.addHelpText('after', examples).action(async (options: Record<string, string | boolean | undefined> & { where: Record<string, string> }) => {
    const out = typeof options['out'] === 'string' ? options['out'] : undefined
    if (options['json'] === true && out === undefined) throw new WrongCall('--json needs --out, since the events themselves go to standard output.')
    const query: Record<string, string | boolean> = { ...options.where, format: formatOf(options['format'], out) }
    for (const [name] of parameters) {
      const value = options[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())]
      if (value !== undefined) query[name] = value
    }
    await run(environment, { slug: String(options['workspace']), out, query, json: options['json'] === true })
  })
}

async function run(
  environment: Environment,
  { slug, out, query, json }: { slug: string; out: string | undefined; query: Record<string, string | boolean>; json: boolean },
): Promise<void> {
  const { signal, release } = stopped()
  const cairn = await reach(readConfig(environment))
  // What is half written does not look like a whole export.
  const part = out === undefined ? undefined : `${out}.part`
  try {
    await cairn.workspace(slug)
    const body = await cairn.api(slug).stream('/api/events/export', query, signal)
    const bar = progress({ what: 'lines', label: out ?? 'export', quiet: json })
    const counted = counting(bar.at)
    const target: Array<Transform | Writable> = part === undefined ? [process.stdout] : [...(out?.endsWith('.gz') === true ? [createGzip()] : []), create(part)]
    try {
      await pipeline([Readable.fromWeb(body as import('node:stream/web').ReadableStream), counted.through, ...target], { end: part !== undefined })
    } catch (error) {
      // `cairn export | head` has read what it wanted.
      if (part === undefined && error instanceof Error && 'code' in error && error.code === 'EPIPE') return
      throw new Failed(`The export broke off after ${number(counted.lines())} lines: ${messageOf(error)}.`, { cause: error })
    } finally {
      bar.end()
    }
    if (part !== undefined && out !== undefined) renameSync(part, out)
    const events = counted.lines() - (query['format'] === 'csv' && counted.lines() > 0 ? 1 : 0)
    if (json) sayJson({ file: out, workspace: slug, format: query['format'], lines: counted.lines(), bytes: counted.bytes() })
    else if (out !== undefined) note(`${out}: ${number(events)} events${query['format'] === 'csv' ? ' or more lines, where texts hold line breaks' : ''}.`)
  } finally {
    if (part !== undefined) rmSync(part, { force: true })
    release()
    await cairn.close()
  }
}

function counting(at: (lines: number) => void): { through: Transform; lines(): number; bytes(): number } {
  let lines = 0
  let bytes = 0
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      for (let i = chunk.indexOf(10); i >= 0; i = chunk.indexOf(10, i + 1)) lines++
      at(lines)
      done(null, chunk)
    },
  })
  return { through, lines: () => lines, bytes: () => bytes }
}

function create(file: string): WriteStream {
  return createWriteStream(file, { mode: 0o600 })
}

function formatOf(given: unknown, out: string | undefined): string {
  if (typeof given === 'string') return given
  return /\.csv(\.gz)?$/i.test(out ?? '') ? 'csv' : 'jsonl'
}

function readWhere(pair: string, before: Record<string, string>): Record<string, string> {
  const match = /^((?:metadata|context)\.[^=]+)=(.*)$/s.exec(pair)
  if (!match) throw new InvalidArgumentError('It must be metadata.<path>=value or context.<path>=value.')
  return { ...before, [match[1] ?? '']: match[2] ?? '' }
}
