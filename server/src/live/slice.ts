import { setImmediate as breathe } from 'node:timers/promises'
import { readSegment } from '../ingest/segment.ts'
import { readLine, toEvent, type Line } from './event.ts'
import type { Segments } from './segments.ts'
import { formatPosition } from './position.ts'

/** A segment as live reads it: the lines of its events. */
interface Slice {
  number: number
  bytes: Buffer
  lines: ReadonlyArray<readonly [start: number, end: number]>
}

/** Reads segments; keeps the last one, which those who resume read bit by bit. */
export class Slices {
  readonly #recent: Segments
  #last: Slice | undefined

  constructor(recent: Segments) {
    this.#recent = recent
  }

  /** Undefined where the segment is gone. */
  async get(number: number): Promise<Slice | undefined> {
    if (number <= this.#recent.gone) return undefined
    if (this.#last?.number === number) return this.#last
    const bytes = await this.#recent.read(number)
    if (!bytes) return undefined
    const { eventLines } = await readSegment(bytes, { keepEventLines: true })
    this.#last = { number, bytes, lines: eventLines }
    return this.#last
  }

  forget(): void {
    this.#last = undefined
  }
}

/** What one turn tells of a segment to one subscription: the events of two seconds at the highest rate. */
const MOST_EVENTS = 1_000
const MOST_BYTES = 4 * 1024 * 1024
/** Of one message; a single event may be larger. */
const MESSAGE_EVENTS = 250
const MESSAGE_BYTES = 256 * 1024

/** The events of a segment that match one filter, from one place on: worked out once for all who ask for the same. */
export class Matched {
  readonly matches: (line: Line) => boolean
  /** Whether events behind the most that are told are counted; if not, whoever asks comes back for them. */
  readonly #counts: boolean
  readonly #segment: number
  /** Of those to tell: their place, and themselves as JSON. */
  readonly #events: Array<{ offset: number; json: string }> = []
  #bytes = 0
  #count = 0
  #messages = new Map<string, Buffer>()
  #messagesFor = ''

  constructor(segment: number, matches: (line: Line) => boolean, counts: boolean) {
    this.#segment = segment
    this.matches = matches
    this.#counts = counts
  }

  /** All that match. */
  get count(): number {
    return this.#count
  }
  get tellable(): number {
    return this.#events.length
  }
  /** There is no use in looking further. */
  get done(): boolean {
    return !this.#counts && this.#isFull
  }
  get #isFull(): boolean {
    return this.#events.length >= MOST_EVENTS || this.#bytes >= MOST_BYTES
  }

  add(offset: number, json: () => string): void {
    this.#count++
    if (this.#isFull) return
    const text = json()
    this.#events.push({ offset, json: text })
    this.#bytes += text.length
  }

  offsetOf(event: number): number {
    return this.#events[event]?.offset ?? 0
  }

  /** Where a message ends that begins with the event `from` and holds at most `most`. */
  endOf(from: number, most: number): number {
    let to = from
    for (let bytes = 0; to < this.#events.length && to - from < Math.min(most, MESSAGE_EVENTS) && bytes < MESSAGE_BYTES; to++)
      bytes += this.#events[to]?.json.length ?? 0
    return to
  }

  /** One message, as bytes that many sockets share; kept for the subscriptions of the same name that follow. */
  message(subscription: string, from: number, to: number, at: string): Buffer {
    if (this.#messagesFor !== subscription) this.#messages = new Map()
    this.#messagesFor = subscription
    const key = `${from} ${to} ${at}`
    const known = this.#messages.get(key)
    if (known) return known
    const events: string[] = []
    for (let n = from; n < to; n++)
      events.push(`{"id":"${formatPosition({ segment: this.#segment, offset: this.offsetOf(n) })}","event":${this.#events[n]?.json}}`)
    const message = Buffer.from(`{"type":"events","subscription":${JSON.stringify(subscription)},"events":[${events.join(',')}],"at":"${at}"}`)
    this.#messages.set(key, message)
    return message
  }
}

/** The server takes requests on the same thread. */
const BREATH_MS = 4
const LINES_PER_LOOK = 32

/** Gives each event behind `from` to those that ask for its workspace; lines of other workspaces are passed over by their first columns. */
export async function match({ bytes, lines }: Slice, from: number, askers: ReadonlyMap<number, readonly Matched[]>): Promise<void> {
  const pacer = new Pacer()
  const all = [...askers.values()].flat()
  for (const [n, [start, end]] of lines.entries()) {
    if (n % LINES_PER_LOOK === 0) {
      await pacer.breathe()
      if (all.every((asker) => asker.done)) return
    }
    if (start <= from) continue
    const found = askers.get(workspaceOf(bytes, start))
    if (!found) continue
    const line = readLine(bytes, start, end)
    let text: string | undefined
    const json = (): string => (text ??= JSON.stringify(toEvent(line)))
    for (const asker of found) if (!asker.done && asker.matches(line)) asker.add(start, json)
  }
}

/** Behind frame, kind and two tabs; see record.ts. */
const WORKSPACE_AT = 17
const ZERO = 48
const TAB = 9
function workspaceOf(bytes: Buffer, line: number): number {
  let workspace = 0
  for (let at = line + WORKSPACE_AT; bytes[at] !== TAB; at++) workspace = workspace * 10 + (bytes[at] ?? ZERO) - ZERO
  return workspace
}

/** Lets others have the thread after each few milliseconds of work. */
export class Pacer {
  #since = performance.now()
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < BREATH_MS) return
    await breathe()
    this.#since = performance.now()
  }
}
