import { Command, InvalidArgumentError } from 'commander'
import { readConfig, type Config } from '../base/config.ts'
import { iso, systemClock } from '../base/time.ts'
import { version } from '../base/version.ts'
import { catalogMigrateDown, catalogMigrateStatus, catalogMigrateUp } from '../catalog/migrate.ts'
import { migrateDown, migrateUp, migrationStatus } from '../store/migrate.ts'
import { migrations } from '../store/migrations/index.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import type { Catalog } from '../catalog/db.ts'
import { openCatalogBeside, quietLog } from './reach/reach.ts'
import { findServer } from './reach/server-file.ts'
import type { Environment } from './start.ts'
import { Failed, WrongCall } from './terminal/failure.ts'
import { say, sayJson, table } from './terminal/table.ts'

/** A migration of either database, as status tells it. */
interface State {
  database: 'catalog' | 'events'
  name: string
  state: 'applied' | 'pending' | 'edited' | 'unknown'
  applied_at: string | null
}

const examples = `
Examples:
  cairn migrate status
  cairn migrate up
  cairn migrate down --to 1 --yes     takes back every migration above number 1, in both databases

A start applies what is pending by itself. Both \`up\` and \`down\` need the server to be stopped.`

export function migrateCommand(environment: Environment): Command {
  const command = new Command('migrate').description('Look at, apply and take back the migrations of catalog and event store.').addHelpText('after', examples)
  command
    .command('status')
    .description('Every migration and whether it is applied.')
    .option('--json', 'answer as JSON')
    .action(async ({ json }: { json?: true }) => {
      const states = await statusOf(readConfig(environment))
      if (json === true) sayJson({ migrations: states })
      else
        process.stdout.write(
          table(
            ['database', 'migration', 'state', 'applied at'],
            states.map((s) => [s.database, s.name, s.state, s.applied_at ?? '–']),
          ),
        )
      if (states.some((s) => s.state === 'edited' || s.state === 'unknown')) process.exitCode = 1
    })
  command
    .command('up')
    .description('Apply what is pending.')
    .option('--json', 'answer as JSON')
    .action(({ json }: { json?: true }) =>
      withBoth(readConfig(environment), async (catalog, store) => {
        tell('applied', { catalog: await catalogMigrateUp(catalog), events: await migrateUp(store, systemClock) }, json)
      }),
    )
  command
    .command('down')
    .description('Take back migrations, newest first. What their tables hold is gone.')
    .requiredOption('--to <number>', 'number of the last migration that stays; 0 takes back all', readNumber)
    .option('--yes', 'do it: without it nothing is changed')
    .option('--json', 'answer as JSON')
    .action(async ({ to, yes, json }: { to: number; yes?: true; json?: true }) => {
      const config = readConfig(environment)
      if (yes !== true)
        throw new WrongCall(
          `This takes back every migration above number ${to}, with all that their tables hold. Make a copy of ${config.CAIRN_DATA_DIR} first, then say --yes.`,
        )
      await withBoth(config, async (catalog, store) => {
        const steps = (await catalogMigrateStatus(catalog)).filter((s) => s.state === 'applied' && Number.parseInt(s.name, 10) > to).length
        const events = await migrateDown(store, to)
        tell('taken back', { catalog: steps === 0 ? [] : await catalogMigrateDown(catalog, { steps }), events }, json)
      })
    })
  return command
}

async function withBoth(config: Config, work: (catalog: Catalog, store: Store) => Promise<void>): Promise<void> {
  const running = findServer(config.CAIRN_DATA_DIR)
  if (running) throw new Failed(`The server with pid ${running.pid} runs on this data folder. Stop it first; it has applied all migrations at its start.`)
  const open = await openStore(config, { log: quietLog(config), clock: systemClock, migrate: false })
  try {
    const catalog = await openCatalogBeside(config, undefined)
    try {
      await work(catalog, open.store)
    } finally {
      await catalog.close()
    }
  } finally {
    await open.close()
  }
}

async function statusOf(config: Config): Promise<State[]> {
  const running = findServer(config.CAIRN_DATA_DIR)
  if (!running) {
    const states: State[] = []
    await withBoth(config, async (catalog, store) => {
      states.push(...(await catalogStates(catalog)), ...(await storeStates(store)))
    })
    return states
  }
  const catalog = await openCatalogBeside(config, running.catalog)
  try {
    const health = (await (await fetch(new URL('/api/health', running.url))).json()) as { version?: string }
    if (health.version !== version)
      throw new Failed(`The running server is Cairn ${health.version}, this command is ${version}. Use the server's own, or stop it.`)
    // A server serves only with all of its migrations applied, and this one carries the same.
    return [...(await catalogStates(catalog)), ...migrations.map((m): State => ({ database: 'events', name: m.name, state: 'applied', applied_at: null }))]
  } finally {
    await catalog.close()
  }
}

const catalogStates = async (catalog: Catalog): Promise<State[]> =>
  (await catalogMigrateStatus(catalog)).map(({ name, state, applied_at }) => ({
    database: 'catalog',
    name,
    state,
    applied_at: applied_at === null ? null : iso(applied_at),
  }))

const storeStates = async (store: Store): Promise<State[]> =>
  (await migrationStatus(store)).map(({ name, state, appliedAt }) => ({
    database: 'events',
    name,
    state,
    applied_at: appliedAt === undefined ? null : `${appliedAt.replace(' ', 'T')}Z`,
  }))

function tell(what: string, done: { catalog: string[]; events: string[] }, json: true | undefined): void {
  if (json === true) return sayJson(done)
  const lines = [...done.catalog.map((name) => `catalog ${name}`), ...done.events.map((name) => `events ${name}`)]
  say(lines.length === 0 ? `Nothing to do.` : lines.map((line) => `${line} ${what}`).join('\n'))
}

function readNumber(value: string): number {
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError('It must be the number of a migration, or 0.')
  return Number(value)
}
