import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import type { TaskAnswer } from '../task.tsx'
import { reasonOf } from '../tasks/reason.ts'
import { Part } from './part.tsx'
import { Who } from './people.tsx'

const t = texts.tasks.one

/** Who has turned it down, and why. */
export function Rejections({ task: { entity_id } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const { time } = useFormat()
  const rejections = useQuery(ask('listRejections', { workspace: slug, params: { entity_type: 'task', entity_id } }))
  return (
    <Part title={t.rejections}>
      <Faces of={rejections} waiting={<Waiting rows={2} />}>
        {(answer) => (
          <Stack gap="xs">
            {answer.rejections.map(({ user_id, reason, rejection_note, rejected_at }) => (
              <div key={`${user_id} ${rejected_at}`}>
                <Group gap="xs" align="baseline">
                  <Who id={user_id} />
                  <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                    {reason ? reasonOf(reason) : t.noReason}
                  </Text>
                </Group>
                {rejection_note && (
                  <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {rejection_note}
                  </Text>
                )}
                <Text size="xs" c="dimmed">
                  {time(rejected_at)}
                </Text>
              </div>
            ))}
          </Stack>
        )}
      </Faces>
    </Part>
  )
}
