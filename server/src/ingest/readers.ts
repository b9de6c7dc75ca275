import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { Log } from '../base/log.ts'
import { DAY, type Clock } from '../base/time.ts'
import type { SealedSegment } from './journal.ts'

/**
 * Readers of the journal: each goes through the sealed segments in order, at its own pace, and keeps its own place. A segment is deleted
 * once all have passed it and the ids of its events are saved.
 * A place is saved after each segment, and a crash may lose the last one: a reader is told a segment again rather than never, so what it
 * does with a segment has to be safe to repeat.
 * The loader is `required`: it is never left behind. Any other reader that is more than a day late, or that alone holds half of the
 * journal's disk, is detached and `detached` says so: it must not stop intake.
 */
export interface Reader {
  name: string
  required: boolean
  /** Goes through one segment; rejects only when stopped. */
  read(segment: SealedSegment, signal: AbortSignal): Promise<void>
}

interface Place {
  /** Number of the last segment passed. */
  segment: number
  /** Position of its last commit. */
  seq: number
}

interface Attached {
  reader: Reader
  place: Place
  wake: (() => void) | undefined
  running: Promise<void>
}

export interface ReadersOptions {
  placesFile: string
  maxBytes: number
  log: Log
  clock: Clock
  /** Saves the event ids of what may be deleted. */
  saveIds(): Promise<void>
  discard(segment: SealedSegment): Promise<void>
}

export class Readers {
  readonly #o: ReadersOptions
  #segments: SealedSegment[] = []
  readonly #attached = new Map<string, Attached>()
  readonly #saved: Record<string, Place>
  readonly #stop = new AbortController()
  readonly #waiting = new Set<{ name: string; seq: number; resolve: () => void }>()
  readonly detached: string[] = []
  #tidying: Promise<void> = Promise.resolve()

  constructor(options: ReadersOptions) {
    this.#o = options
    this.#saved = readPlaces(options.placesFile)
  }

  /** The furthest place that any reader reached in an earlier run. */
  get furthest(): Place {
    return Object.values(this.#saved).reduce((a, b) => (b.segment > a.segment ? b : a), { segment: 0, seq: 0 })
  }

  add(segment: SealedSegment): void {
    this.#segments.push(segment)
    for (const attached of this.#attached.values()) attached.wake?.()
  }

  attach(reader: Reader): void {
    const attached: Attached = { reader, place: this.#saved[reader.name] ?? { segment: 0, seq: 0 }, wake: undefined, running: Promise.resolve() }
    this.#attached.set(reader.name, attached)
    attached.running = this.#run(attached)
  }

  /** Position up to which the reader has passed everything. */
  positionOf(name: string): number {
    return this.#attached.get(name)?.place.seq ?? 0
  }

  /** Segments that the reader has not passed. */
  ahead(name: string): readonly SealedSegment[] {
    const place = this.#attached.get(name)?.place.segment ?? 0
    return this.#segments.filter((s) => s.number > place)
  }

  /** Resolves true once the reader has passed the position, false after `timeoutMs`. */
  async waitFor(name: string, seq: number, timeoutMs: number): Promise<boolean> {
    if (this.positionOf(name) >= seq) return true
    return new Promise((resolve) => {
      const waiting = {
        name,
        seq,
        resolve: () => {
          clearTimeout(timer)
          this.#waiting.delete(waiting)
          resolve(true)
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting)
        resolve(false)
      }, timeoutMs)
      this.#waiting.add(waiting)
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const attached of this.#attached.values()) attached.wake?.()
    await Promise.allSettled([...this.#attached.values()].map((a) => a.running))
    await this.#tidying
  }

  async #run(attached: Attached): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.#attached.get(attached.reader.name) === attached) {
      const segment = this.#segments.find((s) => s.number > attached.place.segment)
      if (!segment) {
        await new Promise<void>((resolve) => (attached.wake = resolve))
        attached.wake = undefined
        continue
      }
      try {
        await attached.reader.read(segment, signal)
      } catch (error) {
        if (!signal.aborted) this.#o.log.error({ err: error, reader: attached.reader.name }, 'reader of the journal ended')
        return
      }
      attached.place = { segment: segment.number, seq: segment.lastSeq }
      for (const waiting of [...this.#waiting]) if (waiting.name === attached.reader.name && waiting.seq <= segment.lastSeq) waiting.resolve()
      this.#tidy()
    }
  }

  #tidy(): void {
    this.#tidying = this.#tidying.then(async () => {
      try {
        this.#detachLate()
        await this.#savePlaces()
        const passed = Math.min(...[...this.#attached.values()].map((a) => a.place.segment))
        if (!this.#segments.some((s) => s.number <= passed)) return
        await this.#o.saveIds()
        for (let segment = this.#segments[0]; segment && segment.number <= passed; segment = this.#segments[0]) {
          await this.#o.discard(segment)
          this.#segments.shift()
        }
      } catch (error) {
        this.#o.log.error({ err: error }, 'journal could not be tidied; it is tried again after the next segment')
      }
    })
  }

  #detachLate(): void {
    for (const [name, { reader, place }] of this.#attached) {
      if (reader.required) continue
      const held = this.#segments.filter((s) => s.number > place.segment)
      const oldest = held[0]
      // Segments are numbered by the clock.
      const late = oldest !== undefined && oldest.number < this.#o.clock.now() - DAY
      if (!late && held.reduce((sum, s) => sum + s.bytes, 0) < this.#o.maxBytes / 2) continue
      this.#attached.delete(name)
      this.detached.push(name)
      this.#o.log.error({ reader: name }, 'reader of the journal is too far behind and was detached')
    }
  }

  async #savePlaces(): Promise<void> {
    for (const [name, { place }] of this.#attached) this.#saved[name] = place
    const draft = `${this.#o.placesFile}.new`
    await writeFile(draft, JSON.stringify(this.#saved))
    await rename(draft, this.#o.placesFile)
  }
}

function readPlaces(file: string): Record<string, Place> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Place>
  } catch {
    // First start, or a file cut short by a power loss: segments are told again, which is safe to repeat.
    return {}
  }
}
