import type { AnswerTo, Figure, QuestionOf } from '@cairn/wire/questions/question'
import { TOP_VALUES } from '@cairn/wire/questions/vocabulary'
import { empty, join, list, raw, sql, str, u32, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { refused, type Scope, type Value } from './scope.ts'

type Correlation = QuestionOf<'correlation'>
type Property = AnswerTo<'correlation'>['properties'][number]

/** People with an event of a value, of those who are looked at. */
interface Having {
  value: string
  people: number
  converted: number
}
/** Values of a field with most events. A value that is not among them has at most `rest` events, so no more people. */
interface Candidates {
  field: string
  values: readonly string[]
  rest: number
}

const WORD = 64
const MOST_CANDIDATES = 4 * WORD

/**
 * Candidates of each field by their events, which is little work; then one pass for all fields that keeps a bit for each candidate and person, and counts
 * people exactly. Where a value outside the candidates could have as many people as the last one shown, that field is counted in full.
 */
async function ask(asked: Asked<Correlation>): Promise<AnswerTo<'correlation'>> {
  const { question, sample } = asked
  const candidates: Candidates[] = []
  for (const field of question.fields) candidates.push(await candidatesOf(asked, field))
  const { people, converted, having } = await peopleOf(asked, candidates)
  const properties: Property[] = []
  for (const [i, { field, rest }] of candidates.entries()) {
    const found = top(having[i] ?? [])
    const least = found.length < TOP_VALUES ? 0 : (found.at(-1)?.people ?? 0)
    const shown = rest > 0 && rest >= least ? await countInFull(asked, field) : found
    for (const one of shown.toSorted(byCodePoint)) properties.push(propertyOf(field, one, { people, converted, sample }))
  }
  const distance = ({ odds_ratio }: Property): number => Math.abs(Math.log(odds_ratio ?? 1))
  return { kind: 'correlation', people: people / sample, converted: converted / sample, properties: properties.toSorted((a, b) => distance(b) - distance(a)) }
}

/** The values with most people, of equal ones the first by code point. */
const top = (having: readonly Having[]): Having[] => having.toSorted((a, b) => b.people - a.people || byCodePoint(a, b)).slice(0, TOP_VALUES)
const byCodePoint = (a: Having, b: Having): number => Buffer.compare(Buffer.from(a.value), Buffer.from(b.value))

async function candidatesOf({ range, scope: newScope, query }: Asked<Correlation>, field: string): Promise<Candidates> {
  const scope = newScope()
  const { text, present } = scope.value(field)
  const clause = scope.clause(range, [], { more: [present] })
  const rows = await query<{ value: string; events: string }>(
    sql`SELECT toString(${text}) AS value, count() AS events FROM ${scope.from} ${clause} GROUP BY value ORDER BY events DESC, value LIMIT ${u32(MOST_CANDIDATES + 1)}`,
  )
  return { field, values: rows.slice(0, MOST_CANDIDATES).map(({ value }) => value), rest: Number(rows[MOST_CANDIDATES]?.events ?? 0) }
}

/** Who is looked at and who has converted, in all and with each of the candidates. */
async function peopleOf(
  { question, range, scope: newScope, query }: Asked<Correlation>,
  candidates: readonly Candidates[],
): Promise<{ people: number; converted: number; having: Having[][] }> {
  const scope = newScope()
  const words = candidates.flatMap(({ field, values }, i) =>
    Array.from({ length: Math.ceil(values.length / WORD) }, (_, word) => ({ i, field, values: values.slice(word * WORD, (word + 1) * WORD) })),
  )
  const columns = words.map(({ field, values }, word) => sql`groupBitOr(${bitOf(scope.value(field), values)}) AS ${raw(`word${word}`)}`)
  const about = sql`max(${startOf(scope, question)}) AS is_looked_at, max(${scope.step(question.target)}) AS has_converted`
  const clause = scope.clause(range, [])
  const everybody = words.length * WORD
  const places = words.map((_, word) => `arrayMap(at -> toUInt32(at + ${word * WORD}), bitPositionsToArray(word${word}))`)
  const rows = await query<{ place: number; people: string; converted: string }>(sql`SELECT place, count() AS people, countIf(has_converted) AS converted
FROM (SELECT arrayJoin(arrayConcat([toUInt32(${u32(everybody)})]${raw(places.map((place) => `, ${place}`).join(''))})) AS place, has_converted
  FROM (SELECT ${join([about, ...columns])} FROM ${scope.from} ${clause} GROUP BY ${scope.person} HAVING is_looked_at))
GROUP BY place`)
  const having = candidates.map((): Having[] => [])
  let all = { people: 0, converted: 0 }
  for (const row of rows) {
    const found = { people: Number(row.people), converted: Number(row.converted) }
    const word = words[Math.floor(row.place / WORD)]
    if (word) having[word.i]?.push({ value: word.values[row.place % WORD] ?? '', ...found })
    else all = found
  }
  return { ...all, having }
}

/** A bit for each value; a missing one has an empty text, so only where that is a value too is it asked whether there is one. */
function bitOf({ text, present }: Value, values: readonly string[]): Piece {
  const bits = raw(`[${values.map((_, at) => `toUInt64(${2n ** BigInt(at)})`).join(', ')}]`)
  const bit = sql`transform(toString(${text}), ${list(values)}, ${bits}, toUInt64(0))`
  return values.includes('') ? sql`if(${present}, ${bit}, toUInt64(0))` : bit
}

const startOf = (scope: Scope, { start }: Correlation): Piece => (start ? scope.step(start) : raw('true'))

/** A field by all of its values. */
async function countInFull(asked: Asked<Correlation>, field: string): Promise<Having[]> {
  const { question, range, scope: newScope, query } = asked
  const scope = newScope()
  const { text, present } = scope.value(field)
  const isLookedAt = question.start ? [sql`${scope.person} IN (${peopleWith(asked, () => [])})`] : []
  const hasConverted = sql`${scope.person} IN (${peopleWith(asked, (rows) => [did(rows.step(question.target))])})`
  const clause = scope.clause(range, [], { more: [present, ...isLookedAt] })
  const rows = await query<{
    value: string
    people: string
    converted: string
  }>(sql`SELECT toString(${text}) AS value, uniqExact(${scope.person}) AS people, uniqExactIf(${scope.person}, ${hasConverted}) AS converted
FROM ${scope.from} ${clause} GROUP BY value ORDER BY people DESC, value LIMIT ${u32(TOP_VALUES)}`)
  return rows.map(({ value, people, converted }) => ({ value, people: Number(people), converted: Number(converted) }))
}

/** Query: the people who are looked at, those for whom all conditions of a person's rows hold. */
function peopleWith({ question, range, scope: newScope }: Asked<Correlation>, conditions: (scope: Scope) => readonly Piece[]): Piece {
  const scope = newScope()
  const all = [did(startOf(scope, question)), ...conditions(scope)]
  const clause = scope.clause(range, [])
  return sql`SELECT ${scope.person} AS person FROM ${scope.from} ${clause} GROUP BY person HAVING ${join(all, ' AND ')}`
}
const did = (isOf: Piece): Piece => sql`countIf(${isOf}) > 0`

function propertyOf(field: string, { value, people, converted }: Having, all: { people: number; converted: number; sample: number }): Property {
  const [a, b] = [converted, people - converted]
  const [c, d] = [all.converted - a, all.people - all.converted - b]
  const odds = ((a + 0.5) * (d + 0.5)) / ((b + 0.5) * (c + 0.5))
  const error = 1.96 * Math.sqrt(1 / (a + 0.5) + 1 / (b + 0.5) + 1 / (c + 0.5) + 1 / (d + 0.5))
  return {
    field,
    value,
    converted: Math.round(a / all.sample),
    not_converted: Math.round(b / all.sample),
    odds_ratio: odds,
    low: odds * Math.exp(-error),
    high: odds * Math.exp(error),
  }
}

/** `series` is one of `fields` and `breakdown` a value of it; `state` narrows to those who converted or did not. */
async function behind(asked: Asked<Correlation>, { series = 0, breakdown, state }: Figure): Promise<Behind> {
  const { question, range, scope: newScope } = asked
  const field = question.fields[series]
  if (field === undefined) throw refused(`The question has no field ${series}.`)
  if (state !== undefined && state !== 'converted' && state !== 'not_converted') throw refused('A state of correlation is converted or not_converted.')
  const isOf = (scope: Scope): Piece => {
    const { text, present } = scope.value(field)
    return sql`(${present} AND ${text} = ${str(breakdown ?? '')})`
  }
  const people = peopleWith(asked, (scope) => [
    ...(breakdown === undefined ? [] : [did(isOf(scope))]),
    ...(state === undefined ? [] : [sql`${state === 'converted' ? empty : raw('NOT ')}(${did(scope.step(question.target))})`]),
  ])
  const scope = newScope()
  const clause = scope.clause(range, [], { more: [...(breakdown === undefined ? [] : [isOf(scope)]), sql`${scope.person} IN (${people})`] })
  return { people, events: { from: scope.from, clause } }
}

export const correlation: Kind<'correlation'> = {
  definition:
    'People with a start event in the range, and those of them with a target event; of each value of a field how many of the people with an event of it converted, and the odds ratio against all other people with its 95 % interval.',
  interval: () => undefined,
  looksAt: ({ range }) => range,
  ask,
  behind,
}
