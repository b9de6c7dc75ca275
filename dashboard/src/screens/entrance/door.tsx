import { Box, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { Mark } from '../../ui/icons.tsx'

/** What stands before the workspace: setup, signing in, joining. One column, one task. */
export function Door({ title, lead, children, below }: { title: string; lead?: ReactNode; children?: ReactNode; below?: ReactNode }) {
  useDocumentTitle(`${title} · ${texts.shell.product}`)
  return (
    <Box component="main" maw={460} mx="auto" px="md" py={{ base: 32, sm: 72 }}>
      <Stack gap="lg">
        <Group gap="xs">
          <Mark size={32} />
          <Text span fw={650} size="xl">
            {texts.shell.product}
          </Text>
        </Group>
        <Paper withBorder bg="var(--cairn-surface)" style={{ borderColor: 'var(--cairn-line)' }} radius="lg" p={{ base: 'lg', sm: 'xl' }}>
          <Stack gap="md">
            <div>
              <Title order={1}>{title}</Title>
              {lead && (
                <Text c="dimmed" size="sm" mt={4}>
                  {lead}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
        {below && (
          <Text c="dimmed" size="sm">
            {below}
          </Text>
        )}
      </Stack>
    </Box>
  )
}
