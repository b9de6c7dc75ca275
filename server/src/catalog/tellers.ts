import type { CatalogDb } from './schema.ts'

const USER = 'user:'

/** Names of those who told something, by the key_id that the store keeps: of keys of the workspace, and e-mails of users (`user:<id>`). Who is gone is missing. */
export async function tellerNames(db: CatalogDb, workspaceId: number, keyIds: readonly string[]): Promise<Map<string, string>> {
  if (keyIds.length === 0) return new Map()
  const userIds = keyIds.filter((id) => id.startsWith(USER)).map((id) => id.slice(USER.length))
  const [keys, users] = await Promise.all([
    db.selectFrom('keys').select(['id', 'name']).where('workspace_id', '=', workspaceId).where('id', 'in', keyIds).execute(),
    userIds.length === 0 ? [] : db.selectFrom('users').select(['id', 'email']).where('id', 'in', userIds).execute(),
  ])
  return new Map([...keys.map(({ id, name }): [string, string] => [id, name]), ...users.map(({ id, email }): [string, string] => [`${USER}${id}`, email])])
}
