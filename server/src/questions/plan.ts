import type { Filter, Question, Step } from '@cairn/wire/questions/question'
import { iso, type Clock } from '../base/time.ts'
import type { Properties } from '../ingest/properties.ts'
import { isOutOfMemory, StoreError } from '../store/failure.ts'
import type { Internal } from '../store/internal.ts'
import type { Persons } from '../store/persons.ts'
import { raw, sql, u32, type Piece } from '../store/sql.ts'
import type { CallOptions, Statistics, Store } from '../store/store.ts'
import { toMs } from '../analytics/stored.ts'
import { zone } from '../analytics/zone.ts'
import type { Asked, BaselineRow, Read } from './asked.ts'
import { rangeOf } from './range.ts'
import { refused, Scope, type Scoped, type Slice } from './scope.ts'
import { checkSteps } from './step.ts'

/** How much finer slices of people become where memory ends, and beyond how many it is given up. */
const FINER = 4
const MOST_SLICES = 32

export interface PlanDeps {
  store: Store
  persons: Persons
  internal: Internal
  properties: Pick<Properties, 'knows' | 'typesAt'>
  clock: Clock
  /** Memory that one query may take. */
  queryBytes: number
  /** Rows of which a query may keep something each. */
  rowsAtOnce: number
  /** By id: query of the keys of the people in each of the workspace's cohorts that are named. Throws `invalid` for one that is not there. */
  readonly cohorts: (workspaceId: number, ids: readonly string[]) => Promise<ReadonlyMap<string, Piece>>
  /** Baselines of the workspace, the newest first. */
  readonly baselines: (workspaceId: number) => Promise<readonly BaselineRow[]>
}

const CANNOT_COMPILE_REGEXP = 427

/** What the store did for an answer. */
export interface Work {
  rowsRead: number
  /** The queries, with their values in place. */
  statements: string[]
  /** Ends them. */
  signal: AbortSignal | undefined
}

export interface Planned<Q extends Question> {
  asked: Asked<Q>
  work: Work
  /** What its cohorts are, and who is internal. */
  people: readonly string[]
}

/** From what was sent to what a kind answers: steps checked, range and cohorts looked up. Throws `invalid`. */
export async function plan<Q extends Question>(
  { store, persons, internal, properties, clock, queryBytes, rowsAtOnce, cohorts, baselines }: PlanDeps,
  workspace: { id: number; timezone: string },
  question: Q,
): Promise<Planned<Q>> {
  for (const [path, steps] of stepsOf(question)) checkSteps(path, steps)
  const now = clock.now()
  const work: Work = { rowsRead: 0, statements: [], signal: undefined }
  const asking = <Found extends { statistics?: Statistics }>(piece: Piece, found: Found): Found => {
    work.rowsRead += found.statistics?.rowsRead ?? 0
    work.statements.push(readable(piece))
    return found
  }
  const ended = (): CallOptions => (work.signal ? { signal: work.signal } : {})
  const table: Asked['table'] = async (piece, options) => asking(piece, await store.table(piece, { ...ended(), ...options }))
  const run = <Row>(piece: Piece) =>
    store.query<Row>(piece, ended()).catch((error: unknown) => {
      if (error instanceof StoreError && error.clickhouseCode === CANNOT_COMPILE_REGEXP)
        throw refused('A regular expression is not valid; they are those of RE2.')
      throw error
    })
  const query = async <Row>(piece: Piece): Promise<readonly Row[]> => asking(piece, await run<Row>(piece)).rows
  const first = async (): Promise<number> => {
    const rows = await query<{ first: string | null }>(
      sql`SELECT minOrNull(event_timestamp) AS first FROM ${raw(store.dialect.database)}.events PREWHERE workspace_id = ${u32(workspace.id)}`,
    )
    return rows[0]?.first ? toMs(rows[0].first) : now
  }
  // A query says itself which times it is about; a range narrows the tables that it sees.
  const isUnbounded = question.kind === 'sql' && question.from === undefined && question.to === undefined && question.range === undefined
  const range = await rangeOf(isUnbounded ? { ...question, range: 'all' } : question, { timezone: workspace.timezone, now, first })
  const filters = question.kind === 'sql' ? [] : (question.filters ?? [])
  const members = await cohorts(workspace.id, [
    ...new Set([...cohortsIn([...filters, ...stepsOf(question).flatMap(([, steps]) => steps.flatMap((step) => step.filters ?? []))]), ...splitBy(question)]),
  ])
  const sample = question.kind === 'sql' ? 1 : (question.sample ?? 1)
  const isInternal = internal.of(workspace.id)
  const of: Scoped = {
    database: store.dialect.database,
    workspaceId: workspace.id,
    persons,
    properties,
    filters,
    includeBots: question.kind !== 'sql' && question.include_bots === true,
    isInternal: question.kind !== 'sql' && question.include_internal === true ? undefined : isInternal,
    sample,
    cohorts: members,
  }
  // Without filters and cohorts, which the store would look up to estimate.
  const passes: Asked['passes'] = async ({ span, steps }) => {
    const scope = new Scope({ ...of, filters: [], isInternal: undefined, sample: 1 })
    const clause = scope.clause(
      span,
      steps.map(({ event, category, any }) => ({ event, category, any }) as Step),
    )
    const { rows: tables } = await run<{ rows: string }>(sql`EXPLAIN ESTIMATE SELECT 1 FROM ${scope.from} ${clause}`)
    return Math.max(1, ...tables.map(({ rows }) => Math.ceil(Number(rows) / rowsAtOnce)))
  }
  const inSlices: Asked['inSlices'] = async <Row>(read: Read & { rowsEach: number }, select: (slice?: Slice) => Piece) => {
    const { length } = work.statements
    for (let parts = Math.ceil((await passes(read)) / read.rowsEach); ; parts *= FINER) {
      try {
        const found: (readonly Row[])[] = []
        for (let nth = 0; nth < parts; nth++) found.push(await query<Row>(select(parts === 1 ? undefined : { nth, of: parts })))
        return found.flat()
      } catch (error) {
        // How many rows somebody has is not known before.
        if (!isOutOfMemory(error) || parts > MOST_SLICES) throw error
        work.statements.length = length
      }
    }
  }
  return {
    asked: {
      question,
      workspaceId: workspace.id,
      database: of.database,
      range,
      place: zone(range.timezone),
      now,
      sample,
      scope: (slice) => new Scope({ ...of, slice }),
      query,
      passes,
      inSlices,
      table,
      store,
      persons,
      baselines: () => baselines(workspace.id),
      queryBytes,
    },
    work,
    people: [...members.values(), isInternal].map(readable),
  }
}

/** All steps of a question, by the field they stand in. */
function stepsOf(question: Question): [string, readonly Step[]][] {
  switch (question.kind) {
    case 'trends':
    case 'lifecycle':
    case 'stickiness':
    case 'distribution':
      return [['series', question.series ?? []]]
    case 'funnel':
      return [
        ['steps', question.steps],
        ['exclude', question.exclude ?? []],
      ]
    case 'retention':
      return [
        ['start', [question.start]],
        ['return', [question.return]],
      ]
    case 'paths':
      return [
        ['start', typeof question.start === 'object' ? [question.start] : []],
        ['end', typeof question.end === 'object' ? [question.end] : []],
      ]
    case 'correlation':
      return [
        ['start', question.start ? [question.start] : []],
        ['target', [question.target]],
      ]
    case 'sql':
    default:
      return []
  }
}

/** Cohorts by which it is broken down, or which are held against something. */
function splitBy(question: Question): string[] {
  const fields = question.kind === 'correlation' ? question.fields : 'breakdown' in question ? [question.breakdown ?? ''] : []
  return fields.flatMap((field) => (field.startsWith(COHORT) ? [field.slice(COHORT.length)] : []))
}
const COHORT = 'cohort.'

const cohortsIn = (filters: readonly Filter[]): string[] =>
  filters.flatMap((filter) => {
    if ('any' in filter) return cohortsIn(filter.any)
    if ('all' in filter) return cohortsIn(filter.all)
    return filter.op === 'in_cohort' || filter.op === 'not_in_cohort' ? [String(filter.value)] : []
  })

/** With its values in place, as a person would run it. */
function readable({ text, params }: Piece): string {
  return text.replace(/\{(p\d+):([^}]*)\}/g, (_, name: string, type: string) => {
    const value = params[name]
    const one = (item: unknown): string =>
      typeof item === 'string' && !/^U?Int/.test(type) ? `'${item.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : String(item)
    return Array.isArray(value) ? `[${value.map(one).join(', ')}]` : one(value)
  })
}

export interface Answered {
  interval: string | undefined
  definition: string
  bots: boolean
  internal: boolean
  /** Of people, in a sample. */
  people: number | undefined
}

/** What an answer says of itself, but what differs from one time it is given to the next. */
export const metaOf = ({ asked, work }: Planned<Question>, clock: Clock, { interval, definition, bots, internal, people }: Answered) => ({
  from: iso(asked.range.fromMs),
  to: iso(asked.range.toMs),
  timezone: asked.range.timezone,
  interval: interval ?? null,
  rows_read: work.rowsRead,
  generated_at: iso(clock.now()),
  sampled: asked.sample < 1,
  exact: asked.sample === 1,
  error_bound: people === undefined ? null : errorBound(asked.sample, people),
  identity: 'person',
  bots: bots ? 'included' : 'excluded',
  internal: internal ? 'included' : 'excluded',
  definition,
})

/** Half of the 95 % interval of a number of people estimated from `people` of them, as a share of it (binomial). Null where nobody was found. */
const errorBound = (sample: number, people: number): number | null => (people === 0 ? null : Math.round(1.96 * Math.sqrt((1 - sample) / people) * 1e4) / 1e4)
