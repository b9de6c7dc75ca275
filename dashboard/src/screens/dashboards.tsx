import { Anchor, Badge, Button, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces } from '../ui/faces.tsx'
import { More } from '../ui/more.tsx'
import { Screen } from '../ui/screen.tsx'
import { TableRegion } from '../ui/table-region.tsx'
import { UrlField } from '../ui/url-field.tsx'
import { When } from '../ui/when.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { RemoveSaved } from './insights/remove.tsx'

const t = texts.boards.list
const NewBoard = lazy(() => import('./dashboards/new-board.tsx').then(({ NewBoard }) => ({ default: NewBoard })))
type Listed = AnswerOf<'listDashboards'>['dashboards'][number]

/** The dashboards of a workspace, and the way to a new one. */
export function Dashboards() {
  const { slug, may } = useWorkspace()
  const { search, new: isNew } = useUrl()
  const setUrl = useSetUrl()
  const boards = useInfiniteQuery(askPages('listDashboards', { workspace: slug, query: { ...(search ? { search } : {}), limit: 50 } }))
  const [removed, setRemoved] = useState<Listed>()
  const make = may('analyst') && <Button onClick={() => setUrl({ new: '1' })}>{t.new}</Button>
  return (
    <Screen title={t.title} lead={t.lead} actions={make}>
      <Faces of={boards}>
        {({ pages }) => {
          const dashboards = pages.flatMap((page) => page.dashboards)
          if (dashboards.length === 0 && !search)
            return (
              <Empty title={t.empty} action={make}>
                {may('analyst') ? t.emptyText : t.emptyViewer}
              </Empty>
            )
          return (
            <Stack gap="md">
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <UrlField name="search" label={t.search} isSearch />
              </SimpleGrid>
              {dashboards.length === 0 ? (
                <Text role="status" c="dimmed">
                  {t.nothing}
                </Text>
              ) : (
                <TableRegion label={t.title} minWidth={600}>
                  <Table highlightOnHover bg="var(--cairn-surface)" withTableBorder borderColor="var(--cairn-line)">
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th scope="col">{t.name}</Table.Th>
                        <Table.Th scope="col">{t.seenBy}</Table.Th>
                        <Table.Th scope="col">{t.changed}</Table.Th>
                        {may('analyst') && <Table.Td />}
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {dashboards.map((board) => (
                        <Table.Tr key={board.id}>
                          <Table.Th scope="row" fw={550}>
                            <Anchor inherit renderRoot={(props) => <Link {...props} to={`/w/${slug}/dashboards/${board.id}`} />}>
                              {board.name}
                            </Anchor>
                            {board.description !== '' && (
                              <Text size="xs" c="dimmed">
                                {board.description}
                              </Text>
                            )}
                          </Table.Th>
                          <Table.Td>
                            <Badge color="gray">{t.visibility[board.visibility]}</Badge>
                          </Table.Td>
                          <Table.Td>
                            <When at={board.updated_at} />
                          </Table.Td>
                          {may('analyst') && (
                            <Table.Td ta="right">
                              <Button
                                size="compact-sm"
                                variant="subtle"
                                color="red"
                                aria-label={`${t.remove}: ${board.name}`}
                                onClick={() => setRemoved(board)}
                              >
                                {t.remove}
                              </Button>
                            </Table.Td>
                          )}
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </TableRegion>
              )}
              {boards.hasNextPage && (
                <Group>
                  <More of={boards}>{texts.insights.behind.more}</More>
                </Group>
              )}
            </Stack>
          )
        }}
      </Faces>
      <Suspense>{isNew && may('analyst') && <NewBoard close={() => setUrl({ new: undefined })} />}</Suspense>
      {removed && <RemoveSaved endpoint="deleteDashboard" list="listDashboards" {...removed} text={t.removeText} close={() => setRemoved(undefined)} />}
    </Screen>
  )
}
