import type { AnswerOf, BodyOf, EndpointName } from '@cairn/wire/api'
import { iso, type Clock } from '../base/time.ts'
import type { Actor } from './audit.ts'
import type { Directory, DirectoryWorkspace } from './directory.ts'
import { createKey, listKeys, revokeKey, type Key } from './keys.ts'
import type { CatalogDb } from './schema.ts'
import { getWorkspace, updateWorkspace, type Workspace } from './workspaces.ts'

export interface CatalogRoutesDeps {
  db: CatalogDb
  /** Refreshed after each write, so that it holds on this node when the answer arrives; on others within 2 s. */
  directory: Directory
  clock: Clock
}

/** The part of http/call.ts that is needed here; http builds on the catalog and cannot be imported by it. */
interface Asked<N extends EndpointName> {
  by: Actor
  workspace: DirectoryWorkspace
  params: Readonly<Record<string, string>>
  body: BodyOf<N>
}

export const catalogRoutes = ({ db, directory, clock }: CatalogRoutesDeps) => ({
  getWorkspace: async ({ workspace }: Asked<'getWorkspace'>): Promise<object> => toSettings(await getWorkspace(db, { slug: workspace.slug }), workspace),

  setWorkspace: async ({ workspace, body, by }: Asked<'setWorkspace'>): Promise<object> => {
    const {
      retention_days: retention,
      archive_days: archive,
      streams_off: streamsOff,
      taxonomy_mode: taxonomyMode,
      single_session: singleSession,
      done_statuses: doneStatuses,
      ...others
    } = body
    const retentionDays = retention === 'forever' ? null : retention
    const archiveDays = archive === 'never' ? null : archive
    const changed = await updateWorkspace(db, {
      ...others,
      id: workspace.id,
      retentionDays,
      archiveDays,
      streamsOff,
      taxonomyMode,
      singleSession,
      doneStatuses,
      now: clock.now(),
      by,
    })
    await directory.refresh()
    return toSettings(changed, directory.workspace(workspace.id))
  },

  listKeys: async ({ workspace }: Asked<'listKeys'>): Promise<object> => ({
    keys: (await listKeys(db, { workspaceId: workspace.id })).map(toListed),
    next_cursor: null,
  }),

  createKey: async ({ workspace, body, by }: Asked<'createKey'>): Promise<object> => {
    const { key, plain } = await createKey(db, { workspaceId: workspace.id, kind: body.kind, name: body.name || `${body.kind} key`, now: clock.now(), by })
    await directory.refresh()
    return { id: key.id, kind: key.kind, name: key.name, key: plain }
  },

  revokeKey: async ({ workspace, params, by }: Asked<'revokeKey'>): Promise<object> => {
    await revokeKey(db, { workspaceId: workspace.id, keyId: (params['id'] ?? '').replaceAll('\0', ''), now: clock.now(), by })
    await directory.refresh()
    return { success: true }
  },
})

/** `streams_off` is what the workspace set; `streams_off_in_effect` is what is off now, with what CAIRN_STREAMS_OFF switches off besides. */
const toSettings = (
  { slug, name, timezone, retentionDays, archiveDays, streamsOff, gpc, taxonomyMode, sampling, breaker, singleSession, doneStatuses, internal }: Workspace,
  inEffect: DirectoryWorkspace | undefined,
): AnswerOf<'getWorkspace'> => ({
  slug,
  name,
  timezone,
  retention_days: retentionDays ?? 'forever',
  archive_days: archiveDays ?? 'never',
  streams_off: streamsOff,
  streams_off_in_effect: [...(inEffect?.streamsOff ?? streamsOff)],
  gpc,
  taxonomy_mode: taxonomyMode,
  sampling,
  single_session: singleSession,
  breaker,
  done_statuses: doneStatuses,
  internal,
})

const toListed = (key: Key): object => ({
  id: key.id,
  kind: key.kind,
  name: key.name,
  prefix: key.prefix,
  created_at: iso(key.createdAt),
  revoked_at: key.revokedAt === null ? null : iso(key.revokedAt),
  last_used_at: key.lastUsedAt === null ? null : iso(key.lastUsedAt),
})
