import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Confirm } from '../settings/confirm.tsx'

const t = texts.insights.list

interface Props {
  endpoint: 'deleteInsight' | 'deleteDashboard'
  /** What is asked anew afterwards. */
  list: 'listInsights' | 'listDashboards'
  id: string
  name: string
  text: string
  close: () => void
}

/** Asks before something saved is removed with its history. */
export function RemoveSaved({ endpoint, list, id, name, text, close }: Props) {
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
      {text}
    </Confirm>
  )
}
