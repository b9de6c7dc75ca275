import { Box, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './health.module.css'

/** A part of the screen with its own heading. */
export function Section({ title, lead, actions, children }: { title: string; lead?: string; actions?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Stack gap="sm" component="section" aria-labelledby={id}>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Title order={2} id={id}>
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" size="sm" maw="75ch">
              {lead}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  )
}

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
