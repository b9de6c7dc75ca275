import { uuidv7 } from '@cairn/core/ids'
import type { Settings } from '@cairn/core/sender'

/** What one browser remembers of its visitor, for all tabs: one entry of localStorage, or memory where there is none. */
export interface Memory {
  /** Anonymous id. */
  a?: string
  /** User id. */
  u?: string | undefined
  /** Session id, and when something last happened in it. */
  s?: string
  t?: number
  /** Registered properties. */
  p?: Record<string, unknown>
  /** Asked for consent, somebody said 1: yes; 0: no; 2: yes, but its visits shall not count. */
  c?: 0 | 1 | 2 | undefined
  /** Settings of the server, and when they came. */
  v?: Settings | undefined
  w?: number | undefined
}

export interface Visitor {
  readonly memory: Memory
  /** Id of the session that goes on, or begins. */
  session: (now: number) => string
  /** What has changed in memory. Stored where that is allowed, or `always`: that somebody said no is remembered too. */
  save: (changes: Memory, always?: boolean) => void
  /** Everything else is forgotten. */
  forget: (memory: Memory) => void
  /** As text, where there is room for it. */
  write: (entry: string, value: unknown) => void
  reread: () => void
}

/** Of the entry, and of the database. */
export const NAME = 'cairn'
/** Before the tab's id, of the entry with the last number that it gave out. */
export const MARK = 'cairn:'
const SESSION_MS = 1_800_000
/** So long a tab believes what it has read. */
const SETTLED_MS = 1_000

export function createVisitor(storage: Storage | undefined, atMidnight: boolean | undefined, mayStore: () => boolean): Visitor {
  let memory: Memory = {}
  let readAt = 0
  const reread = (): void => {
    try {
      memory = (JSON.parse(storage?.getItem(NAME) ?? 'null') as Memory | null) ?? memory
    } catch {
      // Not ours, or torn: what is in memory holds.
    }
  }
  const save: Visitor['save'] = (changes, always) => {
    Object.assign(memory, changes)
    if (always || mayStore()) write(NAME, memory)
  }
  const write: Visitor['write'] = (entry, value) => {
    try {
      storage?.setItem(entry, JSON.stringify(value))
    } catch {
      // Full, or taken away meanwhile: what is in memory holds.
    }
  }
  reread()
  return {
    get memory() {
      return memory
    },
    session(now) {
      if (Math.abs(now - readAt) > SETTLED_MS) {
        reread()
        const { a = uuidv7(now), s, t = 0 } = memory
        const isNew = now - t > SESSION_MS || (atMidnight && new Date(now).getDate() !== new Date(t).getDate())
        save({ a, s: isNew || !s ? uuidv7(now) : s, t: (readAt = now) })
      }
      return memory.s ?? ''
    },
    save,
    write,
    forget(next) {
      memory = {}
      readAt = 0
      save(next, next.c !== undefined)
    },
    reread,
  }
}
