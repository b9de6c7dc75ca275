import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { Empty, Faces } from '../../ui/faces.tsx'
import { More } from '../../ui/more.tsx'
import { Records, type Field } from '../../ui/records.tsx'
import { Screen } from '../../ui/screen.tsx'
import { UrlField } from '../../ui/url-field.tsx'
import { When } from '../../ui/when.tsx'
import { useUrl } from '../../url.ts'
import { RemoveSaved, type Removable } from './remove.tsx'

const t = texts.boards.saved

interface Saved {
  id: string
  name: string
  description: string
  updated_by: string
  updated_at: string
}

interface Props<Page, One extends Saved> extends Removable {
  title: string
  lead: string
  /** The way to a new one. */
  make: ReactNode
  empty: { title: string; text: string }
  /** Where nothing has the words that are searched for in its name. */
  nothing: string
  saved: UseInfiniteQueryResult<{ pages: Page[] }>
  rowsOf: (page: Page) => readonly One[]
  hrefOf: (one: One) => string
  /** What is told of each beside its name and its change. */
  told: Field<One>
  children?: ReactNode
}

/** What a workspace has saved of one sort, latest change first: searched by name, opened, removed. */
export function SavedList<Page, One extends Saved>({ title, lead, make, empty, nothing, saved, rowsOf, children, ...row }: Props<Page, One>) {
  const { search } = useUrl()
  const [removed, setRemoved] = useState<One>()
  return (
    <Screen title={title} lead={lead} actions={make}>
      <Faces of={saved}>
        {({ pages }) => {
          const found = pages.flatMap(rowsOf)
          if (found.length === 0 && !search)
            return (
              <Empty title={empty.title} action={make}>
                {empty.text}
              </Empty>
            )
          return (
            <Stack gap="md">
              <UrlField name="search" label={t.search} isSearch />
              {found.length === 0 ? (
                <Text role="status" c="dimmed">
                  {nothing}
                </Text>
              ) : (
                <Rows title={title} found={found} remove={setRemoved} {...row} />
              )}
              {saved.hasNextPage && (
                <Group>
                  <More of={saved}>{texts.insights.behind.more}</More>
                </Group>
              )}
            </Stack>
          )
        }}
      </Faces>
      {children}
      {removed && <RemoveSaved {...row} id={removed.id} name={removed.name} close={() => setRemoved(undefined)} />}
    </Screen>
  )
}

interface RowsProps<One extends Saved> {
  title: string
  found: readonly One[]
  hrefOf: (one: One) => string
  told: Field<One>
  remove: (one: One) => void
}

function Rows<One extends Saved>({ title, found, ...row }: RowsProps<One>) {
  const { may } = useWorkspace()
  return <Records framed label={title} minWidth={600} fields={fieldsOf(row, may('analyst'))} of={found} keyOf={({ id }) => id} />
}

const fieldsOf = <One extends Saved>({ hrefOf, told, remove }: Omit<RowsProps<One>, 'title' | 'found'>, mayRemove: boolean): ReadonlyArray<Field<One>> => [
  {
    head: t.name,
    cell: (one) => (
      <>
        <Anchor inherit fw={600} renderRoot={(props) => <Link {...props} to={hrefOf(one)} />}>
          {one.name}
        </Anchor>
        {one.description !== '' && (
          <Text size="xs" c="dimmed">
            {one.description}
          </Text>
        )}
      </>
    ),
  },
  told,
  {
    head: t.changed,
    cell: ({ updated_at, updated_by }) => (
      <>
        <When at={updated_at} />{' '}
        <Text span size="xs" c="dimmed">
          {t.by(updated_by)}
        </Text>
      </>
    ),
  },
  ...(mayRemove
    ? [
        {
          head: t.remove,
          isAction: true,
          cell: (one: One) => (
            <Button size="compact-sm" variant="subtle" color="red" aria-label={`${t.remove}: ${one.name}`} onClick={() => remove(one)}>
              {t.remove}
            </Button>
          ),
        },
      ]
    : []),
]
