import { timed } from '@cairn/core/event'
import { createClient, type Client, type More, type Options, type Primitives } from './client.ts'

// Calls before `init` are made after it; on a server nothing happens.
let client: Primitives | undefined
/** What was called before `init`, in order. */
const early: ((client: Primitives) => void)[] = []
const MOST_EARLY = 1_000
const isPage = typeof document !== 'undefined'

/** Of what answers nothing, and so can be done later. */
type Calls = Pick<Primitives, 'track' | 'identify' | 'register' | 'reset' | 'choose'>
const later =
  <N extends keyof Calls>(name: N) =>
  (...args: Parameters<Calls[N]>): void => {
    const call = (to: Primitives): void => (to[name] as (...args: unknown[]) => void)(...args)
    if (client) call(client)
    else if (isPage && early.length < MOST_EARLY) early.push(call)
  }
export const track: Client['track'] = /* @__PURE__ */ later('track')
export const identify: Client['identify'] = /* @__PURE__ */ later('identify')
export const register: Client['register'] = /* @__PURE__ */ later('register')
export const reset: Client['reset'] = /* @__PURE__ */ later('reset')
const choose = /* @__PURE__ */ later('choose')

export const trackTimed: Client['trackTimed'] = (type, options) => timed(track, () => performance.now(), type, options)
export const trackPageView: Client['trackPageView'] = (page, metadata) => {
  if (isPage) track('page_viewed', { entityType: 'page', entityId: page ?? location.pathname, metadata })
}
export const trackBatch: Client['trackBatch'] = (events) => {
  for (const { type, options } of events) track(type, options)
}
export const group: Client['group'] = (type, id, traits) => {
  register({ [`group_${type}`]: id })
  track('group_identified', { entityType: type, entityId: id, metadata: traits })
}
export const optOut = (): void => choose(0)
export const optIn = (): void => choose(1)
export const excludeMe = (): void => choose(2)
export const getSessionId = (): string => client?.getSessionId() ?? ''
export const hasOptedOut = (): boolean => client?.hasOptedOut() ?? false
export const flush = async (): Promise<void> => client?.flush()
export const queueSize = (): number => client?.queueSize ?? early.length

/** Begins; a second call changes nothing, and on a server none does. `more` loads what is seldom needed. */
export function begin(options: Options, more: More): void {
  if (client || !isPage) return
  client = createClient(options, more)
  for (const call of early.splice(0)) call(client)
}
