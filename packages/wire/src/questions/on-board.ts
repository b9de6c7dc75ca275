import type { Filter, Question } from './question.ts'
import type { comparisons, RangeName } from './vocabulary.ts'

/** What a dashboard sets for all of its widgets. */
export interface BoardSettings {
  filters: readonly Filter[]
  range: RangeName | { from: string; to: string } | null
  compare: (typeof comparisons)[number] | null
}
export interface Chosen {
  range?: RangeName
  from?: string
  to?: string
  timezone?: string
}

/**
 * A question as a dashboard asks it: with the filters of the board beside its own, in the range that was chosen, else that of the board, else its own.
 * undefined where it cannot be: filters do not reach into SQL.
 */
export function onBoard(own: Question, board: BoardSettings, { timezone, ...chosen }: Chosen = {}): Question | undefined {
  if (own.kind === 'sql' && board.filters.length > 0) return undefined
  const ofBoard = typeof board.range === 'string' ? { range: board.range } : (board.range ?? {})
  const range = Object.keys(chosen).length > 0 ? chosen : ofBoard
  const { range: ownRange, from, to, ...question } = own
  const asked = {
    ...question,
    ...(Object.keys(range).length > 0 ? range : { ...(ownRange && { range: ownRange }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }),
    ...(timezone === undefined ? {} : { timezone }),
  }
  if (asked.kind === 'sql') return asked
  const filtered = { ...asked, filters: [...board.filters, ...(asked.filters ?? [])] }
  return filtered.kind === 'trends' && board.compare !== null ? { ...filtered, compare: board.compare } : filtered
}
