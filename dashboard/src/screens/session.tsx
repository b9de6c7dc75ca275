import { Anchor, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../account.tsx'
import { ApiError } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Copy } from '../ui/copy.tsx'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { useUrl } from '../url.ts'
import { EventRows } from './events/rows.tsx'
import classes from './person/person.module.css'
import { deviceOf, whoOf } from './sessions.tsx'

const t = texts.sessions.one
type Answer = AnswerOf<'getSession'>
const OpenedEvent = lazy(() => import('./events/opened.tsx').then(({ OpenedEvent }) => ({ default: OpenedEvent })))

/** One session: what is known of it, and its events in order. */
export function Session() {
  const { session: id } = useParams({ strict: false }) as { session: string }
  const { slug } = useWorkspace()
  const { event, at } = useUrl()
  const session = useQuery({ ...ask('getSession', { workspace: slug, params: { id } }), placeholderData: undefined })
  const back = (
    <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/sessions`} />}>
      {t.back}
    </Anchor>
  )
  if (session.error instanceof ApiError && session.error.status === 404 && !session.data)
    return (
      <Screen title={id}>
        <Empty title={t.missing} action={back}>
          {t.missingHint}
        </Empty>
      </Screen>
    )
  return (
    <Screen
      title={session.data ? texts.sessions.kinds[session.data.session.kind] : texts.sessions.list.session}
      lead={back}
      actions={<Copy value={id} label={t.id} />}
    >
      <Faces of={session} waiting={<Waiting rows={8} height={56} />}>
        {(answer) => (
          <div className={classes['page']}>
            <Facts {...answer} />
            <Timeline {...answer} />
          </div>
        )}
      </Faces>
      <Suspense>{event && <OpenedEvent id={event} at={at} />}</Suspense>
    </Screen>
  )
}

function Facts({ session }: Answer) {
  const { slug } = useWorkspace()
  const format = useFormat()
  const person = session.user_id ?? session.anonymous_id
  const facts: [string, string | null][] = [
    [t.kind, texts.sessions.kinds[session.kind]],
    [t.started, format.time(session.started_at)],
    [
      t.ended,
      session.ended_at && session.end_reason ? `${format.time(session.ended_at)}, ${texts.sessions.ends[session.end_reason]}` : texts.sessions.list.underWay,
    ],
    [t.last, format.time(session.last_activity_at)],
    [t.length, format.duration(session.duration_seconds * 1_000)],
    [t.events, format.number(session.events)],
    [t.pages, format.number(session.page_views)],
    [t.device, deviceOf(session)],
    [t.country, session.country],
    [t.channel, session.channel],
    [t.referrer, session.referrer ?? session.referrer_domain],
    [t.entry, session.entry_path],
    [t.exit, session.exit_path],
    [t.userAgent, session.user_agent],
  ]
  return (
    <section className={classes['card']} aria-label={session.session_id}>
      <Stack gap="sm">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {session.session_id}
        </Text>
        <SimpleGrid component="dl" cols={2} spacing="sm" verticalSpacing="xs" m={0}>
          <div>
            <Text component="dt" size="xs" c="dimmed">
              {t.who}
            </Text>
            <Text component="dd" m={0} size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
              {person === null ? (
                whoOf(session)
              ) : (
                <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/people/${encodeURIComponent(person)}`} />}>
                  {person}
                </Anchor>
              )}
            </Text>
          </div>
          {facts.map(
            ([name, value]) =>
              value && (
                <div key={name}>
                  <Text component="dt" size="xs" c="dimmed">
                    {name}
                  </Text>
                  <Text component="dd" m={0} size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
                    {value}
                  </Text>
                </div>
              ),
          )}
        </SimpleGrid>
      </Stack>
    </section>
  )
}

function Timeline({ session, events }: Answer) {
  const { number } = useFormat()
  const late = events.filter(({ after_end }) => after_end)
  const within = events.filter(({ after_end }) => !after_end)
  return (
    <section className={`${classes['card']} ${classes['timeline']}`} aria-label={t.timeline}>
      <Title order={2} mb="xs">
        {t.timeline}
      </Title>
      {events.length === 0 && <Text c="dimmed">{t.noEvents}</Text>}
      {within.length > 0 && <EventRows events={within} />}
      {late.length > 0 && (
        <>
          <Title order={3} fz="sm" className={classes['day'] ?? ''}>
            {t.afterEnd}
          </Title>
          <EventRows events={late} />
        </>
      )}
      {session.events > events.length && (
        <Text size="sm" c="dimmed" mt="sm">
          {t.first(number(events.length))}
        </Text>
      )}
    </section>
  )
}
