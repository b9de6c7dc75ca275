import { useMemo, useState } from 'react'
import { endsNow } from '../../range/range.ts'
import { useRange } from '../../range/use-range.ts'
import { useUrl } from '../../url.ts'
import { filterOf, isInside, type Filter } from './filter.ts'

/** What the list and its figures are asked for: filter and range of the address; `until` begins the list at a moment within it. */
export function useAsked(): { filter: Filter; range: { from: string; to: string; timezone: string }; until: string | undefined } {
  const url = useUrl()
  const range = useSteadyRange()
  const { until } = url
  const filter = useMemo(() => filterOf(url), [url])
  const isWithin = until !== undefined && !Number.isNaN(Date.parse(until)) && isInside(Date.parse(until), range)
  return { filter, range, until: isWithin ? until : undefined }
}

/** Of the last minutes or hours, those at the beginning count: a list does not move under its reader. Refreshing by itself lets it go on. */
export function useSteadyRange(): { from: string; to: string; timezone: string } {
  const { key, zone, asked } = useRange()
  const { live } = useUrl()
  const [held, setHeld] = useState({ key, zone, asked })
  const isHeld = endsNow({ key }) && held.key === key && held.zone === zone && !live
  if (!isHeld && held.asked !== asked) setHeld({ key, zone, asked })
  return isHeld ? held.asked : asked
}
