import { Button } from '@mantine/core'
import type { ReactNode } from 'react'

interface Pages {
  isFetchingNextPage: boolean
  fetchNextPage: (options: { cancelRefetch: boolean }) => Promise<unknown>
}

/** Asks for the next page of a list. It stays a stop of the keyboard while that comes: a disabled button would drop the focus. */
export const More = ({ of, children }: { of: Pages; children: ReactNode }) => (
  <Button variant="default" aria-busy={of.isFetchingNextPage} onClick={() => void of.fetchNextPage({ cancelRefetch: false })}>
    {children}
  </Button>
)
