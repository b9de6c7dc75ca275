import type { BodyOf } from '@cairn/wire/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call, type ApiError } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import type { Board } from '../board.tsx'

type Changes = Partial<Omit<BodyOf<'putDashboard'>, 'version' | 'widgets'>>

/** Says a board anew with changes; its widgets stay. */
export function usePutBoard(board: Board, done: () => void) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const { name, description, filters, range, compare, refresh_seconds, version } = board
  return useMutation<Board, ApiError, Changes>({
    mutationFn: (changes) =>
      call('putDashboard', {
        workspace,
        params: { id: board.id },
        body: { name, description, filters, range, compare, refresh_seconds, ...changes, version },
      }),
    onSuccess: async (saved) => {
      queries.setQueryData(ask('getDashboard', { workspace, params: { id: board.id } }).queryKey, saved)
      await queries.invalidateQueries({ queryKey: ['listDashboards'] })
      done()
    },
  })
}
