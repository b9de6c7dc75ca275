import type { ClaimedId } from '../redis/claims.ts'
import { encodeRecord, kinds, plainPayload, roomFor, writeRecord } from './record.ts'
import { packReceipt, type GroupContent, type Receipt } from './segment.ts'

/** Most groups fit one chunk; a batch of 1 MB needs up to three. */
const CHUNK_BYTES = 512 * 1024

/**
 * Everything that is committed by one sync: records, and the receipts that say what became of which request's events.
 * Filled synchronously by the way in, closed by the journal.
 */
export class Group {
  readonly receipts = new Map<string, Receipt>()
  readonly committed: Promise<number>
  resolve!: (seq: number) => void
  reject!: (error: Error) => void
  events = 0
  /** Event ids taken by this group. */
  ids = 0
  /** The same, where several nodes have to agree on them; see redis/claims.ts. */
  readonly claimed: ClaimedId[] = []
  /** Bytes of records. */
  size = 0
  #records = 0
  readonly #full: Buffer[] = []
  #chunk: Buffer | undefined
  #used = 0

  constructor() {
    this.committed = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // A group without a waiter (undone, empty) must not count as an unhandled rejection.
    this.committed.catch(() => undefined)
  }

  add(payload: string): void {
    const room = roomFor(payload)
    if (!this.#chunk || this.#used + room > this.#chunk.length) {
      if (this.#chunk) this.#full.push(this.#chunk.subarray(0, this.#used))
      this.#chunk = Buffer.allocUnsafe(Math.max(room, this.#full.length === 0 && !this.#chunk ? 8 * 1024 : CHUNK_BYTES))
      this.#used = 0
    }
    const end = writeRecord(this.#chunk, this.#used, payload)
    this.size += end - this.#used
    this.#used = end
    this.#records++
  }

  receipt(r: Receipt): void {
    const name = `${r.workspaceId}\t${r.hour}\t${r.keyId}\t${r.tracker}\t${r.source}\t${r.outcome}\t${r.reason}`
    const sum = this.receipts.get(name)
    if (sum) sum.events += r.events
    else this.receipts.set(name, { ...r })
  }

  get used(): boolean {
    return this.receipts.size > 0 || this.#records > 0
  }

  /** The buffers to write: head, records, commit. */
  close(seq: number): Buffer[] {
    const content: GroupContent = { seq, records: this.#records, receipts: [...this.receipts.values()].map(packReceipt) }
    const mark = (kind: typeof kinds.head | typeof kinds.commit): Buffer =>
      encodeRecord(plainPayload(kind, { workspaceId: 0, receivedAt: 0, keyId: '', tracker: '', source: '', id: NO_ID, data: content }))
    const chunks = this.#chunk ? [...this.#full, this.#chunk.subarray(0, this.#used)] : this.#full
    return [mark(kinds.head), ...chunks, mark(kinds.commit)]
  }
}

const NO_ID = '00000000-0000-0000-0000-000000000000'
