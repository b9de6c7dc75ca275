import type { EventOutput } from '@cairn/wire/event'
import { useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { useFormat } from '../../ui/format.ts'
import { useSetUrl } from '../../url.ts'
import classes from '../person/person.module.css'
import { useAddresses } from './addresses.ts'
import { lookup } from './lookup.ts'

/** Events one below the other, each with its time of day; a press opens one in place. */
export function EventRows({ events }: { events: readonly EventOutput[] }) {
  const format = useFormat()
  const { slug } = useWorkspace()
  const to = useAddresses()
  const setUrl = useSetUrl()
  const queries = useQueryClient()
  const open = (row: EventOutput): void => {
    queries.setQueryData(ask('listEvents', lookup(slug, row.event_id, row.event_timestamp)).queryKey, { events: [row], next_cursor: null })
    setUrl({ event: row.event_id, at: row.event_timestamp })
  }
  return (
    <ul className={classes['events']}>
      {events.map((row) => (
        <li key={row.event_id}>
          <a
            href={to.here({ event: row.event_id, at: row.event_timestamp })}
            onClick={(click) => {
              if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return
              click.preventDefault()
              open(row)
            }}
          >
            <time dateTime={row.event_timestamp} title={format.time(row.event_timestamp)}>
              {format.clock(row.event_timestamp)}
            </time>
            <span className={classes['type']}>{row.event_type}</span>
            <span className={classes['place']}>{row.url_path || [row.entity_type, row.entity_id].filter(Boolean).join(' ')}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
