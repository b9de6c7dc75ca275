import { Group, NativeSelect, SimpleGrid, Stack } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { sessionKinds } from '@cairn/wire/api/sessions'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { Timeline, type Point } from '../charts/timeline.tsx'
import { Week } from '../charts/week.tsx'
import { RangeControl } from '../range/range-control.tsx'
import { dayOf } from '../range/range.ts'
import { useRefresh } from '../range/refresh.ts'
import { useRange } from '../range/use-range.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { Section } from '../ui/section.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { useSteadyRange } from './events/asked.ts'
import { Card } from './overview/card.tsx'
import { UsageByPerson } from './usage/people.tsx'

const t = texts.sessions.platform

/** How much people use the product: how many, for how long, when, and who. */
export function Usage() {
  const { slug } = useWorkspace()
  const url = useUrl()
  const setUrl = useSetUrl()
  const refresh = useRefresh()
  const asked = useSteadyRange()
  const kind = sessionKinds.find((name) => name === url['kind'])
  const query = { ...asked, kind }
  const usage = useQuery({ ...ask('usage', { workspace: slug, query }), ...refresh })
  const summary = useQuery({ ...ask('sessionSummary', { workspace: slug, query }), ...refresh })
  const both = {
    data: usage.data && summary.data && { usage: usage.data, summary: summary.data },
    error: usage.error ?? summary.error,
    refetch: () => void Promise.all([usage.refetch(), summary.refetch()]),
  }
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Stack gap="md">
        <Group gap="xs">
          <NativeSelect
            aria-label={texts.sessions.list.kind}
            value={kind ?? ''}
            data={[{ value: '', label: texts.sessions.list.allKinds }, ...sessionKinds.map((value) => ({ value, label: texts.sessions.kinds[value] }))]}
            onChange={({ currentTarget }) => setUrl({ kind: currentTarget.value || undefined })}
          />
        </Group>
        <Faces of={both} waiting={<Waiting rows={3} height={200} />}>
          {(answer) => (answer.usage.people === 0 ? <Empty title={t.emptyTitle}>{kind ? t.emptyKind : t.empty}</Empty> : <Answer {...answer} />)}
        </Faces>
        {usage.data?.people !== 0 && <UsageByPerson query={query} refresh={refresh} />}
      </Stack>
    </Screen>
  )
}

interface Answers {
  usage: AnswerOf<'usage'>
  summary: AnswerOf<'sessionSummary'>
}

function Answer({ usage, summary }: Answers) {
  const { number, duration } = useFormat()
  const { isOpen } = useRange()
  const today = dayOf(Date.parse(usage.meta.fresh_to), usage.meta.timezone)
  const [people, sessions] = [usage.people_by_day, summary.sessions_by_day].map((figures) => byDay(figures, today)) as [Day[], Day[]]
  const days = Math.max(1, people.filter(({ value }) => value !== undefined).length)
  const seconds = (value: number | null): string => (value === null ? texts.shell.faces.none : duration(value * 1_000))
  const mean = (values: readonly Day[]): string => number(Math.round((10 * values.reduce((sum, { value }) => sum + (value ?? 0), 0)) / days) / 10)
  return (
    <>
      <SimpleGrid cols={{ base: 2, md: 5 }} spacing="sm" role="group" aria-label={t.figures}>
        <Card label={t.people} value={number(usage.people)}>
          {t.aDay(mean(people))}
        </Card>
        <Card label={t.sessions} value={number(summary.sessions)}>
          {t.aDay(mean(sessions))}
        </Card>
        <Card label={t.timeEach} value={seconds(usage.seconds_per_person.median)}>
          {t.meanOf(seconds(usage.seconds_per_person.mean))}
        </Card>
        <Card label={t.length} value={seconds(summary.length.median_seconds)}>
          {t.meanOf(seconds(summary.length.mean_seconds))}
        </Card>
        <Card label={t.together} value={seconds(usage.seconds)}>
          {t.now(number(summary.active_sessions))}
        </Card>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Section title={t.peopleByDay}>
          <Timeline points={people} interval="day" label={t.people} open={isOpen} format={number} />
        </Section>
        <Section title={t.sessionsByDay}>
          <Timeline points={sessions} interval="day" label={t.sessions} open={isOpen} format={number} />
        </Section>
      </SimpleGrid>
      <Section title={t.byHour} lead={t.byHourLead(usage.meta.timezone)}>
        <Week values={usage.people_by_hour} label={t.byHour} head={texts.sessions.usage.hour} format={number} />
      </Section>
    </>
  )
}

type Day = Point & { value: number | undefined }
/** What has begun by today; from the first day with a figure, since all time begins long before it. */
function byDay(figures: Readonly<Record<string, number>>, today: string): Day[] {
  const days = Object.entries(figures).map(([at, value]) => ({ at, value: at <= today ? value : undefined }))
  const first = days.findIndex(({ value }) => value !== undefined && value > 0)
  return days.length > MOST_DAYS ? days.slice(Math.max(0, first)) : days
}
/** Longer ranges than a year are such as begin before anything was tracked. */
const MOST_DAYS = 366
