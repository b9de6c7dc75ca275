import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Confirm } from '../settings/confirm.tsx'

const t = texts.boards.saved

/** How one of a list is removed. */
export interface Removable {
  endpoint: 'deleteInsight' | 'deleteDashboard' | 'deleteCohort'
  /** What is asked anew afterwards. */
  list: 'listInsights' | 'listDashboards' | 'listCohorts'
  /** What goes with it. */
  removeText: string
}

interface Props extends Removable {
  id: string
  name: string
  close: () => void
}

/** Asks before something saved is removed with its history. */
export function RemoveSaved({ endpoint, list, removeText, id, name, close }: Props) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const act = useMutation({
    mutationFn: () => call(endpoint, { workspace, params: { id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [list] })
      close()
    },
  })
  return (
    <Confirm title={t.removeTitle(name)} confirm={t.remove} close={close} act={act}>
      {removeText}
    </Confirm>
  )
}
