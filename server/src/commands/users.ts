import { Command } from 'commander'
import { listUsers, resetPassword, type ListedUser } from '../accounts/users.ts'
import { readConfig } from '../base/config.ts'
import { iso } from '../base/time.ts'
import { openCatalogAlone } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { say, sayJson, table } from './terminal/table.ts'

const examples = `
Examples:
  cairn users list
  cairn users reset-password ada@example.com

New people come by an invitation link, made under Members in a workspace. The first user is made by the link that the start prints.`

export function usersCommand(environment: Environment): Command {
  const command = new Command('users').description('List people with an account, and give a new password to who lost theirs.').addHelpText('after', examples)

  command
    .command('list')
    .description('List people with an account, and their workspaces.')
    .option('--json', 'answer as JSON')
    .action(async (options: { json?: true }) => {
      const catalog = await openCatalogAlone(readConfig(environment))
      try {
        const users = await listUsers(catalog.db)
        if (options.json === true) sayJson({ users: users.map(userJson) })
        else process.stdout.write(table(['e-mail', 'since', 'workspaces', 'name'], users.map(userRow)))
      } finally {
        await catalog.close()
      }
    })

  command
    .command('reset-password')
    .description('Make a new random password; it is shown this once. Ends all sessions of this person, and the wait after wrong passwords.')
    .argument('<email>', 'e-mail address of the account')
    .option('--json', 'answer as JSON')
    .action(async (email: string, options: { json?: true }) => {
      const catalog = await openCatalogAlone(readConfig(environment))
      try {
        const password = await resetPassword(catalog.db, { email, now: Date.now() })
        if (options.json === true) sayJson({ email: email.toLowerCase(), password })
        else say(`${password}\n\nThe new password of ${email.toLowerCase()}. It is shown this once; it can be changed after signing in.`)
      } finally {
        await catalog.close()
      }
    })
  return command
}

const userRow = (user: ListedUser): string[] => [
  user.email,
  iso(user.createdAt).slice(0, 10),
  user.workspaces.map(({ slug, role }) => `${slug} (${role})`).join(', ') || '–',
  user.name,
]
const userJson = (user: ListedUser): object => ({
  id: user.id,
  email: user.email,
  name: user.name,
  created_at: iso(user.createdAt),
  workspaces: user.workspaces,
})
