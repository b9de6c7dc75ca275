import { Button, Group, Text } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { useRefresh } from '../../range/refresh.ts'
import { texts } from '../../texts/texts.ts'
import { Empty } from '../../ui/faces.tsx'
import { useFormat, type Format } from '../../ui/format.ts'
import type { Column } from '../../list/row.tsx'
import { VirtualTable } from '../../list/virtual-table.tsx'
import { useSetUrl, useUrl } from '../../url.ts'
import { useAddresses } from './addresses.ts'
import { useAsked } from './asked.ts'
import { lookup } from './lookup.ts'
import classes from './list.module.css'

const t = texts.events.list
const PAGE = 200

export function EventList() {
  const { slug } = useWorkspace()
  const { filter, range, until } = useAsked()
  const { event } = useUrl()
  const setUrl = useSetUrl()
  const to = useAddresses()
  const queries = useQueryClient()
  const format = useFormat()
  const refresh = useRefresh()
  const columns = useMemo(() => columnsOf(format), [format])

  const open = (row: EventOutput): void => {
    // The drawer asks by the address alone; what is known already is not asked again.
    queries.setQueryData(ask('listEvents', lookup(slug, row.event_id, row.event_timestamp)).queryKey, { events: [row], next_cursor: null })
    setUrl({ event: row.event_id, at: row.event_timestamp })
  }
  return (
    <VirtualTable
      label={t.label}
      columns={columns}
      card={cardOf(format)}
      keyOf={({ event_id }) => event_id}
      hrefOf={({ event_id, event_timestamp }) => to.here({ event: event_id, at: event_timestamp })}
      open={open}
      opened={event}
      page={(cursor) =>
        ask('listEvents', { workspace: slug, query: { ...filter, ...range, ...(until ? { to: until } : {}), limit: PAGE, ...(cursor ? { cursor } : {}) } })
      }
      pageSize={PAGE}
      rowsOf={({ events }) => events}
      {...refresh}
      empty={<Nothing isFiltered={Object.keys(filter).some((name) => name !== 'include_bots')} />}
      further={Further}
    />
  )
}

function Further({ last }: { last: EventOutput | undefined }) {
  const setUrl = useSetUrl()
  return (
    <Group role="status" gap="sm">
      <Text size="sm">{t.further}</Text>
      {last && (
        <Button variant="default" onClick={() => setUrl({ until: last.event_timestamp })}>
          {t.goOn}
        </Button>
      )}
    </Group>
  )
}

/** Pairs of metadata that a row shows; the detail shows all. */
const PAIRS = 3

const columnsOf = (format: Format): ReadonlyArray<Column<EventOutput>> => [
  {
    key: 'time',
    head: t.time,
    width: '12.5rem',
    cell: ({ event_timestamp }) => (
      <time dateTime={event_timestamp} title={event_timestamp}>
        {format.time(event_timestamp)}
      </time>
    ),
  },
  { key: 'type', head: t.type, main: true, cell: ({ event_type }) => <span title={event_type}>{event_type}</span> },
  {
    key: 'person',
    head: t.person,
    cell: ({ user_id, anonymous_id }) =>
      user_id ? (
        <span title={user_id}>{user_id}</span>
      ) : (
        <span className={classes['quiet']} title={anonymous_id ?? ''}>
          {anonymous_id}
        </span>
      ),
  },
  { key: 'thing', head: t.thing, width: '10%', cell: (event) => <span title={thingOf(event)}>{thingOf(event)}</span> },
  { key: 'place', head: t.place, width: '14%', cell: (event) => <span title={placeOf(event)}>{placeOf(event)}</span> },
  {
    key: 'details',
    head: t.details,
    width: '20%',
    cell: ({ event_metadata }) =>
      pairsOf(event_metadata as Record<string, unknown>).map(([name, value]) => (
        <span key={name} className={classes['pair']} title={`${name}: ${value}`}>
          <span className={classes['quiet']}>{name}</span> {value}
        </span>
      )),
  },
]

const cardOf = (format: Format) => (event: EventOutput) => (
  <span className={classes['card']}>
    <span className={classes['line']}>
      <span>{event.event_type}</span>
      <time className={classes['quiet']} dateTime={event.event_timestamp} title={event.event_timestamp}>
        {format.time(event.event_timestamp)}
      </time>
    </span>
    <span className={`${classes['line']} ${classes['quiet']}`}>
      <span>{event.user_id ?? event.anonymous_id}</span>
      <span>{placeOf(event)}</span>
    </span>
  </span>
)

const thingOf = ({ entity_type, entity_id }: EventOutput): string => [entity_type, entity_id].filter(Boolean).join(' ')
const placeOf = ({ url_path, device_type, browser }: EventOutput): string =>
  url_path ||
  [device_type in texts.events.devices ? texts.events.devices[device_type as keyof typeof texts.events.devices] : device_type, browser]
    .filter(Boolean)
    .join(', ')

function pairsOf(json: Record<string, unknown>, prefix = ''): [string, string][] {
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(json)) {
    if (pairs.length >= PAIRS) break
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) pairs.push(...pairsOf(value as Record<string, unknown>, `${prefix}${name}.`))
    else pairs.push([prefix + name, Array.isArray(value) ? `[${value.length}]` : String(value)])
  }
  return pairs.slice(0, PAIRS)
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const to = useAddresses()
  const { slug } = useWorkspace()
  const { range } = useUrl()
  const { until } = useAsked()
  const setUrl = useSetUrl()
  if (until)
    return (
      <Empty
        title={t.emptyBefore}
        action={
          <Button variant="default" onClick={() => setUrl({ until: undefined })}>
            {t.jumpClear}
          </Button>
        }
      />
    )
  return (
    <Empty
      title={t.emptyTitle}
      action={
        <Group>
          {isFiltered && (
            <Button variant="default" renderRoot={(props) => <Link {...props} {...to.events(range ? { range } : {})} />}>
              {t.clear}
            </Button>
          )}
          <Button
            variant="default"
            renderRoot={(props) => (
              <Link {...props} to="." search={(now: object) => ({ ...now, range: 'all', from: undefined, to: undefined, until: undefined })} />
            )}
          >
            {t.allTime}
          </Button>
          {!isFiltered && (
            <Button variant="default" renderRoot={(props) => <Link {...props} to={`/w/${slug}/start`} />}>
              {t.firstSteps}
            </Button>
          )}
        </Group>
      }
    >
      {isFiltered ? t.emptyFiltered : t.emptyPlain}
    </Empty>
  )
}
