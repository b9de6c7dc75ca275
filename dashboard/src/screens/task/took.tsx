import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { useMinute } from '../../range/use-range.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import type { TaskAnswer } from '../task.tsx'
import { momentOf, textOf } from '../tasks/attributes.ts'
import { spanOf } from '../tasks/span.ts'
import { Part } from './part.tsx'

const t = texts.tasks.one

/** From start to completion, and what that usually takes; nothing where the host told of no start. */
export function Took({ task: { attributes } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const format = useFormat()
  const minute = useMinute()
  const start = momentOf(attributes['start_date'])
  const end = momentOf(attributes['completed_at'])
  const type = textOf(attributes['type'])
  const usual = useQuery({
    ...ask('durations', { workspace: slug, params: { entity_type: 'task' }, query: { from: 'start_date', to: 'completed_at', by: 'type' } }),
    enabled: start !== undefined,
  })
  if (start === undefined) return null
  const ms = Math.max(0, (end === undefined ? minute : Date.parse(end)) - Date.parse(start))
  return (
    <Part title={t.took}>
      <Text size="sm" fw={550}>
        {end === undefined ? t.soFar(spanOf(ms, format)) : t.tookOf(spanOf(ms, format))}
      </Text>
      <Faces of={usual} waiting={<Waiting rows={2} />}>
        {({ total, groups }) => {
          const own = groups.find(({ group, count }) => group === type && count > 0)
          const { count, median_seconds: median, p90_seconds: p90 } = own ?? total
          return (
            <Text size="sm" c="dimmed">
              {median === null || p90 === null
                ? t.noUsual
                : t.usual(own ? t.ofType(type) : t.ofAll, spanOf(median * 1_000, format), spanOf(p90 * 1_000, format), format.number(count))}
            </Text>
          )
        }}
      </Faces>
    </Part>
  )
}
