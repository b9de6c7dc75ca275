import { Badge, Stack } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { texts } from '../texts/texts.ts'
import { Empty } from '../ui/faces.tsx'
import { useFormat, type Format } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { UrlField } from '../ui/url-field.tsx'
import type { Column } from '../list/row.tsx'
import { VirtualTable } from '../list/virtual-table.tsx'
import { useUrl } from '../url.ts'
import { useSteadyRange } from './events/asked.ts'
import classes from './events/list.module.css'

const t = texts.events.people
const PAGE = 100

type Person = AnswerOf<'listPeople'>['people'][number]
const idOf = ({ user_id, anonymous_id }: Person): string => user_id ?? anonymous_id ?? ''

/** Who was active in a range. */
export function People() {
  const { slug } = useWorkspace()
  const { search } = useUrl()
  const asked = useSteadyRange()
  const refresh = useRefresh()
  const format = useFormat()
  const navigate = useNavigate()
  const columns = useMemo(() => columnsOf(format), [format])
  return (
    <Screen title={t.title} lead={`${t.lead} ${t.inRange}`} actions={<RangeControl />}>
      <Stack gap="sm">
        <UrlField name="search" label={t.search} hint={t.searchHint} isSearch />
        <VirtualTable
          label={t.label}
          columns={columns}
          card={cardOf(format)}
          keyOf={idOf}
          hrefOf={(person) => `/w/${slug}/people/${encodeURIComponent(idOf(person))}`}
          open={(person) => void navigate({ to: `/w/${slug}/people/${encodeURIComponent(idOf(person))}` })}
          page={(cursor) => ask('listPeople', { workspace: slug, query: { ...asked, search, limit: PAGE, ...(cursor ? { cursor } : {}) } })}
          pageSize={PAGE}
          rowsOf={({ people }) => people}
          {...refresh}
          empty={<Empty title={t.emptyTitle}>{search ? t.emptySearch : t.empty}</Empty>}
        />
      </Stack>
    </Screen>
  )
}

const aboutOf = ({ traits }: Person): string => [traits['name'], traits['email']].filter((trait) => typeof trait === 'string' && trait !== '').join(' · ')
const deviceOf = ({ device_type, browser, os }: Person): string =>
  [device_type && device_type in texts.events.devices ? texts.events.devices[device_type as keyof typeof texts.events.devices] : device_type, browser, os]
    .filter(Boolean)
    .join(', ')

const OptedOut = () => (
  <Badge size="sm" color="gray" variant="outline" tt="none" c="var(--mantine-color-text)">
    {t.optedOut}
  </Badge>
)

const columnsOf = (format: Format): ReadonlyArray<Column<Person>> => [
  { key: 'person', head: t.person, main: true, cell: (person) => <span title={idOf(person)}>{idOf(person)}</span> },
  {
    key: 'about',
    head: t.about,
    cell: (person) => (
      <>
        {person.opted_out && <OptedOut />}{' '}
        {person.user_id === null ? <span className={classes['quiet']}>{t.anonymous}</span> : <span title={aboutOf(person)}>{aboutOf(person)}</span>}
      </>
    ),
  },
  { key: 'events', head: t.events, right: true, width: '5.5rem', cell: ({ events }) => format.number(events) },
  { key: 'sessions', head: t.sessions, right: true, width: '5.5rem', cell: ({ sessions }) => format.number(sessions) },
  { key: 'device', head: t.device, width: '16%', cell: (person) => <span title={deviceOf(person)}>{deviceOf(person)}</span> },
  {
    key: 'first',
    head: t.firstSeen,
    width: '8.5rem',
    cell: ({ first_seen }) =>
      first_seen && (
        <time dateTime={first_seen} title={format.time(first_seen)}>
          {format.date(first_seen)}
        </time>
      ),
  },
  {
    key: 'last',
    head: t.lastSeen,
    width: '8.5rem',
    cell: ({ last_seen }) =>
      last_seen && (
        <time dateTime={last_seen} title={format.time(last_seen)}>
          {format.ago(last_seen)}
        </time>
      ),
  },
]

const cardOf = (format: Format) => (person: Person) => (
  <span className={classes['card']}>
    <span className={classes['line']}>
      <span>{idOf(person)}</span>
      <span className={classes['quiet']}>{person.last_seen && format.ago(person.last_seen)}</span>
    </span>
    <span className={`${classes['line']} ${classes['quiet']}`}>
      <span>{person.user_id === null ? t.anonymous : aboutOf(person) || deviceOf(person)}</span>
      <span>{person.opted_out ? t.optedOut : t.eventsOf(format.number(person.events))}</span>
    </span>
  </span>
)
