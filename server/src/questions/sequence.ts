import { empty, i64, join, raw, sql, type Piece } from '../store/sql.ts'

/** Of rows: when an event arrived, for the order of those of one moment. The rows of a file that was imported arrived in the order of its lines, which says nothing. */
export const arrival = raw("if(source = 'import', 0, toUnixTimestamp64Milli(received_at))")

export interface Sequence {
  /** Of rows: key of whose events are put in order. */
  subject: Piece
  from: Piece
  clause: Piece
  /** Start of the span that is read. */
  fromMs: number
  /** Type that holds the span's milliseconds and `bits` more: UInt64 or UInt128. */
  type: string
  /** Of rows: what is to be known of an event, a number below 2 ** bits. */
  note: Piece
  bits: number
  /** Of an event as it is answered: which of those that time, number and arrival do not tell apart comes first. Undefined where their order is of no account. */
  rank: ((event: Piece) => Piece) | undefined
  /** Of rows: a number that is kept beside each event. */
  mark?: Piece | undefined
  /** Aggregates that are answered too, with their names. */
  more?: readonly Piece[]
}

/**
 * Query: the events of each `subject` in their order, as `events`: milliseconds since the span's start, and below them the note. `marks` beside
 * them where there are any.
 *
 * Eight bytes an event, sorted as numbers; sorting by all that decides the order takes five times as long. It matters only where a subject has
 * events of one millisecond that differ: only theirs are sorted so.
 */
export function inOrder({ subject, from, clause, fromMs, type, note, bits, rank, mark, more = [] }: Sequence): Piece {
  const shift = raw(String(bits))
  const event = sql`bitOr(bitShiftLeft(${raw(`to${type}`)}(toUnixTimestamp64Milli(event_timestamp) - ${i64(fromMs)}), ${shift}), ${note})`
  const marks = mark ? sql`, arraySort((its, at) -> at, groupArray(${mark}), groupArray(event)) AS marks` : empty
  const others = join(
    more.map((aggregate) => sql`, ${aggregate}`),
    '',
  )
  const plain = sql`SELECT ${subject} AS subject, arraySort(groupArray(${event} AS event)) AS events${marks}${others}
FROM ${from} ${clause} GROUP BY subject`
  if (!rank) return plain
  const isTied = sql`length(arrayCompact(arrayMap(at -> bitShiftRight(at, ${shift}), events))) != length(${mark ? raw('events') : raw('arrayCompact(events)')})`
  return sql`WITH plain AS (${plain})
SELECT * FROM plain WHERE NOT ${isTied}
UNION ALL
SELECT ${subject} AS subject, arrayMap(at -> at.1, arraySort(at -> (bitShiftRight(at.1, ${shift}), at.2, at.3, ${rank(raw('at.1'))}, at.4),
    groupArray((${event} AS event, ifNull(seq, 0), ${arrival}, event_id${mark ? sql`, ${mark}` : empty}))) AS sorted) AS events${mark ? raw(', arrayMap(at -> at.5, sorted) AS marks') : empty}${others}
FROM ${from} ${clause} AND ${subject} IN (SELECT subject FROM plain WHERE ${isTied}) GROUP BY subject`
}
