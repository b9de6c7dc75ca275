import type { AnswerOf } from '@cairn/wire/api'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call, type ApiError } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { useRefresh } from '../../range/refresh.ts'
import { useRange, type ChosenRange } from '../../range/use-range.ts'

export type Analytics = AnswerOf<'analytics'>

/** Figures with the range they were asked for: while another range is on its way, these are still shown, and their days are theirs. */
export interface Figures {
  slug: string
  range: ChosenRange
  analytics: Analytics
}

/** While an unfinished range is compared, both sides are asked again each minute: what is compared grows with what has passed. */
const COMPARED_MS = 60_000

/** One request; with a comparison a second one, of the same shape, for the other period. */
export function useOverview(): { range: ChosenRange; now: UseQueryResult<Figures, ApiError>; before: UseQueryResult<Figures, ApiError> } {
  const { slug } = useWorkspace()
  const range = useRange()
  const { refetchInterval } = useRefresh()
  const question = (period: { from: string; to: string }) => {
    const input = { workspace: slug, query: { ...period, timezone: range.zone, interval: range.interval } }
    return {
      queryKey: [...ask('analytics', input).queryKey, 'with its range'],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Figures> => ({ slug, range, analytics: await call('analytics', { ...input, signal }) }),
      // Never figures of another workspace.
      placeholderData: (last: Figures | undefined) => (last?.slug === slug ? last : undefined),
    }
  }
  const { from, to, compared } = range
  const now = useQuery<Figures, ApiError>({ ...question({ from, to }), refetchInterval: refetchInterval || (compared && range.isOpen ? COMPARED_MS : false) })
  const before = useQuery<Figures, ApiError>({ ...question(compared ?? { from, to }), enabled: compared !== undefined })
  return { range, now, before }
}
