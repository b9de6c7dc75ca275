import { Button, Group, Stack, Text } from '@mantine/core'
import type { EventOutput } from '@cairn/wire/event'
import type { LiveFilter } from '@cairn/wire/live'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { emptyFeed, listed, MOST_ROWS, released, withEvents, withMissed } from '../../live/feed.ts'
import { useLive } from '../../live/use-live.ts'
import { texts } from '../../texts/texts.ts'
import { Empty, Failure, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { LiveFilters } from './filters.tsx'
import classes from './live.module.css'
import { Rows } from './rows.tsx'
import { State } from './state.tsx'
import { useRate } from './use-rate.ts'

const t = texts.overview.live
/** What lies before what comes in by itself. */
const OLDER = 100
/** Nearer than this to the top of the page, somebody watches rather than reads. */
const TOP_PX = 8
const isReading = (): boolean => window.scrollY > TOP_PX

/** One filter’s events: first those there are, then those that come. Another filter is another stream. */
export function Stream({ filter, paused, open }: { filter: LiveFilter; paused: boolean; open: (event: EventOutput) => void }) {
  const { slug } = useWorkspace()
  const { number } = useFormat()
  const [feed, setFeed] = useState(emptyFeed)
  const { rate, count } = useRate()
  const { phase, again } = useLive({
    workspace: slug,
    filter,
    events: (events) => {
      count(events.length)
      setFeed((feed) => withEvents(feed, events, paused || isReading()))
    },
    missed: (missed) => {
      count(missed ?? 0)
      setFeed((feed) => withMissed(feed, missed, paused || isReading(), `missed ${performance.now()}`))
    },
  })
  // Asked once the connection tells what comes from then on: so nothing lies between. Where there is none, at once.
  const older = useQuery({
    ...ask('listEvents', { workspace: slug, query: { ...filter, limit: OLDER } }),
    enabled: phase.is !== 'connecting' && phase.is !== 'stopped',
    placeholderData: undefined,
    staleTime: Infinity,
    gcTime: 0,
  })
  const { data } = older
  const rows = useMemo(() => listed(feed, data?.events ?? []), [feed, data])
  useEffect(() => {
    const release = (): void => {
      if (!paused && !isReading()) setFeed(released)
    }
    release()
    window.addEventListener('scroll', release, { passive: true })
    return () => window.removeEventListener('scroll', release)
  }, [paused])

  const isFiltered = Object.keys(filter).length > 0
  const show = (): void => {
    window.scrollTo({ top: 0 })
    setFeed(released)
  }
  return (
    <Stack gap="sm">
      <State phase={phase} again={again} paused={paused} rate={rate} />
      <LiveFilters filter={filter} seen={rows} />
      {feed.waiting > 0 && (
        <div className={classes['new']}>
          <Button size="compact-md" radius="xl" onClick={show}>
            {t.waiting(number(feed.waiting))}
          </Button>
        </div>
      )}
      {older.error && <Failure error={older.error} again={() => void older.refetch()} />}
      {rows.length > 0 ? (
        <>
          <Rows rows={rows} open={open} />
          {rows.length === MOST_ROWS && (
            <Text size="xs" c="dimmed">
              {t.most(number(MOST_ROWS))}
            </Text>
          )}
        </>
      ) : older.data ? (
        <Empty
          title={isFiltered ? t.emptyFiltered : t.empty}
          action={
            !isFiltered && (
              <Group mt="sm">
                <Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/start`} />}>{texts.overview.empty.start}</Button>
              </Group>
            )
          }
        >
          {isFiltered ? t.emptyFilteredText : t.emptyText}
        </Empty>
      ) : (
        !older.error && <Waiting rows={12} height={40} />
      )}
    </Stack>
  )
}
