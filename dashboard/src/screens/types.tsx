import { Anchor, Badge, Button, Group, Stack, Table, Text, TextInput, UnstyledButton } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'

const t = texts.events.types
const TypeDetail = lazy(() => import('./types/detail.tsx').then(({ TypeDetail }) => ({ default: TypeDetail })))
const NewType = lazy(() => import('./types/detail.tsx').then(({ NewType }) => ({ default: NewType })))

export type ListedType = AnswerOf<'listTypes'>['types'][number]

/** The catalogue: what was seen, and what people say it means. */
export function EventTypes() {
  const { slug, may } = useWorkspace()
  const { search = '', sort, type, declare } = useUrl()
  const setUrl = useSetUrl()
  const { number } = useFormat()
  const types = useQuery(ask('listTypes', { workspace: slug }))
  const mode = useQuery(ask('getWorkspace', { workspace: slug })).data?.taxonomy_mode
  const close = (): void => setUrl({ type: undefined, declare: undefined })
  return (
    <Screen
      title={t.title}
      lead={t.lead}
      actions={
        may('analyst') && (
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setUrl({ declare: '1', type: undefined })}>
            {t.declare}
          </Button>
        )
      }
    >
      <Text size="sm" mih={22}>
        {mode && (
          <>
            <b>{t.modeName[mode]}</b> {mode === 'strict' ? t.modeStrict : t.modeOpen}{' '}
            <Anchor inherit underline="always" renderRoot={(props) => <Link {...props} to={`/w/${slug}/settings`} />}>
              {t.change}
            </Anchor>
          </>
        )}
      </Text>
      <Faces of={types} waiting={<Waiting rows={12} height={40} />}>
        {({ types }) => {
          if (types.length === 0) return <Empty title={t.emptyTitle}>{t.empty}</Empty>
          const shown = sorted(
            types.filter(({ event_type }) => event_type.toLowerCase().includes(search.toLowerCase())),
            sort,
          )
          return (
            <Stack gap="sm">
              <Group gap="sm">
                <TextInput
                  aria-label={t.search}
                  placeholder={t.search}
                  data-search=""
                  defaultValue={search}
                  leftSection={<Icon name="search" size={16} />}
                  onChange={({ currentTarget }) => setUrl({ search: currentTarget.value || undefined }, { replace: true })}
                />
                <Text size="sm" c="dimmed" role="status">
                  {shown.length === 0 ? t.nothing : t.shown(number(shown.length), number(types.length))}
                </Text>
              </Group>
              {shown.length > 0 && <Catalogue types={shown} />}
            </Stack>
          )
        }}
      </Faces>
      <Suspense>
        {type && types.data && (
          <TypeDetail name={type} listed={types.data.types.find(({ event_type }) => event_type === type)} isStrict={mode === 'strict'} close={close} />
        )}
        {declare && may('analyst') && types.data && <NewType taken={types.data.types} close={close} />}
      </Suspense>
    </Screen>
  )
}

const columns = ['type', 'category', 'count', 'firstSeen', 'lastSeen', 'state'] as const
type ColumnName = (typeof columns)[number]
const keyOf: Record<ColumnName, (type: ListedType) => string | number> = {
  type: ({ event_type }) => event_type,
  category: ({ event_category }) => event_category ?? '',
  count: ({ count }) => count,
  firstSeen: ({ first_seen }) => first_seen ?? '',
  lastSeen: ({ last_seen }) => last_seen ?? '',
  state: (type) => stateOf(type).join(' '),
}
/** Most first, newest first: what somebody wants who sorts by it. */
const FALLING: readonly ColumnName[] = ['count', 'firstSeen', 'lastSeen']
const DEFAULT_SORT = '-count'

interface Sort {
  by: ColumnName
  isFalling: boolean
}
const readSort = (sort = DEFAULT_SORT): Sort => {
  const by = columns.find((column) => column === sort.replace('-', ''))
  return by ? { by, isFalling: sort.startsWith('-') } : readSort()
}

function sorted(types: readonly ListedType[], sort: string | undefined): ListedType[] {
  const { by, isFalling } = readSort(sort)
  const key = keyOf[by]
  return types.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)]
    const order = left < right ? -1 : left > right ? 1 : 0
    return (isFalling ? -order : order) || (a.event_type < b.event_type ? -1 : 1)
  })
}

const stateOf = ({ declared, is_new, count }: ListedType): string[] => [
  ...(declared ? [t.declared] : is_new ? [t.new] : [t.seen]),
  ...(count === 0 ? [t.neverSeen] : []),
]
const colourOf: Record<string, string> = { [t.declared]: 'moss', [t.new]: 'yellow', [t.neverSeen]: 'gray', [t.seen]: 'gray' }

function Catalogue({ types }: { types: readonly ListedType[] }) {
  const format = useFormat()
  const { sort } = useUrl()
  const setUrl = useSetUrl()
  const { by, isFalling } = readSort(sort)
  return (
    <Table.ScrollContainer minWidth={720} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': t.title } }}>
      <Table highlightOnHover bg="var(--cairn-surface)" withTableBorder borderColor="var(--cairn-line)">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th
                key={column}
                scope="col"
                ta={column === 'count' ? 'right' : undefined}
                aria-sort={by === column ? (isFalling ? 'descending' : 'ascending') : 'none'}
              >
                <UnstyledButton
                  fz="xs"
                  fw={600}
                  mih={24}
                  c="dimmed"
                  aria-label={t.sortBy(t[column])}
                  onClick={() => setUrl({ sort: `${(by === column ? !isFalling : FALLING.includes(column)) ? '-' : ''}${column}` })}
                >
                  {t[column]}
                  {by === column && <span aria-hidden="true"> {isFalling ? '↓' : '↑'}</span>}
                </UnstyledButton>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {types.map((type) => (
            <Table.Tr key={type.event_type}>
              <Table.Th scope="row" fw={550} maw={320}>
                <Anchor
                  inherit
                  c="inherit"
                  display="block"
                  truncate
                  title={type.event_type}
                  renderRoot={(props) => <Link {...props} to="." search={(now: object) => ({ ...now, type: type.event_type })} resetScroll={false} />}
                >
                  {type.event_type}
                </Anchor>
              </Table.Th>
              <Table.Td>{type.event_category}</Table.Td>
              <Table.Td ta="right">{format.number(type.count)}</Table.Td>
              <Table.Td title={type.first_seen ?? undefined}>{type.first_seen ? format.date(type.first_seen) : t.never}</Table.Td>
              <Table.Td title={type.last_seen ? format.time(type.last_seen) : undefined}>{type.last_seen ? format.ago(type.last_seen) : t.never}</Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {stateOf(type).map((state) => (
                    <Badge key={state} variant="light" color={colourOf[state] ?? 'gray'} tt="none" fw={550}>
                      {state}
                    </Badge>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
