import { Anchor, Badge, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useWorkspace } from '../account.tsx'
import { ApiError } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Copy } from '../ui/copy.tsx'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { Identity, Traits } from './person/identity.tsx'
import { Privacy } from './person/privacy.tsx'
import { Timeline } from './person/timeline.tsx'
import { Usage } from './person/usage.tsx'
import classes from './person/person.module.css'

const t = texts.events.person
export type PersonAnswer = AnswerOf<'getPerson'>

/** One person: who they are, what they did, what may be done with what is known of them. */
export function Person() {
  const { person: id } = useParams({ strict: false }) as { person: string }
  const { slug } = useWorkspace()
  const person = useQuery({ ...ask('getPerson', { workspace: slug, params: { id } }), placeholderData: undefined })
  const back = (
    <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/people`} />}>
      {t.back}
    </Anchor>
  )
  if (person.error instanceof ApiError && person.error.status === 404 && !person.data)
    return (
      <Screen title={id}>
        <Empty title={t.missing} action={back}>
          {t.missingHint}
        </Empty>
      </Screen>
    )
  const { traits } = person.data ?? {}
  const name = typeof traits?.['name'] === 'string' && traits['name'] !== '' ? traits['name'] : id
  return (
    <Screen title={name} lead={back} actions={<Copy value={id} label={t.id} />}>
      <Faces of={person} waiting={<Waiting rows={8} height={56} />}>
        {(answer) => (
          <div className={classes['page']}>
            <Stack gap="md">
              <Head id={id} person={answer} />
              <Traits traits={answer.traits} />
              {answer.user_id && <Usage userId={answer.user_id} />}
              <Identity person={answer} />
            </Stack>
            <Timeline person={answer} />
            <div>
              <Privacy person={answer} />
            </div>
          </div>
        )}
      </Faces>
    </Screen>
  )
}

function Head({ id, person }: { id: string; person: PersonAnswer }) {
  const { slug, entity_types: types } = useWorkspace()
  const format = useFormat()
  const figures: [string, string, string?][] = [
    [t.events, format.number(person.events)],
    [t.sessions, format.number(person.sessions)],
    [t.firstSeen, person.first_seen ? format.date(person.first_seen) : t.never, person.first_seen ? format.time(person.first_seen) : undefined],
    [t.lastSeen, person.last_seen ? format.ago(person.last_seen) : t.never, person.last_seen ? format.time(person.last_seen) : undefined],
    [t.device, [person.browser, person.os].filter(Boolean).join(', ') || (person.device_type ?? '')],
    ...(person.country ? [[t.country, person.country] as [string, string]] : []),
  ]
  return (
    <section className={classes['card']} aria-label={id}>
      <Stack gap="sm">
        <Group gap="xs">
          <Badge variant="light" tt="none" color={person.user_id ? 'moss' : 'gray'} c="var(--mantine-color-text)">
            {person.user_id ? t.user : t.anonymous}
          </Badge>
          {person.opted_out && (
            <Badge variant="outline" color="gray" tt="none" c="var(--mantine-color-text)" h="auto" style={{ whiteSpace: 'normal' }}>
              {t.optedOut}
            </Badge>
          )}
        </Group>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {id}
        </Text>
        <SimpleGrid component="dl" cols={2} spacing="sm" verticalSpacing="xs" m={0}>
          {figures.map(([name, value, title]) => (
            <div key={name}>
              <Text component="dt" size="xs" c="dimmed">
                {name}
              </Text>
              <Text component="dd" m={0} size="sm" fw={550} title={title}>
                {value || texts.shell.faces.none}
              </Text>
            </div>
          ))}
        </SimpleGrid>
        {person.user_id && types.includes('task') && (
          <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/tasks`} search={{ assignee: person.user_id ?? undefined }} />}>
            {t.tasks}
          </Anchor>
        )}
      </Stack>
    </section>
  )
}
