import { Group, Skeleton, Stack, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { useFormat, type Format } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from './health.module.css'
import { Records, type Field } from '../../ui/records.tsx'
import { Section } from '../../ui/section.tsx'
import type { HealthAnswer, Part, PartName } from './state.ts'

const t = texts.operations.health
const icons = { ok: 'check', degraded: 'quarantine', down: 'close' } as const
const order = Object.keys(t.parts.names) as PartName[]

/** The state in words, what is wrong and what to do, then every part. */
export function Parts({ health, reached }: { health: HealthAnswer; reached: boolean }) {
  const { duration } = useFormat()
  // A server of the version before or after may have other parts: only those that both know are shown.
  const parts = order.flatMap((name): Array<[PartName, Part]> => (health.parts[name] ? [[name, health.parts[name]]] : []))
  const wrong = parts.filter(([, { message }]) => message !== undefined && message !== '')
  const overall = reached ? health.status : 'down'
  return (
    <>
      <div className={classes['card']} role="status">
        <Stack gap="sm">
          <div>
            <State of={overall} text={reached ? t.state[health.status] : t.state.unknown} size={22} />
            <Text c="dimmed" size="sm">
              {t.watched}
            </Text>
          </div>
          {reached &&
            wrong.map(([name, { status, message, remedy }]) => (
              <div key={name}>
                <Group gap={8}>
                  <State of={status} text={t.parts.names[name][0]} />
                  <Text size="sm">{message}</Text>
                </Group>
                {remedy && (
                  <Text size="sm" c="dimmed">
                    {t.todo}: {remedy}
                  </Text>
                )}
              </div>
            ))}
        </Stack>
      </div>
      {reached && (
        <Section open title={t.parts.title}>
          <Records framed label={t.parts.title} minWidth={480} of={parts} keyOf={([name]) => name} fields={fieldsOf(duration)} />
        </Section>
      )}
    </>
  )
}
/** Parts are looked at once a second or two: less than that says nothing. */
const CURRENT_MS = 3_000

const fieldsOf = (duration: Format['duration']): ReadonlyArray<Field<[PartName, Part]>> => [
  {
    head: t.parts.part,
    cell: ([name]) => (
      <>
        <Text size="sm" fw={600}>
          {t.parts.names[name][0]}
        </Text>
        <Text size="xs" c="dimmed">
          {t.parts.names[name][1]}
        </Text>
      </>
    ),
  },
  { head: t.parts.state, cell: ([, { status }]) => <State of={status} text={t.parts.states[status]} /> },
  {
    head: t.parts.lag,
    cell: ([, { lag_ms }]) => (lag_ms < CURRENT_MS ? <span className={classes['zero']}>{t.parts.current}</span> : duration(lag_ms)),
  },
]

const State = ({ of, text, size = 16 }: { of: Part['status']; text: string; size?: number }) => (
  <span className={`${classes['state']} ${classes[of]}`} style={size > 16 ? { fontSize: '1.125rem' } : {}}>
    <Icon name={icons[of]} size={size} />
    {text}
  </span>
)

export const PartsWaiting = () => (
  <Stack gap="lg" role="status" aria-label={texts.shell.faces.waiting}>
    <Skeleton height={84} radius="md" />
    <Skeleton height={420} radius="md" />
  </Stack>
)
