import { Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** Says what stands below it. */
export const Quiet = ({ children }: { children: ReactNode }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)
