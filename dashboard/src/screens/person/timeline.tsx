import { Anchor, Group, NativeSelect, Stack, Text, Title } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask, askPages } from '../../api/queries.ts'
import { dayOf } from '../../range/range.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { useSetUrl, useUrl } from '../../url.ts'
import { useAddresses } from '../events/addresses.ts'
import { EventRows } from '../events/rows.tsx'
import type { PersonAnswer } from '../person.tsx'
import classes from './person.module.css'
import { More } from '../../ui/more.tsx'

const t = texts.events.person
const PAGE = 100
const OpenedEvent = lazy(() => import('../events/opened.tsx').then(({ OpenedEvent }) => ({ default: OpenedEvent })))

/** Everything this person did, newest first, by day and session. */
export function Timeline({ person }: { person: PersonAnswer }) {
  const { slug } = useWorkspace()
  const { type, event, at } = useUrl()
  const setUrl = useSetUrl()
  const to = useAddresses()
  const { zone, number } = useFormat()
  const who: Record<string, string> = person.user_id ? { user_id: person.user_id } : { anonymous_id: person.anonymous_id ?? '' }
  const span = { from: person.first_seen ?? undefined, timezone: zone }
  const hasEvents = person.events > 0
  const events = useInfiniteQuery({
    ...askPages('listEvents', { workspace: slug, query: { ...who, event_type: type, ...span, limit: PAGE } }),
    enabled: hasEvents,
  })
  const types = useQuery({ ...ask('analytics', { workspace: slug, query: { ...who, ...span } }), enabled: hasEvents }).data?.events_by_type ?? {}
  const loaded = events.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <section className={`${classes['card']} ${classes['timeline']}`} aria-label={t.timeline}>
      <Group justify="space-between" gap="xs" mb="xs">
        <Title order={2}>{t.timeline}</Title>
        {hasEvents && (
          <Group gap="sm">
            <Anchor size="sm" renderRoot={(props) => <Link {...props} {...to.events({ ...who, ...(type ? { event_type: type } : {}), range: 'all' })} />}>
              {t.inEvents}
            </Anchor>
            <NativeSelect
              aria-label={t.type}
              value={type ?? ''}
              data={[
                { value: '', label: t.allTypes },
                ...Object.entries({ ...(type ? { [type]: 0 } : {}), ...types }).map(([name, count]) => ({
                  value: name,
                  label: count > 0 ? `${name} (${number(count)})` : name,
                })),
              ]}
              onChange={({ currentTarget: { value } }) => setUrl({ type: value || undefined })}
            />
          </Group>
        )}
      </Group>
      {!hasEvents ? (
        <Text c="dimmed">{t.nothingAtAll}</Text>
      ) : (
        <Faces of={events} waiting={<Waiting rows={10} />}>
          {() =>
            loaded.length === 0 ? (
              <Text c="dimmed" role="status">
                {t.nothing}
              </Text>
            ) : (
              <Stack gap={0}>
                {daysOf(loaded, zone).map(([day, sessions]) => (
                  <Day key={day} sessions={sessions} />
                ))}
                <Group gap="sm" mt="sm">
                  {events.hasNextPage && <More of={events}>{t.more}</More>}
                  <Text size="sm" c="dimmed" role="status">
                    {t.eventsLoaded(number(loaded.length))}
                  </Text>
                </Group>
              </Stack>
            )
          }
        </Faces>
      )}
      <Suspense>{event && <OpenedEvent id={event} at={at} />}</Suspense>
    </section>
  )
}

/** Neighbours of one day and one session stand together. */
function daysOf(events: readonly EventOutput[], zone: string): [day: string, sessions: EventOutput[][]][] {
  const days: [string, EventOutput[][]][] = []
  for (const event of events) {
    const day = dayOf(Date.parse(event.event_timestamp), zone)
    if (days.at(-1)?.[0] !== day) days.push([day, []])
    const sessions = days.at(-1)?.[1] ?? []
    const session = sessions.at(-1)
    if (session?.[0]?.session_id === event.session_id) session.push(event)
    else sessions.push([event])
  }
  return days
}

function Day({ sessions }: { sessions: EventOutput[][] }) {
  const format = useFormat()
  const first = sessions[0]?.[0]
  return (
    <>
      <Title order={3} fz="sm" className={classes['day'] ?? ''}>
        {first && format.date(first.event_timestamp)}
      </Title>
      {sessions.map((events) => (
        <Session key={events[0]?.event_id} events={events} />
      ))}
    </>
  )
}

function Session({ events }: { events: EventOutput[] }) {
  const format = useFormat()
  const { slug } = useWorkspace()
  const [last, first] = [events[0], events.at(-1)]
  if (!last || !first) return null
  return (
    <div className={classes['session']}>
      <div className={classes['head']}>
        <span>
          {last.session_id ? t.session : t.noSession} · {format.clock(first.event_timestamp)}
          {first !== last && ` – ${format.clock(last.event_timestamp)}`} · {t.eventsOf(format.number(events.length))}
        </span>
        {last.session_id && (
          <Anchor
            size="sm"
            title={last.session_id}
            renderRoot={(props) => <Link {...props} to={`/w/${slug}/sessions/${encodeURIComponent(last.session_id ?? '')}`} />}
          >
            {t.openSession}
          </Anchor>
        )}
      </div>
      <EventRows events={events} />
    </div>
  )
}
