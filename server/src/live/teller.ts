import type { Log } from '../base/log.ts'
import type { Subscription } from './connection.ts'
import { END, formatPosition, type Position } from './position.ts'
import type { Segments } from './segments.ts'
import { match, Matched, Pacer, Slices } from './slice.ts'

/**
 * Moves subscriptions on through the segments, one segment at a time, for all that stand at the same place together: first those that follow,
 * so that nobody who resumes holds up what is new, then those that resume. A subscription that resumes is told everything, at its own pace,
 * and follows once it has caught up. One that follows gets of each segment what its connection may be told; the rest is counted as missed.
 */
export interface TellerDeps {
  recent: Segments
  log: Log
  subscriptions(): Iterable<Subscription>
}

/** Ten times what one that follows may be told, so that it catches up; bounded, so that many who come back leave the thread to requests. */
const RESUME_EVENTS_PER_SECOND = 5_000
/** How far a share may be drawn ahead: as long as it takes until somebody wakes the teller again. */
const AHEAD_MS = 250

interface Turn {
  segment: number
  /** Only what stands behind it. */
  from: number
  subscriptions: Subscription[]
}

export class Teller {
  readonly #deps: TellerDeps
  readonly #slices: Slices
  #running: Promise<void> | undefined
  #behindSince: number | undefined
  #stopped = false

  constructor(deps: TellerDeps) {
    this.#deps = deps
    this.#slices = new Slices(deps.recent)
  }

  get lagMs(): number {
    return this.#behindSince === undefined ? 0 : Math.round(performance.now() - this.#behindSince)
  }

  /** There is a new segment, a new subscription, or room in a socket. */
  wake(): void {
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let turn = this.#next(); turn && !this.#stopped; turn = this.#next()) {
      try {
        await this.#tell(turn)
      } catch (error) {
        this.#deps.log.error({ err: error, segment: turn.segment }, 'a segment could not be told to those who watch')
        this.#lose(turn.subscriptions)
      }
    }
    // One that resumes comes back for more of the same segment.
    if (![...this.#deps.subscriptions()].some((s) => s.resuming)) this.#slices.forget()
  }

  #next(): Turn | undefined {
    const now = performance.now()
    let follow: Turn | undefined
    let resume: Turn | undefined
    for (const subscription of this.#deps.subscriptions()) {
      const place = this.#placeAfter(subscription)
      if (!place) subscription.resuming &&= subscription.at.segment < subscription.resumesTo
      else if (!subscription.resuming) follow = earlier(follow, place, subscription)
      else if (subscription.servedUntil < now + AHEAD_MS && !subscription.connection.congested) resume = earlier(resume, place, subscription)
    }
    this.#behindSince = follow ? (this.#behindSince ?? now) : undefined
    return follow ?? resume
  }

  /** Where there is more to tell; undefined at the end of the newest segment. */
  #placeAfter({ at }: Subscription): { segment: number; from: number } | undefined {
    const { recent } = this.#deps
    if (at.offset < END) return { segment: at.segment, from: at.offset }
    // Something was sealed behind it and went again: reading that finds it gone.
    if (at.segment < recent.gone) return { segment: recent.gone, from: -1 }
    const segment = recent.after(at.segment)
    return segment === undefined ? undefined : { segment, from: -1 }
  }

  async #tell({ segment, from, subscriptions }: Turn): Promise<void> {
    const slice = await this.#slices.get(segment)
    if (!slice) return this.#lose(subscriptions)
    const byFilter = new Map<string, Matched>()
    const byWorkspace = new Map<number, Matched[]>()
    const found = subscriptions.map((subscription) => {
      const workspaceId = subscription.connection.watcher.workspace.id
      const key = `${workspaceId} ${subscription.filterKey}`
      const known = byFilter.get(key)
      if (known) return { subscription, matched: known }
      const matched = new Matched(segment, subscription.matches, !subscription.resuming)
      byFilter.set(key, matched)
      byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), matched])
      return { subscription, matched }
    })
    await match(slice, from, byWorkspace)
    const pacer = new Pacer()
    // One name after the other, so that messages are made once for each.
    for (const { subscription, matched } of found.toSorted((a, b) => (a.subscription.name < b.subscription.name ? -1 : 1))) {
      await pacer.breathe()
      if (isThere(subscription)) tellOne(subscription, matched, segment)
    }
  }

  /** They stand before something that is gone: how much of it was theirs cannot be known. They go on with what is new. */
  #lose(subscriptions: readonly Subscription[]): void {
    const at = { segment: this.#deps.recent.last, offset: END }
    for (const subscription of subscriptions) {
      if (!isThere(subscription)) continue
      subscription.at = at
      subscription.resuming = false
      subscription.missed = 0
      subscription.connection.say({ type: 'missed', subscription: subscription.name, count: null, at: formatPosition(at) })
    }
  }
}

const isThere = (subscription: Subscription): boolean => subscription.connection.subscriptions.get(subscription.name) === subscription

function earlier(turn: Turn | undefined, { segment, from }: { segment: number; from: number }, subscription: Subscription): Turn {
  if (turn && (turn.segment < segment || (turn.segment === segment && turn.from < from))) return turn
  if (turn?.segment !== segment || turn.from !== from) return { segment, from, subscriptions: [subscription] }
  turn.subscriptions.push(subscription)
  return turn
}

function tellOne(subscription: Subscription, matched: Matched, segment: number): void {
  const { connection, name, resuming } = subscription
  connection.sayMissed(subscription)
  const allowed = resuming ? matched.tellable : Math.min(matched.tellable, connection.allowance())
  const behind = (told: number): Position =>
    told === matched.count && !matched.done ? { segment, offset: END } : { segment, offset: matched.offsetOf(told - 1) }
  let told = 0
  // What comes behind missed events waits until those are told of.
  while (told < allowed && subscription.missed === 0 && !connection.congested) {
    const to = matched.endOf(told, allowed - told)
    connection.tell(matched.message(name, told, to, formatPosition(behind(to))), to - told, resuming)
    told = to
  }
  if (resuming) {
    if (told > 0 || matched.count === 0) subscription.at = behind(told)
    subscription.servedUntil = Math.max(subscription.servedUntil, performance.now()) + (told / RESUME_EVENTS_PER_SECOND) * 1_000
    return
  }
  subscription.at = { segment, offset: END }
  subscription.missed += matched.count - told
  connection.missed += matched.count - told
  connection.sayMissed(subscription)
}
