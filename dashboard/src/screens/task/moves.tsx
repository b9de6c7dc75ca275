import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import type { TaskAnswer } from '../task.tsx'
import { spanOf } from '../tasks/span.ts'
import { Part } from './part.tsx'

const t = texts.tasks.one

/** Which status followed which, and after how long. */
export function Moves({ task: { entity_id } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const format = useFormat()
  const moves = useQuery(ask('transitions', { workspace: slug, params: { entity_type: 'task' }, query: { entity_id } }))
  return (
    <Part title={t.moves} lead={t.movesLead}>
      <Faces of={moves} waiting={<Waiting rows={2} />}>
        {({ transitions }) =>
          transitions.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t.noMoves}
            </Text>
          ) : (
            <Table aria-label={t.moves} verticalSpacing={4} horizontalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t.from}</Table.Th>
                  <Table.Th scope="col">{t.to}</Table.Th>
                  <Table.Th scope="col" ta="right">
                    {t.after}
                  </Table.Th>
                  <Table.Th scope="col" ta="right">
                    {t.times}
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {transitions.map(({ from, to, count, median_seconds }) => (
                  <Table.Tr key={`${from} ${to}`}>
                    <Table.Td>{from || texts.shell.faces.none}</Table.Td>
                    <Table.Td>{to || texts.shell.faces.none}</Table.Td>
                    <Table.Td ta="right">{spanOf(median_seconds * 1_000, format)}</Table.Td>
                    <Table.Td ta="right">{format.number(count)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Faces>
    </Part>
  )
}
