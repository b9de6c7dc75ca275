import type { AnswerTo, Figure, QuestionOf, Step } from '@cairn/wire/questions/question'
import { f64, join, raw, sql, u32, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { refused, type Scope } from './scope.ts'

type Distribution = QuestionOf<'distribution'>
type Answer = AnswerTo<'distribution'>

const stepOf = ({ series: [step] = [] }: Distribution): Step => step ?? { any: true }
const QUOTAS = [0.5, 0.9, 0.95, 0.99] as const

/** Numbers whose first 22 bits are equal: a thousandth of their size apart at most. Key 0, which no number has, are the missing ones. */
interface Bucket {
  key: number
  events: number
  least: number
  most: number
  sum: number
}

/** A bin's numbers, those of the buckets that are looked into each for itself. */
interface Counted {
  bin: number
  bucket: number
  value: number
  events: string
}

/**
 * Two passes, of which none holds the numbers: the first counts them by their leading bits, which tells bounds, mean, and in which buckets the percentiles
 * lie; the second counts bins, and each number of those few buckets.
 */
async function ask(asked: Asked<Distribution>): Promise<Answer> {
  const { question, query, sample } = asked
  const buckets = await bucketsOf(asked)
  const known = buckets.filter(({ key }) => key !== 0)
  const missing = (buckets.find(({ key }) => key === 0)?.events ?? 0) / sample
  const [first, last] = [known[0], known.at(-1)]
  if (!first || !last)
    return { kind: 'distribution', bins: [], count: 0, missing, min: null, max: null, mean: null, median: null, p90: null, p95: null, p99: null }

  const shape = shapeOf(question, first.least, last.most)
  const count = known.reduce((sum, { events }) => sum + events, 0)
  const ranks = QUOTAS.map((quota) => ({ below: Math.floor((count - 1) * quota), above: Math.ceil((count - 1) * quota), part: ((count - 1) * quota) % 1 }))
  const places = ranks.flatMap(({ below, above }) => [placeOf(known, below), placeOf(known, above)])
  const keys = [...new Set(places.map(({ key }) => key))]
  const rows =
    await query<Counted>(sql`SELECT ${shape.index(raw('number'))} AS bin, if(key IN (${join(keys.map(u32))}), key, 0) AS bucket, if(bucket = 0, 0, number) AS value, count() AS events
FROM (${numbersOf(asked)}) WHERE key != 0 GROUP BY bin, bucket, value`)

  const counts = shape.edges.slice(1).map(() => 0)
  for (const { bin, events } of rows) counts[bin] = (counts[bin] ?? 0) + Number(events)
  const values = places.map((place) => valueAt(rows, place))
  const [median, p90, p95, p99] = ranks.map(({ part }, i) => {
    const [below = 0, above = 0] = [values[i * 2], values[i * 2 + 1]]
    return below + (above - below) * part
  })
  return {
    kind: 'distribution',
    bins: counts.map((events, i) => ({ from: shape.edges[i] ?? 0, to: shape.edges[i + 1] ?? 0, count: events / sample })),
    count: count / sample,
    missing,
    min: first.least,
    max: last.most,
    mean: known.reduce((sum, bucket) => sum + bucket.sum, 0) / count,
    median: median ?? null,
    p90: p90 ?? null,
    p95: p95 ?? null,
    p99: p99 ?? null,
  }
}

/** The least first. */
async function bucketsOf(asked: Asked<Distribution>): Promise<Bucket[]> {
  const rows = await asked.query<
    Omit<Bucket, 'events'> & { events: string }
  >(sql`SELECT key, count() AS events, min(number) AS least, max(number) AS most, sum(number) AS sum
FROM (${numbersOf(asked)}) GROUP BY key`)
  return rows.map((row) => ({ ...row, events: Number(row.events) })).toSorted((a, b) => a.key - b.key)
}

/** Query: `number` of each event and `key`, its leading bits in the order of numbers: sign, exponent, and ten bits of the mantissa. */
function numbersOf({ question, range, scope: newScope }: Asked<Distribution>): Piece {
  const scope = newScope()
  const found = numberOf(scope, question)
  const clause = scope.clause(range, [stepOf(question)])
  const bits = 'reinterpretAsUInt64(number)'
  return sql`SELECT ifNull(${found} AS found, 0) AS number,
  if(found IS NULL, toUInt32(0), toUInt32(bitShiftRight(if(number >= 0, bitOr(${raw(bits)}, toUInt64(9223372036854775808)), bitNot(${raw(bits)})), 42))) AS key
FROM ${scope.from} ${clause}`
}

/** A number that no double holds is none, and there is one zero. */
const numberOf = (scope: Scope, { field }: Distribution): Piece => {
  const { number } = scope.value(field)
  return sql`if(isFinite(${number}), ${number} + 0, NULL)`
}

/** Bounds of the bins, and in SQL the bin of a number. */
function shapeOf({ bins = 20 }: Distribution, min: number, max: number): { edges: number[]; index: (number: Piece) => Piece } {
  if (min === max) return { edges: [min, max], index: () => raw('toUInt8(0)') }
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? max : min + (i * (max - min)) / bins))
  return { edges, index: (number) => sql`toUInt8(least(floor((${number} - ${f64(min)}) * ${u32(bins)} / ${f64(max - min)}), ${u32(bins - 1)}))` }
}

/** Bucket of the number at a rank, from 0, and its rank within it. */
function placeOf(buckets: readonly Bucket[], rank: number): { key: number; rank: number } {
  let before = 0
  for (const { key, events } of buckets) {
    if (rank < before + events) return { key, rank: rank - before }
    before += events
  }
  throw new RangeError(`there is no rank ${rank}`)
}

function valueAt(rows: readonly Counted[], { key, rank }: { key: number; rank: number }): number {
  const own = rows.flatMap((row) => (row.bucket === key ? [{ value: row.value, events: Number(row.events) }] : []))
  let before = 0
  for (const { value, events } of own.toSorted((a, b) => a.value - b.value)) {
    before += events
    if (rank < before) return value
  }
  throw new RangeError(`there is no rank ${rank} in ${key}`)
}

async function behind(asked: Asked<Distribution>, { bin }: Figure): Promise<Behind> {
  const { question, range, scope: newScope } = asked
  const known = bin === undefined ? [] : (await bucketsOf(asked)).filter(({ key }) => key !== 0)
  const [first, last] = [known[0], known.at(-1)]
  const shape = first && last ? shapeOf(question, first.least, last.most) : undefined
  if (bin !== undefined && (!shape || bin > shape.edges.length - 2)) throw refused(`The answer has no bin ${bin}.`)
  const scope = newScope()
  const number = numberOf(scope, question)
  const more = [sql`isNotNull(${number})`, ...(shape && bin !== undefined ? [sql`(${shape.index(sql`assumeNotNull(${number})`)}) = ${u32(bin)}`] : [])]
  const clause = scope.clause(range, [stepOf(question)], { more })
  return { people: sql`SELECT DISTINCT ${scope.person} AS person FROM ${scope.from} ${clause}`, events: { from: scope.from, clause } }
}

export const distribution: Kind<'distribution'> = {
  definition:
    'Numbers of a field: how many events have one in each of the bins of equal width, mean and exact percentiles; missing are events without a number there.',
  interval: () => undefined,
  looksAt: ({ range }) => range,
  ask,
  behind,
}
