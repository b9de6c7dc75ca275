import type { QuestionOf, Step } from '@cairn/wire/questions/question'
import { list, raw, sql, u32, u64s, type Piece } from '../store/sql.ts'
import type { Asked } from './asked.ts'
import type { Scope } from './scope.ts'
import { arrival } from './sequence.ts'

type Paths = QuestionOf<'paths'>

/**
 * The walks of sessions: what each shows, one step after the other, as numbers of names (from 1). Events are ordered by one number each, of moment, `seq`
 * and name, which takes a tenth of the memory and time of tuples. Where that number does not part two events that show different things, `received_at`
 * and `event_id` have to: those sessions, which are few, are read again in full.
 */
export interface Walks {
  names: readonly string[]
  /** Steps after the first that are followed. */
  depth: number
  /** How many parts the sessions are read in, so that each fits the memory of a query. */
  parts: number
  /** Query: `session_key`, `walk` and `is_tied`, whose walk has to be taken from `full`. Of one part, or of all. */
  quick: (part?: number) => Piece
  /** Query: the same of the sessions that are tied: of these, or where they are not known, of those that `quick` finds. */
  full: (part?: number, tied?: readonly string[]) => Piece
}

/** Of a part: what 400,000 sessions of five events come to. Each part reads the whole span; more in one begins to be written to disk, which takes five times as long. */
const PART_BYTES = 96_000_000
const SESSION_BYTES = 160
const EVENT_BYTES = 16
/** Beside the name: whether the event fits `start` and `end`. */
const FLAGS = 2

export async function walksOf({ question, range, scope: newScope, query }: Asked<Paths>): Promise<Walks> {
  const { field = 'event_type', depth = 5, start, end } = question
  const rows = newScope()
  const inSessions = rows.clause(range, [], { more: [raw('session_key != 0')] })
  const [[size], found] = await Promise.all([
    query<{ sessions: string; events: string; seq: string }>(
      sql`SELECT uniq(session_key) AS sessions, count() AS events, max(ifNull(seq, 0)) AS seq FROM ${rows.from} ${inSessions}`,
    ),
    query<{ name: string }>(sql`SELECT toString(${raw(field)}) AS name FROM ${rows.from} ${inSessions} GROUP BY name HAVING name != '' ORDER BY name`),
  ])
  const names = found.map(({ name }) => name)
  const parts = Math.ceil((Number(size?.sessions ?? 0) * SESSION_BYTES + Number(size?.events ?? 0) * EVENT_BYTES) / PART_BYTES)
  const bits = { seq: bitsFor(Number(size?.seq ?? 0)), mark: bitsFor(names.length) + FLAGS }
  const key = bitsFor(range.toMs - range.fromMs) + bits.seq + bits.mark > 64 ? 'toUInt128' : 'toUInt64'
  const place = raw(
    `bitShiftLeft(${key}(toUnixTimestamp64Milli(event_timestamp) - ${range.fromMs}), ${bits.seq + bits.mark}) + bitShiftLeft(${key}(ifNull(seq, 0)), ${bits.mark})`,
  )
  const of = (scope: Scope, part: number | undefined, more: readonly Piece[]): Piece =>
    scope.clause(range, [], {
      more: [raw('session_key != 0'), ...(part === undefined || parts < 2 ? [] : [sql`session_key % ${u32(parts)} = ${u32(part)}`]), ...more],
    })
  const markOf = (scope: Scope): Piece => {
    const fits = (step: string | Step | undefined): Piece => (step === undefined ? raw('0') : scope.step(typeof step === 'string' ? { event: step } : step))
    const name = names.length === 0 ? raw('0') : sql`transform(${raw(field)}, ${list(names)}, ${raw(`range(1, ${names.length + 1})`)}, 0)`
    return sql`toUInt32(${name} * 4 + if(${fits(end)}, 2, 0) + if(${fits(start)}, 1, 0))`
  }
  const quick = (part?: number): Piece => {
    const scope = newScope()
    const mark = markOf(scope)
    const clause = of(scope, part, [])
    return sql`SELECT session_key, ${walkOf(question, depth)} AS walk,
  length(arrayCompact(keys)) != length(arrayCompact(arrayMap(key -> bitShiftRight(key, ${u32(bits.mark)}), keys))) AS is_tied
FROM (SELECT session_key, arraySort(groupArray(${place} + ${mark})) AS keys, arrayMap(key -> toUInt32(bitAnd(key, ${u32(2 ** bits.mark - 1)})), keys) AS marks
  FROM ${scope.from} ${clause} GROUP BY session_key)`
  }
  const full = (part?: number, tied?: readonly string[]): Piece => {
    const scope = newScope()
    const mark = markOf(scope)
    const which = tied ? u64s(tied) : sql`(SELECT session_key FROM (${quick(part)}) WHERE is_tied)`
    const clause = of(scope, part, [sql`session_key IN ${which}`])
    return sql`SELECT session_key, ${walkOf(question, depth)} AS walk, false AS is_tied
FROM (SELECT session_key, arraySort(groupArray((event_timestamp, ifNull(seq, 0), ${arrival}, event_id, ${mark}))).5 AS marks
  FROM ${scope.from} ${clause} GROUP BY session_key)`
  }
  return { names, depth, parts: Math.max(1, parts), quick, full }
}

/** For whole numbers from 0 to `most`. */
const bitsFor = (most: number): number => Math.ceil(Math.log2(most + 1))

/** Of ordered `marks`. */
function walkOf({ start, end }: Paths, depth: number): Piece {
  const first = start === undefined ? '1' : 'arrayFirstIndex(mark -> bitTest(mark, 0), marks)'
  const last = end === undefined ? 'length(marks)' : 'arrayLastIndex(mark -> bitTest(mark, 1), marks)'
  const within = `arraySlice(marks, greatest(${first}, 1), if(${first} = 0, 0, greatest(toInt64(${last}) - ${first} + 1, 0)))`
  const steps = `arrayCompact(arrayFilter(name -> name > 0, arrayMap(mark -> bitShiftRight(mark, ${FLAGS}), ${start === undefined && end === undefined ? 'marks' : within})))`
  return raw(`arraySlice(${end === undefined ? steps : `arrayReverse(${steps})`}, 1, ${depth + 1})`)
}
