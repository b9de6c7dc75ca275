import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces } from '../ui/faces.tsx'
import { More } from '../ui/more.tsx'
import { Screen } from '../ui/screen.tsx'
import { TableRegion } from '../ui/table-region.tsx'
import { UrlField } from '../ui/url-field.tsx'
import { When } from '../ui/when.tsx'
import { useUrl } from '../url.ts'
import { RemoveSaved } from './insights/remove.tsx'

const t = texts.insights
export type Insight = AnswerOf<'listInsights'>['insights'][number]

/** Questions that were saved, and the way to a new one. */
export function Insights() {
  const { slug, may } = useWorkspace()
  const { search } = useUrl()
  const saved = useInfiniteQuery(askPages('listInsights', { workspace: slug, query: { ...(search ? { search } : {}), limit: 50 } }))
  const [removed, setRemoved] = useState<Insight>()
  const explore = <Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/insights/new`} />}>{t.list.new}</Button>
  return (
    <Screen title={t.list.title} lead={t.list.lead} actions={explore}>
      <Faces of={saved}>
        {({ pages }) => {
          const insights = pages.flatMap((page) => page.insights)
          if (insights.length === 0 && !search)
            return (
              <Empty title={t.list.empty} action={explore}>
                {t.list.emptyText}
              </Empty>
            )
          return (
            <Stack gap="md">
              <UrlField name="search" label={t.list.search} isSearch />
              {insights.length === 0 ? (
                <Text role="status" c="dimmed">
                  {t.list.nothing}
                </Text>
              ) : (
                <TableRegion label={t.list.title} minWidth={640}>
                  <Table highlightOnHover bg="var(--cairn-surface)" withTableBorder borderColor="var(--cairn-line)">
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th scope="col">{t.list.name}</Table.Th>
                        <Table.Th scope="col">{t.list.kind}</Table.Th>
                        <Table.Th scope="col">{t.list.changed}</Table.Th>
                        {may('analyst') && <Table.Td />}
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {insights.map((insight) => (
                        <Table.Tr key={insight.id}>
                          <Table.Th scope="row" fw={550}>
                            <Anchor inherit renderRoot={(props) => <Link {...props} to={`/w/${slug}/insights/${insight.id}`} />}>
                              {insight.name}
                            </Anchor>
                            {insight.description !== '' && (
                              <Text size="xs" c="dimmed">
                                {insight.description}
                              </Text>
                            )}
                          </Table.Th>
                          <Table.Td>
                            <Badge color="gray" miw="max-content">
                              {t.kinds[insight.question.kind]}
                            </Badge>
                          </Table.Td>
                          <Table.Td>
                            <When at={insight.updated_at} />{' '}
                            <Text span size="xs" c="dimmed">
                              {t.list.by(insight.updated_by)}
                            </Text>
                          </Table.Td>
                          {may('analyst') && (
                            <Table.Td ta="right">
                              <Button
                                size="compact-sm"
                                variant="subtle"
                                color="red"
                                aria-label={`${t.list.remove}: ${insight.name}`}
                                onClick={() => setRemoved(insight)}
                              >
                                {t.list.remove}
                              </Button>
                            </Table.Td>
                          )}
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </TableRegion>
              )}
              {saved.hasNextPage && (
                <Group>
                  <More of={saved}>{t.behind.more}</More>
                </Group>
              )}
            </Stack>
          )
        }}
      </Faces>
      {removed && <RemoveSaved endpoint="deleteInsight" list="listInsights" {...removed} text={t.list.removeText} close={() => setRemoved(undefined)} />}
    </Screen>
  )
}
