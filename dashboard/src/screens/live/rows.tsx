import { Anchor, Badge, Table } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import { Link } from '@tanstack/react-router'
import { memo, useCallback, useEffect, useRef } from 'react'
import { useWorkspace } from '../../account.tsx'
import type { FeedRow } from '../../live/feed.ts'
import { texts } from '../../texts/texts.ts'
import { useFormat, type Format } from '../../ui/format.ts'
import classes from './live.module.css'

const t = texts.overview.live
const COLUMNS = 5

/** Newest first. A row is drawn once: of hundreds that stand there, only those that come cost anything. */
export function Rows({ rows, open }: { rows: readonly FeedRow[]; open: (event: EventOutput) => void }) {
  const format = useFormat()
  const { slug } = useWorkspace()
  const latest = useRef(open)
  useEffect(() => {
    latest.current = open
  })
  const opens = useCallback((event: EventOutput) => latest.current(event), [])
  return (
    <div className={classes['list']}>
      <Table aria-label={t.list} verticalSpacing={0} horizontalSpacing="sm" layout="fixed">
        <thead>
          <tr>
            <th scope="col" className={classes['time']}>
              {t.columns.time}
            </th>
            <th scope="col">{t.columns.type}</th>
            <th scope="col" className={classes['wide']}>
              {t.columns.person}
            </th>
            <th scope="col" className={classes['wide']}>
              {t.columns.entity}
            </th>
            <th scope="col" className={classes['wide']}>
              {t.columns.where}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) =>
            row.kind === 'event' ? (
              <EventRow key={row.key} row={row} format={format} open={opens} />
            ) : (
              <MissedRow key={row.key} count={row.count} slug={slug} />
            ),
          )}
        </tbody>
      </Table>
    </div>
  )
}

interface EventRowProps {
  row: FeedRow & { kind: 'event' }
  format: Format
  open: (event: EventOutput) => void
}

const EventRow = memo(({ row: { event, fresh }, format, open }: EventRowProps) => {
  const person = event.user_id ?? event.anonymous_id ?? ''
  const entity = [event.entity_type, event.entity_id].filter(Boolean).join(' ')
  const where = [
    event.url_path || undefined,
    texts.events.devices[event.device_type as keyof typeof texts.events.devices] ?? event.device_type,
    event.country || undefined,
  ]
    .filter(Boolean)
    .join(' · ')
  return (
    <tr className={classes['row']} data-fresh={fresh || undefined} data-event={event.event_id}>
      <td className={classes['time']}>
        <time dateTime={event.event_timestamp} title={format.time(event.event_timestamp)}>
          {format.clock(event.event_timestamp)}
        </time>
      </td>
      <th scope="row">
        <button type="button" className={`${classes['open']} opens-row`} onClick={() => open(event)} title={event.event_type}>
          {event.event_type}
        </button>
        {event.is_new_type && (
          <Badge size="xs" variant="light" color="yellow" className={classes['mark'] ?? ''}>
            {t.newType}
          </Badge>
        )}
        <span className={classes['narrow']}>{[person, entity].filter(Boolean).join(' · ')}</span>
      </th>
      <td className={classes['wide']} title={person}>
        {person}
      </td>
      <td className={classes['wide']} title={entity}>
        {entity}
      </td>
      <td className={classes['wide']} title={where}>
        {where}
      </td>
    </tr>
  )
})

function MissedRow({ count, slug }: { count: number | null; slug: string }) {
  const { number } = useFormat()
  return (
    <tr className={classes['missed']} data-missed>
      <td colSpan={COLUMNS}>
        {count === null ? t.missedUnknown : t.missed(number(count))}{' '}
        <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to={`/w/${slug}/events`} />}>
          {t.missedWhere}
        </Anchor>
      </td>
    </tr>
  )
}
