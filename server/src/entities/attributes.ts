/** What a host says about one of its things: free JSON by name. */
export type Attributes = Readonly<Record<string, unknown>>
/** When things were said, in milliseconds. */
export interface Times {
  /** The latest saying that named all there is: what it did not name did not hold then. */
  whole: number | null
  /** Each attribute's own, those that were taken away too. */
  each: Readonly<Record<string, number>>
}

export interface Described {
  attributes: Attributes
  times: Times
}

/** An attribute that was said or taken away (undefined). */
export interface Saying {
  field: string
  value: unknown
}

/**
 * What holds after something was said at a moment, whatever the order in which it came: for each attribute the latest saying counts, the later
 * arrival of two that are of the same millisecond. Null takes an attribute away. `whole`: what is not named is taken away too.
 */
export function describe(before: Described, said: Attributes, at: number, whole: boolean): Described {
  const attributes: Record<string, unknown> = { ...before.attributes }
  const each: Record<string, number> = { ...before.times.each }
  for (const { field, value } of sayings(before, said, whole)) {
    if (Math.max(each[field] ?? Number.NEGATIVE_INFINITY, before.times.whole ?? Number.NEGATIVE_INFINITY) > at) continue
    each[field] = at
    if (value === undefined) delete attributes[field]
    else attributes[field] = value
  }
  return { attributes, times: { whole: whole ? Math.max(before.times.whole ?? at, at) : before.times.whole, each } }
}

/** One by one, for the history. */
export function sayings(before: Described, said: Attributes, whole: boolean): Saying[] {
  const named = Object.entries(said).map(([field, value]) => ({ field, value: value ?? undefined }))
  if (!whole) return named
  const left = Object.keys(before.times.each).filter((field) => !Object.hasOwn(said, field))
  return [...named, ...left.map((field) => ({ field, value: undefined }))]
}
