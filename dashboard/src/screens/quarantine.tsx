import { Badge, Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { texts } from '../texts/texts.ts'
import { Empty } from '../ui/faces.tsx'
import { useFormat, type Format } from '../ui/format.ts'
import { Screen } from '../ui/screen.tsx'
import type { Column } from '../list/row.tsx'
import { VirtualTable } from '../list/virtual-table.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { useAddresses } from './events/addresses.ts'
import { useSteadyRange } from './events/asked.ts'
import listClasses from './events/list.module.css'
import { lookup, nameOfReason, statuses, useReplay, type Entry } from './quarantine/replay.ts'
import { ReplayResult } from './quarantine/result.tsx'

const t = texts.events.quarantine
const PAGE = 200
/** As many as the API takes by their ids. */
const MOST_SELECTED = 1_000
const OpenedEntry = lazy(() => import('./quarantine/detail.tsx').then(({ OpenedEntry }) => ({ default: OpenedEntry })))

/** What was refused, why, and sending it through the way in again. */
export function Quarantine() {
  const { slug, may } = useWorkspace()
  const { code, status: asked, entry, at } = useUrl()
  const status = statuses.find((one) => one === asked) ?? 'open'
  const range = useSteadyRange()
  const setUrl = useSetUrl()
  const to = useAddresses()
  const queries = useQueryClient()
  const format = useFormat()
  const refresh = useRefresh()
  const mayReplay = may('analyst')
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const replay = useReplay(() => setSelected(new Set()))
  const columns = useMemo(
    () => [...(mayReplay ? [selectColumn(selected, setSelected, format)] : []), ...columnsOf(format).filter(({ key }) => key !== 'state' || status === 'all')],
    [format, selected, mayReplay, status],
  )

  const open = (row: Entry): void => {
    queries.setQueryData(ask('listQuarantine', lookup(slug, row.received_at)).queryKey, { quarantine: [row], next_cursor: null })
    setUrl({ entry: row.quarantine_id, at: row.received_at })
  }
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Stack gap="sm">
        <Group justify="space-between" gap="sm" align="flex-end">
          <Reasons chosen={code} isWhole={status === 'all'} />
          <NativeSelect
            aria-label={t.status}
            value={status}
            data={statuses.map((value) => ({ value, label: t.statuses[value] }))}
            onChange={({ currentTarget: { value } }) => setUrl({ status: value === 'open' ? undefined : value })}
          />
        </Group>
        {mayReplay && (code || selected.size > 0) && (
          <Group gap="xs" mih={36}>
            {selected.size > 0 ? (
              <>
                <Button loading={replay.isPending} onClick={() => replay.mutate({ quarantine_ids: [...selected] })}>
                  {t.replaySelected(format.number(selected.size))}
                </Button>
                <Button variant="subtle" onClick={() => setSelected(new Set())}>
                  {t.clearSelection}
                </Button>
              </>
            ) : (
              code &&
              status !== 'replayed' && (
                <>
                  <Button loading={replay.isPending} onClick={() => replay.mutate({ code, limit: 10_000 })}>
                    {t.replayReason(nameOfReason(code))}
                  </Button>
                  <Text size="sm" c="dimmed">
                    {t.replayHint}
                  </Text>
                </>
              )
            )}
          </Group>
        )}
        {!mayReplay && (
          <Text size="sm" c="dimmed">
            {texts.shell.faces.readOnly}
          </Text>
        )}
        <ReplayResult of={replay} />
        <VirtualTable
          label={t.label}
          columns={columns}
          card={cardOf(format)}
          keyOf={({ quarantine_id }) => quarantine_id}
          hrefOf={({ quarantine_id, received_at }) => to.here({ entry: quarantine_id, at: received_at })}
          open={open}
          opened={entry}
          page={(cursor) => ask('listQuarantine', { workspace: slug, query: { ...range, code, status, limit: PAGE, ...(cursor ? { cursor } : {}) } })}
          pageSize={PAGE}
          rowsOf={({ quarantine }) => quarantine}
          {...refresh}
          empty={
            code || status === 'replayed' ? (
              <Empty
                title={t.emptyTitle}
                action={
                  <Button variant="default" onClick={() => setUrl({ code: undefined, status: undefined })}>
                    {t.none}
                  </Button>
                }
              >
                {t.emptyFiltered}
              </Empty>
            ) : (
              <Empty title={t.emptyTitle}>{t.empty}</Empty>
            )
          }
        />
      </Stack>
      <Suspense>{entry && <OpenedEntry id={entry} at={at} replay={replay} mayReplay={mayReplay} />}</Suspense>
    </Screen>
  )
}

/** The reasons of the range, from the ledger; pressing one shows only those. Its numbers are of all that was refused: beside a part they would be wrong. */
function Reasons({ chosen, isWhole }: { chosen: string | undefined; isWhole: boolean }) {
  const { slug } = useWorkspace()
  const asked = useSteadyRange()
  const setUrl = useSetUrl()
  const { number } = useFormat()
  const refresh = useRefresh()
  const counts = useQuery({ ...ask('ledger', { workspace: slug, query: { ...asked, by: 'total' } }), ...refresh }).data?.total.quarantined_by_reason
  const found = Object.entries(counts ?? {}).filter(([, count]) => count > 0)
  const all = found.reduce((sum, [, count]) => sum + count, 0)
  const shown: [string | undefined, number | undefined][] = [[undefined, counts && all], ...found.toSorted(([, a], [, b]) => b - a)]
  if (chosen && !found.some(([reason]) => reason === chosen)) shown.push([chosen, counts && 0])
  return (
    <Group gap={6} role="group" aria-label={t.byReason}>
      {shown.map(([reason, count]) => (
        <Button
          key={reason ?? ''}
          size="compact-md"
          radius="xl"
          fz="sm"
          fw={500}
          variant={reason === chosen ? 'filled' : 'default'}
          aria-pressed={reason === chosen}
          onClick={() => setUrl({ code: reason === chosen ? undefined : reason })}
        >
          {reason ? nameOfReason(reason) : t.all} {isWhole && count !== undefined && number(count)}
        </Button>
      ))}
    </Group>
  )
}

const selectColumn = (selected: ReadonlySet<string>, select: (ids: ReadonlySet<string>) => void, format: Format): Column<Entry> => ({
  key: 'select',
  head: t.selection,
  width: '44px',
  above: true,
  cell: ({ quarantine_id, status, event_type, received_at }) =>
    status === 'open' && (
      <Checkbox
        size="sm"
        aria-label={t.select(event_type, format.time(received_at))}
        checked={selected.has(quarantine_id)}
        disabled={selected.size >= MOST_SELECTED && !selected.has(quarantine_id)}
        onChange={({ currentTarget: { checked } }) =>
          select(checked ? new Set([...selected, quarantine_id]) : new Set([...selected].filter((id) => id !== quarantine_id)))
        }
      />
    ),
})

const columnsOf = (format: Format): ReadonlyArray<Column<Entry>> => [
  {
    key: 'time',
    head: t.time,
    width: '12.5rem',
    cell: ({ received_at }) => (
      <time dateTime={received_at} title={received_at}>
        {format.time(received_at)}
      </time>
    ),
  },
  { key: 'reason', head: t.reason, width: '16%', main: true, cell: ({ code }) => nameOfReason(code) },
  { key: 'message', head: t.message, cell: ({ message }) => <span title={message}>{message}</span> },
  { key: 'type', head: t.type, width: '13%', cell: ({ event_type }) => <span title={event_type}>{event_type}</span> },
  {
    key: 'tracker',
    head: t.tracker,
    width: '10%',
    cell: ({ tracker }) => (tracker ? <span title={tracker}>{tracker}</span> : <span className={listClasses['quiet']}>{t.noTracker}</span>),
  },
  { key: 'key', head: t.key, width: '9%', cell: ({ key_id }) => <span title={key_id}>{key_id}</span> },
  {
    key: 'state',
    head: t.state,
    width: '7rem',
    cell: ({ status }) => (
      <Badge variant="light" tt="none" color={status === 'open' ? 'yellow' : 'gray'} c="var(--mantine-color-text)">
        {t.statuses[status]}
      </Badge>
    ),
  },
]

const cardOf =
  (format: Format) =>
  ({ code, received_at, message, event_type }: Entry) => (
    <span className={listClasses['card']}>
      <span className={listClasses['line']}>
        <span>
          {nameOfReason(code)} · {event_type}
        </span>
        <time className={listClasses['quiet']} dateTime={received_at} title={format.time(received_at)}>
          {format.ago(received_at)}
        </time>
      </span>
      <span className={`${listClasses['line']} ${listClasses['quiet']}`}>
        <span>{message}</span>
      </span>
    </span>
  )
