import type { EventOutput } from '@cairn/wire/event'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { useLive } from '../../live/use-live.ts'

export interface Arrival {
  /** Newest event that came while the page was open. */
  event: EventOutput | undefined
  count: number
  /** Newest event that was there before; undefined: none, or not known yet. */
  earlier: EventOutput | undefined
  /** No live connection: asked again and again instead. */
  polling: boolean
}

const POLL_MS = 2_000
/** An event that comes now may be of long ago; further back nobody expects it to show here. */
const DAYS = 365

/** Waits for the next event of the workspace, bots’ too: the first attempt of somebody may well be taken for one. */
export function useArrival(): Arrival {
  const { slug } = useWorkspace()
  const [come, setCome] = useState<{ event: EventOutput; count: number }>()
  const { phase } = useLive({
    workspace: slug,
    filter: { include_bots: true },
    events: (events) => {
      const event = events.at(-1)
      if (event) setCome((last) => ({ event, count: (last?.count ?? 0) + events.length }))
    },
  })
  const asked = useNewest(slug, phase.is !== 'open' && come === undefined)
  return {
    event: come?.event ?? asked.came,
    count: come?.count ?? (asked.came ? 1 : 0),
    earlier: asked.earlier,
    polling: phase.is === 'waiting' || phase.is === 'refused',
  }
}

/** What was the newest event when the page was opened, and whether there is another since. */
function useNewest(workspace: string, polling: boolean): { earlier: EventOutput | undefined; came: EventOutput | undefined } {
  const [first, setFirst] = useState<{ workspace: string; newest: EventOutput | undefined }>()
  const { data } = useQuery({
    ...ask('listEvents', { workspace, query: { days: DAYS, include_bots: true, limit: 1 } }),
    placeholderData: undefined,
    gcTime: 0,
    refetchInterval: polling ? POLL_MS : false,
  })
  const newest = data?.events[0]
  if (data && first?.workspace !== workspace) setFirst({ workspace, newest })
  const earlier = first?.workspace === workspace ? first.newest : undefined
  return { earlier, came: first?.workspace === workspace && newest?.event_id !== earlier?.event_id ? newest : undefined }
}
