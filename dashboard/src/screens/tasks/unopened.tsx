import { Anchor, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { askPages } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { More } from '../../ui/more.tsx'
import { Section } from '../../ui/section.tsx'
import { spanOf } from './span.ts'

const t = texts.tasks.all
const PAGE = 10
const HOUR_MS = 3_600_000

/** Who has not opened what, longest first. */
export function Unopened() {
  const { slug } = useWorkspace()
  const format = useFormat()
  const unopened = useInfiniteQuery(askPages('unopened', { workspace: slug, params: { entity_type: 'task' }, query: { limit: PAGE } }))
  const rows = unopened.data?.pages.flatMap(({ tasks = [] }) => tasks) ?? []
  return (
    <Section title={t.waiting} lead={t.waitingLead}>
      <Faces of={unopened} waiting={<Waiting rows={5} />}>
        {() =>
          rows.length === 0 ? (
            <Text>{t.allOpened}</Text>
          ) : (
            <>
              <Table aria-label={t.waiting} layout="fixed" horizontalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t.task}</Table.Th>
                    <Table.Th scope="col" w={{ base: '28%', sm: '22%' }}>
                      {t.assignee}
                    </Table.Th>
                    <Table.Th scope="col" w="22%" visibleFrom="sm">
                      {t.project}
                    </Table.Th>
                    <Table.Th scope="col" ta="right" w={{ base: '5rem', sm: '6.5rem' }}>
                      {t.since}
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map(({ entity_id, title, user_id, project_id, assigned_at, hours_since_assigned }) => (
                    <Table.Tr key={`${entity_id} ${user_id}`}>
                      <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                        <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/tasks/${encodeURIComponent(entity_id)}`} />}>
                          {title ?? entity_id}
                        </Anchor>{' '}
                        <Text span size="xs" c="dimmed" visibleFrom="sm">
                          {title !== null && entity_id}
                        </Text>
                      </Table.Th>
                      <Table.Td style={{ overflowWrap: 'anywhere' }}>
                        <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/people/${encodeURIComponent(user_id)}`} />}>
                          {user_id}
                        </Anchor>
                      </Table.Td>
                      <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
                        {project_id}
                      </Table.Td>
                      <Table.Td ta="right">
                        <time dateTime={assigned_at} title={format.time(assigned_at)}>
                          {spanOf(hours_since_assigned * HOUR_MS, format)}
                        </time>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {unopened.hasNextPage && (
                <div>
                  <More of={unopened}>{t.more}</More>
                </div>
              )}
            </>
          )
        }
      </Faces>
    </Section>
  )
}
