import { createHmac } from 'node:crypto'
import { CairnError } from '../base/errors.ts'
import { HOUR, iso, MINUTE, SECOND } from '../base/time.ts'
import type { CatalogDb, CatalogTransaction } from '../catalog/schema.ts'
import { identity } from '../catalog/version.ts'

/**
 * What holds back guessing of passwords. It is kept in the catalog, so that neither a restart nor another node begins anew, under keyed hashes for
 * at most two hours of use: people type passwords into the wrong field, and no address is kept.
 *
 *   an account    5 wrong passwords, then a wait of 1 minute, which doubles with each further one up to an hour; forgotten 15 minutes after
 *   an address    30 wrong ones in 10 minutes, whatever the accounts; as many wrong links, counted apart
 *
 * An attempt is counted before its password is looked at, and taken back where that was right: a hundred attempts at once get no further than
 * a hundred in a row. Accounts that do not exist are counted alike.
 */
const FREE_FAILURES = 5
const FORGOTTEN_MS = 15 * MINUTE
const FIRST_WAIT_MS = MINUTE
const LONGEST_WAIT_MS = HOUR
const ADDRESS_FAILURES = 30
const ADDRESS_WINDOW_MS = 10 * MINUTE

export interface Attempt {
  email: string
  /** '' where it is not known: then only the account counts. */
  address: string
  now: number
}

/** Counts an attempt. Throws `too_many_requests` while the account or the address has to wait. */
export const countAttempt = async (db: CatalogDb, { email, address, now }: Attempt): Promise<void> => {
  const [account, source] = await subjects(db, email, address)
  await db.transaction().execute(async (trx) => {
    await forgetOld(trx, now)
    if (source !== undefined) await countFrom(trx, source, now, 'passwords')
    await countFor(trx, account, now)
  })
}

/** After a right password. */
export const forgive = async (db: CatalogDb, { email, address, now }: Attempt): Promise<void> => {
  const [account, source] = await subjects(db, email, address)
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('sign_in_failures').where('subject', '=', account).execute()
    if (source === undefined) return
    await trx
      .updateTable('sign_in_failures')
      .set(({ eb }) => ({ failures: eb('failures', '-', 1), last_at: now }))
      .where('subject', '=', source)
      .where('failures', '>', 0)
      .execute()
  })
}

/**
 * What `look` finds behind a link; undefined counts as a wrong one. Throws `too_many_requests` while the address has to wait. A link cannot be
 * guessed in any number of attempts, so those that are under way at once need no counting beforehand, and right ones write nothing.
 */
export const followLink = async <T>(db: CatalogDb, { address, now }: Omit<Attempt, 'email'>, look: () => Promise<T | undefined>): Promise<T | undefined> => {
  const source = address === '' ? undefined : (await subjectOf(db))('link', address)
  const row = source === undefined ? undefined : await db.selectFrom('sign_in_failures').selectAll().where('subject', '=', source).executeTakeFirst()
  if (row) refuseMany(row, now, 'links')
  const found = await look()
  if (found === undefined && source !== undefined) {
    await db.transaction().execute(async (trx) => {
      await forgetOld(trx, now)
      await countFrom(trx, source, now, 'links')
    })
  }
  return found
}

/** Ends an account's wait. */
export const forgiveAccount = async (trx: CatalogTransaction, email: string): Promise<void> => {
  const [account] = await subjects(trx, email, '')
  await trx.deleteFrom('sign_in_failures').where('subject', '=', account).execute()
}

/** Longer than any wait and what is remembered after it. */
const KEPT_MS = 2 * HOUR

async function forgetOld(trx: CatalogTransaction, now: number): Promise<void> {
  await trx
    .deleteFrom('sign_in_failures')
    .where('last_at', '<', now - KEPT_MS)
    .execute()
}

async function countFrom(trx: CatalogTransaction, subject: string, now: number, what: 'passwords' | 'links'): Promise<void> {
  const row = await locked(trx, subject, now)
  const known = refuseMany(row, now, what)
  await trx
    .updateTable('sign_in_failures')
    .set({ failures: known ? row.failures + 1 : 1, first_at: known ? row.first_at : now, last_at: now })
    .where('subject', '=', subject)
    .execute()
}

/** Whether the address's window is still open. */
function refuseMany({ failures, first_at }: { failures: number; first_at: number }, now: number, what: 'passwords' | 'links'): boolean {
  const known = now - first_at < ADDRESS_WINDOW_MS
  if (known && failures >= ADDRESS_FAILURES) throw wait(`Too many wrong ${what} came from your address.`, first_at + ADDRESS_WINDOW_MS, now)
  return known
}

async function countFor(trx: CatalogTransaction, subject: string, now: number): Promise<void> {
  const row = await locked(trx, subject, now)
  if (row.locked_until > now) throw wait('Too many wrong passwords for this account.', row.locked_until, now)
  const known = now - Math.max(row.last_at, row.locked_until) < FORGOTTEN_MS
  const failures = known ? row.failures + 1 : 1
  const locked_until = failures < FREE_FAILURES ? 0 : now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES))
  await trx
    .updateTable('sign_in_failures')
    .set({ failures, first_at: known ? row.first_at : now, last_at: now, locked_until })
    .where('subject', '=', subject)
    .execute()
}

/** The row, made where absent, and held until the transaction ends. */
const locked = (trx: CatalogTransaction, subject: string, now: number) =>
  trx
    .insertInto('sign_in_failures')
    .values({ subject, failures: 0, first_at: now, last_at: now, locked_until: 0 })
    .onConflict((known) => known.column('subject').doUpdateSet({ subject }))
    .returningAll()
    .executeTakeFirstOrThrow()

const wait = (why: string, until: number, now: number): CairnError =>
  new CairnError('too_many_requests', `${why} Try again after ${iso(Math.ceil(until / SECOND) * SECOND).replace('.000Z', 'Z')}.`, {
    retryAfterSeconds: Math.max(1, Math.ceil((until - now) / SECOND)),
  })

const subjects = async (db: CatalogDb | CatalogTransaction, email: string, address: string): Promise<[string, string | undefined]> => {
  const subject = await subjectOf(db)
  return [subject('account', email), address === '' ? undefined : subject('address', address)]
}

const subjectOf = async (db: CatalogDb | CatalogTransaction): Promise<(kind: string, text: string) => string> => {
  const { salt } = await identity(db)
  return (kind, text) => `${kind}:${createHmac('sha256', salt).update(`sign-in ${kind} ${text}`).digest('hex')}`
}
