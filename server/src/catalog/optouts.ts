import type { Selectable } from 'kysely'
import { CairnError } from '../base/errors.ts'
import { LOCAL } from './audit.ts'
import type { CatalogDb, Schema, Timed } from './schema.ts'
import { change } from './version.ts'
import { requireWorkspace } from './workspaces.ts'

/**
 * Who does not want to be recorded. A person who opts in again keeps the row, with time and source of that decision;
 * one who never decided has none. Nodes hold those who are out in memory (`directory.ts`).
 */
export interface Consent {
  kind: 'user_id' | 'anonymous_id'
  personId: string
  optedOut: boolean
  /** When it was last decided, milliseconds. */
  at: number
  /** Where: `tracker`, `api`, `screen`, … */
  source: string
}

/** One of both ids, or both: each is opted out (in) by itself. */
export interface PersonIds {
  userId?: string | null | undefined
  anonymousId?: string | null | undefined
}

type Decision = { workspaceId: number; source: string } & PersonIds & Timed

/** From now on nothing is recorded of this person, within 2 s on every node. `changed` is false for a repetition, which keeps the first time and source. */
export const optOut = (db: CatalogDb, input: Decision): Promise<{ changed: boolean }> => decide(db, input, 1)

/** Takes an opt-out back; `changed` is false where there is none. */
export const optIn = (db: CatalogDb, input: Decision): Promise<{ changed: boolean }> => decide(db, input, 0)

/** What these ids decided, none to two rows. */
export const consentOf = async (db: CatalogDb, { workspaceId, ...ids }: { workspaceId: number } & PersonIds): Promise<Consent[]> => {
  const rows = await db
    .selectFrom('opt_outs')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where((row) => row.or(peopleOf(ids).map(({ kind, person_id }) => row.and({ kind, person_id }))))
    .orderBy('kind')
    .execute()
  return rows.map(toConsent)
}

/** Those who are out, by kind and id, in pages: pass the last one as `after`. */
export const listOptOuts = async (
  db: CatalogDb,
  { workspaceId, limit, after }: { workspaceId: number; limit: number; after?: Pick<Consent, 'kind' | 'personId'> },
): Promise<Consent[]> => {
  let query = db.selectFrom('opt_outs').selectAll().where('workspace_id', '=', workspaceId).where('opted_out', '=', 1)
  if (after) query = query.where((row) => row(row.refTuple('kind', 'person_id'), '>', row.tuple(shortOf[after.kind], after.personId)))
  return (await query.orderBy('kind').orderBy('person_id').limit(limit).execute()).map(toConsent)
}

const decide = async (
  db: CatalogDb,
  { workspaceId, source, now = Date.now(), by = LOCAL, ...ids }: Decision,
  opted_out: 0 | 1,
): Promise<{ changed: boolean }> => {
  const people = peopleOf(ids)
  return await change(db, async (trx, version) => {
    await requireWorkspace(trx, workspaceId)
    let changed = false
    for (const person of people) {
      // Nobody is out who has no row: opting in makes none.
      const [row] =
        opted_out === 1
          ? await trx
              .insertInto('opt_outs')
              .values({ workspace_id: workspaceId, ...person, opted_out, at: now, source, version })
              .onConflict((known) =>
                known.columns(['workspace_id', 'kind', 'person_id']).doUpdateSet({ opted_out, at: now, source, version }).where('opt_outs.opted_out', '=', 0),
              )
              .returning('version')
              .execute()
          : await trx
              .updateTable('opt_outs')
              .set({ opted_out, at: now, source, version })
              .where('workspace_id', '=', workspaceId)
              .where('kind', '=', person.kind)
              .where('person_id', '=', person.person_id)
              .where('opted_out', '=', 1)
              .returning('version')
              .execute()
      changed ||= row !== undefined
    }
    const action = opted_out === 1 ? 'person.opted_out' : 'person.opted_in'
    // What people decide by a tracker or a host is theirs, and stands in the row itself; what somebody signed in decides for them is told.
    const told = changed && by.kind === 'user' ? people.map(({ person_id }) => ({ workspaceId, by, action, target: person_id, now })) : []
    return { answer: { changed }, told }
  })
}

const shortOf = { user_id: 'u', anonymous_id: 'a' } as const

const peopleOf = ({ userId, anonymousId }: PersonIds): { kind: 'u' | 'a'; person_id: string }[] => {
  const people = [
    ...(typeof userId === 'string' ? [{ kind: 'u' as const, person_id: userId }] : []),
    ...(typeof anonymousId === 'string' ? [{ kind: 'a' as const, person_id: anonymousId }] : []),
  ]
  // Postgres takes no NUL in text, and SQLite should not be the only one that does.
  if (people.length === 0 || people.some(({ person_id }) => person_id === '' || person_id.includes('\0')))
    throw new CairnError('invalid', 'Name the person by user_id or anonymous_id.', { errors: [{ path: '', message: 'needs a user_id or an anonymous_id' }] })
  return people
}

const toConsent = (row: Selectable<Schema['opt_outs']>): Consent => ({
  kind: row.kind === 'u' ? 'user_id' : 'anonymous_id',
  personId: row.person_id,
  optedOut: row.opted_out === 1,
  at: row.at,
  source: row.source,
})
