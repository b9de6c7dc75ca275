import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { said, saidFailure } from '../../ui/notice.ts'

/** Begins a job by its name; the list then shows it as running. */
export function useRunJob() {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => call('runJob', { workspace, params: { name } }),
    onSuccess: (_answer, name) => said(texts.operations.jobs.begun(name)),
    onError: saidFailure,
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['listJobs'] }), queries.invalidateQueries({ queryKey: ['listJobRuns'] })]),
  })
}
