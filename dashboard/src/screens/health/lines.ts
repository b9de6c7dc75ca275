import type { AnswerOf } from '@cairn/wire/api'

export type Ledger = AnswerOf<'ledger'>
type Line = Ledger['lines'][number]

/** What the lines of the delivery table stand for. */
export const linesBy = ['day', 'hour', 'tracker'] as const
export type LinesBy = (typeof linesBy)[number]
export const isLines = (text: string | undefined): text is LinesBy => linesBy.some((by) => by === text)

export const columns = ['received', 'accepted', 'quarantined', 'not_recorded', 'stored', 'deduplicated', 'pending', 'damaged', 'gap'] as const

export interface Sum extends Record<(typeof columns)[number], number> {
  id: string
  /** Of the first line in it. */
  line: Line
}

/** Adds up the answer's lines, which are by time, key, tracker and way in. Newest first, and the busiest tracker first. */
export function sumsOf(lines: readonly Line[], by: LinesBy): Sum[] {
  const sums = new Map<string, Sum>()
  for (const line of lines) {
    const id = by === 'tracker' ? JSON.stringify([line.tracker, line.key_id, line.source]) : (line.hour ?? line.day ?? '')
    const sum = sums.get(id)
    if (sum) for (const column of columns) sum[column] += line[column]
    else sums.set(id, { id, line, ...pick(line) })
  }
  return [...sums.values()].sort((a, b) => (by === 'tracker' ? b.received - a.received : a.id < b.id ? 1 : -1))
}
const pick = (line: Line) => Object.fromEntries(columns.map((column) => [column, line[column]])) as Record<(typeof columns)[number], number>
