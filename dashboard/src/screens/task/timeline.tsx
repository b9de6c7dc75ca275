import { Anchor, Text, Title } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { dayOf } from '../../range/range.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { useUrl } from '../../url.ts'
import { EventRows } from '../events/rows.tsx'
import classes from '../person/person.module.css'
import type { TaskAnswer } from '../task.tsx'
import { Part } from './part.tsx'

const t = texts.tasks.one
const NEWEST = 50
const OpenedEvent = lazy(() => import('../events/opened.tsx').then(({ OpenedEvent }) => ({ default: OpenedEvent })))

/** The newest events that name it, since it was told first. */
export function Timeline({ task: { entity_id, created_at } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const { event, at } = useUrl()
  const { zone, date } = useFormat()
  const of = { entity_type: 'task', entity_id }
  const events = useQuery(ask('listEvents', { workspace: slug, query: { ...of, from: created_at, limit: NEWEST } }))
  return (
    <Part title={t.timeline} lead={t.timelineLead}>
      <Faces of={events} waiting={<Waiting rows={6} />}>
        {({ events }) =>
          events.length === 0 ? (
            <Text c="dimmed">{t.noEvents}</Text>
          ) : (
            <div>
              {[...Map.groupBy(events, (one: EventOutput) => dayOf(Date.parse(one.event_timestamp), zone)).values()].map((own) => (
                <div key={own[0]?.event_id}>
                  <Title order={3} fz="sm" className={classes['day'] ?? ''}>
                    {own[0] && date(own[0].event_timestamp)}
                  </Title>
                  <EventRows events={own} />
                </div>
              ))}
            </div>
          )
        }
      </Faces>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/events`} search={{ ...of, range: 'all' }} />}>
        {t.inEvents}
      </Anchor>
      <Suspense>{event && <OpenedEvent id={event} at={at} />}</Suspense>
    </Part>
  )
}
