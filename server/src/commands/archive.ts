import { Command } from 'commander'
import { readConfig } from '../base/config.ts'
import { runJob } from './jobs.ts'
import { reach } from './reach/reach.ts'
import type { Environment } from './start.ts'

const examples = `
Examples:
  cairn workspace set acme --archive 180
  cairn archive --workspace acme

Moves the months that are older than the workspace's archive age into <data>/archive. It is the job events:archive, which does so every night;
the exit code is 1 where it failed.`

export function archiveCommand(environment: Environment): Command {
  return new Command('archive')
    .description('Move old months of a workspace into Parquet files now.')
    .option('-w, --workspace <slug>', 'workspace', 'default')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async (options: { workspace: string; json?: true }) => {
      const cairn = await reach(readConfig(environment))
      try {
        await cairn.workspace(options.workspace)
        await runJob(cairn.api(options.workspace), 'events:archive', options)
      } finally {
        await cairn.close()
      }
    })
}
