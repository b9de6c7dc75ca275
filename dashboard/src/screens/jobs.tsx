import { Anchor, Button, Stack, Table, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { TableRegion } from '../ui/table-region.tsx'
import { When } from '../ui/when.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { RunResult, RunState } from './jobs/run.tsx'
import { useRunJob } from './jobs/use-run-job.ts'

const t = texts.operations.jobs
const History = lazy(() => import('./jobs/history.tsx').then(({ History }) => ({ default: History })))

export type Job = AnswerOf<'listJobs'>['jobs'][number]

/** Often enough to see a job end that one has begun. */
const WHILE_RUNNING_MS = 2_000
const AT_REST_MS = 30_000

/** What Cairn does by the clock: when it last did, with what result, and when it does next. */
export function Jobs() {
  const { slug: workspace, may } = useWorkspace()
  const { job: opened } = useUrl()
  const setUrl = useSetUrl()
  const jobs = useQuery({
    ...ask('listJobs', { workspace }),
    refetchInterval: ({ state }) => (state.data?.jobs.some(({ running }) => running) ? WHILE_RUNNING_MS : AT_REST_MS),
  })
  return (
    <Screen title={t.title} lead={t.lead}>
      {!may('admin') && (
        <Text size="sm" c="dimmed">
          {texts.shell.faces.readOnly}
        </Text>
      )}
      <Faces of={jobs} waiting={<Waiting rows={4} height={64} />}>
        {({ jobs }) => <JobTable jobs={jobs} mayRun={may('admin')} />}
      </Faces>
      <Suspense>{opened && <History name={opened} close={() => setUrl({ job: undefined })} />}</Suspense>
    </Screen>
  )
}

function JobTable({ jobs, mayRun }: { jobs: readonly Job[]; mayRun: boolean }) {
  const format = useFormat()
  const run = useRunJob()
  return (
    <TableRegion minWidth={860} label={t.title}>
      <Table verticalSpacing="sm" bg="var(--cairn-surface)" withTableBorder borderColor="var(--cairn-line)">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.job}</Table.Th>
            <Table.Th scope="col">{t.lastRun}</Table.Th>
            <Table.Th scope="col">{t.result}</Table.Th>
            <Table.Th scope="col">{t.nextRun}</Table.Th>
            {mayRun && (
              <Table.Th scope="col">
                <span className="only-read">{texts.settings.action}</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {jobs.map((job) => (
            <Table.Tr key={job.name}>
              <Table.Th scope="row" fw={400} maw={{ base: 200, sm: 340 }}>
                <Anchor
                  fw={600}
                  c="inherit"
                  size="sm"
                  renderRoot={(props) => <Link {...props} to="." search={(now: object) => ({ ...now, job: job.name })} resetScroll={false} />}
                >
                  {job.name}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {job.about}
                </Text>
              </Table.Th>
              <Table.Td>
                {job.last_run ? (
                  <Stack gap={2} align="flex-start">
                    <RunState of={job.last_run} />
                    <Text size="xs" c="dimmed">
                      <When at={job.last_run.started_at} />
                    </Text>
                  </Stack>
                ) : (
                  <Text size="sm" c="dimmed">
                    {t.never}
                  </Text>
                )}
              </Table.Td>
              <Table.Td maw={320}>{job.last_run && <RunResult of={job.last_run} />}</Table.Td>
              <Table.Td>
                <Text size="sm">{format.time(job.next_run_at)}</Text>
                <Text size="xs" c="dimmed" title={job.schedule}>
                  {job.of === 'server' ? t.ofServer : t.inZone(job.timezone)}
                </Text>
              </Table.Td>
              {mayRun && (
                <Table.Td ta="right">
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t.runOf(job.name)}
                    aria-busy={job.running}
                    loading={run.isPending && run.variables === job.name}
                    onClick={() => run.mutate(job.name)}
                  >
                    {t.run}
                  </Button>
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableRegion>
  )
}
