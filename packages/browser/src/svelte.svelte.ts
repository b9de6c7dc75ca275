import { EVENT_TYPES } from '@cairn/core/event-types'
import type { Client, Options } from './client.ts'
import { cairn, identify, init as begin } from './index.ts'

type State = Parameters<NonNullable<Options['onState']>>[0]

let state = $state<State>('idle')

/** `init` of the package, which also lets `tracker.state` follow. */
export const init = (options: Options): void =>
  begin({
    ...options,
    onState(next) {
      state = next
      options.onState?.(next)
    },
  })

/** All calls of the client, the names of the shared types, and what the sender is at, as a rune: what reads `state` is drawn again when it changes. */
export interface ActivityTracker extends Client {
  readonly EVENT_TYPES: typeof EVENT_TYPES
  readonly state: State
}

const tracker: ActivityTracker = Object.defineProperties(
  { ...cairn, EVENT_TYPES, state: 'idle' },
  {
    queueSize: { get: () => cairn.queueSize, enumerable: true },
    state: { get: () => state, enumerable: true },
  },
)

/** In a component: `useActivityTracker(() => user?.id)`. Once there is a user, what the visitor did and does is theirs. */
export function useActivityTracker(userId?: () => string | number | null | undefined): ActivityTracker {
  if (userId) follow(userId)
  return tracker
}

/** All that this does is the effect: minifiers join it with what else a function does, and Svelte takes it as a statement of its own only. */
function follow(userId: () => string | number | null | undefined): void {
  $effect(() => {
    const id = userId()
    if (id !== undefined && id !== null && id !== '') identify(id)
  })
}
