import { Button, Group, Stack, Text } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from './start.module.css'
import type { Arrival } from './use-arrival.ts'

const t = texts.overview.start.wait

export function Wait({ arrival: { event, count, earlier, polling } }: { arrival: Arrival }) {
  const { slug } = useWorkspace()
  const { number, ago, time } = useFormat()
  const signal = useRef<HTMLDivElement>(null)
  const hasArrived = event !== undefined
  useEffect(() => {
    // On a phone it may lie below what is being looked at.
    if (hasArrived) signal.current?.scrollIntoView({ block: 'nearest' })
  }, [hasArrived])
  return (
    <Stack gap="sm">
      <div ref={signal} role="status" className={classes['signal']} data-arrived={hasArrived || undefined}>
        <span className={classes['light']} aria-hidden="true">
          {event && <Icon name="check" size={16} />}
        </span>
        <div>
          <Text fw={600}>{event ? (earlier ? t.arrived : t.arrivedFirst) : earlier ? t.another : t.first}</Text>
          <Text size="sm" c="dimmed">
            {event ? t.count(number(count)) : polling ? t.polling : t.hint}
          </Text>
        </div>
      </div>
      {event ? (
        <Came event={event} />
      ) : (
        earlier && (
          <Text size="sm" c="dimmed" title={time(earlier.received_at)}>
            {t.lastOne(ago(earlier.received_at))}
          </Text>
        )
      )}
      {(event ?? earlier) && (
        <Group gap="xs">
          <Button variant={event ? 'filled' : 'default'} renderRoot={(props) => <Link {...props} to={`/w/${slug}/live`} />}>
            {t.toLive}
          </Button>
          <Button variant="default" renderRoot={(props) => <Link {...props} to={`/w/${slug}/overview`} />}>
            {t.toOverview}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function Came({ event }: { event: EventOutput }) {
  const { time } = useFormat()
  const device = [texts.events.devices[event.device_type as keyof typeof texts.events.devices] ?? event.device_type, event.browser, event.os]
    .filter(Boolean)
    .join(' · ')
  const metadata = Object.keys(event.event_metadata).length > 0 ? JSON.stringify(event.event_metadata) : ''
  const facts: Array<readonly [keyof typeof t.fields, string]> = [
    ['event_type', event.event_type],
    ['event_category', event.event_category],
    ['person', event.user_id ?? event.anonymous_id ?? ''],
    ['event_timestamp', time(event.event_timestamp)],
    ['device', device],
    ['where', event.url_path],
    ['event_metadata', metadata],
  ]
  return (
    <dl className={classes['facts']}>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{t.fields[name]}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
