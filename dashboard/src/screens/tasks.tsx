import { SimpleGrid, Stack, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { NONE } from '@cairn/wire/questions/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { Bars } from '../charts/bars.tsx'
import { Week } from '../charts/week.tsx'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { Section } from '../ui/section.tsx'
import { useUrl } from '../url.ts'
import { useSteadyRange } from './events/asked.ts'
import { Card } from './overview/card.tsx'
import { First } from './tasks/first.tsx'
import { TaskList } from './tasks/list.tsx'
import { reasonOf } from './tasks/reason.ts'
import { spanOf } from './tasks/span.ts'
import { Unopened } from './tasks/unopened.tsx'

const t = texts.tasks.all
type Summary = AnswerOf<'entitySummary'>
type Activity = AnswerOf<'analytics'>

/** The tasks of the host: figures of a range, who has not opened what, and all of them. */
export function Tasks() {
  const { entity_types: types } = useWorkspace()
  if (!types.includes('task'))
    return (
      <Screen title={t.title} lead={t.lead}>
        <First type="task" {...texts.tasks.none} />
      </Screen>
    )
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Answer />
    </Screen>
  )
}

function Answer() {
  const { slug } = useWorkspace()
  const asked = useSteadyRange()
  const refresh = useRefresh()
  const summary = useQuery({ ...ask('entitySummary', { workspace: slug, params: { entity_type: 'task' }, query: asked }), ...refresh })
  const activity = useQuery({ ...ask('analytics', { workspace: slug, query: { ...asked, entity_type: 'task' } }), ...refresh })
  return (
    <Stack gap="lg">
      <Faces of={summary} waiting={<Waiting rows={1} height={104} />}>
        {(answer) => <Figures summary={answer} activity={activity.data} />}
      </Faces>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {/* That it failed is said above. */}
        {!(summary.error && !summary.data) && (
          <Section title={t.byReason}>{summary.data ? <Reasons {...summary.data.rejections} /> : <Waiting rows={5} />}</Section>
        )}
        <Section title={t.byHour} lead={t.byHourLead(asked.timezone)}>
          <Faces of={activity} waiting={<Waiting rows={5} />}>
            {(answer) => <Hours {...answer} />}
          </Faces>
        </Section>
      </SimpleGrid>
      <Unopened />
      <TaskList statuses={Object.keys(summary.data?.by_status ?? {}).filter((status) => status !== NONE)} />
    </Stack>
  )
}

function Figures({ summary: { count, by_status, unopened, opened, rejections }, activity }: { summary: Summary; activity: Activity | undefined }) {
  const format = useFormat()
  const { number } = format
  const [most] = Object.keys(rejections.by_reason)
  return (
    <SimpleGrid cols={{ base: 2, md: 5 }} spacing="sm" role="group" aria-label={t.figures}>
      <Card label={t.tasks} value={number(count)}>
        {Object.entries(by_status)
          .slice(0, 3)
          .map(([status, n]) => t.tasksOf(number(n), status === NONE ? texts.shell.faces.none : status))
          .join(', ')}
      </Card>
      <Card label={t.unopened} value={number(unopened)}>
        {t.unopenedHint}
      </Card>
      <Card label={t.opening} value={opened.median_seconds === null ? t.nothing : spanOf(opened.median_seconds * 1_000, format)}>
        {t.openingOf(number(opened.count))}
      </Card>
      <Card label={t.rejections} value={number(rejections.count)}>
        {most === undefined ? t.noRejections : t.mostOften(reasonOf(most))}
      </Card>
      <Card label={t.activity} value={activity ? number(activity.total_events) : '–'}>
        {activity && t.activityOf(number(activity.active_users))}
      </Card>
    </SimpleGrid>
  )
}

function Reasons({ count, by_reason }: Summary['rejections']) {
  const { slug } = useWorkspace()
  const { range, from, to } = useUrl()
  const { number } = useFormat()
  if (count === 0) return <Text c="dimmed">{t.noneRejected}</Text>
  return (
    <Bars
      bars={Object.entries(by_reason).map(([reason, value]) => ({
        name: reasonOf(reason),
        value,
        link: { to: `/w/${slug}/events`, search: { range, from, to, event_type: 'task_rejected', 'metadata.reason': reason === NONE ? undefined : reason } },
      }))}
      name={t.reason}
      value={t.rejections}
      format={number}
      whole={count}
    />
  )
}

function Hours({ events_by_week_hour: values }: Activity) {
  const { number } = useFormat()
  return <Week values={values} label={t.byHour} head={t.hour} format={number} />
}
