import { close, fdatasync, mkdirSync, openSync, readFileSync, readdirSync, readSync, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { HOUR, type Clock } from '../base/time.ts'

const writeTo = promisify(write)
const sync = promisify(fdatasync)
const closeFile = promisify(close)

/**
 * Which event ids have been taken before, per workspace: at least 24 hours at 10 million events a day, in bounded memory, across restarts.
 *
 * Ids live in generations of about 1.4 million. A generation is one file of 20-byte entries (workspace, UUID), appended once per sealed
 * segment and followed by a mark that names the segment; and one table of 32-bit slots in memory. A slot holds 11 bits of the id's hash
 * and the number of its entry, so a hit in the table is only a hint: the entry itself is read and compared before anything is called a
 * duplicate. Four bytes a slot: 8 MB for each generation, 72 MB for a full window; full ids in memory would take 300 MB.
 *
 * Only ids of committed groups reach a file: an id saved for an event that is not on disk would turn its repetition away, and lose it.
 * After a crash a file is read up to its last whole mark; ids of segments behind that mark are told again by the journal.
 * The oldest generation goes once it is older than 25 hours, or once there are more than memory allows; `windowMs` tells.
 */
const SLOT_BITS = 21
const SLOTS = 1 << SLOT_BITS
const SLOT_MASK = SLOTS - 1
/** Two thirds full: an unsuccessful look-up reads five slots on average, in one or two cache lines. */
const FULL = 1_400_000
const ENTRY = 20
/** No workspace has this number; it tells a mark from an id. */
const MARK = 0xffffffff
const KEEP_MS = 25 * HOUR

interface Generation {
  number: number
  path: string
  slots: Uint32Array
  fd: number
  /** Entries that are in the file, or on their way there. Entry n stands at byte 20 n; a mark takes a number too. */
  saved: number
  firstSealedAt: number
  lastSealedAt: number
}

export class SeenIds {
  readonly #o: { dir: string; clock: Clock; maxGenerations: number }
  #generations: Generation[] = []
  /** Entries of the newest generation that are not saved yet: those of the open segment and of groups in flight. */
  #tail: Buffer = Buffer.alloc(64 * 1024)
  #tailEntries = 0
  /** Bytes on their way to the file. */
  #leaving: Array<{ first: number; bytes: Buffer; generation: Generation }> = []
  #saving: Promise<void> = Promise.resolve()
  #lastSegment = 0
  #shortened = false
  readonly #read = Buffer.alloc(ENTRY)
  /** The id being looked at: four words of the UUID, and what they hash to. */
  #a = 0
  #b = 0
  #c = 0
  #d = 0
  #slot = 0
  #tag = 0

  constructor(options: { dir: string; clock: Clock; maxGenerations: number }) {
    this.#o = options
  }

  /** Reads the saved ids; returns the number of the last segment that they cover. */
  load(): number {
    mkdirSync(this.#o.dir, { recursive: true })
    const numbers = readdirSync(this.#o.dir)
      .map((name) => Number(/^(\d{8})\.ids$/.exec(name)?.[1]))
      .filter((n) => n > 0)
      .toSorted((a, b) => a - b)
    for (const number of numbers) this.#readGeneration(this.#openGeneration(number))
    this.#trim()
    return this.#lastSegment
  }

  has(workspaceId: number, eventId: string): boolean {
    this.#parse(workspaceId, eventId)
    for (let i = this.#generations.length - 1; i >= 0; i--) {
      const generation = this.#generations[i]
      if (generation && this.#holds(generation, workspaceId)) return true
    }
    return false
  }

  /** True where the id is new: it is taken from now on. False for a duplicate. */
  take(workspaceId: number, eventId: string): boolean {
    if (this.has(workspaceId, eventId)) return false
    const generation = this.#generations.at(-1) ?? this.#openGeneration(1)
    const at = this.#tailEntries * ENTRY
    if (at + ENTRY > this.#tail.length) this.#tail = Buffer.concat([this.#tail], this.#tail.length * 2)
    const tail = this.#tail
    tail.writeUInt32LE(workspaceId, at)
    tail.writeInt32LE(this.#a, at + 4)
    tail.writeInt32LE(this.#b, at + 8)
    tail.writeInt32LE(this.#c, at + 12)
    tail.writeInt32LE(this.#d, at + 16)
    insert(generation.slots, this.#slot, this.#tag, generation.saved + this.#tailEntries)
    this.#tailEntries++
    return true
  }

  /** Everything but the first `committed` unsaved ids is forgotten: their groups could not be written. Their slots point at no equal id. */
  forget(committed: number): void {
    this.#tailEntries = Math.min(this.#tailEntries, committed)
  }

  /** Hands the first `ids` unsaved ids, those of the segment that was sealed, over to `save`. */
  sealed(segment: number, ids: number): void {
    this.#lastSegment = segment
    const generation = this.#generations.at(-1)
    if (!generation) return
    const bytes = Buffer.alloc((ids + 1) * ENTRY)
    this.#tail.copy(bytes, 0, 0, ids * ENTRY)
    const now = this.#o.clock.now()
    const mark = ids * ENTRY
    bytes.writeUInt32LE(MARK, mark)
    bytes.writeUIntLE(segment, mark + 4, 6)
    bytes.writeUIntLE(now, mark + 10, 6)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, mark)), mark + 16)
    this.#leaving.push({ first: generation.saved, bytes, generation })
    const rest = Buffer.from(this.#tail.subarray(ids * ENTRY, this.#tailEntries * ENTRY))
    generation.saved += ids + 1
    generation.firstSealedAt ||= now
    generation.lastSealedAt = now
    this.#tailEntries = 0
    // Ids of groups in flight belong to the next segment: they are numbered anew behind the mark, or in the next generation.
    if (generation.saved >= FULL) this.#openGeneration(generation.number + 1)
    for (let at = 0; at < rest.length; at += ENTRY) this.take(rest.readUInt32LE(at), formatId(rest, at + 4))
  }

  /** Writes and syncs what was handed over. A segment may be deleted only after this; where it throws, the next call tries again. */
  save(): Promise<void> {
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(async () => {
        for (let leaving = this.#leaving[0]; leaving; leaving = this.#leaving[0]) {
          await writeTo(leaving.generation.fd, leaving.bytes, 0, leaving.bytes.length, leaving.first * ENTRY)
          await sync(leaving.generation.fd)
          this.#leaving.shift()
        }
        this.#trim()
      })
    return this.#saving
  }

  /** How far back a repetition is recognised: 24 hours or more, unless ids came faster than memory holds. */
  get windowMs(): number {
    const oldest = this.#generations[0]
    return oldest && this.#shortened ? Math.min(KEEP_MS, this.#o.clock.now() - oldest.firstSealedAt) : KEEP_MS
  }
  get size(): number {
    return this.#generations.reduce((sum, g) => sum + g.saved, this.#tailEntries)
  }

  async close(): Promise<void> {
    await this.save()
    for (const generation of this.#generations) await closeFile(generation.fd)
  }

  #parse(workspaceId: number, id: string): void {
    // xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
    this.#a = (hex4(id, 0) << 16) | hex4(id, 4)
    this.#b = (hex4(id, 9) << 16) | hex4(id, 14)
    this.#c = (hex4(id, 19) << 16) | hex4(id, 24)
    this.#d = (hex4(id, 28) << 16) | hex4(id, 32)
    let h = workspaceId ^ 0x9e3779b9
    h = mix(h ^ this.#a)
    h = mix(h ^ this.#b)
    h = mix(h ^ this.#c)
    h = mix(h ^ this.#d)
    this.#slot = h >>> (32 - SLOT_BITS)
    this.#tag = mix(h ^ 0x85ebca6b ^ this.#d) >>> SLOT_BITS
  }

  #holds(generation: Generation, workspaceId: number): boolean {
    const { slots } = generation
    for (let i = this.#slot; ; i = (i + 1) & SLOT_MASK) {
      const value = slots[i] ?? 0
      if (value === 0) return false
      if (value >>> SLOT_BITS === this.#tag && this.#same(generation, (value & SLOT_MASK) - 1, workspaceId)) return true
    }
  }

  /** Reads the entry and compares all of it: from memory while it is unsaved or on its way, else from the file. */
  #same(generation: Generation, number: number, workspaceId: number): boolean {
    let source: Buffer = this.#read
    let at = 0
    if (number >= generation.saved) {
      if (generation !== this.#generations.at(-1) || number - generation.saved >= this.#tailEntries) return false
      source = this.#tail
      at = (number - generation.saved) * ENTRY
    } else {
      const leaving = this.#leaving.find((l) => l.generation === generation && number >= l.first && (number - l.first) * ENTRY < l.bytes.length)
      if (leaving) {
        source = leaving.bytes
        at = (number - leaving.first) * ENTRY
      } else if (readSync(generation.fd, this.#read, 0, ENTRY, number * ENTRY) < ENTRY) return false
    }
    return (
      source.readUInt32LE(at) === workspaceId &&
      source.readInt32LE(at + 4) === this.#a &&
      source.readInt32LE(at + 8) === this.#b &&
      source.readInt32LE(at + 12) === this.#c &&
      source.readInt32LE(at + 16) === this.#d
    )
  }

  #openGeneration(number: number): Generation {
    const path = join(this.#o.dir, `${String(number).padStart(8, '0')}.ids`)
    // Not in append mode: entries are written at their own position.
    const fd = openSync(path, readdirSync(this.#o.dir).includes(`${String(number).padStart(8, '0')}.ids`) ? 'r+' : 'wx+', 0o600)
    const generation: Generation = { number, path, slots: new Uint32Array(SLOTS), fd, saved: 0, firstSealedAt: 0, lastSealedAt: 0 }
    this.#generations.push(generation)
    return generation
  }

  #readGeneration(generation: Generation): void {
    const content = readFileSync(generation.path)
    let first = 0
    for (let number = 0; (number + 1) * ENTRY <= content.length; number++) {
      const at = number * ENTRY
      if (content.readUInt32LE(at) !== MARK) continue
      if (content.readUInt32LE(at + 16) !== crc32(content.subarray(first * ENTRY, at))) break
      for (let n = first; n < number; n++) {
        const workspaceId = content.readUInt32LE(n * ENTRY)
        this.#parse(workspaceId, formatId(content, n * ENTRY + 4))
        insert(generation.slots, this.#slot, this.#tag, n)
      }
      first = number + 1
      generation.saved = first
      this.#lastSegment = Math.max(this.#lastSegment, content.readUIntLE(at + 4, 6))
      generation.lastSealedAt = content.readUIntLE(at + 10, 6)
      generation.firstSealedAt ||= generation.lastSealedAt
    }
  }

  /** Generations too old to matter go, and those that memory has no room for; the newest always stays. */
  #trim(): void {
    for (;;) {
      const oldest = this.#generations[0]
      if (!oldest || this.#generations.length === 1) return
      const tooMany = this.#generations.length > this.#o.maxGenerations
      if (!tooMany && oldest.lastSealedAt > this.#o.clock.now() - KEEP_MS) return
      if (tooMany && oldest.lastSealedAt > this.#o.clock.now() - KEEP_MS) this.#shortened = true
      this.#generations.shift()
      unlinkSync(oldest.path)
      close(oldest.fd)
    }
  }
}

function insert(slots: Uint32Array, slot: number, tag: number, number: number): void {
  let i = slot
  while (slots[i] !== 0) i = (i + 1) & SLOT_MASK
  slots[i] = ((tag << SLOT_BITS) | (number + 1)) >>> 0
}

/** Finaliser of MurmurHash3. */
function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const digits = new Uint8Array(128)
for (let i = 0; i < 10; i++) digits[48 + i] = i
for (let i = 0; i < 6; i++) digits[97 + i] = digits[65 + i] = 10 + i
const hex4 = (text: string, at: number): number =>
  ((digits[text.charCodeAt(at)] ?? 0) << 12) |
  ((digits[text.charCodeAt(at + 1)] ?? 0) << 8) |
  ((digits[text.charCodeAt(at + 2)] ?? 0) << 4) |
  (digits[text.charCodeAt(at + 3)] ?? 0)

/** The UUID whose four words stand at `at`, least significant byte first. */
function formatId(b: Buffer, at: number): string {
  const word = (n: number): string =>
    b
      .readUInt32LE(at + n * 4)
      .toString(16)
      .padStart(8, '0')
  const [a, bb, c, d] = [word(0), word(1), word(2), word(3)]
  return `${a}-${bb.slice(0, 4)}-${bb.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`
}
