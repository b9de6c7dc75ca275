import { hash, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import { LOCAL, type Actor, type Entry } from './audit.ts'
import { handOverBoards, revokeInvitationsOf, revokeSharesOf } from './members.ts'
import type { CatalogDb, CatalogTransaction, Schema, Timed } from './schema.ts'
import { change } from './version.ts'
import { insertWorkspace, requireWorkspace, workspaceMade } from './workspaces.ts'

/**
 * Keys of applications. A key is shown once, when it is made; the catalog keeps its SHA-256 and its first 8 characters.
 * No salt and no slow hash: a made key has 192 random bits, so its digest cannot be searched, and every request looks one up.
 */
export type KeyKind = 'write' | 'secret'

export interface Key {
  /** Public: safe to show, to log and to count by. */
  id: string
  workspaceId: number
  kind: KeyKind
  name: string
  prefix: string
  createdAt: number
  revokedAt: number | null
  lastUsedAt: number | null
}

export const hashKey = (plain: string): string => hash('sha256', plain, 'hex')

/**
 * Makes a key, or takes the operator's own in `plain` (16 to 200 URL-safe characters). Only this answer ever holds the plain key.
 * Throws `not_found` for an unknown workspace, `invalid` for an ill-formed key, `conflict` for one that was ever in use here.
 */
export const createKey = (db: CatalogDb, input: NewKey): Promise<{ key: Key; plain: string }> =>
  change(db, async (trx) => {
    await requireWorkspace(trx, input.workspaceId)
    const answer = await insertKey(trx, input)
    return { answer, told: [keyMade(answer.key, input)] }
  })

interface NewKey extends Timed {
  workspaceId: number
  kind: KeyKind
  name: string
  plain?: string | undefined
}

/** Newest first, revoked ones too. */
export const listKeys = async (db: CatalogDb, { workspaceId }: { workspaceId: number }): Promise<Key[]> =>
  (await db.selectFrom('keys').selectAll().where('workspace_id', '=', workspaceId).orderBy('created_at', 'desc').orderBy('id').execute()).map(toKey)

/** Ends a key on every node within 2 s; repeating it keeps the first time. Throws `not_found`, also for a key of another workspace. */
export const revokeKey = (db: CatalogDb, { workspaceId, keyId, now = Date.now(), by = LOCAL }: { workspaceId: number; keyId: string } & Timed): Promise<Key> =>
  change(db, async (trx) => {
    const open = await trx
      .selectFrom('keys')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', keyId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    const row = await trx
      .updateTable('keys')
      .set((column) => ({ revoked_at: column.fn.coalesce('revoked_at', column.val(now)) }))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', keyId)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new CairnError('not_found', 'There is no such key in this workspace.')
    await revokeInvitationsOf(trx, workspaceId, keyId, now)
    await revokeSharesOf(trx, workspaceId, keyId, now)
    await handOverBoards(trx, workspaceId, keyId, by)
    return { answer: toKey(row), told: open ? [keyEntry('key.revoked', toKey(row), by, now)] : [] }
  })

const keyEntry = (action: string, { id, workspaceId, kind, name, prefix }: Key, by: Actor, now: number): Entry => ({
  workspaceId,
  by,
  action,
  target: name,
  details: { id, kind, prefix },
  now,
})
const keyMade = (key: Key, { by = LOCAL, now = Date.now() }: Timed): Entry => keyEntry('key.created', key, by, now)

export interface FirstWorkspace {
  workspaceId: number
  /** false where a workspace was there before: then nothing was changed. */
  made: boolean
  /** Plain keys made just now, to be printed once; a key that came from the environment is not repeated. */
  keys: { write?: string; secret?: string }
}

/**
 * The first start: a workspace `default` with the keys of the environment, or random ones. Keys are fixed at first start:
 * once any workspace exists this changes nothing, whatever CAIRN_WRITE_KEY and CAIRN_SECRET_KEY say by then. Nodes that start together make one.
 */
export const ensureFirstWorkspace = async (
  db: CatalogDb,
  input: { writeKey?: string | undefined; secretKey?: string | undefined } & Timed,
): Promise<FirstWorkspace> => {
  const before = await firstWorkspace(db)
  if (before) return before
  if (input.writeKey !== undefined && input.writeKey === input.secretKey) throw new CairnError('invalid', 'CAIRN_WRITE_KEY and CAIRN_SECRET_KEY must differ.')
  return await change<FirstWorkspace>(db, async (trx) => {
    const meanwhile = await firstWorkspace(trx)
    if (meanwhile) return { answer: meanwhile, told: [] }
    const workspace = await insertWorkspace(trx, { slug: 'default', name: 'Default', now: input.now })
    const workspaceId = workspace.id
    const write = await insertKey(trx, { workspaceId, kind: 'write', name: 'first write key', plain: input.writeKey, now: input.now })
    const secret = await insertKey(trx, { workspaceId, kind: 'secret', name: 'first secret key', plain: input.secretKey, now: input.now })
    return {
      answer: {
        workspaceId,
        made: true,
        keys: { ...(input.writeKey === undefined && { write: write.plain }), ...(input.secretKey === undefined && { secret: secret.plain }) },
      },
      told: [workspaceMade(workspace, input), keyMade(write.key, input), keyMade(secret.key, input)],
    }
  })
}

const firstWorkspace = async (db: CatalogDb): Promise<FirstWorkspace | undefined> => {
  const row = await db.selectFrom('workspaces').select('id').orderBy('id').limit(1).executeTakeFirst()
  return row && { workspaceId: row.id, made: false, keys: {} }
}

const insertKey = async (
  trx: CatalogTransaction,
  { workspaceId, kind, name, plain = makeKey(kind), now = Date.now() }: NewKey,
): Promise<{ key: Key; plain: string }> => {
  if (!/^[A-Za-z0-9_-]{16,200}$/.test(plain))
    throw new CairnError('invalid', 'A key is 16 to 200 characters out of A-Z a-z 0-9 _ -.', {
      errors: [{ path: '/key', message: 'must be 16 to 200 characters out of A-Z a-z 0-9 _ -' }],
    })
  if (name.trim() === '' || name.length > 200 || name.includes('\0'))
    throw new CairnError('invalid', 'A key needs a name.', { errors: [{ path: '/name', message: 'must be 1 to 200 characters' }] })
  const row = await trx
    .insertInto('keys')
    .values({
      id: `key_${randomBytes(9).toString('base64url')}`,
      workspace_id: workspaceId,
      kind,
      name,
      prefix: plain.slice(0, 8),
      hash: hashKey(plain),
      created_at: now,
      revoked_at: null,
      last_used_at: null,
    })
    .onConflict((taken) => taken.column('hash').doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!row) throw new CairnError('conflict', 'This key is or was in use here. Choose another one, or leave it out to have one made.')
  return { key: toKey(row), plain }
}

/** 24 random bytes are 32 URL-safe characters. */
const makeKey = (kind: KeyKind): string => `${kind === 'write' ? 'cw' : 'cs'}_${randomBytes(24).toString('base64url')}`

const toKey = (row: Selectable<Schema['keys']>): Key => ({
  id: row.id,
  workspaceId: row.workspace_id,
  kind: row.kind,
  name: row.name,
  prefix: row.prefix,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
  lastUsedAt: row.last_used_at,
})
