import type { QuestionOf } from '@cairn/wire/questions/question'
import { DAY, HOUR, MINUTE, SECOND } from '../base/time.ts'
import { empty, join, raw, sql, type Piece } from '../store/sql.ts'
import type { Asked } from './asked.ts'
import { LAST_MS } from './range.ts'
import { inOrder } from './sequence.ts'

type Funnel = QuestionOf<'funnel'>

const units = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }
const windowMs = ({ window = '7d' }: Funnel): number => Number(window.slice(0, -1)) * units[window.slice(-1) as keyof typeof units]

/** Of a subject's events: what their places need at least. */
const PLACE_BITS = 24

/** From the range's start to the end of the last window that begins in it. */
export const spanOf = ({ question, range }: Pick<Asked<Funnel>, 'question' | 'range'>): { fromMs: number; toMs: number } => ({
  fromMs: range.fromMs,
  toMs: Math.max(range.toMs, Math.min(range.toMs + windowMs(question), LAST_MS)),
})

/** Whose attempts they are, and which rows are somebody's. */
export function subjectOf({ by = 'person' }: Funnel, person: Piece): { key: Piece; present: readonly Piece[] } {
  if (by === 'person') return { key: person, present: [] }
  if (by === 'session') return { key: raw('session_key'), present: [raw('session_key != 0')] }
  return { key: raw('cityHash64(entity_type, entity_id)'), present: [raw("entity_id != ''")] }
}

/** Hash of the value that a breakdown shows. */
export const hashOf = (shown: Piece): Piece => sql`cityHash64(${shown})`

/**
 * Query: of each `subject` that made an attempt, the one that counts: `reach` steps, `ms2`, `ms3`, … from the step before to each of them, and the
 * `mark` of its first event (the hash of what a breakdown shows of it) where the question has one.
 *
 * An attempt is named by its start: time and place of its first event in one number. `start<k>` says beside each event which attempt took step k
 * with it, 0 for none. Of the attempts that have reached a step only the last begun is followed: whatever an earlier one takes later, this one takes
 * too, and its window ends later. So each step costs a few passes over the events, however many attempts there are. Of an attempt that is the
 * furthest, each step is found where it is first named: had a later one taken that step with the same event, that one would be the furthest.
 */
export function attempts(asked: Asked<Funnel>): Piece {
  const { question, range } = asked
  const { steps, exclude = [], order = 'ordered', breakdown } = question
  const scope = asked.scope()
  const span = spanOf(asked)
  const { key, present } = subjectOf(question, scope.person)
  const ended = steps.length
  const bits = exclude.length > 0 ? ended + 1 : ended
  const fits = steps.map((step, i) => sql`bitShiftLeft(toUInt64(${scope.step(step)}), ${raw(`${i}`)})`)
  const ends =
    exclude.length > 0
      ? [
          sql`bitShiftLeft(toUInt64(${join(
            exclude.map((step) => scope.step(step)),
            ' OR ',
          )}), ${raw(`${ended}`)})`,
        ]
      : []
  const mark = breakdown === undefined ? undefined : hashOf(scope.shown(breakdown))
  const timeBits = Math.ceil(Math.log2(span.toMs - span.fromMs + 2))
  const isLong = timeBits + PLACE_BITS > 64
  const places = isLong ? 64 : 64 - timeBits
  const clause = scope.clause(span, order === 'strict' ? [] : [...steps, ...exclude], { more: present })
  const ofSteps = raw(`${2 ** ended - 1}`)
  const sequence = inOrder({
    subject: key,
    from: scope.from,
    clause,
    fromMs: span.fromMs,
    type: isLong ? 'UInt128' : 'UInt64',
    note: sql`(${join([...fits, ...ends], ' + ')})`,
    bits,
    // The lowest step comes first; none becomes the greatest number.
    rank: (event) => sql`toUInt64(${lowest(sql`toUInt64(bitAnd(${event}, ${ofSteps}))`)} - 1)`,
    mark,
  })

  const ms = (place: string): string => `bitShiftRight(${place}, ${places})`
  const begins = order === 'unordered' ? `bitAnd(fit, ${2 ** ended - 1}) != 0` : 'bitAnd(fit, 1) != 0'
  const cut =
    exclude.length > 0
      ? sql`, ${raw(`arrayFill(at -> at != 0, arrayMap((fit, at) -> if(bitAnd(fit, ${2 ** ended}) != 0, at, 0), fits, places)) AS cuts`)}`
      : empty
  const cuts = exclude.length > 0 ? { name: ', cut', column: ', cuts', holds: ' AND start >= cut' } : { name: '', column: '', holds: '' }
  const isOpen = `start != 0 AND ${ms('at')} - ${ms('start')} <= ${windowMs(question)}${cuts.holds}`
  const levels = steps.slice(1).map((_, i) => {
    const k = i + 1
    if (order === 'unordered') {
      return `arrayMap((fit, at, start, served${cuts.name}) -> if(bitAnd(fit, bitAnd(${2 ** ended - 1}, bitNot(served))) != 0 AND ${isOpen}, start, 0), fits, places, ${before(`start${k}`)}, ${before(`served${k}`)}${cuts.column}) AS taken${k + 1},
  arrayMap((start, before) -> if(start != before, start, 0), taken${k + 1}, ${before(`taken${k + 1}`)}) AS start${k + 1},
  arrayMap((fit, served, start) -> if(start != 0, bitOr(served, ${lowestOf(`bitAnd(fit, bitAnd(${2 ** ended - 1}, bitNot(served)))`)}), 0), fits, ${before(`served${k}`)}, start${k + 1}) AS served${k + 1}`
    }
    const last = order === 'strict' ? shifted(`start${k}`) : before(`start${k}`)
    return `arrayMap((fit, at, start${cuts.name}) -> if(bitAnd(fit, ${2 ** k}) != 0 AND ${isOpen}, start, 0), fits, places, ${last}${cuts.column}) AS start${k + 1}`
  })
  const first =
    order === 'unordered' ? `, arrayMap((fit, start) -> if(start != 0, ${lowestOf(`bitAnd(fit, ${2 ** ended - 1})`)}, 0), fits, start1) AS served1` : ''
  const all = steps.map((_, i) => i + 1)
  const furthest = all.toReversed().flatMap((k) => (k === 1 ? [`arrayFirst(at -> at != 0, start1)`] : [`reach = ${k}`, `arrayFirst(at -> at != 0, start${k})`]))
  const placeOf = (k: number): string => `places[indexOf(start${k}, chosen)]`
  const times = all.slice(1).map((k) => `toUInt64(${ms(placeOf(k))}) - toUInt64(${ms(placeOf(k - 1))}) AS ms${k}`)
  return sql`SELECT ${raw(['subject', 'reach', ...times, ...(mark ? [`marks[toUInt64(bitAnd(chosen, ${2n ** BigInt(places) - 1n}))] AS mark`] : [])].join(', '))} FROM (
SELECT *, ${raw(
    [
      ...levels,
      `1 + ${all
        .slice(1)
        .map((k) => `(arrayMax(start${k}) != 0)`)
        .join(' + ')} AS reach`,
      `multiIf(${furthest.join(', ')}) AS chosen`,
    ].join(',\n  '),
  )} FROM (
SELECT *, arrayMap((fit, at) -> if(${raw(begins)} AND ${raw(ms('at'))} < ${raw(String(range.toMs - range.fromMs))}, at, 0), fits, places) AS start1${raw(first)}${cut} FROM (
SELECT subject, ${mark ? raw('marks, ') : empty}arrayMap(event -> toUInt32(bitAnd(event, ${raw(`${2 ** bits - 1}`)})), events) AS fits,
  arrayMap((event, nth) -> bitOr(bitShiftLeft(bitShiftRight(event, ${raw(`${bits}`)}), ${raw(`${places}`)}), nth), events, arrayEnumerate(events)) AS places
FROM (${sequence})) WHERE arrayMax(start1) != 0))`
}

const lowest = (bits: Piece): Piece => sql`bitAnd(${bits}, bitNot(${bits}) + 1)`
const lowestOf = (bits: string): string => `bitAnd(${bits}, bitNot(${bits}) + 1)`
/** Of an array beside the events: what stands at the one before. */
const shifted = (array: string): string => `arrayPopBack(arrayPushFront(${array}, 0))`
/** Of an array beside the events: the last that is not 0 before each. */
const before = (array: string): string => shifted(`arrayFill(it -> it != 0, ${array})`)
