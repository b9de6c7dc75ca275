import { SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { texts } from '../../texts/texts.ts'

/** As high as what comes in its place. */
export const Skeletons = () => (
  <Stack gap="md" role="status" aria-label={texts.shell.faces.waiting}>
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      {['events', 'people', 'sessions', 'bots'].map((figure) => (
        <Skeleton key={figure} height={124} radius="md" />
      ))}
    </SimpleGrid>
    <Skeleton height={380} radius="md" />
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      {['types', 'categories', 'hours', 'durations'].map((part) => (
        <Skeleton key={part} height={399} radius="md" />
      ))}
    </SimpleGrid>
  </Stack>
)
