import { Badge, NativeSelect, SimpleGrid } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import type { Column } from '../../list/row.tsx'
import { VirtualTable } from '../../list/virtual-table.tsx'
import { useRefresh } from '../../range/refresh.ts'
import { texts } from '../../texts/texts.ts'
import { Empty } from '../../ui/faces.tsx'
import { useFormat, type Format } from '../../ui/format.ts'
import { Section } from '../../ui/section.tsx'
import { UrlField } from '../../ui/url-field.tsx'
import { useSetUrl, useUrl } from '../../url.ts'
import classes from '../events/list.module.css'
import { dayOrText, textOf } from './attributes.ts'

const t = texts.tasks.all
const PAGE = 100
type Task = NonNullable<AnswerOf<'listEntities'>['tasks']>[number]

/** Every task, narrowed by what the address says. */
export function TaskList({ statuses }: { statuses: readonly string[] }) {
  const { slug } = useWorkspace()
  const { status, assignee, project, search } = useUrl()
  const setUrl = useSetUrl()
  const refresh = useRefresh()
  const format = useFormat()
  const navigate = useNavigate()
  const columns = useMemo(() => columnsOf(format), [format])
  const filter = { status, assignee, project_id: project, search }
  const hrefOf = ({ entity_id }: Task): string => `/w/${slug}/tasks/${encodeURIComponent(entity_id)}`
  return (
    <Section open title={t.list} lead={t.listLead}>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs" maw={900}>
        <UrlField name="search" label={t.search} isSearch />
        <NativeSelect
          aria-label={t.status}
          value={status ?? ''}
          data={[{ value: '', label: t.everyStatus }, ...[...new Set([...statuses, ...(status ? [status] : [])])].map((value) => ({ value, label: value }))]}
          onChange={({ currentTarget }) => setUrl({ status: currentTarget.value || undefined })}
        />
        <UrlField name="assignee" label={t.assignee} />
        <UrlField name="project" label={t.project} />
      </SimpleGrid>
      <VirtualTable
        label={t.listLabel}
        columns={columns}
        card={cardOf(format)}
        keyOf={({ entity_id }) => entity_id}
        hrefOf={hrefOf}
        open={(task) => void navigate({ to: hrefOf(task) })}
        page={(cursor) =>
          ask('listEntities', { workspace: slug, params: { entity_type: 'task' }, query: { ...filter, limit: PAGE, ...(cursor ? { cursor } : {}) } })
        }
        pageSize={PAGE}
        rowsOf={({ tasks = [] }) => tasks}
        {...refresh}
        empty={<Empty title={t.emptyTitle}>{t.empty}</Empty>}
      />
    </Section>
  )
}

const titleOf = ({ entity_id, attributes }: Task): string => textOf(attributes['title']) || entity_id

const columnsOf = (format: Format): ReadonlyArray<Column<Task>> => [
  {
    key: 'task',
    head: t.task,
    main: true,
    cell: (task) => (
      <span title={titleOf(task)}>
        {titleOf(task)} <span className={classes['quiet']}>{titleOf(task) === task.entity_id ? '' : task.entity_id}</span>
      </span>
    ),
  },
  {
    key: 'status',
    head: t.status,
    width: '8rem',
    cell: ({ attributes }) =>
      textOf(attributes['status']) && (
        <Badge size="sm" variant="outline" color="gray">
          {textOf(attributes['status'])}
        </Badge>
      ),
  },
  {
    key: 'assignees',
    head: t.assignees,
    width: '13%',
    cell: ({ assignees }) =>
      assignees.length === 0 ? <span className={classes['quiet']}>{t.nobody}</span> : <span title={assignees.join(', ')}>{assignees.join(', ')}</span>,
  },
  { key: 'project', head: t.project, width: '10%', cell: ({ attributes }) => textOf(attributes['project_id']) },
  { key: 'due', head: t.due, width: '8.5rem', cell: ({ attributes }) => dayOrText(attributes['due_date'], format) },
  {
    key: 'changed',
    head: t.changed,
    width: '8.5rem',
    cell: ({ updated_at }) => (
      <time dateTime={updated_at} title={format.time(updated_at)}>
        {format.ago(updated_at)}
      </time>
    ),
  },
]

const cardOf = (format: Format) => (task: Task) => (
  <span className={classes['card']}>
    <span className={classes['line']}>
      <span>{titleOf(task)}</span>
      <span className={classes['quiet']}>{format.ago(task.updated_at)}</span>
    </span>
    <span className={`${classes['line']} ${classes['quiet']}`}>
      <span>{task.assignees.join(', ') || t.nobody}</span>
      <span>{textOf(task.attributes['status'])}</span>
    </span>
  </span>
)
