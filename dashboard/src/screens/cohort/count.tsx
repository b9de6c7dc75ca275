import { Anchor, Group, Text } from '@mantine/core'
import type { Question } from '@cairn/wire/questions/question'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { askQuestion } from '../../questions/use-answer.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { Card } from '../overview/card.tsx'

const t = texts.boards.cohorts

/** How many belong to a cohort, and the way to what they do. */
export function CohortCount({ id }: { id: string }) {
  const { slug } = useWorkspace()
  const { number } = useFormat()
  const series = [{ any: true as const, math: 'unique_users' }]
  const filters = [{ op: 'in_cohort' as const, value: id }]
  const count = useQuery(askQuestion(slug, { kind: 'trends', range: 'all', interval: 'month', series, filters }))
  const explored: Question = { kind: 'trends', series, filters }
  return (
    <Faces of={count} waiting={<Waiting rows={1} height={104} />}>
      {(answer) => (
        <Group align="stretch">
          <Card label={t.count} value={number(answer.kind === 'trends' ? (answer.series[0]?.total ?? 0) : 0)}>
            {t.counted}
            <Text component="span" size="xs" display="block">
              <Anchor inherit renderRoot={(props) => <Link {...props} to={`/w/${slug}/insights/new`} search={{ q: JSON.stringify(explored), range: '30d' }} />}>
                {t.explore}
              </Anchor>
            </Text>
          </Card>
        </Group>
      )}
    </Faces>
  )
}
