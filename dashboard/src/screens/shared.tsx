import { Box, Container, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError, call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import type { Answer } from '../questions/use-answer.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRange } from '../range/use-range.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { Grid } from './board/grid.tsx'
import { rangeInUrl } from './board/range-of.ts'
import { AnsweredWidget, TextWidget } from './board/widget.tsx'

const t = texts.boards.shared
type Board = AnswerOf<'readShared'>
const SECOND_MS = 1_000

/** A board as somebody sees it who has a link to it: without signing in, and without the rest of the product around it. */
export function SharedBoard() {
  const { token } = useParams({ strict: false }) as { token: string }
  const board = useQuery(ask('readShared', { params: { token } }))
  const isGone = board.error instanceof ApiError && board.error.status === 404
  return (
    <Container component="main" size={1440} py="lg">
      {board.data ? (
        <Shown token={token} board={board.data} />
      ) : (
        <Screen title={isGone ? t.gone : t.title}>
          {isGone ? (
            <Empty title={t.goneTitle}>{t.goneText}</Empty>
          ) : (
            <Faces of={board} waiting={<Waiting rows={3} height={220} />}>
              {() => null}
            </Faces>
          )}
        </Screen>
      )}
    </Container>
  )
}

function Shown({ token, board }: { token: string; board: Board }) {
  const { range } = useUrl()
  const setUrl = useSetUrl()
  const own = JSON.stringify(rangeInUrl(board.range, null))
  useEffect(() => {
    if (range === undefined && own !== '{}') setUrl(JSON.parse(own) as Record<string, string>, { replace: true })
    // The address is followed only where it says no range.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [range, own])
  const names = new Map(board.widgets.map(({ id, title }) => [id, title ?? '']))
  return (
    <Screen title={board.name} lead={board.description} actions={<RangeControl />}>
      {board.widgets.length === 0 ? (
        <Text c="dimmed">{t.empty}</Text>
      ) : (
        <Grid places={board.widgets} nameOf={(id) => names.get(id) ?? ''} isEdited={false} change={() => undefined}>
          {(id) => {
            const widget = board.widgets.find((one) => one.id === id)
            if (!widget) return null
            return widget.type === 'text' ? (
              <TextWidget title={widget.title ?? ''} text={widget.text ?? ''} />
            ) : (
              <SharedWidget token={token} board={board} widget={widget} />
            )
          }}
        </Grid>
      )}
      <Box component="footer">
        <Text size="xs" c="dimmed">
          {t.foot}
        </Text>
      </Box>
    </Screen>
  )
}

function SharedWidget({ token, board, widget }: { token: string; board: Board; widget: Board['widgets'][number] }) {
  const { key, from, to, zone } = useRange()
  const { live } = useUrl()
  const body = key === 'custom' ? { from, to, timezone: zone } : { range: key, timezone: zone }
  const every = live ? 10 : board.refresh_seconds
  const answer = useQuery<Answer, ApiError>({
    queryKey: ['askShared', token, widget.id, body],
    queryFn: ({ signal }) => call('askShared', { params: { token, widget_id: widget.id }, body, signal }) as Promise<Answer>,
    placeholderData: (before) => before,
    refetchInterval: every === null ? false : every * SECOND_MS,
  })
  return <AnsweredWidget title={widget.title ?? ''} chart={widget.chart} question={undefined} answer={answer} />
}
