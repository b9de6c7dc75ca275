import { Button, Group, Menu, NativeSelect, SegmentedControl, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { Question } from '@cairn/wire/questions/question'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useRef, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { isOverTime, useAnnotations } from '../questions/annotations.ts'
import { AnswerChart } from '../questions/answer.tsx'
import { askedFor, chartOf, chartsOf } from '../questions/charts.ts'
import { ExportItems } from '../questions/export.tsx'
import { asked, FIRST, readFigure, readQuestion } from '../questions/question.ts'
import { askQuestion, inRange, type Answer } from '../questions/use-answer.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { useRange } from '../range/use-range.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { Annotations } from './explorer/annotations.tsx'
import { Builder } from './explorer/builder.tsx'
import classes from './explorer/explorer.module.css'
import type { Saved } from './explorer/save.tsx'

const t = texts.insights
const CallAndSql = lazy(() => import('./explorer/call.tsx').then(({ CallAndSql }) => ({ default: CallAndSql })))
const SaveInsight = lazy(() => import('./explorer/save.tsx').then(({ SaveInsight }) => ({ default: SaveInsight })))
const AddToBoard = lazy(() => import('./explorer/add-to-board.tsx').then(({ AddToBoard }) => ({ default: AddToBoard })))
const BehindFigure = lazy(() => import('../questions/behind.tsx').then(({ BehindFigure }) => ({ default: BehindFigure })))
/** Between two changes of somebody who is choosing. */
const CHOOSING_MS = 250

/** Asks any question: built beside its answer, which changes with it. The whole of it is in the address; of an insight what is changed of it. */
export function Explorer({ saved }: { saved?: Saved }) {
  const { slug } = useWorkspace()
  const types = useQuery(ask('listTypes', { workspace: slug }))
  const url = useUrl()
  const setUrl = useSetUrl()
  const { q } = url
  const question = useMemo(() => readQuestion(q) ?? saved?.question ?? FIRST, [q, saved])
  const change = (next: Question): void =>
    setUrl(
      { q: JSON.stringify(next), chart: chartOf(next.kind, url['chart']) === url['chart'] ? url['chart'] : undefined, figure: undefined },
      { replace: next.kind === question.kind },
    )
  return (
    <Screen
      title={saved?.name ?? t.explorer.title}
      lead={saved?.description || t.kindHints[question.kind]}
      actions={<RangeControl compares={question.kind === 'trends'} />}
    >
      <Faces of={types} waiting={<Waiting rows={3} height={140} />}>
        {({ types: seen }) =>
          seen.length === 0 ? (
            <Empty title={t.explorer.empty} action={<Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/start`} />}>{t.explorer.start}</Button>}>
              {t.explorer.emptyText}
            </Empty>
          ) : (
            <div className={classes['page']}>
              <Builder question={question} change={change} />
              <AnswerPart question={question} saved={saved} isChanged={q !== undefined} />
            </div>
          )
        }
      </Faces>
    </Screen>
  )
}

function AnswerPart({ question, saved, isChanged }: { question: Question; saved: Saved | undefined; isChanged: boolean }) {
  const { slug, may } = useWorkspace()
  const [kept, setKept] = useState<'saved' | 'board'>()
  const range = useRange()
  const { chart: named, figure } = useUrl()
  const setUrl = useSetUrl()
  const refresh = useRefresh()
  const complete = useMemo(() => {
    const whole = asked(question)
    return whole && askedFor(inRange(whole, range), chartOf(whole.kind, named))
  }, [question, range, named])
  const [settled] = useDebouncedValue(complete, CHOOSING_MS)
  const answer = useQuery({ ...askQuestion(slug, settled ?? FIRST), ...refresh, enabled: settled !== undefined })
  const chart = chartOf(question.kind, named)
  // An interval that nobody chose follows the range in which it is asked next.
  const lasting =
    settled?.kind === 'trends' && question.kind === 'trends' ? { ...settled, interval: chart === 'hours' ? ('hour' as const) : question.interval } : settled
  const drawn = useRef<HTMLDivElement>(null)
  const opened = readFigure(figure)
  const isTimed = isOverTime(question.kind, chart)
  const annotations = useAnnotations(isTimed)
  const isOld = answer.isPlaceholderData || settled !== complete
  const charts = chartsOf[question.kind]
  // An answer of another kind is on its way out.
  const fits = answer.data?.kind === question.kind
  return (
    <Stack gap="sm" className={`${classes['part']} ${classes['sticky']}`} component="section" aria-label={t.explorer.answer}>
      <Group justify="space-between" gap="xs">
        {charts.length > 1 ? (
          <>
            <SegmentedControl
              size="xs"
              visibleFrom="sm"
              aria-label={t.explorer.chart}
              value={chart}
              data={charts.map((value) => ({ value, label: t.charts[value] }))}
              onChange={(value) => setUrl({ chart: value })}
            />
            <NativeSelect
              hiddenFrom="sm"
              aria-label={t.explorer.chart}
              value={chart}
              data={charts.map((value) => ({ value, label: t.charts[value] }))}
              onChange={({ currentTarget }) => setUrl({ chart: currentTarget.value })}
            />
          </>
        ) : (
          <span />
        )}
        <Group gap={6} ml="auto">
          {may('analyst') && (
            <>
              <Button size="xs" disabled={!settled} onClick={() => setKept('saved')}>
                {t.save.open}
              </Button>
              <Button size="xs" variant="default" disabled={!settled} onClick={() => setKept('board')}>
                {t.toBoard.open}
              </Button>
            </>
          )}
          <Actions answer={answer.data} question={settled} drawn={() => drawn.current} />
        </Group>
      </Group>
      <div className={classes['answer']} data-old={isOld || undefined} aria-busy={isOld && settled !== undefined}>
        {settled === undefined ? (
          <Text c="dimmed">{t.explorer.incomplete}</Text>
        ) : (
          <Faces of={fits || answer.error ? answer : { ...answer, data: undefined }} waiting={<Waiting rows={1} height={400} />}>
            {(data) => (
              <div ref={drawn}>
                <AnswerChart
                  key={data.kind}
                  question={settled}
                  answer={data}
                  chart={chart}
                  annotations={annotations}
                  press={question.kind === 'sql' ? undefined : (pressed) => setUrl({ figure: JSON.stringify(pressed) })}
                />
              </div>
            )}
          </Faces>
        )}
      </div>
      {isTimed && settled && <Annotations annotations={annotations} />}
      {answer.data && <Counted answer={answer.data} />}
      <Suspense>
        {kept === 'saved' && lasting && <SaveInsight question={lasting} saved={saved} close={() => setKept(undefined)} />}
        {kept === 'board' && lasting && <AddToBoard question={lasting} chart={chart} saved={isChanged ? undefined : saved} close={() => setKept(undefined)} />}
      </Suspense>
      <Suspense>{opened && settled && <BehindFigure question={settled} figure={opened} close={() => setUrl({ figure: undefined })} />}</Suspense>
    </Stack>
  )
}

/** What can be taken away from here. */
function Actions({ answer, question, drawn }: { answer: Answer | undefined; question: Question | undefined; drawn: () => Element | null }) {
  const [isCall, setCall] = useState(false)
  return (
    <Group gap={6}>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" disabled={!answer} leftSection={<Icon name="download" size={14} />}>
            {t.explorer.export}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <ExportItems answer={answer} drawn={drawn} name={question?.kind ?? 'chart'} />
        </Menu.Dropdown>
      </Menu>
      <Button size="xs" variant="default" disabled={!question} onClick={() => setCall(true)}>
        {t.explorer.call}
      </Button>
      <Suspense>{isCall && question && <CallAndSql question={question} close={() => setCall(false)} />}</Suspense>
    </Group>
  )
}

/** How the figures came about. */
function Counted({ answer: { meta } }: { answer: Answer }) {
  const { number, time, duration } = useFormat()
  return (
    <Text size="xs" c="dimmed" maw="90ch">
      {meta.definition}{' '}
      {t.explorer.counted(meta.timezone, time(meta.fresh_to), number(meta.rows_read), meta.cached ? t.explorer.kept : duration(meta.elapsed_ms))}
      {!meta.exact && ` ${t.explorer.inexact}`}
    </Text>
  )
}
