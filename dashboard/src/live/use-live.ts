import type { EventOutput } from '@cairn/wire/event'
import { LIVE_PATH, type LiveFilter } from '@cairn/wire/live'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { LiveConnection } from './connection.ts'
import type { Phase } from './phase.ts'

interface Live {
  workspace: string
  filter: LiveFilter
  events(events: EventOutput[]): void
  missed?(count: number | null): void
}

/** Several messages that come at once make one change of the screen. */
const GATHER_MS = 150
/** After so many tries in vain the reason may be that the session has ended, which a WebSocket is not told. */
const TRIES_BEFORE_ASKING = 2

/** Events of a workspace as they come in, while the component is there. Another filter is another connection. */
export function useLive({ workspace, filter, events, missed }: Live): { phase: Phase; again: () => void } {
  const [phase, setPhase] = useState<Phase>({ is: 'connecting' })
  const connection = useRef<LiveConnection>(undefined)
  const queries = useQueryClient()
  const tell = useEffectEvent((gathered: EventOutput[]) => events(gathered))
  const tellMissed = useEffectEvent((count: number | null) => missed?.(count))
  const asked = JSON.stringify(filter)

  useEffect(() => {
    let gathered: EventOutput[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = (): void => {
      clearTimeout(timer)
      timer = undefined
      if (gathered.length > 0) tell(gathered)
      gathered = []
    }
    const url = `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}${LIVE_PATH}?workspace=${encodeURIComponent(workspace)}`
    const made = new LiveConnection(
      { url, filter: JSON.parse(asked) as LiveFilter },
      {
        phase: (now) => {
          setPhase(now)
          const mayHaveEnded = (now.is === 'waiting' && now.tries === TRIES_BEFORE_ASKING) || (now.is === 'refused' && now.why !== 'ended')
          if (mayHaveEnded) void queries.invalidateQueries({ queryKey: ['getAccount'] })
        },
        events: (come) => {
          gathered.push(...come.map(({ event }) => event))
          timer ??= setTimeout(flush, GATHER_MS)
        },
        missed: (count) => {
          // What came before it stands before it.
          flush()
          tellMissed(count)
        },
      },
    )
    connection.current = made
    const wake = (): void => {
      if (document.visibilityState === 'visible') made.wake()
    }
    window.addEventListener('online', wake)
    document.addEventListener('visibilitychange', wake)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', wake)
      document.removeEventListener('visibilitychange', wake)
      made.stop()
    }
  }, [workspace, asked, queries])

  return { phase, again: () => connection.current?.again() }
}
