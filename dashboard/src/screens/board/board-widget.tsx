import { ActionIcon, Menu } from '@mantine/core'
import type { Filter, Question, QuestionKind } from '@cairn/wire/questions/question'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { isOverTime, useAnnotations } from '../../questions/annotations.ts'
import { askedFor, chartOf } from '../../questions/charts.ts'
import { asked, filtersOf, readFigure } from '../../questions/question.ts'
import { askQuestion, inRange } from '../../questions/use-answer.ts'
import { useRange } from '../../range/use-range.ts'
import { useSetUrl, useUrl } from '../../url.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { saidFailure } from '../../ui/notice.ts'
import type { Board } from '../board.tsx'
import classes from './board.module.css'
import { AnsweredWidget, Frame, LiveWidget, Remove, TextWidget } from './widget.tsx'

const t = texts.boards.widget
const EditWidget = lazy(() => import('./edit-widget.tsx').then(({ EditWidget }) => ({ default: EditWidget })))
const BehindFigure = lazy(() => import('../../questions/behind.tsx').then(({ BehindFigure }) => ({ default: BehindFigure })))

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
  const [isEdited, setEdited] = useState(false)
  const change = <Menu.Item onClick={() => setEdited(true)}>{texts.boards.change.open}</Menu.Item>
  const more = may('analyst') ? (
    <>
      {change}
      <Remove remove={() => remove.mutate()} />
    </>
  ) : undefined
  const dialog = (kind?: QuestionKind) => (
    <Suspense>{isEdited && <EditWidget board={board} widget={widget} {...(kind ? { kind } : {})} close={() => setEdited(false)} />}</Suspense>
  )
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
      return (
        <>
          <TextWidget title={title} text={widget.text ?? ''} menu={menu} />
          {dialog()}
        </>
      )
    case 'live':
      return (
        <>
          <LiveWidget workspace={workspace} title={title} menu={menu} />
          {dialog()}
        </>
      )
    case 'insight':
      return <InsightWidget board={board} widget={widget} filters={filters} more={more} dialog={dialog} />
    case 'question':
      return widget.question ? (
        <Asked board={board} question={widget.question} widget={widget} title={title} filters={filters} more={more} dialog={dialog} />
      ) : null
    default:
      return widget.type satisfies never
  }
}

interface Menued extends Props {
  more: ReactNode
  /** Where it is changed, while it is. */
  dialog: (kind?: QuestionKind) => ReactNode
}

function InsightWidget(of: Menued) {
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
  return <Asked {...of} question={insight.data.question} title={title || insight.data.name} insight={insight.data.id} />
}

const SECOND_MS = 1_000

function Asked({ board, widget, question, title, filters, insight, more, dialog }: Menued & { question: Question; title: string; insight?: string }) {
  const { slug } = useWorkspace()
  const range = useRange()
  const { live, widget: opened, figure } = useUrl()
  const setUrl = useSetUrl()
  const narrowed = question.kind === 'sql' || filters.length === 0 ? question : { ...question, filters: filtersOf([...(question.filters ?? []), ...filters]) }
  const complete = askedFor(inRange(asked(narrowed) ?? narrowed, range), chartOf(question.kind, widget.chart))
  const every = live ? 10 : board.refresh_seconds
  const answer = useQuery({ ...askQuestion(slug, complete), refetchInterval: every === null ? false : every * SECOND_MS })
  const to = insight === undefined ? `/w/${slug}/insights/new` : `/w/${slug}/insights/${insight}`
  const where = {
    ...(range.key === 'custom' ? { range: range.key, from: range.from, to: range.to } : { range: range.key }),
    ...(widget.chart ? { chart: widget.chart } : {}),
  }
  const search = insight === undefined || filters.length > 0 ? { ...where, q: JSON.stringify(narrowed) } : where
  const annotations = useAnnotations(isOverTime(question.kind, chartOf(question.kind, widget.chart)))
  const shown = opened === widget.id ? readFigure(figure) : undefined
  return (
    <>
      <AnsweredWidget
        title={title}
        chart={widget.chart}
        question={complete}
        answer={answer}
        annotations={annotations}
        press={question.kind === 'sql' ? undefined : (pressed) => setUrl({ widget: widget.id, figure: JSON.stringify(pressed) })}
        explore={<Menu.Item renderRoot={(props) => <Link {...props} to={to} search={search} />}>{t.explore}</Menu.Item>}
        more={more}
      />
      {dialog(question.kind)}
      <Suspense>{shown && <BehindFigure question={complete} figure={shown} close={() => setUrl({ widget: undefined, figure: undefined })} />}</Suspense>
    </>
  )
}
