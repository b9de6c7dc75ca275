import { setImmediate as breathe } from 'node:timers/promises'
import { kinds, readRecord, skipDamage } from './record.ts'

/**
 * A segment is a file of commit groups: head, records, commit. Reading one tells what a crash, a full disk or a flipped byte left of it.
 *
 * - A group counts as committed when its commit record is there, or, where that one record is damaged, when bytes follow behind the group.
 *   What stands behind the last committed group was never acknowledged: `committedBytes` says where to cut.
 * - Head and commit carry the same receipts, so that counts survive the loss of either.
 * - A damaged record costs itself. What is missing against the receipts is reported per key and hour as `damaged`.
 */

/** What became of the events of one request, by everything the ledger tells apart. */
export interface Receipt {
  workspaceId: number
  /** Start of the hour of received_at, seconds since 1970. */
  hour: number
  keyId: string
  tracker: string
  source: string
  /** `passed_over` stands beside the others: numbers of events that were not recorded, where others of their source are. */
  outcome: 'received' | 'accepted' | 'deduplicated' | 'quarantined' | 'not_recorded' | 'damaged' | 'passed_over'
  reason: string
  events: number
}

type PackedReceipt = [number, number, string, string, string, Receipt['outcome'], string, number]
export interface GroupContent {
  /** Running number of the commit over the life of the journal: the position that reads wait for. */
  seq: number
  records: number
  receipts: PackedReceipt[]
}

export const packReceipt = (r: Receipt): PackedReceipt => [r.workspaceId, r.hour, r.keyId, r.tracker, r.source, r.outcome, r.reason, r.events]
const unpackReceipt = ([workspaceId, hour, keyId, tracker, source, outcome, reason, events]: PackedReceipt): Receipt => ({
  workspaceId,
  hour,
  keyId,
  tracker,
  source,
  outcome,
  reason,
  events,
})

export interface SegmentContent {
  /** Bytes up to the end of the last committed group. */
  committedBytes: number
  /** 0 where nothing was committed. */
  lastSeq: number
  /** Events in whole records. */
  events: number
  receipts: Receipt[]
  /** Whole records of committed groups that are no events: [start of the line, position behind it]. */
  others: Array<[number, number]>
  /** Those that are events; only where asked for. */
  eventLines: Array<[number, number]>
  damaged: number
  /** Whether the file parses as lines as it stands, and holds nothing but committed groups. */
  clean: boolean
}

export interface SegmentReading {
  /** Is told each event's workspace and id, for segments whose ids are not saved yet. */
  onEvent?: (workspaceId: number, eventId: string) => void
  keepEventLines?: boolean
}

/** Records between two pauses: about 2 ms of work. */
const RECORDS_PER_BREATH = 4_000
const TAB = 9
const ASIDE = kinds.aside.charCodeAt(0)
const EVENT = kinds.event.charCodeAt(0)
const HEAD = kinds.head.charCodeAt(0)
const COMMIT = kinds.commit.charCodeAt(0)

class OpenGroup {
  content: GroupContent | undefined
  headSeen = false
  /** Starts and ends of lines, alternating. */
  readonly events: number[] = []
  readonly others: Array<[number, number]> = []
  /** Starts of those among the others that are events set aside. */
  readonly aside: number[] = []
  damage = false
  /** A line feed is damaged: the records are whole, the lines are not. */
  dirty = false
  /** Length of the head record; the commit record is as long. */
  headBytes = 0
  recordsEnd = 0
  get records(): number {
    return this.events.length / 2 + this.others.length
  }
}

/** Start of the hour of a moment, in seconds since 1970. */
export const hourOf = (ms: number): number => Math.floor(ms / 3_600_000) * 3_600

export async function readSegment(b: Buffer, reading: SegmentReading = {}): Promise<SegmentContent> {
  const segment: SegmentContent = { committedBytes: 0, lastSeq: 0, events: 0, receipts: [], others: [], eventLines: [], damaged: 0, clean: true }
  let group = new OpenGroup()
  const close = (content: GroupContent | undefined, endsAt: number): void => {
    settle(b, segment, group, content, reading)
    segment.committedBytes = endsAt
    group = new OpenGroup()
  }
  let at = 0
  for (let read = 1; at < b.length; read++) {
    if (read % RECORDS_PER_BREATH === 0) await breathe()
    const found = readRecord(b, at)
    if (!found) {
      group.damage = true
      at = skipDamage(b, at)
      continue
    }
    if (!found.clean) group.dirty = true
    const kind = b[found.start]
    if (kind === HEAD) {
      // A head while a group is open: the commit record before it is the damaged one, and the group ended where this head begins.
      if (group.headSeen || group.records > 0) close(group.content, at)
      group.headSeen = true
      group.content = readContent(b, found.start, found.end)
      group.headBytes = found.next - at
    } else if (kind === COMMIT) close(readContent(b, found.start, found.end), found.next)
    else if (kind === EVENT) group.events.push(at, found.next)
    else {
      if (kind === ASIDE) group.aside.push(at)
      group.others.push([at, found.next])
    }
    group.recordsEnd = found.next
    at = found.next
  }
  // A last group that is there to its last byte, with only its commit record damaged, was written whole; a torn one is shorter.
  if (group.content && group.records === group.content.records && group.damage && b.length - group.recordsEnd >= group.headBytes) close(group.content, b.length)
  if (segment.committedBytes < b.length) segment.clean = false
  return segment
}

function readContent(b: Buffer, start: number, end: number): GroupContent {
  const text = b.toString('utf8', start, end)
  return JSON.parse(text.slice(text.lastIndexOf('\t') + 1).replaceAll('\\\\', '\\')) as GroupContent
}

/** Adds a group that has ended to the segment: its records, its receipts, and what is missing against them as `damaged`. */
function settle(b: Buffer, segment: SegmentContent, group: OpenGroup, content: GroupContent | undefined, reading: SegmentReading): void {
  const { events, others } = group
  if (content) segment.lastSeq = content.seq
  if (group.damage || group.dirty) segment.clean = false
  segment.events += events.length / 2
  for (const line of others) segment.others.push(line)
  if (reading.keepEventLines) for (let i = 0; i < events.length; i += 2) segment.eventLines.push([events[i] ?? 0, events[i + 1] ?? 0])
  if (reading.onEvent) {
    for (let i = 0; i < events.length; i += 2) {
      const { name, eventId } = readPrefix(b, events[i] ?? 0)
      reading.onEvent(Number(name.slice(0, name.indexOf('\t'))), eventId)
    }
  }
  const lost = (content?.records ?? group.records) - group.records
  // Nothing is missing, yet something did not read: it was head or commit.
  segment.damaged += lost > 0 ? lost : group.damage ? 1 : 0
  for (const line of group.aside) segment.receipts.push(repetition(readPrefix(b, line).name))
  if (content && lost <= 0) {
    for (const packed of content.receipts) segment.receipts.push(unpackReceipt(packed))
    return
  }
  const counted = new Map<string, number>()
  for (const line of [...events.filter((_, i) => i % 2 === 0), ...group.aside]) {
    const { name } = readPrefix(b, line)
    counted.set(name, (counted.get(name) ?? 0) + 1)
  }
  if (content) segment.receipts.push(...withDamage(content.receipts.map(unpackReceipt), counted))
  else segment.receipts.push(...proven(counted))
}

/** Workspace, hour, key, tracker and source of an event's line, as one name; and its id. */
export function readPrefix(b: Buffer, line: number): { name: string; eventId: string } {
  let at = line
  for (let tabs = 0; tabs < 8; at++) if (b[at] === TAB) tabs++
  const [, , workspace, received, keyId, tracker, source, eventId = ''] = b.toString('utf8', line, at - 1).split('\t')
  return { name: `${workspace}\t${hourOf(Number(received))}\t${keyId}\t${tracker}\t${source}`, eventId }
}

function withDamage(receipts: Receipt[], counted: ReadonlyMap<string, number>): Receipt[] {
  const promised = new Map<string, { receipt: Receipt; events: number }>()
  for (const r of receipts) {
    if (r.outcome !== 'accepted' && r.outcome !== 'deduplicated') continue
    const name = `${r.workspaceId}\t${r.hour}\t${r.keyId}\t${r.tracker}\t${r.source}`
    const entry = promised.get(name) ?? { receipt: r, events: 0 }
    entry.events += r.outcome === 'accepted' ? r.events : -r.events
    promised.set(name, entry)
  }
  const damage = [...promised].flatMap(([name, { receipt, events }]) => {
    const missing = events - (counted.get(name) ?? 0)
    return missing > 0 ? [{ ...receipt, outcome: 'damaged' as const, reason: '', events: missing }] : []
  })
  return [...receipts, ...damage]
}

const baseOf = (name: string, events: number): Omit<Receipt, 'outcome'> => {
  const [workspaceId, hour, keyId = '', tracker = '', source = ''] = name.split('\t')
  return { workspaceId: Number(workspaceId), hour: Number(hour), keyId, tracker, source, reason: '', events }
}

/** Of an event that its group counted as accepted, and that was set aside later. */
const repetition = (name: string): Receipt => ({ ...baseOf(name, 1), outcome: 'deduplicated' })

/** Where head and commit are both lost: what the whole records prove. */
const proven = (counted: ReadonlyMap<string, number>): Receipt[] =>
  [...counted].flatMap(([name, events]) => {
    const base = baseOf(name, events)
    return [
      { ...base, outcome: 'received' as const },
      { ...base, outcome: 'accepted' as const },
    ]
  })
