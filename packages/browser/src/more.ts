import type { AutoKind, Client } from './client.ts'

export { recover } from './left.ts'

export type Track = Client['track']

const kinds: Record<AutoKind, () => Promise<{ start: (track: Track) => void }>> = {
  pageviews: () => import('./auto/pageviews.ts'),
  clicks: () => import('./auto/clicks.ts'),
  scroll: () => import('./auto/scroll.ts'),
  vitals: () => import('./auto/vitals.ts'),
  errors: () => import('./auto/errors.ts'),
}

/** Loads what records by itself, each kind alone, and begins. Names that are no kind are passed over. */
export function capture(wanted: readonly AutoKind[], track: Track): void {
  for (const kind of wanted) void kinds[kind]?.().then(({ start }) => start(track))
}
