import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { CairnError } from '../base/errors.ts'
import { isUuid } from '../base/ids.ts'
import { iso } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import { safe } from '../analytics/where.ts'
import { usersWith } from '../people/ids.ts'
import { userOf } from '../http/auth.ts'
import type { Handlers } from '../http/call.ts'
import type { EntityDeps } from './deps.ts'

const DEFAULT_LIMIT = 50

/** What people of the host are told, by any of their ids; they need no account here. */
export const notificationRoutes = ({
  db,
  clock,
  ...people
}: Pick<EntityDeps, 'db' | 'clock' | 'store' | 'persons'>): Pick<Handlers, 'listNotifications' | 'readNotification'> => ({
  listNotifications: async (call) => {
    const { workspace, query } = call
    const limit = query.limit ?? DEFAULT_LIMIT
    const after = readCursor(query.cursor, 'uuid')
    const users = await usersWith(people, workspace.id, safe('user_id', userOf(call, query.user_id)))
    let asked = db.selectFrom('notifications').selectAll().where('workspace_id', '=', workspace.id).where('user_id', 'in', users)
    if (query.unread === true) asked = asked.where('read_at', 'is', null)
    if (after) asked = asked.where((row) => row(row.refTuple('created_at', 'id'), '<', row.tuple(after.ms, after.key)))
    const rows = await asked
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = rows.length > limit ? page.at(-1) : undefined
    return {
      notifications: page.map(({ workspace_id: _workspace, created_at, read_at, data, ...row }) => ({
        ...row,
        data: JSON.parse(data) as unknown,
        created_at: iso(created_at),
        read_at: read_at === null ? null : iso(read_at),
      })),
      next_cursor: last ? writeCursor({ ms: last.created_at, key: last.id }) : null,
    }
  },

  readNotification: async ({ workspace, params, person, user, by }) => {
    const id = params['id'] ?? ''
    const of = { workspace_id: workspace.id, id: id.toLowerCase() }
    const known = isUuid(id)
      ? await db
          .selectFrom('notifications')
          .select(['read_at', 'user_id'])
          .where((row) => row.and(of))
          .executeTakeFirst()
      : undefined
    const isTheirs = known && (!person || (await usersWith(people, workspace.id, person.userId)).includes(known.user_id))
    if (!isTheirs) throw new CairnError('not_found', 'There is no such notification.')
    if (known.read_at !== null) return { success: true }
    const now = clock.now()
    await db
      .updateTable('notifications')
      .set({ read_at: now })
      .where((row) => row.and(of))
      .execute()
    if (user) await note(db, { workspaceId: workspace.id, by, action: 'notification.read', target: of.id, now })
    return { success: true }
  },
})
