import type { CairnError, ErrorCode } from '../base/errors.ts'
import { HOUR, MINUTE } from '../base/time.ts'

/**
 * Requests to collecting routes that were refused whole, in the last hour: what somebody looks for whose events do not arrive. In memory, of
 * this node. It is bounded, since whoever sends rubbish must not fill it: 200 groups a workspace, and 200 of those without a known key, which
 * belong to no workspace. Where there are more, the group that was silent longest goes. Events that were refused one by one are in the ledger.
 */
export interface Refusal {
  code: ErrorCode
  message: string
  remedy: string
  count: number
  /** ms since the epoch. */
  lastAt: number
  /** Of what was sent as the key, where it looks like one. */
  keyPrefix: string | null
  origin: string | null
}

export interface Refused {
  error: CairnError
  /** As sent. */
  key: string | undefined
  /** Whose key it is. */
  workspaceId: number | undefined
  origin: string | undefined
}

const MOST_GROUPS = 200
/** Workspaces begin at 1. */
const NOBODY = 0

export class Refusals {
  readonly #now: () => number
  /** By workspace, then by what is alike; the group refused last stands last. */
  readonly #groups = new Map<number, Map<string, Group>>()

  constructor(now: () => number) {
    this.#now = now
  }

  note({ error, key, workspaceId = NOBODY, origin }: Refused): void {
    const remedy = remedyOf(error, key !== undefined, workspaceId !== NOBODY)
    if (remedy === undefined || error.reason !== undefined) return
    const groups = this.#groups.get(workspaceId) ?? new Map<string, Group>()
    this.#groups.set(workspaceId, groups)
    const about = { code: error.code, message: error.message.slice(0, 300), remedy, keyPrefix: prefixOf(key), origin: originOf(origin) }
    const id = JSON.stringify(about)
    const group = groups.get(id) ?? { about, lastAt: 0, byMinute: new Map<number, number>() }
    groups.delete(id)
    groups.set(id, group)
    const now = this.#now()
    const minute = Math.floor(now / MINUTE)
    group.lastAt = now
    group.byMinute.set(minute, (group.byMinute.get(minute) ?? 0) + 1)
    for (const [old] of group.byMinute) if (old < minute - 60) group.byMinute.delete(old)
    for (const [oldest] of groups) {
      if (groups.size <= MOST_GROUPS) break
      groups.delete(oldest)
    }
  }

  /** Of a workspace; undefined: of requests whose key nobody knows, or without one. Last refused first. */
  list(workspaceId: number | undefined): Refusal[] {
    const now = this.#now()
    const groups = this.#groups.get(workspaceId ?? NOBODY)
    if (!groups) return []
    for (const [id, { lastAt }] of groups) if (lastAt <= now - HOUR) groups.delete(id)
    return [...groups.values()].toReversed().map(({ about, lastAt, byMinute }) => {
      const counts = [...byMinute].filter(([minute]) => minute > (now - HOUR) / MINUTE - 1)
      return { ...about, lastAt, count: counts.reduce((sum, [, count]) => sum + count, 0) }
    })
  }
}

interface Group {
  about: Omit<Refusal, 'count' | 'lastAt'>
  lastAt: number
  byMinute: Map<number, number>
}

/** As the catalog shows keys. Anything else that was sent as a key may be a password or a name. */
const prefixOf = (key: string | undefined): string | null => (key !== undefined && /^[A-Za-z0-9_-]{16,200}$/.test(key) ? key.slice(0, 8) : null)

const originOf = (origin: string | undefined): string | null => {
  const url = origin === undefined ? null : URL.parse(origin)
  return url && url.origin !== 'null' ? url.origin.slice(0, 255) : null
}

/** Undefined for what its sender need not mend: a fault of this server, a path that is not there. */
function remedyOf({ code }: CairnError, hasKey: boolean, isKnown: boolean): string | undefined {
  if (code === 'unauthorized' && !hasKey) return 'Send the write key as "Authorization: Bearer <key>", or as write_key in the body where headers cannot be set.'
  if (code === 'forbidden' && !isKnown) return 'Send the write key: being signed in does not count on pages of other origins.'
  return remedies[code]
}

const remedies: Partial<Record<ErrorCode, string>> = {
  unauthorized:
    'Compare its first characters with those under Settings → Keys, and send it whole, without quotes. A key is shown once and a revoked one does not come back: make a new one there.',
  forbidden: 'Use the write key here. A secret key is taken from the Authorization header only, and must never be in a page or an app.',
  malformed: 'Send a JSON object: JSON.stringify in a page, --data with valid JSON in curl. The message says what is wrong with the body.',
  too_large: 'Send fewer events in one request, at most 1,000 and 1 MB after decompression, and less with each.',
  unsupported_encoding: 'Send gzip, deflate, br or plain bodies, with the Content-Encoding that they have.',
  invalid: 'Correct the fields that the message names.',
  too_many_requests: 'Send less often, and more events in one request; Retry-After says when to send again.',
  overloaded: 'Nothing is wrong with the request: the sender should repeat it. Health says what is short; free disk space where the disk is full.',
  unavailable: 'Nothing is wrong with the request: the sender should repeat it. Health names the part that is down.',
}
