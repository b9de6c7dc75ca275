import { Drawer, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { askPages } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFocusBack } from '../../ui/focus.ts'
import { useFormat } from '../../ui/format.ts'
import { More } from '../../ui/more.tsx'
import { RunResult, RunState } from './run.tsx'

const t = texts.operations.jobs
const PAGE = 20

/** The runs of the job that the address names, newest first. */
export function History({ name, close }: { name: string; close: () => void }) {
  useFocusBack()
  const { slug: workspace } = useWorkspace()
  const format = useFormat()
  const runs = useInfiniteQuery(askPages('listJobRuns', { workspace, params: { name }, query: { limit: PAGE } }))
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="32rem"
      padding="lg"
      title={
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {t.runsOf(name)}
        </Text>
      }
      closeButtonProps={{ 'aria-label': texts.shell.faces.close, size: 'lg' }}
    >
      <Faces of={runs} waiting={<Waiting rows={5} height={56} />}>
        {({ pages }) => {
          const all = pages.flatMap((page) => page.runs)
          if (all.length === 0) return <Text role="status">{t.never}</Text>
          return (
            <Stack gap="md" align="stretch">
              {all.map((run) => (
                <div key={run.id}>
                  <Group gap="xs">
                    <RunState of={run} />
                    <Text size="sm">{format.time(run.started_at)}</Text>
                  </Group>
                  <Text size="xs" c="dimmed">
                    {run.due_at === null ? t.asked : t.due(format.time(run.due_at))}
                  </Text>
                  <RunResult of={run} />
                </div>
              ))}
              {runs.hasNextPage && <More of={runs}>{t.more}</More>}
            </Stack>
          )
        }}
      </Faces>
    </Drawer>
  )
}
