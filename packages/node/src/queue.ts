import { RESTING } from '@cairn/core/machine'
import type { Parcel, Sender } from '@cairn/core/sender'
import { createBacklog } from './backlog.ts'

export interface Bounds {
  events: number
  bytes: number
}

/** What waits: the oldest with the sender, the rest behind it, so that a long outage weighs on memory as little as it can. */
export interface Queue {
  readonly size: number
  push(parcel: Parcel, isUrgent: boolean | undefined): void
  /** Hands on what the sender has room for. */
  refill(): void
  /** Resolves when everything has been delivered, or given up for now. */
  flush(): Promise<void>
}

/** `held` are the sender's own bounds, at most `all`: what is handed to it beyond them costs its oldest. */
export function createQueue(sender: Sender, held: Bounds, all: Bounds): Queue {
  const backlog = createBacklog()
  /** Of what the sender holds, oldest first: it delivers and drops from there. */
  const lengths: number[] = []
  let heldBytes = 0
  let pushed = 0

  function hand([path, text]: Parcel, isUrgent?: boolean): void {
    lengths.push(text.length)
    heldBytes += text.length
    sender.push(text, path, isUrgent)
  }
  function hasRoom(bytes: number): boolean {
    while (lengths.length > sender.size) heldBytes -= lengths.shift() ?? 0
    return lengths.length === 0 || (lengths.length < held.events && heldBytes + bytes <= held.bytes)
  }
  function handOldest(): void {
    const oldest = backlog.shift()
    if (oldest) hand(oldest)
  }
  function refill(): void {
    while (backlog.size > 0 && hasRoom(backlog.nextBytes)) handOldest()
  }
  /** What the sender holds beyond its bounds is as good as gone. */
  const isOver = (): boolean => Math.min(sender.size, held.events) + backlog.size > all.events || Math.min(heldBytes, held.bytes) + backlog.bytes > all.bytes
  const size = (): number => sender.size + backlog.size

  return {
    get size() {
      return size()
    },
    push(parcel, isUrgent) {
      pushed++
      if (backlog.size === 0 && hasRoom(parcel[1].length)) return hand(parcel, isUrgent)
      backlog.push(parcel)
      refill()
      while (backlog.size > 0 && isOver()) handOldest()
    },
    refill,
    async flush() {
      const until = pushed
      do {
        await sender.flush()
        refill()
      } while (pushed - size() < until && sender.place < RESTING)
    },
  }
}
