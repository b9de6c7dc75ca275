import type { CatalogTransaction } from '../catalog/schema.ts'
import { changesOf, settleAssignments } from './assigned.ts'
import { lock, toEntity, write, type EntityName, type Writing } from './entity.ts'

/** Takes users out of what was said of an entity, as if they had never been named: their assignments go with reason and note, and who made it. */
export async function forgetUsers(trx: CatalogTransaction, name: EntityName, users: ReadonlySet<string>, writing: Writing): Promise<void> {
  const row = await lock(trx, name, writing.now)
  const { attributes, ...before } = await toEntity(trx, row)
  for (const { id, user_ids, change } of await changesOf(trx, name)) {
    const named = JSON.parse(user_ids) as string[]
    const left = named.filter((user) => !users.has(user))
    if (left.length === named.length) continue
    // That these are all who are assigned holds still, where nobody else was named too.
    if (left.length === 0 && change !== 'set') await trx.deleteFrom('assignment_changes').where('id', '=', id).execute()
    else
      await trx
        .updateTable('assignment_changes')
        .set({ user_ids: JSON.stringify(left) })
        .where('id', '=', id)
        .execute()
  }
  const { created_by: creator, ...others } = attributes
  const isMaker = isNamed(creator, users)
  await write(trx, { ...before, attributes: isMaker ? others : attributes, assignments: await settleAssignments(trx, name) }, [], writing)
}

export const isNamed = (value: unknown, users: ReadonlySet<string>): boolean =>
  (typeof value === 'string' || typeof value === 'number') && users.has(String(value))
