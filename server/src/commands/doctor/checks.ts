import { catalogMigrateStatus } from '../../catalog/migrate.ts'
import { listWorkspaces, type Workspace } from '../../catalog/workspaces.ts'
import { version } from '../../base/version.ts'
import { detachedParts, storeVersion } from '../../store/diagnose.ts'
import { migrationStatus } from '../../store/migrate.ts'
import { overdue } from '../../privacy/cleanup.ts'
import type { Reach } from '../reach/reach.ts'
import { number } from '../terminal/progress.ts'
import type { Finding } from './finding.ts'
import { checkRoundTrip, DOCTOR_WORKSPACE } from './round-trip.ts'

/** What is looked at once a Cairn is reached, in this order. */
export const checks: ReadonlyArray<{ name: string; run: (cairn: Reach) => Promise<Finding> }> = [
  { name: 'catalog migrations', run: checkCatalogMigrations },
  { name: 'event store', run: checkStore },
  { name: 'store migrations', run: checkStoreMigrations },
  { name: 'journal', run: checkJournal },
  { name: 'redis', run: checkRedis },
  { name: 'detached parts', run: checkDetachedParts },
  { name: 'delivery ledger', run: checkLedger },
  { name: 'deletions', run: checkDeletions },
  { name: 'event types', run: checkTypes },
  { name: 'write and read', run: checkRoundTrip },
]

interface Part {
  status: string
  lag_ms: number
  message?: string
  remedy?: string
  [detail: string]: unknown
}
interface Health {
  version: string
  parts: Record<'journal' | 'loader' | 'store' | 'catalog' | 'privacy', Part> & { redis?: Part }
}
/** Not by `api`: health answers 503 while it says what is wrong. */
const healthOf = async (cairn: Reach): Promise<Health> => (await (await fetch(new URL('/api/health', cairn.url))).json()) as Health

const ofPart = ({ status, message, remedy }: Part, says: string): Finding => ({
  status: status === 'ok' ? 'ok' : status === 'down' ? 'failed' : 'warning',
  says: message === undefined ? says : `${message} ${says}`,
  ...(remedy === undefined ? {} : { remedy }),
})

async function checkCatalogMigrations({ catalog }: Reach): Promise<Finding> {
  return ofMigrations(await catalogMigrateStatus(catalog), catalog.kind === 'sqlite' ? 'SQLite' : 'Postgres')
}

async function checkStoreMigrations(cairn: Reach): Promise<Finding> {
  if (cairn.own) return ofMigrations(await migrationStatus(cairn.own.store.store), 'event store')
  const running = (await healthOf(cairn)).version
  if (running === version) return { status: 'ok', says: 'all applied: the running server checked them at its start' }
  return {
    status: 'warning',
    says: `the running server is Cairn ${running}, this command is ${version}`,
    remedy: 'Start the server anew, so that it is the version that is installed.',
  }
}

function ofMigrations(states: ReadonlyArray<{ name: string; state: string }>, what: string): Finding {
  const others = states.filter(({ state }) => state !== 'applied')
  if (others.length === 0) return { status: 'ok', says: `${what}: ${states.length} applied` }
  return {
    status: 'failed',
    says: `${what}: ${others.map(({ name, state }) => `${name} is ${state}`).join(', ')}`,
    remedy: 'cairn migrate status says more; pending ones are applied by cairn migrate up.',
  }
}

async function checkStore(cairn: Reach): Promise<Finding> {
  if (cairn.own) {
    const kind = cairn.own.store.engine ? 'embedded engine' : 'ClickHouse server'
    return { status: 'ok', says: `${kind} answers, ClickHouse ${await storeVersion(cairn.own.store.store)}` }
  }
  const { store } = (await healthOf(cairn)).parts
  return ofPart(store, `${store['kind'] === 'embedded' ? 'embedded engine' : 'ClickHouse server'}, ${Number(store['restarts'] ?? 0)} restarts`)
}

async function checkJournal(cairn: Reach): Promise<Finding> {
  const { journal, loader } = (await healthOf(cairn)).parts
  const damaged = Number(loader['damaged_records'] ?? 0)
  const says = `${number(Number(journal['backlog_bytes']))} bytes of backlog, loading ${number(loader.lag_ms)} ms behind, ${number(damaged)} damaged records`
  if (damaged > 0) return { status: 'warning', says, remedy: 'Damaged records are lost, and the ledger counts them. Check the disk.' }
  return ofPart(journal.status === 'ok' ? loader : journal, says)
}

async function checkRedis(cairn: Reach): Promise<Finding> {
  const { redis } = (await healthOf(cairn)).parts
  if (!redis) return { status: 'ok', says: 'none; this is the only node' }
  return ofPart(redis, `${number(Number(redis['unconfirmed_ids']))} ids of events not confirmed`)
}

async function checkDetachedParts({ own }: Reach): Promise<Finding> {
  if (!own) return { status: 'skipped', says: 'asked only where no server runs' }
  const found = await detachedParts(own.store.store)
  if (found.length === 0) return { status: 'ok', says: 'none' }
  return {
    status: 'warning',
    says: found.map(({ table, reason, parts }) => `${table}: ${parts} parts (${reason || 'by hand'})`).join(', '),
    remedy: 'Their rows are in no answer. Look at the log for what set them aside, and restore them from a backup.',
  }
}

async function checkDeletions(cairn: Reach): Promise<Finding> {
  if (!cairn.own) {
    // A server that was not started anew since an upgrade does not have the part.
    const { privacy } = (await healthOf(cairn)).parts as Partial<Health['parts']>
    return privacy
      ? ofPart(privacy, `${number(Number(privacy['overdue_deletions']))} overdue`)
      : { status: 'skipped', says: 'the running server does not tell' }
  }
  const left = await overdue(cairn.own.store.store, Date.now())
  if (left === 0) return { status: 'ok', says: '0 overdue' }
  return {
    status: 'warning',
    says: `${number(left)} deletions asked for over a minute ago are not finished, also not by this start; some of the rows may still be there`,
    remedy: 'Look at the log for what stood in the way, and ask for the deletion again.',
  }
}

const others = async ({ catalog }: Reach): Promise<Workspace[]> => (await listWorkspaces(catalog.db)).filter(({ slug }) => slug !== DOCTOR_WORKSPACE)

async function checkLedger(cairn: Reach): Promise<Finding> {
  let events = 0
  const wrong: string[] = []
  for (const { slug } of await others(cairn)) {
    const { total } = await cairn.api(slug).get<{ total: { received: number; gap: number } }>('/api/ledger', { days: 7, by: 'total' })
    events += total.received
    if (total.gap !== 0) wrong.push(`${slug}: ${number(total.gap)}`)
  }
  if (wrong.length === 0) return { status: 'ok', says: `7 days, ${number(events)} events received, every one accounted for` }
  return {
    status: 'failed',
    says: `events that the ledger does not explain: ${wrong.join(', ')}`,
    remedy: 'Report this with the answer of GET /api/ledger?by=hour: it is a fault of Cairn.',
  }
}

/** More are a sign that ids stand in event_type, which then no longer groups anything. */
const MANY_TYPES = 1_000

async function checkTypes(cairn: Reach): Promise<Finding> {
  const counts: string[] = []
  let most = 0
  for (const { slug } of await others(cairn)) {
    const { types } = await cairn.api(slug).get<{ types: unknown[] }>('/api/events/types')
    counts.push(`${slug}: ${number(types.length)}`)
    most = Math.max(most, types.length)
  }
  const says = counts.slice(0, 5).join(', ') + (counts.length > 5 ? ` … (${counts.length} workspaces)` : '')
  return most > MANY_TYPES
    ? { status: 'warning', says, remedy: 'Event types should name what happened, not to whom: put ids into entity_id or event_metadata.' }
    : { status: 'ok', says }
}
