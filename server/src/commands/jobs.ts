import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerOf } from '@cairn/wire/api'
import { Command } from 'commander'
import { readConfig } from '../base/config.ts'
import type { Api } from './reach/api.ts'
import { reach } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { Failed } from './terminal/failure.ts'
import { say, sayJson, table } from './terminal/table.ts'

type Listed = AnswerOf<'listJobs'>['jobs'][number]
type Run = AnswerOf<'runJob'>['run']
interface Options {
  workspace: string
  json?: true
}

const examples = `
Examples:
  cairn jobs list
  cairn jobs run events:retention --workspace acme

A job that runs already is not run beside itself. \`run\` returns when the job has ended; the exit code is 1 where it failed.`

/** A job may take hours: its end is asked for, rather than waited for in one answer. */
const LOOK_EVERY_MS = 500

export function jobsCommand(environment: Environment): Command {
  const command = new Command('jobs').description('List jobs, and run one now.').addHelpText('after', examples)
  const sub = (name: string, description: string): Command =>
    command.command(name).description(description).option('-w, --workspace <slug>', 'workspace', 'default').option('--json', 'answer as JSON')
  const withApi = async ({ workspace }: Options, work: (api: Api) => Promise<void>): Promise<void> => {
    const cairn = await reach(readConfig(environment))
    try {
      await cairn.workspace(workspace)
      await work(cairn.api(workspace))
    } finally {
      await cairn.close()
    }
  }
  sub('list', 'Every job with its schedule, last and next run.').action((options: Options) =>
    withApi(options, async (api) => {
      const { jobs } = await api.get<AnswerOf<'listJobs'>>('/api/jobs')
      if (options.json === true) sayJson({ jobs })
      else process.stdout.write(table(['job', 'schedule', 'time zone', 'last run', 'result', 'next run'], jobs.map(row)))
    }),
  )
  sub('run', 'Run a job now.')
    .argument('<name>', 'as `jobs list` shows it')
    .action((name: string, options: Options) => withApi(options, (api) => runJob(api, name, options)))
  return command
}

/** Begins the job and waits for its end. Throws `Failed` where it is not done. */
export async function runJob(api: Api, name: string, { json }: Pick<Options, 'json'>): Promise<void> {
  const path = `/api/jobs/${encodeURIComponent(name)}`
  let { run } = await api.send<{ run: Run }>('POST', `${path}/run`)
  while (run.state === 'running') {
    await sleep(LOOK_EVERY_MS)
    const { runs } = await api.get<AnswerOf<'listJobRuns'>>(`${path}/runs`, { limit: 20 })
    const found = runs.find(({ id }) => id === run.id)
    if (!found) throw new Failed(`The run ${run.id} is no longer listed.`)
    run = found
  }
  if (json === true) sayJson({ job: name, run })
  if (run.state !== 'done') throw new Failed(`${name} ${run.state === 'failed' ? 'failed' : 'was cut off'}: ${run.message ?? ''}`)
  if (json !== true) say(`${name} is done in ${run.duration_seconds ?? 0} s: ${resultOf(run)}`)
}

const moment = (at: string): string => at.slice(0, 16).replace('T', ' ')
const row = (job: Listed): string[] => [
  job.name,
  job.schedule,
  job.timezone,
  job.last_run ? moment(job.last_run.started_at) : '–',
  job.last_run ? resultOf(job.last_run) : '–',
  moment(job.next_run_at),
]
const resultOf = ({ state, message, result }: Run): string =>
  state === 'done'
    ? Object.entries(result ?? {})
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')
    : [state, message].filter(Boolean).join(': ')
