import { NativeSelect } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { usageOrders, type SessionOutput } from '@cairn/wire/api/sessions'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import type { Column } from '../../list/row.tsx'
import { VirtualTable } from '../../list/virtual-table.tsx'
import type { useRefresh } from '../../range/refresh.ts'
import { texts } from '../../texts/texts.ts'
import { Empty } from '../../ui/faces.tsx'
import { useFormat, type Format } from '../../ui/format.ts'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/when.tsx'
import { useSetUrl, useUrl } from '../../url.ts'
import classes from '../events/list.module.css'

const t = texts.sessions.platform
const PAGE = 100

type Person = AnswerOf<'usageByPerson'>['people'][number]
interface Props {
  query: { from: string; to: string; timezone: string; kind: SessionOutput['kind'] | undefined }
  refresh: ReturnType<typeof useRefresh>
}

/** Who uses the product how much; each opens their page. */
export function UsageByPerson({ query, refresh }: Props) {
  const { slug } = useWorkspace()
  const format = useFormat()
  const navigate = useNavigate()
  const url = useUrl()
  const setUrl = useSetUrl()
  const columns = useMemo(() => columnsOf(format), [format])
  const order = usageOrders.find((name) => name === url['order']) ?? 'time'
  const hrefOf = (person: Person): string => `/w/${slug}/people/${encodeURIComponent(idOf(person))}`
  return (
    <Section
      open
      title={t.who}
      actions={
        <NativeSelect
          aria-label={t.order}
          value={order}
          data={usageOrders.map((value) => ({ value, label: t.orders[value] }))}
          onChange={({ currentTarget: { value } }) => setUrl({ order: value === 'time' ? undefined : value })}
        />
      }
    >
      <VirtualTable
        label={t.who}
        columns={columns}
        card={cardOf(format)}
        keyOf={idOf}
        hrefOf={hrefOf}
        open={(person) => void navigate({ to: hrefOf(person) })}
        page={(cursor) => ask('usageByPerson', { workspace: slug, query: { ...query, order, limit: PAGE, ...(cursor ? { cursor } : {}) } })}
        pageSize={PAGE}
        rowsOf={({ people }) => people}
        {...refresh}
        empty={<Empty title={t.emptyTitle} />}
      />
    </Section>
  )
}

const idOf = ({ user_id, anonymous_id }: Person): string => user_id ?? anonymous_id ?? ''
const nameOf = ({ user_id, traits }: Person): string =>
  typeof traits['name'] === 'string' && traits['name'] !== '' ? traits['name'] : user_id === null ? texts.sessions.list.anonymous : ''

const columnsOf = ({ number, duration }: Format): ReadonlyArray<Column<Person>> => [
  { key: 'person', head: t.person, main: true, cell: (person) => <span title={idOf(person)}>{idOf(person)}</span> },
  { key: 'name', head: t.name, cell: (person) => <span className={person.user_id === null ? classes['quiet'] : undefined}>{nameOf(person)}</span> },
  { key: 'time', head: t.time, right: true, width: '8rem', cell: ({ seconds }) => duration(seconds * 1_000) },
  { key: 'sessions', head: t.sessions, right: true, width: '6rem', cell: ({ sessions }) => number(sessions) },
  { key: 'each', head: t.perSession, right: true, width: '8rem', cell: ({ seconds, sessions }) => duration((seconds / sessions) * 1_000) },
  { key: 'days', head: t.activeDays, right: true, width: '7rem', cell: ({ active_days }) => number(active_days) },
  { key: 'login', head: t.lastLogin, width: '8rem', cell: ({ last_login_at }) => last_login_at && <When at={last_login_at} /> },
  { key: 'last', head: t.lastActivity, width: '8rem', cell: ({ last_activity_at }) => <When at={last_activity_at} /> },
]

const cardOf =
  ({ number, duration, ago }: Format) =>
  (person: Person) => (
    <span className={classes['card']}>
      <span className={classes['line']}>
        <span>{nameOf(person) || idOf(person)}</span>
        <span>{duration(person.seconds * 1_000)}</span>
      </span>
      <span className={`${classes['line']} ${classes['quiet']}`}>
        <span>
          {t.sessionsOf(number(person.sessions))}, {t.daysOf(number(person.active_days))}
        </span>
        <span>{ago(person.last_activity_at)}</span>
      </span>
    </span>
  )
