import { Command } from 'commander'
import { readConfig, type Config } from '../base/config.ts'
import { checks } from './doctor/checks.ts'
import type { Finding } from './doctor/finding.ts'
import { checkFolder } from './doctor/machine.ts'
import { reach, type Reach } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { messageOf } from './terminal/failure.ts'
import { say, sayJson } from './terminal/table.ts'

interface Line extends Finding {
  check: string
  ms: number
}

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '–' } as const
const examples = `
Examples:
  cairn doctor
  cairn doctor --json | jq '.checks[] | select(.status != "ok")'

Where a server runs on the data folder it is asked; otherwise one is started for the checks. The last check writes an event into the
workspace "cairn-doctor", reads it back and removes it. Exit code 1 where a check fails; warnings do not count.`

export const doctorCommand = (environment: Environment): Command =>
  new Command('doctor')
    .description('Check settings, disk, databases, journal and ledger, and say what to do.')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async ({ json }: { json?: true }) => {
      const lines: Line[] = []
      const check = async (name: string, run: () => Promise<Finding>): Promise<boolean> => {
        const began = performance.now()
        const finding = await run().catch((error: unknown): Finding => ({ status: 'failed', says: messageOf(error) }))
        const line = { check: name, ms: Math.round(performance.now() - began), ...finding }
        lines.push(line)
        if (json !== true) tell(line)
        return finding.status !== 'failed'
      }
      await examine(environment, check)
      const failed = lines.filter(({ status }) => status === 'failed').length
      const warnings = lines.filter(({ status }) => status === 'warning').length
      if (json === true) sayJson({ ok: failed === 0, checks: lines })
      else say(failed === 0 ? `\nAll is well${warnings > 0 ? `, but for ${warnings} warnings` : ''}.` : `\n${failed} of ${lines.length} checks failed.`)
      if (failed > 0) process.exitCode = 1
    })

async function examine(environment: Environment, check: (name: string, run: () => Promise<Finding>) => Promise<boolean>): Promise<void> {
  let config: Config | undefined
  await check('settings', async () => {
    config = readConfig(environment)
    const given = ['DATABASE_URL', 'CLICKHOUSE_URL', 'REDIS_URL', 'CAIRN_PUBLIC_URL'].filter((name) => environment[name] !== undefined)
    return { status: 'ok', says: `read${given.length > 0 ? `; ${given.join(', ')} set` : ''}; Node ${process.versions.node}` }
  })
  if (!config) return
  const { CAIRN_DATA_DIR: dataDir } = config
  if (!(await check('data folder', () => checkFolder(dataDir)))) return
  let cairn: Reach | undefined
  await check('server', async () => {
    cairn = await reach(config as Config)
    return { status: 'ok', says: cairn.own ? 'none runs; one was started for these checks' : `runs at ${cairn.url}` }
  })
  if (!cairn) return
  const reached = cairn
  try {
    for (const { name, run } of checks) await check(name, () => run(reached))
  } finally {
    await reached.close()
  }
}

function tell({ check, status, ms, says, remedy }: Line): void {
  say(`${marks[status]} ${check.padEnd(18)} ${String(ms).padStart(5)} ms  ${says}`)
  if (remedy !== undefined) say(`${' '.repeat(31)}→ ${remedy}`)
}
