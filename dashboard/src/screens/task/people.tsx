import { Anchor, Badge, Table, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { TableRegion } from '../../ui/table-region.tsx'
import { When } from '../../ui/when.tsx'
import type { TaskAnswer } from '../task.tsx'
import { Part } from './part.tsx'

const t = texts.tasks.one
type Answer = AnswerOf<'engagement'>
type State = keyof typeof t.states

const stateOf = ({ viewed_by, not_tracked }: Answer, { user_id, unassigned_at, rejected_at }: Answer['engagement'][number]): State => {
  if (rejected_at !== null) return 'rejected'
  if (unassigned_at !== null) return 'former'
  return viewed_by.includes(user_id) ? 'viewed' : not_tracked.includes(user_id) ? 'not_tracked' : 'unopened'
}
const colours: Record<State, string> = { viewed: 'moss', unopened: 'orange', not_tracked: 'gray', rejected: 'red', former: 'gray' }

export function Who({ id }: { id: string }) {
  const { slug } = useWorkspace()
  return (
    <Anchor size="sm" style={{ overflowWrap: 'break-word' }} renderRoot={(props) => <Link {...props} to={`/w/${slug}/people/${encodeURIComponent(id)}`} />}>
      {id}
    </Anchor>
  )
}

/** Who viewed it when, how often and how long, and who has not. */
export function Engagement({ task: { entity_id } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const engagement = useQuery(ask('engagement', { workspace: slug, params: { entity_type: 'task', entity_id } }))
  return (
    <Part title={t.people}>
      <Faces of={engagement} waiting={<Waiting rows={3} />}>
        {(answer) => <Engaged {...answer} />}
      </Faces>
    </Part>
  )
}

function Engaged(answer: Answer) {
  const { number, duration } = useFormat()
  const { engagement, viewed_by, not_tracked } = answer
  const others = viewed_by.filter((id) => !engagement.some(({ user_id }) => user_id === id))
  return (
    <>
      {engagement.length === 0 ? (
        <Text c="dimmed">{t.nobody}</Text>
      ) : (
        <TableRegion label={t.people} minWidth={580}>
          <Table aria-label={t.people} horizontalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t.who}</Table.Th>
                <Table.Th scope="col">{t.state}</Table.Th>
                <Table.Th scope="col">{t.first}</Table.Th>
                <Table.Th scope="col" ta="right">
                  {t.views}
                </Table.Th>
                <Table.Th scope="col" ta="right">
                  {t.time}
                </Table.Th>
                <Table.Th scope="col" ta="right">
                  {t.comments}
                </Table.Th>
                <Table.Th scope="col">{t.last}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {engagement.map((row) => (
                <Table.Tr key={row.user_id}>
                  <Table.Th scope="row" fw={400}>
                    <Who id={row.user_id} />
                  </Table.Th>
                  <Table.Td>
                    <Badge size="sm" color={colours[stateOf(answer, row)]}>
                      {t.states[stateOf(answer, row)]}
                    </Badge>
                  </Table.Td>
                  <Table.Td>{row.first_viewed_at ? <When at={row.first_viewed_at} /> : t.never}</Table.Td>
                  <Table.Td ta="right">{number(row.view_count)}</Table.Td>
                  <Table.Td ta="right">{duration(row.view_seconds * 1_000)}</Table.Td>
                  <Table.Td ta="right">{number(row.comments)}</Table.Td>
                  <Table.Td>{row.last_activity_at ? <When at={row.last_activity_at} /> : t.never}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </TableRegion>
      )}
      {others.length > 0 && <Text size="sm">{t.others(others.join(', '))}</Text>}
      {not_tracked.length > 0 && (
        <Text size="xs" c="dimmed">
          {t.notTracked}
        </Text>
      )}
    </>
  )
}

/** From when to when who was assigned. */
export function Assignments({ task: { assignments } }: { task: TaskAnswer }) {
  const { time } = useFormat()
  if (assignments.length === 0) return null
  return (
    <Part title={t.history}>
      <TableRegion label={t.history} minWidth={480}>
        <Table aria-label={t.history} horizontalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t.who}</Table.Th>
              <Table.Th scope="col">{t.from}</Table.Th>
              <Table.Th scope="col">{t.until}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {assignments.map(({ user_id, assigned_at, unassigned_at, why }) => (
              <Table.Tr key={`${user_id} ${assigned_at}`}>
                <Table.Th scope="row" fw={400}>
                  <Who id={user_id} />
                </Table.Th>
                <Table.Td>{time(assigned_at)}</Table.Td>
                <Table.Td>{unassigned_at === null ? t.today : [time(unassigned_at), why && t.why[why]].filter(Boolean).join(', ')}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </TableRegion>
    </Part>
  )
}
