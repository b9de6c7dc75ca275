import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWorkspace } from '../account.tsx'
import { Bars, type Bar } from '../charts/bars.tsx'
import { Hours } from '../charts/hours.tsx'
import { Timeline, type Point } from '../charts/timeline.tsx'
import { RangeControl } from '../range/range-control.tsx'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Failure } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { Counted } from './overview/counted.tsx'
import { FigureCards, type Moment, type Shown } from './overview/figures.tsx'
import { Glance } from './overview/glance.tsx'
import classes from './overview/overview.module.css'
import { Skeletons } from './overview/skeletons.tsx'
import { useOverview, type Analytics, type Figures } from './overview/use-overview.ts'

const t = texts.overview

/** What happens in a workspace, in figures. */
export function Overview() {
  const { now, before, range } = useOverview()
  const old = now.isPlaceholderData || (range.compared !== undefined && before.isPlaceholderData)
  return (
    <Screen title={t.title} actions={<RangeControl compares />}>
      {range.compared && before.error && <Failure error={before.error} again={() => void before.refetch()} />}
      <Faces of={now} waiting={<Skeletons />}>
        {(figures) => (
          <div className={classes['answer']} data-old={old || undefined} aria-busy={old}>
            {isEmpty(figures.analytics) ? <NoEvents /> : <Answer now={figures} before={range.compared ? before.data : undefined} />}
          </div>
        )}
      </Faces>
    </Screen>
  )
}

const isEmpty = ({ total_events, bots, internal }: Analytics): boolean => total_events === 0 && bots === 0 && internal === 0

function NoEvents() {
  const { slug } = useWorkspace()
  const { range } = useUrl()
  const setUrl = useSetUrl()
  const ever = range === 'all'
  return (
    <Empty
      title={ever ? t.empty.titleEver : t.empty.title}
      action={
        <Group mt="sm">
          <Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/start`} />}>{t.empty.start}</Button>
          {!ever && (
            <Button variant="default" onClick={() => setUrl({ range: 'all', from: undefined, to: undefined })}>
              {t.empty.allTime}
            </Button>
          )}
        </Group>
      }
    >
      {ever ? t.empty.textEver : t.empty.text}
    </Empty>
  )
}

function Answer({ now: { analytics, range }, before }: { now: Figures; before: Figures | undefined }) {
  const { slug } = useWorkspace()
  const { show } = useUrl()
  const { number, duration } = useFormat()
  const shown: Shown = show === 'people' ? 'people' : 'events'
  const toEvents = (filter: Record<string, string>) => ({ to: `/w/${slug}/events`, search: { ...searchOf(range), ...filter } })
  const bars = (counts: Readonly<Record<string, number>>, field: string): Bar[] =>
    Object.entries(counts).map(([name, value]) => ({ name, value, link: toEvents({ [field]: name }) }))
  const timeline = timelineOf(analytics, range.key === 'all')
  const durations = bars(analytics.avg_duration_ms_by_type, 'event_type').sort((a, b) => b.value - a.value)
  return (
    <Stack gap="md">
      <FigureCards now={analytics} timeline={timeline} before={before?.analytics} shown={shown} bots={toEvents({ device_type: 'bot', include_bots: 'true' })} />
      <Part title={t.over(t.figures[shown])}>
        <Timeline
          points={pointsOf(timeline, before?.analytics, shown)}
          interval={range.interval}
          label={t.figures[shown]}
          comparedLabel={before?.range.comparison && t.compared[before.range.comparison]}
          open={range.isOpen}
          format={number}
        />
      </Part>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Part title={t.types}>
          <Bars
            bars={bars(analytics.events_by_type, 'event_type')}
            name={t.type}
            value={t.events}
            format={number}
            whole={analytics.total_events}
            rest={{ to: `/w/${slug}/types`, search: {} }}
          />
        </Part>
        <Part title={t.categories}>
          <Bars bars={bars(analytics.events_by_category, 'event_category')} name={t.category} value={t.events} format={number} whole={analytics.total_events} />
        </Part>
        <Stack gap="md">
          <Part title={t.hours.title} lead={t.hours.clockOf(analytics.meta.timezone)}>
            <Hours values={analytics.events_by_hour} label={t.events} format={number} />
          </Part>
          <Glance analytics={analytics} />
        </Stack>
        <Part title={t.durations} lead={t.durationsLead}>
          {durations.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t.noDurations}
            </Text>
          ) : (
            <Bars bars={durations} name={t.type} value={t.duration} format={duration} />
          )}
        </Part>
      </SimpleGrid>
      <Counted meta={analytics.meta} internal={analytics.internal} />
    </Stack>
  )
}

/** The range of the address goes along, in its own words: a link that says 7 days says so tomorrow too. */
const searchOf = ({ key, from, to }: Figures['range']): Record<string, string> => (key === 'custom' ? { range: key, from, to } : { range: key })

/** What has begun by now has figures; where all time is shown, it begins with the first event. */
function timelineOf({ timeline = [], meta }: Analytics, fromFirst: boolean): Moment[] {
  const first = fromFirst
    ? Math.max(
        0,
        Math.min(
          timeline.findIndex(({ events }) => events > 0),
          timeline.length - 2,
        ),
      )
    : 0
  return timeline.slice(first).map((interval) => ({ ...interval, hasBegun: interval.at <= meta.fresh_to }))
}

/** Of two periods the first intervals meet. */
const pointsOf = (timeline: readonly Moment[], before: Analytics | undefined, shown: Shown): Point[] =>
  timeline.map((interval, i) => ({ at: interval.at, value: interval.hasBegun ? interval[shown] : undefined, compared: before?.timeline?.[i]?.[shown] }))

const Part = ({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) => (
  <Card withBorder padding="md" className={classes['part']} component="section" aria-label={title}>
    <Title order={2} size="h3" mb={lead ? 0 : 'sm'}>
      {title}
    </Title>
    {lead && (
      <Text size="xs" c="dimmed" mb="sm">
        {lead}
      </Text>
    )}
    {children}
  </Card>
)
