import type { AnswerOf, BodyOf } from '@cairn/wire/api'
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'

export type Entry = AnswerOf<'listQuarantine'>['quarantine'][number]
export type Replay = UseMutationResult<AnswerOf<'replayQuarantine'>, Error, BodyOf<'replayQuarantine'>>
export const statuses = ['open', 'replayed', 'all'] as const

const names: Readonly<Record<string, string>> = texts.events.quarantine.reasons
export const nameOfReason = (code: string): string => names[code] ?? code

/** What is accepted on its second way in shows in nearly every figure. */
export function useReplay(done: () => void): Replay {
  const { slug } = useWorkspace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: BodyOf<'replayQuarantine'>) => call('replayQuarantine', { workspace: slug, body }),
    onSuccess: async () => {
      done()
      await Promise.all(['listQuarantine', 'ledger', 'listEvents', 'analytics', 'listTypes'].map((name) => queries.invalidateQueries({ queryKey: [name] })))
    },
  })
}

const MOST = 1_000
/** The question for one entry: those of its millisecond. */
export const lookup = (workspace: string, at: string) => {
  const ms = Date.parse(at)
  const range = Number.isNaN(ms) ? {} : { from: new Date(ms).toISOString(), to: new Date(ms + 1).toISOString() }
  return { workspace, query: { ...range, status: 'all' as const, limit: MOST } }
}
/** An id of version 7 tells when the entry was made; every one is. */
export const madeAt = (id: string): string | undefined => {
  const ms = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  return Number.isFinite(ms) && ms < Date.UTC(2200, 0) ? new Date(ms).toISOString() : undefined
}
