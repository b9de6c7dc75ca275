import { iso } from '../base/time.ts'
import type { CatalogDb, CatalogTransaction } from './schema.ts'

/**
 * The log of changes: who did what, when, from where. Append-only; what was removed keeps its lines. Writes to the catalog put their line into
 * their own transaction (`change` in version.ts asks for it); work elsewhere, such as a cleanup, notes it before it begins, so that nothing
 * is done that is not told. Secrets, and what hosts sent about people, are never in `details`.
 */
export interface Actor {
  kind: 'user' | 'key' | 'local'
  id: string
  /** E-mail of the user, name of the key. */
  name: string
  /** Network, its last part left out, and browser: `203.0.113.0/24 Firefox`. No address is kept. */
  from: string
}

/** The command line on the server's machine. */
export const LOCAL: Actor = { kind: 'local', id: 'local', name: 'command line', from: '' }

export interface Entry {
  /** null: of no workspace; no workspace sees it. */
  workspaceId: number | null
  by: Actor
  /** Noun and what became of it: `key.created`. */
  action: string
  /** What was changed, by its name or id. */
  target: string
  details?: Record<string, unknown>
  now: number
}

/** Settings that differ, each as before and after. */
export const differences = <T extends object>(before: T, after: T, names: readonly (keyof T & string)[]): Record<string, { from: unknown; to: unknown }> =>
  Object.fromEntries(
    names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => [name, { from: before[name], to: after[name] }]),
  )

/** Longer targets are somebody's mistake, such as a 32 KB id. */
const LONGEST_TARGET = 255

export const note = async (db: CatalogDb | CatalogTransaction, { workspaceId, by, action, target, details = {}, now }: Entry): Promise<void> => {
  await db
    .insertInto('audit')
    .values({
      workspace_id: workspaceId,
      at: now,
      actor_kind: by.kind,
      actor_id: by.id,
      actor: plain(by.name),
      action,
      target: plain(target).slice(0, LONGEST_TARGET),
      details: plain(JSON.stringify(details)),
      origin: plain(by.from),
    })
    .execute()
}

/** Postgres takes no NUL in text, and SQLite should not be the only one that does. */
const plain = (text: string): string => text.replaceAll('\0', '')

export interface Noted {
  id: string
  at: string
  actor_kind: Actor['kind']
  actor: string
  action: string
  target: string
  details: Record<string, unknown>
  from: string
}

export interface AuditQuestion {
  workspaceId: number
  limit: number
  action?: string | undefined
  actor?: string | undefined
  /** Id of the last one of the page before. */
  after?: number | undefined
}

/** Newest first. */
export const listAudit = async (db: CatalogDb, { workspaceId, limit, action, actor, after }: AuditQuestion): Promise<Noted[]> => {
  let query = db.selectFrom('audit').selectAll().where('workspace_id', '=', workspaceId)
  if (action !== undefined) query = query.where('action', '=', action)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map(({ id, at, actor_kind, actor: name, action: done, target, details, origin }) => ({
    id: String(id),
    at: iso(at),
    actor_kind,
    actor: name,
    action: done,
    target,
    details: JSON.parse(details) as Record<string, unknown>,
    from: origin,
  }))
}
