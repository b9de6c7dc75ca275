import { ActionIcon, Menu } from '@mantine/core'
import type { Filter, Question } from '@cairn/wire/questions/question'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { asked, filtersOf } from '../../questions/question.ts'
import { askQuestion, inRange } from '../../questions/use-answer.ts'
import { useRange } from '../../range/use-range.ts'
import { useUrl } from '../../url.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { saidFailure } from '../../ui/notice.ts'
import type { Board } from '../board.tsx'
import classes from './board.module.css'
import { AnsweredWidget, Frame, LiveWidget, Remove, TextWidget } from './widget.tsx'

const t = texts.boards.widget

interface Props {
  board: Board
  widget: Board['widgets'][number]
  filters: readonly Filter[]
}

/** A widget of a board by its type. */
export function BoardWidget({ board, widget, filters }: Props) {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => call('deleteWidget', { workspace, params: { id: board.id, widget_id: widget.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['getDashboard'] }),
    onError: saidFailure,
  })
  const { title = '' } = widget
  const more = may('analyst') ? <Remove remove={() => remove.mutate()} /> : undefined
  const menu = more && (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t.menu(title || t.untitled)} className={classes['noFull'] ?? ''}>
          <span aria-hidden="true">⋯</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{more}</Menu.Dropdown>
    </Menu>
  )
  switch (widget.type) {
    case 'text':
      return <TextWidget title={title} text={widget.text ?? ''} menu={menu} />
    case 'live':
      return <LiveWidget workspace={workspace} title={title} menu={menu} />
    case 'insight':
      return <InsightWidget board={board} widget={widget} filters={filters} more={more} />
    case 'question':
      return widget.question ? <Asked board={board} question={widget.question} widget={widget} title={title} filters={filters} more={more} /> : null
    default:
      return widget.type satisfies never
  }
}

function InsightWidget({ more, ...of }: Props & { more: React.ReactNode }) {
  const { slug } = useWorkspace()
  const insight = useQuery(ask('getInsight', { workspace: slug, params: { id: of.widget.insight_id ?? '' } }))
  const { title = '' } = of.widget
  if (!insight.data)
    return (
      <Frame title={title}>
        <Faces of={insight} waiting={<Waiting rows={1} height={120} />}>
          {() => null}
        </Faces>
      </Frame>
    )
  return <Asked {...of} question={insight.data.question} title={title || insight.data.name} insight={insight.data.id} more={more} />
}

const SECOND_MS = 1_000

function Asked({
  board,
  widget,
  question,
  title,
  filters,
  insight,
  more,
}: Props & { question: Question; title: string; insight?: string; more: React.ReactNode }) {
  const { slug } = useWorkspace()
  const range = useRange()
  const { live } = useUrl()
  const narrowed = question.kind === 'sql' || filters.length === 0 ? question : { ...question, filters: filtersOf([...(question.filters ?? []), ...filters]) }
  const complete = inRange(asked(narrowed) ?? narrowed, range)
  const every = live ? 10 : board.refresh_seconds
  const answer = useQuery({ ...askQuestion(slug, complete), refetchInterval: every === null ? false : every * SECOND_MS })
  const to = insight === undefined ? `/w/${slug}/insights/new` : `/w/${slug}/insights/${insight}`
  const where = {
    ...(range.key === 'custom' ? { range: range.key, from: range.from, to: range.to } : { range: range.key }),
    ...(widget.chart ? { chart: widget.chart } : {}),
  }
  const search = insight === undefined || filters.length > 0 ? { ...where, q: JSON.stringify(narrowed) } : where
  return (
    <AnsweredWidget
      title={title}
      chart={widget.chart}
      question={complete}
      answer={answer}
      more={
        <>
          <Menu.Item renderRoot={(props) => <Link {...props} to={to} search={search} />}>{t.explore}</Menu.Item>
          {more}
        </>
      }
    />
  )
}
