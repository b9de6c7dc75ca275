import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { Behind } from '../../charts/behind.tsx'
import { Sparkline } from '../../charts/sparkline.tsx'
import { Week } from '../../charts/week.tsx'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import classes from './person.module.css'

const t = texts.sessions.usage

/** How a user uses the product: sessions, time, streak, and when in the week. */
export function Usage({ userId }: { userId: string }) {
  const { slug } = useWorkspace()
  const { zone } = useFormat()
  const usage = useQuery(ask('userUsage', { workspace: slug, params: { id: userId }, query: { timezone: zone } }))
  return (
    <section className={classes['card']} aria-label={t.title}>
      <Stack gap="sm">
        <Group justify="space-between" align="baseline" gap="xs">
          <Title order={2}>{t.title}</Title>
          <Text size="xs" c="dimmed">
            {t.lead}
          </Text>
        </Group>
        <Faces of={usage} waiting={<Waiting rows={4} />}>
          {(answer) => (answer.sessions === 0 ? <Text c="dimmed">{t.none}</Text> : <Figures {...answer} />)}
        </Faces>
      </Stack>
    </section>
  )
}

function Figures(usage: AnswerOf<'userUsage'>) {
  const { number, duration, ago, time, day } = useFormat()
  const days = Object.entries(usage.seconds_by_day)
  const seconds = (value: number | null): string => (value === null ? '' : duration(value * 1_000))
  const figures: [string, string, string?][] = [
    [t.sessions, number(usage.sessions)],
    [t.time, seconds(usage.total_seconds)],
    [t.average, seconds(usage.average_seconds)],
    [t.median, seconds(usage.median_seconds)],
    [t.activeDays, number(usage.active_days)],
    [t.streak, t.days(number(usage.streak_days))],
    [t.lastLogin, usage.last_login_at ? ago(usage.last_login_at) : t.never, usage.last_login_at ? time(usage.last_login_at) : undefined],
  ]
  return (
    <>
      <SimpleGrid component="dl" cols={2} spacing="sm" verticalSpacing="xs" m={0}>
        {figures.map(([name, value, title]) => (
          <div key={name}>
            <Text component="dt" size="xs" c="dimmed">
              {name}
            </Text>
            <Text component="dd" m={0} size="sm" fw={550} title={title}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {usage.counted === 'login' && (
        <Text size="xs" c="dimmed">
          {t.ofLogins}
        </Text>
      )}
      <Title order={3} fz="sm">
        {t.byDay}
      </Title>
      <div>
        <Sparkline values={days.map(([, value]) => value)} />
        <Behind label={t.byDay}>
          <thead>
            <tr>
              <th scope="col">{t.day}</th>
              <th scope="col">{t.time}</th>
            </tr>
          </thead>
          <tbody>
            {days.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{day(name)}</th>
                <td>{duration(value * 1_000)}</td>
              </tr>
            ))}
          </tbody>
        </Behind>
      </div>
      <Title order={3} fz="sm">
        {t.byHour}
      </Title>
      <Week values={usage.seconds_by_hour} label={t.byHour} head={t.hour} format={(value) => duration(value * 1_000)} />
    </>
  )
}
