import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import { MINUTE, SECOND, type Clock } from '../base/time.ts'
import type { SealedSegment } from './journal.ts'

/**
 * The sealed segments of the last minutes, for those who follow the journal from outside and keep their place themselves: whoever was cut
 * off reads on where it stopped, also after a restart.
 *
 * On disk: a segment that every reader has passed is not deleted but moved to `<number>.tsv` here (a rename, no copy). It goes once it is
 * ten minutes old, once the folder is over its bound, when the disk gets low, or after a deletion, which must find no copy of its rows. One
 * empty `<number>.gone` names the last one that went; it is written before anything is deleted. So everything after that number is here, or
 * still in the journal, whatever a crash left.
 * This is not the journal: nobody waits for it, it is not in its backlog, the start does not read it, and without it nothing is lost but
 * the minutes that can be resumed.
 */

/** Ten minutes are promised; one more for those who come back in the last moment and have to read it all. */
const KEEP_MS = 11 * MINUTE
const FILE = /^(\d{14})\.(tsv|gone)$/
const TRIM_EVERY_MS = 10 * SECOND

interface Entry {
  number: number
  bytes: number
  /** Where the journal has, or had, it. */
  path: string
  sealedAt: number
  /** Moved here. */
  kept: boolean
}

export interface RecentOptions {
  dir: string
  maxBytes: number
  clock: Clock
  log: Log
}

export class Recent {
  readonly #o: RecentOptions
  /** In order. */
  #entries: Entry[] = []
  #keptBytes = 0
  #gone = 0
  /** What the folder is known to follow. */
  #swept = 0
  #added: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined
  /** Changes of the folder, one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: RecentOptions) {
    this.#o = options
    mkdirSync(options.dir, { recursive: true })
    const names = readdirSync(options.dir).map((name) => FILE.exec(name))
    for (const found of names) if (found?.[2] === 'gone') this.#gone = Math.max(this.#gone, Number(found[1]))
    for (const found of names) {
      if (found?.[2] !== 'tsv') continue
      const number = Number(found[1])
      const { size, mtimeMs } = statSync(join(options.dir, found[0]))
      this.#entries.push({ number, bytes: size, path: '', sealedAt: Math.max(number, mtimeMs), kept: true })
      this.#keptBytes += size
    }
    this.#entries.sort((a, b) => a.number - b.number)
    // A crash between the mark and its deletions leaves some.
    this.#drop(this.#gone)
    this.#timer = setInterval(() => void this.#trim(), TRIM_EVERY_MS)
    this.#timer.unref()
  }

  /** Number of the last segment; of the last that went where there is none. */
  get last(): number {
    return this.#entries.at(-1)?.number ?? this.#gone
  }
  /** Segments up to this number are no longer here. */
  get gone(): number {
    return this.#gone
  }
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** `added` is called for each segment from now on. */
  follow(added: () => void): void {
    this.#added = added
  }

  /** A segment that was sealed; its file is in the journal. */
  add({ number, bytes, path }: SealedSegment): void {
    // Let go while it was in the journal, before a crash.
    if (number <= this.#gone) return
    this.#entries.push({ number, bytes, path, sealedAt: this.#o.clock.now(), kept: false })
    this.#added()
  }

  /** The first segment behind that number. */
  after(number: number): number | undefined {
    if (number >= this.last) return undefined
    let low = 0
    for (let high = this.#entries.length; low < high;) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.number ?? 0) > number) high = middle
      else low = middle + 1
    }
    return this.#entries[low]?.number
  }

  /** Undefined where it is gone. */
  async read(number: number): Promise<Buffer | undefined> {
    const entry = this.#entries.find((e) => e.number === number)
    if (!entry) return undefined
    // It may be moved between the look and the reading.
    return (entry.kept ? undefined : await readIfThere(entry.path)) ?? (await readIfThere(this.#pathOf(number)))
  }

  /** Takes over the file of a segment that every reader has passed. */
  keep(segment: SealedSegment): Promise<void> {
    return this.#inTurn(async () => {
      const entry = this.#entries.find((e) => e.number === segment.number)
      if (!entry) return unlink(segment.path)
      try {
        await rename(segment.path, this.#pathOf(segment.number))
        entry.kept = true
        this.#keptBytes += entry.bytes
      } catch (error) {
        this.#o.log.warn({ err: error }, 'a segment could not be kept for those who resume; it is deleted')
        this.#drop(segment.number)
        await unlink(segment.path)
      }
      this.#dropOld()
      // It may have been let go while it was moved.
      if (this.#swept < this.#gone) await this.#sweep().catch((error: unknown) => this.#warn(error))
    })
  }

  /**
   * Lets go of everything up to now; resolves once the files are deleted, rejects where they cannot be. Those still in the journal are deleted
   * when the journal is done with them.
   */
  letGo(): Promise<void> {
    this.#drop(this.last)
    return this.#inTurn(() => this.#sweep())
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#work
  }

  async #trim(): Promise<void> {
    this.#dropOld()
    if (this.#swept < this.#gone) await this.#inTurn(() => this.#sweep()).catch((error: unknown) => this.#warn(error))
  }

  #dropOld(): void {
    const now = this.#o.clock.now()
    for (let first = this.#entries[0]; first?.kept; first = this.#entries[0]) {
      if (first.sealedAt > now - KEEP_MS && this.#keptBytes <= this.#o.maxBytes) return
      this.#drop(first.number)
    }
  }

  #drop(upTo: number): void {
    this.#gone = Math.max(this.#gone, upTo)
    const left = this.#entries.findIndex((e) => e.number > upTo)
    const leaving = this.#entries.splice(0, left < 0 ? this.#entries.length : left)
    for (const { kept, bytes } of leaving) if (kept) this.#keptBytes -= bytes
  }

  /** Makes the folder follow `gone`. What failed is done by the next one. */
  async #sweep(): Promise<void> {
    const gone = this.#gone
    if (gone > 0) await writeFile(this.#pathOf(gone, 'gone'), '', { mode: 0o600 })
    for (const name of await readdir(this.#o.dir)) {
      const [, digits, ending] = FILE.exec(name) ?? []
      const number = Number(digits)
      if (number < gone || (number === gone && ending === 'tsv')) await rm(join(this.#o.dir, name), { force: true })
    }
    this.#swept = gone
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }

  #warn(error: unknown): void {
    this.#o.log.error({ err: error }, 'segments kept for those who resume could not be deleted; it is tried again')
  }

  #pathOf(number: number, ending: 'tsv' | 'gone' = 'tsv'): string {
    return join(this.#o.dir, `${String(number).padStart(14, '0')}.${ending}`)
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
