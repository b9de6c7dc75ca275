import { Badge, Group, NativeSelect, SimpleGrid, Stack } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { sessionKinds, type SessionOutput } from '@cairn/wire/api/sessions'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import type { Column } from '../list/row.tsx'
import { VirtualTable } from '../list/virtual-table.tsx'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat, type Format } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import { UrlField } from '../ui/url-field.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { useSteadyRange } from './events/asked.ts'
import classes from './events/list.module.css'
import { Card } from './overview/card.tsx'

const t = texts.sessions.list
const PAGE = 100

/** Runs of activity of a range, with their figures. */
export function Sessions() {
  const { slug } = useWorkspace()
  const url = useUrl()
  const asked = useSteadyRange()
  const refresh = useRefresh()
  const format = useFormat()
  const navigate = useNavigate()
  const columns = useMemo(() => columnsOf(format), [format])
  const kind = sessionKinds.find((name) => name === url['kind'])
  const active = url['state'] === 'active' ? true : url['state'] === 'ended' ? false : undefined
  const filter = { kind, active, user_id: url['user'] || undefined }
  const hrefOf = ({ session_id }: SessionOutput): string => `/w/${slug}/sessions/${encodeURIComponent(session_id)}`
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Stack gap="md">
        <Figures asked={asked} kind={kind} />
        <Filters />
        <VirtualTable
          label={t.label}
          columns={columns}
          card={cardOf(format)}
          keyOf={({ session_id }) => session_id}
          hrefOf={hrefOf}
          open={(session) => void navigate({ to: hrefOf(session) })}
          page={(cursor) => ask('findSessions', { workspace: slug, query: { ...asked, ...filter, limit: PAGE, ...(cursor ? { cursor } : {}) } })}
          pageSize={PAGE}
          rowsOf={({ sessions }) => sessions}
          {...refresh}
          empty={<Empty title={t.emptyTitle}>{Object.values(filter).some((value) => value !== undefined) ? t.emptyFiltered : t.empty}</Empty>}
        />
      </Stack>
    </Screen>
  )
}

function Filters() {
  const url = useUrl()
  const setUrl = useSetUrl()
  return (
    <Group gap="xs">
      <NativeSelect
        aria-label={t.kind}
        value={url['kind'] ?? ''}
        data={[{ value: '', label: t.allKinds }, ...sessionKinds.map((value) => ({ value, label: texts.sessions.kinds[value] }))]}
        onChange={({ currentTarget }) => setUrl({ kind: currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label={t.state}
        value={url['state'] ?? ''}
        data={[
          { value: '', label: t.allStates },
          { value: 'active', label: t.active },
          { value: 'ended', label: t.ended },
        ]}
        onChange={({ currentTarget }) => setUrl({ state: currentTarget.value || undefined })}
      />
      <UrlField name="user" label={t.user} isSearch />
    </Group>
  )
}

const f = texts.sessions.figures

function Figures({ asked, kind }: { asked: { from: string; to: string; timezone: string }; kind: SessionOutput['kind'] | undefined }) {
  const { slug } = useWorkspace()
  const summary = useQuery(ask('sessionSummary', { workspace: slug, query: { ...asked, kind } }))
  return (
    <Faces of={summary} waiting={<Waiting rows={1} height={104} />}>
      {(answer) => <Cards {...answer} />}
    </Faces>
  )
}

function Cards({ sessions, by_kind, active_sessions, length, events_per_session, single_event_sessions, bounce_rate }: AnswerOf<'sessionSummary'>) {
  const { number, duration, percent } = useFormat()
  const seconds = (value: number | null): string => (value === null ? f.none : duration(value * 1_000))
  return (
    <SimpleGrid cols={{ base: 2, md: 5 }} spacing="sm" role="group" aria-label={t.figures}>
      <Card label={f.count} value={number(sessions)}>
        {f.byKind(number(by_kind.web), number(by_kind.login), number(by_kind.chat))}
      </Card>
      <Card label={f.active} value={number(active_sessions)}>
        {f.activeHint}
      </Card>
      <Card label={f.median} value={seconds(length.median_seconds)}>
        {f.mean(seconds(length.mean_seconds))}
      </Card>
      <Card label={f.perSession} value={events_per_session.mean === null ? f.none : number(Math.round(events_per_session.mean * 10) / 10)}>
        {f.medianEvents(events_per_session.median === null ? f.none : number(events_per_session.median))}
      </Card>
      <Card label={f.bounces} value={bounce_rate === null ? f.none : percent(bounce_rate)}>
        {f.bouncesOf(number(single_event_sessions))}
      </Card>
    </SimpleGrid>
  )
}

export const whoOf = ({ user_id, anonymous_id }: SessionOutput): string => user_id ?? anonymous_id ?? t.nobody
export const deviceOf = ({ device_type, browser, os }: SessionOutput): string =>
  [device_type in texts.events.devices ? texts.events.devices[device_type as keyof typeof texts.events.devices] : device_type, browser, os]
    .filter(Boolean)
    .join(', ')
const endOf = ({ active, end_reason }: SessionOutput): string => (active || end_reason === null ? t.underWay : texts.sessions.ends[end_reason])

const Kind = ({ kind }: SessionOutput) => (
  <Badge size="sm" variant="outline" color="gray" tt="none" c="var(--mantine-color-text)">
    {texts.sessions.kinds[kind]}
  </Badge>
)

const columnsOf = (format: Format): ReadonlyArray<Column<SessionOutput>> => [
  {
    key: 'started',
    head: t.started,
    main: true,
    width: '13rem',
    cell: ({ started_at }) => <time dateTime={started_at}>{format.time(started_at)}</time>,
  },
  { key: 'kind', head: t.kind, width: '6rem', cell: (session) => <Kind {...session} /> },
  { key: 'who', head: t.who, cell: (session) => <span title={whoOf(session)}>{whoOf(session)}</span> },
  { key: 'length', head: t.length, right: true, width: '7rem', cell: ({ duration_seconds }) => format.duration(duration_seconds * 1_000) },
  { key: 'events', head: t.events, right: true, width: '5rem', cell: ({ events }) => format.number(events) },
  { key: 'device', head: t.device, width: '16%', cell: (session) => <span title={deviceOf(session)}>{deviceOf(session)}</span> },
  { key: 'end', head: t.end, width: '16%', cell: (session) => <span title={endOf(session)}>{endOf(session)}</span> },
]

const cardOf = (format: Format) => (session: SessionOutput) => (
  <span className={classes['card']}>
    <span className={classes['line']}>
      <span>{whoOf(session)}</span>
      <span className={classes['quiet']}>{format.ago(session.started_at)}</span>
    </span>
    <span className={`${classes['line']} ${classes['quiet']}`}>
      <span>
        {texts.sessions.kinds[session.kind]}, {format.duration(session.duration_seconds * 1_000)}
      </span>
      <span>{t.eventsOf(format.number(session.events))}</span>
    </span>
  </span>
)
