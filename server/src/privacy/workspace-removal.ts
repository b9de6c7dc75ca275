import type { Archive } from '../archive/archive.ts'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import type { Directory } from '../catalog/directory.ts'
import type { CatalogDb, CatalogTransaction, Schema } from '../catalog/schema.ts'
import { change } from '../catalog/version.ts'
import type { Properties } from '../ingest/properties.ts'
import type { Links } from '../people/links.ts'
import { deleteWhere } from '../store/delete.ts'
import { sql, u32 } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/**
 * Removes a workspace without trace: its rows of every table, in the catalog and in the event store.
 *
 * First the catalog, in one transaction that also notes the removal: from its commit on no key, member or name leads to the workspace, and
 * nothing new is taken for it. Then what is acknowledged is loaded, and the rows of each table of the store are deleted; then its archive, and
 * what is held in memory or kept for live is let go; last the note goes. Each step may be repeated, so a removal that was cut off is done again from the
 * store on: by `resumeRemovals` at the start, or by the next removal. The id is never given again (catalog/schema.ts).
 * Deleted rows are out of every read at once, and out of the files with the daily sweep (`sweep.ts`). Of the ids by which repetitions are
 * recognised the workspace's leave within 25 hours, as all do.
 * Its log of changes goes with it. That it was removed stands in the server's log only.
 */
export interface RemovalDeps {
  store: Store
  db: CatalogDb
  directory: Pick<Directory, 'refresh'>
  links: Pick<Links, 'reload'>
  archive: Pick<Archive, 'removeAll'>
  properties: Pick<Properties, 'forgetWorkspace'>
  clock: Clock
  log: Pick<Log, 'info'>
  /** Loads what is acknowledged, then runs `work` while nothing is loaded. */
  quiesced<T>(work: () => Promise<T>): Promise<T>
  /** Copies of events that are kept for live. */
  letGo(): Promise<void>
}

/** Throws `not_found`; after any other failure the workspace is out of the catalog or untouched. */
export async function removeWorkspace(deps: RemovalDeps, workspaceId: number): Promise<void> {
  const slug = await takeOutOfCatalog(deps, workspaceId)
  await deps.directory.refresh()
  await finish(deps, { workspaceId, slug })
}

/** Finishes what a crash or a store that was away cut off; returns how many. To be called before requests are taken. */
export async function resumeRemovals(deps: RemovalDeps): Promise<number> {
  const left = await pendingRemovals(deps.db)
  for (const { workspace_id, slug } of left) await finish(deps, { workspaceId: workspace_id, slug })
  return left.length
}

export const pendingRemovals = (db: CatalogDb): Promise<Schema['removals'][]> => db.selectFrom('removals').selectAll().orderBy('asked_at').execute()

type Owned = { [T in keyof Schema]: 'workspace_id' extends keyof Schema[T] ? T : never }[keyof Schema]
/** A new table that belongs to workspaces does not compile until it is here. */
const inCatalog = {
  keys: true,
  opt_outs: true,
  taxonomy: true,
  imports: true,
  members: true,
  invitations: true,
  audit: true,
  demo: true,
  job_leases: true,
  job_runs: true,
  outbox: true,
  baselines: true,
  answers: true,
  notifications: true,
  // These two refer to what is saved.
  dashboard_shares: true,
  saved_versions: true,
  saved: true,
  // These two refer to entities.
  assignments: true,
  assignment_changes: true,
  entities: true,
  entity_types: true,
  login_sessions: true,
  archives: true,
  retentions: true,
} as const satisfies Record<Exclude<Owned, 'removals'>, true>
/** The removal's test holds this against the tables that the engine has. */
const inStore = [
  'events',
  'quarantine',
  'person_facts',
  'person_links',
  'event_properties',
  'event_types',
  'ledger',
  'source_ends',
  'sessions',
  'session_details',
  'gap_sessions',
  'session_records',
  'gap_touched',
  'sessions_touched',
  'rolled_up',
  'deletions',
  'entities',
  'entity_changes',
  'engagement',
  'view_durations',
  'cohort_members',
] as const

const takeOutOfCatalog = ({ db, clock }: RemovalDeps, workspaceId: number): Promise<string> =>
  change(db, async (trx) => {
    const found = await trx.selectFrom('workspaces').select('slug').where('id', '=', workspaceId).executeTakeFirst()
    if (!found) throw new CairnError('not_found', 'There is no such workspace.')
    await trx.insertInto('removals').values({ workspace_id: workspaceId, slug: found.slug, asked_at: clock.now() }).execute()
    for (const table of Object.keys(inCatalog) as (keyof typeof inCatalog)[]) await deleteRows(trx, table, workspaceId)
    await trx.deleteFrom('workspaces').where('id', '=', workspaceId).execute()
    return { answer: found.slug, told: [] }
  })

const deleteRows = async (trx: CatalogTransaction, table: keyof typeof inCatalog, workspaceId: number): Promise<void> => {
  await trx.deleteFrom(table).where('workspace_id', '=', workspaceId).execute()
}

/** A request that was under way when the catalog changed may still add something behind the first round. */
const MOST_ROUNDS = 3

async function finish(deps: RemovalDeps, { workspaceId, slug }: { workspaceId: number; slug: string }): Promise<void> {
  let rows = 0
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const deleted = await deps.quiesced(() => deleteFromStore(deps.store, workspaceId))
    rows += deleted
    if (deleted === 0) break
  }
  await deps.links.reload()
  await deps.archive.removeAll(workspaceId)
  deps.properties.forgetWorkspace(workspaceId)
  await deps.letGo()
  await deps.db.deleteFrom('removals').where('workspace_id', '=', workspaceId).execute()
  deps.log.info({ workspace: workspaceId, slug, rows }, 'a workspace was removed')
}

async function deleteFromStore(store: Store, workspaceId: number): Promise<number> {
  let rows = 0
  for (const table of inStore) rows += await deleteWhere(store, table, sql`workspace_id = ${u32(workspaceId)}`)
  return rows
}
