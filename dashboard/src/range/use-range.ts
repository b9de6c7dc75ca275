import { useEffect, useMemo, useState } from 'react'
import { useFormat } from '../ui/format.ts'
import { useUrl } from '../url.ts'
import { comparedTo, rangeOf, type Comparison, type Range } from './range.ts'

const MINUTE_MS = 60_000
const thisMinute = (): number => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS

/** The present, to the minute: what is asked changes once a minute at most, and not while nobody looks. */
export function useMinute(): number {
  const [minute, setMinute] = useState(thisMinute)
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setMinute(thisMinute())
    }, 5_000)
    return () => clearInterval(timer)
  }, [])
  return minute
}

export interface ChosenRange extends Range {
  comparison: Comparison | undefined
  /** What it is compared with, where somebody asked for that. */
  compared: { from: string; to: string } | undefined
  /** `from`, `to` and `timezone`, as every read takes them. */
  asked: { from: string; to: string; timezone: string }
}

/** The range of the address, in the zone that the viewer chose. Day ranges change at midnight only. */
export function useRange(): ChosenRange {
  const { range: key, from, to, compare } = useUrl()
  const { zone } = useFormat()
  const minute = useMinute()
  const comparison = compare === 'previous' || compare === 'year' ? compare : undefined
  return useMemo(() => {
    const range = rangeOf({ range: key, from, to }, minute, zone)
    const compared = comparison && comparedTo(range, comparison, minute)
    return { ...range, comparison, compared, asked: { from: range.from, to: range.to, timezone: zone } }
  }, [key, from, to, comparison, minute, zone])
}
