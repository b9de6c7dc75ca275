import { Anchor, Box, Button, Stack, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { useFormat, type Format } from '../ui/format.ts'
import { Records, type Field } from '../ui/records.tsx'
import { Screen } from '../ui/screen.tsx'
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
  return <Records framed label={t.title} minWidth={860} fields={fieldsOf(format, mayRun ? run : undefined)} of={jobs} keyOf={({ name }) => name} />
}

const fieldsOf = (format: Format, run: ReturnType<typeof useRunJob> | undefined): ReadonlyArray<Field<Job>> => [
  { head: t.job, cell: (job) => <Name {...job} /> },
  { head: t.lastRun, cell: ({ last_run }) => <LastRun of={last_run} /> },
  { head: t.result, cell: ({ last_run }) => last_run && <RunResult of={last_run} /> },
  {
    head: t.nextRun,
    cell: (job) => (
      <>
        <Text size="sm">{format.time(job.next_run_at)}</Text>
        <Text size="xs" c="dimmed" title={job.schedule}>
          {job.of === 'server' ? t.ofServer : t.inZone(job.timezone)}
        </Text>
      </>
    ),
  },
  ...(run
    ? [
        {
          head: texts.settings.action,
          isAction: true,
          cell: ({ name, running }: Job) => (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t.runOf(name)}
              aria-busy={running}
              loading={run.isPending && run.variables === name}
              onClick={() => run.mutate(name)}
            >
              {t.run}
            </Button>
          ),
        },
      ]
    : []),
]

const Name = ({ name, about }: Job) => (
  <Box maw={340}>
    <Anchor
      fw={600}
      c="inherit"
      size="sm"
      renderRoot={(props) => <Link {...props} to="." search={(now: object) => ({ ...now, job: name })} resetScroll={false} />}
    >
      {name}
    </Anchor>
    <Text size="xs" c="dimmed">
      {about}
    </Text>
  </Box>
)

const LastRun = ({ of }: { of: Job['last_run'] }) =>
  of ? (
    <Stack gap={2} align="flex-start">
      <RunState of={of} />
      <Text size="xs" c="dimmed">
        <When at={of.started_at} />
      </Text>
    </Stack>
  ) : (
    <Text size="sm" c="dimmed">
      {t.never}
    </Text>
  )
