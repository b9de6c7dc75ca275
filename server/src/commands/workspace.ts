import { Command, InvalidArgumentError, Option } from 'commander'
import { userByEmail } from '../accounts/users.ts'
import { readConfig } from '../base/config.ts'
import type { Catalog } from '../catalog/db.ts'
import { createWorkspace, listWorkspaces, updateWorkspace, type Workspace, type WorkspaceSettings } from '../catalog/workspaces.ts'
import { openCatalogAlone, workspaceNamed } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { WrongCall } from './terminal/failure.ts'
import { say, sayJson, table } from './terminal/table.ts'

interface Options {
  name?: string
  timezone?: string
  retention?: number | 'forever'
  archive?: number | 'never'
  gpc?: 'honour' | 'ignore'
  taxonomy?: 'open' | 'strict'
  json?: true
}

const examples = `
Examples:
  cairn workspace create acme --name "Acme Ltd" --timezone Europe/Berlin --owner ada@example.com
  cairn workspace set acme --retention forever
  cairn workspace list

A running server knows of a change within 2 seconds. A new workspace has no keys: make them with cairn keys create.`

export function workspaceCommand(environment: Environment): Command {
  const command = new Command('workspace').description('Make, list and change workspaces.').addHelpText('after', examples)
  const withCatalog = async (work: (catalog: Catalog) => Promise<void>): Promise<void> => {
    const catalog = await openCatalogAlone(readConfig(environment))
    try {
      await work(catalog)
    } finally {
      await catalog.close()
    }
  }
  const withSettings = (sub: Command): Command =>
    sub
      .option('--name <name>', 'name that people see')
      .option('--timezone <zone>', 'IANA time zone in which days are counted')
      .option('--retention <days>', 'days that events are kept, or forever', readRetention)
      .option('--archive <days>', 'days after which months become files, or never', readArchive)
      .addOption(new Option('--gpc <rule>', 'what to do with Global Privacy Control').choices(['honour', 'ignore']))
      .addOption(new Option('--taxonomy <mode>', 'whether undeclared event types are taken').choices(['open', 'strict']))
      .option('--json', 'answer as JSON')

  withSettings(
    command
      .command('create')
      .description('Make a workspace.')
      .argument('<slug>', 'a-z 0-9 -, as it stands in links')
      .option('--owner <email>', 'person with an account who owns it; without one only keys and the command line reach it'),
  ).action((slug: string, options: Options & { owner?: string }) =>
    withCatalog(async (catalog) => {
      const owner = options.owner === undefined ? undefined : await userByEmail(catalog.db, options.owner)
      const workspace = await createWorkspace(catalog.db, { slug, owner, ...settingsOf(options), now: Date.now() })
      show(workspace, options, `Workspace "${slug}" is made. Make its keys with: cairn keys create --workspace ${slug} --kind write`)
    }),
  )
  withSettings(command.command('set').description('Change settings of a workspace.').argument('[slug]', 'which', 'default')).action(
    (slug: string, options: Options) =>
      withCatalog(async (catalog) => {
        const settings = settingsOf(options)
        if (Object.values(settings).every((value) => value === undefined)) throw new WrongCall('Nothing to set was given; see cairn workspace set --help.')
        const { id } = await workspaceNamed(catalog, slug)
        show(await updateWorkspace(catalog.db, { id, ...settings, now: Date.now() }), options, undefined)
      }),
  )
  command
    .command('list')
    .description('List the workspaces.')
    .option('--json', 'answer as JSON')
    .action((options: Options) =>
      withCatalog(async (catalog) => {
        const workspaces = await listWorkspaces(catalog.db)
        if (options.json === true) sayJson({ workspaces: workspaces.map(workspaceJson) })
        else process.stdout.write(table(head, workspaces.map(workspaceRow)))
      }),
    )
  return command
}

const settingsOf = ({ name, timezone, retention, archive, gpc, taxonomy }: Options): WorkspaceSettings => ({
  name,
  timezone,
  retentionDays: retention === 'forever' ? null : retention,
  archiveDays: archive === 'never' ? null : archive,
  gpc,
  taxonomyMode: taxonomy,
})

const daysOr =
  <Word extends string>(word: Word) =>
  (value: string): number | Word => {
    if (value === word) return word
    const days = Number(value)
    if (!Number.isInteger(days) || days < 1 || days > 36_500) throw new InvalidArgumentError(`It must be 1 to 36500 days, or ${word}.`)
    return days
  }
const readRetention = daysOr('forever')
const readArchive = daysOr('never')

function show(workspace: Workspace, { json }: Options, said: string | undefined): void {
  if (json === true) return sayJson(workspaceJson(workspace))
  process.stdout.write(table(head, [workspaceRow(workspace)]))
  if (said !== undefined) say(`\n${said}`)
}

const head = ['slug', 'time zone', 'retention', 'taxonomy', 'gpc', 'switched off', 'name']
const workspaceRow = (w: Workspace): string[] => [
  w.slug,
  w.timezone,
  w.retentionDays === null ? 'forever' : `${w.retentionDays} days`,
  w.taxonomyMode,
  w.gpc,
  w.streamsOff.join(' ') || '–',
  w.name,
]
const workspaceJson = (w: Workspace): object => ({
  slug: w.slug,
  name: w.name,
  timezone: w.timezone,
  retention_days: w.retentionDays ?? 'forever',
  archive_days: w.archiveDays ?? 'never',
  taxonomy_mode: w.taxonomyMode,
  gpc: w.gpc,
  streams_off: w.streamsOff,
})
