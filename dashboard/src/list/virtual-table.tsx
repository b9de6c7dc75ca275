import { Box } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQueries, useQuery, type UseQueryOptions } from '@tanstack/react-query'
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { ApiError } from '../api/client.ts'
import { Failure } from '../ui/faces.tsx'
import classes from './list.module.css'
import { learnt, unknown, type Page } from './places.ts'
import { useRest } from './rest.ts'
import { Ghost, Line, Space, type Column } from './row.tsx'

export interface Listed<Answer extends Page, Row> {
  label: string
  columns: ReadonlyArray<Column<Row>>
  /** What stands in the one column that a phone has room for. */
  card: (row: Row) => ReactNode
  keyOf: (row: Row) => string
  hrefOf: (row: Row) => string
  open: (row: Row) => void
  opened?: string | undefined
  /** One page of what is listed; '' is the first. All pages but the last have `pageSize` rows. */
  page: (cursor: string) => UseQueryOptions<Answer, ApiError>
  pageSize: number
  rowsOf: (answer: Answer) => readonly Row[]
  refetchInterval?: number | false
  /** Where nothing matches. */
  empty: ReactNode
  /** Where more matches than a list can hold: how to go on. */
  further?: (props: { last: Row | undefined }) => ReactNode
}

const ROW = 40
const CARD = 64
const HEAD = 36
const OVERSCAN = 12
/** So few rows need no frame of their own height. */
const SHORT = 8
/** Below the frame: the padding of the page; on a phone the bar at the bottom too. */
const MARGIN = 20
const PHONE_BAR = 76
/** Pages that were scrolled past are asked for again after this time: memory holds those of the last seconds only. */
const KEPT_MS = 15_000
const held = { placeholderData: undefined, gcTime: KEPT_MS, refetchOnWindowFocus: false, retryOnMount: false } as const
/** Firefox draws no element taller than 17.9 million pixels: 250,000 cards have 16. */
const MOST_ROWS = 250_000

/**
 * A list of any length: the rows in sight are in the document, and the pages around them in memory. Where each page begins is kept, so that
 * scrolling back asks for one page only. ↑ and ↓ move between rows, Enter opens one.
 */
export function VirtualTable<Answer extends Page, Row>(listed: Listed<Answer, Row>) {
  const { page } = listed
  // What was listed stays in sight until the first page of something else is there.
  const begun = useQuery({ ...page(''), ...held })
  const hasBegun = begun.data !== undefined || begun.error !== null
  const [kept, setKept] = useState(() => page)
  const used = hasBegun ? page : kept
  const asked = JSON.stringify(page('').queryKey)
  useEffect(() => {
    if (hasBegun) setKept(() => page)
    // `page` is a new function with every rendering; what it asks for is in `asked`.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [hasBegun, asked])
  const question = JSON.stringify(used('').queryKey)
  return <Pages key={question} {...listed} page={used} isOld={question !== asked} />
}

function Pages<Answer extends Page, Row>({
  label,
  columns,
  card,
  keyOf,
  hrefOf,
  open,
  opened,
  page,
  pageSize,
  rowsOf,
  refetchInterval = false,
  empty,
  further: Further,
  isOld,
}: Listed<Answer, Row> & { isOld: boolean }) {
  const isPhone = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false })
  const height = isPhone ? CARD : ROW
  const head = isPhone ? 0 : HEAD
  const frame = useRef<HTMLDivElement>(null)
  const frameHeight = useRest(frame, isPhone ? PHONE_BAR : MARGIN)
  const [active, setActive] = useState(0)
  const wantsFocus = useRef<number>(undefined)
  const [places, setPlaces] = useState(unknown)
  const count = Math.min(places.rows, MOST_ROWS)

  const virtual = useVirtualizer({
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin: head,
    scrollPaddingStart: head,
    // The row that has the focus stays in the document, or the keyboard would lose its place.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range)
      return active < count && !shown.includes(active) ? [...shown, active].sort((a, b) => a - b) : shown
    },
  })
  useEffect(() => virtual.measure(), [virtual, height])

  const items = virtual.getVirtualItems()
  const pageOf = (index: number): number => Math.floor(index / pageSize)
  // The page after the rows in sight is asked for ahead, so that scrolling meets no gap.
  const { startIndex: firstInSight, endIndex: lastInSight } = virtual.range ?? { startIndex: 0, endIndex: 0 }
  const wanted = [...new Set([0, ...items.map(({ index }) => pageOf(index)), pageOf(lastInSight + pageSize / 2)])].filter((n) => n < places.cursors.length)
  const answers = useQueries({
    queries: wanted.map((n) => ({
      ...page(places.cursors[n] ?? ''),
      ...held,
      // Below the beginning the list stands still while somebody reads it.
      refetchInterval: n === 0 && lastInSight < pageSize / 2 ? refetchInterval : false,
    })),
  })
  const rowsAt = new Map(wanted.map((n, i) => [n, answers[i]?.data && rowsOf(answers[i].data)]))
  const rowAt = (index: number): Row | undefined => rowsAt.get(pageOf(index))?.[index % pageSize]
  const now = wanted.reduce((known, n, i) => {
    const answer = answers[i]?.data
    return learnt(known, n, answer && { next: answer.next_cursor, rows: rowsOf(answer).length }, pageSize)
  }, places)
  if (now !== places) setPlaces(now)

  const focus = (index: number): boolean => {
    const link = frame.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`)
    link?.focus({ preventScroll: true })
    return link !== null && link !== undefined
  }
  useEffect(() => {
    // A row that was not in the document when the keyboard came to it.
    if (wantsFocus.current !== undefined && focus(wantsFocus.current)) wantsFocus.current = undefined
  })
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0 || event.altKey || event.ctrlKey || event.metaKey || count === 0) return
    event.preventDefault()
    const inRow = (event.target as HTMLElement).closest('[data-index]') !== null
    const next = inRow ? Math.max(0, Math.min(count - 1, active + step)) : firstInSight
    setActive(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    wantsFocus.current = focus(next) ? undefined : next
  }
  const latest = useRef(open)
  useEffect(() => {
    latest.current = open
  })
  const openLatest = useCallback((row: Row) => latest.current(row), [])
  const shown = useMemo<ReadonlyArray<Column<Row>>>(
    () => (isPhone ? [{ key: 'card', head: label, main: true, cell: card }, ...columns.filter(({ above }) => above)] : columns),
    // `card` comes with the columns: both change with the format only.
    // oxlint-disable-next-line react/exhaustive-deps
    [isPhone, columns, label],
  )

  const failed = answers.find(({ error }) => error)
  const first = rowsAt.get(0)
  const again = failed?.error && <Failure error={failed.error} again={() => void failed.refetch()} />
  if (first === undefined && failed) return <>{again}</>
  if (first?.length === 0) return <>{empty}</>

  const isWaiting = first === undefined
  const before = (items[0]?.start ?? head) - head
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? head) - head)
  const width = shown.length
  return (
    <>
      {again}
      <Box
        ref={frame}
        className={classes['frame']}
        style={!isWaiting && count < SHORT ? {} : { height: frameHeight }}
        role="region"
        aria-label={label}
        aria-busy={isWaiting || isOld}
        tabIndex={0}
        onKeyDown={move}
      >
        <table
          className={`${classes['table']} ${isPhone ? classes['cards'] : ''}`}
          aria-label={label}
          aria-rowcount={places.cursors.length * pageSize > places.rows ? count + 1 : -1}
        >
          <colgroup>
            {shown.map(({ key, width }) => (
              <col key={key} style={width ? { width } : {}} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {shown.map(({ key, head, right, above }) => (
                <th key={key} scope="col" data-right={right ? '' : undefined}>
                  {above ? <span className="only-read">{head}</span> : head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {isWaiting && Array.from({ length: Math.ceil(frameHeight / height) }, (_, i) => <Ghost key={`waiting ${i}`} width={width} height={height} />)}
            {before > 0 && <Space width={width} height={before} />}
            {items.map(({ index, start }, i) => {
              const row = rowAt(index)
              const gap = start - (items[i - 1]?.end ?? start)
              return [
                gap > 0 && <Space key={`gap ${index}`} width={width} height={gap} />,
                row === undefined ? (
                  <Ghost key={index} width={width} height={height} />
                ) : (
                  <Line
                    key={keyOf(row)}
                    row={row}
                    index={index}
                    height={height}
                    columns={shown}
                    href={hrefOf(row)}
                    isActive={index === active}
                    isOpen={opened === keyOf(row)}
                    open={openLatest}
                    reach={setActive}
                  />
                ),
              ]
            })}
            {after > 0 && <Space width={width} height={after} />}
          </tbody>
        </table>
      </Box>
      {places.rows > MOST_ROWS && Further && <Further last={rowAt(count - 1)} />}
    </>
  )
}
