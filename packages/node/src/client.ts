import { eventOf, timed, type AnyType, type BeforeSend, type OutgoingEvent, type Properties, type Timed, type TrackOptions } from '@cairn/core/event'
import { uuidv7 } from '@cairn/core/ids'
import { OFF, type State } from '@cairn/core/machine'
import { BATCH, createSender, IDENTIFY, type Fault, type Settings } from '@cairn/core/sender'
import packageJson from '../package.json' with { type: 'json' }
import { createCost } from './cost.ts'
import { createQueue, type Bounds } from './queue.ts'
import { openSpool } from './spool.ts'
import { createTransport } from './transport.ts'

export interface Options {
  /** A write key or a secret key; on a server either is safe. */
  writeKey: string
  /** Where Cairn is, for example `https://cairn.example`. */
  host: string
  /** Of the batch route, where the server has another. */
  path?: string
  /** Events that make a batch; default 10. */
  batchSize?: number
  /** Longest wait for one, in milliseconds; default 5,000. */
  interval?: number
  /** Bounds of what waits to be sent; default 10,000 events and 10 MB. The oldest go first. */
  maxEvents?: number
  maxBytes?: number
  /** Folder that keeps what is not sent yet, so that it outlives the process; default: memory only. */
  spool?: string
  /** Whether the spool waits for the disk itself, so that it outlives a power cut too; default false. */
  fsync?: boolean
  /** Joins the context of every event. */
  context?: Properties
  /** Changes an event, or answers null for "do not send". */
  beforeSend?: BeforeSend
  /** Writes to the console what goes on. */
  debug?: boolean
  onState?(state: State): void
  onError?(fault: Fault): void
}

/** Whom an event is about: `userId` or `anonymousId` is required. */
export interface Who {
  userId?: string | number | undefined
  anonymousId?: string | undefined
  sessionId?: string | undefined
  /** Default `server`. */
  deviceType?: string | undefined
}

export interface ServerTrackOptions extends TrackOptions, Who {}

/** Nothing here throws, rejects or waits: what goes wrong is told through `onError`. */
export interface Client {
  readonly track: (type: AnyType, options: ServerTrackOptions) => void
  /** For what takes time: the event goes with its duration when it is complete. */
  readonly trackTimed: (type: AnyType, options: ServerTrackOptions) => Timed
  readonly trackPageView: (name: string, metadata: Properties | undefined, who: Who) => void
  readonly trackBatch: (events: readonly { type: AnyType; options: ServerTrackOptions }[]) => void
  /** Tells traits of a user, and that an anonymous id is theirs. */
  readonly identify: (userId: string | number, traits?: Properties, who?: Pick<Who, 'anonymousId'>) => void
  /** Tells that somebody belongs to a group, such as a company: the event `group_identified`. */
  readonly group: (type: string, id: string | number, traits: Properties | undefined, who: Who) => void
  /** Joins the context of every event from now on. */
  readonly register: (properties: Properties) => void
  /** Resolves when all that was tracked has been delivered, or given up for now. */
  readonly flush: () => Promise<void>
  /** Delivers what is left, for at most so many milliseconds (default 5,000); nothing is taken any more. What a spool holds is sent after the next start. */
  readonly shutdown: (timeoutMs?: number) => Promise<void>
  readonly queueSize: number
  /** For what stands between client and host: has `onError` told of a fault of its own. */
  readonly report: (code: string, error: unknown) => void
  /** For what stands between client and host: runs once this turn of the host has answered whom it can, at the latest before a flush. */
  readonly afterwards: (run: () => void) => void
}

const version = packageJson.version
/** The last flush of a process that has nothing else to do. */
const EXIT_MS = 5_000
/** How long a stream that is switched off is believed to be so, without asking again. */
const SETTINGS_MS = 600_000
/** What the sender holds itself, enough for its next requests. */
const HELD_EVENTS = 500
const HELD_BYTES = 1_048_576
/** As many as a batch takes. */
const MAX_ENDED = 100

/** Never throws: with options that cannot be used, `onError` is told and the client takes nothing. */
export function createClient(options: Options = {} as Options): Client {
  const { writeKey, host, path, batchSize, interval, maxEvents = 10_000, maxBytes = 10 * 1_048_576, beforeSend, debug = false } = options
  const sourceId = uuidv7(Date.now())
  let context = options.context
  let seq = 0
  let settings: Settings | undefined
  let askedAt = 0
  let changed: (() => void)[] = []
  let ended: Promise<void> | undefined
  /** What runs after this turn. */
  let waiting: (() => void)[] = []

  const say = (...what: unknown[]): void => {
    if (debug) console.debug('cairn', ...what)
  }
  /** What the host wants to be told, which may fail too. */
  const tell = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      say(error)
    }
  }
  const onError = (fault: Fault): void => {
    say(fault)
    tell(() => options.onError?.(fault))
  }
  const report: Client['report'] = (code, error) => onError({ code, message: error instanceof Error ? error.message : String(error), status: 0 })

  // Without a scheme, `localhost:4300` is an address of the scheme "localhost".
  const url = /^https?:/i.test(host) && URL.canParse(host) ? new URL(host) : undefined
  const isUsable = url !== undefined && typeof writeKey === 'string' && writeKey !== ''
  if (!isUsable) report('bad_options', 'Cairn needs `host`, an address such as https://cairn.example, and `writeKey`. Nothing is recorded.')

  const transport = createTransport({ host: url ?? new URL('http://localhost'), key: writeKey, onAnswer: () => queue.refill() })
  const spool =
    options.spool === undefined || !isUsable
      ? undefined
      : openSpool({ folder: options.spool, sourceId, fsync: options.fsync ?? false, seq: () => seq, onError })
  const all: Bounds = { events: maxEvents, bytes: maxBytes }
  // A spool needs the texts at hand, to write them anew.
  const held: Bounds = spool ? all : { events: Math.min(maxEvents, HELD_EVENTS), bytes: Math.min(maxBytes, HELD_BYTES) }
  const sender = createSender({
    writeKey,
    runtime: transport,
    spool,
    path,
    batchSize,
    interval,
    maxEvents: held.events,
    maxBytes: held.bytes,
    begin: isUsable ? 'idle' : 'off',
    onSettings(newer) {
      settings = newer
      askedAt = Date.now()
    },
    onState(state) {
      say(state)
      for (const resolve of changed.splice(0)) resolve()
      tell(() => options.onState?.(state))
    },
    onError,
  })

  const queue = createQueue(sender, held, all)
  const isOff = (): boolean => ended !== undefined || sender.place === OFF

  /** Whether the server records events now. What is switched off is asked for again with one event. */
  function isWanted(now: number): boolean {
    if (!settings?.streams_off.includes('events')) return true
    if (now - askedAt < SETTINGS_MS) return false
    askedAt = now
    return true
  }

  function record(type: AnyType, o: ServerTrackOptions): void {
    if (isOff()) return
    const now = Date.now()
    const made = checked(type, o, now)
    if (!isWanted(now)) return
    // A number that never comes: what the breaker costs is seen as missing.
    if (!sender.takes) return void seq++
    const event = beforeSend ? beforeSend(made) : made
    if (!event) return
    const text = JSON.stringify(event)
    seq++
    queue.push([BATCH, text], o.immediate)
    say(event)
  }

  /** Throws what `onError` is told. */
  function checked(type: AnyType, o: ServerTrackOptions, now: number): OutgoingEvent {
    if (typeof type !== 'string' || type === '') throw new Error('An event needs a type, for example project_created.')
    const user = idOf(o?.userId)
    const anonymous = idOf(o?.anonymousId)
    if (user === undefined && anonymous === undefined) throw new Error(`${type} is about nobody: it needs a userId or an anonymousId.`)
    if (!Number.isFinite(Number(o.timestamp ?? now))) throw new Error(`${type} has a timestamp that is no time.`)
    return eventOf(type, { ...o, durationMs: o.durationMs === undefined ? undefined : Math.round(o.durationMs) }, now, {
      user_id: user,
      anonymous_id: anonymous,
      session_id: idOf(o.sessionId),
      context,
      device_type: o.deviceType ?? 'server',
      tracker: `cairn-node/${version}`,
      source_id: sourceId,
      seq: seq + 1,
    })
  }

  const measured = createCost((ms) => {
    const took = sender.takes
    sender.spent(ms)
    if (took && !sender.takes) report('too_slow', 'Tracking kept the host waiting too long, and rests: a beforeSend, or what is tracked, is too much.')
  })

  /** The host is never told of what fails, but by `onError`. */
  const guard = (code: string, run: () => void): void =>
    measured(() => {
      try {
        run()
      } catch (error) {
        report(code, error)
      }
    })

  const client: Client = {
    ...callsOf((type, o) => guard('not_tracked', () => record(type, o)), report),
    identify: (userId, traits, who) =>
      guard('not_identified', () => {
        if (isOff()) return
        const user = idOf(userId)
        if (user === undefined) throw new Error('identify needs a userId.')
        const now = Date.now()
        const anonymous = idOf(who?.anonymousId)
        const text = JSON.stringify({ event_id: uuidv7(now), timestamp: new Date(now).toISOString(), user_id: user, anonymous_id: anonymous, traits })
        queue.push([IDENTIFY, text], false)
      }),
    register: (properties) =>
      guard('not_registered', () => {
        context = { ...context, ...properties }
      }),
    flush() {
      catchUp()
      return queue.flush()
    },
    shutdown(timeoutMs = EXIT_MS) {
      catchUp()
      return (ended ??= end(timeoutMs))
    },
    get queueSize() {
      return queue.size + waiting.length
    },
    report,
    afterwards(run) {
      if (waiting.push(run) === 1) setImmediate(catchUp)
    },
  }

  function catchUp(): void {
    const runs = waiting
    waiting = []
    for (const run of runs) guard('not_tracked', run)
  }

  async function end(timeoutMs: number): Promise<void> {
    process.off('beforeExit', flushAtExit)
    process.off('exit', keepAtExit)
    await within(timeoutMs, drain())
    transport.close()
    await spool?.close().catch((error: unknown) => report('spool_failed', error))
  }

  /** Until all is delivered, or the spool can be left to hold it. */
  async function drain(): Promise<void> {
    for (;;) {
      await queue.flush()
      if (queue.size === 0 || spool?.isSound) return
      await new Promise<void>((resolve) => changed.push(resolve))
    }
  }

  /** Keeps the process alive for it; requests that take longer are ended. */
  async function within(ms: number, work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))])
    clearTimeout(timer)
    transport.abort()
  }

  const flushAtExit = (): void => {
    if (client.queueSize > 0) void within(EXIT_MS, client.flush())
  }
  if (isUsable) process.on('beforeExit', flushAtExit)
  /** By `process.exit` or an error that nobody caught: there is no time to send, but to write. */
  const keepAtExit = (): void =>
    tell(() => {
      void client.flush()
      spool?.closeAtOnce()
    })
  if (spool) process.on('exit', keepAtExit)

  let isTelling = false
  /** One list at a time. */
  function tellEnded(): void {
    const list = spool?.ended().slice(0, MAX_ENDED) ?? []
    if (isTelling || list.length === 0) return
    isTelling = true
    sender.tell(list, () => {
      isTelling = false
      spool?.told(list)
      tellEnded()
    })
  }
  spool?.begin({
    adopt: (parcels) => sender.adopt(parcels),
    fits: (moreEvents, allBytes) => sender.size === 0 || (sender.size + moreEvents <= maxEvents && allBytes <= maxBytes),
    onEnded: tellEnded,
  })
  return client
}

/** The calls that are made of `track`. */
export const callsOf = (track: Client['track'], report: Client['report']): Pick<Client, 'track' | 'trackTimed' | 'trackPageView' | 'trackBatch' | 'group'> => ({
  track,
  trackTimed: (type, options) => timed(track, () => performance.now(), type, { ...options }),
  trackPageView: (name, metadata, who) => track('page_viewed', { ...who, entityType: 'page', entityId: name, metadata }),
  trackBatch(events) {
    try {
      for (const { type, options } of events) track(type, options)
    } catch (error) {
      report('not_tracked', error)
    }
  },
  group: (type, id, traits, who) => track('group_identified', { ...who, entityType: type, entityId: id, metadata: traits }),
})

/** undefined for nobody; throws for what is no id. */
function idOf(id: unknown): string | undefined {
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return String(id)
  throw new Error('An id is a text or a number.')
}
