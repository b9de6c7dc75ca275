import { OFF } from '@cairn/core/machine'
import type { Ended, Parcel, Sender } from '@cairn/core/sender'
import type { BrowserSpool, Kept } from './spool.ts'
import { MARK } from './visitor.ts'

/**
 * What tabs have left that are gone, or were when this one began: their events, taken over from the spool, and how far they had numbered, told
 * with the next batch. Loaded where something was left.
 */
export interface Left {
  spool: BrowserSpool
  sender: Sender
  storage: Storage
  tab: string
  /** Of the entries that hold last numbers. */
  keys: readonly string[]
}

/** Two intervals: a living tab has sent what is older, or waits for a server that does not answer; then both send it, under the same ids. */
const LEFT_MS = 10_000
/** The server takes as many in a request. */
const MOST_ENDED = 100

export function recover({ spool, sender, storage, tab, keys }: Left): void {
  // Somebody has refused while this was loaded.
  if (sender.place === OFF) return
  const ended = keys.slice(0, MOST_ENDED).map((key): Ended => ({ source_id: key.slice(MARK.length), seq: Number(storage.getItem(key)) }))
  sender.tell(ended, () => {
    for (const { source_id: source, seq } of ended) if (storage.getItem(MARK + source) === `${seq}`) storage.removeItem(MARK + source)
  })
  const adopt = (): void => spool.write((store) => takeOver(store, tab, sender))
  adopt()
  // A browser that was killed and is back at once.
  setTimeout(adopt, LEFT_MS * 1.5)
}

function takeOver(store: IDBObjectStore, tab: string, sender: Sender): void {
  const left: Parcel[] = []
  const walk = store.openCursor()
  walk.onsuccess = () => {
    const cursor = walk.result
    if (cursor) {
      const { at, parcels } = cursor.value as Kept
      if ((cursor.key as [tab: string, key: number])[0] !== tab && Math.abs(Date.now() - at) > LEFT_MS) {
        left.push(...parcels)
        cursor.delete()
      }
      cursor.continue()
    } else if (left.length > 0) store.put({ at: Date.now(), parcels: left } satisfies Kept, [tab, sender.adopt(left)])
  }
}
