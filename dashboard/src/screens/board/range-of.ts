import { isRangeKey } from '../../range/range.ts'
import type { Url } from '../../url.ts'

type Kept = string | { from: string; to: string } | null

/** A range that was saved, in the words of an address. One that the screens do not offer by name is left to the default. */
export function rangeInUrl(range: Kept, compare: string | null): Url {
  const compared = compare === null ? {} : { compare }
  if (range === null) return compared
  if (typeof range !== 'string') return { range: 'custom', from: range.from.slice(0, 10), to: range.to.slice(0, 10), ...compared }
  return isRangeKey(range) ? { range, ...compared } : compared
}
