import { Anchor, Stack } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useWorkspace } from '../account.tsx'
import { ApiError } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Copy } from '../ui/copy.tsx'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { Screen } from '../ui/screen.tsx'
import classes from './person/person.module.css'
import { Comments } from './task/comments.tsx'
import { Facts } from './task/facts.tsx'
import { Moves } from './task/moves.tsx'
import { Assignments, Engagement } from './task/people.tsx'
import { Rejections } from './task/rejections.tsx'
import { Timeline } from './task/timeline.tsx'
import { Took } from './task/took.tsx'
import { textOf } from './tasks/attributes.ts'

const t = texts.tasks.one
export type TaskAnswer = AnswerOf<'getEntity'>

/** One task: what it is, what its assignees have done with it, and how it went. */
export function Task() {
  const { task: id } = useParams({ strict: false }) as { task: string }
  const { slug } = useWorkspace()
  const task = useQuery({ ...ask('getEntity', { workspace: slug, params: { entity_type: 'task', entity_id: id } }), placeholderData: undefined })
  const back = (
    <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/tasks`} />}>
      {t.back}
    </Anchor>
  )
  if (task.error instanceof ApiError && task.error.status === 404 && !task.data)
    return (
      <Screen title={id}>
        <Empty title={t.missing} action={back}>
          {t.missingHint}
        </Empty>
      </Screen>
    )
  return (
    <Screen title={textOf(task.data?.attributes['title']) || id} lead={back} actions={<Copy value={id} label={t.id} />}>
      <Faces of={task} waiting={<Waiting rows={8} height={56} />}>
        {(answer) => (
          <div className={classes['page']}>
            <Stack gap="md">
              <Facts task={answer} />
              <Took task={answer} />
              <Moves task={answer} />
              <Comments task={answer} />
            </Stack>
            <Stack gap="md" miw={0}>
              <Engagement task={answer} />
              <Assignments task={answer} />
              {answer.assignments.some(({ why }) => why === 'rejected') && <Rejections task={answer} />}
              <Timeline task={answer} />
            </Stack>
          </div>
        )}
      </Faces>
    </Screen>
  )
}
