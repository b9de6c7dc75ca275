import type { Parcel, Spool } from '@cairn/core/sender'

/**
 * What a tab has not delivered yet, in IndexedDB: one record for everything tracked in one turn of the event loop, under [tab, number].
 * `relaxed` durability: the record is with the browser's own process when the transaction completes, and outlives the tab and the browser; only
 * a machine that loses power takes it along.
 */
export interface BrowserSpool extends Spool {
  /** Does something with the records, in a transaction of its own. */
  write(work: (store: IDBObjectStore) => void): void
}

export interface Kept {
  /** Milliseconds since 1970. */
  at: number
  parcels: readonly Parcel[]
}

/** Opens nothing before there is something to write and `mayOpen` allows it. */
export function openSpool(name: string, tab: string, mayOpen: () => boolean): BrowserSpool {
  let opened: Promise<IDBDatabase> | undefined
  const open = (): Promise<IDBDatabase> =>
    new Promise((resolve) => {
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.result.createObjectStore(name)
      request.onsuccess = () => resolve(request.result)
    })
  // Full, or deleted meanwhile: memory has to do.
  const write: BrowserSpool['write'] = (work) => {
    if (mayOpen()) opened ??= open()
    opened?.then((db) => work(db.transaction(name, 'readwrite', { durability: 'relaxed' }).objectStore(name))).catch(() => undefined)
  }
  return {
    write,
    add: (key, parcels) => write((store) => store.put({ at: Date.now(), parcels } satisfies Kept, [tab, key])),
    remove: (key) => write((store) => store.delete([tab, key])),
  }
}
