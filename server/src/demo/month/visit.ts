import type { EventInput } from '@cairn/wire/event'
import type { Reason } from '@cairn/wire/outcome'
import { iso, SECOND } from '../../base/time.ts'
import type { DemoDay } from './calendar.ts'
import type { DemoPerson, Traits } from './people.ts'
import { anonymousId } from './people.ts'
import type { Random } from './random.ts'

/** What a day leaves behind: events with what is to become of them, and what hosts tell about people. */
export interface Outbox {
  events: Sending[]
  facts: Fact[]
  entities: Telling[]
}

/** What a host says about one of its things; as an item of POST /api/entities/batch. */
export interface Telling {
  entity_type: string
  entity_id: string
  attributes: Record<string, unknown>
  assignees?: string[]
  merge?: true
  occurred_at: string
}

export interface Sending {
  sender: Sender
  event: EventInput & { timestamp: string }
  /** What the way in makes of it. `bot`: stored, and left out of counts. `stored` ones have an id of their own, `duplicate` that of another. */
  fate: 'stored' | 'bot' | 'duplicate' | Reason
  /** The event is what the route for rejections makes of its call. */
  byRejecting?: true
}

/** What requests have in common besides their key. */
export interface Sender {
  userAgent: string
  /** '' where it is no tracker of ours: then nothing is numbered. */
  tracker: string
  /** The browser asks not to be tracked. */
  gpc?: true
}

export interface Fact {
  user_id: string
  anonymous_id: string
  traits: Traits
  timestamp: string
}

export interface Site {
  url: string
  /** Of the application, before and after the release. */
  version(day: DemoDay): string
  tracker(day: DemoDay, person: DemoPerson): string
  /** Where visitors come from; the address may carry a campaign. */
  referrer?: string | undefined
  query?: string | undefined
}

interface What {
  entity?: readonly [type: string, id: string]
  metadata?: Record<string, unknown>
  durationMs?: number
}

/** Share of the numbers that get lost between a browser and a server, by tracker: the older one gave up too early. */
export const lost: ReadonlyMap<string, number> = new Map([
  ['cairn-browser/1.2.0', 0.002],
  ['cairn-browser/1.1.4', 0.018],
])

/** One visit of one person: a session, told step by step. Time passes between the steps only by `wait`. */
export class Visit {
  readonly #o: { out: Outbox; day: DemoDay; random: Random; person: DemoPerson; site: Site }
  readonly #sender: Sender
  readonly #sessionId: string
  readonly #sourceId: string
  readonly #beganAt: number
  readonly #context: Record<string, unknown>
  readonly #lost: number
  #userId: string | undefined
  #now: number
  #seq = 0

  constructor(o: { out: Outbox; day: DemoDay; random: Random; person: DemoPerson; site: Site }, at: number) {
    this.#o = o
    const { person, random, site, day } = o
    const tracker = site.tracker(day, person)
    this.#sender = { userAgent: person.device.userAgent, tracker }
    this.#lost = lost.get(tracker) ?? 0
    this.#sessionId = `s_${anonymousId(random).slice(0, 18)}`
    this.#sourceId = `t_${anonymousId(random).slice(0, 8)}`
    this.#userId = person.userId
    this.#now = this.#beganAt = at
    this.#context = {
      page: { url: `${site.url}/${site.query ?? ''}`, title: '', ...(site.referrer === undefined ? {} : { referrer: site.referrer }) },
      viewport: person.device.viewport,
      locale: person.locale,
      app: { version: site.version(day) },
    }
  }

  get now(): number {
    return this.#now
  }
  get random(): Random {
    return this.#o.random
  }
  get lastedMs(): number {
    return this.#now - this.#beganAt
  }

  /** About so many seconds pass. */
  wait(seconds: number): this {
    this.#now += Math.round(this.#o.random.around(seconds) * SECOND)
    return this
  }

  page(path: string, title: string, metadata: Record<string, unknown> = {}): this {
    const { url, query = '' } = this.#o.site
    const before = this.#context['page'] as { url: string; title: string; referrer?: string }
    const first = before.title === ''
    this.#context['page'] = first ? { ...before, url: `${url}${path}${query}`, title } : { url: `${url}${path}`, title, referrer: before.url }
    return this.do('page_viewed', { entity: ['page', path], metadata: { title, ...metadata } })
  }

  do(type: string, { entity, metadata, durationMs }: What = {}): this {
    const { out, person, random } = this.#o
    const { tracker } = this.#sender
    if (tracker !== '' && random.chance(this.#lost)) this.#seq++
    out.events.push({
      sender: this.#sender,
      fate: 'stored',
      event: {
        event_type: type,
        ...(this.#userId === undefined ? {} : { user_id: this.#userId }),
        anonymous_id: person.anonymousId,
        session_id: this.#sessionId,
        ...(entity ? { entity_type: entity[0], entity_id: entity[1] } : {}),
        ...(metadata ? { event_metadata: metadata } : {}),
        context_snapshot: { ...this.#context },
        ...(durationMs === undefined ? {} : { duration_ms: Math.round(durationMs) }),
        timestamp: iso(this.#now),
        ...(tracker === '' ? {} : { seq: ++this.#seq, source_id: this.#sourceId }),
      },
    })
    return this
  }

  /** From here on the application knows who it is. */
  identify(userId: string, traits: Traits): this {
    const { out, person } = this.#o
    out.facts.push({ user_id: userId, anonymous_id: person.anonymousId, traits, timestamp: iso(this.#now) })
    this.#userId = userId
    return this
  }
}
