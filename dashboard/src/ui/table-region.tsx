import { Box } from '@mantine/core'
import type { ReactNode } from 'react'

/**
 * A table wider than the screen moves within this, by touch or by arrow keys. Positioned, so that what stands outside of the flow (words for
 * screen readers only) moves along and does not make the page wider.
 */
export const TableRegion = ({ label, minWidth, children }: { label: string; minWidth: number; children: ReactNode }) => (
  <Box role="group" aria-label={label} tabIndex={0} pos="relative" style={{ overflowX: 'auto' }}>
    <Box miw={minWidth}>{children}</Box>
  </Box>
)
