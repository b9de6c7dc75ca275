import { liveCloseCodes, type LiveMessage, type LiveRequest } from '@cairn/wire/live'
import type { WebSocket } from 'ws'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { SECOND, type Clock } from '../base/time.ts'
import type { Watcher } from '../http/auth.ts'
import { Connection, Waiting, type Subscription } from './connection.ts'
import { matcher } from './event.ts'
import { END, formatPosition, readPosition } from './position.ts'
import { readRequest } from './request.ts'
import type { Segments } from './segments.ts'
import { Teller } from './teller.ts'

/**
 * Who watches, and what they are told. Each subscription is a place in the journal and nothing more: what it has not been told is on disk.
 * The teller moves the places on; this looks after the connections: what clients say, heartbeats, dead peers, and whether each still may.
 * While nobody is subscribed no segment is read.
 */
export interface HubDeps {
  recent: Segments
  /** Awaited before somebody is let in. Throws 503. */
  prepare(): Promise<void>
  /** Number of the segment that is being written. */
  newest(): number
  clock: Clock
  log: Log
  /** Told whether anybody is subscribed. */
  watched(watched: boolean): void
}

const MAX_CONNECTIONS = 1_000
const MAX_SUBSCRIPTIONS = 20
/** Missed events are told, and those who resume go on, within this. */
const TICK_MS = 250
const HEARTBEAT_MS = 15 * SECOND
/** Two heartbeats and a pong that takes its time. */
const DEAD_MS = 45 * SECOND
/** A key that is revoked is known everywhere within 2 s; of a session it costs a look into the catalog. */
const CHECK_MS = 1 * SECOND
const CLOSE_MS = 1 * SECOND

export class Hub {
  readonly #deps: HubDeps
  readonly #connections = new Map<string, Connection>()
  readonly #waiting = new Waiting()
  readonly #teller: Teller
  #ticker: NodeJS.Timeout | undefined
  #stopped = false

  constructor(deps: HubDeps) {
    this.#deps = deps
    this.#teller = new Teller({ recent: deps.recent, log: deps.log, subscriptions: () => this.#subscriptions() })
    deps.recent.follow(() => this.#teller.wake())
  }

  get size(): number {
    return this.#connections.size
  }
  /** How long a sealed segment has been waiting to be told. */
  get lagMs(): number {
    return this.#teller.lagMs
  }

  /** Throws 503 where no connection can be taken. */
  admit(): void {
    if (this.#stopped) throw new CairnError('overloaded', 'Cairn is shutting down; connect again in a few seconds.', { retryAfterSeconds: 2 })
    if (this.#connections.size < MAX_CONNECTIONS) return
    throw new CairnError('overloaded', `This node has ${MAX_CONNECTIONS} live connections, and takes no more.`, { retryAfterSeconds: 30 })
  }

  prepare(): Promise<void> {
    return this.#deps.prepare()
  }

  open(socket: WebSocket, watcher: Watcher): void {
    const connection = new Connection(socket, watcher, this.#waiting, this.#deps.clock.now())
    this.#connections.set(connection.id, connection)
    const now = performance.now()
    connection.beatAt = now + HEARTBEAT_MS
    connection.checkAt = now + Math.random() * CHECK_MS
    socket.on('message', (data, isBinary) => this.#heard(connection, data, isBinary))
    socket.on('pong', () => (connection.heardAt = performance.now()))
    socket.on('close', () => {
      this.#connections.delete(connection.id)
      connection.subscriptions.clear()
      this.#tellWatched()
    })
    // A peer that breaks the protocol, or is gone; `close` follows.
    socket.on('error', (error) => this.#deps.log.debug({ err: error }, 'live connection failed'))
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS)
  }

  *of(workspaceId: number): Iterable<Connection> {
    for (const connection of this.#connections.values()) if (connection.watcher.workspace.id === workspaceId) yield connection
  }

  /** Ends what is open, so that clients connect again at once, and waits for it, though not long. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const connection of this.#connections.values()) connection.close(liveCloseCodes.restart, 'Cairn is restarting')
    for (const end = performance.now() + CLOSE_MS; this.#connections.size > 0 && performance.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 20))
    for (const connection of this.#connections.values()) connection.terminate()
    clearInterval(this.#ticker)
    await this.#teller.stop()
  }

  *#subscriptions(): Iterable<Subscription> {
    for (const connection of this.#connections.values()) yield* connection.subscriptions.values()
  }

  #tellWatched(): void {
    let watched = false
    for (const connection of this.#connections.values()) watched ||= connection.subscriptions.size > 0
    this.#deps.watched(watched)
  }

  #heard(connection: Connection, data: WebSocket.RawData, isBinary: boolean): void {
    const refuse = (code: string, message: string, fatal = false): void => connection.say({ type: 'error', code, message, fatal })
    if (!connection.hear()) {
      refuse('too_many_requests', 'That is too many messages in one second.', true)
      return connection.close(liveCloseCodes.refused, 'too many messages')
    }
    // With ws’s default a message is one Buffer.
    const read = isBinary || !Buffer.isBuffer(data) ? ({ code: 'malformed', message: 'Messages are text.' } as const) : readRequest(data.toString('utf8'))
    if ('code' in read) return refuse(read.code, read.message)
    const { request } = read
    switch (request.type) {
      case 'subscribe':
        this.#subscribe(connection, request, refuse)
        break
      case 'unsubscribe':
        connection.subscriptions.delete(request.subscription)
        break
    }
    this.#tellWatched()
  }

  #subscribe(connection: Connection, request: LiveRequest & { type: 'subscribe' }, refuse: (code: string, message: string) => void): void {
    const { recent } = this.#deps
    const { subscription: name, filter = {}, after } = request
    if (!connection.subscriptions.has(name) && connection.subscriptions.size >= MAX_SUBSCRIPTIONS)
      return refuse('invalid', `A connection takes at most ${MAX_SUBSCRIPTIONS} subscriptions; ${name} was not made.`)
    const asked = after === undefined ? undefined : readPosition(after)
    if (after !== undefined && !asked) return refuse('invalid', 'after must be an id that a message of this server carried.')
    const end = { segment: recent.last, offset: END }
    const gone = { segment: recent.gone, offset: END }
    const isLost =
      asked !== undefined && (asked.segment > end.segment || asked.segment < gone.segment || (asked.segment === gone.segment && asked.offset < END))
    // What is left of it is told; an id of a later place than there is comes from another journal, and says nothing.
    const from = asked === undefined || asked.segment > end.segment ? end : isLost ? gone : asked
    connection.subscriptions.set(name, {
      name,
      connection,
      filterKey: JSON.stringify(filter, Object.keys(filter).toSorted()),
      matches: matcher(filter),
      at: from,
      resuming: asked !== undefined,
      resumesTo: this.#deps.newest(),
      servedUntil: 0,
      missed: 0,
    })
    const at = formatPosition(from)
    connection.say({ type: 'subscribed', subscription: name, at })
    if (isLost) connection.say({ type: 'missed', subscription: name, count: null, at })
    this.#teller.wake()
  }

  #tick(): void {
    const now = performance.now()
    let waiting = 0
    for (const connection of this.#connections.values()) {
      waiting += connection.waitingBytes
      for (const subscription of connection.subscriptions.values()) connection.sayMissed(subscription)
      if (now - connection.heardAt > DEAD_MS) connection.terminate()
      else if (now >= connection.beatAt) this.#beat(connection, now)
      if (now >= connection.checkAt) {
        connection.checkAt = Number.POSITIVE_INFINITY
        void this.#check(connection)
      }
    }
    this.#waiting.bytes = waiting
    if (this.#connections.size > 0) return this.#teller.wake()
    clearInterval(this.#ticker)
    this.#ticker = undefined
  }

  #beat(connection: Connection, now: number): void {
    connection.beatAt = now + HEARTBEAT_MS
    connection.ping()
    if (connection.congested) return
    const beat: LiveMessage = { type: 'heartbeat', at: formatPosition(connection.at ?? { segment: this.#deps.recent.last, offset: END }) }
    connection.say(beat)
  }

  /** While the catalog cannot be asked, whoever was let in stays. */
  async #check(connection: Connection): Promise<void> {
    try {
      const standing = await connection.watcher.standing()
      if (standing === 401) connection.close(liveCloseCodes.unauthorized, 'key revoked or session ended')
      else if (standing === 403) connection.close(liveCloseCodes.forbidden, 'no member of this workspace any more')
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'whether a live connection may stay could not be asked')
    }
    connection.checkAt = performance.now() + CHECK_MS
  }
}
