import { Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'

interface Part {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  /** On the ground of the screen, where what it holds has surfaces of its own. */
  open?: boolean
  children?: ReactNode
}

/** A part of a screen with a heading of its own. */
export function Section({ title, lead, actions, open = false, children }: Part) {
  const id = useId()
  const part = (
    <Stack gap={open ? 'sm' : 'md'} {...(open ? { component: 'section', 'aria-labelledby': id } : {})}>
      <Group justify="space-between" align={open ? 'flex-end' : 'flex-start'} gap="sm">
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
  if (open) return part
  return (
    <Paper
      component="section"
      aria-labelledby={id}
      withBorder
      bg="var(--cairn-surface)"
      style={{ borderColor: 'var(--cairn-line)' }}
      radius="md"
      p={{ base: 'md', sm: 'lg' }}
    >
      {part}
    </Paper>
  )
}
