import type { AnswerOf } from '@cairn/wire/api'
import { queryOptions } from '@tanstack/react-query'
import { addressOf, ApiError } from '../../api/client.ts'

export type HealthAnswer = AnswerOf<'health'>
export type PartName = keyof HealthAnswer['parts']
export type Part = HealthAnswer['parts'][PartName]

const EVERY_MS = 5_000

/** Cairn that takes no events answers 503, with the same body: what is wrong is the answer here, not a failure. Asked only while the page is seen. */
export const askHealth = () =>
  queryOptions<HealthAnswer, ApiError>({
    queryKey: ['health', {}],
    queryFn: async ({ signal }) => {
      const response = await fetch(addressOf('health', {}), { signal }).catch((error: unknown) => {
        if (signal.aborted) throw error
        throw new ApiError(0, { code: 'unreachable' })
      })
      const answer: unknown = await response.json().catch(() => ({}))
      if (!isHealth(answer)) throw new ApiError(response.status, answer as object)
      return answer
    },
    refetchInterval: EVERY_MS,
    // The next look is the next try.
    retry: false,
  })

const isHealth = (answer: unknown): answer is HealthAnswer => typeof answer === 'object' && answer !== null && 'parts' in answer && 'status' in answer
