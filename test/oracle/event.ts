import type { CohortDefinition } from '@cairn/wire/api/cohort'

/**
 * What an oracle knows: everything that was told, as it was told. The oracle answers questions over it by trying everything, shares no code with the
 * engine that it is held against, and is right where it is plain. What the answers mean: docs/questions.md.
 */
export interface World {
  events: readonly Event[]
  facts: readonly Fact[]
  entities: readonly Entity[]
  /** A filter names one by its place, `cohort 0`. Static ones are made once the first request and the first half of the facts have been told. */
  cohorts: readonly { type: 'live' | 'static'; definition: CohortDefinition }[]
  /** Whose traffic the workspace says is internal. */
  internal: { user_ids: readonly string[]; email_domains: readonly string[] }
  /** By share: who is of the sample, which only the engine can say. */
  sampled: ReadonlyMap<number, ReadonlySet<string>>
  /** Milliseconds since 1970, as all moments here. */
  now: number
  timezone: string
}

export type Json = { readonly [name: string]: unknown }

export interface Event {
  /** Such that the order of numbers is the order of ids. */
  n: number
  at: number
  seq: number | undefined
  /** Number of the request it came with: later ones arrived later. IMPORT: in a file, after all others; nothing is known of when. */
  request: number
  isBot: boolean
  /** Sent as such. */
  isInternal: boolean
  /** By the names of columns; '' for an empty one. */
  columns: Readonly<Record<string, string>>
  duration_ms: number | undefined
  metadata: Json
  context: Json
}

/** What hosts told about people; no two at the same time. */
export type Fact =
  | { fact: 'identify'; at: number; user: string; device: string | undefined; traits: Json | undefined }
  | { fact: 'merge' | 'unmerge'; at: number; user: string; other: string }

export interface Entity {
  type: string
  id: string
  attributes: Json
}

export const column = (event: Event, name: string): string => event.columns[name] ?? ''

/** Negative where `a` comes first, 0 where nothing that is told decides. */
export const order = (a: Event, b: Event): number => byMoment(a, b) || arrival(a) - arrival(b)
/** As sessions hold them, where a file arrives like a request. */
export const orderInSession = (a: Event, b: Event): number => byMoment(a, b) || a.request - b.request || a.n - b.n
const byMoment = (a: Event, b: Event): number => a.at - b.at || (a.seq ?? 0) - (b.seq ?? 0)
export const IMPORT = 2
const arrival = ({ request }: Event): number => (request === IMPORT ? -1 : request)

/** What was known of a world when its static cohorts were made. */
export const known = (world: World): World => ({
  ...world,
  events: world.events.filter(({ request }) => request === 0),
  facts: world.facts.slice(0, Math.ceil(world.facts.length / 2)),
})

/** By Unicode code points, as UTF-8 sorts. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
