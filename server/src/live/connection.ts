import { randomUUID } from 'node:crypto'
import { liveCloseCodes, type LiveMessage } from '@cairn/wire/live'
import type { WebSocket } from 'ws'
import type { Watcher } from '../http/auth.ts'
import type { Line } from './event.ts'
import { formatPosition, isBefore, type Position } from './position.ts'

/** One subscription: where it stands in the journal, and what it could not be told. Events wait on disk and never in memory. */
export interface Subscription {
  name: string
  connection: Connection
  /** Filters that are equal have one key, so that they are worked out once. */
  filterKey: string
  matches: (line: Line) => boolean
  /** Everything up to there has been told, or was missed. */
  at: Position
  /** It is told everything, at its own pace. Otherwise it gets what is new, and what is too much is only counted. */
  resuming: boolean
  /** Segment that was open when it was made: whoever resumes does so to the end of it. */
  resumesTo: number
  /** Up to when one that resumes has had its share; by performance.now(). */
  servedUntil: number
  /** Events passed over and not told of yet. */
  missed: number
}

/** Nobody reads faster than this; a screen shows far less. */
const EVENTS_PER_SECOND = 500
/** Segments do not come at even times: two seconds’ worth may come at once. */
const BURST = 2 * EVENTS_PER_SECOND
/** A client that does not read is not written to. */
const MAX_WAITING_BYTES = 1024 * 1024
/** The same, once all together hold much. */
const MAX_WAITING_BYTES_WHEN_TIGHT = 64 * 1024
const MAX_WAITING_BYTES_OF_ALL = 128 * 1024 * 1024
const MESSAGES_PER_SECOND = 20

/** What waits in all sockets together; looked at again and again, and raised by what is written in between. */
export class Waiting {
  bytes = 0
  get limit(): number {
    return this.bytes > MAX_WAITING_BYTES_OF_ALL ? MAX_WAITING_BYTES_WHEN_TIGHT : MAX_WAITING_BYTES
  }
}

export class Connection {
  readonly id = randomUUID()
  readonly watcher: Watcher
  readonly since: number
  readonly subscriptions = new Map<string, Subscription>()
  /** Events. */
  sent = 0
  missed = 0
  /** All three by performance.now(). */
  heardAt = performance.now()
  beatAt = 0
  checkAt = 0
  readonly #socket: WebSocket
  readonly #waiting: Waiting
  #tokens = BURST
  #filledAt = performance.now()
  #heard = 0
  #secondAt = 0

  constructor(socket: WebSocket, watcher: Watcher, waiting: Waiting, now: number) {
    this.#socket = socket
    this.watcher = watcher
    this.#waiting = waiting
    this.since = now
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount
  }
  get congested(): boolean {
    return this.#socket.bufferedAmount > this.#waiting.limit
  }
  /** The place to resume after. */
  get at(): Position | undefined {
    return [...this.subscriptions.values()].map((s) => s.at).reduce<Position | undefined>((a, b) => (a && isBefore(a, b) ? a : b), undefined)
  }

  /** Events that may be told now. */
  allowance(): number {
    const now = performance.now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filledAt) / 1_000) * EVENTS_PER_SECOND)
    this.#filledAt = now
    return Math.floor(this.#tokens)
  }

  /** One message of events. */
  tell(message: Buffer, events: number, resuming: boolean): void {
    if (!resuming) this.#tokens -= events
    this.sent += events
    this.#write(message)
  }

  say(message: LiveMessage): void {
    this.#write(JSON.stringify(message))
  }

  /** Tells of what was passed over, once there is room for it. */
  sayMissed(subscription: Subscription): void {
    if (subscription.missed === 0 || this.congested) return
    this.say({ type: 'missed', subscription: subscription.name, count: subscription.missed, at: formatPosition(subscription.at) })
    subscription.missed = 0
  }

  ping(): void {
    this.#socket.ping()
  }

  /** False once it has said more in this second than anybody needs to. */
  hear(): boolean {
    this.heardAt = performance.now()
    if (this.heardAt - this.#secondAt > 1_000) {
      this.#secondAt = this.heardAt
      this.#heard = 0
    }
    return ++this.#heard <= MESSAGES_PER_SECOND
  }

  close(code: number, reason: string): void {
    this.subscriptions.clear()
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #write(message: string | Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const before = this.#socket.bufferedAmount
    // Answers to what a client says are not held back; whoever asks on and on without reading them is ended.
    if (before > 2 * MAX_WAITING_BYTES) return this.close(liveCloseCodes.refused, 'too much is waiting')
    this.#socket.send(message, { binary: false })
    this.#waiting.bytes += Math.max(0, this.#socket.bufferedAmount - before)
  }
}
