import type { Parcel } from '@cairn/core/sender'

/**
 * Texts in the order they came, outside of V8's heap: thousands of strings that live for minutes would be copied by every young collection, and
 * make V8 take memory for it that it does not give back. Memory grows by slabs with what is held, and is used again as it is read.
 */
export interface Backlog {
  readonly size: number
  readonly bytes: number
  /** Of the oldest; 0 where there is none. */
  readonly nextBytes: number
  push(parcel: Parcel): void
  /** The oldest, which is then gone. */
  shift(): Parcel | undefined
}

interface Slab {
  buffer: Buffer
  /** Where the next record is read, and where it is written. */
  from: number
  to: number
}

const SLAB_BYTES = 262_144
/** Length of the text in bytes, and its path. */
const HEAD_BYTES = 5
/** One to write on while another is read empty. */
const MOST_SPARE = 2

export function createBacklog(): Backlog {
  const slabs: Slab[] = []
  const spare: Buffer[] = []
  let size = 0
  let bytes = 0

  function slabFor(needed: number): Slab {
    const last = slabs.at(-1)
    if (last && last.to + needed <= last.buffer.length) return last
    const buffer = (needed <= SLAB_BYTES && spare.pop()) || Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed))
    const slab = { buffer, from: 0, to: 0 }
    slabs.push(slab)
    return slab
  }

  return {
    get size() {
      return size
    },
    get bytes() {
      return bytes
    },
    get nextBytes() {
      return slabs[0]?.buffer.readUInt32LE(slabs[0].from) ?? 0
    },
    push([path, text]) {
      const length = Buffer.byteLength(text)
      const slab = slabFor(HEAD_BYTES + length)
      slab.buffer.writeUInt32LE(length, slab.to)
      slab.buffer.writeUInt8(path, slab.to + 4)
      slab.buffer.write(text, slab.to + HEAD_BYTES)
      slab.to += HEAD_BYTES + length
      size++
      bytes += length
    },
    shift() {
      const [slab] = slabs
      if (!slab) return undefined
      const length = slab.buffer.readUInt32LE(slab.from)
      const path = slab.buffer.readUInt8(slab.from + 4)
      const text = slab.buffer.toString('utf8', slab.from + HEAD_BYTES, slab.from + HEAD_BYTES + length)
      slab.from += HEAD_BYTES + length
      size--
      bytes -= length
      if (slab.from === slab.to) {
        slabs.shift()
        if (slab.buffer.length === SLAB_BYTES && spare.length < MOST_SPARE) spare.push(slab.buffer)
      }
      return [path, text]
    },
  }
}
