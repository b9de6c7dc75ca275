import type { CatalogDb, CatalogTransaction } from '../catalog/schema.ts'
import type { EntityName, Writing } from '../entities/entity.ts'
import { forgetUsers, isNamed } from '../entities/forget.ts'
import { unescapeField } from '../ingest/record.ts'
import type { OutboxItem } from '../outbox/outbox.ts'

/**
 * Takes a person out of what the catalog decided, of all users that are that person:
 *
 *   log-ins                     deleted; their tokens end
 *   assignments, rejections     as if they had never been assigned; each entity goes to the event store anew. `created_by` goes too
 *   notifications               to them and about them
 *   answers kept for repetition stay, without them
 *   outbox                      what waits and names them goes: a newer row says what is left of an entity
 *
 * Opt-outs stay, so that nothing is recorded of them again, and the log of changes, which says who deleted whom. Every step may be repeated.
 */
export async function forgetPerson(db: CatalogDb, workspaceId: number, userIds: readonly string[], writing: Writing): Promise<void> {
  const users = new Set(userIds)
  const of = { db, workspaceId, users }
  await db
    .deleteFrom('login_sessions')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', 'in', [...users])
    .execute()
  await forgetNotifications(of)
  await forgetWaiting(of)
  const entities = await entitiesNaming(of)
  for (let first = 0; first < entities.length; first += IN_ONE_TRANSACTION)
    await db.transaction().execute(async (trx: CatalogTransaction) => {
      for (const name of entities.slice(first, first + IN_ONE_TRANSACTION)) await forgetUsers(trx, name, users, writing)
    })
  await forgetAnswers(of)
}

/** Short enough for other writers to wait for. */
const IN_ONE_TRANSACTION = 50

interface Of {
  db: CatalogDb
  workspaceId: number
  users: ReadonlySet<string>
}

/** For LIKE, on both databases: texts that may hold one of the ids. What it finds is looked at: `_` stands for any character. */
const mayName = (users: ReadonlySet<string>): string[] =>
  [...users].map(
    (user) =>
      `%${JSON.stringify(user)
        .slice(1, -1)
        .replaceAll(/[%_\\]/g, '_')}%`,
  )

async function forgetNotifications({ db, workspaceId, users }: Of): Promise<void> {
  await db
    .deleteFrom('notifications')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', 'in', [...users])
    .execute()
  const rows = await db
    .selectFrom('notifications')
    .select(['id', 'data'])
    .where('workspace_id', '=', workspaceId)
    .where((row) => row.or(mayName(users).map((like) => row('data', 'like', like))))
    .execute()
  const about = rows.filter(({ data }) => isNamed((JSON.parse(data) as { user_id?: unknown }).user_id, users))
  for (const { id } of about) await db.deleteFrom('notifications').where('id', '=', id).execute()
}

async function forgetWaiting({ db, workspaceId, users }: Of): Promise<void> {
  const rows = await db
    .selectFrom('outbox')
    .select(['seq', 'item'])
    .where('workspace_id', '=', workspaceId)
    .where((row) => row.or(mayName(users).map((like) => row('item', 'like', like))))
    .execute()
  for (const { seq, item } of rows) if (names(JSON.parse(item) as OutboxItem, users)) await db.deleteFrom('outbox').where('seq', '=', seq).execute()
}

/** An event is of a user, a record of a log-in too; that of an entity says who is assigned and who made it. */
function names(item: OutboxItem, users: ReadonlySet<string>): boolean {
  if (item.kind === 'event') return isNamed(item.event['user_id'], users)
  const data = JSON.parse(unescapeField(item.line.split('\t').at(-1) ?? '')) as { user_id?: unknown; attributes?: string; assignments?: [user: string][] }
  const maker = (JSON.parse(data.attributes ?? '{}') as { created_by?: unknown }).created_by
  return isNamed(data.user_id, users) || isNamed(maker, users) || (data.assignments ?? []).some(([user]) => users.has(user))
}

async function entitiesNaming({ db, workspaceId, users }: Of): Promise<EntityName[]> {
  const likes = mayName(users)
  const [said, made] = await Promise.all([
    db
      .selectFrom('assignment_changes')
      .select(['entity_type', 'entity_id', 'user_ids'])
      .where('workspace_id', '=', workspaceId)
      .where((row) => row.or(likes.map((like) => row('user_ids', 'like', like))))
      .execute(),
    db
      .selectFrom('entities')
      .select(['entity_type', 'entity_id', 'attributes'])
      .where('workspace_id', '=', workspaceId)
      .where('attributes', 'like', '%"created_by":%')
      .where((row) => row.or(likes.map((like) => row('attributes', 'like', like))))
      .execute(),
  ])
  const named = [
    ...said.filter(({ user_ids }) => (JSON.parse(user_ids) as string[]).some((user) => users.has(user))),
    ...made.filter(({ attributes }) => isNamed((JSON.parse(attributes) as { created_by?: unknown }).created_by, users)),
  ]
  const byName = new Map(named.map(({ entity_type, entity_id }) => [JSON.stringify([entity_type, entity_id]), { entity_type, entity_id }]))
  return [...byName.values()].map(({ entity_type, entity_id }) => ({ workspaceId, entityType: entity_type, entityId: entity_id }))
}

async function forgetAnswers({ db, workspaceId, users }: Of): Promise<void> {
  const rows = await db
    .selectFrom('answers')
    .select(['idempotency_key', 'answer'])
    .where('workspace_id', '=', workspaceId)
    .where((row) => row.or(mayName(users).map((like) => row('answer', 'like', like))))
    .execute()
  for (const { idempotency_key, answer } of rows)
    await db
      .updateTable('answers')
      .set({ answer: without(answer, users) })
      .where('workspace_id', '=', workspaceId)
      .where('idempotency_key', '=', idempotency_key)
      .execute()
}

/** Answers name users as assignees and makers of an entity, and nowhere else. */
const without = (answer: string, users: ReadonlySet<string>): string =>
  JSON.stringify(JSON.parse(answer), (key, value: unknown) => {
    if (key === 'assignees' && Array.isArray(value)) return value.filter((user) => !isNamed(user, users))
    return key === 'created_by' && isNamed(value, users) ? undefined : value
  })
