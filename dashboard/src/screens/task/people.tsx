import { Anchor, Badge, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat, type Format } from '../../ui/format.ts'
import { Records, type Field } from '../../ui/records.tsx'
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
  const format = useFormat()
  const { engagement, viewed_by, not_tracked } = answer
  const others = viewed_by.filter((id) => !engagement.some(({ user_id }) => user_id === id))
  return (
    <>
      {engagement.length === 0 ? (
        <Text c="dimmed">{t.nobody}</Text>
      ) : (
        <Records label={t.people} minWidth={580} of={engagement} keyOf={({ user_id }) => user_id} fields={fieldsOf(answer, format)} />
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
  const format = useFormat()
  if (assignments.length === 0) return null
  return (
    <Part title={t.history}>
      <Records
        label={t.history}
        minWidth={480}
        of={assignments}
        keyOf={({ user_id, assigned_at }) => `${user_id} ${assigned_at}`}
        fields={assignmentFields(format)}
      />
    </Part>
  )
}

const fieldsOf = (answer: Answer, { number, duration }: Format): ReadonlyArray<Field<Answer['engagement'][number]>> => [
  { head: t.who, cell: ({ user_id }) => <Who id={user_id} /> },
  {
    head: t.state,
    cell: (row) => (
      <Badge size="sm" miw="max-content" color={colours[stateOf(answer, row)]}>
        {t.states[stateOf(answer, row)]}
      </Badge>
    ),
  },
  { head: t.first, cell: ({ first_viewed_at }) => (first_viewed_at ? <When at={first_viewed_at} /> : t.never) },
  { head: t.views, right: true, cell: ({ view_count }) => number(view_count) },
  { head: t.time, right: true, cell: ({ view_seconds }) => duration(view_seconds * 1_000) },
  { head: t.comments, right: true, cell: ({ comments }) => number(comments) },
  { head: t.last, cell: ({ last_activity_at }) => (last_activity_at ? <When at={last_activity_at} /> : t.never) },
]

const assignmentFields = ({ time }: Format): ReadonlyArray<Field<TaskAnswer['assignments'][number]>> => [
  { head: t.who, cell: ({ user_id }) => <Who id={user_id} /> },
  { head: t.from, cell: ({ assigned_at }) => time(assigned_at) },
  {
    head: t.until,
    cell: ({ unassigned_at, why }) => (unassigned_at === null ? t.today : [time(unassigned_at), why && t.why[why]].filter(Boolean).join(', ')),
  },
]
