import type { InternalTraffic } from '@cairn/wire/api/workspace'
import { breakerBounds } from '@cairn/wire/breaker'
import type { Breaker } from '@cairn/wire/tracker'
import { CairnError, type FieldError } from '../base/errors.ts'
import { streams, type Stream } from '../base/config.ts'
import type { Selectable } from 'kysely'
import { differences, LOCAL, type Entry } from './audit.ts'
import { checkInternal, readInternal, tidyInternal } from './internal.ts'
import type { CatalogDb, CatalogTransaction, Schema, Timed } from './schema.ts'
import { insertMember, memberAdded } from './members.ts'
import { change, type Written } from './version.ts'

/** A tenant and its switches. */
export interface Workspace {
  id: number
  slug: string
  name: string
  /** IANA name. */
  timezone: string
  /** null: events are kept forever. */
  retentionDays: number | null
  /** Months whose days are all older are archived; null: none. */
  archiveDays: number | null
  streamsOff: Stream[]
  gpc: 'honour' | 'ignore'
  taxonomyMode: 'open' | 'strict'
  /** Share of people whose events browser trackers send, 0 to 1. */
  sampling: number
  breaker: Breaker
  /** Whether a log-in ends the person's others. */
  singleSession: boolean
  /** Statuses that say that work is done, beside those with the word complete or completed. */
  doneStatuses: string[]
  internal: InternalTraffic
  createdAt: number
  updatedAt: number
}

/** What can be changed after a workspace was made; the slug stands in people's links and stays. */
export interface WorkspaceSettings {
  name?: string | undefined
  timezone?: string | undefined
  retentionDays?: number | null | undefined
  archiveDays?: number | null | undefined
  streamsOff?: readonly Stream[] | undefined
  gpc?: Workspace['gpc'] | undefined
  taxonomyMode?: Workspace['taxonomyMode'] | undefined
  sampling?: number | undefined
  /** What is left out stays. */
  breaker?: { [K in keyof Breaker]?: number | undefined } | undefined
  singleSession?: boolean | undefined
  doneStatuses?: readonly string[] | undefined
  /** What is left out stays. */
  internal?: { [K in keyof InternalTraffic]?: InternalTraffic[K] | undefined } | undefined
}

/** Throws `invalid` for a bad value, `conflict` where the slug is taken. Without an owner only keys and the command line reach it. */
export const createWorkspace = (
  db: CatalogDb,
  { owner, ...input }: { slug: string; owner?: { id: string; email: string } | undefined } & WorkspaceSettings & Timed,
): Promise<Workspace> =>
  change(db, async (trx) => {
    const workspace = await insertWorkspace(trx, input)
    const told = [workspaceMade(workspace, input)]
    if (owner) {
      await insertMember(trx, { workspaceId: workspace.id, userId: owner.id, role: 'owner', now: input.now })
      told.push(memberAdded(workspace.id, owner.email, 'owner', input))
    }
    return { answer: workspace, told }
  })

export const workspaceMade = ({ id, slug, name }: Workspace, { by = LOCAL, now = Date.now() }: Timed): Entry => ({
  workspaceId: id,
  by,
  action: 'workspace.created',
  target: slug,
  details: { name },
  now,
})

/** For transactions that make more than the workspace. */
export const insertWorkspace = async (
  trx: CatalogTransaction,
  { slug, now = Date.now(), ...settings }: { slug: string } & WorkspaceSettings & Timed,
): Promise<Workspace> => {
  const errors = check(settings)
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(slug))
    errors.push({ path: '/slug', message: 'must be 1 to 63 characters out of a-z 0-9 -, with no - at either end' })
  refuse(errors)
  const row = await trx
    .insertInto('workspaces')
    .values({
      streams_off: '[]',
      gpc: 'honour',
      taxonomy_mode: 'open',
      timezone: 'UTC',
      retention_days: 365,
      ...columns(settings, readInternal('{}')),
      slug,
      name: settings.name ?? slug,
      created_at: now,
      updated_at: now,
    })
    .onConflict((taken) => taken.column('slug').doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!row) throw new CairnError('conflict', `There is a workspace "${slug}" already. Choose another slug.`)
  return toWorkspace(row)
}

/** Throws `invalid` for a bad value, `not_found` for an unknown workspace. Takes effect on every node within 2 s. */
export const updateWorkspace = (db: CatalogDb, input: { id: number } & WorkspaceSettings & Timed): Promise<Workspace> =>
  change(db, (trx) => alterWorkspace(trx, input))

/** For transactions that change more than the workspace. */
export const alterWorkspace = async (
  trx: CatalogTransaction,
  { id, now = Date.now(), by = LOCAL, ...settings }: { id: number } & WorkspaceSettings & Timed,
): Promise<Written<Workspace>> => {
  refuse(check(settings))
  const before = await trx.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
  if (!before) throw noWorkspace()
  const isBack = toWorkspace(before).streamsOff.includes('events') && settings.streamsOff?.includes('events') === false
  const row = await trx
    .updateTable('workspaces')
    .set({ ...columns(settings, readInternal(before.internal)), ...(isBack && { events_since: now }), updated_at: now })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  const answer = toWorkspace(row)
  const was = told(toWorkspace(before))
  const details = differences(was, told(answer), Object.keys(was) as (keyof typeof was)[])
  return { answer, told: Object.keys(details).length === 0 ? [] : [{ workspaceId: id, by, action: 'workspace.changed', target: row.slug, details, now }] }
}

/** Settings under the names that the API gives them. */
const told = ({
  name,
  timezone,
  retentionDays,
  archiveDays,
  streamsOff,
  gpc,
  taxonomyMode,
  sampling,
  breaker,
  singleSession,
  doneStatuses,
  internal,
}: Workspace) => ({
  name,
  timezone,
  retention_days: retentionDays ?? 'forever',
  archive_days: archiveDays ?? 'never',
  streams_off: streamsOff,
  gpc,
  taxonomy_mode: taxonomyMode,
  sampling,
  breaker,
  single_session: singleSession,
  done_statuses: doneStatuses,
  internal,
})

/** By id; few installations have more than hundreds, so all of them. */
export const listWorkspaces = async (db: CatalogDb): Promise<Workspace[]> =>
  (await db.selectFrom('workspaces').selectAll().orderBy('id').execute()).map(toWorkspace)

/** Throws `not_found`. */
export const getWorkspace = async (db: CatalogDb, { slug }: { slug: string }): Promise<Workspace> => {
  const row = await db.selectFrom('workspaces').selectAll().where('slug', '=', slug).executeTakeFirst()
  if (!row) throw noWorkspace()
  return toWorkspace(row)
}

/** Throws `not_found`; what belongs to a workspace is written in the transaction that asked. */
export const requireWorkspace = async (trx: CatalogTransaction, id: number): Promise<void> => {
  if (!(await trx.selectFrom('workspaces').select('id').where('id', '=', id).executeTakeFirst())) throw noWorkspace()
}

const noWorkspace = (): CairnError => new CairnError('not_found', 'There is no such workspace. Check its id or slug.')

const toWorkspace = (row: Selectable<Schema['workspaces']>): Workspace => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  timezone: row.timezone,
  retentionDays: row.retention_days,
  archiveDays: row.archive_days,
  streamsOff: JSON.parse(row.streams_off) as Stream[],
  gpc: row.gpc,
  taxonomyMode: row.taxonomy_mode,
  sampling: row.sampling,
  breaker: toBreaker(row),
  singleSession: row.single_session === 1,
  doneStatuses: JSON.parse(row.done_statuses) as string[],
  internal: readInternal(row.internal),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export const toBreaker = (row: Pick<Selectable<Schema['workspaces']>, `breaker_${keyof Breaker}`>): Breaker => ({
  budget_ms: row.breaker_budget_ms,
  failures: row.breaker_failures,
  rest_ms: row.breaker_rest_ms,
})

const columns = (
  {
    name,
    timezone,
    retentionDays,
    archiveDays,
    streamsOff,
    gpc,
    taxonomyMode,
    sampling,
    breaker = {},
    singleSession,
    doneStatuses,
    internal,
  }: WorkspaceSettings,
  known: InternalTraffic,
) => ({
  ...(name !== undefined && { name }),
  ...(timezone !== undefined && { timezone: zoneOf(timezone) ?? timezone }),
  ...(retentionDays !== undefined && { retention_days: retentionDays }),
  ...(archiveDays !== undefined && { archive_days: archiveDays }),
  ...(streamsOff !== undefined && { streams_off: JSON.stringify(streams.filter((stream) => streamsOff.includes(stream))) }),
  ...(gpc !== undefined && { gpc }),
  ...(taxonomyMode !== undefined && { taxonomy_mode: taxonomyMode }),
  ...(sampling !== undefined && { sampling }),
  ...(singleSession !== undefined && { single_session: singleSession ? (1 as const) : (0 as const) }),
  ...(doneStatuses !== undefined && { done_statuses: JSON.stringify([...new Set(doneStatuses)]) }),
  ...(internal !== undefined && { internal: JSON.stringify({ ...known, ...tidyInternal(internal) }) }),
  ...(breaker.budget_ms !== undefined && { breaker_budget_ms: breaker.budget_ms }),
  ...(breaker.failures !== undefined && { breaker_failures: breaker.failures }),
  ...(breaker.rest_ms !== undefined && { breaker_rest_ms: breaker.rest_ms }),
})

/** A hundred years; more is a mistake for "forever". */
const MOST_DAYS = 36_500

const check = ({ name, timezone, retentionDays, archiveDays, streamsOff, sampling, breaker = {}, internal = {} }: WorkspaceSettings): FieldError[] => {
  const errors = checkInternal(tidyInternal(internal))
  if (name !== undefined && (name.trim() === '' || name.length > 200 || name.includes('\0')))
    errors.push({ path: '/name', message: 'must be 1 to 200 characters' })
  if (timezone !== undefined && zoneOf(timezone) === undefined)
    errors.push({ path: '/timezone', message: 'must be an IANA time zone such as Europe/Berlin or UTC' })
  if (typeof retentionDays === 'number' && !isDays(retentionDays))
    errors.push({ path: '/retention_days', message: `must be a whole number from 1 to ${MOST_DAYS}, or null for forever` })
  if (typeof archiveDays === 'number' && !isDays(archiveDays))
    errors.push({ path: '/archive_days', message: `must be a whole number from 1 to ${MOST_DAYS}, or null for never` })
  if (streamsOff?.some((stream) => !streams.includes(stream))) errors.push({ path: '/streams_off', message: `must be out of ${streams.join(', ')}` })
  if (sampling !== undefined && !(sampling >= 0 && sampling <= 1)) errors.push({ path: '/sampling', message: 'must be a share from 0 to 1' })
  for (const name of Object.keys(breakerBounds) as (keyof Breaker)[]) {
    const [value, [least, most]] = [breaker[name], breakerBounds[name]]
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      errors.push({ path: `/breaker/${name}`, message: `must be a whole number from ${least} to ${most}` })
  }
  return errors
}

const isDays = (days: number): boolean => Number.isInteger(days) && days >= 1 && days <= MOST_DAYS

const refuse = (errors: FieldError[]): void => {
  if (errors.length > 0) throw new CairnError('invalid', 'Some settings of the workspace are not valid.', { errors })
}

/**
 * The zone's name as the event store spells it: ClickHouse minds upper and lower case, Node does not.
 * Offsets such as +01:00 are refused: they know no daylight saving, and ClickHouse knows no such zone.
 */
const zoneOf = (name: string): string | undefined => {
  if (name.toUpperCase() === 'UTC') return 'UTC'
  const listed = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === name.toLowerCase())
  if (listed !== undefined || !/^[A-Z]/.test(name)) return listed
  try {
    // Names that Node knows only as another's alias, such as Asia/Kolkata, are not in its list.
    return Intl.DateTimeFormat('en', { timeZone: name }) && name
  } catch {
    return undefined
  }
}
