import type { LiveFilter } from '@cairn/wire/live'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { EventOutput } from '@cairn/wire/event'
import { useWorkspace } from '../account.tsx'
import { texts } from '../texts/texts.ts'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { filterOf } from './events/filter.ts'
import { Pause, usePaused } from './live/pause.tsx'
import { Stream } from './live/stream.tsx'
import { liveFields } from './live/filters.tsx'

const t = texts.overview.live
const EventDetail = lazy(() => import('./events/detail.tsx').then(({ EventDetail }) => ({ default: EventDetail })))
const OpenedEvent = lazy(() => import('./events/opened.tsx').then(({ OpenedEvent }) => ({ default: OpenedEvent })))

/** Events as they come in. The filter, whether it is paused and the event that is open stand in the address. */
export function Live() {
  const { slug } = useWorkspace()
  const url = useUrl()
  const setUrl = useSetUrl()
  const { paused, toggle } = usePaused()
  // An event that leaves the list stays open.
  const [opened, setOpened] = useState<EventOutput>()
  const filter = useMemo((): LiveFilter => {
    const { include_bots, ...fields } = filterOf(url)
    const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => liveFields.some((field) => field === name)))
    // Whoever asks for bots by name wants to see them.
    return { ...kept, ...(include_bots || kept['device_type'] === 'bot' ? { include_bots: true } : {}) }
  }, [url])
  const asked = JSON.stringify(filter)
  return (
    <Screen title={t.title} lead={t.lead} actions={<Pause paused={paused} toggle={toggle} />}>
      <Stream
        key={`${slug} ${asked}`}
        filter={filter}
        paused={paused}
        open={(event) => {
          setOpened(event)
          setUrl({ event: event.event_id, at: event.event_timestamp })
        }}
      />
      <Suspense>
        {url['event'] &&
          (opened?.event_id === url['event'] ? (
            <EventDetail event={opened} close={() => setUrl({ event: undefined, at: undefined })} />
          ) : (
            <OpenedEvent id={url['event']} at={url['at']} />
          ))}
      </Suspense>
    </Screen>
  )
}
