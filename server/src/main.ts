import { Command, CommanderError } from 'commander'
import { environment } from './base/config.ts'
import { version } from './base/version.ts'
import { archiveCommand } from './commands/archive.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { jobsCommand } from './commands/jobs.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { startCommand } from './commands/start.ts'
import { messageOf, WrongCall } from './commands/terminal/failure.ts'
import { usersCommand } from './commands/users.ts'
import { verifyCommand } from './commands/verify.ts'
import { workspaceCommand } from './commands/workspace.ts'

/** The command `cairn`. Exit codes: 0 done, 1 failed, 2 wrong call. */
const program = new Command('cairn')
  .description('A self-hosted record of what people do in a product, and the analyses made from it.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help shows what there is)')

const commands = [
  startCommand,
  doctorCommand,
  demoCommand,
  importCommand,
  exportCommand,
  verifyCommand,
  workspaceCommand,
  usersCommand,
  keysCommand,
  jobsCommand,
  archiveCommand,
  migrateCommand,
]
for (const command of commands) program.addCommand(inherit(command(environment())))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = error instanceof WrongCall ? 2 : 1
  }
}

/** Commander hands these down only to commands made by a parent's own `command()`. */
function inherit(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help shows what there is)')
  for (const sub of command.commands) inherit(sub)
  return command
}
