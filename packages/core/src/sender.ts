import {
  DENIED,
  DUE,
  FAILED,
  FULL,
  GRANTED,
  HELD,
  IDLE,
  machine,
  MORE,
  OPEN,
  QUEUED,
  RESTING,
  SENDING,
  SENT,
  states,
  TRIPPED,
  TRYING,
  WAITING,
  type Place,
  type Signal,
  type State,
} from './machine.ts'

/**
 * Takes finished texts and delivers each until somebody answers for it: a bounded queue, one request at a time, back-off, and a breaker.
 * Knows neither browser nor Node: time, storage and transport are handed in.
 *
 * What becomes of an answer:
 *
 * | answer | what follows |
 * |---|---|
 * | 2xx whose JSON says `success`, 422 with `rejected` | delivered; refused events are told through `onError`, the server keeps them |
 * | 413 | the batch is halved; a single event that is too large is given up |
 * | 429, 5xx, none, or something that is no answer of Cairn | repeated after `Retry-After`, or 1, 2, 4 … 60 s, each times 0.5 to 1.5 |
 * | any other 4xx | given up, told through `onError` |
 */
export interface Runtime {
  /** Milliseconds that never go back, for spans. */
  elapsed(): number
  /** Calls once after so many milliseconds. */
  after(ms: number, run: () => void): unknown
  /** Posts JSON. `isLast`: the page is going away. Rejects where there is no answer. */
  post(path: string, body: string, isLast: boolean): Promise<Answer>
}

/** What is read of a `Response`. */
export interface Answer {
  status: number
  headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** What outlives the process. Nothing waits for it, and it neither throws nor rejects: where it cannot write, memory has to do. */
export interface Spool {
  add(key: number, parcels: readonly Parcel[]): void
  remove(key: number): void
}

/** Index of `paths`, and the JSON text that goes there. */
export type Parcel = readonly [path: number, text: string]
export const paths = ['/api/events/log/batch', '/api/people/identify'] as const
export const BATCH = 0
export const IDENTIFY = 1

/** What the server wants of its trackers; it comes with an answer when it has changed. */
export interface Settings {
  version: string
  streams_off: readonly string[]
  /** Share of people whose events are sent, 0 to 1. */
  sampling: number
  breaker: { budget_ms: number; failures: number; rest_ms: number }
}

/** What the sender goes by itself; the rest is for who makes events. */
type Own = Pick<Settings, 'version' | 'breaker'>

/** The last number of a source that is gone. */
export interface Ended {
  source_id: string
  seq: number
}

/**
 * What went wrong, for a developer's eyes: the server's own code and message where it refused something, else
 *
 * - `unreachable` the server does not answer, or cannot take events now; they are kept and sent again
 * - `queue_full` the oldest events go
 * - `too_large` an event of more than 256 KB, which no server takes
 * - `refused` the server refuses all that was sent, without a word of its own
 *
 * `status` is 0 where no request was made, or none was answered.
 */
export interface Fault {
  code: string
  status: number
  message?: string | undefined
}

export interface SenderOptions {
  writeKey: string
  runtime: Runtime
  spool?: Spool | undefined
  /** Path of the batch route, where it is not the usual one. */
  path?: string | undefined
  /** Events that make a batch; default 10. */
  batchSize?: number | undefined
  /** Longest wait for one, in milliseconds; default 5,000. */
  interval?: number | undefined
  /** Bounds of the queue; default 1,000 events, 1 MB of text. The oldest go first. */
  maxEvents?: number | undefined
  maxBytes?: number | undefined
  /** `held` until the host has the person's consent, `off` where it was refused. */
  begin?: 'idle' | 'held' | 'off' | undefined
  /** 'daily': nobody has an id, and the server counts visitors by a hash that changes every day. */
  visitor?: 'daily' | undefined
  settings?: Own | undefined
  onSettings?: (settings: Settings) => void
  onState?: (state: State) => void
  onError?: (fault: Fault) => void
}

export interface Sender {
  /** Its state, as the machine numbers them: below HELD it takes and sends. */
  readonly place: Place
  /** Events not delivered yet. */
  readonly size: number
  /** Whether what is tracked is taken; not while it would cost the host too much. */
  readonly takes: boolean
  push: (text: string, path?: number, isUrgent?: boolean) => void
  /** Takes over what somebody before has kept; returns the key that the spool's record of it has from now on. */
  adopt: (parcels: readonly Parcel[]) => number
  /** Has the next batch say how far sources had numbered that are gone; `told` once it has arrived. */
  tell: (ended: readonly Ended[], told: () => void) => void
  /** Consent is there: what was held is kept and sent. */
  grant: () => void
  /** Nothing is taken or sent from now on, and what was not sent is forgotten, in the spool too. */
  deny: () => void
  /** Tells the breaker how long the host was kept, in milliseconds. */
  spent: (ms: number) => void
  /** Resolves when everything has been delivered, or given up for now. */
  flush: () => Promise<void>
  /** The page goes away: sends at once what fits into a request that outlives it. */
  leave: () => void
}

interface Item {
  path: number
  /** '' once it is delivered or given up. */
  text: string
  /** The record of the spool that holds it, and how much of that is not delivered yet. */
  from: { key: number; left: number }
}
const unkept: Item['from'] = { key: -1, left: Infinity }

/** Of a request that may outlive its page, browsers take 64 KB. Characters stand for bytes: a larger one is sent without that. */
const MAX_BODY = 60_000
const MAX_REQUEST_EVENTS = 500
const MAX_EVENT = 262_144
/** A longer loop is kept in pieces, so that neither memory nor one record grows without bound. */
const MAX_FRESH = 100
const LONGEST_REST_MS = 60_000
/** Until the server has said otherwise. */
const unasked: Own = { version: '', breaker: { budget_ms: 50, failures: 5, rest_ms: LONGEST_REST_MS } }

export function createSender({
  writeKey,
  runtime,
  spool,
  path = paths[BATCH],
  batchSize = 10,
  interval = 5_000,
  maxEvents = 1_000,
  maxBytes = 1_048_576,
  begin = 'idle',
  visitor,
  settings = unasked,
  onSettings,
  onState,
  onError,
}: SenderOptions): Sender {
  let state = states.indexOf(begin) as Place
  /** Oldest first; those under way are the first `underWay`. */
  let items: Item[] = []
  let underWay = 0
  let bytes = 0
  let nextKey = 0
  /** Pushed and not handed to the spool yet. */
  let fresh: Item[] = []
  let isUrgent = false
  let isFull = false
  let isSlow = false
  let limit = MAX_REQUEST_EVENTS
  let failures = 0
  let restMs: number
  let windowStart = 0
  let ownMs = 0
  let ended: readonly Ended[] = []
  let told: (() => void) | undefined
  let flushed: (() => void)[] = []
  let armed = 0

  /** In a turn of its own: what the host's function throws is the host's. */
  const fault = (code: string, status = 0, message?: string): void => queueMicrotask(() => onError?.({ code, status, message }))
  const arm = (ms: number): void => {
    const own = armed
    runtime.after(ms, () => {
      if (own === armed) signal(DUE)
    })
  }

  function signal(signal: Signal): void {
    const before = state
    state = machine[before][signal]
    if (state === before) {
      if (signal === MORE && state === SENDING) post()
      return
    }
    armed++
    const name = states[state]
    queueMicrotask(() => onState?.(name))
    if (state !== SENDING) {
      isUrgent = false
      for (const resolve of flushed.splice(0)) resolve()
    }
    if (state === WAITING) arm(interval)
    else if (state === SENDING) post()
    else if (state === TRYING) {
      isSlow = false
      post()
    } else if (state === IDLE) weigh(QUEUED)
    else if (state < HELD) arm(state === OPEN ? settings.breaker.rest_ms : restMs)
  }

  /** Whether there is enough to send now. */
  function weigh(otherwise: typeof QUEUED | typeof SENT): void {
    const free = items.length - underWay
    if (free > 0 && (isUrgent || free >= batchSize)) signal(otherwise === SENT ? MORE : FULL)
    else if (free > 0 || otherwise === SENT) signal(otherwise)
  }

  function take(path: number, text: string, from: Item['from']): Item {
    const item = { path, text, from }
    items.push(item)
    bytes += text.length
    return item
  }

  function forget(item: Item): void {
    bytes -= item.text.length
    item.text = ''
    if (--item.from.left === 0) spool?.remove(item.from.key)
  }

  function bound(): void {
    while (items.length > maxEvents || bytes > maxBytes) {
      // Most often nothing is under way, and `splice` moves all the others.
      const oldest = underWay ? items.splice(underWay, 1)[0] : items.shift()
      if (!oldest) return
      forget(oldest)
      if (!isFull) fault('queue_full')
      isFull = true
    }
  }

  /** All that was pushed since the last time becomes one record of the spool. */
  function keep(): void {
    if (!fresh[0]) return
    const from = { key: nextKey++, left: fresh.length }
    const parcels = fresh.map((item): Parcel => {
      item.from = from
      return [item.path, item.text]
    })
    if (state !== HELD) spool?.add(from.key, parcels)
    fresh = []
    bound()
    weigh(QUEUED)
  }

  function post(isLast = false): void {
    keep()
    const batch: Item[] = []
    let size = 0
    // The oldest that go to one address and into one request.
    for (const item of items.slice(underWay, underWay + limit)) {
      size += item.text.length
      if (batch[0] && (batch[0].path || item.path || size > MAX_BODY)) break
      batch.push(item)
    }
    const [first] = batch
    if (!first && !ended[0]) return signal(SENT)
    const to = first?.path ?? BATCH
    const telling = to === BATCH ? ended : []
    underWay += batch.length
    const texts = batch.map(({ text }) => text).join()
    const head = { sent_at: new Date(), write_key: writeKey, visitor, ...(to === BATCH && { settings: settings.version, ended: telling }) }
    void runtime
      .post(to === BATCH ? path : paths[IDENTIFY], `${JSON.stringify(head).slice(0, -1)},${to === BATCH ? `"events":[${texts}]}` : texts.slice(1)}`, isLast)
      .then(async (answer): Promise<Said> => [answer.status, read(await answer.text()), Number(answer.headers.get('Retry-After'))])
      .catch((): Said => [0, {}, 0])
      .then((said) => settle(batch, telling, said))
  }

  function settle(batch: readonly Item[], telling: readonly Ended[], [status, answer, retryAfter]: Said): void {
    const isTaken = answer.success || answer.rejected
    const isRefused = status >= 400 && status < 500 && status !== 429
    underWay = Math.max(0, underWay - batch.length)
    if (!isTaken && status === 413 && batch.length > 1) {
      limit = Math.ceil(batch.length / 2)
      signal(MORE)
    } else if (isTaken || isRefused) {
      for (const item of batch) if (item.text) forget(item)
      items = items.filter(({ text }) => text)
      failures = 0
      isFull = false
      limit = Math.min(MAX_REQUEST_EVENTS, limit * 2)
      if (telling === ended) ended = []
      if (isTaken) {
        if (telling[0]) told?.()
        if (answer.settings?.breaker) {
          settings = answer.settings
          onSettings?.(answer.settings)
        }
        for (const { code, message } of answer.rejected ?? []) fault(code, status, message)
      } else fault(answer.code ?? 'refused', status, answer.message)
      weigh(SENT)
    } else {
      restMs = Math.max(Math.min(LONGEST_REST_MS, 1_000 * 2 ** failures) * (0.5 + Math.random()), retryAfter * 1_000 || 0)
      fault('unreachable', status)
      signal(++failures < settings.breaker.failures ? FAILED : TRIPPED)
    }
    if (state === IDLE) weigh(QUEUED)
  }

  return {
    get place() {
      return state
    },
    get size() {
      return items.length
    },
    get takes() {
      return !isSlow
    },
    push(text, path = BATCH, urgent) {
      // The server takes none of that size, and it would drive out all others.
      if (text.length > MAX_EVENT) return fault('too_large')
      isUrgent ||= urgent === true
      if (!fresh[0]) queueMicrotask(keep)
      fresh.push(take(path, text, unkept))
      if (fresh.length >= MAX_FRESH) keep()
    },
    adopt(parcels) {
      const from = { key: nextKey++, left: parcels.length }
      for (const [path, text] of parcels) take(path, text, from)
      bound()
      weigh(QUEUED)
      return from.key
    },
    tell(list, then) {
      ended = list
      told = then
    },
    grant() {
      // Held in memory until now.
      if (state === HELD) fresh = items
      signal(GRANTED)
      keep()
    },
    deny() {
      signal(DENIED)
      for (const item of items) forget(item)
      items = []
      fresh = []
      underWay = 0
    },
    spent(ms) {
      const at = runtime.elapsed()
      if (at - windowStart > 1_000) {
        windowStart = at
        ownMs = 0
      }
      ownMs += ms
      if (ownMs <= settings.breaker.budget_ms) return
      ownMs = 0
      isSlow = true
      signal(TRIPPED)
    },
    flush() {
      keep()
      isUrgent = true
      weigh(QUEUED)
      return new Promise((resolve) => {
        if (state === SENDING || state === TRYING) flushed.push(resolve)
        else resolve()
      })
    },
    leave() {
      if (state < RESTING) post(true)
    },
  }
}

interface Read {
  success?: boolean
  rejected?: { code: string; message: string }[]
  settings?: Settings
  code?: string
  message?: string
}

type Said = [status: number, answer: Read, retryAfter: number]

/** What stands between, a proxy or a sign-in page, may answer anything with 200: only Cairn's own words count. */
function read(body: string): Read {
  try {
    return (JSON.parse(body) as Read | null) ?? {}
  } catch {
    return {}
  }
}
