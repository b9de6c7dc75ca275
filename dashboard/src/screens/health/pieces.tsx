import { Box, Skeleton, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './health.module.css'

/** Wide tables, and long ones, scroll by themselves, with the keyboard too. */
export const Lines = ({ label, long = false, children }: { label: string; long?: boolean; children: ReactNode }) => (
  <Box className={`${classes['lines']} ${long ? classes['long'] : ''}`} role="region" aria-label={label} tabIndex={0}>
    {children}
  </Box>
)

/** Nothing stands back, so that what is there stands out. */
export function Count({ value }: { value: number }) {
  const { number } = useFormat()
  return <span className={value === 0 ? classes['zero'] : undefined}>{number(value)}</span>
}

export const LedgerWaiting = () => (
  <Stack gap="sm" role="status" aria-label={texts.shell.faces.waiting}>
    <Skeleton height={48} width={280} />
    <Skeleton height={116} radius="md" />
    <Skeleton height={116} radius="md" />
    <Skeleton height={280} radius="md" />
  </Stack>
)
