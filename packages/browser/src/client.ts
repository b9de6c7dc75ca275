import { eventOf, type AnyType, type BeforeSend, type Properties, type Timed, type TrackOptions } from '@cairn/core/event'
import { uuidv7 } from '@cairn/core/ids'
import { HELD, OFF, type State } from '@cairn/core/machine'
import { createSender, IDENTIFY, type Fault } from '@cairn/core/sender'
import type * as moreParts from './more.ts'
import { openSpool, type BrowserSpool } from './spool.ts'
import { createVisitor, MARK, NAME, type Memory } from './visitor.ts'

export interface Options {
  /** Public: it may add data and read nothing. */
  writeKey: string
  /** Origin of Cairn, or of what passes its routes on; default: the page's own. */
  host?: string
  /** Of the batch route, where the server has another. */
  path?: string
  /** What is recorded by itself; each kind is loaded when it is named here. */
  auto?: readonly AutoKind[]
  /** 'required': nothing is stored or sent before `optIn()`. */
  consent?: 'required'
  /**
   * - `storage` (default) ids, session and queue outlive the page
   * - `memory` nothing is stored in the browser
   * - `none` nor is an id made: the server counts visitors by a hash that changes every day
   */
  persistence?: 'storage' | 'memory' | 'none'
  /** 'ignore' where the visitor was asked, or the law has no say: Global Privacy Control and Do Not Track then change nothing here. */
  privacySignals?: 'honour' | 'ignore'
  /** A new session at the visitor's midnight too. */
  sessionAtMidnight?: boolean
  /** Changes an event, or answers null for "do not send". */
  beforeSend?: BeforeSend
  batchSize?: number
  /** Longest wait for a batch, in milliseconds. */
  interval?: number
  /** Writes to the console what goes on. */
  debug?: boolean
  onState?: (state: State) => void
  onError?: (fault: Fault) => void
}

export type AutoKind = 'pageviews' | 'clicks' | 'scroll' | 'vitals' | 'errors'

/** Nothing here throws, waits or answers late: what goes wrong is told through `onError`. */
export interface Client {
  track: (type: AnyType, options?: TrackOptions) => void
  /** For what takes time: the event goes with its duration when it is complete. */
  trackTimed: (type: AnyType, options?: TrackOptions) => Timed
  trackPageView: (name?: string, metadata?: Properties) => void
  trackBatch: (events: readonly { type: AnyType; options?: TrackOptions }[]) => void
  /** What this browser did and does belongs to this user. Another user than before begins anew, with other ids. */
  identify: (userId: string | number, traits?: Properties) => void
  /** Of a group that the person belongs to: `group('company', 7)` puts `group_company: 7` into the context of every event from now on. */
  group: (type: string, id: string | number, traits?: Properties) => void
  /** Joins the context of every event from now on, on later pages too. */
  register: (properties: Properties) => void
  getSessionId: () => string
  hasOptedOut: () => boolean
  /** At a log-out: other ids from now on. */
  reset: () => void
  /** Nothing is stored or sent from now on; what is not sent yet is forgotten. */
  optOut: () => void
  /** Takes an opt-out back, and is the yes that `consent: 'required'` waits for. */
  optIn: () => void
  /** For those whose own visits shall not count: what this browser sends until `optIn()` is marked as internal. A yes as `optIn()` is. */
  excludeMe: () => void
  /** Resolves when all that was tracked has been delivered, or given up for now. */
  flush: () => Promise<void>
  readonly queueSize: number
}

/** What the other calls are made of; those stand in shared.ts. */
export interface Primitives extends Omit<Client, 'trackTimed' | 'trackPageView' | 'trackBatch' | 'group' | 'optOut' | 'optIn' | 'excludeMe'> {
  choose: (consent: Memory['c']) => void
}

export type More = () => Promise<typeof moreParts>

declare const __VERSION__: string

/** As long as the settings that came with an answer are believed without asking again. */
const SETTINGS_MS = 600_000
/** Nobody waits longer for an answer. */
const TIMEOUT_MS = 30_000
/** Of requests that outlive their page all bytes together may be 64 KB; these are characters. */
const KEEPALIVE = 20_000

/** What of an address may be a token, or what a form was sent with: its fragment, and of its query all that names no campaign. */
const secret = /#.*|([?&])(?!utm_|.braid|\w+clk?id)[^&#]*/g
const bare = (address: string): string => address.replace(secret, '$1')

/** `more` loads what is seldom needed. */
export function createClient(options: Options, more: More): Primitives {
  const { host = location.origin, persistence = 'storage', privacySignals, beforeSend } = options
  let { auto } = options
  const tab = uuidv7(Date.now())
  const elapsed = (): number => performance.now()
  const say = (what: unknown): void => {
    if (options.debug) console.debug(what)
  }
  const onError = (fault: Fault): void => {
    say(fault)
    options.onError?.(fault)
  }

  /** In a turn of its own: what the host's function throws is the host's. */
  const fail = (error: unknown): void => queueMicrotask(() => onError({ code: 'not_tracked', status: 0, message: `${error as Error}` }))
  const attempt = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      fail(error)
    }
  }
  const isOn = (): boolean => sender.place < HELD

  let storage: Storage | undefined
  let spool: BrowserSpool | undefined
  try {
    if (persistence === 'storage') {
      storage = localStorage
      spool = openSpool(NAME, tab, isOn)
    }
  } catch {
    // Blocked: memory has to do.
  }

  const visitor = createVisitor(storage, options.sessionAtMidnight, isOn)
  const { save, forget } = visitor

  const isRefused = (): boolean => {
    const { globalPrivacyControl, doNotTrack } = navigator as { globalPrivacyControl?: boolean; doNotTrack?: string | null }
    const { c } = visitor.memory
    return c === undefined ? privacySignals !== 'ignore' && (globalPrivacyControl || doNotTrack === '1') : !c
  }

  let seq = 0
  const sender = createSender({
    ...options,
    settings: visitor.memory.v,
    begin: isRefused() ? 'off' : options.consent && !visitor.memory.c ? 'held' : 'idle',
    visitor: persistence === 'none' ? 'daily' : undefined,
    spool: spool && {
      ...spool,
      add(key, parcels) {
        // At once, so that even a tab that ends before the record is written is known to have numbered so far.
        visitor.write(MARK + tab, seq)
        spool.add(key, parcels)
      },
    },
    runtime: {
      elapsed,
      after: (ms, run) => setTimeout(run, ms),
      post: (path, body, isLast) =>
        fetch(host + path, {
          method: 'POST',
          body,
          keepalive: isLast || body.length < KEEPALIVE,
          credentials: 'omit',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }),
    },
    onSettings: (v) => save({ v, w: Date.now() }),
    onState(state) {
      say(state)
      options.onState?.(state)
      // All has arrived, so nobody needs to be told how far this tab had numbered.
      if (state === 'idle' && !sender.size) storage?.removeItem(MARK + tab)
    },
    onError,
  })

  /** Whether the server wants events of this visitor. */
  const isWanted = (now: number): boolean => {
    const { v, w = 0, a = tab } = visitor.memory
    return !v || now - w > SETTINGS_MS || (!v.streams_off.includes('events') && Number(a.slice(-12, -6)) < v.sampling * 1e6)
  }
  /** Asked for once: each costs the page more than the rest of an event. */
  const around = {
    screen: { width: screen.width, height: screen.height },
    locale: navigator.language,
  }
  const who = (): { anonymous_id?: string | undefined; user_id?: string | undefined } => {
    const { a, u } = visitor.memory
    return { user_id: u, anonymous_id: persistence === 'none' ? undefined : a }
  }

  const client: Primitives = {
    track(type, given = {}) {
      if (sender.place === OFF) return
      const began = elapsed()
      attempt(() => {
        const now = Date.now()
        const session = client.getSessionId()
        if (!isWanted(now)) return
        // What the breaker costs has a number that never comes.
        if (!sender.takes) {
          seq++
          return
        }
        const made = eventOf(type, given, now, {
          ...who(),
          session_id: persistence === 'none' ? undefined : session,
          context: {
            page: { url: bare(location.href), title: document.title, referrer: bare(document.referrer) },
            ...around,
            ...visitor.memory.p,
          },
          internal: visitor.memory.c === 2 || undefined,
          tracker: `cairn-browser/${__VERSION__}`,
          source_id: tab,
          seq: seq + 1,
        })
        const event = beforeSend ? beforeSend(made) : made
        if (!event) return
        const text = JSON.stringify(event)
        seq++
        sender.push(text, 0, given.immediate)
        say(event)
      })
      sender.spent(elapsed() - began)
    },
    identify: (userId, traits) =>
      attempt(() => {
        const now = Date.now()
        const id = `${userId}`
        const { u } = visitor.memory
        if (sender.place === OFF || (u === id && !traits)) return
        if (u && u !== id) client.reset()
        client.getSessionId()
        save({ u: id })
        sender.push(JSON.stringify({ event_id: uuidv7(now), timestamp: now, ...who(), traits }), IDENTIFY)
      }),
    register: (properties) => save({ p: { ...visitor.memory.p, ...properties } }),
    getSessionId: () => visitor.session(Date.now()),
    hasOptedOut: isRefused,
    reset() {
      const { c, v, w } = visitor.memory
      forget({ c, v, w })
    },
    choose(c) {
      if (c) {
        save({ c }, true)
        sender.grant()
        begin()
      } else {
        forget({ c })
        storage?.removeItem(MARK + tab)
        sender.deny()
        spool?.write((store) => store.clear())
      }
    },
    flush: sender.flush,
    get queueSize() {
      return sender.size
    },
  }

  /** Asks the spool, not only the entries: of these a browser that is killed forgets the last seconds. */
  function begin(): void {
    // Nothing is loaded or opened for somebody who has refused, or not agreed yet.
    if (!isOn()) return
    const load = (use: (parts: Awaited<ReturnType<More>>) => unknown): void => void more().then(use).catch(fail)
    const kinds = auto
    auto = undefined
    if (kinds) load(({ capture }) => capture(kinds, client.track))
    if (storage && spool)
      spool.write((store) => {
        const count = store.count()
        count.onsuccess = () => {
          const keys = Object.keys(storage).filter((key) => key.startsWith(MARK))
          if (count.result || keys[0]) load(({ recover }) => recover({ spool, sender, storage, tab, keys }))
        }
      })
  }
  begin()

  addEventListener('pagehide', sender.leave)
  // Also when it comes back: there is nothing to wait for then.
  addEventListener('visibilitychange', sender.leave)
  // Refused or allowed in another tab.
  addEventListener('storage', () => {
    visitor.reread()
    if (isOn() ? isRefused() : visitor.memory.c) client.choose(visitor.memory.c)
  })
  return client
}
