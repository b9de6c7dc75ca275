import { Anchor, Badge, Drawer, Group, Stack, Text, Title } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { useFocusBack } from '../../ui/focus.ts'
import { useFormat, type Format } from '../../ui/format.ts'
import { useAddresses } from './addresses.ts'
import { isFilterField } from './filter.ts'
import { JsonTree, ValueActions } from './tree.tsx'
import classes from './tree.module.css'

const t = texts.events.detail

/** Everything about one event, beside the list it was opened from. Without an event: the drawer with `children`, such as that it is being looked for. */
export function EventDetail({ event, close, children }: { event: EventOutput | undefined; close: () => void; children?: ReactNode }) {
  useFocusBack()
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="36rem"
      padding="lg"
      title={<Text fw={600}>{event?.event_type ?? t.title}</Text>}
      closeButtonProps={{ 'aria-label': texts.shell.faces.close, size: 'lg' }}
    >
      {event ? <Parts event={event} /> : children}
    </Drawer>
  )
}

/** In this order; what an event does not have is left out. */
const fields = [
  'event_timestamp',
  'received_at',
  'event_type',
  'event_category',
  'event_action',
  'user_id',
  'anonymous_id',
  'session_id',
  'entity_type',
  'entity_id',
  'duration_ms',
  'url_path',
  'referrer_domain',
  'channel',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'device_type',
  'browser',
  'os',
  'country',
  'seq',
  'event_id',
] as const satisfies readonly (keyof EventOutput)[]

function Parts({ event }: { event: EventOutput }) {
  const format = useFormat()
  const to = useAddresses()
  const metadata = event.event_metadata as Record<string, unknown>
  const context = event.context_snapshot as Record<string, unknown>
  const person = event.user_id ?? event.anonymous_id
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        <Group gap="xs">
          <Text size="sm" c="dimmed" title={event.event_timestamp}>
            {format.time(event.event_timestamp)} · {format.ago(event.event_timestamp)}
          </Text>
          {event.is_bot && <Badge color="gray">{t.isBot}</Badge>}
          {event.is_internal && <Badge color="gray">{t.isInternal}</Badge>}
          {event.is_new_type && <Badge color="yellow">{t.isNew}</Badge>}
        </Group>
        <Group gap="xs" wrap="wrap">
          {person && (
            <Anchor size="sm" renderRoot={(props) => <Link {...props} {...to.person(person)} />}>
              {t.person}
            </Anchor>
          )}
          {event.session_id && (
            <Anchor size="sm" renderRoot={(props) => <Link {...props} {...to.events({ session_id: event.session_id ?? '', range: 'all' })} />}>
              {t.session}
            </Anchor>
          )}
          {event.entity_type && event.entity_id && (
            <Anchor
              size="sm"
              renderRoot={(props) => (
                <Link {...props} {...to.events({ entity_type: event.entity_type ?? '', entity_id: event.entity_id ?? '', range: 'all' })} />
              )}
            >
              {t.entity}
            </Anchor>
          )}
        </Group>
      </Stack>
      <Section title={t.metadata}>
        {Object.keys(metadata).length > 0 ? <JsonTree json={metadata} field="metadata" /> : <Text c="dimmed">{t.noMetadata}</Text>}
      </Section>
      <Section title={t.fields}>
        <dl className={classes['fields']}>
          {fields.map((name) => {
            const value = event[name]
            if (value === null || value === '') return null
            return (
              <div key={name} className={classes['line']}>
                <dt className={classes['name']}>{t.names[name]}</dt>
                <dd className={classes['value']} title={name.endsWith('_at') || name === 'event_timestamp' ? String(value) : undefined}>
                  <span>{shown(name, value, format)}</span>
                  <ValueActions value={String(value)} label={t.names[name]} {...(isFilterField(name) ? { filter: name } : {})} />
                </dd>
              </div>
            )
          })}
        </dl>
      </Section>
      <Section title={t.context}>
        {Object.keys(context).length > 0 ? <JsonTree json={context} field="context" /> : <Text c="dimmed">{t.noContext}</Text>}
      </Section>
      <Section title={t.json}>
        <Copyable value={JSON.stringify(event, null, 2)} label={t.json} />
      </Section>
    </Stack>
  )
}

const shown = (name: (typeof fields)[number], value: string | number, { time, duration, number }: Format): string => {
  if (name === 'event_timestamp' || name === 'received_at') return time(String(value))
  if (name === 'duration_ms') return duration(Number(value))
  if (name === 'seq') return number(Number(value))
  return name === 'device_type' && isDevice(String(value)) ? texts.events.devices[value as keyof typeof texts.events.devices] : String(value)
}
const isDevice = (value: string): boolean => value in texts.events.devices

export const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <Stack gap="xs">
    <Title order={3} fz="sm">
      {title}
    </Title>
    {children}
  </Stack>
)
