import { reasons, type Reason } from '@cairn/wire/outcome'
import type { SourceEnd } from '@cairn/wire/tracker'
import { uuidv7 } from '../base/ids.ts'
import type { Directory } from '../catalog/directory.ts'
import { accept } from './accept.ts'
import type { Touched } from './changes.ts'
import type { Draft, Drop, Sender } from './draft.ts'
import type { Group } from './group.ts'
import { jsonForKeeping, plainText } from './json.ts'
import type { Journal } from './journal.ts'
import { jsonWithLargeNumbers } from './json.ts'
import type { NewProperty, Properties } from './properties.ts'
import { escapeField, escapeJson, FLAG_BOT, FLAG_INTERNAL, FLAG_NEW_TYPE, kinds, plainPayload } from './record.ts'
import type { Claims } from '../redis/claims.ts'
import type { SeenIds } from './seen.ts'
import { hourOf, type Receipt } from './segment.ts'
import { tidyTracker } from './shape.ts'
import { endPayload } from './source-end.ts'
import { PassedOver } from './passed-over.ts'

/**
 * Takes the events of one request: runs each through the steps, turns repetitions away, writes what is to be kept into the journal's open
 * group together with the receipts that count it, and answers once that group is on disk.
 * Between the first event that is written and the commit nothing is awaited: a request's events and receipts are in one group, so a kill leaves either all
 * or none, and the ledger's equations true.
 */
export interface Outcome {
  accepted: number
  eventIds: string[]
  rejected: Array<{ index: number; drop: Drop }>
  notRecorded: Array<{ index: number; reason: Reason }>
  /** Ids that were taken before: the first content counts. */
  repeated: string[]
  /** Position in the journal, which a read may wait for. */
  position: number
  /** Times of the events that were kept. */
  touched: Touched
}

export interface IntakeDeps {
  directory: Directory
  journal: Journal
  seen: SeenIds
  /** Where several nodes take events. */
  claims: Claims | undefined
  properties: Properties
  /** Told what was taken, and of which times. */
  taken(workspaceId: number, position: number, touched: Touched): void
}

/** What comes with the events of one request. */
export interface Accompanying {
  /** Ids by event, where the request as a whole carries a key. */
  ids?: readonly string[] | undefined
  ended?: readonly SourceEnd[] | undefined
  /** A last word on an event that has passed every step. */
  refuse?: (() => Drop | undefined) | undefined
}

export class Intake {
  readonly #deps: IntakeDeps
  readonly #passedOver = new PassedOver()

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  /** Throws 503 where nothing can be taken. */
  async take(inputs: readonly unknown[], sender: Sender, { ids, ended = [], refuse }: Accompanying = {}): Promise<Outcome> {
    const { journal, claims } = this.#deps
    journal.admit()
    const judgements = inputs.map((input, index) => accept(input, sender, this.#deps, ids?.[index]))
    const claimed = claims ? await this.#claim(claims, judgements, sender.workspace.id) : undefined
    const { group } = journal
    const touched = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }
    const outcome: Outcome = { accepted: 0, eventIds: [], rejected: [], notRecorded: [], repeated: [], position: 0, touched }
    const tallies: Tally[] = []
    try {
      for (const [index, input] of inputs.entries()) {
        const judged = judgements[index] as Judgement
        const { draft } = judged
        const drop = judged.drop ?? refuse?.()
        if (drop) draft.tracker ||= saidTracker(draft)
        const tally = tallyOf(tallies, draft.tracker || sender.tracker)
        if (drop) this.#refuse(group, index, input, draft, drop, sender, outcome, tally)
        else this.#keep(group, draft, sender, outcome, tally, claimed?.repeated)
      }
      if (ended.length > 0 && mayTellEnds(sender, outcome, inputs.length)) this.#keepEnds(group, ended, sender, tallies)
    } finally {
      // Also where a fault of ours ends the loop: what stands in the group already is counted.
      for (const tally of tallies) addReceipts(group, tally, sender)
    }
    const committed = journal.commit()
    if (claims && claimed) committed.catch(() => claims.giveBack(sender.workspace.id, claimed.ids))
    outcome.position = await committed
    this.#deps.taken(sender.workspace.id, outcome.position, outcome.touched)
    return outcome
  }

  /** Of the events that are to be kept, the ids that this node has not seen. */
  async #claim(claims: Claims, judgements: readonly Judgement[], workspaceId: number): Promise<Claimed> {
    const { seen } = this.#deps
    const ids = judgements.flatMap(({ draft, drop }) => (drop || !draft.givenId || seen.has(workspaceId, draft.eventId) ? [] : [draft.eventId]))
    return { ids, repeated: await claims.claim(workspaceId, ids) }
  }

  #refuse(group: Group, index: number, input: unknown, draft: Draft, drop: Drop, sender: Sender, outcome: Outcome, tally: Tally): void {
    tally.dropped.set(drop.reason, (tally.dropped.get(drop.reason) ?? 0) + 1)
    if (reasons[drop.reason].outcome === 'quarantined') {
      keepAside(group, draft, input, drop, sender)
      outcome.rejected.push({ index, drop })
    } else {
      this.#passedOver.note(sender.workspace.id, draft.input)
      outcome.notRecorded.push({ index, reason: drop.reason })
    }
  }

  #keepEnds(group: Group, ended: readonly SourceEnd[], sender: Sender, tallies: Tally[]): void {
    for (const end of ended) {
      group.add(endPayload(end, sender))
      const passedOver = this.#passedOver.tell(sender.workspace.id, plainText(end.source_id))
      if (passedOver > 0) tallyOf(tallies, end.tracker === undefined ? sender.tracker : tidyTracker(end.tracker)).passedOver += passedOver
    }
  }

  #keep(group: Group, draft: Draft, sender: Sender, outcome: Outcome, tally: Tally, repeated: ReadonlySet<string> | undefined): void {
    const { seen, claims, properties } = this.#deps
    const workspaceId = sender.workspace.id
    outcome.accepted++
    outcome.eventIds.push(draft.eventId)
    if (draft.givenId) {
      if (repeated?.has(draft.eventId) === true || !seen.take(workspaceId, draft.eventId)) {
        tally.deduplicated++
        outcome.repeated.push(draft.eventId)
        return
      }
      group.ids++
      if (claims) group.claimed.push({ workspaceId, eventId: draft.eventId })
    }
    if (draft.metadataText !== '') {
      const fresh: NewProperty[] = []
      if (!properties.learn(workspaceId, draft.eventType, draft.metadata, fresh))
        draft.boundedMetadataText = jsonWithLargeNumbers(properties.within(workspaceId, draft.metadata))
      for (const property of fresh) group.add(propertyPayload(property, draft, sender))
    }
    if (draft.seq !== undefined && sender.source === 'api') tally.passedOver += this.#passedOver.tell(workspaceId, draft.sourceId || draft.sessionId)
    group.add(eventPayload(draft, sender))
    group.events++
    outcome.touched.fromMs = Math.min(outcome.touched.fromMs, draft.timestamp)
    outcome.touched.toMs = Math.max(outcome.touched.toMs, draft.timestamp)
    tally.stored++
  }
}

type Judgement = ReturnType<typeof accept>
interface Claimed {
  ids: readonly string[]
  /** Those that another node has. */
  repeated: ReadonlySet<string>
}

/** Of an event that was dropped before its fields were read, so that it counts to its tracker. */
const saidTracker = ({ input: { tracker } }: Draft): string => (typeof tracker === 'string' ? tidyTracker(tracker) : '')

/** Of whoever may not be recorded nothing is kept, also not what ended before. */
function mayTellEnds({ workspace, privacySignal }: Sender, { notRecorded }: Outcome, sent: number): boolean {
  if (sent > 0) return notRecorded.length < sent
  return !workspace.streamsOff.has('events') && !(privacySignal && workspace.gpc === 'honour')
}

/** Counts of one request, by the tracker that sent the event; nearly always there is one. */
interface Tally {
  tracker: string
  stored: number
  deduplicated: number
  dropped: Map<Reason, number>
  passedOver: number
}

function tallyOf(tallies: Tally[], tracker: string): Tally {
  for (const tally of tallies) if (tally.tracker === tracker) return tally
  const tally: Tally = { tracker, stored: 0, deduplicated: 0, dropped: new Map(), passedOver: 0 }
  tallies.push(tally)
  return tally
}

function addReceipts(group: Group, { tracker, stored, deduplicated, dropped, passedOver }: Tally, sender: Sender): void {
  const base = { workspaceId: sender.workspace.id, hour: hourOf(sender.receivedAt), keyId: sender.keyId, tracker, source: sender.source }
  const add = (outcome: Receipt['outcome'], reason: string, events: number): void => {
    if (events > 0) group.receipt({ ...base, outcome, reason, events })
  }
  let received = stored + deduplicated
  add('accepted', '', received)
  add('deduplicated', '', deduplicated)
  for (const [reason, events] of dropped) {
    add(reasons[reason].outcome, reason, events)
    received += events
  }
  add('received', '', received)
  add('passed_over', '', passedOver)
}

/** The line of an event; its columns are `lineStructure` in record.ts, without the frame. Columns that are empty up to the end are left out. */
function eventPayload(d: Draft, s: Sender): string {
  const p = d.page
  const start =
    `${kinds.event}\t${s.workspace.id}\t${s.receivedAt}\t${s.keyId}\t${d.tracker}\t${s.source}\t${d.eventId}\t${escapeJson(d.metadataText)}\t${escapeField(d.eventType)}\t` +
    `${escapeField(d.eventCategory)}\t${escapeField(d.eventAction)}\t${d.timestamp}\t${escapeField(d.userId)}\t${escapeField(d.anonymousId)}\t${escapeField(d.sessionId)}\t` +
    `${escapeField(d.entityType)}\t${escapeField(d.entityId)}\t${escapeJson(d.contextText)}\t${d.deviceType}\t${d.browser}\t${d.os}\t${d.durationMs ?? '\\N'}\t${d.seq ?? '\\N'}\t` +
    `${escapeField(d.sourceId)}\t${(d.isBot ? FLAG_BOT : 0) | (d.isNewType ? FLAG_NEW_TYPE : 0) | (d.isInternal ? FLAG_INTERNAL : 0)}\t${s.country}`
  if (!d.context && d.boundedMetadataText === '') return start
  return (
    `${start}\t${escapeField(p.url_path)}\t${escapeField(p.referrer_domain)}\t${p.channel}\t${escapeField(p.utm_source)}\t${escapeField(p.utm_medium)}\t` +
    `${escapeField(p.utm_campaign)}\t${escapeField(p.utm_term)}\t${escapeField(p.utm_content)}\t${escapeJson(d.boundedMetadataText)}`
  )
}

const propertyPayload = (property: NewProperty, d: Draft, s: Sender): string =>
  plainPayload(kinds.property, {
    workspaceId: s.workspace.id,
    receivedAt: s.receivedAt,
    keyId: s.keyId,
    tracker: d.tracker,
    source: s.source,
    id: d.eventId,
    data: { ...property, user_id: d.userId, anonymous_id: d.anonymousId, event_ms: d.timestamp },
  })

/** Quarantine: the event as it came, why it was refused, and what a replay needs to know of the request. */
function keepAside(group: Group, draft: Draft, input: unknown, drop: Drop, s: Sender): void {
  const asText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 255).toWellFormed() : '')
  group.add(
    plainPayload(kinds.quarantine, {
      workspaceId: s.workspace.id,
      receivedAt: s.receivedAt,
      keyId: s.keyId,
      tracker: draft.tracker || s.tracker,
      source: s.source,
      id: uuidv7(s.receivedAt),
      data: {
        event_id: asText(draft.input['event_id']) || draft.eventId,
        event_type: asText(draft.input['event_type']),
        step: drop.step,
        code: drop.reason,
        message: drop.message.toWellFormed(),
        event: jsonForKeeping(input),
        request: JSON.stringify({
          user_agent: s.userAgent,
          country: s.country,
          sent_at: s.sentAt,
          received_at: s.arrivedAt,
          historical: s.historical,
          visitor: s.visitor,
          internal: s.isInternal,
        }),
      },
    }),
  )
}
