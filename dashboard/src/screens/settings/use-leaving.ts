import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { homeOf } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'

/** Out of a workspace that one is no member of any more: first away from its screens, then forget it, so that none of them shows that it is gone. */
export function useLeaving(): () => Promise<void> {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useCallback(async () => {
    const account = await call('getAccount')
    const home = homeOf(account)
    await navigate({ to: home ? `/w/${home.slug}/overview` : '/account' })
    queries.setQueryData(ask('getAccount').queryKey, account)
  }, [queries, navigate])
}
