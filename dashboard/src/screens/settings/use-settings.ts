import type { AnswerOf, BodyOf } from '@cairn/wire/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'

export type WorkspaceSettings = AnswerOf<'getWorkspace'>

/** The settings of the workspace of the address, and how to change them. */
export function useSettings() {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const asked = ask('getWorkspace', { workspace })
  const settings = useQuery(asked)
  const change = useMutation({
    mutationFn: (body: BodyOf<'setWorkspace'>) => call('setWorkspace', { workspace, body }),
    // One after the other: what is switched off is sent as a whole list.
    scope: { id: `settings ${workspace}` },
    onSuccess: async (answer, { name, timezone }) => {
      queries.setQueryData(asked.queryKey, answer)
      if (name !== undefined || timezone !== undefined) await queries.invalidateQueries({ queryKey: ['getAccount'] })
    },
  })
  return { settings, change, queryKey: asked.queryKey, mayChange: may('admin') }
}
