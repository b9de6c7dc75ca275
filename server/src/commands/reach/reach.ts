import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../base/config.ts'
import { makeLog } from '../../base/log.ts'
import { openCatalog, type Catalog } from '../../catalog/db.ts'
import { ensureFirstWorkspace, type FirstWorkspace } from '../../catalog/keys.ts'
import { catalogMigrateUp } from '../../catalog/migrate.ts'
import { getWorkspace, type Workspace } from '../../catalog/workspaces.ts'
import { compose, type Cairn } from '../../compose.ts'
import { Failed } from '../terminal/failure.ts'
import { note } from '../terminal/table.ts'
import { makeApi, type Api } from './api.ts'
import { findServer, type RunningServer } from './server-file.ts'

/**
 * How a command reaches a Cairn: the server that runs on its data folder, or else one that it composes in its own process on a free port.
 * Either way it speaks HTTP, so that there is one path to the data, and nothing is opened behind a running server's back. Only the
 * catalog is opened beside it: SQLite and Postgres are made for several processes, and servers look for changes there every second.
 */
export interface Reach {
  catalog: Catalog
  url: string
  /** Present where this process runs the server itself. */
  own: Cairn | undefined
  api(workspace: string): Api
  /** The workspace by slug, once the server knows its present settings. Throws where there is none. */
  workspace(slug: string): Promise<Workspace>
  close(): Promise<void>
}

/** A change in the catalog holds on every server within this time; see catalog/directory.ts. */
const KNOWN_EVERYWHERE_MS = 2_000

export async function reach(config: Config): Promise<Reach> {
  const running = findServer(config.CAIRN_DATA_DIR)
  return running ? reachRunning(config, running) : reachOwn(config)
}

async function reachRunning(config: Config, { url, token, catalog: kind }: RunningServer): Promise<Reach> {
  const catalog = await openCatalogBeside(config, kind)
  return {
    catalog,
    url,
    own: undefined,
    api: (workspace) => makeApi({ url, token, workspace }),
    workspace: async (slug) => {
      const workspace = await workspaceNamed(catalog, slug)
      await sleep(Math.max(0, workspace.updatedAt + KNOWN_EVERYWHERE_MS - Date.now()))
      return workspace
    },
    close: () => catalog.close(),
  }
}

/** The server of this process, for this command only: on a free port of loopback, silent unless something is wrong. */
export async function reachOwn(config: Config, { scratch = false } = {}): Promise<Reach> {
  const own = await compose({ ...config, HOST: '127.0.0.1', PORT: 0 }, { log: quietLog(config), scheduled: false })
  try {
    const url = await own.listen()
    // Keys of a folder that is about to go are of no use to anybody.
    if (!scratch) tellFirstKeys(own.first)
    return {
      catalog: own.catalog,
      url,
      own,
      api: (workspace) => makeApi({ url, token: own.localToken, workspace }),
      workspace: async (slug) => {
        const workspace = await workspaceNamed(own.catalog, slug)
        await own.directory.refresh()
        return workspace
      },
      close: () => own.close(),
    }
  } catch (error) {
    await own.close()
    throw error
  }
}

/** For commands about what people set up: the catalog alone, made and brought up to date where need be. */
export async function openCatalogAlone(config: Config): Promise<Catalog> {
  const running = findServer(config.CAIRN_DATA_DIR)
  const catalog = await openCatalogBeside(config, running?.catalog)
  try {
    if (!running) {
      await catalogMigrateUp(catalog)
      tellFirstKeys(await ensureFirstWorkspace(catalog.db, { writeKey: config.CAIRN_WRITE_KEY, secretKey: config.CAIRN_SECRET_KEY }))
    }
    return catalog
  } catch (error) {
    await catalog.close()
    throw error
  }
}

export function openCatalogBeside(config: Config, runningKind: RunningServer['catalog'] | undefined): Promise<Catalog> {
  const kind = config.DATABASE_URL === undefined ? 'sqlite' : 'postgres'
  if (runningKind !== undefined && runningKind !== kind) {
    throw new Failed(`The running server keeps its catalog in ${runningKind === 'postgres' ? 'Postgres' : 'SQLite'}. Give this command the same DATABASE_URL.`)
  }
  return openCatalog({ url: config.DATABASE_URL, file: join(config.CAIRN_DATA_DIR, 'catalog.sqlite'), log: quietLog(config) })
}

export async function workspaceNamed(catalog: Catalog, slug: string): Promise<Workspace> {
  try {
    return await getWorkspace(catalog.db, { slug })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'not_found') throw error
    throw new Failed(`There is no workspace "${slug}". \`cairn workspace list\` shows those there are; \`cairn workspace create ${slug}\` makes it.`)
  }
}

/** What a server says about its own life is not what the command was asked for. */
export const quietLog = (config: Config): ReturnType<typeof makeLog> => makeLog(config.CAIRN_LOG_LEVEL === 'info' ? 'warn' : config.CAIRN_LOG_LEVEL)

function tellFirstKeys({ made, keys }: FirstWorkspace): void {
  if (!made || (keys.write === undefined && keys.secret === undefined)) return
  note('This was the first use of the data folder: the workspace "default" was made. Its keys are shown this once.')
  if (keys.write !== undefined) note(`  Write key    ${keys.write}`)
  if (keys.secret !== undefined) note(`  Secret key   ${keys.secret}`)
}
