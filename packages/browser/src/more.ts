import type { AutoKind, Client } from './client.ts'

export { recover } from './left.ts'

export type Track = Client['track']

const kinds = new Map<string, () => Promise<{ start: (track: Track) => void }>>([
  ['pageviews', () => import('./auto/pageviews.ts')],
  ['clicks', () => import('./auto/clicks.ts')],
  ['scroll', () => import('./auto/scroll.ts')],
  ['vitals', () => import('./auto/vitals.ts')],
  ['errors', () => import('./auto/errors.ts')],
] satisfies [AutoKind, unknown][])

/**
 * Loads what records by itself, each kind alone, and begins; what has begun does not begin again. Names that are no kind are passed over.
 * Rejects where one cannot be loaded; the others begin nevertheless.
 */
export async function capture(wanted: readonly AutoKind[], track: Track): Promise<void> {
  const begins = wanted.map(async (kind) => {
    const load = kinds.get(kind)
    kinds.delete(kind)
    const loaded = await load?.()
    loaded?.start(track)
  })
  await Promise.all(begins)
}

/** Says on the console what is wrong with the attributes of the script tag. */
export const check = async (dataset: DOMStringMap): Promise<void> => (await import('./attributes.ts')).check(dataset)
