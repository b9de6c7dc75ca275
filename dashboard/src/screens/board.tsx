import { Button, Group, Menu, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import type { Filter } from '@cairn/wire/questions/question'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { ApiError, call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { RangeControl } from '../range/range-control.tsx'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { saidFailure } from '../ui/notice.ts'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import classes from './board/board.module.css'
import { BoardWidget } from './board/board-widget.tsx'
import { Grid } from './board/grid.tsx'
import type { Place } from './board/places.ts'
import { rangeInUrl } from './board/range-of.ts'

const t = texts.boards
const ShareBoard = lazy(() => import('./board/share.tsx').then(({ ShareBoard }) => ({ default: ShareBoard })))
const BoardSettings = lazy(() => import('./board/settings.tsx').then(({ BoardSettings }) => ({ default: BoardSettings })))
const BoardFilters = lazy(() => import('./board/filters.tsx').then(({ BoardFilters }) => ({ default: BoardFilters })))
const EditWidget = lazy(() => import('./board/edit-widget.tsx').then(({ EditWidget }) => ({ default: EditWidget })))

export type Board = AnswerOf<'getDashboard'>
type Opened = 'share' | 'settings' | 'filters' | 'text'

/** A dashboard: its widgets on a grid, asked in the range and with the filters of the address, else in its own. */
export function BoardScreen() {
  const { slug } = useWorkspace()
  const { board: id } = useParams({ strict: false }) as { board: string }
  const board = useQuery(ask('getDashboard', { workspace: slug, params: { id } }))
  if (board.data?.id === id) return <Shown key={id} board={board.data} />
  return (
    <Screen title={t.title}>
      <Faces of={{ ...board, data: undefined }} waiting={<Waiting rows={3} height={220} />}>
        {() => null}
      </Faces>
    </Screen>
  )
}

function Shown({ board }: { board: Board }) {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const url = useUrl()
  const setUrl = useSetUrl()
  const [opened, setOpened] = useState<Opened>()
  const [refreshed, setRefreshed] = useState(0)
  const frame = useRef<HTMLDivElement>(null)
  const mayChange = may('analyst')
  const isEdited = mayChange && url['edit'] !== undefined
  const filters = useMemo(() => readFilters(url['filters']) ?? board.filters, [url, board.filters])
  const own = rangeInUrl(board.range, board.compare)
  const ownRange = JSON.stringify(own)
  const isRangeSaid = url['range'] !== undefined
  useEffect(() => {
    // The board's own range stands in the address, where it can be shifted and shared.
    if (!isRangeSaid && ownRange !== '{}') setUrl(JSON.parse(ownRange) as typeof own, { replace: true })
    // The address is followed only where it says no range.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [isRangeSaid, ownRange])

  const key = ask('getDashboard', { workspace, params: { id: board.id } }).queryKey
  const layout = useMutation({
    mutationFn: (places: readonly Place[]) => {
      const { version } = queries.getQueryData<Board>(key) ?? board
      return call('putLayout', { workspace, params: { id: board.id }, body: { version, layout: places.map(({ id, x, y, w, h }) => ({ id, x, y, w, h })) } })
    },
    // One after the other: each has the version that the one before it made.
    scope: { id: `layout ${board.id}` },
    onSuccess: (saved, places) => {
      // What was moved since stays where it was put.
      queries.setQueryData<Board>(key, (now) => (now && isLaidOut(now, places) ? saved : now && { ...now, version: saved.version }))
    },
    onError: async (error) => {
      saidFailure(error instanceof ApiError && error.status === 409 ? new ApiError(409, { message: t.faster }) : error)
      await queries.invalidateQueries({ queryKey: key })
    },
  })
  const arrange = (places: readonly Place[]): void => {
    const at = new Map(places.map(({ id, x, y, w, h }) => [id, { x, y, w, h }]))
    queries.setQueryData<Board>(key, (now = board) => ({ ...now, widgets: now.widgets.map((widget) => ({ ...widget, ...at.get(widget.id) })) }))
    layout.mutate(places)
  }
  const refresh = (): void => {
    setRefreshed(refreshed + 1)
    void queries.invalidateQueries({ queryKey: ['query', workspace] })
  }
  const names = new Map(board.widgets.map((widget) => [widget.id, widget.title || (widget.type === 'text' ? t.widget.text : t.widget.untitled)]))
  const close = (): void => setOpened(undefined)
  return (
    <Screen title={board.name} lead={board.description} actions={<RangeControl compares />}>
      <Group gap={6} justify="space-between">
        <Group gap={6}>
          <Button size="xs" variant={filters.length > 0 ? 'light' : 'default'} onClick={() => setOpened('filters')}>
            {filters.length === 0 ? t.filters.open : t.filters.count(filters.length)}
          </Button>
          <Button size="xs" variant="default" onClick={refresh}>
            {t.refresh}
          </Button>
          <Button size="xs" variant="default" onClick={() => void frame.current?.requestFullscreen()}>
            {t.full}
          </Button>
        </Group>
        {mayChange && (
          <Group gap={6}>
            {board.widgets.length > 0 && (
              <Button
                size="xs"
                variant={isEdited ? 'filled' : 'default'}
                aria-pressed={isEdited}
                visibleFrom="sm"
                onClick={() => setUrl({ edit: isEdited ? undefined : '1' }, { replace: true })}
              >
                {isEdited ? t.editDone : t.edit}
              </Button>
            )}
            <Button size="xs" variant="default" onClick={() => setOpened('share')}>
              {t.share.open}
            </Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button size="xs" variant="default">
                  {t.add.open}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item renderRoot={(props) => <Link {...props} to={`/w/${workspace}/insights/new`} />}>{t.add.question}</Menu.Item>
                <Menu.Item renderRoot={(props) => <Link {...props} to={`/w/${workspace}/insights`} />}>{t.add.insight}</Menu.Item>
                <Menu.Item onClick={() => setOpened('text')}>{t.add.text}</Menu.Item>
                <Menu.Item
                  onClick={() =>
                    void call('addWidget', { workspace, params: { id: board.id }, body: { type: 'live', w: 4, h: 4 } }).then(
                      () => queries.invalidateQueries({ queryKey: key }),
                      saidFailure,
                    )
                  }
                >
                  {t.add.live}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
            <Button size="xs" variant="default" onClick={() => setOpened('settings')}>
              {t.settings.open}
            </Button>
          </Group>
        )}
      </Group>
      {board.widgets.length === 0 ? (
        <Empty
          title={t.empty}
          action={mayChange && <Button renderRoot={(props) => <Link {...props} to={`/w/${workspace}/insights/new`} />}>{t.add.question}</Button>}
        >
          {t.emptyText}
        </Empty>
      ) : (
        <div ref={frame} className={classes['board']} data-refreshed={refreshed}>
          <Grid places={board.widgets} nameOf={(id) => names.get(id) ?? ''} isEdited={isEdited} change={arrange}>
            {(id) => {
              const widget = board.widgets.find((one) => one.id === id)
              return widget && <BoardWidget board={board} widget={widget} filters={filters} />
            }}
          </Grid>
        </div>
      )}
      {isEdited && (
        <Text size="sm" c="dimmed">
          {t.grid.keys}
        </Text>
      )}
      <Suspense>
        {opened === 'share' && <ShareBoard board={board} close={close} />}
        {opened === 'settings' && <BoardSettings board={board} close={close} />}
        {opened === 'text' && <EditWidget board={board} close={close} />}
        {opened === 'filters' && <BoardFilters board={board} filters={filters} close={close} />}
      </Suspense>
    </Screen>
  )
}

const isLaidOut = ({ widgets }: Board, places: readonly Place[]): boolean =>
  places.every(({ id, x, y, w, h }) => widgets.some((now) => now.id === id && now.x === x && now.y === y && now.w === w && now.h === h))

/** Of the address: filters that a viewer chose for now. */
function readFilters(text: string | undefined): Filter[] | undefined {
  if (text === undefined) return undefined
  try {
    const read: unknown = JSON.parse(text)
    return Array.isArray(read) ? (read as Filter[]) : undefined
  } catch {
    return undefined
  }
}
