import { Drawer, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import type { Figure, Question } from '@cairn/wire/questions/question'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { call } from '../api/client.ts'
import { texts } from '../texts/texts.ts'
import { Faces } from '../ui/faces.tsx'
import { useFocusBack } from '../ui/focus.ts'
import { useFormat } from '../ui/format.ts'
import { More } from '../ui/more.tsx'
import { When } from '../ui/when.tsx'
import classes from './behind.module.css'

const t = texts.insights.behind
const PAGE = 50
const sides = ['people', 'events'] as const
type Side = (typeof sides)[number]

/** Who and what is behind a figure, beside the chart it was opened from. */
export function BehindFigure({ question, figure, close }: { question: Question; figure: Figure; close: () => void }) {
  useFocusBack()
  const [side, setSide] = useState<Side>('people')
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="34rem"
      padding="lg"
      returnFocus={false}
      title={<Text fw={600}>{t.title}</Text>}
      closeButtonProps={{ 'aria-label': texts.shell.faces.close, size: 'lg' }}
    >
      <SegmentedControl
        mb="md"
        aria-label={t.title}
        value={side}
        data={sides.map((value) => ({ value, label: t[value] }))}
        onChange={(next) => setSide(next === 'events' ? 'events' : 'people')}
      />
      {side === 'people' ? <People question={question} figure={figure} /> : <Events question={question} figure={figure} />}
    </Drawer>
  )
}

interface Props {
  question: Question
  figure: Figure
}

function usePages<N extends 'queryPeople' | 'queryEvents'>(name: N, { question, figure }: Props) {
  const { slug } = useWorkspace()
  return useInfiniteQuery({
    queryKey: [name, slug, question, figure],
    queryFn: ({ pageParam, signal }) =>
      call(name, { workspace: slug, body: { question, figure, limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal } as Parameters<
        typeof call<N>
      >[1]),
    initialPageParam: '',
    getNextPageParam: (last) => (last as { next_cursor: string | null }).next_cursor ?? undefined,
  })
}

function People(props: Props) {
  const { slug } = useWorkspace()
  const { number } = useFormat()
  const found = usePages('queryPeople', props)
  return (
    <Faces of={found}>
      {({ pages }) => (
        <Stack gap="sm">
          <Text size="sm" c="dimmed" role="status">
            {t.peopleCount(number(pages[0]?.count ?? 0))}
          </Text>
          <ul className={classes['list']}>
            {pages
              .flatMap(({ people }) => people)
              .map(({ user_id, anonymous_id, events, last_seen }) => {
                const id = user_id ?? anonymous_id ?? ''
                return (
                  <li key={id}>
                    <Link to={`/w/${slug}/people/${encodeURIComponent(id)}`} className={classes['main']}>
                      {id}
                    </Link>
                    <span className={classes['quiet']}>
                      {t.eventsOf(number(events))} {last_seen && <When at={last_seen} />}
                    </span>
                  </li>
                )
              })}
          </ul>
          {found.hasNextPage && <More of={found}>{t.more}</More>}
        </Stack>
      )}
    </Faces>
  )
}

function Events(props: Props) {
  const { number } = useFormat()
  const found = usePages('queryEvents', props)
  return (
    <Faces of={found}>
      {({ pages }) => (
        <Stack gap="sm">
          <Text size="sm" c="dimmed" role="status">
            {t.eventsCount(number(pages[0]?.count ?? 0))}
          </Text>
          <ul className={classes['list']}>
            {pages
              .flatMap(({ events }) => events)
              .map((event) => (
                <EventLine key={event.event_id} event={event} />
              ))}
          </ul>
          {found.hasNextPage && <More of={found}>{t.more}</More>}
        </Stack>
      )}
    </Faces>
  )
}

function EventLine({ event: { event_id, event_type, event_timestamp, user_id, anonymous_id, url_path, entity_id } }: { event: EventOutput }) {
  const { slug } = useWorkspace()
  const format = useFormat()
  return (
    <li>
      <Link
        to={`/w/${slug}/events`}
        search={{ range: 'custom', from: event_timestamp.slice(0, 10), to: event_timestamp.slice(0, 10), event: event_id, at: event_timestamp }}
        className={classes['main']}
      >
        {event_type}
      </Link>
      <Group gap={8} className={classes['quiet'] ?? ''} justify="space-between">
        <span>{[user_id ?? anonymous_id, url_path ?? entity_id].filter(Boolean).join(' · ')}</span>
        <time dateTime={event_timestamp}>{format.time(event_timestamp)}</time>
      </Group>
    </li>
  )
}
