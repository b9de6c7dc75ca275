import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import { join, raw, type Piece } from '../store/sql.ts'
import type { Column } from '../store/store.ts'
import type { Asked, Kind } from './asked.ts'
import { refused } from './scope.ts'
import { faultOf } from './sql/fault.ts'
import { MARK } from './sql/cursor.ts'
import { readQuery, type Read } from './sql/grammar.ts'
import { boundTable, guarded, tables } from './sql/tables.ts'
import { wrong } from './sql/tokens.ts'
import { isHarmless, lookAt } from './sql/understood.ts'

/**
 * A query that somebody wrote, over the tables of one workspace. Four walls, each of which would do alone for most of what it is for:
 * the grammar (sql/grammar.ts) lets through what it knows and gives every name a mark, so that none means anything of the engine's own;
 * the tables are put in by Cairn, bound to the workspace; the engine's parser is asked what it takes the query for (sql/understood.ts); and the
 * query runs read-only, within bounds, with the workspace as a condition on every table of the store, whoever reads it.
 */
type Sql = QuestionOf<'sql'>

const DEFAULT_LIMIT = 1_000
const TIMEOUT_MS = 20_000
const MOST_ANSWER_BYTES = 16_000_000

const names: ReadonlySet<string> = new Set(Object.keys(tables))

async function ask(asked: Asked<Sql>): Promise<AnswerTo<'sql'>> {
  const { question, range, now, store } = asked
  const { query: text, limit = DEFAULT_LIMIT } = question
  const moment = `fromUnixTimestamp64Milli(${Math.trunc(now)}, '${range.storeTimezone}')`
  const read = readQuery(text, { tables: names, now: moment })
  const inItsWords = (error: unknown): never => {
    throw faultOf(error, text, read)
  }
  const tree = await store.query<{ explain: string }>(lookAt(read), { settings: depth, timeoutMs: TIMEOUT_MS }).catch(inItsWords)
  if (!isHarmless(tree.rows.map(({ explain }) => explain))) throw wrong(text, 0, 'The query asks for something that is not available.')
  const { columns, rows } = await asked
    .table(await bind(asked, read), { timeoutMs: TIMEOUT_MS, settings: settingsOf({ ...asked, timezone: range.storeTimezone }, limit) })
    .catch(inItsWords)
  return {
    kind: 'sql',
    columns: columns.map(({ name, type }) => ({ name: name.replaceAll(MARK, ''), type: type.replaceAll(MARK, '') })),
    rows: withNumbers(columns, rows.slice(0, limit)),
    truncated: rows.length > limit,
  }
}

async function bind(asked: Asked<Sql>, { parts, names: named, hasStar }: Read): Promise<Piece> {
  const { from, to, range } = asked.question
  const isBounded = from !== undefined || to !== undefined || (range !== undefined && range !== 'all')
  const readsBaselines = parts.some((part) => typeof part !== 'string' && part.table === 'project_metrics_baseline')
  const baselines = readsBaselines ? await asked.baselines() : []
  const of = { ...asked, baselines, isBounded, reads: (...columns: string[]) => hasStar || columns.some((column) => named.has(column)) }
  return join(
    parts.map((part) => (typeof part === 'string' ? raw(part) : boundTable(of, part.table))),
    '',
  )
}

/** Deeper or longer than people write. */
const depth = { max_ast_depth: 400, max_ast_elements: 20_000, max_expanded_ast_elements: 50_000, max_subquery_depth: 40 }

/** Under which a query runs. */
export function settingsOf(
  { workspaceId, database, queryBytes, timezone }: Pick<Asked, 'workspaceId' | 'database' | 'queryBytes'> & { timezone: string },
  limit: number,
): Record<string, string | number> {
  const filters = guarded.flatMap((name) => [name, `${name}_local`]).map((name) => `'${database}.${name}':'workspace_id = ${workspaceId}'`)
  return {
    ...depth,
    additional_table_filters: `{${filters.join(',')}}`,
    allow_ddl: 0,
    allow_introspection_functions: 0,
    limit: limit + 1,
    max_memory_usage: queryBytes,
    max_result_bytes: MOST_ANSWER_BYTES,
    join_use_nulls: 1,
    // Values at a path of JSON are of the type they came with.
    allow_suspicious_types_in_group_by: 1,
    allow_suspicious_types_in_order_by: 1,
    session_timezone: timezone,
    date_time_output_format: 'iso',
    readonly: 1,
  }
}

/** Whole numbers of 64 bits come as text: a column of those is one of numbers where all of them fit a number of JSON. */
function withNumbers(columns: readonly Column[], rows: readonly (readonly unknown[])[]): unknown[][] {
  const whole = columns.map(
    ({ type }, i) => /^(?:Nullable\()?U?Int64\)?$/.test(type) && rows.every((row) => row[i] === null || Number.isSafeInteger(Number(row[i]))),
  )
  return rows.map((row) => row.map((value, i) => (whole[i] && typeof value === 'string' ? Number(value) : value)))
}

export const sqlKind: Kind<'sql'> = {
  definition: 'What the query says, of the rows of this workspace.',
  interval: () => undefined,
  ask,
  behind: () => Promise.reject(refused('Rows of a query have no figure to look behind; ask for people or events in the query itself.')),
}
