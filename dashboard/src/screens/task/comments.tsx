import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { Behind } from '../../charts/behind.tsx'
import { Sparkline } from '../../charts/sparkline.tsx'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import type { TaskAnswer } from '../task.tsx'
import { Part } from './part.tsx'

const t = texts.tasks.one

/** Comments by day. */
export function Comments({ task: { entity_id } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const { day, number, zone } = useFormat()
  const trend = useQuery(ask('commentTrend', { workspace: slug, params: { entity_type: 'task', entity_id }, query: { timezone: zone } }))
  return (
    <Part title={t.trend} lead={t.trendLead}>
      <Faces of={trend} waiting={<Waiting rows={2} />}>
        {({ total, comments_by_day }) => {
          const days = Object.entries(comments_by_day)
          if (total === 0)
            return (
              <Text size="sm" c="dimmed">
                {t.noComments}
              </Text>
            )
          return (
            <div>
              <Group gap="md" align="flex-end">
                <Text fw={650} size="xl" lh={1}>
                  {number(total)}
                </Text>
                <Sparkline values={days.map(([, count]) => count)} width={200} height={36} />
              </Group>
              <Behind label={t.trend}>
                <thead>
                  <tr>
                    <th scope="col">{t.day}</th>
                    <th scope="col">{t.comments}</th>
                  </tr>
                </thead>
                <tbody>
                  {days.map(([name, count]) => (
                    <tr key={name}>
                      <th scope="row">{day(name)}</th>
                      <td>{number(count)}</td>
                    </tr>
                  ))}
                </tbody>
              </Behind>
            </div>
          )
        }}
      </Faces>
    </Part>
  )
}
