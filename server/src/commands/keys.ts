import { Command, Option } from 'commander'
import { readConfig } from '../base/config.ts'
import { iso } from '../base/time.ts'
import type { Catalog } from '../catalog/db.ts'
import { createKey, listKeys, revokeKey, type Key, type KeyKind } from '../catalog/keys.ts'
import type { Workspace } from '../catalog/workspaces.ts'
import { openCatalogAlone, workspaceNamed } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { say, sayJson, table } from './terminal/table.ts'

interface Options {
  workspace: string
  json?: true
}

const examples = `
Examples:
  cairn keys create --kind write --name "shop front"
  cairn keys list --workspace acme
  cairn keys revoke key_4Tg0cXo2q1ZQ

A write key may only add data and may be public; a secret key also reads. A running server knows of a change within 2 seconds.`

export function keysCommand(environment: Environment): Command {
  const command = new Command('keys').description('Make, list and revoke the keys of a workspace.').addHelpText('after', examples)
  const sub = (name: string, description: string): Command =>
    command.command(name).description(description).option('-w, --workspace <slug>', 'workspace of the key', 'default').option('--json', 'answer as JSON')
  const withWorkspace = async (slug: string, work: (catalog: Catalog, workspace: Workspace) => Promise<void>): Promise<void> => {
    const catalog = await openCatalogAlone(readConfig(environment))
    try {
      await work(catalog, await workspaceNamed(catalog, slug))
    } finally {
      await catalog.close()
    }
  }

  sub('create', 'Make a key; it is shown this once.')
    .addOption(new Option('--kind <kind>', 'what it may do').choices(['write', 'secret']).makeOptionMandatory())
    .option('--name <name>', 'what it is for')
    .action((options: Options & { kind: KeyKind; name?: string }) =>
      withWorkspace(options.workspace, async (catalog, workspace) => {
        const { key, plain } = await createKey(catalog.db, {
          workspaceId: workspace.id,
          kind: options.kind,
          name: options.name ?? `${options.kind} key`,
          now: Date.now(),
        })
        if (options.json === true) sayJson({ ...keyJson(key), key: plain })
        else say(`${plain}\n\n${key.id}, a ${key.kind} key of workspace "${workspace.slug}". It is shown this once.`)
      }),
    )
  sub('list', 'List the keys; never the keys themselves.').action((options: Options) =>
    withWorkspace(options.workspace, async (catalog, workspace) => {
      const keys = await listKeys(catalog.db, { workspaceId: workspace.id })
      if (options.json === true) sayJson({ keys: keys.map(keyJson) })
      else process.stdout.write(table(['id', 'kind', 'begins', 'created', 'last used', 'revoked', 'name'], keys.map(keyRow)))
    }),
  )
  sub('revoke', 'Revoke a key; it stops working within 2 seconds.')
    .argument('<id>', 'id of the key, as `keys list` shows it')
    .action((id: string, options: Options) =>
      withWorkspace(options.workspace, async (catalog, workspace) => {
        const key = await revokeKey(catalog.db, { workspaceId: workspace.id, keyId: id, now: Date.now() })
        if (options.json === true) sayJson(keyJson(key))
        else say(`${key.id} (${key.name}) is revoked.`)
      }),
    )
  return command
}

const moment = (ms: number | null): string => (ms === null ? '–' : iso(ms).slice(0, 16).replace('T', ' '))
const keyRow = (key: Key): string[] => [key.id, key.kind, `${key.prefix}…`, moment(key.createdAt), moment(key.lastUsedAt), moment(key.revokedAt), key.name]
const keyJson = (key: Key): object => ({
  id: key.id,
  kind: key.kind,
  name: key.name,
  prefix: key.prefix,
  created_at: iso(key.createdAt),
  last_used_at: key.lastUsedAt === null ? null : iso(key.lastUsedAt),
  revoked_at: key.revokedAt === null ? null : iso(key.revokedAt),
})
