import { useQueryClient } from '@tanstack/react-query'
import type { Account } from '../../account.tsx'
import { ask } from '../../api/queries.ts'

/** To be told who has just signed in: what was known of anybody before is forgotten. */
export function useSignedIn(): (account: Account) => void {
  const queries = useQueryClient()
  return (account) => {
    queries.clear()
    queries.setQueryData(ask('getAccount').queryKey, account)
  }
}
