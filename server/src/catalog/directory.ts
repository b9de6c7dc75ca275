import type { Role } from '@cairn/wire/roles'
import type { TrackerSettings } from '@cairn/wire/tracker'
import type { Stream } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import { SECOND, systemClock, type Clock } from '../base/time.ts'
import type { DirectoryInternal } from './internal.ts'
import { hashKey, type KeyKind } from './keys.ts'
import { emptyPicture, lookAgain, type Picture } from './picture.ts'
import type { CatalogDb } from './schema.ts'

/**
 * What the way in knows of the catalog, in memory: keys, switches, members, opt-outs and taxonomy. No look-up waits or reads a disk.
 * It asks the catalog's version once a second and reads what changed, so a change made on any node holds here within 2 s.
 * While the catalog is locked or away it keeps the last picture, says so in `status()`, and goes on asking.
 * A picture is replaced whole and only when read completely: a key is never known without its workspace.
 */
export interface DirectoryKey {
  keyId: string
  kind: KeyKind
  workspaceId: number
  name: string
}

export interface DirectoryType {
  category: string | null
  requiredProperties: readonly string[]
}

export interface DirectoryWorkspace {
  id: number
  slug: string
  timezone: string
  /** null: forever. */
  retentionDays: number | null
  /** null: never. */
  archiveDays: number | null
  /** Switched off by the workspace or by the environment. */
  streamsOff: ReadonlySet<Stream>
  gpc: 'honour' | 'ignore'
  taxonomyMode: 'open' | 'strict'
  /** By event type. */
  taxonomy: ReadonlyMap<string, DirectoryType>
  /** As trackers are told. */
  trackers: TrackerSettings
  /** Beside those with the word complete or completed. */
  doneStatuses: readonly string[]
  internal: DirectoryInternal
  /** Since when events are recorded without a break; they may be off now. */
  trackedSince: number
}

export interface DirectoryStatus {
  status: 'ok' | 'degraded'
  /** Time since the catalog last answered. */
  lag_ms: number
  remedy?: string
}

export interface DirectoryOptions {
  db: CatalogDb
  log: Log
  clock?: Clock
  /** Streams that the environment switches off in every workspace. */
  streamsOff?: readonly Stream[]
}

/** Half of the 2 s in which a change has to hold everywhere; the other half is for reading it. */
const POLL_MS = 1 * SECOND
/** Two missed polls. */
const LATE_MS = 2.5 * SECOND
const LONGEST_KEY = 200

export class Directory {
  readonly #db: CatalogDb
  readonly #log: Log
  readonly #clock: Clock
  readonly #streamsOff: readonly Stream[]
  #picture: Picture = emptyPicture()
  #seenAt: number
  #failing = false
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined
  #stopped = false

  constructor({ db, log, clock = systemClock, streamsOff = [] }: DirectoryOptions) {
    this.#db = db
    this.#log = log
    this.#clock = clock
    this.#streamsOff = streamsOff
    this.#seenAt = clock.now()
  }

  /** Reads everything; throws where the catalog cannot be read, since without keys nothing can be accepted. */
  async start(): Promise<void> {
    await this.refresh()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.allSettled([this.#looking, this.#next])
  }

  /** After it the directory holds every change committed before the call; throws where the catalog cannot be read. */
  refresh(): Promise<void> {
    // A look that is under way may have read before the caller's commit; one that has not begun serves all who wait.
    if (!this.#looking) return (this.#looking = this.#look().finally(() => (this.#looking = undefined)))
    return (this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.refresh()
      }))
  }

  /**
   * Whose key this is; undefined for unknown and revoked ones. What is compared are SHA-256 digests, never the key: how long a look-up takes
   * tells at most something about the digest of the guess, which a caller cannot steer towards a digest it does not know. For the same reason,
   * and so that no plain key stays in memory, there is no cache by plain key: the digest costs 0.3 µs.
   */
  keyOf(rawKey: string): DirectoryKey | undefined {
    return rawKey.length > LONGEST_KEY ? undefined : this.#picture.keys.get(hashKey(rawKey))
  }

  /** By the SHA-256 of the key, hex: for who keeps a connection open and must not keep the key. */
  keyByDigest(digest: string): DirectoryKey | undefined {
    return this.#picture.keys.get(digest)
  }

  workspace(id: number): DirectoryWorkspace | undefined {
    return this.#picture.workspaces.get(id)
  }

  workspaceBySlug(slug: string): DirectoryWorkspace | undefined {
    return this.#picture.bySlug.get(slug)
  }

  /** By id. */
  workspaces(): Iterable<DirectoryWorkspace> {
    return this.#picture.workspaces.values()
  }

  /** Role of a member; undefined for who is none. Asked for at each request and each live message, so that who was removed is out at once. */
  roleOf(workspaceId: number, userId: string): Role | undefined {
    return this.#picture.roles.get(userId)?.get(workspaceId)
  }

  /** The workspaces that a user is a member of, with the role there; by id. */
  workspacesOf(userId: string): { workspace: DirectoryWorkspace; role: Role }[] {
    const roles = [...(this.#picture.roles.get(userId) ?? [])].toSorted(([a], [b]) => a - b)
    return roles.flatMap(([id, role]) => {
      const workspace = this.#picture.workspaces.get(id)
      return workspace ? [{ workspace, role }] : []
    })
  }

  /** Either id is enough: someone who opted out before logging in stays out on that device. */
  isOptedOut(workspaceId: number, userId?: string | null, anonymousId?: string | null): boolean {
    const out = this.#picture.optOuts.get(workspaceId)
    if (!out) return false
    return (typeof userId === 'string' && out.u.has(userId)) || (typeof anonymousId === 'string' && out.a.has(anonymousId))
  }

  /** When the later of both ids opted in again, milliseconds; 0 for who never was out. */
  optedInAt(workspaceId: number, userId?: string | null, anonymousId?: string | null): number {
    const { back } = this.#picture.optOuts.get(workspaceId) ?? {}
    return Math.max(back?.u.get(userId ?? '') ?? 0, back?.a.get(anonymousId ?? '') ?? 0)
  }

  status(): DirectoryStatus {
    const lag_ms = Math.max(0, this.#clock.now() - this.#seenAt)
    if (!this.#failing && lag_ms <= LATE_MS) return { status: 'ok', lag_ms }
    return {
      status: 'degraded',
      lag_ms,
      remedy:
        'The catalog is locked or cannot be reached: events are accepted with the settings last read. End what locks it, or look at DATABASE_URL and the log.',
    }
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      // A failed look is told by status() and logged once.
      void this.refresh()
        .catch(() => undefined)
        .then(() => this.#schedule())
    }, POLL_MS)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    const at = this.#clock.now()
    try {
      this.#picture = await lookAgain(this.#db, this.#picture, this.#streamsOff)
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'the catalog cannot be read; going on with the last picture')
      this.#failing = true
      throw error
    }
    if (this.#failing) this.#log.info('the catalog can be read again')
    this.#failing = false
    this.#seenAt = at
  }
}
