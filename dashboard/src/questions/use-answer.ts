import type { AnswerTo, Meta, Question, QuestionKind } from '@cairn/wire/questions/question'
import { queryOptions } from '@tanstack/react-query'
import { call, type ApiError } from '../api/client.ts'
import type { ChosenRange } from '../range/use-range.ts'

export type AnswerOf<K extends QuestionKind> = AnswerTo<K> & { meta: Meta; sql?: string }
export type Answer = { [K in QuestionKind]: AnswerOf<K> }[QuestionKind]

/** A question in the words of the API. One that is asked in place of another ends the other's request. */
export const askQuestion = (workspace: string, question: Question) =>
  queryOptions<Answer, ApiError>({
    queryKey: ['query', workspace, question],
    queryFn: ({ signal }) => call('query', { workspace, body: question, signal }) as Promise<Answer>,
    // The last answer stands until the next is there, so that nothing jumps: of the same kind, and never another workspace's.
    placeholderData: (before, last) => (last?.queryKey[1] === workspace && before?.kind === question.kind ? before : undefined),
  })

/** Asked in the range of the screen instead of its own, with what follows from that where the question leaves it open. */
export function inRange(question: Question, { key, from, to, zone, interval, comparison }: ChosenRange): Question {
  const { from: _from, to: _to, range: _range, ...rest } = question
  const span = key === 'custom' ? { from, to, timezone: zone } : { range: key, timezone: zone }
  if (rest.kind !== 'trends') return { ...rest, ...span } as Question
  return { ...rest, ...span, interval: rest.interval ?? interval, compare: key === 'all' ? undefined : comparison }
}
