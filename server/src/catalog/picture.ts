import type { Role } from '@cairn/wire/roles'
import type { Stream } from '../base/config.ts'
import type { DirectoryKey, DirectoryType, DirectoryWorkspace } from './directory.ts'
import { readInternal, toDirectory } from './internal.ts'
import type { CatalogDb, CatalogTransaction } from './schema.ts'
import { trackerSettings } from './tracker-settings.ts'
import { catalogVersion } from './version.ts'
import { toBreaker } from './workspaces.ts'

/**
 * The catalog at one version, read in one snapshot. Replaced, not changed, but for the opt-outs: a million of them are not copied for one more.
 * Each of those is true by itself, so a look that fails in its middle leaves a few early ones and no wrong one.
 */
export interface Picture {
  version: number
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, DirectoryKey>
  workspaces: ReadonlyMap<number, DirectoryWorkspace>
  bySlug: ReadonlyMap<string, DirectoryWorkspace>
  /** By user, then by workspace. */
  roles: ReadonlyMap<string, ReadonlyMap<number, Role>>
  optOuts: Map<number, OptOuts>
}

/** Ids of people who are out. Two sets rather than one of prefixed ids: a prefixed copy of a string costs as much again. */
export interface OptOuts {
  u: Set<string>
  a: Set<string>
  /** Those who opted in again, and when. */
  back: { u: Map<string, number>; a: Map<string, number> }
}

export const emptyPicture = (): Picture => ({ version: 0, keys: new Map(), workspaces: new Map(), bySlug: new Map(), roles: new Map(), optOuts: new Map() })

/** The picture as it is now: the same one where nothing changed, at the cost of one row. Throws where the catalog cannot be read. */
export const lookAgain = async (db: CatalogDb, last: Picture, streamsOff: readonly Stream[]): Promise<Picture> => {
  if ((await catalogVersion(db)) === last.version) return last
  return await db
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const version = await catalogVersion(trx)
      // A lower version is another catalog, restored from a backup: nothing known of the old one holds.
      const known = version < last.version ? emptyPicture() : last
      const workspaces = await readWorkspaces(trx, await readTaxonomy(trx), streamsOff)
      const keys = await readKeys(trx)
      const roles = await readRoles(trx)
      await readOptOuts(trx, known)
      // Of workspaces that were removed.
      for (const id of known.optOuts.keys()) if (!workspaces.has(id)) known.optOuts.delete(id)
      const bySlug = new Map([...workspaces.values()].map((workspace) => [workspace.slug, workspace]))
      return { version, keys, workspaces, bySlug, roles, optOuts: known.optOuts }
    })
}

const readTaxonomy = async (trx: CatalogTransaction): Promise<Map<number, Map<string, DirectoryType>>> => {
  const rows = await trx.selectFrom('taxonomy').select(['workspace_id', 'event_type', 'category', 'required_properties']).execute()
  const byWorkspace = new Map<number, Map<string, DirectoryType>>()
  for (const row of rows) {
    const types = byWorkspace.get(row.workspace_id) ?? new Map<string, DirectoryType>()
    byWorkspace.set(
      row.workspace_id,
      types.set(row.event_type, { category: row.category, requiredProperties: JSON.parse(row.required_properties) as string[] }),
    )
  }
  return byWorkspace
}

const readWorkspaces = async (
  trx: CatalogTransaction,
  taxonomy: Map<number, Map<string, DirectoryType>>,
  streamsOff: readonly Stream[],
): Promise<Map<number, DirectoryWorkspace>> => {
  const rows = await trx.selectFrom('workspaces').selectAll().orderBy('id').execute()
  return new Map(
    rows.map((row) => {
      const off = new Set([...(JSON.parse(row.streams_off) as Stream[]), ...streamsOff])
      const workspace: DirectoryWorkspace = {
        id: row.id,
        slug: row.slug,
        timezone: row.timezone,
        retentionDays: row.retention_days,
        archiveDays: row.archive_days,
        streamsOff: off,
        gpc: row.gpc,
        taxonomyMode: row.taxonomy_mode,
        taxonomy: taxonomy.get(row.id) ?? new Map<string, DirectoryType>(),
        trackers: trackerSettings({ streamsOff: off, sampling: row.sampling, breaker: toBreaker(row) }),
        doneStatuses: JSON.parse(row.done_statuses) as string[],
        internal: toDirectory(readInternal(row.internal)),
        trackedSince: Math.max(row.created_at, row.events_since),
      }
      return [row.id, workspace]
    }),
  )
}

const readKeys = async (trx: CatalogTransaction): Promise<Map<string, DirectoryKey>> => {
  const rows = await trx.selectFrom('keys').select(['id', 'kind', 'workspace_id', 'hash', 'name']).where('revoked_at', 'is', null).execute()
  return new Map(rows.map((row) => [row.hash, { keyId: row.id, kind: row.kind, workspaceId: row.workspace_id, name: row.name }]))
}

const readRoles = async (trx: CatalogTransaction): Promise<Map<string, Map<number, Role>>> => {
  const rows = await trx.selectFrom('members').select(['workspace_id', 'user_id', 'role']).execute()
  const byUser = new Map<string, Map<number, Role>>()
  for (const { workspace_id, user_id, role } of rows) byUser.set(user_id, (byUser.get(user_id) ?? new Map<number, Role>()).set(workspace_id, role))
  return byUser
}

/** Rows of one page arrive on the main thread at once: 5,000 are a few milliseconds of it. */
const PAGE = 5_000

const readOptOuts = async (trx: CatalogTransaction, { version: since, optOuts }: Picture): Promise<void> => {
  // All columns of the order are the index's, so that a page costs its own rows only.
  const pages = trx
    .selectFrom('opt_outs')
    .select(['version', 'workspace_id', 'kind', 'person_id', 'opted_out', 'at'])
    .orderBy('version')
    .orderBy('workspace_id')
    .orderBy('kind')
    .orderBy('person_id')
    .limit(PAGE)
  let rows = await pages.where('version', '>', since).execute()
  for (;;) {
    for (const { workspace_id, kind, person_id, opted_out, at } of rows) {
      const out = optOuts.get(workspace_id) ?? { u: new Set(), a: new Set(), back: { u: new Map(), a: new Map() } }
      optOuts.set(workspace_id, out)
      if (opted_out === 1) out[kind].add(person_id)
      else {
        out[kind].delete(person_id)
        out.back[kind].set(person_id, at)
      }
    }
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    rows = await pages
      .where((row) =>
        row(row.refTuple('version', 'workspace_id', 'kind', 'person_id'), '>', row.tuple(last.version, last.workspace_id, last.kind, last.person_id)),
      )
      .execute()
  }
}
